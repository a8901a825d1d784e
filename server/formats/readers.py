"""Which reader a file of results needs: by name, or by how the file begins."""

from __future__ import annotations

from server.formats.cards import Card, Day, Reader, fault, text_of
from server.formats.gpx import is_gpx, read_gpx
from server.formats.iof import is_iof, read_iof
from server.formats.punch_lists import is_punch_list, read_punch_list
from server.formats.readouts import is_card_log, is_si_csv, read_card_log, read_si_csv
from server.formats.splits import is_splits, read_splits
from server.formats.sportorg import is_sportorg, read_sportorg
from server.formats.stage_results import is_points, read_points

READERS: dict[str, Reader] = {
    "splits": read_splits,
    "sportorg": read_sportorg,
    "card-log": read_card_log,
    "si-csv": read_si_csv,
    "iof": read_iof,
    "punch-list": read_punch_list,
    "gpx": read_gpx,
    "points": read_points,
}
"""The formats by the names the command line knows them under."""


def format_of(data: bytes, file: str, encoding: str | None = None) -> str:
    """The format a file is in; raises `CardFileError("file_unknown")`."""
    if is_gpx(data):
        return "gpx"
    if is_iof(data):
        return "iof"
    if is_sportorg(data):
        return "sportorg"
    text = text_of(data, file, encoding)
    for name, looks in (
        ("card-log", is_card_log),
        ("splits", is_splits),
        ("punch-list", is_punch_list),
        ("si-csv", is_si_csv),
        ("points", is_points),
    ):
        if looks(text):
            return name
    raise fault(file, "file_unknown", f"this is none of {', '.join(READERS)}: name its format")


def read_cards(data: bytes, file: str, day: Day, form: str | None = None) -> tuple[Card, ...]:
    """The cards of a file of this format, or of the one it looks like; raises `CardFileError`."""
    return READERS[form or format_of(data, file, day.encoding)](data, file, day)
