"""Packing: things into as few frames as hold them, by count and by bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from sync.limits import FRAME_BYTES_MAX, RUNS_IN_FRAME_MAX, STATEMENTS_IN_FRAME_MAX
from sync.messages import Data, Statements, Wanted
from sync.segment import Run, segment_bytes
from sync.statement import Statement
from sync.summary import Row

FRAME_FILL_BYTES = FRAME_BYTES_MAX - 1024
"""What estimates may fill of a frame; the rest is for the message around them."""

_MARK_BYTES = 45
_T = TypeVar("_T")


def pack(items: Iterable[_T], size: Callable[[_T], int], count_max: int) -> Iterator[tuple[_T, ...]]:
    """Groups of neighbours that fit one frame each; `size` is an upper bound of an item's inflated bytes."""
    group: list[_T] = []
    filled = 0
    for item in items:
        share = size(item)
        if group and (filled + share > FRAME_FILL_BYTES or len(group) == count_max):
            yield tuple(group)
            group, filled = [], 0
        group.append(item)
        filled += share
    if group:
        yield tuple(group)


def within_bytes(items: Iterable[_T], size: Callable[[_T], int], bytes_max: int) -> Iterator[_T]:
    """The first items up to a total of `bytes_max`, and at least one."""
    total = 0
    for item in items:
        total += size(item)
        if total > bytes_max and total > size(item):
            return
        yield item


def round_robin(sources: Iterable[Iterator[_T]]) -> Iterator[_T]:
    """One item of each source in turn, so that a long one does not keep the others waiting."""
    waiting = []
    for source in sources:  # the first turn opens the sources one by one, as far as anybody reads
        for item in source:
            yield item
            waiting.append(source)
            break
    while waiting:
        still = []
        for source in waiting:
            for item in source:
                yield item
                still.append(source)
                break
        waiting = still


def run_bytes(run: Run) -> int:
    """An upper bound of a run's share of a frame, inflated."""
    salts = sum(len(value) + 8 for _, value in run.salts)
    return segment_bytes(run.payloads) + 40 * len(run.hashes) + salts


def statement_bytes(statement: Statement) -> int:
    """An upper bound of a statement's share of a frame."""
    return len(statement.body) + len(statement.signature) + 12


def row_bytes(row: Row) -> int:
    """An upper bound of a row's share of a frame."""
    return 112 + _MARK_BYTES * (len(row.heads) + len(row.dangling) + len(row.bare))


def wanted_bytes(wanted: Wanted) -> int:
    """An upper bound of a want's share of a frame."""
    return 48 + _MARK_BYTES * (len(wanted.after) + len(wanted.dangling) + len(wanted.bare))


def pack_data(runs: Iterable[Run], bytes_max: int) -> list[Data]:
    """Runs in frames, up to a total of about `bytes_max` inflated bytes and at least one run."""
    return [Data(group) for group in pack(within_bytes(runs, run_bytes, bytes_max), run_bytes, RUNS_IN_FRAME_MAX)]


def pack_statements(statements: Sequence[Statement]) -> list[Statements]:
    """Statements in frames."""
    return [Statements(group) for group in pack(statements, statement_bytes, STATEMENTS_IN_FRAME_MAX)]
