"""Receipts find their way: from HQ by way of an edge to the device, once each, and cost nothing afterwards."""

from __future__ import annotations

import msgspec
from nodes import (
    ROOT_KEY,
    WORLD_GAME,
    Node,
    delegated,
    delegation_statement,
    enrolled,
    enrolment_statement,
    memory_node,
    run_of,
    segment_of,
)

from sync.batch import Batch
from sync.frame import decode_body, encode_body
from sync.memory_log import MemoryLog
from sync.messages import Data, Hello, Receipts
from sync.receipt import CUSTODY, SAFE
from sync.stream import ALL, GAME, scope_of, team_audience

TEAM = team_audience(b"a" * 16)


def levels(node: Node, stream: bytes) -> set[int]:
    return {receipt.level for receipt in node.log.receipts([stream])}


def test_a_device_that_only_ever_meets_an_edge_learns_that_hq_holds_its_events(hq: Node) -> None:
    edge, device = delegated(hq, "edge"), enrolled(hq, "device", scope_of(GAME, TEAM), 1)
    stream = device.write(b"one", b"two", audience=TEAM)
    device.log.append(Batch(statements=(delegation_statement(hq.key, edge.key),)))
    device.sync(edge)
    assert levels(device, stream) == {CUSTODY}
    edge.sync(hq)
    device.sync(edge)
    assert levels(device, stream) == {CUSTODY, SAFE}


def test_an_edge_asks_about_streams_that_reached_hq_without_it(hq: Node) -> None:
    edge, device = delegated(hq, "edge"), enrolled(hq, "device", scope_of(GAME, TEAM), 1)
    stream = device.write(b"one", audience=TEAM)
    device.sync(edge)
    device.sync(hq)
    edge.sync(hq)
    assert SAFE in levels(edge, stream)


def test_a_stream_with_a_gap_earns_no_receipt(hq: Node) -> None:
    run = run_of("device", [b"one", b"two"])
    segment = segment_of(run)
    bare = msgspec.structs.replace(run, payloads=(None, b"two"), hashes={0: segment.payload_hashes[0]})
    greeting = Hello((1, 1), run.key.public_key, WORLD_GAME.tenant, WORLD_GAME.game, ALL)
    answer = decode_body(hq.respond(encode_body([greeting, Data((bare,))])))
    assert not any(isinstance(message, Receipts) for message in answer)
    answer = decode_body(hq.respond(encode_body([greeting, Data((run,))])))
    assert [r.seq for m in answer if isinstance(m, Receipts) for r in m.items] == [1]


def test_an_edge_with_hundreds_of_streams_is_idle_in_one_round_of_at_most_400_bytes(hq: Node) -> None:
    edge = delegated(hq, "edge")
    chain = tuple(enrolment_statement(hq.key, memory_node(f"d{i}").key, scope_of(GAME), i + 1) for i in range(300))
    edge.log.append(Batch(statements=chain))
    edge.log.append(Batch(segments=tuple(segment_of(run_of(f"d{i}", [b"x"])) for i in range(300))))
    assert edge.sync(hq).converged
    for _ in range(3):
        edge.sync(hq)
    report = edge.sync(hq)
    assert report.rounds == 1
    assert report.bytes_sent + report.bytes_received <= 400


def test_a_forked_stream_is_asked_about_no_more_once_its_furthest_head_is_safe(hq: Node) -> None:
    first, clone = enrolled(hq, "device", ALL), enrolled(hq, "device", ALL)
    first.write(b"a", b"b", b"c")
    clone.write(b"x")
    first.sync(hq)
    clone.sync(hq)
    first.sync(hq)
    first.sync(hq)
    report = first.sync(hq)
    assert (report.converged, report.rounds) == (True, 1)
    assert report.bytes_sent + report.bytes_received <= 400


def test_receipts_of_a_restored_store_whose_clock_fell_behind_are_believed_once_it_is_set(hq: Node) -> None:
    device = enrolled(hq, "device", scope_of(GAME, TEAM), 1)
    stream = device.write(b"one", audience=TEAM)
    device.sync(hq)
    chain = tuple(s for i in hq.log.index.statement_audiences if (s := hq.log.statement(i)) is not None)
    again = Node("hq", MemoryLog(WORLD_GAME, hq.log.state.store_id, b"r" * 16, ROOT_KEY.public_key), level=SAFE)
    again.log.append(Batch(statements=chain))
    device.write(b"two", audience=TEAM)

    def safe() -> set[tuple[bytes, int]]:
        device.sync(again)
        return {(one.epoch, one.seq) for one in device.log.receipts([stream]) if one.level == SAFE}

    again.clock_ms = hq.clock_ms - 500
    assert safe() == {(b"e" * 16, 0)}, "what seems older may be a receipt of before the restore that came late"
    again.clock_ms = hq.clock_ms + 500
    assert safe() == {(b"r" * 16, 1)}
