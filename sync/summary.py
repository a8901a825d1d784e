"""Summaries: what a log holds, folded so that two nodes find their differences quickly.

A row is the canonical statement of one stream: its signed heads, the events
whose predecessor is missing, and the payloads that are missing. It depends on
the set of events held and on nothing else, so equal rows mean equal streams.
A directory statement is a row too, of itself alone.

Rows fold by the first byte of their id into 256 bucket hashes, and those into
one root. Roots are made for any scope; equal roots end a session.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from sync.digest import BUCKET, ROOT, ROW, digest
from sync.stream import ALL, Scope, StreamKey

BUCKET_COUNT = 256
BUCKET_HASH_BYTES = 16
EMPTY_BUCKET = bytes(BUCKET_HASH_BYTES)
SCOPES_KEPT_MAX = 64
"""Scopes whose root is remembered until the next change: a session asks for one root several times."""

Mark = tuple[int, bytes]
"""An event by its number and id."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One stream's line in a summary; every tuple is sorted.

    `heads` are signed events without a signed successor; `dangling` are events
    that some held event names as its predecessor and that are missing; `bare`
    are events held without their payload.
    """

    key: StreamKey
    heads: tuple[Mark, ...]
    dangling: tuple[Mark, ...]
    bare: tuple[Mark, ...]


_ENCODER = msgspec.msgpack.Encoder()


def row_hash(row: Row) -> bytes:
    """The 32-byte digest of a row."""
    return digest(ROW, _ENCODER.encode(row))


class Summary:
    """Row hashes by audience, with the bucket hashes and root of everything kept current."""

    def __init__(self) -> None:
        self._rows_by_audience: dict[bytes, dict[bytes, bytes]] = {}
        self._ids_by_bucket: list[dict[bytes, bytes]] = [{} for _ in range(BUCKET_COUNT)]
        self._buckets: list[bytes] = [EMPTY_BUCKET] * BUCKET_COUNT
        self._stale: set[int] = set()
        self._root_by_scope: dict[Scope, bytes] = {}

    def put(self, identity: bytes, audience: bytes, hashed: bytes) -> None:
        """Set the row hash of a stream or statement, by its 32-byte id."""
        self._rows_by_audience.setdefault(audience, {})[identity] = hashed
        self._ids_by_bucket[identity[0]][identity] = hashed
        self._stale.add(identity[0])
        self._root_by_scope.clear()

    def count(self, scope: Scope) -> int:
        """How many rows a scope has."""
        return sum(len(self._rows_by_audience.get(audience, ())) for audience in self._audiences(scope))

    def buckets(self, scope: Scope) -> list[bytes]:
        """The 256 bucket hashes (16 bytes each) of a scope; empty buckets are zeros."""
        if scope == ALL:
            for number in self._stale:
                self._buckets[number] = bucket_hash(self._ids_by_bucket[number].items())
            self._stale.clear()
            return list(self._buckets)
        parts: dict[int, list[tuple[bytes, bytes]]] = {}
        for identity, hashed in self._items(scope):
            parts.setdefault(identity[0], []).append((identity, hashed))
        buckets = [EMPTY_BUCKET] * BUCKET_COUNT
        for number, items in parts.items():
            buckets[number] = bucket_hash(items)
        return buckets

    def root(self, scope: Scope) -> bytes:
        """The 32-byte root of a scope: equal where and only where all rows are equal."""
        known = self._root_by_scope.get(scope)
        if known is None:
            if len(self._root_by_scope) >= SCOPES_KEPT_MAX:  # scopes are what peers name
                self._root_by_scope.clear()
            known = self._root_by_scope[scope] = digest(ROOT, b"".join(self.buckets(scope)))
        return known

    def ids(self, scope: Scope, buckets: frozenset[int] | None = None) -> list[bytes]:
        """The ids of a scope's rows, in order, in some buckets or (None) in all."""
        return sorted(i for i, _ in self._items(scope) if buckets is None or i[0] in buckets)

    def _audiences(self, scope: Scope) -> Iterable[bytes]:
        return tuple(self._rows_by_audience) if scope == ALL else scope

    def _items(self, scope: Scope) -> Iterator[tuple[bytes, bytes]]:
        for audience in self._audiences(scope):
            yield from self._rows_by_audience.get(audience, {}).items()


def bucket_hash(items: Iterable[tuple[bytes, bytes]]) -> bytes:
    """One bucket's hash over (id, row hash) pairs in the order of their ids."""
    ordered = sorted(items)
    if not ordered:
        return EMPTY_BUCKET
    return digest(BUCKET, *(part for item in ordered for part in item))[:BUCKET_HASH_BYTES]
