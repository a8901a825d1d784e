"""From `game.toml` and its tables to a draft: names become numbers, words become milliseconds and millimetres."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from client_core.game.content import PackageError
from client_core.game.publish import Draft, DraftError, Finding, check_checkpoints, publish
from client_core.game.showing import Briefing, Catalog
from server.authoring import rules
from server.authoring.asking import read_challenges
from server.authoring.beside import read_beside
from server.authoring.fitting import look_at_parts
from server.authoring.game_file import GameFile
from server.authoring.grouping import read_groups
from server.authoring.looking import look_over
from server.authoring.media import read_media
from server.authoring.places import read_places
from server.authoring.reading import TOML_BYTES_MAX, Report, meant, read_game_file
from server.authoring.tables import CHALLENGE_COLUMNS, Row, read_table, translations
from server.authoring.values import ValueFault

GAME_FILE = "game.toml"
CHALLENGES = "challenges.csv"


def read_game(folder: Path, now_ms: int) -> tuple[Draft | None, GameFile | None, Report]:
    """The draft of a folder, None where it cannot be published; the report says everything that was found."""
    report = Report({})
    if not folder.is_dir():
        report.error("file_unreadable", (), f"{folder} is no folder: wayfold game new {folder} writes one")
        return None, None, report
    try:
        data = read_beside(folder, GAME_FILE, TOML_BYTES_MAX)
    except ValueFault as fault:
        report.error("file_unreadable", (), str(fault))
        return None, None, report
    game, report = read_game_file(data)
    if game is None:
        return None, None, report
    draft = _draft(folder, game, report, now_ms)
    if draft is not None and not report.errors:
        try:
            look_over(draft, publish(draft), report, now_ms)
        except DraftError as error:
            report.errors += error.findings
        except PackageError as error:
            report.error(error.code, (), error.detail)
    report.errors.sort(key=_line)
    return (None if report.errors else draft), game, report


def _draft(folder: Path, game: GameFile, report: Report, now_ms: int) -> Draft | None:
    zone = _zone(game.time_zone, report)
    kinds, kind_numbers = rules.read_kinds(game, zone, report)
    checkpoints, secrets, rows, numbers = read_places(folder, game, kind_numbers, report)
    if checkpoints:
        report.errors += check_checkpoints(checkpoints, kinds)
    challenge_rows = _challenge_rows(folder, game, report)
    media = read_media(folder, game, challenge_rows, checkpoints, report)
    challenges, kept, challenge_numbers = read_challenges(challenge_rows, numbers, secrets, media, report)
    groups = read_groups(game.group, numbers, challenge_numbers, zone, report)
    start, limit = rules.read_times(game, (), numbers, zone, report)
    formats = rules.read_formats(game, numbers, zone, report)
    limits = [limit, *(one.limit for one in formats)]
    window = rules.read_window(game, [one for one in limits if one is not None], zone, now_ms, report)
    if game.finish is not None and game.finish not in numbers:
        detail = f"the finish {game.finish!r} is no checkpoint{meant(game.finish, list(numbers))}"
        report.error("finish_unknown", ("finish",), detail)
    look_at_parts(game, window, report)
    words = _together(game.text, translations(rows), translations(challenge_rows))
    showing, members = rules.read_showing(game, zone, report), rules.read_members(game, report)
    resume_ms = rules.span(game.resume, ("resume",), report)
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
        resume_ms=resume_ms,
        ranking=rules.read_ranking(game),
        members=members,
        kinds=kinds,
        groups=groups,
        challenges=challenges,
        categories=rules.read_categories(game),
        one_category=game.one_category,
        formats=formats,
        showing=showing,
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
        close = get_close_matches(name, available_timezones(), n=1)
        hint = f": did you mean {close[0]!r}?" if close else ", such as Europe/London"
        report.error("value_malformed", ("time_zone",), f"{name!r} is no time zone{hint}")
        return ZoneInfo("UTC")


def _challenge_rows(folder: Path, game: GameFile, report: Report) -> list[Row]:
    """The table of challenges: the one that is named, or `challenges.csv` where it is there."""
    if game.challenges is None and not (folder / CHALLENGES).exists():
        return []
    named_at = ("challenges",) if game.challenges else ()
    return read_table(folder, game.challenges or CHALLENGES, CHALLENGE_COLUMNS, report, named_at=named_at)


def _line(finding: Finding) -> tuple[str, int]:
    """Where a finding stands, for sorting: game.toml first, then the tables, each by line."""
    file, _, rest = finding.where.partition(":")
    line = rest.split(" ")[0]
    return ("" if file == GAME_FILE else file), int(line) if line.isdigit() else 0


def _together(*parts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for part in parts:
        for language, entries in part.items():
            words.setdefault(language, {}).update(entries)
    return dict(sorted(words.items()))
