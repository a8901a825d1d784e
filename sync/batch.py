"""Batches: what one transaction stores, and what became of it. Plain values, checked and verified before."""

from __future__ import annotations

import msgspec

from sync.event import Event
from sync.receipt import Receipt
from sync.segment import Segment
from sync.statement import Statement
from sync.stream import StreamKey


class OwnEvents(msgspec.Struct, frozen=True):
    """Events this node just sealed for its own stream: contiguous, after the tip, unsigned."""

    key: StreamKey
    events: tuple[Event, ...]


class HeadSignature(msgspec.Struct, frozen=True):
    """This node's signature over an event of its own stream that is held unsigned."""

    stream: bytes
    branch: int
    seq: int
    id: bytes
    signature: bytes


class DamagedPayload(msgspec.Struct, frozen=True):
    """A held event whose payload no longer matches its hash: from now on a gap, wanted from everybody."""

    stream: bytes
    branch: int
    seq: int
    id: bytes


class ErasedPayload(msgspec.Struct, frozen=True):
    """A held event that the directory calls erased: payload, seed and salt go.

    The other events of its stream are given their own salts in place of seeds:
    from a run's seed the erased one's salt would follow.
    """

    stream: bytes
    branch: int
    seq: int
    id: bytes


class Batch(msgspec.Struct, frozen=True):
    """What one transaction stores. Everything in it has been checked and verified.

    The order of its parts is the order of the fields; where parts of several
    kinds concern one stream, every log takes them in that order. `epoch` (16
    random bytes) is the store's restore epoch from now on, where it is given.
    """

    segments: tuple[Segment, ...] = ()
    statements: tuple[Statement, ...] = ()
    own: tuple[OwnEvents, ...] = ()
    signatures: tuple[HeadSignature, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    damaged: tuple[DamagedPayload, ...] = ()
    erased: tuple[ErasedPayload, ...] = ()
    epoch: bytes = b""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a batch: a verdict (`sync.placement`) for each event of each segment.

    `statements_stored` counts statements that were new.
    """

    verdicts: tuple[tuple[int, ...], ...]
    statements_stored: int = 0
