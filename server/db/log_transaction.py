"""What one transaction writes to a game's log, many pushes one after another.

Where the events of a push go is decided in memory; their rows are kept until
the group ends and then written together, many in a statement. A statement
gives up the interpreter's lock while SQLite works, so few large ones leave the
event loop beside undisturbed. A push that has to read or write more than that
gets a savepoint of its own at that moment. One that fails is undone, in the file
and in memory, and the others of the group go on. Nothing outside sees anything
before `GameLog.apply` after COMMIT.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import cache

import msgspec

from client_core.game.actions import Photo, decode_action
from sync.batch import Batch, DamagedPayload, ErasedPayload, Outcome, OwnEvents
from sync.digest import salt_of
from sync.index import Changes, LogIndex
from sync.placement import HeldEvent, Placement, StreamState
from sync.receipt import Receipt, displaced
from sync.segment import Segment
from sync.statement import statement_id
from sync.stream import stream_id

_EVENT = "INSERT INTO event (stream_no, branch, seq, id, payload_hash, payload, seed, salt) VALUES "
_EVENT_WIDTH = 8
_SIGNATURE = "INSERT OR REPLACE INTO signature (stream_no, branch, seq, signature) VALUES "
_SIGNATURE_WIDTH = 4
_STREAM = "INSERT INTO stream (no, game_no, id, public_key, incarnation, audience, state) VALUES "
_STREAM_AGAIN = " ON CONFLICT (no) DO UPDATE SET state = excluded.state"
_STREAM_WIDTH = 7
_ROWS_IN_STATEMENT = (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""Few forms, so that each is compiled once; 256 rows have 2,048 parameters, SQLite takes 32,766."""
_FIND = "SELECT seq, id, payload IS NOT NULL FROM event WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ?"
_ENCODER = msgspec.msgpack.Encoder()
_RECEIPT_DECODER = msgspec.msgpack.Decoder(Receipt)

Also = Callable[[sqlite3.Connection], None]
"""A write to the cold tables that stands or falls with a batch. May be run a second time after a rollback."""


class RowsUnfitError(sqlite3.IntegrityError):
    """Rows decided for several pushes do not fit the file: only writing push by push tells whose."""


class _Rows:
    """Rows that are decided and not written yet."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.signatures: list[object] = []
        self.streams: dict[bytes, None] = {}

    def take(self, other: _Rows) -> None:
        """Add another's rows after these."""
        self.events += other.events
        self.signatures += other.signatures
        self.streams |= other.streams


class LogTransaction:
    """A write transaction of one game, its commit number `commit_seq`. `changes` and `stream_nos` hold what it did."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        game_no: int,
        index: LogIndex,
        stream_nos: dict[bytes, int],
        commit_seq: int,
        new_stream_nos: Iterator[int],
    ) -> None:
        """`new_stream_nos` gives the numbers of new streams; games of one file in one transaction share it."""
        self._connection = connection
        self._game_no = game_no
        self._index = index
        self._known_nos = stream_nos
        self._new_nos = new_stream_nos
        self.commit_seq = commit_seq
        self.changes = Changes(index)
        self.stream_nos: dict[bytes, int] = {}
        self.epoch = b""
        """The restore epoch that this transaction gave the store, if it did."""
        self.keeps_receipts = False
        """Whether it wrote any."""
        self._earlier = _Rows()
        """Rows of pushes that are done."""
        self._rows = _Rows()
        """Rows of the present push."""
        self._savepoint_due = self._has_savepoint = False

    def store(self, batch: Batch) -> Outcome:
        """Write a batch and say what became of it; raises `sqlite3.Error`, `sync.errors.LocalError`."""
        verdicts = tuple([self._store_segment(self.changes.clear(segment)) for segment in batch.segments])
        for own in batch.own:
            self._store_own(own)
        for signed in batch.signatures:
            self.changes.sign(signed)
            self._rows.signatures += (self._number(signed.stream), signed.branch, signed.seq, signed.signature)
            self._rows.streams[signed.stream] = None
        fresh = [statement for statement in batch.statements if self.changes.add_statement(statement)]
        if fresh:
            self._write_rows()
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

    def store_apart(self, batch: Batch, also: Also | None = None, *, at_once: bool = False) -> Outcome:
        """Store a batch, and do what else belongs to it; where either fails, nothing of both stays.

        Raises what failed, and `RowsUnfitError` where rows of earlier pushes
        did: then the transaction is to be rolled back. `at_once` writes the
        rows now, so that what does not fit is this push's own failure.
        """
        streams, numbers = dict(self.changes.streams), dict(self.stream_nos)
        statements = list(self.changes.statements)
        self._savepoint_due, self._has_savepoint = True, False
        try:
            outcome = self.store(batch)
            if also is not None or at_once:
                self._write_rows()
            if also is not None:
                also(self._connection)
            if self._has_savepoint:
                self._write_rows()
                self._connection.execute("RELEASE push")
        except BaseException:
            if self._has_savepoint and self._connection.in_transaction:  # a full disk may have ended it already
                self._connection.execute("ROLLBACK TO push")
                self._connection.execute("RELEASE push")
            self._rows = _Rows()
            self.changes, self.stream_nos = Changes(self._index), numbers
            self.changes.streams = streams
            for statement in statements:
                self.changes.add_statement(statement)
            raise
        finally:
            self._savepoint_due = False
        self._earlier.take(self._rows)
        self._rows = _Rows()
        return outcome

    def count(self) -> None:
        """Write what is left and count this commit, so that other processes notice it. Once, before COMMIT."""
        self._write_rows()
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
        number, stream = self._number_of(placement.stream), placement.stream
        for branch, start, stop in placement.inserts:
            count = stop - start
            rows: list[object] = [number] * (count * _EVENT_WIDTH)
            rows[1::_EVENT_WIDTH] = (branch,) * count
            rows[2::_EVENT_WIDTH] = range(segment.first_seq + start, segment.first_seq + stop)
            rows[3::_EVENT_WIDTH] = segment.ids[start:stop]
            rows[4::_EVENT_WIDTH] = segment.payload_hashes[start:stop]
            rows[5::_EVENT_WIDTH] = segment.payloads[start:stop]
            rows[6::_EVENT_WIDTH] = segment.seeds[start:stop]
            rows[7::_EVENT_WIDTH] = segment.salts[start:stop]
            self._rows.events += rows
        if placement.signature is not None:
            self._rows.signatures += (number, *placement.signature, segment.signature)
        self._rows.streams[stream] = None
        if not placement.fills and not placement.merges:
            return
        self._write_rows()
        for branch, i in placement.fills:
            self._connection.execute(
                "UPDATE event SET payload = ?, seed = ?, salt = ? WHERE stream_no = ? AND branch = ? AND seq = ?",
                (segment.payloads[i], segment.seeds[i], segment.salts[i], number, branch, segment.first_seq + i),
            )
        for branch, into in placement.merges:
            for table in ("event", "signature"):
                self._connection.execute(
                    f"UPDATE {table} SET branch = ? WHERE stream_no = ? AND branch = ?",  # noqa: S608 - two names of ours
                    (into, number, branch),
                )

    def _store_own(self, own: OwnEvents) -> None:
        branch = self.changes.extend(own)
        stream = stream_id(own.key)
        number = self._number_of(stream)
        for e in own.events:
            self._rows.events += (number, branch, e.seq, e.id, e.payload_hash, e.payload, e.seed, e.salt)
        self._rows.streams[stream] = None

    def _empty(self, damaged: DamagedPayload) -> None:
        number = self._number(damaged.stream)
        self._rows.streams[damaged.stream] = None
        self._write_rows()
        self._connection.execute(
            "UPDATE event SET payload = NULL WHERE stream_no = ? AND branch = ? AND seq = ?",
            (number, damaged.branch, damaged.seq),
        )

    def _erase(self, erased: ErasedPayload) -> None:
        """Empty the row, and give the other events of its stream their own salts in place of seeds."""
        self.changes.erase(erased)
        self._rows.streams[erased.stream] = None
        self._write_rows()
        number, connection = self._number(erased.stream), self._connection
        connection.execute("INSERT OR IGNORE INTO scrub_due (blob) VALUES (x'')")
        (payload,) = connection.execute(
            "SELECT payload FROM event WHERE stream_no = ? AND branch = ? AND seq = ?",
            (number, erased.branch, erased.seq),
        ).fetchone()
        action = decode_action(payload or b"")
        if isinstance(action, Photo):
            connection.execute("INSERT OR IGNORE INTO scrub_due (blob) VALUES (?)", (action.blob,))
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

    def _renew(self, epoch: bytes) -> None:
        """The store lost something it had: from now on it is healing, under a new epoch."""
        self._write_rows()
        self._connection.execute(
            "UPDATE log SET restore_epoch = ?, healing = 1 WHERE game_no = ?", (epoch, self._game_no)
        )
        self.epoch = epoch

    def _number(self, stream: bytes) -> int:
        return self.stream_nos.get(stream) or self._known_nos[stream]

    def _number_of(self, stream: bytes) -> int:
        """The stream's number, given now where it has none."""
        number = self.stream_nos.get(stream) or self._known_nos.get(stream)
        if number is None:
            number = self.stream_nos[stream] = next(self._new_nos)
        return number

    def _write_rows(self) -> None:
        """Write what was decided: what follows reads or writes the file itself.

        Rows of earlier pushes go before the present push's savepoint, its own after it.
        """
        try:
            self._insert_all(self._earlier)
        except sqlite3.IntegrityError as error:
            raise RowsUnfitError(str(error)) from error
        self._earlier = _Rows()
        if self._savepoint_due:
            self._connection.execute("SAVEPOINT push")
            self._savepoint_due, self._has_savepoint = False, True
        self._insert_all(self._rows)
        self._rows = _Rows()

    def _insert_all(self, rows: _Rows) -> None:
        streams: list[object] = []
        for stream in rows.streams:
            state = self.changes.state(stream)
            assert state is not None
            key = state.key
            streams += (self._number(stream), self._game_no, stream, key.public_key, key.incarnation, key.audience)
            streams.append(encode_state(state))
        self._insert(_STREAM, _STREAM_AGAIN, _STREAM_WIDTH, streams)
        self._insert(_EVENT, "", _EVENT_WIDTH, rows.events)
        self._insert(_SIGNATURE, "", _SIGNATURE_WIDTH, rows.signatures)

    def _insert(self, into: str, otherwise: str, width: int, values: list[object]) -> None:
        """Insert rows of so many columns, given one after another, many in a statement."""
        start, left = 0, len(values) // width
        for count in _ROWS_IN_STATEMENT:
            while left >= count:
                part = values[start : start + count * width]
                self._connection.execute(_statement(into, otherwise, width, count), part)
                start, left = start + count * width, left - count

    def _find(self, stream: bytes, first_seq: int, last_seq: int) -> list[HeldEvent]:
        """`sync.placement.Find` that sees this transaction's own rows."""
        if stream in self._earlier.streams or stream in self._rows.streams:
            self._write_rows()
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
        self._write_rows()
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
            self.keeps_receipts = True
            self._connection.execute(
                "INSERT OR REPLACE INTO receipt (game_no, stream, store, level, head, body) VALUES (?, ?, ?, ?, ?, ?)",
                (*place, receipt.head, _ENCODER.encode(receipt)),
            )


def encode_state(state: StreamState) -> bytes:
    """A stream's branches and gaps as they stand in the `stream` table."""
    branches = [msgspec.structs.astuple(branch) for branch in state.branches]
    return _ENCODER.encode((branches, state.dangling, state.bare))


@cache
def _statement(into: str, otherwise: str, width: int, count: int) -> str:
    """The statement that inserts so many rows of so many columns at once: a fifth cheaper than one by one."""
    row = f"({', '.join('?' * width)})"
    return f"{into}{', '.join([row] * count)}{otherwise}"


def new_stream_numbers(connection: sqlite3.Connection) -> Iterator[int]:
    """Numbers for new streams, inside a write transaction; asks the file when the first is wanted."""
    (last,) = connection.execute("SELECT ifnull(max(no), 0) FROM stream").fetchone()
    while True:
        last += 1
        yield last
