"""From `game.toml` and its tables to a draft: names become numbers, words become milliseconds and millimetres."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from client_core.game.answers import secret_hash
from client_core.game.content import PackageError
from client_core.game.publish import Draft, DraftCheckpoint, DraftError, Finding, publish
from client_core.game.showing import Briefing, Catalog
from client_core.signing import random_bytes
from server.authoring import rules
from server.authoring.asking import read_challenges
from server.authoring.game_file import GameFile
from server.authoring.grouping import read_groups
from server.authoring.looking import look_over
from server.authoring.media import read_media
from server.authoring.reading import Report, read_game_file
from server.authoring.tables import (
    CHALLENGE_COLUMNS,
    CHECKPOINT_COLUMNS,
    Row,
    read_table,
    translations,
)
from server.authoring.values import ValueFault, points_of
from server.codes import code_from
from server.formats.geojson import GEOJSON_BYTES_MAX, read_checkpoints

SECRET_BYTES = 10
"""80 bits, 16 characters."""


def read_game(folder: Path, now_ms: int) -> tuple[Draft | None, GameFile | None, Report]:
    """The draft of a folder, None where it cannot be published; the report says everything that was found."""
    try:
        data = (folder / "game.toml").read_bytes()
    except OSError as error:
        report = Report({})
        report.error("file_unreadable", (), f"{folder} has no game.toml that can be read: {error.strerror}")
        return None, None, report
    game, report = read_game_file(data)
    if game is None:
        return None, None, report
    draft = _draft(folder, game, report, now_ms)
    if draft is not None and not report.errors:
        try:
            look_over(draft, publish(draft), report)
        except DraftError as error:
            report.errors += error.findings
        except PackageError as error:
            report.error(error.code, (), error.detail)
    return (None if report.errors else draft), game, report


def _draft(folder: Path, game: GameFile, report: Report, now_ms: int) -> Draft | None:
    zone = _zone(game.time_zone, report)
    kinds, kind_numbers = rules.read_kinds(game, zone, report)
    checkpoints, secrets, rows = _checkpoints(folder, game, kind_numbers, report)
    numbers = {checkpoint.code: number for number, checkpoint in enumerate(checkpoints)}
    asked = folder / (game.challenges or "challenges.csv")
    challenge_rows = read_table(asked, CHALLENGE_COLUMNS, report) if game.challenges or asked.exists() else []
    media = read_media(folder, game, challenge_rows, checkpoints, report)
    challenges, kept = read_challenges(challenge_rows, numbers, secrets, media, report)
    challenge_numbers = {challenge.code: number for number, challenge in enumerate(challenges)}
    groups = read_groups(game.group, numbers, challenge_numbers, zone, report)
    start, limit = rules.read_times(game, (), numbers, zone, report)
    window = rules.read_window(game, limit, zone, now_ms, report)
    if game.finish is not None and game.finish not in numbers:
        report.error("finish_unknown", ("finish",), f"the finish {game.finish!r} is no checkpoint: use the code of one")
    words = _together(game.text, translations(rows), translations(challenge_rows))
    if report.errors:
        return None
    return Draft(
        name=game.name,
        time_zone=game.time_zone,
        opens_at_ms=window[0],
        closes_at_ms=window[1],
        start=start,
        checkpoints=checkpoints,
        finish_code=game.finish,
        limit=limit,
        floor_at_zero=game.floor_at_zero,
        language=game.language,
        resume_ms=rules.span(game.resume, ("resume",), report),
        ranking=rules.read_ranking(game),
        members=rules.read_members(game, report),
        kinds=kinds,
        groups=groups,
        challenges=challenges,
        categories=rules.read_categories(game),
        one_category=game.one_category,
        formats=rules.read_formats(game, numbers, zone, report),
        showing=rules.read_showing(game, zone, report),
        briefings=tuple(Briefing(one.version, one.text, one.consent) for one in game.briefing),
        catalogs=tuple(Catalog(language, tuple(sorted(entries.items()))) for language, entries in words.items()),
        emergency_number=game.emergency_number,
        retention_days=game.retention_days,
        media=media,
        kept=kept,
        secrets=tuple(sorted(secrets.items())),
    )


def _zone(name: str, report: Report) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        report.error("value_malformed", ("time_zone",), f"{name!r} is no time zone, such as Europe/London")
        return ZoneInfo("UTC")


def _checkpoints(
    folder: Path, game: GameFile, kind_numbers: Mapping[str, int], report: Report
) -> tuple[tuple[DraftCheckpoint, ...], dict[str, str], list[Row]]:
    """The checkpoints of the game's table, the secrets of some by their code, and the rows where it is CSV."""
    file = folder / game.checkpoints
    if file.suffix in {".geojson", ".json"}:
        try:
            with file.open("rb") as source:
                return read_checkpoints(source.read(GEOJSON_BYTES_MAX + 1)), {}, []
        except OSError as error:
            report.error("file_unreadable", ("checkpoints",), f"{file.name} cannot be read: {error.strerror}")
        except DraftError as error:
            report.errors += [Finding(one.code, f"{file.name}: {one.where}", one.detail) for one in error.findings]
        return (), {}, []
    rows = read_table(file, CHECKPOINT_COLUMNS, report)
    checkpoints: list[DraftCheckpoint] = []
    secrets: dict[str, str] = {}
    for row in rows:
        try:
            checkpoint, secret = _checkpoint(row, game, kind_numbers)
        except ValueFault as fault:
            report.errors.append(Finding("value_malformed", row.where, f"checkpoint {row.of('code')!r}: {fault}"))
            continue
        checkpoints.append(checkpoint)
        if secret:
            secrets[checkpoint.code] = secret
    return tuple(checkpoints), secrets, rows


def _checkpoint(row: Row, game: GameFile, kind_numbers: Mapping[str, int]) -> tuple[DraftCheckpoint, str]:
    code, kind = row.of("code"), row.of("kind")
    if kind and kind not in kind_numbers:
        raise ValueFault(f"there is no [kind.{kind}] in game.toml")
    lon, lat = _degrees(row, "lon"), _degrees(row, "lat")
    if (lon is None) != (lat is None):
        raise ValueFault("it has one of lon and lat: give both or neither")
    written = row.of("points")
    if written and not written.removeprefix("-").isdigit():
        raise ValueFault(f"its points are {written!r}: a whole number is needed")
    # The finish pays nothing unless somebody says so.
    rule = 0 if code == game.finish else game.points
    secret = row.of("secret")
    if secret == "draw":  # noqa: S105  (the word that asks for a secret, not one)
        secret = code_from(random_bytes(SECRET_BYTES))
    fence = row.of("radius") or (game.kind[kind].fence if kind else None) or game.fence
    return DraftCheckpoint(
        code=code,
        name=row.of("name"),
        points=int(written) if written else points_of(rule, code),
        at=None if lon is None or lat is None else (lon, lat),
        radius_m=rules.fence_m(fence),
        where=f"{row.where} ({code})",
        kind=kind_numbers.get(kind, 0),
        text=row.of("text"),
        secret=secret_hash(code, secret) if secret else b"",
    ), secret


def _degrees(row: Row, column: str) -> float | None:
    value = row.of(column)
    try:
        return float(value) if value else None
    except ValueError as error:
        raise ValueFault(f"{column} is {value!r}: degrees are needed, such as 11.2558") from error


def _together(*parts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for part in parts:
        for language, entries in part.items():
            words.setdefault(language, {}).update(entries)
    return dict(sorted(words.items()))
