"""The reference page of `game.toml`, from the structs that read it."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from msgspec import Meta

from server.authoring import game_file
from server.authoring.presets import PRESETS

HEAD = """# game.toml

Every key, from the structs that read it. What is left out is as the preset says, or else as written here. Durations are
written "4 h 30 min", lengths "25 m", times 2026-06-06T10:00:00 (local to `time_zone`) or with an offset.
`docs/reference/game.schema.json` is the same for editors (`wayfold game schema`).
"""


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


def _annotations(struct: type[msgspec.Struct]) -> dict[str, Any]:
    from typing import get_type_hints

    return get_type_hints(struct, include_extras=True)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default


def _written(value: Any) -> str:
    return "" if value is None or value == {} else msgspec.json.encode(value).decode().replace("|", "\\|")
