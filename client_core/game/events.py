"""Events as the rule book reads them, and the order in which it does.

The caller says which events belong to a team (those whose author is enrolled in
its audience); this module decodes them, drops doubles and sorts them, so that
every node folds the same sequence whatever order the events came in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from client_core.game.actions import Action, CheckIn, Finish, Start, decode_actions
from client_core.game.rules import Rules


class LoggedEvent(NamedTuple):
    """One event of the log: stream id (32 bytes), number in it, event id (32 bytes), author's key, payload.

    `role` is what the directory lets the author be, `team` the team whose
    audience the stream is (empty: the team that is folded). `previous` is the id
    of the event before, asked for only where a stream forked: at the first event
    of a branch. Sorted as they are, events stand in their chains' order.
    """

    stream: bytes
    seq: int
    id: bytes
    author: bytes
    payload: bytes
    role: int = 0
    team: bytes = b""
    previous: bytes = b""


Decoded = tuple[int, bytes, int, bytes, Action]
"""(order_ms, stream, seq, id, action): sorting these tuples is the canonical order."""

Heads = dict[bytes, tuple[int, int]]
"""By stream: the last number read, and the running maximum of the time up to it."""

_NO_HEAD = (-1, -1)


def decode_events(rules: Rules, events: Iterable[LoggedEvent], heads: Heads | None = None) -> list[Decoded]:
    """Decode, drop doubles and sort canonically: by (order_ms, stream, seq, id).

    `order_ms` is the running maximum of the time along the stream, so that a
    clock set back never moves an event before its predecessors. A time far
    outside the game's hours is not believed and takes the maximum so far: one
    jump of a clock does not drag along what follows. Branches of a fork share
    their stream's maximum. `heads` says where each stream was left and is
    updated; without it the streams are read from their start.
    """
    heads = {} if heads is None else heads
    in_chains = sorted(events)  # by stream, number and id
    actions = decode_actions([event.payload for event in in_chains])
    arranged: list[Decoded] = []
    from_ms, to_ms = rules.believed_from_ms, rules.believed_to_ms
    stream_now, seq_now, latest, previous = b"", -1, -1, b""
    for (stream, seq, identity, *_), action in zip(in_chains, actions, strict=True):
        if stream != stream_now:
            if seq_now >= 0:
                heads[stream_now] = (seq_now, latest)
            stream_now = stream
            latest = heads.get(stream, _NO_HEAD)[1]
        elif identity == previous:
            continue
        seq_now, previous = seq, identity
        if type(action) is CheckIn or isinstance(action, (Start, Finish)):
            at_ms = action.at_ms
            if latest < at_ms <= to_ms and at_ms >= from_ms:
                latest = at_ms
        arranged.append((latest, stream, seq, identity, action))
    if seq_now >= 0:
        heads[stream_now] = (seq_now, latest)
    arranged.sort()
    return arranged
