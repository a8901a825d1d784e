"""The count-out: who is still out there. Apart from the result, and never derived from one.

    expected ─ briefed ─ out ─ back
                          └─── left

Staff and kiosks mark a player; the last mark holds. A player that anything was
heard of is out, whether somebody marked it or not. Nobody is *back* by a
phone's word: only a kiosk or a person says so, and what is heard from a player
after that is shown as a contradiction and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from client_core.game.actions import (
    Answer,
    ChallengeOpened,
    CheckIn,
    Finish,
    HintTaken,
    Member,
    Photo,
    Retired,
    Said,
    Sos,
    Start,
)
from client_core.game.decisions import Whereabouts, WhereaboutsMarked
from client_core.game.desk import Entry
from client_core.game.entrants import PlaysFor
from client_core.game.teams import Team

_SIGNS = (CheckIn, Start, Finish, Answer, ChallengeOpened, HintTaken, Photo, Retired, Sos, Said)
"""What shows that somebody of the team was alive and had a phone at that time."""


class TeamSheet(msgspec.Struct, frozen=True):
    """A team on the count-out: its active members (none known: the team counts as one) and when it is due back."""

    team: Team
    members: tuple[Member, ...] = ()
    due_ms: int | None = None


class Sign(msgspec.Struct, frozen=True):
    """The last sign of life: when by the device's clock, what it was, and where the device was, if it said."""

    at_ms: int
    what: str
    checkpoint: int | None = None
    lon_e7: int | None = None
    lat_e7: int | None = None
    battery_percent: int | None = None


class Person(msgspec.Struct, frozen=True):
    """One player on the list; `member` is None where the team's members are not known.

    `since_ms` is when the mark was made, or the first sign of life; None while
    expected. `contradicted`: heard of after being marked back or left.
    `overdue_ms`: how long past the time to be back, 0 for who is not out.
    """

    team: bytes
    number: int
    member: int | None
    where: Whereabouts
    since_ms: int | None
    marked: bool
    note: str
    retired: bool
    sign: Sign | None
    contradicted: bool
    due_ms: int | None
    overdue_ms: int


class Counts(msgspec.Struct, frozen=True):
    """How many are where."""

    expected: int = 0
    briefed: int = 0
    out: int = 0
    back: int = 0
    left: int = 0
    overdue: int = 0


def count_out(sheets: Iterable[TeamSheet], entries: Iterable[Entry], now_ms: int) -> list[Person]:
    """Every player: who is out first, the longest overdue and the longest unheard before others.

    Then who was heard of since somebody saw them back: they may be out as well.
    """
    by_team: dict[bytes, list[Entry]] = {}
    for entry in {entry.id: entry for entry in entries}.values():
        if isinstance(entry.action, WhereaboutsMarked):
            if entry.by_staff:
                by_team.setdefault(entry.action.team, []).append(entry)
        elif entry.team is not None and isinstance(entry.action, (*_SIGNS, PlaysFor)):
            by_team.setdefault(entry.team, []).append(entry)
    people = [
        _person(sheet, member, by_team.get(sheet.team.id, []), now_ms) for sheet in sheets for member in _members(sheet)
    ]
    return sorted(people, key=_urgency)


def counts(people: Iterable[Person]) -> Counts:
    """The sums under the list."""
    found = dict.fromkeys(Whereabouts, 0)
    overdue = 0
    for person in people:
        found[person.where] += 1
        overdue += person.overdue_ms > 0
    return Counts(
        expected=found[Whereabouts.EXPECTED],
        briefed=found[Whereabouts.BRIEFED],
        out=found[Whereabouts.OUT],
        back=found[Whereabouts.BACK],
        left=found[Whereabouts.LEFT],
        overdue=overdue,
    )


def _members(sheet: TeamSheet) -> list[int | None]:
    """The team's members; a team whose members are not known counts as one."""
    numbers: list[int | None] = [one.member for one in sheet.members]
    return numbers or [None]


def _person(sheet: TeamSheet, member: int | None, entries: Sequence[Entry], now_ms: int) -> Person:
    marks: list[tuple[int, bytes, WhereaboutsMarked]] = []
    signs: list[tuple[int, bytes, Entry]] = []
    said = [(one.author, one.action, one.id) for one in entries if isinstance(one.action, PlaysFor)]
    for entry in entries:
        action = entry.action
        if isinstance(action, WhereaboutsMarked):
            if action.member is None or member is None or action.member == member:
                marks.append((action.at_ms, entry.id, action))
        elif not isinstance(action, PlaysFor) and (member is None or _speaks_of(sheet, entry, said, member)):
            signs.append((getattr(action, "at_ms", 0), entry.id, entry))
    marks.sort(key=lambda mark: mark[:2])
    signs.sort(key=lambda sign: sign[:2])
    mark = marks[-1][2] if marks else None
    where, since_ms = (mark.where, mark.at_ms) if mark else (Whereabouts.EXPECTED, None)
    heard_ms = signs[-1][0] if signs else None
    if where in {Whereabouts.EXPECTED, Whereabouts.BRIEFED} and signs:
        where, since_ms, mark = Whereabouts.OUT, signs[0][0], None
    ended = where in {Whereabouts.BACK, Whereabouts.LEFT}
    overdue_ms = max(0, now_ms - sheet.due_ms) if where is Whereabouts.OUT and sheet.due_ms is not None else 0
    return Person(
        team=sheet.team.id,
        number=sheet.team.number,
        member=member,
        where=where,
        since_ms=since_ms,
        marked=mark is not None,
        note=next((one.note for _, _, one in reversed(marks) if one.note), ""),
        retired=any(isinstance(entry.action, Retired) for _, _, entry in signs),
        sign=_sign(signs[-1][2]) if signs else None,
        contradicted=ended and heard_ms is not None and since_ms is not None and heard_ms > since_ms,
        due_ms=sheet.due_ms,
        overdue_ms=overdue_ms,
    )


def _speaks_of(sheet: TeamSheet, entry: Entry, said: Sequence[tuple[bytes, PlaysFor, bytes]], member: int) -> bool:
    """Whether an event is a sign of this member: it says so, its device does, or it could be anybody of the team."""
    named: int | None = getattr(entry.action, "member", None)
    if named is not None:
        return named == member
    if entry.plays_for is not None:
        return member in entry.plays_for
    at_ms: int = getattr(entry.action, "at_ms", 0)
    before = [
        (one.at_ms, identity, one.members)
        for author, one, identity in said
        if author == entry.author and one.at_ms <= at_ms
    ]
    owners = set(max(before)[2]) if before else {one.member for one in sheet.members if one.device == entry.author}
    return not owners or member in owners


def _sign(entry: Entry) -> Sign:
    action = entry.action
    at_ms: int = getattr(action, "at_ms", 0)
    return Sign(
        at_ms=at_ms,
        what=_WHAT[type(action)],
        checkpoint=action.checkpoint if isinstance(action, CheckIn) else None,
        lon_e7=action.lon_e7 if isinstance(action, CheckIn | Sos) else None,
        lat_e7=action.lat_e7 if isinstance(action, CheckIn | Sos) else None,
        battery_percent=action.battery_percent if isinstance(action, Sos) else None,
    )


def _urgency(person: Person) -> tuple[bool, bool, int, int, int, int]:
    heard_ms = person.sign.at_ms if person.sign else -1
    not_out, member = person.where is not Whereabouts.OUT, -1 if person.member is None else person.member
    return not_out, not person.contradicted, -person.overdue_ms, heard_ms, person.number, member


_WHAT: dict[type, str] = {
    CheckIn: "check_in",
    Start: "start",
    Finish: "finish",
    Answer: "answer",
    ChallengeOpened: "challenge",
    HintTaken: "hint",
    Photo: "photo",
    Retired: "retired",
    Sos: "sos",
    Said: "words",
}
