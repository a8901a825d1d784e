"""`wayfold bundle import|export`: events carried in a file, on the node's own files, whether a server runs or not."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import click
import msgspec

from server.bundles import BundleTaken, game_of, give_bundle, take_bundle
from server.cli.output import InputError, json_option, print_json, progress
from server.cli.places import clock_of, data_options, open_published, open_tenant, settings_of, tenant_option
from server.db.models import GameRow, TenantRow
from server.db.tenant_file import TenantFile, explain_store_error
from server.games import find_game
from server.open_game import OpenGame
from server.problems import Problem

BUNDLE_BYTES_MAX = 256 * 1024 * 1024
"""As much as a device writes: a million check-ins twice over; the bytes are held in memory once."""
UNSOUND = 6
"""The exit code where a file was not taken in whole."""


class FileTaken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of one file: the game's short name and what was taken in, or why nothing was."""

    file: str
    game: str | None = None
    taken: BundleTaken | None = None
    code: str | None = None
    detail: str | None = None


@click.group()
def bundle() -> None:
    """Files that carry events: from devices without a network, to nodes without one."""


@bundle.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@tenant_option
@json_option
@data_options
def import_bundles(
    files: tuple[Path, ...],
    tenant: str | None,
    *,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> int:
    """Take in every FILE; each says itself which game of the tenant it belongs to.

    What is sound in a damaged file is taken in all the same, and one file that
    cannot be read keeps no other from being taken. Exit status 6 where a file
    was not taken in whole.
    """
    lines = []
    settings = settings_of(data_folder, settings_file)
    clock = clock_of(settings)
    with open_tenant(settings, tenant) as (tenant_file, row):
        for file in files:
            with progress(f"taking in {file.name}"):
                lines.append(_take(tenant_file, row, file, clock()))
            if not as_json:
                _say(lines[-1])
    if as_json:
        print_json(lines)
    return 0 if all(line.taken is not None and line.taken.whole for line in lines) else UNSOUND


class FileGiven(msgspec.Struct, frozen=True):
    """A bundle that was written: where, how long, and of how many streams."""

    file: str
    size_bytes: int
    streams: int


@bundle.command("export")
@click.argument("name", metavar="GAME")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@data_options
def export(name: str, file: Path, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Write everything this node holds of GAME to FILE, for another of the organiser's nodes.

    Staff's streams are in it: it is not for players.
    """
    with progress(f"writing {file.name}"), open_published(settings_of(data_folder, settings_file), name) as game:
        data = give_bundle(game)
        given = FileGiven(str(file), len(data), len(game.log.index.streams))
        _write(file, data)
    if as_json:
        print_json(given)
    else:
        click.echo(f"{given.size_bytes} bytes, {given.streams} streams written to {file}")


def _take(tenant_file: TenantFile, tenant: TenantRow, file: Path, now_ms: int) -> FileTaken:
    """Take in one file; what is wrong with it is the answer, never an exception."""
    try:
        data = _read(file)
        found = _game_of(tenant_file, tenant, data)
        taken = take_bundle(OpenGame(tenant_file, tenant, found), data, now_ms)
    except (Problem, InputError) as error:
        return FileTaken(str(file), code=error.code, detail=str(error))
    except sqlite3.Error as error:
        return FileTaken(str(file), code="store_unusable", detail=explain_store_error(tenant.slug, error))
    return FileTaken(str(file), found.slug, taken)


def _game_of(tenant_file: TenantFile, tenant: TenantRow, data: bytes) -> GameRow:
    """The game that a bundle names; raises `Problem`."""
    tenant_id, game_id = game_of(data)
    if tenant_id != tenant.id:
        raise Problem("bundle_elsewhere", f"it belongs to another tenant than {tenant.slug!r}")
    with tenant_file.reading() as session:
        found = find_game(session, game_id)
        session.expunge(found)
    return found


def _say(line: FileTaken) -> None:
    taken = line.taken
    if taken is None:
        click.echo(f"wayfold: {line.code}: {line.file}: {line.detail}", err=True)
        return
    held = f" ({taken.held} wait for their device's enrolment)" if taken.held else ""
    new = f"{taken.received} events new{held}, {taken.duplicates} known, {taken.statements_received} statements new"
    click.echo(f"{line.file}: {line.game}: {new}")
    for problem in taken.problems:
        click.echo(f"wayfold: {line.file}: {problem}", err=True)


def _read(file: Path) -> bytes:
    """The file's bytes; raises `InputError`: `file_unreadable`, `file_too_big`."""
    try:
        with file.open("rb") as source:
            data = source.read(BUNDLE_BYTES_MAX + 1)
    except OSError as error:
        raise InputError("file_unreadable", f"it cannot be read: {error.strerror}") from error
    if len(data) > BUNDLE_BYTES_MAX:
        raise InputError("file_too_big", f"it has more than {BUNDLE_BYTES_MAX} bytes: no bundle has")
    return data


def _write(file: Path, data: bytes) -> None:
    """Write the file whole or not at all, for its owner's eyes; raises `InputError` (`file_unwritable`)."""
    draft = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        draft.touch(mode=0o600)
        with draft.open("wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise InputError("file_unwritable", f"{file} cannot be written: {error.strerror}") from error
