"""SportOrg's JSON: the persons and results of its current race.

Times are milliseconds after midnight of the race's day. A bib `422` is member 2
of team 42 where the file's team numbers or `bib // 10` say so: SportOrg knows
members of a rogaine team by the tens of their bibs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from server.formats.cards import FILE_BYTES_MAX, PUNCHES_MAX, ROWS_MAX, Card, Day, Findings, Punch, fault, local_ms

_SEXES = {1: "M", 2: "F"}
_DECIDED = {3: "Disqualified", 13: "DidNotStart"}


class _Lax(msgspec.Struct, frozen=True):
    """What is read of an object; other fields are passed over."""


class _Split(_Lax, frozen=True):
    code: str
    time: int


class _Result(_Lax, frozen=True):
    person_id: str | None
    splits: tuple[_Split, ...] = ()
    start_time: int | None = None
    start_msec: int | None = None
    finish_time: int | None = None
    finish_msec: int | None = None
    card_number: int | None = None
    status: int = 1


class _Person(_Lax, frozen=True):
    id: str
    bib: int
    name: str = ""
    surname: str = ""
    group_id: str | None = None
    team_id: str | None = None
    year: int | None = None
    sex: int = 0
    start_time: int | None = None
    card_number: int | None = None
    is_out_of_competition: bool = False


class _Named(_Lax, frozen=True):
    id: str
    name: str = ""


class _Data(_Lax, frozen=True):
    start_datetime: str | None = None


class _Race(_Lax, frozen=True):
    persons: tuple[_Person, ...] = ()
    results: tuple[_Result, ...] = ()
    groups: tuple[_Named, ...] = ()
    teams: tuple[_Named, ...] = ()
    organizations: tuple[_Named, ...] = ()
    data: _Data = _Data()


class _File(_Lax, frozen=True):
    races: tuple[_Race, ...]
    current_race: int = 0


def is_sportorg(data: bytes) -> bool:
    """Whether these bytes begin like a SportOrg file."""
    return data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and b'"races"' in data


def read_sportorg(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The cards of the current race; raises `CardFileError`."""
    if len(data) > FILE_BYTES_MAX:
        raise fault(file, "file_too_big", f"more than {FILE_BYTES_MAX // 2**20} MiB: split it")
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise fault(file, "file_malformed", f"this is no JSON of SportOrg: {error}") from error
    if not 0 <= document.current_race < len(document.races):
        raise fault(file, "file_malformed", f"it has no race number {document.current_race}", "current_race")
    race = document.races[document.current_race]
    if len(race.results) > ROWS_MAX:
        raise fault(file, "rows_too_many", f"more than {ROWS_MAX} results: split it")
    return _cards(race, file, day)


def _cards(race: _Race, file: str, day: Day) -> tuple[Card, ...]:
    midnight = _midnight_ms(race, file, day)
    person_by_id = {person.id: person for person in race.persons}
    group_by_id = {group.id: group.name for group in race.groups}
    team_by_id = {team.id: team.name for team in (*race.teams, *race.organizations)}
    found, cards = Findings(file), []
    for index, result in enumerate(race.results):
        person = person_by_id.get(result.person_id or "")
        if person is None:
            found.add("cell_malformed", f"result {index}, person_id", "it is of nobody in the list of persons")
            continue
        start = _first(result.start_time, person.start_time, result.start_msec)
        finish = _first(result.finish_msec, result.finish_time)
        wrong = [time for time in (start, finish, *(s.time for s in result.splits)) if not _is_time(time)]
        if wrong or len(result.splits) > PUNCHES_MAX or person.bib < 1:
            found.add("cell_malformed", f"result {index}", f"bib {person.bib} or a time in it is out of range")
            continue
        cards.append(
            Card(
                where=f"{file}, result {index}",
                punches=tuple(Punch(split.code, midnight + split.time) for split in result.splits),
                number=person.bib // 10 if person.bib >= 10 else person.bib,
                member=person.bib % 10 if person.bib >= 10 else None,
                card=str(result.card_number or person.card_number or ""),
                name=f"{person.name} {person.surname}".strip(),
                team_name=team_by_id.get(person.team_id or "", ""),
                birth_year=_year(person.year),
                sex=_SEXES.get(person.sex, ""),
                categories=(group_by_id[person.group_id],) if person.group_id in group_by_id else (),
                start_ms=None if start is None else midnight + start,
                finish_ms=None if finish is None else midnight + finish,
                competing=not person.is_out_of_competition,
                status=_DECIDED.get(result.status, ""),
            )
        )
    found.check()
    return tuple(cards)


def _midnight_ms(race: _Race, file: str, day: Day) -> int:
    stated = race.data.start_datetime
    if not stated:
        return day.clock_ms(0)
    try:
        at = datetime.fromisoformat(stated)
    except ValueError as error:
        raise fault(file, "cell_malformed", f"{stated[:40]!r} is no date", "data, start_datetime") from error
    return local_ms(at.replace(hour=0, minute=0, second=0, microsecond=0), day.zone)


def _first(*times: int | None) -> int | None:
    return next((time for time in times if time is not None), None)


def _is_time(time: Any) -> bool:
    return time is None or 0 <= time <= 31 * 86_400_000


def _year(year: int | None) -> int | None:
    return year if year is not None and 1900 <= year <= 2200 else None
