"""Placement: where the events of a segment belong among those a log holds.

A stream's events form a tree: a plain chain, until a key is used twice. A log
keeps it as numbered branches, each a contiguous piece: branch 0 is whatever
came first; a fork, or a piece that arrived before its predecessors, opens the
next; a piece whose predecessors arrive is merged with them. Numbers depend on
the order of arrival and never leave the log; what does leave, the row, does not.

`duplicate` is said only of an equal id. The same number with another id is a
fork, and both are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

import msgspec

from sync.event import ORIGIN
from sync.limits import BRANCHES_MAX, GAPS_MAX
from sync.segment import Segment
from sync.stream import StreamKey
from sync.summary import Mark, Row

STORED = 0
DUPLICATE = 1
HELD = 2
REFUSED = 3
FORK = 4
BUSY = 5
VERDICT_NAMES = ("stored", "duplicate", "held", "refused", "fork", "busy")


class Branch(msgspec.Struct, frozen=True):
    """A contiguous piece of a stream: events `first_seq`..`tip_seq`, after the event `base`.

    `head` is its last signed event; events up to `tip` may follow unsigned, on
    the node that writes them. An unsigned branch has `head_seq == first_seq - 1`.
    """

    number: int
    first_seq: int
    base: bytes
    head_seq: int
    head: bytes
    tip_seq: int
    tip: bytes


class StreamState(msgspec.Struct, frozen=True):
    """What a log knows of one stream without reading its events."""

    id: bytes
    key: StreamKey
    branches: tuple[Branch, ...] = ()
    dangling: tuple[Mark, ...] = ()
    bare: tuple[Mark, ...] = ()

    @property
    def forked(self) -> bool:
        """Whether two events of this stream share a predecessor: its key was used twice."""
        missing = {identity for _, identity in self.dangling}
        followed = [branch.base for branch in self.branches]
        inner = [b for b in self.branches if b.base not in missing and not is_origin(b)]
        return bool(inner) or len(set(followed)) < len(followed)


class HeldEvent(NamedTuple):
    """Where a log keeps an event, and whether with its payload."""

    branch: int
    seq: int
    id: bytes
    has_payload: bool


class Placement(msgspec.Struct, frozen=True):
    """What to write for one segment.

    `inserts` are `(branch, start, stop)` positions of the segment; `fills` are
    `(branch, position)` whose payload was missing; `signature` is `(branch,
    seq)` of the head the segment's signature belongs to, or None where known;
    `merges` are `(branch, into)` to renumber last of all and in this order;
    `verdicts` has one entry an event.
    """

    stream: bytes
    inserts: tuple[tuple[int, int, int], ...]
    fills: tuple[tuple[int, int], ...]
    signature: tuple[int, int] | None
    merges: tuple[tuple[int, int], ...]
    verdicts: tuple[int, ...]
    state: StreamState


Find = Callable[[bytes, int, int], list[HeldEvent]]
"""Look up the events a log holds of a stream, first to last number, in every branch."""


def signed_heads(state: StreamState) -> tuple[Mark, ...]:
    """The signed events that no signed event follows, sorted."""
    signed = [b for b in state.branches if b.head_seq >= b.first_seq]
    followed = {branch.base for branch in signed}
    return tuple(sorted({(b.head_seq, b.head) for b in signed if b.head not in followed}))


def branch_of(state: StreamState, mark: Mark, find: Find) -> Branch | None:
    """The branch that holds an event, or None where it is not held."""
    seq, identity = mark
    for branch in state.branches:
        if mark in ((branch.tip_seq, branch.tip), (branch.head_seq, branch.head)) and seq >= branch.first_seq:
            return branch
    inside = any(branch.first_seq <= seq <= branch.tip_seq for branch in state.branches)
    for event in find(state.id, seq, seq) if inside else ():
        if event.id == identity:
            return next(branch for branch in state.branches if branch.number == event.branch)
    return None


def row_of(state: StreamState) -> Row | None:
    """The stream's row, or None while nothing of it is signed."""
    heads = signed_heads(state)
    return Row(state.key, heads, state.dangling, state.bare) if heads else None


def place(state: StreamState | None, segment: Segment, find: Find, erased: Container[Mark] = frozenset()) -> Placement:
    """Decide where a checked segment goes. Pure: the caller writes what is returned.

    Events in `erased` count as held without their payload: they are no gaps.
    """
    if state is None:
        state = StreamState(segment.stream, segment.key)
    number = _continued(state, segment)
    if number is not None:
        return _extend(state, number, segment, erased)
    return _weave(state, segment, find(segment.stream, segment.first_seq - 1, segment.last_seq), erased)


def _continued(state: StreamState, segment: Segment) -> int | None:
    """The position of the branch that this segment simply continues, the everyday case, or None."""
    if any(b.tip_seq >= segment.first_seq for b in state.branches) or state.dangling:
        return None
    for position, branch in enumerate(state.branches):
        if branch.tip == segment.previous and branch.tip_seq == segment.first_seq - 1:
            return position if branch.tip == branch.head else None
    return 0 if not state.branches and segment.first_seq == 0 else None


def _extend(state: StreamState, position: int, segment: Segment, erased: Container[Mark]) -> Placement:
    count, last_seq, last = len(segment.ids), segment.last_seq, segment.ids[-1]
    if position < len(state.branches):
        old = state.branches[position]
        grown = Branch(old.number, old.first_seq, old.base, last_seq, last, last_seq, last)
        branches = (*state.branches[:position], grown, *state.branches[position + 1 :])
    else:
        grown = Branch(0, segment.first_seq, segment.previous, last_seq, last, last_seq, last)
        branches = (grown,)
    bare = state.bare
    if None in segment.payloads:
        missing = [(segment.first_seq + i, segment.ids[i]) for i, p in enumerate(segment.payloads) if p is None]
        bare = tuple(sorted({*bare, *(mark for mark in missing if mark not in erased)}))
        if len(bare) > GAPS_MAX:
            return _busy(state, segment)
    after = StreamState(state.id, state.key, branches, state.dangling, bare)
    number, verdicts = grown.number, (STORED,) * count
    return Placement(state.id, ((number, 0, count),), (), (number, last_seq), (), verdicts, after)


def _busy(state: StreamState, segment: Segment) -> Placement:
    """Nothing of the segment is stored: it would exceed what one stream may keep open."""
    return Placement(state.id, (), (), None, (), (BUSY,) * len(segment.ids), state)


class _Weaver:
    """The general case, one event at a time: duplicates, fills, forks and pieces out of order."""

    def __init__(self, state: StreamState, held: list[HeldEvent], erased: Container[Mark]) -> None:
        self.erased = erased
        self.branches = {branch.number: branch for branch in state.branches}
        self.dangling = set(state.dangling)
        self.bare = set(state.bare)
        self.by_id = {event.id: event for event in held}
        self.held_seqs = {event.seq for event in held}
        self.inserts: list[tuple[int, int, int]] = []
        self.fills: list[tuple[int, int]] = []
        self.merges: list[tuple[int, int]] = []
        self.verdicts: list[int] = []

    def take(self, position: int, seq: int, previous: bytes, identity: bytes, *, has_payload: bool) -> None:
        known = self.by_id.get(identity)
        if known is None:
            self.verdicts.append(FORK if seq in self.held_seqs else STORED)
            self._insert(position, seq, previous, identity)
            if not has_payload and (seq, identity) not in self.erased:
                self.bare.add((seq, identity))
        elif has_payload and not known.has_payload:
            self.fills.append((known.branch, position))
            self.bare.discard((seq, identity))
            self.verdicts.append(STORED)
        else:
            self.verdicts.append(DUPLICATE)

    def _insert(self, position: int, seq: int, previous: bytes, identity: bytes) -> None:
        for branch in self.branches.values():
            if branch.tip == previous and branch.tip_seq == seq - 1:
                break
        else:
            branch = Branch(max(self.branches, default=-1) + 1, seq, previous, seq - 1, previous, seq - 1, previous)
            if seq > 0 and previous not in self.by_id:
                self.dangling.add((seq - 1, previous))
        number = branch.number
        self.branches[number] = msgspec.structs.replace(branch, tip_seq=seq, tip=identity)
        self.dangling.discard((seq, identity))
        self.by_id[identity] = HeldEvent(number, seq, identity, True)
        if self.inserts and self.inserts[-1][0] == number and self.inserts[-1][2] == position:
            self.inserts[-1] = (number, self.inserts[-1][1], position + 1)
        else:
            self.inserts.append((number, position, position + 1))

    def sign(self, seq: int, identity: bytes) -> tuple[int, int] | None:
        """Move the signed head of the branch that ends the segment; tell where the signature goes.

        A signature below the head is kept where it brought events: no later one
        might be near enough to prove them in one run.
        """
        number = self.by_id[identity].branch
        branch = self.branches[number]
        if seq > branch.head_seq:
            self.branches[number] = msgspec.structs.replace(branch, head_seq=seq, head=identity)
        elif not self.inserts:
            return None
        return (number, seq)

    def merge(self) -> None:
        """Join each piece to the branch that now ends right before it."""
        for lower in sorted({number for number, _, _ in self.inserts}):
            if lower not in self.branches:
                continue  # a run that bridges two pieces has joined this one already
            while (upper := self._follower(self.branches[lower])) is not None:
                first = self.branches[lower]
                signed = upper if upper.head_seq >= upper.first_seq else first
                self.branches[lower] = msgspec.structs.replace(
                    first, head_seq=signed.head_seq, head=signed.head, tip_seq=upper.tip_seq, tip=upper.tip
                )
                del self.branches[upper.number]
                self.merges.append((upper.number, lower))

    def _follower(self, branch: Branch) -> Branch | None:
        after = (b for b in self.branches.values() if b.base == branch.tip and b.first_seq == branch.tip_seq + 1)
        return min(after, key=lambda b: b.number, default=None)


def _weave(state: StreamState, segment: Segment, held: list[HeldEvent], erased: Container[Mark]) -> Placement:
    weaver = _Weaver(state, held, erased)
    previous = segment.previous
    for position, identity in enumerate(segment.ids):
        seq = segment.first_seq + position
        weaver.take(position, seq, previous, identity, has_payload=segment.payloads[position] is not None)
        previous = identity
    signature = weaver.sign(segment.last_seq, segment.ids[-1])
    weaver.merge()
    if len(weaver.branches) > BRANCHES_MAX or len(weaver.bare) + len(weaver.dangling) > GAPS_MAX:
        return _busy(state, segment)
    branches = tuple(weaver.branches[number] for number in sorted(weaver.branches))
    after = StreamState(state.id, state.key, branches, tuple(sorted(weaver.dangling)), tuple(sorted(weaver.bare)))
    return Placement(
        state.id,
        tuple(weaver.inserts),
        tuple(weaver.fills),
        signature,
        tuple(weaver.merges),
        tuple(weaver.verdicts),
        after,
    )


def is_origin(branch: Branch) -> bool:
    """Whether a branch starts at the stream's first event."""
    return branch.first_seq == 0 and branch.base == ORIGIN
