"""A bit that flips in a store is named by a check, costs only its own event, and is had again from a peer."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from nodes import Node, authority, enrolled

from sync.batch import Batch
from sync.check import ID, PAYLOAD, PAYLOAD_HASH, Damage, check_events, check_log, gaps_of
from sync.event import Event
from sync.memory_log import MemoryLog
from sync.stream import ALL

PART_BY_DAMAGE = {PAYLOAD: ("payload", "seed"), PAYLOAD_HASH: ("payload_hash",), ID: ("id",)}


def flip(node: Node, stream: bytes, seq: int, part: str, bit: int) -> Event:
    """Change one bit of a stored event, behind the log's back; returns what it was."""
    assert isinstance(node.log, MemoryLog)
    rows = node.log._events[stream][0]
    event = rows[seq]
    value = bytearray(getattr(event, part))
    value[bit // 8 % len(value)] ^= 1 << bit % 8
    rows[seq] = msgspec.structs.replace(event, **{part: bytes(value)})
    return event


@given(
    st.integers(2, 150),
    st.data(),
    st.sampled_from(["payload", "seed", "payload_hash", "id"]),
    st.integers(0, 255),
)
@settings(max_examples=80)
def test_a_flipped_bit_is_named_and_every_other_event_is_still_accepted(count, data, part, bit) -> None:
    hq = authority()
    edge = enrolled(hq, "edge", ALL)
    stream = edge.write(*[b"event %d" % i for i in range(count)])
    edge.sync(authority("elsewhere"))  # refused or not: it signs the tail
    seq = data.draw(st.integers(0, count - 2))
    flip(edge, stream, seq, part, bit)
    raw = [edge.log._events[stream][0][i] for i in range(count)]
    damages = {(d.seq, d.what) for d in check_raw(edge, stream, raw)}
    assert damages == {(seq, next(what for what, parts in PART_BY_DAMAGE.items() if part in parts))}
    report = edge.sync(hq)
    bare = hq.log.index.streams[stream].bare
    assert report.verdicts.get("refused", 0) == 0
    assert [e.seq for e in hq.log.read(stream, 0, 0, 99)] == list(range(min(100, count)))
    assert [mark[0] for mark in bare] == ([seq] if part in ("payload", "seed") else [])


def check_raw(node: Node, stream: bytes, events: list[Event]) -> list[Damage]:
    state = node.log.index.streams[stream]
    signatures = node.log.signatures(stream, 0, 0, len(events))
    return check_events(node.log.index.game, state, state.branches[0], events, signatures).damages


def test_a_damaged_payload_is_made_a_gap_and_fetched_again() -> None:
    hq = authority()
    edge = enrolled(hq, "edge", ALL)
    stream = edge.write(*[b"event %d" % i for i in range(130)])
    assert edge.sync(hq).converged
    was = flip(edge, stream, 70, "payload", 3)
    damages = edge.drive(check_log(edge.log))
    assert [(d.stream, d.seq, d.what) for d in damages] == [(stream, 70, PAYLOAD)]
    edge.log.append(Batch(damaged=gaps_of(damages)))
    assert edge.root() != hq.root()
    report = edge.sync(hq)
    assert (report.converged, report.received) == (True, 1)
    assert edge.log.read(stream, 0, 70, 70)[0].payload == was.payload
    assert edge.drive(check_log(edge.log)) == []


def test_a_check_names_missing_events_and_bad_signatures() -> None:
    hq = authority()
    edge = enrolled(hq, "edge", ALL)
    stream = edge.write(*[b"event %d" % i for i in range(130)])
    edge.sync(hq)
    assert isinstance(edge.log, MemoryLog)
    del edge.log._events[stream][0][5]
    signature = edge.log._signatures[stream][0][129]
    edge.log._signatures[stream][0][129] = bytes((signature[0] ^ 1,)) + signature[1:]
    named = {(d.seq, d.what) for d in edge.drive(check_log(edge.log))}
    assert named == {(5, "missing"), (129, "signature")}


def test_a_check_of_a_sound_log_finds_nothing_whatever_gaps_it_lists() -> None:
    hq = authority()
    edge = enrolled(hq, "edge", ALL)
    stream = edge.write(b"one", b"two", b"three")
    edge.sync(hq)
    flip(edge, stream, 1, "payload", 0)
    edge.log.append(Batch(damaged=gaps_of(edge.drive(check_log(edge.log)))))
    assert edge.drive(check_log(edge.log)) == []
    assert hq.drive(check_log(hq.log)) == []
