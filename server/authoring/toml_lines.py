"""On which line of a TOML file a key stands: the standard library reads values only.

Works on a document that `tomllib` accepted, so it needs to tell keys from
values, not to find faults.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]
"""Names of tables and keys; an array of tables has the number of its element behind its name."""

_HEAD = re.compile(r"\s*(\[\[?)(.+?)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_NAME = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_TOKEN = re.compile(r'\"\"\"|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


def lines_of_keys(text: str) -> dict[Path, int]:
    """The line, from 1, of every table and key."""
    found: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    open_string, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        rest = line
        if not open_string and depth == 0:
            head, key = _HEAD.match(line), _KEY.match(line)
            if head is not None and key is None:
                table = _names(head[2])
                if head[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                found[table] = number
                continue
            if key is not None:
                found.setdefault((*table, *_names(key[1])), number)
                rest = line[key.end() :]
        open_string, depth = _after(rest, open_string, depth)
    return found


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a key, or of the nearest table around it; 1 where nothing is known."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _names(dotted: str) -> Path:
    return tuple(name.strip("\"'") for name in _NAME.findall(dotted))


def _after(text: str, open_string: str, depth: int) -> tuple[str, int]:
    """Whether a string of several lines or a bracket is still open behind this piece of a line."""
    at = 0
    while at < len(text):
        if open_string:
            end = text.find(open_string, at)
            if end < 0:
                return open_string, depth
            at, open_string = end + 3, ""
            continue
        token = _TOKEN.search(text, at)
        if token is None:
            break
        at = token.end()
        if token[0] in {'"""', "'''"}:
            open_string = token[0]
        else:
            depth += (token[0] in {"[", "{"}) - (token[0] in {"]", "}"})
    return open_string, depth
