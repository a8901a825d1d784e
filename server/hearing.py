"""When each device was last heard of: the time that the last event of its streams tells.

By the devices' own clocks, so it is shown and never used in a score. Only
streams that grew since the last look are read again.
"""

from __future__ import annotations

from collections.abc import Mapping

from client_core.game.actions import decode_action
from server.db.event_log import GameLog
from sync.stream import team_audience

_TEAM_PREFIX = team_audience(b"")


class Hearing:
    """Remembers between two looks. Belongs to the thread that reads the log's index."""

    def __init__(self, log: GameLog) -> None:
        self.log = log
        self._index = log.index
        self._told: dict[bytes, tuple[tuple[tuple[int, int], ...], int | None]] = {}

    def last_heard_ms(self) -> Mapping[bytes, int | None]:
        """By key of what wrote for a team: the latest time it told, None where its events tell none."""
        if self._index is not self.log.index:
            self._index, self._told = self.log.index, {}
        found: dict[bytes, int | None] = {}
        for state in self._index.streams.values():
            if state.key.audience[:1] != _TEAM_PREFIX:
                continue
            tips = tuple((branch.number, branch.tip_seq) for branch in state.branches)
            known = self._told.get(state.id)
            if known is None or known[0] != tips:
                told = [self._at(state.id, *tip) for tip in tips]
                known = self._told[state.id] = (tips, max((at for at in told if at is not None), default=None))
            key, before = state.key.public_key, found.get(state.key.public_key)
            found[key] = known[1] if before is None or (known[1] is not None and known[1] > before) else before
        return found

    def _at(self, stream: bytes, branch: int, seq: int) -> int | None:
        for _, _, payload in self.log.payloads(stream, branch, seq, seq):
            at_ms: int | None = getattr(decode_action(payload), "at_ms", None)
            return at_ms
        return None
