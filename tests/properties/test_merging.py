"""Merging is commutative, associative and idempotent, and what one log holds it can give to any other."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from nodes import ROOT_KEY, WORLD_GAME, run_of, segment_of

from sync.batch import Batch
from sync.compare import serve
from sync.event import ORIGIN
from sync.memory_log import MemoryLog
from sync.messages import Wanted
from sync.segment import Run, make_run
from sync.stream import ALL

LARGE = 7_000
"""Four of these fill a segment, so that runs are cut where they were not signed."""


@dataclass(frozen=True)
class Piece:
    """A run to make: after which earlier piece, of how many events, how large, with which payloads left out."""

    name: str
    parent: int
    count: int
    large: bool
    missing: int
    joined: bool


PIECES = st.lists(
    st.builds(
        Piece,
        st.sampled_from(["a", "a", "a", "b"]),
        st.integers(-1, 30),
        st.integers(1, 4),
        st.booleans(),
        st.sampled_from([0, 0, 1, 2, 5]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def make(pieces: list[Piece]) -> list[Run]:
    """Runs that form trees: equal parents are forks, a joined run begins with its parent's last events."""
    runs: list[tuple[Piece, Run]] = []
    for number, piece in enumerate(pieces):
        earlier = [run for other, run in runs if other.name == piece.name]
        parent = segment_of(earlier[piece.parent % len(earlier)]) if earlier and piece.parent >= 0 else None
        size = LARGE if piece.large else 3
        payloads = [(b"%d.%d " % (number, i)).ljust(size, b".") for i in range(piece.count)]
        if piece.joined and parent is not None and None not in parent.payloads and len(parent.ids) == 1:
            payloads = [p for p in parent.payloads if p is not None] + payloads[:3]
            first_seq, previous = parent.first_seq, parent.previous
        else:
            first_seq, previous = (parent.last_seq + 1, parent.ids[-1]) if parent else (0, ORIGIN)
        runs.append((piece, run_of(piece.name, payloads, first_seq, previous)))
    return [without_payloads(run, piece.missing) for piece, run in runs]


def without_payloads(run: Run, missing: int) -> Run:
    """The run, bare where the bits of `missing` say so."""
    segment = segment_of(run)
    events = [
        msgspec.structs.replace(segment.event(i), payload=None) if missing >> i & 1 else segment.event(i)
        for i in range(len(segment.ids))
    ]
    return make_run(run.key, events, run.signature)


def holding(batches: list[list[Run]]) -> MemoryLog:
    log = MemoryLog(WORLD_GAME, b"m" * 16, b"e" * 16, ROOT_KEY.public_key)
    for batch in batches:
        log.append(Batch(segments=tuple(map(segment_of, batch))))
    return log


def events_of(log: MemoryLog) -> set[tuple[bytes, int, bytes, bytes, bytes | None]]:
    """Every event held, whatever branch it stands in."""
    return {
        (event.stream, event.seq, event.previous, event.id, event.payload)
        for state in log.index.streams.values()
        for branch in state.branches
        for event in log.read(state.id, branch.number, branch.first_seq, branch.tip_seq)
    }


@given(PIECES, st.data())
@settings(max_examples=150)
def test_any_order_grouping_and_repetition_of_runs_gives_the_same_rows_and_root(
    pieces: list[Piece], data: st.DataObject
) -> None:
    runs = make(pieces)
    straight = holding([[run] for run in runs])
    shuffled = data.draw(st.permutations(runs))
    repeated = [*shuffled, *data.draw(st.lists(st.sampled_from(runs), max_size=4))]
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(repeated) - 1)), max_size=4)))
    groups = [repeated[i:j] for i, j in zip([0, *cuts], [*cuts, len(repeated)], strict=True)]
    other = holding(groups)
    assert {i: straight.index.row(i) for i in straight.index.streams} == {
        i: other.index.row(i) for i in other.index.streams
    }
    assert straight.index.summary.root(ALL) == other.index.summary.root(ALL)
    assert events_of(straight) == events_of(other)


@given(PIECES, st.data())
@settings(max_examples=150)
def test_a_log_can_give_everything_it_holds_in_whatever_order_it_came(pieces: list[Piece], data: st.DataObject) -> None:
    log = holding([[run] for run in data.draw(st.permutations(make(pieces)))])
    given_out = [run for stream in log.index.streams for run in serve(log, Wanted(stream, ()))]
    copy = holding([given_out])
    assert events_of(copy) == events_of(log)
    assert copy.index.summary.root(ALL) == log.index.summary.root(ALL)


@given(PIECES, st.data())
@settings(max_examples=150)
def test_what_a_row_calls_for_is_exactly_what_its_holder_lacks(pieces: list[Piece], data: st.DataObject) -> None:
    runs = make(pieces)
    log = holding([[run] for run in runs])
    part = holding([data.draw(st.lists(st.sampled_from(runs), min_size=1))])
    for stream in part.index.streams:
        row = part.index.row(stream)
        assert row is not None
        missing = serve(log, Wanted(stream, row.heads, row.dangling, row.bare))
        part.append(Batch(segments=tuple(map(segment_of, missing))))
        assert part.index.row(stream) == log.index.row(stream)
