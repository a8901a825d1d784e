"""What is encoded is decoded as it was, and nothing else is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodes import authority, enrolled, run_of, segment_of

from sync.bundle import export_bundle, import_bundle
from sync.errors import FrameError
from sync.event import salt_for
from sync.frame import PREFIX_BYTES, decode_body, decode_frame, encode_body, encode_frame, split_frames
from sync.limits import SEQ_MAX
from sync.messages import MESSAGES as ALL_MESSAGES
from sync.messages import (
    Asking,
    Buckets,
    Data,
    End,
    Hello,
    Message,
    Problem,
    Proof,
    Receipts,
    Root,
    Rows,
    Statements,
    Verdicts,
    Want,
    Wanted,
    Welcome,
)
from sync.receipt import Receipt
from sync.segment import Run, make_run
from sync.statement import Statement
from sync.stream import ALL, GAME, StreamKey, scope_of
from sync.summary import Row

ids = st.binary(min_size=16, max_size=16)
hashes = st.binary(min_size=32, max_size=32)
whole = st.integers(0, SEQ_MAX)
marks = st.lists(st.tuples(whole, hashes), max_size=3).map(tuple)
audiences = st.binary(min_size=2, max_size=33)
scopes = st.one_of(st.just(ALL), st.lists(audiences, min_size=1, max_size=4).map(lambda a: scope_of(*a)))
signatures = st.binary(min_size=64, max_size=64)
nonces = st.binary(min_size=16, max_size=32)
stream_keys = st.builds(StreamKey, hashes, ids, audiences)
rows = st.builds(Row, stream_keys, marks, marks, marks)
payloads = st.lists(st.one_of(st.none(), st.binary(max_size=200)), min_size=1, max_size=5).map(tuple)
runs = st.builds(
    Run,
    stream_keys,
    whole,
    hashes,
    payloads,
    st.dictionaries(st.integers(0, 99), hashes, max_size=2),
    st.lists(st.tuples(st.integers(-100, 100), st.binary(max_size=32)), max_size=2).map(tuple),
    signatures,
)
statements = st.builds(Statement, st.binary(max_size=100), signatures)
receipts = st.builds(Receipt, hashes, ids, ids, hashes, whole, hashes, st.sampled_from((1, 2)), whole, signatures)
spans = st.lists(st.tuples(st.integers(1, 100), st.integers(0, 5)), max_size=3).map(tuple)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)


def few(strategy):
    return st.lists(strategy, max_size=3).map(tuple)


MESSAGES: dict[type[Message], st.SearchStrategy[Message]] = {
    Hello: st.builds(Hello, st.tuples(whole, whole), hashes, ids, ids, scopes, st.one_of(st.just(b""), ids)),
    Welcome: st.builds(Welcome, whole, hashes, ids, ids, whole, whole, whole, nonces, scopes),
    Proof: st.builds(Proof, nonces, signatures),
    Root: st.builds(Root, hashes, whole),
    Buckets: st.builds(Buckets, st.binary(min_size=16, max_size=16).map(lambda b: b * 256)),
    Rows: st.builds(Rows, st.sets(st.integers(0, 255)).map(lambda b: bytes(sorted(b))), few(rows), few(hashes)),
    Want: st.builds(Want, few(st.builds(Wanted, hashes, marks, marks, marks)), few(hashes)),
    Data: st.builds(Data, few(runs)),
    Statements: st.builds(Statements, few(statements)),
    Verdicts: st.builds(Verdicts, few(st.tuples(hashes, whole, spans))),
    Asking: st.builds(Asking, few(hashes)),
    Receipts: st.builds(Receipts, few(receipts)),
    Problem: st.builds(Problem, texts, texts, whole),
    End: st.builds(End, whole, hashes),
}
ANY = st.one_of(*MESSAGES.values())


@given(st.lists(ANY, max_size=5))
@settings(max_examples=200)
def test_frames_round_trip(messages: list[Message]) -> None:
    assert decode_body(encode_body(messages)) == messages


@given(ANY, st.data())
@settings(max_examples=200)
def test_a_frame_with_a_flipped_bit_is_refused_whole(message: Message, data: st.DataObject) -> None:
    frame = encode_frame(message)[PREFIX_BYTES:]
    bit = data.draw(st.integers(0, len(frame) * 8 - 1))
    flipped = bytearray(frame)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FrameError) as caught:
        decode_frame(bytes(flipped))
    assert caught.value.code == "frame_damaged"


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_arbitrary_bytes_raise_nothing_but_a_frame_error(body: bytes) -> None:
    refused: FrameError | None = None
    messages: list[Message] = []
    try:
        messages = [decode_frame(frame) for frame in split_frames(body)]
    except FrameError as error:
        refused = error
    if refused is None:
        assert decode_body(encode_body(messages)) == messages
    else:
        assert refused.code.startswith(("frame_", "body_", "message_"))


@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=100),
    st.integers(0, 2**40),
    st.sets(st.integers(0, 99)),
    st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=3),
    st.sets(st.integers(0, 99)),
)
def test_runs_round_trip_with_seeds_single_salts_and_bare_events(contents, first_seq, bare, seeds, salted) -> None:
    previous = b"p" * 32 if first_seq else bytes(32)
    segment = segment_of(run_of("a", contents[:80], first_seq, previous, seed=seeds[0]))
    events = [segment.event(i) for i in range(len(segment.ids))]
    for i in range(len(events)):
        if i in salted:
            events[i] = msgspec.structs.replace(events[i], salt=salt_for(events[i]), seed=None)
        if i in bare:
            events[i] = msgspec.structs.replace(events[i], payload=None)
    run = make_run(segment.key, events, segment.signature)
    travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(run), type=Run)
    again = segment_of(travelled)
    assert [again.event(i) for i in range(len(again.ids))] == events
    assert again.ids == segment.ids


@given(rows)
def test_rows_round_trip(row: Row) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(row), type=Row) == row


@given(receipts, statements)
def test_receipts_and_statements_round_trip(receipt: Receipt, statement: Statement) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(receipt), type=Receipt) == receipt
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(statement), type=Statement) == statement


@given(st.lists(st.binary(min_size=1, max_size=500), min_size=1, max_size=150))
@settings(max_examples=25)
def test_bundles_round_trip(contents: list[bytes]) -> None:
    hq = authority()
    device = enrolled(hq, "device", scope_of(GAME))
    device.write(*contents)
    data = device.drive(export_bundle(device.log, device.key.public_key, device.scope))
    report = hq.drive(import_bundle(data, hq.log))
    assert (report.whole, report.received, report.problems) == (True, len(contents), [])
    assert hq.root(device.scope) == device.root()


def test_every_message_has_a_property() -> None:
    assert set(MESSAGES) == set(ALL_MESSAGES)
