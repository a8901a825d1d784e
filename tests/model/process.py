"""Sessions that can be stopped, forked and gone on with any number of times.

A generator cannot be copied. A `Process` is therefore what went into one: the
log as it was at each of its turns, and what it was sent then. To go on, the
generator is run again from its start; it is deterministic, so it stands where
it stood. It stops where the world may come between: before a COMMIT (`Append`)
and while its bytes are on their way (`Exchange`). Signatures are answered at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import msgspec

from client_core.signing import SigningKey, verify
from sync.effects import Append, Effect, Exchange, Random, Session, Sign, Verify
from sync.errors import RemoteError
from sync.memory_log import MemoryLog

Start = Callable[[Any], Session[Any]]


class Done(NamedTuple):
    """A session that ended: what it returned, or the error it raised."""

    value: Any


Stand = Append | Exchange | Done


class View:
    """An `EventLog` whose content a process is shown anew at every turn; it can only be read."""

    log: MemoryLog

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


class Process(NamedTuple):
    """A session by what went into it. `name` says which session of which node it is; `stand` is where it stopped."""

    name: str
    key: SigningKey
    start: Start
    turns: tuple[tuple[MemoryLog, Any], ...]
    stand: Stand

    def goes_on(self, log: MemoryLog, sent: Any) -> Process:
        """The same session one turn later, with the log as it is now."""
        turns = (*self.turns, (log, sent))
        return self._replace(turns=turns, stand=_replay(self.key, self.start, turns))

    def fingerprint(self) -> str:
        """Two processes of one fingerprint do the same, whatever comes."""
        seen = hashlib.sha256(self.name.encode())
        for log, sent in self.turns:
            seen.update(fingerprint(log))
            seen.update(sent if isinstance(sent, bytes) else repr(sent).encode())
        return seen.hexdigest()


def begin(name: str, key: SigningKey, start: Start, log: MemoryLog) -> Process:
    """A session's first turn."""
    turns = ((log, None),)
    return Process(name, key, start, turns, _replay(key, start, turns))


def _replay(key: SigningKey, start: Start, turns: tuple[tuple[MemoryLog, Any], ...]) -> Stand:
    view = View()
    view.log = turns[0][0]
    session = start(view)
    effect: Effect | None = None
    try:
        for view.log, sent in turns:
            effect = session.send(sent)
            while not isinstance(effect, Append | Exchange):
                effect = session.send(_answer(key, effect))
    except StopIteration as stop:
        return Done(stop.value)
    except RemoteError as error:
        return Done(error)
    assert effect is not None
    session.close()
    return effect


def _answer(key: SigningKey, effect: Sign | Verify | Random) -> object:
    if isinstance(effect, Sign):
        return _sign(key, effect.message)
    if isinstance(effect, Verify):
        return tuple(_verify(c.public_key, c.message, c.signature) for c in effect.checks)
    return b"\x07" * effect.size


@cache
def _sign(key: SigningKey, message: bytes) -> bytes:
    return key.sign(message)


@cache
def _verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    return verify(public_key, message, signature)


def clone(value: Any) -> Any:
    """A copy that shares nothing that can change: containers and the core's mutable objects, nothing frozen."""
    kind = type(value)
    if kind is bytes or kind is int:
        return value
    if kind is dict:
        return {key: clone(item) for key, item in value.items()} if value else {}
    if kind is list:
        return [item if type(item) is bytes else clone(item) for item in value]
    if kind is set:
        return set(value)
    if kind.__module__.startswith("sync.") and hasattr(value, "__dict__"):
        copy = object.__new__(kind)
        copy.__dict__.update({name: clone(item) for name, item in value.__dict__.items()})
        return copy
    return value


_KNOWN: dict[int, tuple[MemoryLog, bytes]] = {}


def fingerprint(log: MemoryLog) -> bytes:
    """A digest over all a log holds and how it holds it.

    Its count of commits is left out: nothing decides by it, and states that
    differ in nothing else are one.
    """
    known = _KNOWN.get(id(log))
    if known is not None:
        return known[1]
    held = (
        sorted(msgspec.msgpack.encode(state) for state in log.index.streams.values()),
        sorted(
            (stream, branch, seq, event.id, event.payload is not None)
            for stream, branches in log._events.items()
            for branch, rows in branches.items()
            for seq, event in rows.items()
        ),
        sorted(
            (stream, branch, sorted(signed))
            for stream, branches in log._signatures.items()
            for branch, signed in branches.items()
        ),
        sorted(log.index.statement_audiences),
        sorted((r.stream, r.store, r.level, r.seq, r.head) for held in log._receipts.values() for r in held),
        log.state.restore_epoch,
    )
    found = hashlib.sha256(msgspec.msgpack.encode(held)).digest()
    _KNOWN[id(log)] = (log, found)  # kept with its log, so that no other log can come to the same address
    return found
