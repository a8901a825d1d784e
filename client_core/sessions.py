"""Holding sessions on CPython: who answers their effects, and what is learnt of the node at the other end."""

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


def hold(
    session: Session[T],
    log: EventLog,
    key: SigningKey,
    before_append: Callable[[Batch], None],
    exchange: Callable[[bytes], bytes] | None = None,
) -> T:
    """Drive a session to its end with this device's log and key; `before_append` sees a batch before it is stored."""

    def answer(effect: Effect) -> object:
        if isinstance(effect, Sign):
            return key.sign(effect.message)
        if isinstance(effect, Verify):
            return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
        if isinstance(effect, Random):
            return random_bytes(effect.size)
        if isinstance(effect, Append):
            before_append(effect.batch)
            return log.append(effect.batch)
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
