"""Erasing: what a log still holds of events that the directory calls erased.

An erasure may come before its event, after it, or long after a backup or an old
bundle brought the payload back: whenever a log is opened and whenever it has
taken something in, what is due is erased. Of each event the header's hashes
stay, so that chains and signatures go on proving all others.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.batch import Batch, ErasedPayload
from sync.effects import Append, Session
from sync.log import EventLog


def due_erasures(log: EventLog, streams: Iterable[bytes] | None = None) -> tuple[ErasedPayload, ...]:
    """The events that are erased and whose payload is here, or is called missing; in these streams or in all."""
    directory = log.index.directory
    found: list[ErasedPayload] = []
    for stream in directory.erased_streams() if streams is None else dict.fromkeys(streams):
        state = log.index.streams.get(stream)
        if state is not None:
            for mark in directory.erased(stream):
                held = (event for event in log.find(stream, mark[0], mark[0]) if event.id == mark[1])
                found += [ErasedPayload(stream, e.branch, *mark) for e in held if e.has_payload or mark in state.bare]
    return tuple(found)


def erase_due(log: EventLog, streams: Iterable[bytes] | None = None) -> Session[int]:
    """Erase what is due; returns how many events that were."""
    due = due_erasures(log, streams)
    if due:
        yield Append(Batch(erased=due))
    return len(due)
