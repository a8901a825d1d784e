"""`wayfold game import|publish|list|join-code|verify`."""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec

from client_core.game.actions import USES_MAX, TeamRegistered
from client_core.game.teams import Team
from client_core.signing import random_bytes
from server import own_stream
from server.authoring.media import contents
from server.blobs import BlobFolder
from server.cli.authoring import check, imported, new, schema
from server.cli.drafting import GameFlags, draft_from, game_flags
from server.cli.output import json_option, print_json, print_table, progress, read_file
from server.cli.places import clock_of, data_options, open_published, open_tenant, settings_of, tenant_option
from server.cli.posters import posters
from server.cli.rehearse import rehearse
from server.cli.simulate import simulate
from server.cli.teams import teams
from server.formats.course_files import COURSE_BYTES_MAX, read_course_file
from server.games import GameSummary, find_game, game_log, list_games, publish_draft, save_draft
from server.join_codes import add_join_code, code_uses, join_codes, play_link
from server.open_game import OpenGame
from server.problems import Problem
from server.verifying import Verified, verify_log
from sync.stream import GAME, ID_BYTES


@click.group()
def game() -> None:
    """Games: import, publish, list, and codes to join them."""


@game.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--slug", help="The short name in addresses; from the file's name where it is left out.")
@tenant_option
@game_flags
@json_option
@data_options
def import_game(
    file: Path,
    slug: str | None,
    tenant: str | None,
    *,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
    **flags: object,
) -> None:
    """Import a game; publish it to play it.

    FILE is a folder with game.toml and its tables (see `wayfold game new`), and
    the options but --slug are not used; or the places alone: GeoJSON, KML, KMZ
    or IOF CourseData.
    """
    settings = settings_of(data_folder, settings_file)
    clock = clock_of(settings)
    called = file.resolve().name if file.is_dir() else file.stem
    name = slug or "".join(c if c.isascii() and c.isalnum() else "-" for c in called.lower()).strip("-")
    chosen = msgspec.convert(flags, GameFlags)
    with progress(f"reading {file.name}"):
        if file.is_dir():
            draft = imported(file, clock())
        else:
            draft = draft_from(read_course_file(read_file(file, COURSE_BYTES_MAX), file.name), chosen, name, clock())
    with open_tenant(settings, tenant) as (tenant_file, row):
        blobs = BlobFolder(tenant_file.path.parent, row.slug)
        for medium, content in contents(file, draft):
            with progress(f"keeping {medium.name}"):
                blobs.keep(medium.hash, content)
        save_draft(tenant_file, name, draft, clock())
    summary = GameSummary(name, draft.name, "draft")
    if as_json:
        print_json(summary)
    else:
        click.echo(f"{name}: {len(draft.checkpoints)} checkpoints imported; next: wayfold game publish {name}")


@game.command()
@click.argument("slug", metavar="GAME")
@tenant_option
@json_option
@data_options
def publish(
    slug: str, tenant: str | None, *, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Freeze the imported GAME to a hashed package and open it under a new id."""
    settings = settings_of(data_folder, settings_file)
    path, _, slug = slug.rpartition("/")
    with progress(f"publishing {slug}"), open_tenant(settings, tenant or path or None) as (file, row):
        published = publish_draft(file, row, slug, clock_of(settings)())
        summary = GameSummary(
            slug,
            published.name,
            "published",
            published.id.hex(),
            published.package_hash.hex(),
            published.published_at_ms,
        )
        place = f"{row.slug}/{slug}"
    if as_json:
        print_json(summary)
    else:
        click.echo(f"{place} published as game {summary.id}; next: wayfold game join-code {slug}")


@game.command("list")
@tenant_option
@json_option
@data_options
def list_command(tenant: str | None, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """List the games of a tenant: published ones, the latest first, then drafts."""
    with open_tenant(settings_of(data_folder, settings_file), tenant) as (file, _), file.reading() as session:
        found = list_games(session)
    if as_json:
        print_json(found)
    else:
        print_table(("game", "name", "state", "id"), [(g.slug, g.name, g.state, g.id) for g in found])


for command in (new, check, schema, simulate, rehearse, posters, teams):
    game.add_command(command)


class CodeLine(msgspec.Struct, frozen=True):
    """A join code in a listing: the code itself is not kept. `team` is a name; uses are those at this node."""

    code_hash: str
    team: str | None
    uses: int
    uses_max: int


@game.command("join-code")
@click.argument("name", metavar="GAME")
@click.option(
    "--team", help="The team it leads to, by name or number; a new name registers it. Without: a new team a use."
)
@click.option(
    "--uses", type=click.IntRange(1, USES_MAX), default=1000, show_default=True, help="How often it may be used."
)
@click.option("--list", "listing", is_flag=True, help="List the codes there are instead of making one.")
@json_option
@data_options
def join_code(
    name: str,
    team: str | None,
    uses: int,
    *,
    listing: bool,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Make a code by which devices join GAME. It is shown once and kept hashed."""
    settings = settings_of(data_folder, settings_file)
    now_ms = clock_of(settings)()
    with open_published(settings, name) as found:
        if listing:
            _print_codes(found, as_json=as_json)
            return
        code = add_join_code(found.log, found.key, _team(found, team, now_ms) if team else None, uses, now_ms)
        link = play_link(settings.url, found.tenant.slug, found.row.slug, code.code)
    if as_json:
        print_json(msgspec.structs.replace(code, link=link))
    else:
        click.echo(f"{code.code}  ({'joins ' + team if team else 'makes a new team'}, {uses} uses)")
        click.echo(f"phones open {link}")


@game.command()
@click.argument("name", metavar="GAME")
@click.option("--signatures", is_flag=True, help="Verify every signature too: a tenth of a millisecond each.")
@json_option
@data_options
def verify(name: str, *, signatures: bool, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Make GAME again from its events alone, every hash computed anew, and name each damaged row."""
    tenant, _, slug = name.rpartition("/")
    with open_tenant(settings_of(data_folder, settings_file), tenant or None) as (file, row):
        with file.reading() as session:
            found = find_game(session, slug)
            session.expunge(found)
        began = time.perf_counter()
        with progress(f"verifying {slug}"):
            _, verified = verify_log(game_log(file, row, found), signatures=signatures)
        seconds = time.perf_counter() - began
    if as_json:
        print_json({**msgspec.to_builtins(verified), "sound": verified.is_sound, "seconds": round(seconds, 3)})
    else:
        _print_verified(verified, seconds)
    if not verified.is_sound:
        raise Problem(
            "store_unusable",
            f"{name} is damaged in {len(verified.found)} places; put back a backup, "
            "what devices and edges hold comes again by itself",
        )


def _print_verified(verified: Verified, seconds: float) -> None:
    if verified.found:
        rows = [(one.stream[:12] or None, one.branch, one.seq, one.what, one.id[:12] or None) for one in verified.found]
        print_table(("stream", "branch", "number", "what", "id"), rows, numbers=("branch", "number"))
    signed = f", {verified.signatures} signatures verified" if verified.signatures else ""
    click.echo(
        f"{verified.events} events of {verified.streams} streams hashed again in {seconds:.2f} s{signed}; "
        f"root {verified.root[:16]} {'is' if verified.root == verified.root_noted else 'is NOT'} the noted one; "
        f"{len(verified.found) or 'nothing'} damaged"
    )


def _team(game: OpenGame, name: str, now_ms: int) -> Team:
    """The team of that name or number, registered now where it is new."""
    teams = game.board.teams.values()
    known = next((team for team in teams if name in {team.name, str(team.number)}), None)
    if known is not None:
        return known
    first = game.row.team_number_first
    team = Team(random_bytes(ID_BYTES), max((t.number + 1 for t in teams if t.number >= first), default=first), name)
    action = TeamRegistered(now_ms, team.id, team.number, team.name)
    game.log.append(own_stream.write(game.log.index, game.key, GAME, [action]))
    return team


def _print_codes(game: OpenGame, *, as_json: bool) -> None:
    used, teams = code_uses(game.log), game.board.teams
    lines = [
        CodeLine(
            code.code_hash.hex()[:12],
            teams[code.team].name if code.team in teams else None,
            used.get(code.code_hash, 0),
            code.uses_max,
        )
        for code in join_codes(game.log)
    ]
    if as_json:
        print_json(lines)
    else:
        print_table(
            ("code's hash", "team", "uses", "of"),
            [(line.code_hash, line.team or "a new one", line.uses, line.uses_max) for line in lines],
            numbers=("uses", "of"),
        )
