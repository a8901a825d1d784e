"""What every `EventLog` must do. Each implementation runs all of it: see `tests/support/event_logs.py` to plug one in.

A MemoryLog is driven in parallel as the model: after every batch both must say the same of everything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from event_logs import FACTORIES, LogFactory
from nodes import (
    ROOT_KEY,
    WORLD_GAME,
    authority_statement,
    bare,
    enrolment_statement,
    key_of,
    run_of,
    sealed,
    segment_of,
    stated,
)

from sync.batch import Batch, DamagedPayload, ErasedPayload, HeadSignature, Outcome, OwnEvents
from sync.digest import ROW, digest
from sync.erasing import due_erasures
from sync.errors import LocalError
from sync.event import ORIGIN
from sync.log import EventLog
from sync.memory_log import MemoryLog
from sync.placement import DUPLICATE, FORK, HELD, STORED
from sync.receipt import CUSTODY, SAFE, Receipt, receipt_message
from sync.segment import Run, Segment, make_run
from sync.statement import Erased, Erasure, statement_id
from sync.stream import ALL, GAME, scope_of, stream_id
from sync.summary import Row

HQ = key_of("hq")
ENROLMENTS = Batch(
    statements=(
        authority_statement(HQ),
        *(enrolment_statement(HQ, key_of(name), scope_of(GAME), n) for n, name in enumerate("abcd")),
    )
)


class Pair:
    """The log under test and the model, given the same batches."""

    def __init__(self, factory: LogFactory, folder: Path) -> None:
        self.factory, self.folder = factory, folder
        self.log = factory.open(folder)
        self.model = MemoryLog(WORLD_GAME, b"m" * 16, b"e" * 16, ROOT_KEY.public_key)

    def append(self, batch: Batch) -> Outcome:
        commits = self.log.state.commit_seq
        outcome = self.log.append(batch)
        assert outcome == self.model.append(batch)
        assert self.log.state.commit_seq > commits
        self.compare()
        return outcome

    def take(self, *runs: Run) -> list[tuple[int, ...]]:
        return list(self.append(Batch(segments=tuple(map(segment_of, runs)))).verdicts)

    def reopen(self) -> None:
        before = self.log.state
        self.factory.close(self.log)
        self.log = self.factory.open(self.folder)
        assert self.log.state == before
        self.compare()

    def compare(self) -> None:
        """Everything a session can ask of a log, asked of both."""
        log, model = self.log, self.model
        streams = log.index.streams
        for audience in {state.key.audience for state in streams.values()}:
            of_audience = {state.id: state for state in log.index.streams_of(audience)}
            assert of_audience == {i: state for i, state in streams.items() if state.key.audience == audience}
        assert log.index.summary.root(ALL) == model.index.summary.root(ALL)
        assert log.index.summary.count(ALL) == model.index.summary.count(ALL)
        assert log.index.streams == model.index.streams
        assert log.index.statement_audiences == model.index.statement_audiences
        assert log.index.directory.scopes == model.index.directory.scopes
        for state in model.index.streams.values():
            assert log.index.row(state.id) == model.index.row(state.id)
            for b in state.branches:
                for first in range(b.first_seq, b.tip_seq + 1, 100):
                    span = (state.id, b.number, first, min(first + 99, b.tip_seq))
                    assert log.read(*span) == model.read(*span)
                    assert log.signatures(*span) == model.signatures(*span)
            low, high = min(b.first_seq for b in state.branches), max(b.tip_seq for b in state.branches)
            assert sorted(log.find(state.id, low, high)) == sorted(model.find(state.id, low, high))
        streams = list(model.index.streams)
        assert as_set(log.receipts(streams)) == as_set(model.receipts(streams))


def as_set(receipts: list[Receipt]) -> set[bytes]:
    return {msgspec.msgpack.encode(receipt) for receipt in receipts}


@pytest.fixture(params=sorted(FACTORIES))
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    both = Pair(FACTORIES[request.param], tmp_path)
    both.append(ENROLMENTS)
    yield both
    both.factory.close(both.log)


def own_batch(name: str, payloads: list[bytes], first_seq: int = 0, previous: bytes = ORIGIN) -> tuple[Batch, bytes]:
    key, events, _ = sealed(name, payloads, first_seq, previous)
    return Batch(own=(OwnEvents(key, tuple(events)),)), events[-1].id


def last_id(run: Run) -> bytes:
    return segment_of(run).ids[-1]


def receipt(
    stream: bytes,
    seq: int,
    head: bytes,
    level: int,
    store: bytes = b"h" * 16,
    at_ms: int = 5,
    epoch: bytes = b"e" * 16,
) -> Receipt:
    draft = Receipt(HQ.public_key, store, epoch, stream, seq, head, level, at_ms)
    return msgspec.structs.replace(draft, signature=HQ.sign(receipt_message(WORLD_GAME, draft)))


def test_events_are_read_back_as_they_came(pair: Pair) -> None:
    run = run_of("a", [b"one", b"", b"\x00three"])
    assert pair.take(run) == [(STORED,) * 3]
    segment = segment_of(run)
    assert pair.log.read(segment.stream, 0, 0, 2) == [segment.event(i) for i in range(3)]
    assert pair.log.read(segment.stream, 0, 1, 1) == [segment.event(1)]
    assert pair.log.signatures(segment.stream, 0, 0, 2) == [(2, run.signature)]
    assert pair.log.read(segment.stream, 7, 0, 2) == []
    assert pair.log.read(b"?" * 32, 0, 0, 2) == []


def test_a_batch_is_stored_whole_or_not_at_all(pair: Pair) -> None:
    first = run_of("a", [b"one"])
    pair.take(first)
    before, root = pair.log.state, pair.log.index.summary.root(ALL)
    further = segment_of(run_of("a", [b"two"], 1, last_id(first)))
    stranded, _ = own_batch("b", [b"lost"], 5, b"x" * 32)
    statement = enrolment_statement(HQ, key_of("e"), scope_of(GAME), 9)
    bad = msgspec.structs.replace(stranded, segments=(further,), statements=(statement,))
    with pytest.raises(LocalError) as caught:
        pair.log.append(bad)
    assert caught.value.code == "not_the_tip"
    assert (pair.log.state, pair.log.index.summary.root(ALL)) == (before, root)
    assert pair.log.find(further.stream, 0, 9) == pair.model.find(further.stream, 0, 9)
    assert pair.log.statement(statement_id(statement.body)) is None
    pair.compare()
    assert pair.append(Batch(segments=(further,))).verdicts == ((STORED,),)


def test_a_signature_over_what_is_not_held_stores_nothing(pair: Pair) -> None:
    further = segment_of(run_of("a", [b"one"]))
    signature = HeadSignature(b"?" * 32, 0, 0, b"i" * 32, b"s" * 64)
    with pytest.raises(LocalError):
        pair.log.append(Batch(segments=(further,), signatures=(signature,)))
    assert pair.log.find(further.stream, 0, 9) == []
    pair.compare()


def test_a_log_that_is_opened_again_equals_what_was_closed(pair: Pair) -> None:
    if not pair.factory.durable:
        pair.compare()
        return
    first = run_of("a", [b"%d" % i for i in range(100)])
    fork = run_of("a", [b"y"], 50, segment_of(first).ids[49])
    piece = run_of("b", [b"later"], 7, b"p" * 32)
    pair.take(first, fork, bare(piece, 0))
    batch, _ = own_batch("c", [b"unsigned"])
    pair.append(batch)
    pair.append(Batch(receipts=(receipt(segment_of(first).stream, 99, last_id(first), SAFE),)))
    pair.reopen()
    assert pair.take(first) == [(DUPLICATE,) * 100]
    pair.reopen()


def test_what_is_known_already_is_a_duplicate_also_within_one_batch(pair: Pair) -> None:
    run = run_of("a", [b"one", b"two"])
    assert pair.take(run, run) == [(STORED,) * 2, (DUPLICATE,) * 2]
    root = pair.log.index.summary.root(ALL)
    assert pair.take(run) == [(DUPLICATE,) * 2]
    assert pair.log.index.summary.root(ALL) == root


def test_a_fork_keeps_both_branches(pair: Pair) -> None:
    first = run_of("a", [b"one", b"two", b"three"])
    second = run_of("a", [b"TWO", b"THREE", b"FOUR"], 1, segment_of(first).ids[0])
    assert pair.take(first) == [(STORED,) * 3]
    assert pair.take(second) == [(FORK, FORK, STORED)]
    stream = segment_of(first).stream
    state = pair.log.index.streams[stream]
    assert state.forked
    payloads = {b.number: [e.payload for e in pair.log.read(stream, b.number, 0, 9)] for b in state.branches}
    assert payloads == {0: [b"one", b"two", b"three"], 1: [b"TWO", b"THREE", b"FOUR"]}
    assert pair.log.read(stream, 1, 1, 1)[0].previous == segment_of(first).ids[0]


def test_a_fork_at_the_very_first_event_is_one_too(pair: Pair) -> None:
    assert pair.take(run_of("a", [b"one"]), run_of("a", [b"ONE"])) == [(STORED,), (FORK,)]
    assert len(pair.log.index.streams[segment_of(run_of("a", [b"one"])).stream].branches) == 2


def test_a_missing_payload_is_a_gap_until_it_comes(pair: Pair) -> None:
    run = run_of("a", [b"one", b"two", b"three"])
    stream, ids = segment_of(run).stream, segment_of(run).ids
    assert pair.take(bare(run, 1)) == [(STORED,) * 3]
    row = pair.log.index.row(stream)
    assert isinstance(row, Row)
    assert row.bare == ((1, ids[1]),)
    assert pair.log.read(stream, 0, 1, 1)[0].payload is None
    assert [h.has_payload for h in sorted(pair.log.find(stream, 0, 2), key=lambda h: h.seq)] == [True, False, True]
    assert pair.take(run) == [(DUPLICATE, STORED, DUPLICATE)]
    assert pair.log.index.streams[stream].bare == ()
    assert pair.log.read(stream, 0, 1, 1)[0] == segment_of(run).event(1)


def test_pieces_out_of_order_are_merged_when_their_past_arrives(pair: Pair) -> None:
    first = run_of("a", [b"0", b"1"])
    second = run_of("a", [b"2", b"3"], 2, last_id(first))
    third = run_of("a", [b"4"], 4, last_id(second))
    stream = segment_of(first).stream
    pair.take(third)
    assert pair.log.index.streams[stream].dangling == ((3, last_id(second)),)
    pair.take(first)
    assert len(pair.log.index.streams[stream].branches) == 2
    pair.take(second)
    state = pair.log.index.streams[stream]
    assert (len(state.branches), state.dangling, state.forked) == (1, (), False)
    number = state.branches[0].number
    assert [e.payload for e in pair.log.read(stream, number, 0, 4)] == [b"0", b"1", b"2", b"3", b"4"]
    assert [seq for seq, _ in pair.log.signatures(stream, number, 0, 4)] == [1, 3, 4]


def test_a_signature_below_the_head_is_kept_where_it_brought_events(pair: Pair) -> None:
    early = run_of("a", [b"0"])
    ids = segment_of(run_of("a", [b"0", b"1", b"2", b"3", b"4"])).ids
    pair.take(early, run_of("a", [b"3", b"4"], 3, ids[2]), run_of("a", [b"1", b"2", b"3"], 1, ids[0]))
    stream = segment_of(early).stream
    assert [seq for seq, _ in pair.log.signatures(stream, 0, 0, 4)] == [0, 3, 4]


def test_a_run_that_bridges_two_pieces_makes_them_one(pair: Pair) -> None:
    whole = run_of("a", [b"0", b"1", b"2", b"3"])
    ids = segment_of(whole).ids
    pair.take(run_of("a", [b"0"]), run_of("a", [b"2"], 2, ids[1]))
    pair.take(run_of("a", [b"1", b"2", b"3"], 1, ids[0]))
    state = pair.log.index.streams[segment_of(whole).stream]
    assert [(b.first_seq, b.head_seq) for b in state.branches] == [(0, 3)]


def test_own_events_are_in_no_row_until_they_are_signed(pair: Pair) -> None:
    root, count = pair.log.index.summary.root(ALL), pair.log.index.summary.count(ALL)
    batch, head = own_batch("a", [b"one", b"two"])
    pair.append(batch)
    stream = stream_id(batch.own[0].key)
    assert (pair.log.index.summary.root(ALL), pair.log.index.summary.count(ALL)) == (root, count)
    assert pair.log.index.row(stream) is None
    assert [e.payload for e in pair.log.read(stream, 0, 0, 1)] == [b"one", b"two"]
    more, tip = own_batch("a", [b"three"], 2, head)
    pair.append(more)
    _, _, signature = sealed("a", [b"one", b"two"])
    pair.append(Batch(signatures=(HeadSignature(stream, 0, 1, head, signature),)))
    row = pair.log.index.row(stream)
    assert row is not None
    assert row.heads == ((1, head),)
    assert pair.log.index.streams[stream].branches[0].tip == tip
    assert pair.log.signatures(stream, 0, 0, 2) == [(1, signature)]


def test_own_events_that_a_peer_brings_back_are_known(pair: Pair) -> None:
    batch, _ = own_batch("a", [b"one", b"two"])
    pair.append(batch)
    run = run_of("a", [b"one", b"two"])
    assert pair.take(run) == [(DUPLICATE,) * 2]
    assert pair.log.signatures(segment_of(run).stream, 0, 0, 1) == [(1, run.signature)]


def test_streams_that_are_not_enrolled_are_stored_and_held(pair: Pair) -> None:
    run = run_of("stranger", [b"one"])
    assert pair.take(run) == [(HELD,)]
    assert pair.take(run) == [(DUPLICATE,)]
    assert pair.log.read(segment_of(run).stream, 0, 0, 0)[0].payload == b"one"


def test_statements_are_kept_once_and_found_by_their_id(pair: Pair) -> None:
    statement = enrolment_statement(HQ, key_of("new"), scope_of(GAME), 7)
    assert pair.append(Batch(statements=(statement, statement))).statements_stored == 1
    assert pair.append(Batch(statements=(statement,))).statements_stored == 0
    assert pair.log.statement(statement_id(statement.body)) == statement
    assert pair.log.statement(b"?" * 32) is None
    assert pair.log.index.directory.scope_of(key_of("new").public_key) == scope_of(GAME)


def test_of_receipts_the_furthest_of_each_store_and_level_is_kept(pair: Pair) -> None:
    run = run_of("a", [b"%d" % i for i in range(9)])
    stream, ids = segment_of(run).stream, segment_of(run).ids
    pair.take(run)
    other = b"k" * 16
    given = [
        receipt(stream, 3, ids[3], CUSTODY),
        receipt(stream, 8, ids[8], CUSTODY),
        receipt(stream, 5, ids[5], CUSTODY, at_ms=99),
        receipt(stream, 4, ids[4], SAFE),
        receipt(stream, 2, ids[2], CUSTODY, other),
    ]
    for one in given:
        pair.append(Batch(receipts=(one,)))
    assert as_set(pair.log.receipts([stream])) == as_set([given[1], given[3], given[4]])
    assert pair.log.receipts([b"?" * 32]) == []
    assert pair.log.receipts([]) == []


def test_receipts_are_kept_for_each_branch_of_a_fork(pair: Pair) -> None:
    first = run_of("a", [b"0", b"1", b"2"])
    ids, stream = segment_of(first).ids, segment_of(first).stream
    second = run_of("a", [b"ONE"], 1, ids[0])
    pair.take(first, second)
    given = [receipt(stream, 2, ids[2], SAFE), receipt(stream, 1, last_id(second), SAFE)]
    pair.append(Batch(receipts=tuple(given)))
    assert as_set(pair.log.receipts([stream])) == as_set(given)
    pair.append(Batch(receipts=(receipt(stream, 1, ids[1], SAFE, at_ms=9),)))
    assert as_set(pair.log.receipts([stream])) == as_set(given)


def test_a_receipt_of_another_restore_epoch_takes_the_place_of_all_unless_it_is_older(pair: Pair) -> None:
    run = run_of("a", [b"0", b"1", b"2"])
    ids, stream = segment_of(run).ids, segment_of(run).stream
    pair.take(run)
    before = receipt(stream, 2, ids[2], SAFE, at_ms=5)
    restored = [receipt(stream, 1, ids[1], SAFE, epoch=b"f" * 16, at_ms=at_ms) for at_ms in (4, 6)]
    pair.append(Batch(receipts=(before, restored[0])))
    assert as_set(pair.log.receipts([stream])) == as_set([before])
    pair.append(Batch(receipts=(restored[1],)))
    assert as_set(pair.log.receipts([stream])) == as_set([restored[1]])


def test_an_erased_event_counts_as_held_and_is_never_taken_back(pair: Pair) -> None:
    run = run_of("a", [b"one", b"a secret", b"three"])
    segment = segment_of(run)
    pair.take(run)
    row = pair.log.index.row(segment.stream)
    pair.append(Batch(statements=(stated(HQ, Erasure((Erased(segment.stream, 1, segment.ids[1], b"fact"),))),)))
    due = due_erasures(pair.log)
    assert due == (ErasedPayload(segment.stream, 0, 1, segment.ids[1]),)
    pair.append(Batch(erased=due))
    assert pair.log.index.row(segment.stream) == row
    assert due_erasures(pair.log) == ()
    assert pair.take(run) == [(DUPLICATE,) * 3]
    events = pair.log.read(segment.stream, 0, 0, 2)
    assert [e.payload for e in events] == [b"one", None, b"three"]
    assert [(e.seed, e.salt is None) for e in events] == [(None, False), (None, True), (None, False)]
    whole = make_run(run.key, events, run.signature)
    assert segment_of(whole).ids == segment.ids
    if pair.factory.durable:
        pair.reopen()


def test_an_erasure_that_came_before_its_event_keeps_the_payload_out(pair: Pair) -> None:
    run = run_of("a", [b"one", b"a secret", b"three"])
    segment = segment_of(run)
    pair.append(Batch(statements=(stated(HQ, Erasure((Erased(segment.stream, 1, segment.ids[1], b""),))),)))
    pair.take(run)
    assert [e.payload for e in pair.log.read(segment.stream, 0, 0, 2)] == [b"one", None, b"three"]
    row = pair.log.index.row(segment.stream)
    assert row is not None
    assert row.bare == ()


def test_a_gap_that_is_erased_is_no_gap_any_more(pair: Pair) -> None:
    run = run_of("a", [b"one", b"a secret", b"three"])
    segment = segment_of(run)
    pair.take(bare(run, 1))
    pair.append(Batch(statements=(stated(HQ, Erasure((Erased(segment.stream, 1, segment.ids[1], b""),))),)))
    pair.append(Batch(erased=due_erasures(pair.log)))
    assert pair.log.index.streams[segment.stream].bare == ()


def test_a_new_restore_epoch_is_kept(pair: Pair) -> None:
    pair.append(Batch(epoch=b"n" * 16))
    assert pair.log.state.restore_epoch == b"n" * 16
    if pair.factory.durable:
        pair.reopen()


def test_a_payload_that_was_changed_at_rest_is_never_given_out(pair: Pair) -> None:
    run = run_of("a", [b"one", b"two", b"three"])
    stream = segment_of(run).stream
    pair.take(run)
    pair.factory.flip(pair.log, stream, 0, 1)
    assert [e.payload for e in pair.log.read(stream, 0, 0, 2)] == [b"one", None, b"three"]
    assert [e.id for e in pair.log.read(stream, 0, 0, 2)] == segment_of(run).ids


def test_a_damaged_payload_becomes_a_gap_and_is_filled_by_a_peer(pair: Pair) -> None:
    run = run_of("a", [b"one", b"two", b"three"])
    segment: Segment = segment_of(run)
    pair.take(run)
    pair.factory.flip(pair.log, segment.stream, 0, 1)
    pair.append(Batch(damaged=(DamagedPayload(segment.stream, 0, 1, segment.ids[1]),)))
    row = pair.log.index.row(segment.stream)
    assert row is not None
    assert row.bare == ((1, segment.ids[1]),)
    assert [h.has_payload for h in pair.log.find(segment.stream, 1, 1)] == [False]
    if pair.factory.durable:
        pair.reopen()
    assert pair.take(run) == [(DUPLICATE, STORED, DUPLICATE)]
    assert pair.log.read(segment.stream, 0, 0, 2) == [segment.event(i) for i in range(3)]


def test_random_batches_leave_it_equal_to_the_model(pair: Pair) -> None:
    seed = 20220604
    print(f"seed {seed}")
    rolls = random.Random(seed)
    runs: dict[str, list[Run]] = {name: [run_of(name, [b"first"])] for name in "abcd"}
    for number in range(60):
        name = rolls.choice("abcd")
        parent = segment_of(rolls.choice(runs[name]))
        count = rolls.randint(1, 5)
        payloads = [b"%s %d %d" % (name.encode(), number, i) for i in range(count)]
        fresh = run_of(name, payloads, parent.last_seq + 1, parent.ids[-1], seed=bytes((number,)) * 16)
        runs[name].append(fresh)
        if rolls.random() < 0.2:
            fresh = bare(fresh, rolls.randrange(count))
        again = rolls.choice(runs[rolls.choice("abcd")])
        chosen: list[Run] = [again] if rolls.random() < 0.3 else [fresh, again]
        pair.take(*chosen)
    if pair.factory.durable:
        pair.reopen()
    everything = [run for name in "abcd" for run in runs[name]]
    rolls.shuffle(everything)
    pair.take(*everything)
    assert digest(ROW) != pair.log.index.summary.root(ALL)
    assert all(not state.dangling and not state.bare for state in pair.log.index.streams.values())


def test_the_suite_runs_on_every_implementation() -> None:
    assert all(isinstance(factory.durable, bool) for factory in FACTORIES.values())
    assert "memory" in FACTORIES
    assert EventLog.__name__ == "EventLog"
