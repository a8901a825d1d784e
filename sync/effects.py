"""What a session asks its driver to do, because this package may not do it itself.

A session is a generator. It yields one of these, and goes on when it is sent
the answer named here:

    Random        that many unpredictable bytes
    Sign          a 64-byte Ed25519 signature by this node's key
    Verify        a bool for each check
    Append        an `Outcome`, after COMMIT: what is answered is durable
    Exchange      the peer's answer to these bytes (initiators only)

On CPython a driver answers signatures at once; in a browser WebCrypto answers
by promise, and the session simply waits. `run` is the synchronous driver.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import msgspec

from sync.batch import Batch
from sync.ed25519 import SignatureCheck


class Random(msgspec.Struct, frozen=True):
    """Ask for `size` random bytes."""

    size: int


class Sign(msgspec.Struct, frozen=True):
    """Ask for this node's signature over `message`."""

    message: bytes


class Verify(msgspec.Struct, frozen=True):
    """Ask which of these signatures are good."""

    checks: tuple[SignatureCheck, ...]


class Append(msgspec.Struct, frozen=True):
    """Ask to store a batch, durably and all at once."""

    batch: Batch


class Exchange(msgspec.Struct, frozen=True):
    """Ask to carry `body` to the peer and bring its answer back."""

    body: bytes


Effect = Random | Sign | Verify | Append | Exchange
Answer = Any
"""What each effect is answered with, as the table above says."""

T = TypeVar("T")
Session = Generator[Effect, Answer, T]


def run(session: Session[T], answer: Callable[[Effect], Answer]) -> T:
    """Drive a session to its end; an exception of `answer` is raised inside the session."""
    try:
        effect = next(session)
        while True:
            try:
                value = answer(effect)
            except Exception as error:  # noqa: BLE001  # whatever failed is the session's to know
                effect = session.throw(error)
            else:
                effect = session.send(value)
    except StopIteration as stop:
        result: T = stop.value
        return result
