"""Held: what a revoked key wrote beyond its pins, or a stranger ever, is kept and forwarded, and counts for nothing."""

from __future__ import annotations

from itertools import permutations

from nodes import (
    Node,
    authority,
    authority_statement,
    enrolled,
    enrolment_statement,
    key_of,
    memory_node,
    run_of,
    segment_of,
    stated,
)

from sync.batch import Batch
from sync.placement import FORK, HELD, STORED
from sync.segment import Run
from sync.standing import Piece, standing, stands
from sync.statement import Pin, Revocation, Statement
from sync.stream import GAME, scope_of

HQ = key_of("hq")
SCOPE = scope_of(GAME)
FIRST = run_of("phone", [b"0", b"1", b"2"])
IDS = segment_of(FIRST).ids
LATER = run_of("phone", [b"3", b"4"], 3, IDS[2])
FORKED = run_of("phone", [b"thief"], 2, IDS[1])
STREAM = segment_of(FIRST).stream
PIN = Pin(STREAM, 2, IDS[2])
ENROLS = (authority_statement(HQ), enrolment_statement(HQ, key_of("phone"), SCOPE))


def revokes(*pins: Pin) -> Statement:
    return stated(HQ, Revocation(key_of("phone").public_key, pins))


def counting(node: Node) -> set[bytes]:
    """The payloads that count, of everything the node holds."""
    log = node.log
    pieces = [(s.id, p) for s in log.index.streams.values() for p in standing(log.index.directory, s, log.find)]
    return {e.payload or b"" for stream, p in pieces for e in log.read(stream, p.branch, p.first_seq, p.last_seq)}


def given(node: Node, *parts: Statement | Run) -> Node:
    for part in parts:
        segments = (segment_of(part),) if isinstance(part, Run) else ()
        node.log.append(Batch(segments, () if isinstance(part, Run) else (part,)))
    return node


def test_what_counts_of_a_revoked_device_is_the_same_in_whatever_order_everything_came() -> None:
    parts = (*ENROLS[1:], revokes(PIN), FIRST, LATER, FORKED)
    results = {frozenset(counting(given(memory_node("x"), ENROLS[0], *order))) for order in permutations(parts)}
    assert results == {frozenset({b"0", b"1", b"2"})}


def test_a_thief_gains_nothing_by_a_fork_below_the_pin_nor_by_a_fresh_incarnation() -> None:
    node = given(memory_node("x"), *ENROLS, FIRST, revokes(PIN))
    fresh = memory_node("phone")
    fresh.incarnation = b"j" * 16
    stream = fresh.write(b"fresh")
    fresh.sync(given(node, FORKED))
    assert stream in node.log.index.streams
    assert counting(node) == {b"0", b"1", b"2"}


def test_several_revocations_leave_what_all_of_them_pin() -> None:
    node = given(memory_node("x"), *ENROLS, FIRST, LATER, revokes(PIN), revokes(Pin(STREAM, 1, IDS[1])))
    assert counting(node) == {b"0", b"1"}


def test_a_pin_on_one_branch_of_a_fork_leaves_the_other_only_what_both_share() -> None:
    node = given(memory_node("x"), *ENROLS, FIRST, FORKED, revokes(Pin(STREAM, 2, segment_of(FORKED).ids[0])))
    assert counting(node) == {b"0", b"1", b"thief"}
    state = node.log.index.streams[STREAM]
    assert not stands(node.log.index.directory, state, (2, IDS[2]), node.log.find)
    assert stands(node.log.index.directory, state, (1, IDS[1]), node.log.find)


def test_a_revocation_by_its_number_alone_pins_nothing() -> None:
    node = given(memory_node("x"), *ENROLS, FIRST, revokes(Pin(STREAM, 2, b"?" * 32)))
    assert counting(node) == set()


def test_held_events_count_as_soon_as_their_writer_is_enrolled() -> None:
    node = given(memory_node("x"), ENROLS[0])
    assert node.log.append(Batch((segment_of(FIRST),))).verdicts == ((HELD,) * 3,)
    assert counting(node) == set()
    assert counting(given(node, ENROLS[1])) == {b"0", b"1", b"2"}


def test_the_verdict_on_a_revoked_keys_events_is_held_beyond_the_pin_and_stored_below() -> None:
    node = given(memory_node("x"), *ENROLS, revokes(PIN))
    whole = run_of("phone", [b"0", b"1", b"2", b"3"])
    assert node.log.append(Batch((segment_of(whole),))).verdicts == ((STORED, STORED, STORED, HELD),)
    assert node.log.append(Batch((segment_of(FORKED),))).verdicts == ((FORK,),)
    state = node.log.index.streams[STREAM]
    assert standing(node.log.index.directory, state, node.log.find) == [Piece(0, 0, 2)]


def test_a_revoked_device_with_unsent_events_still_hands_them_in_and_reads_no_more() -> None:
    hq = authority()
    device = enrolled(hq, "phone", SCOPE)
    device.write(b"sent")
    device.sync(hq)
    (state,) = hq.log.index.streams.values()
    hq.write(b"a secret of later")
    given(hq, stated(hq.key, Revocation(device.key.public_key, (Pin(state.id, 0, state.branches[0].head),))))
    device.write(b"unsent")
    report = device.sync(hq)
    assert report.verdicts == {"held": 1}
    assert "not_enrolled" in {problem.code for problem in report.problems}
    assert {len(s.branches) for s in device.log.index.streams.values()} == {1}
    assert counting(hq) == {b"sent", b"a secret of later"}


def test_a_revoked_key_shares_the_strangers_quota_but_for_what_its_pins_leave_it() -> None:
    hq = authority()
    hq.quota_bytes = 0
    given(hq, *ENROLS[1:], revokes(PIN))
    fresh = memory_node("phone")
    fresh.incarnation = b"j" * 16
    fresh.write(b"gigabytes")
    assert fresh.sync(hq).verdicts["busy"] > 0
    late = given(memory_node("phone"), FIRST)
    assert "busy" not in late.sync(hq).verdicts
    assert counting(hq) == {b"0", b"1", b"2"}
