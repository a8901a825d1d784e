"""Standing: which events of a stream count, and which are held for staff.

Everything of an enrolled key counts; nothing of a key that is not enrolled; of
a revoked key what all its revocations pin, with all ancestors. So a thief who
writes on below the pinned event (a fork) or elsewhere (a fresh incarnation)
gains nothing, whatever numbers he uses. Held events are stored and forwarded
like all others, and count as soon as the directory says so.

The everyday case asks two dictionaries; branches are walked for revoked keys
only, and never event by event.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sync.directory import Directory
from sync.placement import Find, StreamState, branch_of
from sync.summary import Mark


class Piece(NamedTuple):
    """A contiguous part of a branch: events `first_seq`..`last_seq` of the branch of this number."""

    branch: int
    first_seq: int
    last_seq: int


def standing(directory: Directory, state: StreamState, find: Find) -> list[Piece]:
    """The pieces of a stream that count, of every branch at most one."""
    if directory.may_write(state.key):
        return [Piece(branch.number, branch.first_seq, branch.tip_seq) for branch in state.branches]
    if not directory.is_enrolled(state.key):
        return []
    left: dict[int, Piece] | None = None
    for revocation in directory.bounds_of(state.key.public_key):
        pins = [(pin.seq, pin.head) for pin in revocation.pins if pin.stream == state.id]
        found = ancestry(state, pins, find)
        left = found if left is None else _intersect(left, found)
    return sorted(left.values()) if left else []


def may_count(directory: Directory, state: StreamState) -> bool:
    """Whether an event of a stream could count: its key is enrolled, and not revoked without a pin in it."""
    if not directory.is_enrolled(state.key):
        return False
    bounds = directory.bounds_of(state.key.public_key)
    return all(any(pin.stream == state.id for pin in revocation.pins) for revocation in bounds)


def ancestry(state: StreamState, marks: Iterable[Mark], find: Find) -> dict[int, Piece]:
    """The events at and below these marks, as pieces by branch; a mark that is not held is passed over."""
    pieces: dict[int, Piece] = {}
    for mark in marks:
        branch, seq = branch_of(state, mark, find), mark[0]
        for _ in state.branches:
            if branch is None:
                break
            known = pieces.get(branch.number)
            if known is None or known.last_seq < seq:
                pieces[branch.number] = Piece(branch.number, branch.first_seq, seq)
            seq = branch.first_seq - 1
            branch = branch_of(state, (seq, branch.base), find) if seq >= 0 else None
    return pieces


def stands(directory: Directory, state: StreamState, mark: Mark, find: Find) -> bool:
    """Whether one held event counts."""
    if directory.may_write(state.key):
        return True
    branch = branch_of(state, mark, find) if may_count(directory, state) else None
    return branch is not None and any(
        piece.branch == branch.number and mark[0] <= piece.last_seq for piece in standing(directory, state, find)
    )


def _intersect(first: dict[int, Piece], second: dict[int, Piece]) -> dict[int, Piece]:
    """What both leave of each branch."""
    return {
        number: Piece(number, piece.first_seq, min(piece.last_seq, second[number].last_seq))
        for number, piece in first.items()
        if number in second
    }
