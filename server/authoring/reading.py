"""From the text of `game.toml` to its struct, with everything that is wrong with it at once."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import date, datetime, time
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from client_core.game.publish import Finding
from server.authoring.game_file import GameFile, Limits
from server.authoring.presets import PRESETS
from server.authoring.toml_lines import Path, line_of, lines_of_keys

S = TypeVar("S", bound=msgspec.Struct)
TOML_BYTES_MAX = 1024 * 1024
SHOWN_CHARACTERS = 60
"""So much of a wrong value is repeated."""
SHORT_WORD = 3
_PLACE = re.compile(r" \(at line (\d+), column \d+\)")
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    list: "a list in square brackets",
    tuple: "a list in square brackets",
    dict: "a table",
    datetime: "a date and time, such as 2026-06-06T10:00:00",
    date: "a date without a time",
    time: "a time without a date",
}


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
    document = _document(data, report)
    if document is None:
        return None, report
    preset = document.get("preset")
    if isinstance(preset, str) and preset in PRESETS:
        document = {**PRESETS[preset], **document}
    elif isinstance(preset, str):
        report.error("preset_unknown", ("preset",), f"{preset!r} is no preset{meant(preset, list(PRESETS))}")
    made = _struct(_with_formats(document), GameFile, (), report)
    return (None if report.errors else made), report


def meant(word: str, known: list[str]) -> str:
    """What was probably meant by a word that is not known, or what there is."""
    # Of a code of two letters one may be wrong; of a longer word less than half of it.
    close = get_close_matches(word, known, n=1, cutoff=0.5 if len(word) <= SHORT_WORD else 0.6)
    if close:
        return f": did you mean {close[0]!r}?"
    return f"; there are {', '.join(known[:30])}" if known else ""


def _document(data: bytes, report: Report) -> dict[str, Any] | None:
    """The TOML document, None with a finding where it is none."""
    try:
        text = unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        detail = "this is no UTF-8 text: save it as UTF-8 (in the editor's menu: encoding)"
        report.errors.append(Finding("toml_malformed", f"{report.file}:{line}", detail))
        return None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        report.errors.append(_malformed(str(error), text, report.file))
        return None
    except (RecursionError, ValueError) as error:  # ValueError: a date or number that does not exist
        report.error("toml_malformed", (), f"this is no TOML: {str(error) or 'it is nested too deep'}")
        return None
    report.lines = lines_of_keys(text)
    return document


def _malformed(said: str, text: str, file: str) -> Finding:
    """What tomllib said, at the line it named, with what people usually meant."""
    place = _PLACE.search(said)
    lines = text.splitlines()
    line = int(place[1]) if place else max(1, len(lines))
    hint = ""
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if re.search(r"=\s*[0-9]{1,2}:[0-9]{2}", written):
        hint = '; a time has a date, 2026-06-06T10:30:00, and a duration is a text, "90 min"'
    elif re.search(r"=\s*[0-9]+,[0-9]", written):
        hint = "; decimals have a point"
    elif re.search(r"=\s*[^\s\"'\[{0-9tf+-]", written):
        hint = "; texts stand in quotes"
    elif re.search(r"=\s*[0-9.]+\s*[a-z]", written):
        hint = '; what has a unit stands in quotes, such as "2 h" or "25 m"'
    return Finding("toml_malformed", f"{file}:{line}", f"this is no TOML: {_PLACE.sub('', said)}{hint}")


def _with_formats(document: dict[str, Any]) -> dict[str, Any]:
    """The document, its formats completed: what one leaves out of the limits is as in the game."""
    formats = document.get("format")
    if not isinstance(formats, dict):
        return document
    types = {field.name: field.type for field in msgspec.structs.fields(Limits)}
    # What is at fault in the game is told there, not once more for every format.
    mine = {key: document[key] for key, kind in types.items() if key in document and _fits(document[key], kind)}
    made: dict[str, Any] = {}
    for name, table in formats.items():
        given = mine
        if isinstance(table, dict) and "start" in table:  # a time of its own is not overruled by the game's way
            given = {key: value for key, value in mine.items() if key != "start_by" or value in {"clock", "interval"}}
        made[name] = {**given, **table} if isinstance(table, dict) else table
    return {**document, "format": made}


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, OverflowError):
        return False
    return True


def _struct(data: dict[str, Any], cls: type[S], path: Path, report: Report) -> S | None:
    fields = {field.name: field for field in msgspec.structs.fields(cls)}
    values: dict[str, Any] = {}
    for key, value in data.items():
        here = (*path, key)
        if key not in fields:
            report.error("key_unknown", here, f"there is no key {key!r} here{meant(key, list(fields))}")
        else:
            values[key] = _value(value, fields[key].type, here, report)
    missing = [name for name, field in fields.items() if field.required and name not in data]
    for name in missing:
        report.error("key_missing", path, f"the key {name!r} is missing")
    return None if missing or any(value is None for value in values.values()) else cls(**values)


def _value(value: Any, kind: Any, path: Path, report: Report) -> Any:
    """The value as its field's type; None where it does not fit (TOML has no null)."""
    arguments = get_args(kind)
    inner = arguments[-1] if get_origin(kind) in {dict, list} else None
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        if get_origin(kind) is dict and isinstance(value, dict) and all(isinstance(v, dict) for v in value.values()):
            return {name: _struct(one, inner, (*path, name), report) for name, one in value.items()}
        if get_origin(kind) is list and isinstance(value, list) and all(isinstance(v, dict) for v in value):
            return [_struct(one, inner, (*path, number), report) for number, one in enumerate(value)]
        head = f"[{path[-1]}.NAME]" if get_origin(kind) is dict else f"[[{path[-1]}]]"
        report.error("value_malformed", path, f"{path[-1]} is a table of its own: write {head}")
        return None
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        shown = repr(value) if isinstance(value, str | int | float | list | dict) else str(value)
        cut = shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"
        report.error("value_malformed", path, f"{path[-1]} = {cut} is not understood: {_needed(kind, str(error))}")
        return None


def _needed(kind: Any, said: str) -> str:
    """What a value of this type is, in plain words; what msgspec said where the type fits and a bound does not."""
    bound = re.match(r"Expected `\w+` (>=|<=|of length >=|of length <=) ([0-9]+)", said)
    if bound:
        words = {
            ">=": "at least {}",
            "<=": "at most {}",
            "of length >=": "at least {} of them",
            "of length <=": "at most {} characters",
        }
        return f"{words[bound[1]].format(bound[2])} is needed"
    choices = _words(kind)
    if choices:
        return f"one of {', '.join(map(repr, choices))} is needed"
    return f"{' or '.join(dict.fromkeys(_kinds(kind)))} is needed"


def _kinds(kind: Any) -> list[str]:
    """The types of a field in words, without the null that TOML does not have."""
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        return [word for one in get_args(kind) if one is not NoneType for word in _kinds(one)]
    if origin is not None and getattr(kind, "__metadata__", None):
        return _kinds(get_args(kind)[0])
    return [_KINDS.get(origin or kind, "another value")]


def _words(kind: Any) -> list[str]:
    """The words that a field of this type may hold."""
    if get_origin(kind) is Literal:
        return [word for word in get_args(kind) if isinstance(word, str)]
    return [word for one in get_args(kind) for word in _words(one)]
