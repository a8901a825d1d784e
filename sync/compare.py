"""Comparing: from the peer's rows to what it lacks and what I lack.

The rule that keeps this safe: decide only from what both hold now, as the rows
say it, never from remembered acknowledgements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sync.limits import LOCATOR_ENTRIES_MAX, WANTS_IN_FRAME_MAX
from sync.log import EventLog
from sync.messages import Rows, Want, Wanted
from sync.packing import pack, round_robin, wanted_bytes
from sync.placement import Branch, StreamState, branch_of, signed_heads
from sync.runs import cut_runs
from sync.segment import Run
from sync.statement import Statement
from sync.stream import Scope, covers, stream_id
from sync.summary import Mark, Row, row_hash

Range = tuple[Branch, int, int]
"""Events of a branch, first to last number."""


class Difference:
    """What one set of the peer's rows differs in from a log, within a scope."""

    def __init__(self, log: EventLog, scope: Scope, rows: Sequence[Rows]) -> None:
        self._log = log
        buckets = None if any(not r.buckets for r in rows) else frozenset(b for r in rows for b in r.buckets)
        mine = set(log.index.summary.ids(scope, buckets))
        theirs = (row for message in rows for row in message.streams if covers(scope, row.key.audience))
        self._their_rows = {stream_id(row.key): row for row in theirs}
        self._their_statements = {identity for message in rows for identity in message.statements}
        statements = log.index.statement_audiences
        self._streams_only_mine = sorted(i for i in mine if i not in self._their_rows and i not in statements)
        self._statements_only_mine = sorted(i for i in mine if i in statements and i not in self._their_statements)

    def offers(self) -> Iterator[Run]:
        """Runs the peer lacks, streams it does not know first, a run of each in turn."""
        return round_robin(serve(self._log, wanted) for wanted in self._offered())

    def _offered(self) -> Iterator[Wanted]:
        may_write, streams = self._log.index.directory.may_write, self._log.index.streams
        for identity in sorted(self._streams_only_mine, key=lambda i: not may_write(streams[i].key)):
            yield Wanted(identity, ())
        for identity, row in self._differing():
            state = streams.get(identity)
            if state is not None and any(locate(self._log, state, mark) is not None for mark in row.heads):
                yield Wanted(identity, row.heads, row.dangling, row.bare)

    def statements(self) -> list[Statement]:
        """Statements the peer lacks."""
        found = (self._log.statement(identity) for identity in self._statements_only_mine)
        return [statement for statement in found if statement is not None]

    def want(self) -> Want:
        """What I lack, at most one frame of it; the next round asks for the rest."""
        wanted = (want_of(self._log, identity, row) for identity, row in self._differing())
        lacking = sorted(self._their_statements - set(self._log.index.statement_audiences))[:WANTS_IN_FRAME_MAX]
        room = WANTS_IN_FRAME_MAX - len(lacking) // 2  # 34 bytes each, half of the smallest want
        streams = next(pack((w for w in wanted if w is not None), wanted_bytes, room), ())
        return Want(streams, tuple(lacking))

    def _differing(self) -> Iterator[tuple[bytes, Row]]:
        """Enrolled streams come first: what a quota keeps out must not keep them waiting."""
        may_write = self._log.index.directory.may_write
        for identity, row in sorted(self._their_rows.items(), key=lambda item: (not may_write(item[1].key), item[0])):
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
    return Wanted(identity, after, state.dangling, bare)


def _locator(log: EventLog, state: StreamState, heads: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """My heads and events ever further back, so that a fork's origin is found in one step."""
    places = islice(round_robin(map(_steps_back, state.branches)), LOCATOR_ENTRIES_MAX)
    marks = {(e.seq, e.id) for number, seq in places for e in log.read(state.id, number, seq, seq)}
    return tuple(sorted({*heads, *marks}, reverse=True))


def _steps_back(branch: Branch) -> Iterator[tuple[int, int]]:
    step, seq = 1, branch.head_seq - 1
    while seq >= branch.first_seq:
        yield branch.number, seq
        step, seq = step * 2, seq - step * 2


def serve(log: EventLog, wanted: Wanted) -> Iterator[Run]:
    """The runs that bring somebody who holds `wanted.after` (and lacks the rest) up to date."""
    state = log.index.streams.get(wanted.stream)
    if state is None:
        return
    sent: dict[int, int] = {}  # a run may reach past its range, up to a signed head: not twice
    for branch, first_seq, last_seq in _lacking(log, state, wanted):
        for run in cut_runs(log, state, branch, max(first_seq, sent.get(branch.number, -1) + 1), last_seq):
            sent[branch.number] = run.first_seq + len(run.payloads) - 1
            yield run


def locate(log: EventLog, state: StreamState, mark: Mark) -> Branch | None:
    """The branch that holds an event, or None where the log does not hold it."""
    return branch_of(state, mark, log.find)


def shows(log: EventLog, wanted: Wanted, mark: Mark) -> bool:
    """Whether somebody who asks like this holds an event that this log holds."""
    state = log.index.streams.get(wanted.stream)
    branch = locate(log, state, mark) if state is not None else None
    if state is None or branch is None:
        return True  # nothing can be said
    return any(low <= mark[0] <= high for low, high in _known(log, state, wanted).get(branch.number, ()))


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
            cut = [seq + 1 for seq, holder in floors if holder.number == branch.number and seq <= high]
            low = max([branch.first_seq, *cut])
            if low <= high:
                known.setdefault(branch.number, []).append((low, high))
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
