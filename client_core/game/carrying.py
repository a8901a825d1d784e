"""Carrying: for which members of its team a device reports, event by event.

    the event names a member            that one
    staff moved the device to members   from the position on, as long as it has not said otherwise since
    the device said so (`PlaysFor`)     from there on, until it says so again
    a node noted it as a member's       those members

What a device says stands in its own log, so it needs no network and holds from
where it was said: whoever takes over a phone in the middle of the game changes
nothing of what was done with it before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from client_core.game.actions import Member
from client_core.game.entrants import PlaysFor
from client_core.game.events import Decoded, Told
from client_core.game.teams import Register

NOBODY: frozenset[int] = frozenset()
LAST = (1 << 63, b"", 0, b"")
"""Stands after every event in canonical order."""

Order = tuple[int, bytes, int, bytes]
"""Where an event stands in canonical order: (order_ms, stream, seq, id)."""


class Carriers:
    """Who of a team reports by which device; `members` are the team's active ones."""

    def __init__(self, told: Told, team: bytes, members: Sequence[Member], register: Register) -> None:
        self._members = frozenset(one.member for one in members)
        self._noted: dict[bytes, frozenset[int]] = {}
        for one in members:
            if one.device is not None:
                self._noted[one.device] = self._noted.get(one.device, NOBODY) | {one.member}
        self._said: dict[bytes, list[tuple[Order, PlaysFor]]] = {}
        for event in () if told.only_played or not members else told.events:
            # Numbers of members mean those of the team whose stream it is, not of one that it was moved to.
            if type(event.action) is PlaysFor and event.team in {b"", team}:
                self._said.setdefault(event.author, []).append((_order(event), event.action))
        moves = ((stream, [one for one in found if one.team == team]) for stream, found in register.carried.items())
        self._moved = {stream: found for stream, found in moves if found}
        self.silent = not self._said and not self._moved
        """Whether nothing is known but what nodes noted."""

    def named(self, member: int) -> frozenset[int]:
        """The member that an event names, where there is one."""
        return frozenset({member}) & self._members

    def noted(self, author: bytes) -> frozenset[int]:
        """The members that nodes noted a device for."""
        return self._noted.get(author, NOBODY)

    def of(self, event: Decoded) -> tuple[frozenset[int], tuple[bytes, ...]]:
        """The members an event is about that names none, and what says so."""
        return self._at(event.author, event.stream, event.seq, _order(event))

    def next_of(self, author: bytes, stream: bytes) -> frozenset[int]:
        """The members a device will report for with what it writes next."""
        return self._at(author, stream, LAST[0], LAST)[0]

    def _at(self, author: bytes, stream: bytes, seq: int, order: Order) -> tuple[frozenset[int], tuple[bytes, ...]]:
        said = self._said.get(author, [])
        at = bisect_right(said, order, key=lambda one: one[0])
        last = said[at - 1] if at else None
        move = next((one for one in reversed(self._moved.get(stream, [])) if one.from_seq <= seq), None)
        if move is not None and (last is None or last[1].at_ms <= move.at_ms):
            return frozenset(move.members) & self._members, (move.decision,)
        if last is not None:
            return frozenset(last[1].members) & self._members, (last[0][3],)
        return self.noted(author), ()


def _order(event: Decoded) -> Order:
    return event.order_ms, event.stream, event.seq, event.id
