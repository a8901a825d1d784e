"""Holding sessions: who answers their effects, and what is learnt of the node at the other end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from client_core.signing import SigningKey, random_bytes, verify
from client_core.store.device import Peer
from sync.batch import Batch
from sync.effects import Append, Effect, Exchange, Random, Session, Sign, Verify, run
from sync.initiator import Report
from sync.log import EventLog

T = TypeVar("T")


def stored(session: Session[T], log: EventLog, before_append: Callable[[Batch], None]) -> Session[T]:
    """The same session, with what the device itself can answer answered: random bytes, and storing.

    `before_append` sees a batch before it is stored. What is left is asked
    on: `Sign`, `Verify`, `Exchange`.
    """
    try:
        effect = next(session)
        while True:
            try:
                value = _answer_here(effect, log, before_append)
                if value is None:
                    value = yield effect
            except Exception as error:  # noqa: BLE001  # whatever failed is the session's to know
                effect = session.throw(error)
            else:
                effect = session.send(value)
    except StopIteration as stop:
        result: T = stop.value
        return result


def _answer_here(effect: Effect, log: EventLog, before_append: Callable[[Batch], None]) -> object:
    if isinstance(effect, Random):
        return random_bytes(effect.size)
    if isinstance(effect, Append):
        before_append(effect.batch)
        return log.append(effect.batch)
    return None


def hold(session: Session[T], key: SigningKey, exchange: Callable[[bytes], bytes] | None = None) -> T:
    """Drive a `stored` session to its end with this device's key, every signature at once."""

    def answer(effect: Effect) -> object:
        if isinstance(effect, Sign):
            return key.sign(effect.message)
        if isinstance(effect, Verify):
            return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
        assert isinstance(effect, Exchange)
        assert exchange is not None, "a session with a file exchanges nothing"
        return exchange(effect.body)

    return run(session, answer)


def met(peer: Peer, report: Report, now_ms: int) -> Peer:
    """What is known of a node after a session: its store, its epoch, its clock, and what it could not do.

    A store whose epoch changed came back from a restore, and one that asks for
    what it gave receipts for went back without a word: their receipts are
    doubted until a session ends with equal roots, which shows that its present
    heads contain what they name.
    """
    code, detail = _failure(report)
    failed_at_ms = now_ms if code else None
    peer = msgspec.structs.replace(
        peer, synced_at_ms=now_ms, failed_at_ms=failed_at_ms, failed_code=code, failed_detail=detail
    )
    welcome = report.welcome
    if welcome is None:
        return peer
    same = welcome.store == peer.store
    return msgspec.structs.replace(
        peer,
        store=welcome.store,
        epoch=welcome.epoch,
        doubted=not report.converged and same and (peer.doubted or report.contradicted or welcome.epoch != peer.epoch),
        clock_ahead_ms=now_ms - welcome.time_ms,
    )


def _failure(report: Report) -> tuple[str, str]:
    """Why a session did not end with equal roots, as a code and a sentence."""
    if report.converged:
        return "", ""
    if report.problems:
        return report.problems[0].code, report.problems[0].detail
    if report.retry_after_ms > 0:
        return "busy", f"it wishes to be left alone for {report.retry_after_ms / 1000:g} s"
    return "not_converged", "the two did not come to hold the same"
