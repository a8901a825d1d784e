"""From the text of `game.toml` to its struct, with everything that is wrong with it at once."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from client_core.game.publish import Finding
from server.authoring.game_file import GameFile
from server.authoring.presets import PRESETS
from server.authoring.toml_lines import Path, line_of, lines_of_keys

S = TypeVar("S", bound=msgspec.Struct)
TOML_BYTES_MAX = 1024 * 1024


class Report:
    """What is found while a game is read: `errors` forbid it, `warnings` are to be thought over."""

    def __init__(self, lines: dict[Path, int], file: str = "game.toml") -> None:
        """Nothing is found yet."""
        self.lines, self.file = lines, file
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []

    def error(self, code: str, path: Path, detail: str) -> None:
        """A fault at a key."""
        self.errors.append(Finding(code, self.where(path), detail))

    def warn(self, code: str, path: Path, detail: str) -> None:
        """Something at a key that is allowed and probably not meant."""
        self.warnings.append(Finding(code, self.where(path), detail))

    def where(self, path: Path) -> str:
        """File and line of a key."""
        return f"{self.file}:{line_of(self.lines, path)}"


def read_game_file(data: bytes) -> tuple[GameFile | None, Report]:
    """The file's struct, None where it cannot be made; the report says why."""
    report = Report({})
    if len(data) > TOML_BYTES_MAX:
        report.error("toml_too_big", (), f"{len(data)} bytes, at most {TOML_BYTES_MAX} are read")
        return None, report
    try:
        text = data.decode("utf-8-sig")
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        report.error("toml_malformed", (), f"this is no TOML: {error}")
        return None, report
    report.lines = lines_of_keys(text)
    preset = document.get("preset")
    if preset is not None and preset not in PRESETS:
        report.error("preset_unknown", ("preset",), f"{preset!r} is no preset{_meant(str(preset), list(PRESETS))}")
    elif preset is not None:
        document = {**PRESETS[preset], **document}
    made = _struct(document, GameFile, (), report)
    return (None if report.errors else made), report


def _struct(data: dict[str, Any], cls: type[S], path: Path, report: Report) -> S | None:
    fields = {field.name: field for field in msgspec.structs.fields(cls)}
    values: dict[str, Any] = {}
    for key, value in data.items():
        here = (*path, key)
        if key not in fields:
            report.error("key_unknown", here, f"there is no key {key!r} here{_meant(key, list(fields))}")
        else:
            values[key] = _value(value, fields[key].type, here, report)
    missing = [name for name, field in fields.items() if field.required and name not in data]
    for name in missing:
        report.error("key_missing", path, f"the key {name!r} is missing")
    return None if missing or None in values.values() else cls(**values)


def _value(value: Any, kind: Any, path: Path, report: Report) -> Any:
    """The value as its field's type; None where it does not fit (TOML has no null)."""
    arguments = get_args(kind)
    inner = arguments[-1] if get_origin(kind) in {dict, list} else None
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        if get_origin(kind) is dict and isinstance(value, dict) and all(isinstance(v, dict) for v in value.values()):
            return {name: _struct(one, inner, (*path, name), report) for name, one in value.items()}
        if get_origin(kind) is list and isinstance(value, list) and all(isinstance(v, dict) for v in value):
            return [_struct(one, inner, (*path, number), report) for number, one in enumerate(value)]
        report.error("value_malformed", path, f"{path[-1]} is a table: write [{path[-1]}.NAME]")
        return None
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        choices = _words(kind)
        hint = f": one of {', '.join(map(repr, choices))}" if choices else ""
        report.error("value_malformed", path, f"{path[-1]} = {value!r} is not understood: {error}{hint}")
        return None


def _words(kind: Any) -> list[str]:
    """The words that a field of this type may hold."""
    return [word for one in get_args(kind) for word in ([one] if isinstance(one, str) else _words(one))]


def _meant(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f": did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
