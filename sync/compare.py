"""Comparing: from the peer's rows to what it lacks and what I lack.

The rule that keeps this safe: decide only from what both hold now, as the rows
say it, never from remembered acknowledgements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.directory import Statement
from sync.limits import LOCATOR_ENTRIES_MAX, STATEMENTS_IN_FRAME_MAX, WANTS_IN_FRAME_MAX
from sync.log import EventLog
from sync.messages import Rows, Statements, Want, Wanted
from sync.placement import Branch, StreamState, signed_heads
from sync.runs import cut_runs
from sync.segment import Run
from sync.stream import Scope, stream_id
from sync.summary import Mark, Row, row_hash

Range = tuple[Branch, int, int]
"""Events of a branch, first to last number."""


class Difference:
    """What one set of the peer's rows differs in from a log, within a scope."""

    def __init__(self, log: EventLog, scope: Scope, rows: Sequence[Rows]) -> None:
        self._log = log
        buckets = None if any(not r.buckets for r in rows) else frozenset(b for r in rows for b in r.buckets)
        mine = set(log.index.summary.ids(scope, buckets))
        self._their_rows = {stream_id(row.key): row for message in rows for row in message.streams}
        self._their_statements = {identity for message in rows for identity in message.statements}
        statements = log.index.statement_audiences
        self._streams_only_mine = sorted(i for i in mine if i not in self._their_rows and i not in statements)
        self._statements_only_mine = sorted(i for i in mine if i in statements and i not in self._their_statements)

    def offers(self) -> Iterator[Run]:
        """Runs the peer lacks, streams it does not know first."""
        for identity in self._streams_only_mine:
            yield from serve(self._log, Wanted(identity, ()))
        for identity, row in self._differing():
            state = self._log.index.streams.get(identity)
            if state is not None and any(locate(self._log, state, mark) is not None for mark in row.heads):
                yield from serve(self._log, Wanted(identity, row.heads, row.dangling, row.bare))

    def statements(self) -> list[Statement]:
        """Statements the peer lacks."""
        found = (self._log.statement(identity) for identity in self._statements_only_mine)
        return [statement for statement in found if statement is not None]

    def want(self) -> Want:
        """What I lack, at most one frame of it; the next round asks for the rest."""
        wanted = (want_of(self._log, identity, row) for identity, row in self._differing())
        streams = [w for w in wanted if w is not None]
        lacking = sorted(self._their_statements - set(self._log.index.statement_audiences))
        return Want(tuple(streams[:WANTS_IN_FRAME_MAX]), tuple(lacking[:WANTS_IN_FRAME_MAX]))

    def _differing(self) -> Iterator[tuple[bytes, Row]]:
        for identity, row in sorted(self._their_rows.items()):
            mine = self._log.index.row(identity)
            if mine is None or row_hash(mine) != row_hash(row):
                yield identity, row


def want_of(log: EventLog, identity: bytes, row: Row) -> Wanted | None:
    """What the peer's row of a stream shows that this log lacks, or None."""
    state = log.index.streams.get(identity)
    if state is None:
        return Wanted(identity, ())
    unknown = [mark for mark in row.heads if locate(log, state, mark) is None]
    dangling = tuple(mark for mark in state.dangling if mark not in row.dangling)
    bare = tuple(mark for mark in state.bare if mark not in row.bare)
    if not (unknown or dangling or bare):
        return None
    heads = signed_heads(state)
    ahead = bool(unknown) and bool(heads) and max(unknown)[0] > max(heads)[0] and len(heads) == 1
    after = heads if ahead or not unknown else _locator(log, state, heads)
    return Wanted(identity, after[:LOCATOR_ENTRIES_MAX], state.dangling, bare)


def _locator(log: EventLog, state: StreamState, heads: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """My heads and events ever further back, so that a fork's origin is found in one step."""
    marks = set(heads)
    for branch in state.branches:
        step, seq = 1, branch.head_seq - 1
        while seq >= branch.first_seq and len(marks) < LOCATOR_ENTRIES_MAX:
            marks.update((event.seq, event.id) for event in log.read(state.id, branch.number, seq, seq))
            step, seq = step * 2, seq - step * 2
    return tuple(sorted(marks, reverse=True))


def serve(log: EventLog, wanted: Wanted) -> Iterator[Run]:
    """The runs that bring somebody who holds `wanted.after` (and lacks the rest) up to date."""
    state = log.index.streams.get(wanted.stream)
    if state is None:
        return
    for branch, first_seq, last_seq in _lacking(log, state, wanted):
        yield from cut_runs(log, state, branch, first_seq, last_seq)


def locate(log: EventLog, state: StreamState, mark: Mark) -> Branch | None:
    """The branch that holds an event, or None where the log does not hold it."""
    seq, identity = mark
    for branch in state.branches:
        if branch.tip == identity or branch.head == identity:
            return branch if branch.first_seq <= seq <= branch.tip_seq else None
    inside = any(branch.first_seq <= seq <= branch.tip_seq for branch in state.branches)
    for event in log.find(state.id, seq, seq) if inside else ():
        if event.id == identity:
            return next(branch for branch in state.branches if branch.number == event.branch)
    return None


def _lacking(log: EventLog, state: StreamState, wanted: Wanted) -> list[Range]:
    """The complement of what the peer knows, plus the payloads it misses."""
    known = _known(log, state, wanted)
    ranges: list[Range] = []
    for branch in state.branches:
        first_seq = branch.first_seq
        for low, high in sorted(known.get(branch.number, ())):
            if low > first_seq:
                ranges.append((branch, first_seq, low - 1))
            first_seq = max(first_seq, high + 1)
        if first_seq <= branch.head_seq:
            ranges.append((branch, first_seq, branch.head_seq))
    for mark in wanted.bare:
        branch_of_bare = locate(log, state, mark)
        if branch_of_bare is not None and mark not in state.bare and mark[0] <= branch_of_bare.head_seq:
            ranges.append((branch_of_bare, mark[0], mark[0]))
    return sorted(ranges, key=lambda r: (r[1], r[0].number))


def _known(log: EventLog, state: StreamState, wanted: Wanted) -> dict[int, list[tuple[int, int]]]:
    """By branch number, the ranges below the peer's marks, down to where its past is missing."""
    floors = [(seq, branch) for seq, i in wanted.dangling if (branch := locate(log, state, (seq, i))) is not None]
    known: dict[int, list[tuple[int, int]]] = {}
    for mark in wanted.after:
        branch, high = locate(log, state, mark), mark[0]
        while branch is not None:
            cut = [seq + 1 for seq, holder in floors if holder.number == branch.number and seq < high]
            known.setdefault(branch.number, []).append((max([branch.first_seq, *cut]), high))
            if cut or branch.first_seq == 0:
                break
            high = branch.first_seq - 1
            branch = locate(log, state, (high, branch.base))
    return known


def rows_of(log: EventLog, scope: Scope, buckets: frozenset[int] | None) -> tuple[list[Row], list[bytes]]:
    """My rows and statement ids in a scope, in some buckets or (None) in all."""
    rows, statements = [], []
    for identity in log.index.summary.ids(scope, buckets):
        row = log.index.row(identity)
        if row is not None:
            rows.append(row)
        else:
            statements.append(identity)
    return rows, statements


def pack_statements(statements: Sequence[Statement]) -> list[Statements]:
    """Statements in frames."""
    step = STATEMENTS_IN_FRAME_MAX // 4
    return [Statements(tuple(statements[i : i + step])) for i in range(0, len(statements), step)]
