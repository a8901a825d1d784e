"""The reference page of `game.toml`, from the structs that read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
from msgspec import Meta

from server.authoring import game_file
from server.authoring.presets import PRESETS
from server.authoring.tables import CHALLENGE_COLUMNS, CHECKPOINT_COLUMNS, TEAM_COLUMNS

HEAD = """# game.toml

Every key, from the structs that read it. What is left out is as the preset says, or else as written here. Durations are
written "4 h 30 min", lengths "25 m", times 2026-06-06T10:00:00 (local to `time_zone`) or with an offset.
`docs/reference/game.schema.json` is the same for editors (`wayfold game schema`).
"""


TABLES = """
## The tables

CSV with a head line that names the columns, parted by commas, semicolons or tabs, as spreadsheets write it. Only the
columns in bold are needed. `|` parts several values of a cell. Behind a colon stands a language: `name:it`, `text:it`,
`choices:it`, `hints:it`.
"""
CHECKPOINT_WORDS = {
    "code": "What stands on it and is what people call it; no two are equal.",
    "name": "What players read.",
    "points": "A whole number, may be negative; left out: by the game's rule `points`, the finish 0.",
    "lon": "Longitude in degrees, such as 11.2558; west is negative.",
    "lat": "Latitude in degrees, such as 43.7731; south is negative.",
    "radius": "Of its fence: a length, or metres; left out: as its kind or the game says.",
    "kind": "The NAME of a `[kind.NAME]`.",
    "text": "What players read there.",
    "secret": "What its QR code says; `draw` draws one and keeps it in `secrets.csv`.",
}
CHALLENGE_WORDS = {
    "code": "What it is called; left out: R and the code of its checkpoint.",
    "checkpoint": "Where it is asked; left out: anywhere.",
    "name": "A heading.",
    "text": "What is asked.",
    "form": "text, number, choice, order, photo or free text; left out: text.",
    "answer": "Right answers; of an order all choices in the right order; of a number one.",
    "tolerance": "How far a number may be off.",
    "choices": "What there is to choose or to order.",
    "points": "For a right answer; left out: 10.",
    "tries": "So many different answers; left out: any number.",
    "wrong": "What each different wrong answer costs.",
    "wrong_max": "What all of them cost at most; left out: three times as much as one.",
    "par": "Answered within this time it pays speed_points more, falling evenly to none.",
    "speed_points": "See par.",
    "hints": "Help, each with its cost in brackets: Look up (5).",
    "judged": "open, sealed or later; photos and free text: people or automatic.",
    "unit": "Of a number, such as m.",
    "media": "Files beside game.toml that are shown or played.",
}
TEAM_WORDS = {
    "number": "On the bib; left out: that of the team of this name, or the next free one.",
    "name": "The team's name; names may repeat.",
    "members": "Names of its members; only staff see them.",
    "birth_years": "Four digits each, in the members' order; who may be under 18 is shown without a name.",
    "sexes": "f, m or x each, for categories.",
    "telephones": "For staff.",
    "badges": "What a kiosk reads of each.",
    "cards": "The number of each one's electronic card; instead of badges.",
    "categories": "Codes or names of categories it is entered for.",
    "format": "The format it plays.",
    "start": "Its time in the start list, such as 10:32, or a date and time.",
}
COLUMNS = (
    ("checkpoints.csv", CHECKPOINT_COLUMNS, CHECKPOINT_WORDS, ("code",)),
    ("challenges.csv", CHALLENGE_COLUMNS, CHALLENGE_WORDS, ()),
    ("Teams (`wayfold game teams`)", TEAM_COLUMNS, TEAM_WORDS, ("name",)),
)


def reference_page() -> str:
    """The whole page."""
    parts = [HEAD, _section("The game", game_file.GameFile)]
    sections = (game_file.Kind, game_file.Group, game_file.Category, game_file.Format, game_file.Briefing)
    parts += [_section(f"{section.__doc__ or ''}".partition(":")[0], section) for section in sections]
    rows = [
        f"| `{name}` | {', '.join(f'{k} = {_written(v)}' for k, v in rules.items())} |\n"
        for name, rules in PRESETS.items()
    ]
    parts.append("\n## Presets\n\n| preset | rules |\n| --- | --- |\n" + "".join(rows))
    parts += [TABLES]
    parts += [_columns(*one) for one in COLUMNS]
    return "".join(parts)


def _section(title: str, struct: type[msgspec.Struct]) -> str:
    hints = msgspec.inspect.type_info(struct)
    assert isinstance(hints, msgspec.inspect.StructType)
    rows = ["| key | meaning | left out |\n| --- | --- | --- |\n"]
    types = _annotations(struct)
    for field in msgspec.structs.fields(struct):
        says = next(
            (one.description for one in get_args(types[field.name]) if isinstance(one, Meta) and one.description), None
        )
        default = "" if field.required else _written(_default(field))
        words = says or "tables of their own, see below"
        rows.append(f"| `{field.name}` | {words} | {default} |\n")
    return f"\n## {title}\n\n" + "".join(rows)


def _columns(title: str, columns: Sequence[str], words: Mapping[str, str], needed: Sequence[str]) -> str:
    rows = [f"| {f'**`{one}`**' if one in needed else f'`{one}`'} | {words[one]} |\n" for one in columns]
    return f"\n### {title}\n\n| column | meaning |\n| --- | --- |\n{''.join(rows)}"


def _annotations(struct: type[msgspec.Struct]) -> dict[str, Any]:
    from typing import get_type_hints

    return get_type_hints(struct, include_extras=True)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default


def _written(value: Any) -> str:
    return "" if value is None or value == {} else msgspec.json.encode(value).decode().replace("|", "\\|")
