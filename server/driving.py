"""Driving a session in the event loop: its effects answered by keys, the verifier, the writer and the link."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from client_core.signing import SigningKey, random_bytes
from server.verifier import Verifier
from sync.batch import Batch, Outcome
from sync.effects import Append, Effect, Exchange, Random, Session, Sign, Verify

T = TypeVar("T")


async def drive(
    session: Session[T],
    key: SigningKey,
    append: Callable[[Batch], Awaitable[Outcome]],
    exchange: Callable[[bytes], Awaitable[bytes]] | None = None,
    verifier: Verifier | None = None,
) -> T:
    """Answer a session's effects until it ends; what `append` or `exchange` raise ends it."""
    verifier = verifier or Verifier()
    try:
        effect: Effect = next(session)
        while True:
            if isinstance(effect, Verify):
                answer: object = await verifier.verify(effect.checks)
            elif isinstance(effect, Append):
                answer = await append(effect.batch)
            elif isinstance(effect, Sign):
                answer = key.sign(effect.message)
            elif isinstance(effect, Exchange):
                assert exchange is not None, "a responder asks nobody else"
                answer = await exchange(effect.body)
            else:
                assert isinstance(effect, Random)
                answer = random_bytes(effect.size)
            effect = session.send(answer)
    except StopIteration as stop:
        result: T = stop.value
        return result
