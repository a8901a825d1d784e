"""The index of a log: all a session decides on, in memory, and overlays for writing.

A `LogIndex` is loaded when a log is opened and follows every commit. A
`Changes` collects what one transaction does and is applied after COMMIT, so
nobody ever reads what is not durable; on a rollback it is simply dropped.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sync.batch import DamagedPayload, ErasedPayload, HeadSignature, OwnEvents
from sync.directory import Directory
from sync.errors import LocalError
from sync.limits import GAPS_MAX
from sync.placement import HELD, STORED, Branch, Find, Placement, StreamState, place, row_of
from sync.segment import Segment, cleared
from sync.standing import may_count, standing
from sync.statement import Statement, read_claim, statement_id
from sync.stream import GameKey, stream_id
from sync.summary import Row, Summary, row_hash


class LogIndex:
    """Stream states by id, the summary over their rows, and the directory."""

    def __init__(self, game: GameKey, root_key: bytes | None = None) -> None:
        self.game = game
        self.summary = Summary()
        self.directory = Directory(root_key)
        self.streams: dict[bytes, StreamState] = {}
        self._ids_by_audience: dict[bytes, list[bytes]] = {}
        self.statement_audiences: dict[bytes, bytes] = {}
        self.epoch = b""
        """The store's restore epoch, where its log says so: a server takes it as the incarnation it writes in."""

    def load(self, states: Iterable[StreamState], statements: Iterable[Statement]) -> None:
        """Fill an empty index from what a store holds."""
        for state in states:
            self._put(state)
        self._add_statements(list(statements))

    def streams_of(self, audience: bytes) -> list[StreamState]:
        """The streams of one audience, without looking at the others: a large game has thousands."""
        return [self.streams[identity] for identity in self._ids_by_audience.get(audience, ())]

    def row(self, stream: bytes) -> Row | None:
        """A stream's row, or None where nothing signed is held."""
        state = self.streams.get(stream)
        return row_of(state) if state is not None else None

    def apply(self, changes: Changes) -> None:
        """Take over what a transaction has committed."""
        for state in changes.streams.values():
            self._put(state)
        self._add_statements(changes.statements)

    def _put(self, state: StreamState) -> None:
        if state.id not in self.streams:
            self._ids_by_audience.setdefault(state.key.audience, []).append(state.id)
        self.streams[state.id] = state
        row = row_of(state)
        if row is not None:
            self.summary.put(state.id, state.key.audience, row_hash(row))

    def _add_statements(self, statements: list[Statement]) -> None:
        for statement in statements:
            identity, audience = statement_id(statement.body), read_claim(statement).audience
            self.statement_audiences[identity] = audience
            self.summary.put(identity, audience, identity)
        self.directory.add(statements)


class Changes:
    """What one transaction does to a log: every later step sees the earlier ones."""

    def __init__(self, index: LogIndex) -> None:
        self._index = index
        self.streams: dict[bytes, StreamState] = {}
        self.statements: list[Statement] = []
        self._statement_ids: set[bytes] = set()

    def state(self, stream: bytes) -> StreamState | None:
        """A stream's state, with what this transaction changed."""
        return self.streams.get(stream) or self._index.streams.get(stream)

    def clear(self, segment: Segment) -> Segment:
        """The segment without what was erased, whoever brings it back; to be written in its place."""
        erased = self._index.directory.erased(segment.stream)
        return cleared(segment, erased) if erased else segment

    def place(self, segment: Segment, find: Find) -> Placement:
        """Place a checked and cleared segment; `find` must see this transaction's own rows."""
        erased = self._index.directory.erased(segment.stream)
        placement = place(self.state(segment.stream), segment, find, erased)
        if placement.inserts or placement.fills or placement.signature:
            self.streams[segment.stream] = placement.state
        return placement

    def verdicts(self, placement: Placement, segment: Segment, find: Find) -> tuple[int, ...]:
        """The verdicts to answer, once the segment is written: what does not count is stored but held."""
        directory, state = self._index.directory, placement.state
        if directory.may_write(state.key):
            return placement.verdicts
        counting: set[bytes] = set()
        if may_count(directory, state):
            last_by_branch = {piece.branch: piece.last_seq for piece in standing(directory, state, find)}
            held = find(state.id, segment.first_seq, segment.last_seq)
            counting = {event.id for event in held if event.seq <= last_by_branch.get(event.branch, -1)}
        return tuple(
            HELD if verdict == STORED and identity not in counting else verdict
            for verdict, identity in zip(placement.verdicts, segment.ids, strict=True)
        )

    def extend(self, own: OwnEvents) -> int:
        """Append own events after the tip, unsigned; returns their branch.

        Raises `LocalError` (`not_the_tip`) where they do not follow a branch's tip.
        """
        stream = stream_id(own.key)
        state = self.state(stream) or StreamState(stream, own.key)
        first, last = own.events[0], own.events[-1]
        if not state.branches and first.seq == 0:
            branch = Branch(0, 0, first.previous, -1, first.previous, last.seq, last.id)
            self.streams[stream] = StreamState(stream, own.key, (branch,))
            return 0
        for branch in state.branches:
            if branch.tip_seq == first.seq - 1 and branch.tip == first.previous:
                self._replace(state, msgspec.structs.replace(branch, tip_seq=last.seq, tip=last.id))
                return branch.number
        raise LocalError("not_the_tip", f"event {first.seq} does not follow the tip of its stream")

    def sign(self, signature: HeadSignature) -> None:
        """Move the signed head of an own branch."""
        state = self.state(signature.stream)
        branch = next((b for b in state.branches if b.number == signature.branch), None) if state else None
        if state is None or branch is None or not branch.first_seq <= signature.seq <= branch.tip_seq:
            raise LocalError("not_held", f"event {signature.seq} was signed but is not held")
        if signature.seq > branch.head_seq:
            self._replace(state, msgspec.structs.replace(branch, head_seq=signature.seq, head=signature.id))

    def damage(self, damaged: DamagedPayload) -> bool:
        """Note that a held payload is damaged; returns whether its row is to be emptied.

        False where it is noted already, or where the stream has `GAPS_MAX` gaps
        and would outgrow its row; a later check finds it again.
        """
        state = self.state(damaged.stream)
        branch = next((b for b in state.branches if b.number == damaged.branch), None) if state else None
        if state is None or branch is None or not branch.first_seq <= damaged.seq <= branch.tip_seq:
            raise LocalError("not_held", f"event {damaged.seq} is called damaged but is not held")
        mark = (damaged.seq, damaged.id)
        if mark in state.bare or len(state.bare) + len(state.dangling) >= GAPS_MAX:
            return False
        self.streams[state.id] = msgspec.structs.replace(state, bare=tuple(sorted((*state.bare, mark))))
        return True

    def erase(self, erased: ErasedPayload) -> None:
        """Note that a held event is erased: it is no gap any more."""
        state = self.state(erased.stream)
        if state is None:
            raise LocalError("not_held", f"event {erased.seq} is called erased but is not held")
        bare = tuple(mark for mark in state.bare if mark != (erased.seq, erased.id))
        self.streams[state.id] = msgspec.structs.replace(state, bare=bare)

    def add_statement(self, statement: Statement) -> bool:
        """Note a verified statement; returns whether it is new."""
        identity = statement_id(statement.body)
        if identity in self._index.statement_audiences or identity in self._statement_ids:
            return False
        self._statement_ids.add(identity)
        self.statements.append(statement)
        return True

    def _replace(self, state: StreamState, branch: Branch) -> None:
        branches = tuple(branch if b.number == branch.number else b for b in state.branches)
        self.streams[state.id] = msgspec.structs.replace(state, branches=branches)
