"""A relay that withholds, reorders, drops payloads or changes bytes: what it can do is delay, and that shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest
from nodes import Node, authority, delegated, enrolled, segment_of

from sync.batch import Batch
from sync.errors import RemoteError
from sync.frame import decode_frame, encode_body, split_frames
from sync.messages import Data, Message, Receipts, Verdicts
from sync.receipt import CUSTODY, SAFE
from sync.runs import sign_tails
from sync.segment import Run
from sync.stream import GAME, scope_of, team_audience

TEAM = team_audience(b"a" * 16)
SCOPE = scope_of(GAME, TEAM)
Link = Callable[[bytes, Callable[[bytes], bytes]], bytes]


def changing(change: Callable[[Run], Run | None], order: Callable[[Sequence[Run]], list[Run]] = list) -> Link:
    """A link on the way up that changes runs, leaves them out or turns their order round; all else passes."""

    def messages(body: bytes) -> Iterator[Message]:
        for frame in split_frames(body):
            message = decode_frame(frame)
            if isinstance(message, Data):
                kept = [run for run in map(change, order(message.runs)) if run is not None]
                yield Data(tuple(kept))
            else:
                yield message

    return lambda body, exchange: exchange(encode_body(list(messages(body))))


def flipped(run: Run) -> Run:
    """One bit of the last payload is another one."""
    payload = run.payloads[-1]
    assert payload is not None
    return msgspec.structs.replace(run, payloads=(*run.payloads[:-1], payload[:-1] + bytes([payload[-1] ^ 1])))


@pytest.fixture
def hq() -> Node:
    return authority()


@pytest.fixture
def edge(hq: Node) -> Node:
    edge = delegated(hq, "edge")
    edge.sync(hq)
    return edge


@pytest.fixture
def phone(hq: Node) -> Node:
    phone = enrolled(hq, "phone", SCOPE)
    for number in range(3):
        phone.write(b"%d" % number * 20, b"x" * 30, audience=TEAM, seed=bytes([number]) * 16)
        phone.log.append(Batch(signatures=phone.drive(sign_tails(phone.log, phone.key.public_key))))
    return phone


def safe(phone: Node) -> set[int]:
    """The numbers up to which the authority said that the phone's streams are safe."""
    streams = [state.id for state in phone.log.index.streams.values()]
    return {receipt.seq for receipt in phone.log.receipts(streams) if receipt.level == SAFE}


def test_changed_bytes_are_refused_by_name_and_the_honest_ones_are_taken_afterwards(phone: Node, hq: Node) -> None:
    answers: list[bytes] = []
    link = changing(flipped)

    def watched(body: bytes, exchange: Callable[[bytes], bytes]) -> bytes:
        answers.append(link(body, exchange))
        return answers[-1]

    report = phone.sync(hq, watched)
    assert not report.converged
    assert report.verdicts.get("stored", 0) == 0
    assert report.verdicts["refused"] > 0
    assert safe(phone) == set()
    assert phone.sync(hq).converged
    assert hq.root() == phone.root(hq.scope)
    assert safe(phone) == {5}


def test_dropped_payloads_are_gaps_that_are_asked_of_everybody(phone: Node, edge: Node, hq: Node) -> None:
    phone.sync(edge)
    bare = changing(without_payload)
    report = edge.sync(hq, bare)
    assert not report.converged, "the roots differ while anything is missing"
    (state,) = [state for state in hq.log.index.streams.values() if state.key.audience == TEAM]
    assert state.bare or state.dangling
    assert phone.sync(hq).converged
    (state,) = [state for state in hq.log.index.streams.values() if state.key.audience == TEAM]
    assert not state.bare
    assert safe(phone) == {5}


def without_payload(run: Run) -> Run:
    """The last payload is left out and its hash put in its place, as a relay could that wants a thing unsaid."""
    last = len(run.payloads) - 1
    hashes = {**run.hashes, last: segment_of(run).payload_hashes[last]}
    return msgspec.structs.replace(run, payloads=(*run.payloads[:-1], None), hashes=hashes)


def test_another_order_changes_nothing(phone: Node, hq: Node) -> None:
    turned = changing(lambda run: run, lambda runs: list(reversed(runs)))
    for _ in range(3):
        phone.sync(hq, turned)
    assert phone.sync(hq).converged
    assert hq.root() == phone.root(hq.scope)


def test_what_a_relay_withholds_stays_in_custody_and_shows_and_any_other_way_brings_it(
    phone: Node, edge: Node, hq: Node
) -> None:
    withheld = phone.write(b"later", audience=TEAM)
    phone.sync(edge)
    phone.sync(edge)
    kept_back = changing(lambda _: None)
    assert not edge.sync(hq, kept_back).converged
    levels = {receipt.level for receipt in phone.log.receipts([withheld])}
    assert levels == {CUSTODY}, "an edge can say that it holds it, never that headquarters does"
    phone.sync(edge)
    assert safe(phone) == set(), "so the phone goes on saying that it is not safe"
    assert phone.sync(hq).converged
    assert safe(phone) == {6}


def test_receipts_and_verdicts_that_a_relay_makes_up_are_believed_by_nobody(phone: Node, hq: Node) -> None:
    def lying(body: bytes, exchange: Callable[[bytes], bytes]) -> bytes:
        answer = exchange(encode_body([m for m in map(decode_frame, split_frames(body)) if not isinstance(m, Data)]))
        told: list[Message] = []
        for frame in split_frames(answer):
            message = decode_frame(frame)
            if isinstance(message, Receipts):
                items = tuple(msgspec.structs.replace(r, seq=r.seq + 1, level=SAFE) for r in message.items)
                message = Receipts(items)
            told.append(message)
        state = next(iter(phone.log.index.streams.values()))
        told.append(Verdicts(((state.id, 0, ((6, 0),)),)))
        return encode_body(told)

    report = phone.sync(hq, lying)
    assert not report.converged, "only equal roots say that it is there"
    assert safe(phone) == set()
    assert phone.sync(hq).converged
    assert safe(phone) == {5}


def test_a_relay_that_answers_something_else_ends_the_session_and_costs_nothing(phone: Node, hq: Node) -> None:
    for answer in (b"", b"<html>", bytes(5000)):
        with pytest.raises(RemoteError):
            phone.sync(hq, lambda _body, _exchange, said=answer: said)
    assert phone.sync(hq).converged
