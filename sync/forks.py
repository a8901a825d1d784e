"""Forked streams as they are folded: which events count, and which one each goes on from.

Nodes cut a forked stream into branches as its runs came, each in its own way.
What is said here does not depend on that: an event goes on from the nearest
before it in its chain that says something, over those whose payload is missing
or erased without a fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sync.limits import SEGMENT_EVENTS_MAX
from sync.log import EventLog
from sync.placement import StreamState
from sync.standing import standing


class Said(NamedTuple):
    """An event that counts: what is folded of it, and the id of the one that it goes on from."""

    seq: int
    id: bytes
    payload: bytes
    previous: bytes


def forked_events(log: EventLog, state: StreamState) -> Iterator[Said]:
    """The events of a stream that count and say something; of an erased one the fact in its place."""
    facts = log.index.directory.erased(state.id)
    silent: dict[bytes, bytes] = {}
    said: list[Said] = []
    for branch, first, last in standing(log.index.directory, state, log.find):
        for first_seq in range(first, last + 1, SEGMENT_EVENTS_MAX):
            for event in log.read(state.id, branch, first_seq, min(first_seq + SEGMENT_EVENTS_MAX - 1, last)):
                fact = facts.get((event.seq, event.id))
                payload = event.payload if fact is None else fact or None
                if payload is None:
                    silent[event.id] = event.previous
                else:
                    said.append(Said(event.seq, event.id, payload, event.previous))
    for one in said:
        previous = one.previous
        while previous in silent:
            previous = silent[previous]
        yield one._replace(previous=previous)
