"""What one transaction writes to a game's log, many pushes one after another.

Each push is staged under its own savepoint: one that fails is undone, in the
file and in memory, and the others of the group go on. Nothing outside sees
anything before `GameLog.apply` after COMMIT.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache
from itertools import chain

import msgspec

from sync.batch import Batch, DamagedPayload, ErasedPayload, Outcome, OwnEvents
from sync.digest import salt_of
from sync.index import Changes, LogIndex
from sync.placement import HeldEvent, Placement, StreamState
from sync.receipt import Receipt, displaced
from sync.segment import Segment
from sync.statement import statement_id
from sync.stream import StreamKey, stream_id

_INSERT_SIGNATURE = "INSERT OR REPLACE INTO signature (stream_no, branch, seq, signature) VALUES (?, ?, ?, ?)"
_INSERT_STREAM = "INSERT INTO stream (game_no, id, public_key, incarnation, audience, state) VALUES (?, ?, ?, ?, ?, ?)"
_FIND = "SELECT seq, id, payload IS NOT NULL FROM event WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ?"
_ENCODER = msgspec.msgpack.Encoder()
_RECEIPT_DECODER = msgspec.msgpack.Decoder(Receipt)

Also = Callable[[sqlite3.Connection], None]
"""A write to the cold tables that stands or falls with a batch."""


class LogTransaction:
    """A write transaction of one game, its commit number `commit_seq`. `changes` and `stream_nos` hold what it did."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        game_no: int,
        index: LogIndex,
        stream_nos: dict[bytes, int],
        commit_seq: int,
    ) -> None:
        self._connection = connection
        self._game_no = game_no
        self._index = index
        self._known_nos = stream_nos
        self.commit_seq = commit_seq
        self.changes = Changes(index)
        self.stream_nos: dict[bytes, int] = {}
        self.epoch = b""
        """The restore epoch that this transaction gave the store, if it did."""

    def store(self, batch: Batch) -> Outcome:
        """Write a batch and say what became of it; raises `sqlite3.Error`, `sync.errors.LocalError`."""
        verdicts = tuple([self._store_segment(self.changes.clear(segment)) for segment in batch.segments])
        for own in batch.own:
            self._store_own(own)
        for signed in batch.signatures:
            self.changes.sign(signed)
            self._sign(self._number(signed.stream), signed.branch, signed.seq, signed.signature)
            self._save_state(signed.stream)
        fresh = [statement for statement in batch.statements if self.changes.add_statement(statement)]
        self._connection.executemany(
            "INSERT OR IGNORE INTO statement (game_no, id, body, signature) VALUES (?, ?, ?, ?)",
            [(self._game_no, statement_id(s.body), s.body, s.signature) for s in fresh],
        )
        for receipt in batch.receipts:
            self._keep_receipt(receipt)
        for damaged in batch.damaged:
            if self.changes.damage(damaged):
                self._empty(damaged)
        for erased in batch.erased:
            self._erase(erased)
        if batch.epoch:
            self._renew(batch.epoch)
        return Outcome(verdicts, len(fresh))

    def store_apart(self, batch: Batch, also: Also | None = None) -> Outcome:
        """Store a batch, and do what else belongs to it, under its own savepoint.

        Where either fails, nothing of both stays and the error is raised.
        """
        streams, numbers = dict(self.changes.streams), dict(self.stream_nos)
        statements = list(self.changes.statements)
        self._connection.execute("SAVEPOINT push")
        try:
            outcome = self.store(batch)
            if also is not None:
                also(self._connection)
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have ended it already
                self._connection.execute("ROLLBACK TO push")
                self._connection.execute("RELEASE push")
            self.changes, self.stream_nos = Changes(self._index), numbers
            self.changes.streams = streams
            for statement in statements:
                self.changes.add_statement(statement)
            raise
        self._connection.execute("RELEASE push")
        return outcome

    def count(self) -> None:
        """Count this commit, so that other processes notice it. Once, before COMMIT."""
        self._connection.execute("UPDATE log SET commit_seq = ? WHERE game_no = ?", (self.commit_seq, self._game_no))

    def commit(self) -> None:
        """Count and COMMIT; what was stored is durable when this returns."""
        self.count()
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo everything in the file; the caller drops this object."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _store_segment(self, segment: Segment) -> tuple[int, ...]:
        placement = self.changes.place(segment, self._find)
        if placement.inserts or placement.fills or placement.signature:
            self._write(placement, segment)
        return self.changes.verdicts(placement, segment, self._find)

    def _write(self, placement: Placement, segment: Segment) -> None:
        number, is_new = self._number_of(placement.stream, segment.key)
        for branch, start, stop in placement.inserts:
            columns = (
                (number,) * (stop - start),
                (branch,) * (stop - start),
                range(segment.first_seq + start, segment.first_seq + stop),
                segment.ids[start:stop],
                segment.payload_hashes[start:stop],
                segment.payloads[start:stop],
                segment.seeds[start:stop],
                segment.salts[start:stop],
            )
            values = list(chain.from_iterable(zip(*columns, strict=True)))
            self._connection.execute(_insert_events(stop - start), values)
        for branch, i in placement.fills:
            self._connection.execute(
                "UPDATE event SET payload = ?, seed = ?, salt = ? WHERE stream_no = ? AND branch = ? AND seq = ?",
                (segment.payloads[i], segment.seeds[i], segment.salts[i], number, branch, segment.first_seq + i),
            )
        if placement.signature is not None:
            self._sign(number, *placement.signature, segment.signature)
        for branch, into in placement.merges:
            for table in ("event", "signature"):
                self._connection.execute(
                    f"UPDATE {table} SET branch = ? WHERE stream_no = ? AND branch = ?",  # noqa: S608 - two names of ours
                    (into, number, branch),
                )
        if not is_new:
            self._save_state(placement.stream)

    def _store_own(self, own: OwnEvents) -> None:
        branch = self.changes.extend(own)
        stream = stream_id(own.key)
        number, is_new = self._number_of(stream, own.key)
        rows = [(number, branch, e.seq, e.id, e.payload_hash, e.payload, e.seed, e.salt) for e in own.events]
        self._connection.executemany(_insert_events(1), rows)
        if not is_new:
            self._save_state(stream)

    def _empty(self, damaged: DamagedPayload) -> None:
        number = self._number(damaged.stream)
        self._connection.execute(
            "UPDATE event SET payload = NULL WHERE stream_no = ? AND branch = ? AND seq = ?",
            (number, damaged.branch, damaged.seq),
        )
        self._save_state(damaged.stream)

    def _erase(self, erased: ErasedPayload) -> None:
        """Empty the row, and give the other events of its stream their own salts in place of seeds."""
        self.changes.erase(erased)
        number, connection = self._number(erased.stream), self._connection
        seeded = connection.execute(
            "SELECT branch, seq, seed FROM event WHERE stream_no = ? AND seed IS NOT NULL", (number,)
        )
        connection.executemany(
            "UPDATE event SET seed = NULL, salt = ? WHERE stream_no = ? AND branch = ? AND seq = ?",
            [(salt_of(seed, seq), number, branch, seq) for branch, seq, seed in seeded.fetchall()],
        )
        connection.execute(
            "UPDATE event SET payload = NULL, seed = NULL, salt = NULL WHERE stream_no = ? AND branch = ? AND seq = ?",
            (number, erased.branch, erased.seq),
        )
        self._save_state(erased.stream)

    def _renew(self, epoch: bytes) -> None:
        """The store lost something it had: from now on it is healing, under a new epoch."""
        self._connection.execute(
            "UPDATE log SET restore_epoch = ?, healing = 1 WHERE game_no = ?", (epoch, self._game_no)
        )
        self.epoch = epoch

    def _sign(self, number: int, branch: int, seq: int, signature: bytes) -> None:
        self._connection.execute(_INSERT_SIGNATURE, (number, branch, seq, signature))

    def _save_state(self, stream: bytes) -> None:
        state = self.changes.state(stream)
        assert state is not None
        self._connection.execute(
            "UPDATE stream SET state = ? WHERE no = ?", (encode_state(state), self._number(stream))
        )

    def _number(self, stream: bytes) -> int:
        return self.stream_nos.get(stream) or self._known_nos[stream]

    def _number_of(self, stream: bytes, key: StreamKey) -> tuple[int, bool]:
        """The stream's number, and whether it was given just now, together with the stream's present state."""
        number = self.stream_nos.get(stream) or self._known_nos.get(stream)
        if number is not None:
            return number, False
        state = self.changes.state(stream)
        assert state is not None
        row = (self._game_no, stream, key.public_key, key.incarnation, key.audience, encode_state(state))
        number = self._connection.execute(_INSERT_STREAM, row).lastrowid
        assert number is not None
        self.stream_nos[stream] = number
        return number, True

    def _find(self, stream: bytes, first_seq: int, last_seq: int) -> list[HeldEvent]:
        """`sync.placement.Find` that sees this transaction's own rows."""
        state = self.changes.state(stream)
        number = self.stream_nos.get(stream) or self._known_nos.get(stream)
        return [
            HeldEvent(branch.number, seq, identity, bool(has_payload))
            for branch in (state.branches if state else ())
            for seq, identity, has_payload in self._connection.execute(
                _FIND, (number, branch.number, first_seq, last_seq)
            )
        ]

    def _keep_receipt(self, receipt: Receipt) -> None:
        place = (self._game_no, receipt.stream, receipt.store, receipt.level)
        rows = self._connection.execute(
            "SELECT body FROM receipt WHERE game_no = ? AND stream = ? AND store = ? AND level = ?", place
        )
        held = [_RECEIPT_DECODER.decode(body) for (body,) in rows.fetchall()]
        dropped = displaced(held, receipt, self.changes.state(receipt.stream), self._find)
        for old in dropped or ():
            self._connection.execute(
                "DELETE FROM receipt WHERE game_no = ? AND stream = ? AND store = ? AND level = ? AND head = ?",
                (*place, old.head),
            )
        if dropped is not None:
            self._connection.execute(
                "INSERT OR REPLACE INTO receipt (game_no, stream, store, level, head, body) VALUES (?, ?, ?, ?, ?, ?)",
                (*place, receipt.head, _ENCODER.encode(receipt)),
            )


def encode_state(state: StreamState) -> bytes:
    """A stream's branches and gaps as they stand in the `stream` table."""
    branches = [msgspec.structs.astuple(branch) for branch in state.branches]
    return _ENCODER.encode((branches, state.dangling, state.bare))


@cache
def _insert_events(count: int) -> str:
    """The statement that inserts `count` events at once.

    A fifth cheaper than one row after another, and it gives up the
    interpreter's lock once instead of once a row: the event loop beside goes on.
    """
    row = "(?, ?, ?, ?, ?, ?, ?, ?)"
    columns = "stream_no, branch, seq, id, payload_hash, payload, seed, salt"
    return f"INSERT INTO event ({columns}) VALUES {', '.join([row] * count)}"  # noqa: S608 - nothing but marks
