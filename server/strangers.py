"""What strangers have pushed into a game: streams of keys that are not enrolled, statements of nobody known.

Anybody can make keys and sign with them. What they send may turn out to be
good (an enrolment that comes later), so it is kept and forwarded; but all of it
shares one quota a game, counted here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from server.db.event_log import GameLog
from sync.batch import Batch, Outcome
from sync.index import Changes
from sync.intake import STRANGER_EVENT_BYTES, STRANGER_STATEMENT_BYTES, Quota, segment_cost
from sync.segment import Segment
from sync.standing import standing
from sync.statement import Statement, read_claim

Append = Callable[[Batch], Awaitable[Outcome]]


class Strangers:
    """The count for one game's log, kept current with it."""

    def __init__(self, log: GameLog) -> None:
        self._log = log
        self.promised = 0
        """Bytes that requests under way were let bring and that are not committed yet."""
        self.recount()

    def recount(self) -> None:
        """Count everything the log holds: at opening, and when an issuer came to be known."""
        self._bytes: dict[bytes, int] = {}
        self._events: dict[bytes, int] = {}
        """How many events each of these streams held when it was counted last."""
        self._streams_bytes = self._statements = 0
        self._count_streams(self._log.index.streams, {})
        self._count_statements(self._log.statements())

    def follow(self, changes: Changes, segments: Iterable[Segment] = ()) -> None:
        """Count what was just committed and applied; an enrolment may have made a stranger known."""
        brought: dict[bytes, tuple[int, int]] = {}
        for segment in segments:
            if segment.stream not in self._bytes:
                continue  # measured in the file, if it is a stranger's at all
            events, size = brought.get(segment.stream, (0, 0))
            brought[segment.stream] = events + len(segment.payloads), size + segment_cost(segment)
        index = self._log.index
        for stream in list(self._bytes) if changes.statements else []:
            if index.directory.may_write(index.streams[stream].key):
                self._set(stream, 0)
        self._count_streams(changes.streams, brought)
        self._count_statements(changes.statements)

    @contextmanager
    def lease(self, bytes_max: int) -> Iterator[Lease]:
        """One request's part in the quota: what it was let bring counts for all others from that moment."""
        lease = Lease(self, bytes_max)
        try:
            yield lease
        finally:
            lease.settle()

    @property
    def bytes_held(self) -> int:
        """The bytes to hold against the quota."""
        return self._streams_bytes + STRANGER_STATEMENT_BYTES * self._statements

    def _count_streams(self, streams: Iterable[bytes], brought: Mapping[bytes, tuple[int, int]]) -> None:
        """Add what was brought to strangers' streams, by events and bytes.

        A stream is measured in the file where it is counted first, where some of it stands, and where not all that
        came was new: the same run comes again with payloads that were held back, or by another way.
        """
        index = self._log.index
        for stream in streams:
            state = index.streams[stream]
            if index.directory.may_write(state.key):
                self._set(stream, 0)
                continue
            events = sum(branch.tip_seq - branch.first_seq + 1 for branch in state.branches)
            fresh, size = brought.get(stream, (0, 0))
            known = stream in self._bytes and not index.directory.is_revoked(state.key.public_key)
            is_all_new = known and events - self._events[stream] == fresh > 0
            self._set(stream, self._bytes[stream] + size if is_all_new else self._size(stream))
            self._events[stream] = events

    def _size(self, stream: bytes) -> int:
        """What a stream counts as: all of it but what stands, as what a key wrote before it was revoked does."""
        log = self._log
        events, payload_bytes = log.size_of(stream)
        for piece in standing(log.index.directory, log.index.streams[stream], log.find):
            standing_events, standing_bytes = log.size_of(stream, piece)
            events, payload_bytes = events - standing_events, payload_bytes - standing_bytes
        return events * STRANGER_EVENT_BYTES + payload_bytes

    def _set(self, stream: bytes, size: int) -> None:
        """What a stream counts as from now on; 0 where it is no stranger's."""
        self._streams_bytes += size - self._bytes.pop(stream, 0)
        if size:
            self._bytes[stream] = size

    def _count_statements(self, statements: Iterable[Statement]) -> None:
        is_issuer = self._log.index.directory.is_issuer
        self._statements += sum(not is_issuer(read_claim(statement).issuer) for statement in statements)


class Lease(Quota):
    """One request's part in a game's quota; made by `Strangers.lease`."""

    def __init__(self, strangers: Strangers, bytes_max: int) -> None:
        super().__init__(bytes_max)
        self._strangers, self._promised = strangers, 0

    def take(self, size: int) -> bool:
        """Whether so many bytes more fit beside what is held and what others were let bring."""
        strangers = self._strangers
        fits = strangers.bytes_held + strangers.promised + size <= self.bytes_left
        if fits:
            self._promised += size
            strangers.promised += size
        return fits

    def settle(self) -> None:
        """What was promised is committed and counted by now, or will not come."""
        self._strangers.promised -= self._promised
        self._promised = 0

    def through(self, append: Append) -> Append:
        """The same `append`, after which what was promised is settled."""

        async def settled(batch: Batch) -> Outcome:
            try:
                return await append(batch)
            finally:
                self.settle()

        return settled
