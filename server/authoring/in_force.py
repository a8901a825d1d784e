"""Every rule of a game that is in force, written or not, as `game.toml` would say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

from server.authoring.game_file import GameFile

COMMENT_COLUMN = 44


def rules_in_force(game: GameFile) -> dict[str, object]:
    """Every key of the game with what holds, written or not; sections as they are written."""
    return {name: getattr(game, name) for name in game.__struct_fields__}


def rules_as_toml(game: GameFile) -> list[str]:
    """The same as lines of TOML, each with what it means; what is not set is a comment."""
    lines = list(_keys(game))
    for field in game.__struct_fields__:
        value = getattr(game, field)
        if isinstance(value, dict):
            for name, one in value.items():
                if isinstance(one, msgspec.Struct):
                    lines += ["", f"[{field}.{_name(name)}]", *_keys(one)]
                elif isinstance(one, dict):
                    lines += ["", f"[{field}.{_name(name)}]", *(f"{_name(k)} = {_toml(v)}" for k, v in one.items())]
            if value and all(isinstance(one, str) for one in value.values()):
                lines += ["", f"[{field}]", *(f"{_name(key)} = {_toml(one)}" for key, one in value.items())]
        elif isinstance(value, list) and value and all(isinstance(one, msgspec.Struct) for one in value):
            for one in value:
                lines += ["", f"[[{field}]]", *_keys(one)]
    return lines


def _keys(section: msgspec.Struct) -> Iterator[str]:
    """The plain keys of a section."""
    hints = get_type_hints(type(section), include_extras=True)
    for field in msgspec.structs.fields(type(section)):
        value = getattr(section, field.name)
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, msgspec.Struct) for v in value)):
            continue
        if field.name == "briefing":
            continue
        notes = (one.description for one in get_args(hints[field.name]) if isinstance(one, Meta) and one.description)
        written = f"# {field.name} is not set" if value is None else f"{field.name} = {_toml(value)}"
        says = next(notes, None)
        yield f"{written:<{COMMENT_COLUMN}}# {says}" if says else written


def _name(name: str) -> str:
    plain = name.replace("-", "").replace("_", "")
    return name if plain.isascii() and plain.isalnum() else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return msgspec.json.encode(value).decode()
