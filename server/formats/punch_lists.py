"""A row a runner, controls and elapsed seconds as lists: the results of RouteGadget 2.

    result_id,course,name,start_local,position,status,finish_time,controls,splits_s
    1,Short Blue,Ada Alder,2022-06-04T10:40:08,1,ok,36:17,100;123;104,75;149;202;2177

The last split is the finish. A split of 0 is a control that was not punched.
`nc` runs outside the competition.
"""

from __future__ import annotations

from datetime import datetime

from server.formats.cards import (
    PUNCHES_MAX,
    Card,
    Day,
    Findings,
    Punch,
    bib_of,
    cell,
    fault,
    local_ms,
    rows_of,
    span_s,
    text_of,
)

_NEEDED = ("result_id", "start_local", "controls", "splits_s")


def is_punch_list(text: str) -> bool:
    """Whether the first line has the columns of this form."""
    first = text.split("\n", 1)[0]
    return all(name in first for name in _NEEDED)


def read_punch_list(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The cards of the file; raises `CardFileError`."""
    rows = rows_of(text_of(data, file, day.encoding), file)
    header = next(rows, (0, []))[1]
    at = {name: header.index(name) for name in header}
    for name in _NEEDED:
        if name not in at:
            raise fault(file, "column_missing", f"it has no column {name}", "row 1")
    found, cards = Findings(file), []
    for number, row in rows:
        where = f"row {number}"
        bib, start_ms = bib_of(cell(row, at["result_id"])), _local(cell(row, at["start_local"]), day)
        if bib is None or start_ms is None:
            found.add("cell_malformed", f"{where}, result_id or start_local", "a number and a local time are needed")
            continue
        codes = [code for code in cell(row, at["controls"]).split(";") if code]
        splits = [span_s(split) for split in cell(row, at["splits_s"]).split(";") if split]
        if None in splits or len(splits) not in {len(codes), len(codes) + 1} or len(codes) > PUNCHES_MAX:
            detail = (
                f"{len(codes)} controls, {len(splits)} splits: a whole number of seconds each and one for the finish"
            )
            found.add("cell_malformed", f"{where}, splits_s", detail)
            continue
        times_ms = [start_ms + (split or 0) * 1000 for split in splits]
        cards.append(
            Card(
                where=f"{file}, {where}",
                punches=tuple(Punch(code, ms) for code, ms in zip(codes, times_ms, strict=False) if ms != start_ms),
                number=bib[0],
                member=bib[1],
                team_name=cell(row, at.get("name")),
                categories=(cell(row, at.get("course")),) if cell(row, at.get("course")) else (),
                start_ms=start_ms,
                finish_ms=times_ms[-1] if len(splits) > len(codes) and splits[-1] else None,
                competing=cell(row, at.get("status")) != "nc",
            )
        )
    found.check()
    return tuple(cards)


def _local(text: str, day: Day) -> int | None:
    try:
        return local_ms(datetime.fromisoformat(text), day.zone)
    except ValueError:
        return None
