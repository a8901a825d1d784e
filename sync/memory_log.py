"""An event log in memory: the reference implementation, and the store of tests and tools.

It does exactly what the durable logs do, in dictionaries; nothing outlives it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sync.batch import Batch, DamagedPayload, ErasedPayload, Outcome, OwnEvents
from sync.digest import salt_of
from sync.event import Event, header_prefix, intact
from sync.index import Changes, LogIndex
from sync.log import StoreState
from sync.placement import HeldEvent, Placement, StreamState
from sync.receipt import Receipt, displaced
from sync.segment import Segment
from sync.statement import Statement, statement_id
from sync.stream import GameKey, stream_id

Rows = dict[int, Event]
"""One branch: its events by number."""


class MemoryLog:
    """`EventLog` over dictionaries."""

    def __init__(self, game: GameKey, store_id: bytes, epoch: bytes, root_key: bytes | None = None) -> None:
        self.index = LogIndex(game, root_key)
        self.state = StoreState(store_id, epoch, 0)
        self._events: dict[bytes, dict[int, Rows]] = {}
        self._signatures: dict[bytes, dict[int, dict[int, bytes]]] = {}
        self._statements: dict[bytes, Statement] = {}
        self._receipts: dict[bytes, list[Receipt]] = {}

    def append(self, batch: Batch) -> Outcome:
        """Store a batch; see `EventLog.append`."""
        if batch.own or batch.signatures or batch.damaged:
            self._rehearse(batch)
        changes = Changes(self.index)
        verdicts = []
        for segment in map(changes.clear, batch.segments):
            placement = changes.place(segment, self.find)
            self._write(placement, segment)
            verdicts.append(changes.verdicts(placement, segment, self.find))
        for own in batch.own:
            self._write_own(own, changes.extend(own))
        for signed in batch.signatures:
            changes.sign(signed)
            self._branch_signatures(signed.stream, signed.branch)[signed.seq] = signed.signature
        fresh = [statement for statement in batch.statements if changes.add_statement(statement)]
        self._statements |= {statement_id(statement.body): statement for statement in fresh}
        for receipt in batch.receipts:
            self._keep_receipt(receipt, changes.state(receipt.stream))
        for damaged in batch.damaged:
            if changes.damage(damaged):
                self._empty(damaged)
        for erased in batch.erased:
            changes.erase(erased)
            self._erase(erased)
        self.index.apply(changes)
        self.state = StoreState(self.state.store_id, batch.epoch or self.state.restore_epoch, self.state.commit_seq + 1)
        return Outcome(tuple(verdicts), len(fresh))

    def read(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[Event]:
        """See `EventLog.read`."""
        rows = self._events.get(stream, {}).get(branch, {})
        prefix = header_prefix(self.index.game, stream)
        return [intact(rows[seq], prefix) for seq in range(first_seq, last_seq + 1) if seq in rows]

    def signatures(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """See `EventLog.signatures`."""
        signed = self._signatures.get(stream, {}).get(branch, {})
        return sorted(item for item in signed.items() if first_seq <= item[0] <= last_seq)

    def find(self, stream: bytes, first_seq: int, last_seq: int) -> list[HeldEvent]:
        """See `EventLog.find`."""
        return [
            HeldEvent(branch, seq, rows[seq].id, rows[seq].payload is not None)
            for branch, rows in self._events.get(stream, {}).items()
            for seq in range(first_seq, last_seq + 1)
            if seq in rows
        ]

    def statement(self, identity: bytes) -> Statement | None:
        """See `EventLog.statement`."""
        return self._statements.get(identity)

    def receipts(self, streams: Sequence[bytes]) -> list[Receipt]:
        """See `EventLog.receipts`."""
        return [receipt for stream in dict.fromkeys(streams) for receipt in self._receipts.get(stream, ())]

    def _rehearse(self, batch: Batch) -> None:
        """Raise now what this batch would raise half-way: dictionaries have no rollback."""
        changes, find = Changes(self.index), self._events
        if batch.segments:
            copy = MemoryLog(self.index.game, self.state.store_id, self.state.restore_epoch)
            copy._events = {s.stream: {b: dict(r) for b, r in find.get(s.stream, {}).items()} for s in batch.segments}
            for segment in batch.segments:
                copy._write(changes.place(segment, copy.find), segment)
        for own in batch.own:
            changes.extend(own)
        for signed in batch.signatures:
            changes.sign(signed)
        for damaged in batch.damaged:
            changes.damage(damaged)

    def _empty(self, damaged: DamagedPayload) -> None:
        rows = self._events[damaged.stream][damaged.branch]
        rows[damaged.seq] = msgspec.structs.replace(rows[damaged.seq], payload=None)

    def _erase(self, erased: ErasedPayload) -> None:
        branches = self._events[erased.stream]
        for rows in branches.values():
            for seq, event in rows.items():
                if event.seed is not None:
                    rows[seq] = msgspec.structs.replace(event, seed=None, salt=salt_of(event.seed, seq))
        row = branches[erased.branch][erased.seq]
        branches[erased.branch][erased.seq] = msgspec.structs.replace(row, payload=None, seed=None, salt=None)

    def _write(self, placement: Placement, segment: Segment) -> None:
        branches = self._events.setdefault(placement.stream, {})
        for branch, start, stop in placement.inserts:
            rows = branches.setdefault(branch, {})
            rows.update((segment.first_seq + i, segment.event(i)) for i in range(start, stop))
        for branch, position in placement.fills:
            branches[branch][segment.first_seq + position] = segment.event(position)
        if placement.signature is not None:
            branch, seq = placement.signature
            self._branch_signatures(placement.stream, branch)[seq] = segment.signature
        for branch, into in placement.merges:
            branches[into].update(branches.pop(branch))
            moved = self._signatures.get(placement.stream, {}).pop(branch, {})
            self._branch_signatures(placement.stream, into).update(moved)

    def _write_own(self, own: OwnEvents, branch: int) -> None:
        rows = self._events.setdefault(stream_id(own.key), {}).setdefault(branch, {})
        rows.update((event.seq, event) for event in own.events)

    def _branch_signatures(self, stream: bytes, branch: int) -> dict[int, bytes]:
        return self._signatures.setdefault(stream, {}).setdefault(branch, {})

    def _keep_receipt(self, receipt: Receipt, state: StreamState | None) -> None:
        held = self._receipts.setdefault(receipt.stream, [])
        dropped = displaced(held, receipt, state, self.find)
        if dropped is not None:
            self._receipts[receipt.stream] = [*(old for old in held if old not in dropped), receipt]
