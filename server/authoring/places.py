"""The checkpoints of a game's folder: from its table, or from a file of places that another program wrote.

A table that says `draw` for a secret gets one that nobody guesses. What was
drawn is kept in `secrets.csv` when the game is imported, so that the posters
that hang outside stay right when the game is imported again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from client_core.game.answers import secret_hash
from client_core.game.publish import Draft, DraftCheckpoint, DraftError, Finding
from client_core.signing import random_bytes
from server.authoring import rules
from server.authoring.beside import read_beside
from server.authoring.game_file import GameFile
from server.authoring.reading import Report, meant
from server.authoring.tables import CHECKPOINT_COLUMNS, Row, parse_table, read_table
from server.authoring.values import POINT_RULES, ValueFault, degrees, fence_mm, points_of, whole
from server.codes import RANDOM_BYTES, code_from
from server.formats.course_files import COURSE_BYTES_MAX, SUFFIXES, read_course_file
from server.formats.geojson import swapped_positions

DRAW = "draw"
SECRETS = "secrets.csv"
SECRET_COLUMNS = ("code", "secret")
SECRETS_BYTES_MAX = 16 * 1024 * 1024
SECRET_PARTS = 2
"""Codes of 40 bits that make a secret: 80 bits, 16 characters."""


class Places(NamedTuple):
    """What was read: checkpoints that are sound, secrets of some by code, the table's rows, every code with its number.

    Codes of checkpoints that are not sound are among them, so that one fault
    does not make others of all that name the code.
    """

    checkpoints: tuple[DraftCheckpoint, ...]
    secrets: dict[str, str]
    rows: list[Row]
    numbers: dict[str, int]


def read_places(folder: Path, game: GameFile, kinds: Mapping[str, int], report: Report) -> Places:
    """The checkpoints of a folder, with all that is wrong with them in the report."""
    if isinstance(game.points, str) and game.points not in POINT_RULES:
        rule = f"points = {game.points!r} is no rule: a number, or one of {', '.join(map(repr, POINT_RULES))}"
        report.error("value_malformed", ("points",), rule)
        game = _without_rule(game)
    if game.checkpoints.lower().endswith(SUFFIXES):
        return _of_file(folder, game, report)
    rows = read_table(folder, game.checkpoints, CHECKPOINT_COLUMNS, report, needed=("code",), named_at=("checkpoints",))
    if not rows and not any(one.where.startswith(game.checkpoints) for one in report.errors):
        where = f"{game.checkpoints}:1"
        if (folder / game.checkpoints).is_file():
            report.errors.append(Finding("checkpoints_count", where, "it has no rows: a game has a checkpoint or more"))
    kept = _kept_secrets(folder, report)
    checkpoints: list[DraftCheckpoint] = []
    secrets: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for row in rows:
        checkpoint, secret = _checkpoint(row, game, kinds, kept, report)
        numbers.setdefault(checkpoint.code, len(numbers))
        checkpoints.append(checkpoint)
        if secret:
            secrets[checkpoint.code] = secret
    report.errors += swapped_positions(checkpoints)
    return Places(tuple(checkpoints), secrets, rows, numbers)


def keep_drawn(folder: Path, game: GameFile, draft: Draft) -> int:
    """Add what was drawn to `secrets.csv`, so that it is drawn once; returns how many. Raises `OSError`."""
    unseen = Report({})
    if game.checkpoints.lower().endswith(SUFFIXES):
        return 0
    rows = read_table(folder, game.checkpoints, CHECKPOINT_COLUMNS, unseen)
    kept = _kept_secrets(folder, unseen)
    secrets = dict(draft.secrets)
    drawn = [row.of("code") for row in rows if row.of("secret").lower() == DRAW and row.of("code") not in kept]
    if not drawn:
        return 0
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(SECRET_COLUMNS)
    writer.writerows([*kept.items(), *((code, secrets[code]) for code in drawn)])
    beside = folder / f".{SECRETS}.new"
    beside.write_text(lines.getvalue(), encoding="utf-8")
    beside.replace(folder / SECRETS)
    return len(drawn)


def _checkpoint(
    row: Row, game: GameFile, kinds: Mapping[str, int], kept: Mapping[str, str], report: Report
) -> tuple[DraftCheckpoint, str]:
    """A row's checkpoint and secret; where a cell is at fault with something harmless in its place."""
    code, kind = row.of("code"), row.of("kind")
    faults: list[str] = []
    if kind and kind not in kinds:
        faults.append(f"there is no [kind.{kind}] in game.toml{meant(kind, list(kinds))}")
    lon, lat = _number(row, "lon", faults), _number(row, "lat", faults)
    if bool(row.of("lon")) != bool(row.of("lat")):
        faults.append("it has one of lon and lat: give both or neither")
    # The finish pays nothing unless somebody says so.
    rule = 0 if code == game.finish else game.points
    points, radius_mm = 0, 25_000
    try:
        points = whole(row.of("points"), "points") if row.of("points") else points_of(rule, code)
    except ValueFault as fault:
        faults.append(str(fault))
    own = game.kind[kind].fence if kind in game.kind else None
    try:
        radius_mm = fence_mm(row.of("radius") or own or game.fence)
    except ValueFault as fault:
        if row.of("radius"):  # else it is told where the game or the kind says it
            faults.append(str(fault))
    report.errors += [Finding("value_malformed", row.where, f"checkpoint {code!r}: {fault}") for fault in faults]
    secret = row.of("secret")
    if secret.lower() == DRAW:
        secret = kept.get(code) or "-".join(code_from(random_bytes(RANDOM_BYTES)) for _ in range(SECRET_PARTS))
    broken = bool(row.of("lon") or row.of("lat")) and (lon is None or lat is None)
    return DraftCheckpoint(
        code=code,
        name=row.of("name"),
        points=points,
        at=(0.0, 0.0) if broken else None if lon is None or lat is None else (lon, lat),
        radius_m=radius_mm / 1000,
        where=f"{row.where} ({code})",
        kind=kinds.get(kind, 0),
        text=row.of("text"),
        secret=secret_hash(code, secret) if secret else b"",
    ), secret


def _number(row: Row, column: str, faults: list[str]) -> float | None:
    if not row.of(column):
        return None
    try:
        return degrees(row.of(column), column)
    except ValueFault as fault:
        faults.append(str(fault))
        return None


def _of_file(folder: Path, game: GameFile, report: Report) -> Places:
    """The checkpoints of GeoJSON, KML or IOF; what such a file does not say is as the game says."""
    faults: dict[str, str] = {}

    def pays(code: str) -> int:
        try:
            return points_of(0 if code == game.finish else game.points, code)
        except ValueFault as fault:
            faults.setdefault(code, str(fault))
            return 0

    checkpoints: tuple[DraftCheckpoint, ...] = ()
    try:
        radius_m = rules.fence_m(game.fence)
    except ValueFault:  # told where the game says it
        radius_m = 25.0
    try:
        data = read_beside(folder, game.checkpoints, COURSE_BYTES_MAX)
        checkpoints = read_course_file(data, game.checkpoints, pays, radius_m)
    except ValueFault as fault:
        report.error("file_unreadable", ("checkpoints",), str(fault))
    except DraftError as error:
        report.errors += error.findings
    for code, fault_text in faults.items():
        report.error("value_malformed", ("points",), f"checkpoint {code!r} of {game.checkpoints}: {fault_text}")
    return Places(checkpoints, {}, [], {one.code: number for number, one in enumerate(checkpoints)})


def _kept_secrets(folder: Path, report: Report) -> dict[str, str]:
    """What was drawn before, by code."""
    if not (folder / SECRETS).exists():
        return {}
    try:
        data = read_beside(folder, SECRETS, SECRETS_BYTES_MAX)
    except ValueFault as fault:
        report.error("file_unreadable", (), str(fault))
        return {}
    rows = parse_table(data, SECRETS, SECRET_COLUMNS, report, needed=SECRET_COLUMNS)
    return {row.of("code"): row.of("secret") for row in rows if row.of("secret")}


def _without_rule(game: GameFile) -> GameFile:
    return msgspec.structs.replace(game, points=0)
