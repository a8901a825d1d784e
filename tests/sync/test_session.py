"""Two nodes, one protocol: what a session must and must not do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nodes import Node, authority_statement, enrolled, memory_node

from sync.batch import Batch
from sync.receipt import SAFE
from sync.stream import ALL, GAME, scope_of, team_audience

TEAM = team_audience(b"a" * 16)


def test_a_devices_first_session_takes_its_events_and_its_enrolment_to_hq(hq: Node) -> None:
    device = enrolled(hq, "device", scope_of(GAME, TEAM))
    device.write(b"one", b"two", audience=TEAM)
    report = device.sync(hq)
    assert report.converged
    assert hq.root(device.scope) == device.root()
    assert device.sync(hq).rounds == 1


def test_new_events_of_a_known_device_need_one_round_and_earn_a_safe_receipt(hq: Node) -> None:
    device = enrolled(hq, "device", scope_of(GAME, TEAM))
    device.write(b"one", audience=TEAM)
    device.sync(hq)
    stream = device.write(*[b"%d" % i for i in range(50)], audience=TEAM)
    report = device.sync(hq)
    assert (report.converged, report.rounds, report.verdicts) == (True, 1, {"stored": 50})
    assert (SAFE, 50) in {(r.level, r.seq) for r in device.log.receipts([stream])}


def test_an_idle_session_is_one_round_of_at_most_400_bytes(hq: Node) -> None:
    device = enrolled(hq, "device", scope_of(GAME, TEAM))
    device.write(b"one", audience=TEAM)
    device.sync(hq)
    device.sync(hq)
    report = device.sync(hq)
    assert report.rounds == 1
    assert report.bytes_sent + report.bytes_received <= 400


def test_two_nodes_of_everything_exchange_both_ways(hq: Node) -> None:
    edge = enrolled(hq, "edge", ALL)
    hq.write(*[b"h%d" % i for i in range(250)])
    edge.write(*[b"e%d" % i for i in range(130)])
    report = edge.sync(hq)
    assert report.converged
    assert (report.sent, report.received) == (130, 250)


def test_what_is_urgent_is_there_after_the_first_round_whoever_wrote_it(hq: Node) -> None:
    edge = enrolled(hq, "edge", ALL)
    devices = [enrolled(hq, f"d{i}", scope_of(GAME, TEAM)) for i in range(20)]
    streams = [device.write(*[b"%d" % n for n in range(300)], audience=TEAM) for device in devices]
    for device in devices:
        device.sync(edge)

    def cut_after_the_first(body: bytes, respond: Callable[[bytes], bytes]) -> bytes:
        if len(edge.sent) > 1:
            raise ConnectionError
        return respond(body)

    with pytest.raises(ConnectionError):
        edge.sync(hq, cut_after_the_first, urgent=frozenset(streams[7:8]))
    assert [s for s in streams if s in hq.log.index.streams] == [streams[7]]
    assert hq.log.index.streams[streams[7]].branches[0].tip_seq == 299


def test_what_is_urgent_and_safe_is_not_sent_again(hq: Node) -> None:
    edge = enrolled(hq, "edge", ALL)
    device = enrolled(hq, "device", scope_of(GAME, TEAM))
    stream = device.write(*[b"%d" % n for n in range(300)], audience=TEAM)
    device.sync(edge)
    edge.sync(hq)
    edge.sync(hq)
    report = edge.sync(hq, urgent=frozenset({stream, b"unknown" * 4}))
    assert (report.converged, report.rounds) == (True, 1)
    assert report.bytes_sent + report.bytes_received <= 400


def test_many_streams_converge_bucket_by_bucket(hq: Node) -> None:
    edge = enrolled(hq, "edge", ALL)
    for i in range(300):
        device = memory_node(f"d{i}", scope_of(GAME))
        device.write(b"x", b"y")
        device.sync(edge if i % 2 else hq)
    report = edge.sync(hq)
    assert report.converged, report.problems
    assert len(hq.log.index.streams) == 300


def test_a_fork_keeps_both_branches_on_both_nodes(hq: Node) -> None:
    first = enrolled(hq, "device", ALL)
    first.write(b"a", b"b", b"c")
    clone = enrolled(hq, "device", ALL)
    clone.write(b"a", b"b", b"c")
    first.write(b"x1", b"x2")
    clone.write(b"y1")
    first.sync(hq)
    report = clone.sync(hq)
    assert report.converged
    assert report.verdicts.get("fork", 0) == 1
    first.sync(hq)
    state = hq.log.index.streams[first.write(b"z")]
    assert state.forked
    assert first.sync(hq).converged
    assert clone.sync(hq).converged
    assert first.root() == clone.root() == hq.root()


def test_a_node_that_is_not_enrolled_pushes_into_custody_and_reads_nothing(hq: Node) -> None:
    hq.write(b"secret", audience=TEAM)
    stranger = memory_node("stranger", scope_of(TEAM))
    stranger.log.append(Batch(statements=(authority_statement(hq.key),)))
    stream = stranger.write(b"mine", audience=TEAM)
    report = stranger.sync(hq)
    assert not report.converged
    assert report.verdicts == {"held": 1}
    assert "not_enrolled" in {problem.code for problem in report.problems}
    assert [r.level for r in stranger.log.receipts([stream])] == [1]
    assert len(stranger.log.index.streams) == 1
