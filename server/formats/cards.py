"""Cards: what every read-out, whatever program wrote it, says of one entrant.

Readers give these neutral values; `server.card_import` makes actions of them.
A file is read whole or refused whole, with everything that is wrong with it and
where: `FILE, row 12, column #3`. Texts come as people's programs write them:
UTF-8 with or without a byte order mark, UTF-16 with one, else Windows-1251,
unless an encoding is named.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from client_core.game.fences import Fix
from client_core.game.publish import FINDINGS_MAX, DraftError, Finding

FILE_BYTES_MAX = 32 * 1024 * 1024
"""A season of a busy club; read in a second or two."""
ROWS_MAX = 50_000
CELLS_MAX = 3_000
"""A card holds at most some hundred punches; wider is no result table."""
PUNCHES_MAX = 5_000
SPAN_S_MAX = 31 * 86_400
DAY_S = 86_400


class Punch(msgspec.Struct, frozen=True):
    """A control's code as the card has it, and when: ms since the Unix epoch."""

    code: str
    at_ms: int


class Card(msgspec.Struct, frozen=True):
    """One card as read out. `where` says where it stood, for messages.

    `number` is the team's bib (None: the file knows none), `member` the member's
    number in the team (a bib `395.1`; None: the team has one card). `card` is
    the number of the chip or paper. `categories` are codes or names as the file
    has them. Without a `start_ms` the game's own start holds. `competing` False:
    plays outside the competition; `status` is an IOF word the file gives. `fixes`
    is a recorded track, by time: what it visited is asked of the game's fences.
    `points` are all that is known of a result that was scored elsewhere.
    """

    where: str
    punches: tuple[Punch, ...]
    number: int | None = None
    member: int | None = None
    card: str = ""
    name: str = ""
    team_name: str = ""
    birth_year: int | None = None
    sex: str = ""
    categories: tuple[str, ...] = ()
    start_ms: int | None = None
    finish_ms: int | None = None
    competing: bool = True
    status: str = ""
    fixes: tuple[Fix, ...] = ()
    points: int | None = None


class Day(msgspec.Struct, frozen=True):
    """What a file does not say itself.

    The zone of its times, the start that elapsed times count from, the encoding;
    the category of all its cards, and the team (a bib) whose one card it is.
    """

    zone: ZoneInfo
    start_ms: int
    encoding: str | None = None
    category: str | None = None
    team: str | None = None

    def clock_ms(self, seconds: int) -> int:
        """A time of the day, in seconds after midnight, on the day of the start; the night after it counts on."""
        start = datetime.fromtimestamp(self.start_ms / 1000, UTC).astimezone(self.zone)
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return local_ms(midnight + timedelta(seconds=seconds), self.zone)


class CardFileError(DraftError):
    """A file that cannot be used, with everything that is wrong with it.

    Codes: `file_too_big`, `file_encoding`, `file_malformed`, `file_unknown`,
    `column_missing`, `cell_malformed`, `rows_too_many`, `xml_doctype`.
    """


class Findings:
    """What is wrong with one file, collected until it is read through."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []

    def add(self, code: str, where: str, detail: str) -> None:
        """Note a fault; the file is not used, but reading goes on to find the others."""
        if len(self.found) < FINDINGS_MAX:
            self.found.append(Finding(code, f"{self.file}, {where}" if where else self.file, detail))

    def check(self) -> None:
        """Raise `CardFileError` where anything was wrong."""
        if self.found:
            raise CardFileError(self.found)


def fault(file: str, code: str, detail: str, where: str = "") -> CardFileError:
    """One fault that ends the reading of a file."""
    return CardFileError([Finding(code, f"{file}, {where}" if where else file, detail)])


def text_of(data: bytes, file: str, encoding: str | None = None) -> str:
    """The text of a file in whatever encoding it was found; raises `CardFileError`."""
    if len(data) > FILE_BYTES_MAX:
        raise fault(file, "file_too_big", f"more than {FILE_BYTES_MAX // 2**20} MiB: split it")
    marked = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for name in (encoding,) if encoding else ("utf-16",) if marked else ("utf-8-sig", "cp1251"):
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" in text:
            break
        return text
    tried = encoding or "UTF-8, UTF-16 and Windows-1251"
    raise fault(file, "file_encoding", f"this is no text in {tried}: save it as UTF-8, or name its encoding")


def rows_of(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text with their numbers from 1, whatever separates its cells; raises `CardFileError`."""
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for count, row in enumerate(reader, 1):
            if count > ROWS_MAX:
                raise fault(file, "rows_too_many", f"more than {ROWS_MAX} rows: split it")
            if len(row) > CELLS_MAX:
                raise fault(
                    file, "rows_too_many", f"more than {CELLS_MAX} columns: this is no result table", f"row {count}"
                )
            if any(cell.strip() for cell in row):
                yield count, [cell.strip() for cell in row]
    except csv.Error as error:
        raise fault(file, "file_malformed", f"this is no CSV: {error}", f"row {reader.line_num}") from error


def _separator(text: str) -> str:
    """What stands equally often in each of the first lines; else what stands most often in the first."""
    lines = [line for line in text[:20_000].split("\n")[:6] if line.strip()]
    for separator in (";", "\t", ","):
        counts = {line.count(separator) for line in lines}
        if len(counts) == 1 and counts != {0}:
            return separator
    return max((";", "\t", ","), key=(lines or [""])[0].count)


def column(header: Sequence[str], names: Sequence[str]) -> int | None:
    """The place of the first column with one of these names, however written; None where there is none."""
    plain = [" ".join(name.casefold().split()) for name in header]
    return next((plain.index(name) for name in names if name in plain), None)


def cell(row: Sequence[str], at: int | None) -> str:
    """A cell, empty where the row is shorter or there is no such column."""
    return row[at] if at is not None and at < len(row) else ""


_SPAN = re.compile(r"([0-9]{1,6}):([0-9]{2})(?::([0-9]{2}))?(?:[.,][0-9]+)?")


def span_s(text: str) -> int | None:
    """`4:29:23`, `63:49` or seconds in whole seconds; None where it is no such time. Fractions are dropped."""
    if text.isascii() and text.isdecimal() and len(text) <= 7:
        return int(text) if int(text) <= SPAN_S_MAX else None
    match = _SPAN.fullmatch(text)
    if match is None or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return None
    whole = int(match[1]) * 60 + int(match[2])
    seconds = whole if match[3] is None else whole * 60 + int(match[3])
    return seconds if seconds <= SPAN_S_MAX else None


def local_ms(at: datetime, zone: ZoneInfo) -> int:
    """A date and time in ms since the Unix epoch; without an offset of its own it is that of the zone."""
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)


def bib_of(text: str) -> tuple[int, int | None] | None:
    """Team and member of a bib such as `395` or `395.1`; None where it is no bib."""
    match = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9]{1,2}))?", text)
    return (int(match[1]), int(match[2]) if match[2] else None) if match else None


Reader = Callable[[bytes, str, Day], tuple[Card, ...]]
"""Reads the bytes of a file of this name; raises `CardFileError`."""
