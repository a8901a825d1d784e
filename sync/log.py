"""What an event log is: the one interface between the session and a store.

A log holds one game's events, signatures, statements and receipts, and only
grows. Everything a session decides on is in its `index` (in memory); events
are read from the store only to be sent. Writing is one call, `append`, which
is one durable transaction: it returns after COMMIT or raises and has stored
nothing.

Every implementation passes the contract suite in `tests/contracts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from sync.batch import Batch, Outcome
from sync.event import Event
from sync.index import LogIndex
from sync.placement import HeldEvent
from sync.receipt import Receipt
from sync.statement import Statement


class StoreState(msgspec.Struct, frozen=True):
    """A store's identity (16 bytes), its restore epoch (16 bytes) and its count of commits."""

    store_id: bytes
    restore_epoch: bytes
    commit_seq: int


class EventLog(Protocol):
    """One game's log on one node."""

    @property
    def index(self) -> LogIndex:
        """Stream states, summary and directory, as of the last commit."""

    @property
    def state(self) -> StoreState:
        """The store's identity, epoch and commit count, as of the last commit."""

    def append(self, batch: Batch) -> Outcome:
        """Store a batch in one durable transaction: all of it, or nothing and an exception.

        For each of `batch.damaged`, where `Changes.damage` says so, the payload
        of that row is set to NULL; id, payload hash, seed and salt stay. Asking
        peers and filling it again then go the way of every gap.
        """

    def read(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[Event]:
        """The held events of a branch, by number, at most 100 of them.

        Each event's `previous` is the id before it; a payload that is missing,
        or that no longer matches its hash, is None.
        """

    def signatures(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """The signed numbers of a branch in a range, ascending, with their signatures."""

    def find(self, stream: bytes, first_seq: int, last_seq: int) -> list[HeldEvent]:
        """The held events of every branch of a stream in a range of numbers."""

    def statement(self, identity: bytes) -> Statement | None:
        """A statement by its id."""

    def receipts(self, streams: Sequence[bytes]) -> list[Receipt]:
        """The receipts held for these streams: one a level, store and branch (`sync.receipt.displaced`)."""
