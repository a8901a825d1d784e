"""Cutting runs out of a log: what to send so that the receiver can check every byte of it.

A run ends at a signed head and fits one segment. Runs are joined across old
heads where they fit, which drops the older signatures of that piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.batch import HeadSignature
from sync.effects import Session, Sign
from sync.event import Event, head_message
from sync.limits import SEGMENT_BYTES_MAX, SEGMENT_EVENTS_MAX
from sync.log import EventLog
from sync.placement import Branch, StreamState
from sync.segment import Run, make_run, segment_bytes


def cut_runs(log: EventLog, state: StreamState, branch: Branch, first_seq: int, last_seq: int) -> Iterator[Run]:
    """Runs that cover events `first_seq`..`last_seq` of a branch, the last one up to a signed head."""
    while first_seq <= last_seq:
        reach = min(first_seq + SEGMENT_EVENTS_MAX - 1, branch.head_seq)
        events = _fitting(log.read(state.id, branch.number, first_seq, reach), first_seq)
        signed = log.signatures(state.id, branch.number, first_seq, first_seq + len(events) - 1)
        if not signed:
            return  # damaged at rest: no provable piece starts here; a check of the log names it
        seq, signature = signed[-1]
        yield make_run(state.key, events[: seq - first_seq + 1], signature)
        first_seq = seq + 1


def sign_tails(log: EventLog, public_key: bytes) -> Session[tuple[HeadSignature, ...]]:
    """Ask for the signatures that close this key's unsigned events into segments."""
    signatures = []
    for state in list(log.index.streams.values()):
        if state.key.public_key != public_key:
            continue
        for branch in state.branches:
            if branch.tip_seq > branch.head_seq:
                for event in _segment_ends(log, state, branch):
                    message = head_message(log.index.game, state.id, event.seq, event.id)
                    signature: bytes = yield Sign(message)
                    signatures.append(HeadSignature(state.id, branch.number, event.seq, event.id, signature))
    return tuple(signatures)


def _segment_ends(log: EventLog, state: StreamState, branch: Branch) -> Iterator[Event]:
    """The last event of each segment that the unsigned tail of a branch divides into."""
    first_seq = branch.head_seq + 1
    while first_seq <= branch.tip_seq:
        reach = min(first_seq + SEGMENT_EVENTS_MAX - 1, branch.tip_seq)
        events = _fitting(log.read(state.id, branch.number, first_seq, reach), first_seq)
        if not events:
            return  # an own event is lost at rest: nothing beyond it can be vouched for
        yield events[-1]
        first_seq = events[-1].seq + 1


def _fitting(events: Sequence[Event], first_seq: int) -> list[Event]:
    """As many contiguous events from `first_seq` as one segment holds."""
    payloads: list[bytes | None] = []
    for position, event in enumerate(events):
        payloads.append(event.payload)
        if event.seq != first_seq + position or segment_bytes(payloads) > SEGMENT_BYTES_MAX:
            return list(events[:position])
    return list(events)
