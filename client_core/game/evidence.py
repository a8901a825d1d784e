"""Evidence of time: between which moments an event happened, by the clocks of nodes.

    not after   a node held its stream up to it or beyond (`Witnessed`)
    not before  it was written knowing a head of a node that had written when (`seen`),
                or after the device read a kiosk's code of time (`nonces`)

An interval is what nodes' clocks say, and those may be wrong too. So evidence
never refuses anything by itself: what a deadline makes of an interval is the
rule that the game declares (`timing.Doubt`), and where two nodes contradict
each other nothing follows from either. What contradicts is flagged.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from client_core.game.actions import Witnessed
from client_core.game.events import Decoded, Told
from client_core.game.nonces import NONCES_TAKEN_MAX, NonceTaken, shown_at
from client_core.game.roles import Role
from client_core.game.rules import Rules
from client_core.game.teams import Register, Witnesses, read_witnesses
from client_core.game.timing import Doubt

TOLERANCE_MS = 120_000
"""Phones and servers set by a network are seconds apart; by hand, a minute or two. Beyond it a clock is wrong."""


class Interval(NamedTuple):
    """An event happened from `low_ms` to `high_ms`, None where nothing says so. Never empty."""

    low_ms: int | None = None
    high_ms: int | None = None
    contradicted: bool = False
    """Nodes contradict each other here; then nothing is said."""


UNKNOWN = Interval()
_Highs = tuple[list[int], list[int], list[tuple[int, int, bytes]]]
"""Numbers of one stream in rising order, the earliest time at which each or a later one was held, and all of it."""


class Evidence:
    """The intervals of one team's events. Depends on the set of events alone."""

    __slots__ = ("_chains", "_forked", "_heads", "_highs", "_lows", "_reading", "_rules", "_said", "notes", "silent")

    def __init__(self, rules: Rules, told: Told, register: Register) -> None:
        self._chains = told.by_id
        rows = () if told.only_played else told.events
        noted = [event for event in rows if type(event.action) is Witnessed]
        self.notes = len(noted)
        """How many of the events are evidence about others, whoever wrote it."""
        self._rules = rules
        self._said: dict[int, int] = {}
        """By chain of a node the latest time it wrote."""
        self._heads: dict[bytes, int] = {}
        """By event of a node the time it had written by then."""
        self._lows: dict[int, tuple[list[int], list[int]]] = {}
        """By chain of a player: numbers, and the moment before which neither that event nor any later one happened."""
        self._reading = bool(noted or register.nonces)
        if self._reading:
            self._read_lows(told.events, register)
        self._highs = _highs(rules, register.witnesses, read_witnesses(noted))
        self.silent = not self._lows and not self._highs
        self._forked = frozenset() if self.silent else _forked(told)

    def of(self, event: Decoded) -> Interval:
        """Between which moments an event happened."""
        if self.silent:
            return UNKNOWN
        high_ms = self._high(event)
        lows = self._lows.get(self._chains[event.id][0])
        low_ms = None
        if lows is not None:
            at = bisect_left(lows[0], event.seq + 1)
            low_ms = lows[1][at - 1] if at else None
        if low_ms is not None and high_ms is not None and low_ms > high_ms:
            return Interval(contradicted=True)
        return Interval(low_ms, high_ms)

    def detach(self, told: Told) -> None:
        """On a fresh copy: take copies of what this changes, so that the original stays as it is."""
        self._chains = told.by_id
        self._said, self._heads, self._highs = self._said.copy(), self._heads.copy(), self._highs.copy()
        self._lows = {chain: (seqs.copy(), times.copy()) for chain, (seqs, times) in self._lows.items()}

    def take(self, event: Decoded) -> bool:
        """Take in an event at the end of its chain; False where that asks for more than this.

        It does when the first evidence comes, and when a forked stream is witnessed.
        """
        if not self._reading:
            return type(event.action) is not Witnessed
        self._take(event, ())
        if type(event.action) is not Witnessed:
            return self.silent == (not self._lows and not self._highs)
        self.notes += 1
        return not self.silent and self._witness(event.action, event.role)

    def news_from(self, note: Witnessed) -> int:
        """The number beyond which a note that is to be taken in bounds events more closely than others do."""
        notes = self._highs[note.stream][2] if note.stream in self._highs else []
        return max((seq for seq, at_ms, _ in notes if at_ms <= note.at_ms), default=-1)

    def _witness(self, note: Witnessed, role: int) -> bool:
        if note.stream in self._forked:
            return False
        if role >= Role.KIOSK and note.at_ms >= self._rules.believed_from_ms:
            notes = self._highs[note.stream][2] if note.stream in self._highs else []
            self._highs[note.stream] = _high_row({*notes, (note.seq, note.at_ms, note.head)})
        return True

    def _read_lows(self, events: Iterable[Decoded], register: Register) -> None:
        """What is known of the lows, from all events in canonical order."""
        codes_left = NONCES_TAKEN_MAX if register.nonces else 0
        for event in events:
            action = event.action
            lows: tuple[int, ...] = ()
            if type(action) is NonceTaken and codes_left and event.role < Role.KIOSK:
                codes_left -= 1
                shown_ms = shown_at(register.nonces, action.code)
                if shown_ms is not None and self._rules.believed_from_ms <= shown_ms <= self._rules.believed_to_ms:
                    lows = (shown_ms,)
            self._take(event, lows)

    def _take(self, event: Decoded, shown: tuple[int, ...]) -> None:
        """Note when a node wrote, or before which moment a player's event did not happen."""
        chain, action, rules = self._chains[event.id][0], event.action, self._rules
        if event.role >= Role.KIOSK:
            if type(action) is Witnessed and rules.believed_from_ms <= action.at_ms <= rules.believed_to_ms:
                self._said[chain] = max(action.at_ms, self._said.get(chain, 0))
            if chain in self._said:
                self._heads[event.id] = self._said[chain]
            return
        seen = getattr(action, "seen", None)
        lows = [*shown, *(self._heads[head] for head in seen if head in self._heads)] if seen else shown
        if lows:
            seqs, times = self._lows.setdefault(chain, ([], []))
            seqs.append(event.seq)
            times.append(max([*lows, *times[-1:]]))

    def _high(self, event: Decoded) -> int | None:
        found = self._highs.get(event.stream)
        if found is None:
            return None
        if event.stream in self._forked:
            chain = self._chains[event.id][0]
            held = [at for seq, at, head in found[2] if seq >= event.seq and self._chains.get(head, (-1,))[0] == chain]
            return min(held, default=None)
        at = bisect_left(found[0], event.seq)
        return found[1][at] if at < len(found[1]) else None


def told_wrongly(told_ms: int, interval: Interval) -> bool:
    """Whether the time a device told and what nodes saw cannot both be true."""
    low_ms, high_ms, contradicted = interval
    early = low_ms is not None and told_ms < low_ms - TOLERANCE_MS
    return contradicted or early or (high_ms is not None and told_ms > high_ms + TOLERANCE_MS)


def latest_charged(told_ms: int, interval: Interval, doubt: Doubt) -> int:
    """The time that counts against "not after": a finish, a check-in before the end of the limit."""
    low_ms, high_ms, _ = interval
    if doubt is Doubt.PROVEN and high_ms is not None and not told_wrongly(told_ms, interval):
        return high_ms
    if doubt is not Doubt.TEAM and low_ms is not None:
        told_ms = max(told_ms, low_ms)
    return told_ms if high_ms is None else min(told_ms, high_ms)


def earliest_charged(told_ms: int, interval: Interval, doubt: Doubt) -> int:
    """The time that counts against "not before": a start, a check-in after the opening."""
    low_ms, high_ms, _ = interval
    if doubt is Doubt.PROVEN and low_ms is not None and not told_wrongly(told_ms, interval):
        return low_ms
    if doubt is not Doubt.TEAM and high_ms is not None:
        told_ms = min(told_ms, high_ms)
    return told_ms if low_ms is None else max(told_ms, low_ms)


def _highs(rules: Rules, *sources: Witnesses) -> dict[bytes, _Highs]:
    """What was held when, by stream."""
    merged: dict[bytes, set[tuple[int, int, bytes]]] = {}
    for source in sources:
        for stream, rows in source.items():
            kept = [note for note in rows if note[1] >= rules.believed_from_ms]
            if kept:
                merged.setdefault(stream, set()).update(kept)
    return {stream: _high_row(notes) for stream, notes in merged.items()}


def _high_row(noted: Iterable[tuple[int, int, bytes]]) -> _Highs:
    notes = sorted(noted)
    times: list[int] = []
    for _, at_ms, _ in reversed(notes):
        times.append(min(at_ms, times[-1]) if times else at_ms)
    return [seq for seq, _, _ in notes], times[::-1], notes


def _forked(told: Told) -> frozenset[bytes]:
    """The streams that stand in more than one chain."""
    chains: dict[bytes, int] = {}
    twice = set()
    for event in told.events:
        chain = told.by_id[event.id][0]
        if chains.setdefault(event.stream, chain) != chain:
            twice.add(event.stream)
    return frozenset(twice)


def clocks_of_nodes(rows: Iterable[Decoded]) -> dict[bytes, int]:
    """By stream of a node how far its clock went back between two events, in ms; without those that never did."""
    latest: dict[bytes, int] = {}
    back: dict[bytes, int] = {}
    for _, stream, _, action in sorted((e.seq, e.stream, e.id, e.action) for e in rows if type(e.action) is Witnessed):
        assert isinstance(action, Witnessed)
        if stream in latest and action.at_ms < latest[stream] - TOLERANCE_MS:
            back[stream] = max(back.get(stream, 0), latest[stream] - action.at_ms)
        latest[stream] = max(action.at_ms, latest.get(stream, 0))
    return back
