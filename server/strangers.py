"""What strangers have pushed into a game: streams of keys that are not enrolled, statements of nobody known.

Anybody can make keys and sign with them. What they send may turn out to be
good (an enrolment that comes later), so it is kept and forwarded; but all of it
shares one quota a game, counted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server.db.event_log import GameLog
from sync.index import Changes
from sync.segment import Segment
from sync.statement import Statement, read_claim

EVENT_BYTES = 256
"""What an event counts as beside its payload: its row, hashes and salt, rounded up."""
STATEMENT_BYTES = 512
"""What a statement counts as, likewise."""


class Strangers:
    """The count for one game's log, kept current with it."""

    def __init__(self, log: GameLog) -> None:
        self._log = log
        self.recount()

    def recount(self) -> None:
        """Count everything the log holds: at opening, and when an issuer came to be known."""
        self._bytes: dict[bytes, int] = {}
        self._streams_bytes = self._statements = 0
        self._count_streams(self._log.index.streams, {})
        self._count_statements(self._log.statements())

    def follow(self, changes: Changes, segments: Iterable[Segment] = ()) -> None:
        """Count what was just committed and applied; an enrolment may have made a stranger known."""
        brought: dict[bytes, int] = {}
        for segment in segments:
            brought[segment.stream] = brought.get(segment.stream, 0) + segment_bytes(segment)
        index = self._log.index
        for stream in list(self._bytes) if changes.statements else []:
            if index.directory.may_write(index.streams[stream].key):
                self._set(stream, 0)
        self._count_streams(changes.streams, brought)
        self._count_statements(changes.statements)

    @property
    def bytes_held(self) -> int:
        """The bytes to hold against the quota."""
        return self._streams_bytes + STATEMENT_BYTES * self._statements

    def _count_streams(self, streams: Iterable[bytes], brought: Mapping[bytes, int]) -> None:
        """Add what was brought to strangers' streams; a stream that is counted first is measured in the file."""
        index = self._log.index
        for stream in streams:
            if index.directory.may_write(index.streams[stream].key):
                self._set(stream, 0)
            elif stream in self._bytes and stream in brought:
                self._set(stream, self._bytes[stream] + brought[stream])
            else:
                events, payload_bytes = self._log.size_of(stream)
                self._set(stream, events * EVENT_BYTES + payload_bytes)

    def _set(self, stream: bytes, size: int) -> None:
        """What a stream counts as from now on; 0 where it is no stranger's."""
        self._streams_bytes += size - self._bytes.pop(stream, 0)
        if size:
            self._bytes[stream] = size

    def _count_statements(self, statements: Iterable[Statement]) -> None:
        is_issuer = self._log.index.directory.is_issuer
        self._statements += sum(not is_issuer(read_claim(statement).issuer) for statement in statements)


def segment_bytes(segment: Segment) -> int:
    """What a stranger's segment counts as."""
    return sum(EVENT_BYTES + len(payload or b"") for payload in segment.payloads)
