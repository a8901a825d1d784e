"""What strangers have pushed into a game: streams of keys that are not enrolled, statements of nobody known.

Anybody can make keys and sign with them. What they send may turn out to be
good (an enrolment that comes later), so it is kept and forwarded; but all of it
shares one quota a game, counted here.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.db.event_log import GameLog
from sync.directory import Statement, read_claim
from sync.index import Changes

EVENT_BYTES = 256
"""What an event counts as: a check-in with its row, rounded up."""
STATEMENT_BYTES = 512
"""What a statement counts as, likewise."""


class Strangers:
    """The count for one game's log, kept current with it."""

    def __init__(self, log: GameLog) -> None:
        self._log = log
        self.recount()

    def recount(self) -> None:
        """Count everything the log holds: at opening, and when an issuer came to be known."""
        self._events: dict[bytes, int] = {}
        self._statements = 0
        self._count_streams(self._log.index.streams)
        self._count_statements(self._log.statements())

    def follow(self, changes: Changes) -> None:
        """Count what was just committed and applied; an enrolment may have made a stranger known."""
        self._count_streams([*changes.streams, *self._events])
        self._count_statements(changes.statements)

    @property
    def bytes_held(self) -> int:
        """The bytes to hold against the quota."""
        return EVENT_BYTES * sum(self._events.values()) + STATEMENT_BYTES * self._statements

    def _count_streams(self, streams: Iterable[bytes]) -> None:
        index = self._log.index
        for stream in streams:
            state = index.streams[stream]
            if index.directory.may_write(state.key):
                self._events.pop(stream, None)
            else:
                self._events[stream] = sum(b.tip_seq - b.first_seq + 1 for b in state.branches)

    def _count_statements(self, statements: Iterable[Statement]) -> None:
        is_issuer = self._log.index.directory.is_issuer
        self._statements += sum(not is_issuer(read_claim(statement).issuer) for statement in statements)
