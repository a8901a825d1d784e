"""One game's log in a node's file: `sync.log.EventLog` over SQLite.

The index is in memory, loaded at opening from the streams and statements;
events are read only to be sent or folded. One `append` is one transaction with
`synchronous=FULL`. What another process wrote to the file (a command beside a
running device) is noticed by the count of commits.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from client_core.game.actions import Photo, decode_action
from client_core.store.database import Database
from client_core.store.errors import StoreError, translated
from sync.batch import Batch, ErasedPayload, Outcome, OwnEvents
from sync.digest import salt_of
from sync.erasing import due_erasures
from sync.event import Event, header_prefix, intact
from sync.index import Changes, LogIndex
from sync.limits import SEGMENT_EVENTS_MAX
from sync.log import StoreState
from sync.placement import Branch, HeldEvent, Placement, StreamState
from sync.receipt import Receipt, displaced
from sync.segment import Segment
from sync.statement import Statement, statement_id
from sync.stream import GameKey, StreamKey, stream_id
from sync.summary import Mark

_BranchRow = tuple[int, int, bytes, int, bytes, int, bytes]
_STATE = msgspec.msgpack.Decoder(tuple[tuple[_BranchRow, ...], tuple[Mark, ...], tuple[Mark, ...]])
_RECEIPT = msgspec.msgpack.Decoder(Receipt)
_ENCODE = msgspec.msgpack.Encoder().encode

_INSERT_EVENT = (
    "INSERT INTO event (stream_no, branch, seq, id, payload_hash, payload, seed, salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_FILL = "UPDATE event SET payload = ?, seed = ?, salt = ? WHERE stream_no = ? AND branch = ? AND seq = ?"
_EMPTY = "UPDATE event SET payload = NULL WHERE stream_no = ? AND branch = ? AND seq = ?"
_RENEW = "UPDATE log SET restore_epoch = ? WHERE game_no = ?"
_ERASE = "UPDATE event SET payload = NULL, seed = NULL, salt = NULL WHERE stream_no = ? AND branch = ? AND seq = ?"
_PAYLOAD = "SELECT payload FROM event WHERE stream_no = ? AND branch = ? AND seq = ?"
_SEEDED = "SELECT branch, seq, seed FROM event WHERE stream_no = ? AND seed IS NOT NULL"
_SALT = "UPDATE event SET seed = NULL, salt = ? WHERE stream_no = ? AND branch = ? AND seq = ?"
_SIGN = "INSERT OR REPLACE INTO signature (stream_no, branch, seq, signature) VALUES (?, ?, ?, ?)"
_READ = (
    "SELECT seq, id, payload_hash, payload, seed, salt FROM event"
    " WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ? ORDER BY seq"
)
_SIGNATURES = (
    "SELECT seq, signature FROM signature WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ? ORDER BY seq"
)
_FIND = "SELECT seq, id, payload IS NOT NULL FROM event WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ?"
_KEEP_RECEIPT = "INSERT OR REPLACE INTO receipt (game_no, stream, store, level, head, body) VALUES (?, ?, ?, ?, ?, ?)"
_DROP_RECEIPT = "DELETE FROM receipt WHERE game_no = ? AND stream = ? AND store = ? AND level = ? AND head = ?"


class SqliteLog:
    """`EventLog` of one game in an open store; the game stands in the file already."""

    def __init__(self, database: Database, game: GameKey) -> None:
        self._database = database
        self._connection = database.connection
        self._changes: Changes | None = None
        self._scrub_waits = False
        self.index: LogIndex
        self.state: StoreState
        self._stream_nos: dict[bytes, int]
        with database.transaction() as connection:
            row = connection.execute(
                "SELECT game_no, root_key FROM game WHERE tenant = ? AND game = ?", (game.tenant, game.game)
            ).fetchone()
            assert row is not None, "a log is opened for a game that the store has"
            self._game, self._game_no, self._root_key = game, int(row[0]), row[1]
            sql = "INSERT OR IGNORE INTO log (game_no, store_id, restore_epoch, commit_seq) VALUES (?, ?, ?, 0)"
            connection.execute(sql, (self._game_no, secrets.token_bytes(16), secrets.token_bytes(16)))
            self._load()
        with suppress(StoreError):  # a full disk keeps nobody from opening the file
            self._finish_erasing()

    def append(self, batch: Batch) -> Outcome:
        """Store a batch; see `EventLog.append`. Raises a `StoreError` or `LocalError`, and has then stored nothing."""
        numbers = self._stream_nos
        try:
            with self._database.transaction() as connection:
                self._catch_up()
                numbers = self._stream_nos
                self._stream_nos = dict(numbers)
                self._changes = changes = Changes(self.index)
                outcome = self._write(connection, batch, changes)
                self._keep_states(connection, changes)
                if batch.epoch:
                    connection.execute(_RENEW, (batch.epoch, self._game_no))
                connection.execute("UPDATE log SET commit_seq = commit_seq + 1 WHERE game_no = ?", (self._game_no,))
        except BaseException:
            self._stream_nos = numbers
            raise
        finally:
            self._changes = None
        self.index.apply(changes)
        self.state = StoreState(self.state.store_id, batch.epoch or self.state.restore_epoch, self.state.commit_seq + 1)
        if batch.erased or self._scrub_waits:
            self._forget()
        return outcome

    def _erase(self, connection: sqlite3.Connection, erased: ErasedPayload) -> None:
        """Empty the row, and give the other events of its stream their own salts in place of seeds."""
        number = self._stream_nos[erased.stream]
        connection.execute("INSERT OR IGNORE INTO scrub_due (no) VALUES (1)")
        for (payload,) in connection.execute(_PAYLOAD, (number, erased.branch, erased.seq)).fetchall():
            action = decode_action(payload or b"")
            if isinstance(action, Photo):
                connection.execute("DELETE FROM blob WHERE game_no = ? AND hash = ?", (self._game_no, action.blob))
        rows = [(salt_of(seed, seq), number, b, seq) for b, seq, seed in connection.execute(_SEEDED, (number,))]
        connection.executemany(_SALT, rows)
        connection.execute(_ERASE, (number, erased.branch, erased.seq))

    def _forget(self) -> None:
        """Overwrite what was erased; where there is no room or somebody reads, at the next write or opening."""
        self._scrub_waits = True
        with suppress(StoreError):
            self._scrub_waits = not self._database.scrub()

    def _finish_erasing(self) -> None:
        """Do what a crash between a statement and what it asks for left undone."""
        due = due_erasures(self)
        if due:
            self.append(Batch(erased=due))
        elif self._database.row("SELECT no FROM scrub_due") is not None:
            self._forget()

    def refresh(self) -> bool:
        """Load again what another process committed; whether there was anything. Raises a `StoreError`."""
        with translated(self._database.path):
            return self._catch_up()

    def read(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[Event]:
        """See `EventLog.read`."""
        known = next((b for b in self._branches(stream) if b.number == branch), None)
        if known is None:
            return []
        last_seq = min(last_seq, first_seq + SEGMENT_EVENTS_MAX - 1)
        previous = known.base if first_seq <= known.first_seq else None
        prefix = header_prefix(self._game, stream)
        key = (self._stream_nos[stream], branch, first_seq - 1, last_seq)
        events: list[Event] = []
        for seq, identity, payload_hash, payload, seed, salt in self._database.rows(_READ, key):
            if seq >= first_seq and previous is not None:
                events.append(intact(Event(stream, seq, previous, identity, payload_hash, payload, seed, salt), prefix))
            previous = identity
        return events

    def signatures(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """See `EventLog.signatures`."""
        key = (self._stream_nos.get(stream), branch, first_seq, last_seq)
        return [(seq, signature) for seq, signature in self._database.rows(_SIGNATURES, key)]

    def find(self, stream: bytes, first_seq: int, last_seq: int) -> list[HeldEvent]:
        """See `EventLog.find`."""
        number = self._stream_nos.get(stream)
        return [
            HeldEvent(branch.number, seq, identity, bool(has_payload))
            for branch in self._branches(stream)
            for seq, identity, has_payload in self._database.rows(_FIND, (number, branch.number, first_seq, last_seq))
        ]

    def statement(self, identity: bytes) -> Statement | None:
        """See `EventLog.statement`."""
        sql = "SELECT body, signature FROM statement WHERE game_no = ? AND id = ?"
        row = self._database.row(sql, (self._game_no, identity))
        return Statement(*row) if row is not None else None

    def receipts(self, streams: Sequence[bytes]) -> list[Receipt]:
        """See `EventLog.receipts`."""
        sql = "SELECT body FROM receipt WHERE game_no = ? AND stream = ?"
        rows = (row for stream in streams for row in self._database.rows(sql, (self._game_no, stream)))
        return [_RECEIPT.decode(body) for (body,) in rows]

    def _write(self, connection: sqlite3.Connection, batch: Batch, changes: Changes) -> Outcome:
        """Everything of a batch but the streams' states, in the order of the batch's fields."""
        verdicts = []
        for segment in map(changes.clear, batch.segments):
            placement = changes.place(segment, self.find)
            self._write_segment(connection, placement, segment)
            verdicts.append(changes.verdicts(placement, segment, self.find))
        fresh = [statement for statement in batch.statements if changes.add_statement(statement)]
        sql = "INSERT INTO statement (game_no, id, body, signature) VALUES (?, ?, ?, ?)"
        connection.executemany(sql, [(self._game_no, statement_id(s.body), s.body, s.signature) for s in fresh])
        for own in batch.own:
            self._write_own(connection, own, changes.extend(own))
        for signed in batch.signatures:
            changes.sign(signed)
            row = (self._stream_nos[signed.stream], signed.branch, signed.seq, signed.signature)
            connection.execute(_SIGN, row)
        for receipt in batch.receipts:
            self._keep_receipt(connection, receipt, changes.state(receipt.stream))
        for damaged in batch.damaged:
            if changes.damage(damaged):
                connection.execute(_EMPTY, (self._stream_nos[damaged.stream], damaged.branch, damaged.seq))
        for erased in batch.erased:
            changes.erase(erased)
            self._erase(connection, erased)
        return Outcome(tuple(verdicts), len(fresh))

    def _write_segment(self, connection: sqlite3.Connection, placement: Placement, segment: Segment) -> None:
        if not (placement.inserts or placement.fills or placement.signature):
            return
        number = self._stream_no(connection, segment.key)
        for branch, start, stop in placement.inserts:
            events = map(segment.event, range(start, stop))
            connection.executemany(_INSERT_EVENT, [_event_row(number, branch, event) for event in events])
        for branch, position in placement.fills:
            event = segment.event(position)
            connection.execute(_FILL, (event.payload, event.seed, event.salt, number, branch, event.seq))
        if placement.signature is not None:
            connection.execute(_SIGN, (number, *placement.signature, segment.signature))
        for branch, into in placement.merges:
            for table in ("event", "signature"):
                sql = f"UPDATE {table} SET branch = ? WHERE stream_no = ? AND branch = ?"  # noqa: S608 - two fixed names
                connection.execute(sql, (into, number, branch))

    def _keep_receipt(self, connection: sqlite3.Connection, receipt: Receipt, state: StreamState | None) -> None:
        dropped = displaced(self.receipts([receipt.stream]), receipt, state, self.find)
        for old in dropped or ():
            connection.execute(_DROP_RECEIPT, (self._game_no, old.stream, old.store, old.level, old.head))
        if dropped is not None:
            key = (self._game_no, receipt.stream, receipt.store, receipt.level, receipt.head)
            connection.execute(_KEEP_RECEIPT, (*key, _ENCODE(receipt)))

    def _write_own(self, connection: sqlite3.Connection, own: OwnEvents, branch: int) -> None:
        number = self._stream_no(connection, own.key)
        connection.executemany(_INSERT_EVENT, [_event_row(number, branch, event) for event in own.events])

    def _keep_states(self, connection: sqlite3.Connection, changes: Changes) -> None:
        rows = [(_encode_state(state), self._stream_no(connection, state.key)) for state in changes.streams.values()]
        connection.executemany("UPDATE stream SET state = ? WHERE stream_no = ?", rows)

    def _stream_no(self, connection: sqlite3.Connection, key: StreamKey) -> int:
        """The row of a stream, made where it is new; its state is written last of all."""
        identity = stream_id(key)
        number = self._stream_nos.get(identity)
        if number is None:
            sql = (
                "INSERT INTO stream (game_no, id, public_key, incarnation, audience, state) VALUES (?, ?, ?, ?, ?, x'')"
            )
            row = (self._game_no, identity, key.public_key, key.incarnation, key.audience)
            number = connection.execute(sql, row).lastrowid
            assert number is not None
            self._stream_nos[identity] = number
        return number

    def _branches(self, stream: bytes) -> tuple[Branch, ...]:
        """The branches of a stream as this transaction, or else the last one, left them."""
        state = self._changes.state(stream) if self._changes is not None else self.index.streams.get(stream)
        return state.branches if state is not None else ()

    def _catch_up(self) -> bool:
        sql = "SELECT commit_seq FROM log WHERE game_no = ?"
        (commit_seq,) = self._connection.execute(sql, (self._game_no,)).fetchone()
        if commit_seq == self.state.commit_seq:
            return False
        self._load()
        return True

    def _load(self) -> None:
        connection, key = self._connection, (self._game_no,)
        sql = "SELECT store_id, restore_epoch, commit_seq FROM log WHERE game_no = ?"
        self.state = StoreState(*connection.execute(sql, key).fetchone())
        sql = "SELECT stream_no, id, public_key, incarnation, audience, state FROM stream WHERE game_no = ?"
        streams = connection.execute(sql, key).fetchall()
        statements = connection.execute("SELECT body, signature FROM statement WHERE game_no = ?", key).fetchall()
        self._stream_nos = {identity: number for number, identity, *_ in streams}
        self.index = LogIndex(self._game, self._root_key)
        states = (_decode_state(identity, StreamKey(*parts), body) for _, identity, *parts, body in streams)
        self.index.load(states, (Statement(*statement) for statement in statements))


def _event_row(number: int, branch: int, event: Event) -> tuple[object, ...]:
    return (number, branch, event.seq, event.id, event.payload_hash, event.payload, event.seed, event.salt)


def _encode_state(state: StreamState) -> bytes:
    branches = tuple(msgspec.structs.astuple(branch) for branch in state.branches)
    return _ENCODE((branches, state.dangling, state.bare))


def _decode_state(stream: bytes, key: StreamKey, body: bytes) -> StreamState:
    branches, dangling, bare = _STATE.decode(body)
    return StreamState(stream, key, tuple(Branch(*branch) for branch in branches), dangling, bare)
