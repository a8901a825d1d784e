"""Rebuilding: a stream's state from its rows alone, with every hash made again.

A store notes the state of each stream beside its events, so that opening a game
reads no event. Here nothing noted is believed: salts, payload hashes and ids are
computed again from what stands in the rows, one row after another, and the state
follows from them. The one thing no row holds is the id before a branch's first
event; the noted one is tried, and the hash of that first event proves it.

This says whether all is well. Where it is not, `sync.check` names what is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping

import msgspec

from sync.digest import PAYLOAD, SALT, SALT_BYTES
from sync.event import ORIGIN, header_prefix
from sync.placement import Branch, StreamState
from sync.stream import GameKey
from sync.summary import Mark

EventRow = tuple[int, int, bytes, bytes, bytes | None, bytes | None, bytes | None]
"""Branch, number, id, payload hash, payload, seed, salt: an event as both kinds of store keep it."""


class Rebuilt(msgspec.Struct, frozen=True):
    """A stream as its rows tell it. `sound`: every hash agrees with what is stored, and no number is missing."""

    state: StreamState
    events: int
    sound: bool


class _Piece:
    """A branch on its way: what is known of it before its last row."""

    def __init__(self, number: int, first_seq: int, base: bytes) -> None:
        self.number, self.first_seq, self.base = number, first_seq, base
        self.head: Mark = (first_seq - 1, base)


def rebuild(
    game: GameKey,
    noted: StreamState,
    rows: Iterable[EventRow],
    signed: Mapping[int, int],
    erased: Container[Mark] = frozenset(),
) -> Rebuilt:
    """Read a stream's rows, in the order of branch and number, and say what they are. Pure.

    `noted` gives the stream's id and key, and the id before each branch;
    `signed` the last signed number of each branch. A payload that is missing
    is a gap unless its event is in `erased`.
    """
    sha256, prefix = hashlib.sha256, header_prefix(game, noted.id)
    bases = {branch.number: branch.base for branch in noted.branches}
    inner = {branch.base for branch in noted.branches if branch.first_seq}
    met: set[bytes] = set()
    branches: list[Branch] = []
    bare: list[Mark] = []
    piece: _Piece | None = None
    previous, expected, head_seq, sound, count, current = ORIGIN, 0, -1, True, 0, -1
    for branch, seq, identity, payload_hash, payload, seed, salt in rows:
        if branch != current:
            if piece is not None:
                branches.append(_closed(piece, expected - 1, previous))
            previous = bases.get(branch, ORIGIN)
            piece, current, expected, head_seq = _Piece(branch, seq, previous), branch, seq, signed.get(branch, -1)
        number = seq.to_bytes(8, "big")
        if payload is not None:
            used = salt if seed is None else sha256(SALT + seed + number).digest()[:SALT_BYTES]
            if used is None or sha256(PAYLOAD + used + payload).digest() != payload_hash:
                sound = False
        elif (seq, identity) not in erased:
            bare.append((seq, identity))
        if sha256(prefix + number + previous + payload_hash).digest() != identity or seq != expected:
            sound = False
        if seq == head_seq:
            assert piece is not None
            piece.head = (seq, identity)
        if inner and identity in inner:
            met.add(identity)
        previous = identity
        expected = seq + 1
        count += 1
    if piece is not None:
        branches.append(_closed(piece, expected - 1, previous))
    dangling = {(b.first_seq - 1, b.base) for b in branches if b.first_seq and b.base not in met}
    state = StreamState(noted.id, noted.key, tuple(branches), tuple(sorted(dangling)), tuple(sorted(bare)))
    return Rebuilt(state, count, sound)


def _closed(piece: _Piece, tip_seq: int, tip: bytes) -> Branch:
    return Branch(piece.number, piece.first_seq, piece.base, *piece.head, tip_seq, tip)
