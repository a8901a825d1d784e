"""Growing: the events of a team that were read take in one that comes late, and nothing read before changes.

That holds for an event that goes on from the end of its chain and that no event
held so far has seen: nobody could know it, so what was permitted stays so, and
it finds its place among the others. All else is read anew by whoever asks.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from client_core.game.actions import Witnessed, decode_action
from client_core.game.events import PLAYED, ROOM, Decoded, LoggedEvent, Told
from client_core.game.rules import Rules


class Grown(NamedTuple):
    """An event that was taken in, and its place."""

    place: int
    event: Decoded


class Growing:
    """Takes events into what was told, one by one."""

    __slots__ = ("_order_ms", "_rules", "_several", "_tips", "_unmet", "places_in", "told")

    def __init__(self, rules: Rules, told: Told) -> None:
        self._rules, self.told = rules, told
        self._order_ms: dict[bytes, int] = {}
        self._tips: dict[bytes, Decoded | None] = {}
        """By stream its last event; None where it forked."""
        self._unmet: set[bytes] = set()
        """What was seen and is not held."""
        self.places_in: dict[bytes, list[tuple[int, int]]] = {}
        """By stream the numbers of its events, rising, with their places."""
        chains: set[int] = set()
        for place, event in zip(told.places, told.events, strict=True):
            chain = told.by_id[event.id][0]
            tip = self._tips.get(event.stream, event)
            self._tips[event.stream] = event if tip is not None and told.by_id[tip.id][0] == chain else None
            self._order_ms[event.id] = event.order_ms
            chains.add(chain)
            self._note(place, event)
        self._several = len(chains) > 1

    def detach(self) -> None:
        """On a fresh copy: take copies of what this changes, so that the original stays as it is."""
        told = self.told
        self.told = told._replace(events=told.events.copy(), by_id=told.by_id.copy(), places=told.places.copy())
        self._order_ms, self._tips, self._unmet = self._order_ms.copy(), self._tips.copy(), self._unmet.copy()
        self.places_in = {stream: places.copy() for stream, places in self.places_in.items()}

    def take(self, event: LoggedEvent) -> Grown | None:
        """The event, decoded and in its place; None where all has to be read anew."""
        told, tip = self.told, self._tips.get(event.stream)
        if tip is None or event.id in self._unmet or event.seq <= tip.seq or event.previous not in {b"", tip.id}:
            return None
        action = decode_action(event.payload)
        played = type(action) in PLAYED
        if (told.only_played and not played) or (
            played and told.alone and all(chain.stream != event.stream for chain in told.chains)
        ):
            return None
        order_ms = self._ordered(tip, action)
        decoded = Decoded(order_ms, event.stream, event.seq, event.id, action, event.author, event.role, event.team)
        at = bisect_left(told.events, decoded)
        place = _between(told.places, at)
        if place is None:
            return None
        told.events.insert(at, decoded)
        told.places.insert(at, place)
        told.by_id[event.id] = (told.by_id[tip.id][0], event.seq)
        self._tips[event.stream] = decoded
        self._order_ms[event.id] = order_ms
        self._note(place, decoded)
        return Grown(place, decoded)

    def _note(self, place: int, event: Decoded) -> None:
        self.places_in.setdefault(event.stream, []).append((event.seq, place))
        for head in getattr(event.action, "seen", None) or ():
            if head not in self.told.by_id:
                self._unmet.add(head)

    def _ordered(self, tip: Decoded, action: object) -> int:
        """The time an event is ordered by (`events.tell`)."""
        latest = tip.order_ms
        if self._several:
            own = self.told.by_id[tip.id][0]
            for head in getattr(action, "seen", None) or ():
                if head in self._order_ms and self.told.by_id[head][0] != own:
                    latest = max(latest, self._order_ms[head] + 1)
        at_ms: int = getattr(action, "at_ms", -1)
        believed = self._rules.believed_from_ms <= at_ms <= self._rules.believed_to_ms
        return at_ms if believed and latest < at_ms and type(action) is not Witnessed else latest


def _between(places: list[int], at: int) -> int | None:
    """A place before the one at this position and after the one before it; None where there is no room left."""
    if not places:
        return 0
    if at == len(places):
        return places[-1] + ROOM
    low = places[at - 1] if at else places[at] - 2 * ROOM
    middle = (low + places[at]) // 2
    return middle if low < middle else None
