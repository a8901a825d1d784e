"""Writing as a device: the next events of the own stream, sealed and ready to be committed.

A device writes one stream an incarnation and audience. An action carries what
the device knew (`seen`): the ids of the heads of the team's other streams, those
only that changed since it last said so.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from client_core.game.actions import SEEN_MAX, Continued, Known, decode_action, encode_action
from client_core.game.events import LoggedEvent
from client_core.signing import random_bytes
from client_core.team_log import role_of
from sync.batch import Batch, OwnEvents
from sync.event import ORIGIN, Event, seal
from sync.limits import SEGMENT_EVENTS_MAX
from sync.log import EventLog
from sync.placement import StreamState, signed_heads
from sync.stream import StreamKey, stream_id

CONTINUED_MAX = 8
"""Heads that the first event of an incarnation names; more copies of one device have not been met."""


class OwnStream:
    """The pen of one incarnation of a device in one audience."""

    def __init__(self, log: EventLog, key: StreamKey) -> None:
        self.log, self.key = log, key
        self.id = stream_id(key)
        self._said: frozenset[bytes] | None = None

    def write(self, action: Known) -> list[LoggedEvent]:
        """Seal an action at the tip and commit it; returns what was written. Raises as `EventLog.append` does."""
        state = self.log.index.streams.get(self.id)
        seen = self._unsaid(state)
        if seen and "seen" in action.__struct_fields__:
            action = msgspec.structs.replace(action, seen=seen)
        actions = [action] if state is not None else [*self._continuations(), action]
        seq, previous, seed = self._tip(state)
        events: list[Event] = []
        for payload in map(encode_action, actions):
            event = seal(self.log.index.game, self.id, seq + 1, previous, seed, payload)
            events.append(event)
            seq, previous = event.seq, event.id
        self.log.append(Batch(own=(OwnEvents(self.key, tuple(events)),)))
        if seen and "seen" in action.__struct_fields__:
            self._said = (self._said or frozenset()) | frozenset(seen)
        author, team = self.key.public_key, self.key.audience[1:]
        role = role_of(self.log, author)
        return [LoggedEvent(self.id, e.seq, e.id, author, e.payload or b"", role, team) for e in events]

    def _unsaid(self, state: StreamState | None) -> tuple[bytes, ...]:
        """The heads of the team's other streams that this stream has not named yet, at most `SEEN_MAX`."""
        others = [s for s in self.log.index.streams_of(self.key.audience) if s.id != self.id]
        heads = {head for other in others for _, head in signed_heads(other)}
        if not heads:
            return ()
        if self._said is None:
            self._said = self._read_said(state)
        return tuple(sorted(heads - self._said)[:SEEN_MAX])

    def _read_said(self, state: StreamState | None) -> frozenset[bytes]:
        """Every head this stream has named so far, read back from its own events."""
        said: set[bytes] = set()
        for branch in state.branches if state is not None else ():
            for first_seq in range(branch.first_seq, branch.tip_seq + 1, SEGMENT_EVENTS_MAX):
                last_seq = min(first_seq + SEGMENT_EVENTS_MAX - 1, branch.tip_seq)
                for event in self.log.read(self.id, branch.number, first_seq, last_seq):
                    if event.payload is not None:
                        said |= set(getattr(decode_action(event.payload), "seen", None) or ())
        return frozenset(said)

    def _tip(self, state: StreamState | None) -> tuple[int, bytes, bytes]:
        """Number, id and payload seed to go on with: the seed of the open run, a fresh one after a signature."""
        if state is None:
            return -1, ORIGIN, random_bytes(16)
        branch = state.branches[0]
        if branch.tip_seq > branch.head_seq:
            (last,) = self.log.read(state.id, branch.number, branch.tip_seq, branch.tip_seq)
            if last.seed is not None:
                return branch.tip_seq, branch.tip, last.seed
        return branch.tip_seq, branch.tip, random_bytes(16)

    def _continuations(self) -> list[Known]:
        """What the first event of an incarnation names: the heads of the streams it goes on from."""
        found: list[Known] = []
        for state in own_states(self.log, self.key.public_key):
            if state.key.audience == self.key.audience:
                found += [Continued(state.id, seq, head) for seq, head in signed_heads(state)[: CONTINUED_MAX // 2]]
        return found[-CONTINUED_MAX:]


def own_states(log: EventLog, public_key: bytes) -> Sequence[StreamState]:
    """Every stream this key has written, as far as the log holds it."""
    return [state for state in log.index.streams.values() if state.key.public_key == public_key]
