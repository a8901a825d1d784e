"""Whether the sections of `game.toml` fit each other: what publication would refuse, told where it is written."""

from __future__ import annotations

from collections.abc import Iterable

from client_core.game.ranges import (
    CODE_BYTES_MAX,
    GROUPS_MAX,
    KINDS_MAX,
    LIMIT_MS_MAX,
    NAME_BYTES_MAX,
    TEXT_BYTES_MAX,
)
from client_core.game.text import TextFault, check_characters, check_text
from server.authoring.game_file import GameFile, Group
from server.authoring.reading import Report, meant
from server.authoring.toml_lines import Path

DAY_MS = 86_400_000
SECTIONS_MAX = {"kind": KINDS_MAX - 1, "group": GROUPS_MAX, "category": 200, "format": 50, "briefing": 20, "text": 50}
"""As many as a package holds."""
LANGUAGE_CHARACTERS = range(2, 17)


def look_at_parts(game: GameFile, window: tuple[int, int], report: Report) -> None:
    """Add what does not fit to the report."""
    opens_ms, closes_ms = window
    if opens_ms >= closes_ms:
        report.error("window_empty", ("closes",), "the game closes before it opens")
    elif closes_ms - opens_ms > LIMIT_MS_MAX:
        report.error("window_too_long", ("closes",), f"the game is open for more than {LIMIT_MS_MAX // DAY_MS} days")
    if game.standings == "frozen" and game.frozen_from is None:
        report.error("key_missing", ("standings",), 'standings = "frozen" needs the time: frozen_from = …')
    for section, most in SECTIONS_MAX.items():
        if len(getattr(game, section)) > most:
            report.error("sections_too_many", (section,), f"more than {most} of [{section}]")
    _groups(game, report)
    _entrants(game, report)
    _texts(game, report)


def _groups(game: GameFile, report: Report) -> None:
    parent: dict[str, str] = {}
    owners: dict[str, str] = {}
    for name, group in game.group.items():
        path = "group", name
        for detail in _group_faults(name, group, game):
            report.error("group_malformed", path, detail)
        for inner in group.groups:
            if parent.setdefault(inner, name) != name:
                detail = f"{inner} stands in {parent[inner]} too: a group stands in one"
                report.error("group_malformed", (*path, "groups"), detail)
        for code in dict.fromkeys(code.strip() for text in group.checkpoints for code in text.split(" or ")):
            other = owners.setdefault(code, name)
            if other != name and not _apart(game.group[other], group):
                detail = f"checkpoint {code} stands in {other} too: put it into one, or give each categories of its own"
                report.error("group_malformed", (*path, "checkpoints"), detail)
        for category in group.categories:
            if category not in game.category:
                detail = f"there is no [category.{category}]{meant(category, list(game.category))}"
                report.error("category_unknown", (*path, "categories"), detail)


def _group_faults(name: str, group: Group, game: GameFile) -> Iterable[str]:
    count = len(group.checkpoints) or len(group.groups)
    if bool(group.checkpoints) == bool(group.groups):
        yield "it has neither checkpoints nor groups, or both: give one of them"
    if name in group.groups:
        yield "it holds itself"
    for inner in group.groups:
        if inner != name and inner in game.group and game.group[inner].groups:
            yield f"it holds {inner}, which holds groups itself: groups nest two deep"
    for key, asked in (("count", group.count), ("bonus_for", group.bonus_for)):
        if asked is not None and asked > count:
            yield f"{key} = {asked}, but it has {count} members"
    if group.pinned_first + group.pinned_last > count:
        yield f"{group.pinned_first} + {group.pinned_last} places are pinned, but it has {count} members"
    if group.orders and group.order != "given":
        yield 'orders are for order = "given"'
    teams = [text.partition(":")[0].strip() for text in group.orders]
    twice = next((team for place, team in enumerate(teams) if team in teams[:place]), None)
    if twice is not None:
        yield f"team {twice} has two orders"


def _apart(one: Group, other: Group) -> bool:
    """Whether no team plays both groups."""
    return bool(one.categories) and bool(other.categories) and not set(one.categories) & set(other.categories)


def _entrants(game: GameFile, report: Report) -> None:
    for name, category in game.category.items():
        if category.format is not None and category.format not in game.format:
            detail = f"there is no [format.{category.format}]{meant(category.format, list(game.format))}"
            report.error("format_unknown", ("category", name, "format"), detail)
        for low, high in (("age_min", "age_max"), ("size_min", "size_max")):
            least, most = getattr(category, low), getattr(category, high)
            if least is not None and most is not None and least > most:
                report.error("value_malformed", ("category", name, low), f"{low} is more than {high}: nobody meets it")
    versions = [one.version for one in game.briefing]
    for place, version in enumerate(versions):
        if version in versions[:place]:
            detail = f"two briefings have version {version!r}: give each its own"
            report.error("briefing_twice", ("briefing", place, "version"), detail)


def _texts(game: GameFile, report: Report) -> None:
    """Names that are too long, and characters that may not enter a game."""
    sections: tuple[tuple[str, Iterable[str]], ...] = (
        ("group", game.group),
        ("category", game.category),
        ("format", game.format),
    )
    for section, names in sections:
        for name in names:
            _text(name, f"the name [{section}.{name}]", CODE_BYTES_MAX, (section, name), report)
            shown = getattr(game, section)[name].name
            if shown:
                _text(shown, "its name", NAME_BYTES_MAX, (section, name, "name"), report)
    _text(game.name, "its name", NAME_BYTES_MAX, ("name",), report)
    _text(game.emergency_number, "the emergency number", NAME_BYTES_MAX, ("emergency_number",), report)
    _text(game.language, "the language", NAME_BYTES_MAX, ("language",), report)
    for language, entries in game.text.items():
        if len(language) not in LANGUAGE_CHARACTERS:
            report.error("language_malformed", ("text", language), f"{language!r} is no language, such as it or pt-BR")
        for text, other in entries.items():
            if max(len(text.encode()), len(other.encode())) > TEXT_BYTES_MAX:
                detail = f"a text takes more than {TEXT_BYTES_MAX} bytes: shorten it"
                report.error("text_too_long", ("text", language, text), detail)
    for number, briefing in enumerate(game.briefing):
        try:
            check_characters(briefing.text, "the text", lines=True)
        except TextFault as fault:
            report.error(fault.code, ("briefing", number, "text"), fault.detail)
        if len(briefing.text.encode()) > TEXT_BYTES_MAX:
            detail = f"the text takes more than {TEXT_BYTES_MAX} bytes: shorten it, or make two briefings"
            report.error("text_too_long", ("briefing", number, "text"), detail)


def _text(text: str, what: str, bytes_max: int, path: Path, report: Report) -> None:
    try:
        check_text(text, what, bytes_max)
    except TextFault as fault:
        report.error(fault.code, path, fault.detail)
