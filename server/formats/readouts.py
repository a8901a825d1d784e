"""Read-outs of SportIdent cards: ooresults' log (a JSON object a line) and the CSV of SportIdent and OE programs.

The log has times with their zone. The CSV (`Stno;Chipno;...;Control1;Punch1;...`)
has the start as a time of the day and punches elapsed since it; rows may be
longer than the header, which then ends with `(may be more) ...`.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from server.formats.cards import (
    PUNCHES_MAX,
    ROWS_MAX,
    Card,
    Day,
    Findings,
    Punch,
    bib_of,
    cell,
    column,
    fault,
    local_ms,
    rows_of,
    span_s,
    text_of,
)


class _Punch(msgspec.Struct, frozen=True, rename="camel"):
    control_code: str
    punch_time: datetime | None = None


class _Read(msgspec.Struct, frozen=True, rename="camel"):
    entry_type: str
    control_card: str = ""
    start_time: datetime | None = None
    finish_time: datetime | None = None
    punches: tuple[_Punch, ...] = ()


_LINE = msgspec.json.Decoder(_Read)


def is_card_log(text: str) -> bool:
    """Whether the first line is an entry of a card reader's log."""
    return text.lstrip().startswith("{") and '"entryType"' in text.lstrip().split("\n", 1)[0]


def read_card_log(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The cards of a log, in its order; a card read twice stands twice. Raises `CardFileError`."""
    found, cards = Findings(file), []
    for number, line in enumerate(text_of(data, file, day.encoding).splitlines(), 1):
        if number > ROWS_MAX:
            raise fault(file, "rows_too_many", f"more than {ROWS_MAX} lines: split it")
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            read = _LINE.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            found.add("file_malformed", where, f"this is no entry of a card reader: {error}")
            continue
        if read.entry_type != "cardRead":
            continue
        if not read.control_card or len(read.punches) > PUNCHES_MAX:
            found.add("cell_malformed", where, "it names no card, or has too many punches")
            continue
        cards.append(
            Card(
                where=f"{file}, {where}",
                card=read.control_card,
                punches=tuple(
                    Punch(punch.control_code, local_ms(punch.punch_time, day.zone))
                    for punch in read.punches
                    if punch.punch_time is not None
                ),
                start_ms=None if read.start_time is None else local_ms(read.start_time, day.zone),
                finish_ms=None if read.finish_time is None else local_ms(read.finish_time, day.zone),
            )
        )
    found.check()
    return tuple(cards)


def is_si_csv(text: str) -> bool:
    """Whether the first line names the columns of a SportIdent or OE export."""
    return bool(re.search(r"(?:^|;)\"?Chip(?:no|nr)?\d*\"?;", text.split("\n", 1)[0], re.IGNORECASE))


def read_si_csv(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The cards of a SportIdent or OE export; raises `CardFileError`."""
    rows = rows_of(text_of(data, file, day.encoding), file)
    header = next(rows, (0, []))[1]
    chip = column(header, ("chipno", "chip", "chipnr", "chipno1"))
    first = column(header, ("control1",))
    if chip is None or first is None:
        raise fault(file, "column_missing", "it has no column Chipno or Control1", "row 1")
    places = {
        what: column(header, names)
        for what, names in (
            ("bib", ("stno", "bib")),
            ("surname", ("surname",)),
            ("given", ("first name",)),
            ("year", ("yb",)),
            ("sex", ("s", "sex")),
            ("start", ("start punch", "start")),
            ("finish", ("finish punch", "finish")),
            ("nc", ("nc",)),
            ("class", ("short", "cl.name")),
        )
    }
    found, cards = Findings(file), []
    for number, row in rows:
        card = _si_card(row, {what: cell(row, at) for what, at in places.items()}, first, found, f"row {number}", day)
        if card is not None:
            cards.append(msgspec.structs.replace(card, card=cell(row, chip)))
    found.check()
    return tuple(cards)


def _si_card(row: list[str], told: dict[str, str], first: int, found: Findings, where: str, day: Day) -> Card | None:
    times_ms: dict[str, int | None] = {}
    for what in ("start", "finish"):
        seconds = span_s(told[what]) if told[what] else None
        if told[what] and seconds is None:
            found.add("cell_malformed", f"{where}, {what}", f"{told[what][:40]!r} is no time such as 10:25:42")
        times_ms[what] = None if seconds is None else day.clock_ms(seconds)
    start_ms = times_ms["start"]
    punches = []
    for at in range(first, min(len(row), first + 2 * PUNCHES_MAX) - 1, 2):
        code, text = row[at], row[at + 1]
        if not code:
            continue
        elapsed_s = span_s(text)
        if elapsed_s is not None:
            punches.append(Punch(code, (day.start_ms if start_ms is None else start_ms) + elapsed_s * 1000))
        elif text.strip("-"):
            found.add("cell_malformed", f"{where}, column {at + 2}", f"{text[:40]!r} is no time such as 5:33")
    bib = bib_of(told["bib"])
    return Card(
        where=f"{found.file}, {where}",
        punches=tuple(punches),
        number=bib[0] if bib else None,
        member=bib[1] if bib else None,
        name=f"{told['given']} {told['surname']}".strip(),
        sex=told["sex"][:1].upper(),
        categories=(told["class"],) if told["class"] else (),
        start_ms=start_ms,
        finish_ms=times_ms["finish"],
        competing=told["nc"].upper() in {"", "0", "N"},
    )
