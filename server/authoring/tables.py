"""The tables beside `game.toml`: CSV with a head line, commas or semicolons; | parts several values of a cell."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from server.authoring.reading import Report

TABLE_BYTES_MAX = 16 * 1024 * 1024

CHECKPOINT_COLUMNS = ("code", "name", "points", "lon", "lat", "radius", "kind", "text", "secret")
CHALLENGE_COLUMNS = (
    *("code", "checkpoint", "name", "text", "form", "answer", "tolerance", "choices", "points", "tries", "wrong"),
    *("wrong_max", "par", "speed_points", "hints", "judged", "unit", "media"),
)
TEAM_COLUMNS = ("number", "name", "members", "birth_years", "sexes", "badges", "categories", "format", "start")


class Row(NamedTuple):
    """One line of a table: its cells by column, and where it stands."""

    cells: Mapping[str, str]
    where: str

    def of(self, column: str) -> str:
        """A cell's text, empty where there is none."""
        return self.cells.get(column, "")

    def list_of(self, column: str) -> list[str]:
        """The values of a cell that holds several."""
        return [part.strip() for part in self.of(column).split("|") if part.strip()]


def read_table(file: Path, columns: tuple[str, ...], report: Report) -> list[Row]:
    """The rows of a table; unknown columns are faults, but for translations such as `name:it`."""
    table = Report({}, file.name)
    try:
        data = file.read_bytes()[: TABLE_BYTES_MAX + 1]
        text = unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        table.error("file_unreadable", (), f"cannot be read as UTF-8 text: {error}")
        report.errors += table.errors
        return []
    if len(data) > TABLE_BYTES_MAX:
        table.error("table_too_big", (), f"at most {TABLE_BYTES_MAX // 2**20} MiB are read")
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    for name in names:
        if name.partition(":")[0] not in columns:
            close = get_close_matches(name, columns, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(columns)}"
            table.error("column_unknown", (), f"there is no column {name!r}: {hint}")
    rows = []
    for cells in reader:
        where = f"{file.name}:{reader.line_num}"
        if None in cells:
            table.error("row_malformed", (), f"line {reader.line_num} has more cells than the head has columns")
        kept = {name: (value or "").strip() for name, value in cells.items() if isinstance(name, str)}
        if any(kept.values()):
            rows.append(Row(kept, where))
    report.errors += table.errors
    return rows


def translations(rows: list[Row]) -> dict[str, dict[str, str]]:
    """What columns such as `name:it` say, by language and text."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        for column, value in row.cells.items():
            name, _, language = column.partition(":")
            if language and value and row.of(name):
                found.setdefault(language, {})[row.of(name)] = value
    return found
