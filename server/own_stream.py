"""Writing in the node's own name: sealed, signed and ready to append.

A node has a stream an audience in each game, whose incarnation is the restore
epoch of its store. So a node that was restored, or is shown events of its own
that it does not hold, goes on in new streams as soon as its store has a new
epoch, and two that were restored from one backup never write in the same one.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from client_core.game.actions import Known, encode_action
from client_core.signing import SigningKey, random_bytes
from server.db.event_log import GameLog
from server.replaced_key import check_own_key
from sync.batch import Batch, HeadSignature, OwnEvents
from sync.digest import SEED_BYTES
from sync.event import ORIGIN, Event, head_message, seal
from sync.index import LogIndex
from sync.statement import read_claim, statement_id
from sync.stream import ID_BYTES, StreamKey, stream_id


def write(index: LogIndex, key: SigningKey, audience: bytes, actions: Sequence[Known]) -> Batch:
    """A batch that appends these actions to the key's stream of that audience, signed as one segment.

    Raises `Problem("healing")` where the key is HQ's and was replaced as stolen.
    """
    check_own_key(index.directory, key.public_key)
    stream_key = StreamKey(key.public_key, index.epoch or random_bytes(ID_BYTES), audience)
    state = index.streams.get(stream_id(stream_key))
    if state is not None and (len(state.branches) > 1 or state.dangling):
        stream_key, state = StreamKey(key.public_key, random_bytes(ID_BYTES), audience), None
    number, seq, previous = 0, -1, ORIGIN
    if state is not None:
        branch = state.branches[0]
        number, seq, previous = branch.number, branch.tip_seq, branch.tip
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


def renewed(log: GameLog, public_key: bytes, batch: Batch) -> Batch:
    """The batch, and with it a new restore epoch where it shows what this store ought to hold and does not.

    That is events of its own, and at HQ statements of the root, whose key is
    nowhere else. The machine was set back without a word: from now on the store
    is healing.
    """
    own = (s for s in batch.segments if s.key.public_key == public_key and s.key.incarnation == log.state.restore_epoch)
    for segment in own:
        held = {event.id for event in log.find(segment.stream, segment.first_seq, segment.last_seq)}
        if not held.issuperset(segment.ids):
            return msgspec.structs.replace(batch, epoch=random_bytes(ID_BYTES))
    if not log.healing and public_key in log.index.directory.authorities:
        for statement in batch.statements:
            if read_claim(statement).issuer == log.root_key and log.statement(statement_id(statement.body)) is None:
                return msgspec.structs.replace(batch, epoch=random_bytes(ID_BYTES))
    return batch
