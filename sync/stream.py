"""Streams: who writes (a key), since when (an incarnation), for whom (an audience).

A stream's id is the hash of all three, so a signature is checked without any
directory. One device that loses or clones its state goes on in a new
incarnation; a key that must write for another audience opens another stream.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec

from sync.digest import STREAM, digest
from sync.limits import AUDIENCE_BYTES_MAX, SCOPE_AUDIENCES_MAX

ID_BYTES = 16
KEY_BYTES = 32

GAME = b"g"
STAFF = b"s"
EVERYTHING = b"*"
ALL: tuple[bytes, ...] = (EVERYTHING,)

Scope = tuple[bytes, ...]
"""The audiences a node holds, sorted and distinct; `ALL` is every one."""


class GameKey(msgspec.Struct, frozen=True, array_like=True):
    """The unit of synchronising: a tenant's 16 random bytes and a game's."""

    tenant: bytes
    game: bytes


class StreamKey(msgspec.Struct, frozen=True, array_like=True):
    """What a stream is: public key (32 bytes), incarnation (16 random bytes), audience."""

    public_key: bytes
    incarnation: bytes
    audience: bytes


def stream_id(key: StreamKey) -> bytes:
    """The stream's 32-byte id. The audience comes last: it alone varies in width."""
    return digest(STREAM, key.public_key, key.incarnation, key.audience)


def team_audience(team: bytes) -> bytes:
    """The audience of one team, from its 16-byte id."""
    return b"t" + team


def is_audience(audience: bytes) -> bool:
    """Whether these bytes can be an audience: not empty, bounded, and not the wildcard."""
    return 0 < len(audience) <= AUDIENCE_BYTES_MAX and audience != EVERYTHING


def is_stream_key(key: StreamKey) -> bool:
    """Whether the widths are right; says nothing of whether the key may write."""
    return len(key.public_key) == KEY_BYTES and len(key.incarnation) == ID_BYTES and is_audience(key.audience)


def is_scope(scope: Scope) -> bool:
    """Whether the scope is `ALL`, or sorted, distinct, bounded audiences."""
    if scope == ALL:
        return True
    ordered = all(a < b for a, b in pairwise(scope))
    return 0 < len(scope) <= SCOPE_AUDIENCES_MAX and ordered and all(map(is_audience, scope))


def scope_of(*audiences: bytes) -> Scope:
    """A well-formed scope from audiences in any order; the wildcard swallows the rest."""
    return ALL if EVERYTHING in audiences else tuple(sorted(set(audiences)))


def covers(scope: Scope, audience: bytes) -> bool:
    """Whether a node of this scope holds that audience."""
    return scope == ALL or audience in scope


def meet(mine: Scope, theirs: Scope) -> Scope:
    """The audiences both nodes hold: what a session between them is about."""
    if mine == ALL:
        return theirs
    if theirs == ALL:
        return mine
    return tuple(a for a in mine if a in theirs)


def within(inner: Scope, outer: Scope) -> bool:
    """Whether every audience of `inner` is held by a node of scope `outer`."""
    return outer == ALL or (inner != ALL and all(a in outer for a in inner))
