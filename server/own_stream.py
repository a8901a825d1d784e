"""Writing in the node's own name: sealed, signed and ready to append.

A node has a stream an audience in each game. It goes on where the log ends; a
stream that was forked (a restored backup, a cloned machine) or lacks a piece is
left alone, and the node goes on in a new incarnation.
"""

from __future__ import annotations

from collections.abc import Sequence

from client_core.game.actions import Known, encode_action
from client_core.signing import SigningKey, random_bytes
from sync.batch import Batch, HeadSignature, OwnEvents
from sync.digest import SEED_BYTES
from sync.event import ORIGIN, Event, head_message, seal
from sync.index import LogIndex
from sync.placement import StreamState
from sync.stream import ID_BYTES, StreamKey, stream_id


def write(index: LogIndex, key: SigningKey, audience: bytes, actions: Sequence[Known]) -> Batch:
    """A batch that appends these actions to the key's stream of that audience, signed as one segment."""
    state = _current(index, key.public_key, audience)
    if state is not None:
        stream_key, branch = state.key, state.branches[0]
        number, seq, previous = branch.number, branch.tip_seq, branch.tip
    else:
        stream_key = StreamKey(key.public_key, random_bytes(ID_BYTES), audience)
        number, seq, previous = 0, -1, ORIGIN
    identity, seed = stream_id(stream_key), random_bytes(SEED_BYTES)
    events: list[Event] = []
    for action in actions:
        event = seal(index.game, identity, seq + 1, previous, seed, encode_action(action))
        events.append(event)
        seq, previous = event.seq, event.id
    signature = key.sign(head_message(index.game, identity, seq, previous))
    return Batch(
        own=(OwnEvents(stream_key, tuple(events)),),
        signatures=(HeadSignature(identity, number, seq, previous, signature),),
    )


def _current(index: LogIndex, public_key: bytes, audience: bytes) -> StreamState | None:
    """The stream to go on in: the longest whole one, so that a repeated look finds the same."""
    own = (s for s in index.streams.values() if s.key.public_key == public_key and s.key.audience == audience)
    whole = [s for s in own if len(s.branches) == 1 and not s.dangling]
    return max(whole, key=lambda s: (s.branches[0].tip_seq, s.id), default=None)
