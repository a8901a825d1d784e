"""What the staff's desk reads: each event with who wrote it, and the lists of alarms, messages and photos.

Nothing here changes a score. All of it is folded from events alone, so an edge
without an uplink shows the same as HQ, as far as it holds the same events; and
in whatever order they came, the lists are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from client_core.game.actions import Action, Consented, MessageRead, Photo, Said, Sos
from client_core.game.decisions import Acknowledged, MessageSent, PhotoShown
from client_core.game.pictures import NO_PICTURE

ON_THE_DESK = (MessageRead, Photo, Said, Sos, Acknowledged, MessageSent, PhotoShown)
"""What the lists below are made of."""


class Entry(NamedTuple):
    """One event on the desk: its id, its author's key, whether staff or a node wrote it, whose team's it is."""

    id: bytes
    author: bytes
    by_staff: bool
    team: bytes | None
    action: Action
    plays_for: tuple[int, ...] | None = None
    """For whom its stream had said before that it reports; None: it had said nothing."""


class Seen(msgspec.Struct, frozen=True):
    """Staff saw it: when by their clock, and what they noted."""

    at_ms: int
    note: str


class Alarm(msgspec.Struct, frozen=True):
    """An SOS of a team. Until `seen` is not empty nobody of the staff has said that they know."""

    id: bytes
    team: bytes
    sos: Sos
    seen: tuple[Seen, ...]


class Notice(msgspec.Struct, frozen=True):
    """A message of staff, the teams it is for and those of them that have read it."""

    id: bytes
    message: MessageSent
    teams: frozenset[bytes]
    read_by: frozenset[bytes]

    @property
    def unread_by(self) -> frozenset[bytes]:
        """The teams it is for that have not read it, as far as is known here."""
        return self.teams - self.read_by


class Words(msgspec.Struct, frozen=True):
    """What a team said to staff."""

    id: bytes
    team: bytes
    said: Said
    seen: tuple[Seen, ...]


class Acceptance(msgspec.Struct, frozen=True):
    """A team accepted a briefing: when first, on how many of its devices, and whether a guardian did on one of them."""

    at_ms: int
    devices: int
    by_guardian: bool


class Picture(msgspec.Struct, frozen=True):
    """A photo of a team. `shown`: in the gallery, which staff decided after any report; `reports` are events' ids.

    `waiting`: staff have not decided yet, or not since it was reported.
    """

    id: bytes
    team: bytes
    photo: Photo
    shown: bool
    reports: tuple[bytes, ...]
    waiting: bool = False


def alarms(entries: Iterable[Entry]) -> list[Alarm]:
    """Every SOS: those nobody has seen first, then the latest first."""
    entries = list(entries)
    seen = _seen_by_event(entries)
    found = [
        Alarm(entry.id, entry.team, entry.action, seen.get(entry.id, ()))
        for entry in _once(entries)
        if isinstance(entry.action, Sos) and entry.team is not None
    ]
    return sorted(found, key=lambda alarm: (bool(alarm.seen), -alarm.sos.at_ms, alarm.id))


def notices(entries: Iterable[Entry], categories_by_team: dict[bytes, frozenset[str]]) -> list[Notice]:
    """Every message of staff, the latest first; `categories_by_team` names all teams of the game."""
    entries = list(entries)
    readers: dict[bytes, set[bytes]] = {}
    for entry in entries:
        if isinstance(entry.action, MessageRead) and entry.team is not None:
            readers.setdefault(entry.action.message, set()).add(entry.team)
    found = []
    for entry in _once(entries):
        if isinstance(entry.action, MessageSent) and entry.by_staff:
            teams = addressed(entry.action, categories_by_team)
            found.append(Notice(entry.id, entry.action, teams, frozenset(readers.get(entry.id, ())) & teams))
    return sorted(found, key=lambda notice: (-notice.message.at_ms, notice.id))


def addressed(message: MessageSent, categories_by_team: dict[bytes, frozenset[str]]) -> frozenset[bytes]:
    """The teams a message is for."""
    if message.team is not None:
        return frozenset({message.team})
    if message.category is None:
        return frozenset(categories_by_team)
    return frozenset(team for team, codes in categories_by_team.items() if message.category in codes)


def words(entries: Iterable[Entry]) -> list[Words]:
    """What teams said to staff: what nobody has seen first, then the latest first."""
    entries = list(entries)
    seen = _seen_by_event(entries)
    found = [
        Words(entry.id, entry.team, entry.action, seen.get(entry.id, ()))
        for entry in _once(entries)
        if isinstance(entry.action, Said) and entry.team is not None and not entry.by_staff
    ]
    return sorted(found, key=lambda line: (bool(line.seen), -line.said.at_ms, line.id))


def acceptances(entries: Iterable[Entry], version: str) -> dict[bytes, Acceptance]:
    """The teams that accepted the briefing of this version."""
    by_team: dict[bytes, list[tuple[bytes, Consented]]] = {}
    for entry in entries:
        if isinstance(entry.action, Consented) and entry.action.version == version and entry.team is not None:
            by_team.setdefault(entry.team, []).append((entry.author, entry.action))
    return {
        team: Acceptance(
            at_ms=min(action.at_ms for _, action in found),
            devices=len({author for author, _ in found}),
            by_guardian=any(action.guardian for _, action in found),
        )
        for team, found in by_team.items()
    }


def pictures(entries: Iterable[Entry]) -> list[Picture]:
    """Every photo that was not erased: those that wait for a decision first, then the latest first.

    A photo is shown only after staff approved it, and a report hides it at once:
    whatever was approved before, until staff, knowing of the report, approve it
    again. "Knowing" is said by the decision itself: no clock can undo a report.
    """
    entries = list(entries)
    rulings: dict[bytes, tuple[int, bytes, bool, tuple[bytes, ...]]] = {}
    reports: dict[bytes, list[tuple[int, bytes]]] = {}
    for entry in _once(entries):
        action = entry.action
        if isinstance(action, PhotoShown) and entry.by_staff:
            ruling = (action.at_ms, entry.id, action.shown, action.knows)
            rulings[action.event] = max(rulings.get(action.event, ruling), ruling)
        elif isinstance(action, Said) and action.about is not None:
            reports.setdefault(action.about, []).append((action.at_ms, entry.id))
    found = []
    for entry in _once(entries):
        if isinstance(entry.action, Photo) and entry.action.blob != NO_PICTURE and entry.team is not None:
            against = sorted(reports.get(entry.id, []))
            _, _, approved, known = rulings.get(entry.id, (-1, b"", False, ()))
            waits = any(report not in known for _, report in against)
            found.append((entry.id in rulings and not waits, entry, approved and not waits, against))
    found.sort(key=lambda row: (row[0], -getattr(row[1].action, "at_ms", 0), row[1].id))
    return [
        Picture(entry.id, entry.team or b"", entry.action, shown, tuple(one for _, one in against), not decided)
        for decided, entry, shown, against in found
        if isinstance(entry.action, Photo)
    ]


def _seen_by_event(entries: Iterable[Entry]) -> dict[bytes, tuple[Seen, ...]]:
    """What staff acknowledged, by the event they named, the earliest first."""
    found: dict[bytes, set[tuple[int, str]]] = {}
    for entry in entries:
        if isinstance(entry.action, Acknowledged) and entry.by_staff:
            found.setdefault(entry.action.event, set()).add((entry.action.at_ms, entry.action.note))
    return {event: tuple(Seen(*one) for one in sorted(acks)) for event, acks in found.items()}


def _once(entries: Iterable[Entry]) -> list[Entry]:
    """Each event once, however often it is given."""
    return list({entry.id: entry for entry in entries}.values())
