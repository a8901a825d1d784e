"""One game's log in its tenant's file: `sync.log.EventLog` over SQLite.

The index is in memory, loaded from the `stream` and `statement` tables at
opening; events are only read to be sent or folded. Writing goes through one
`LogTransaction`, which the writer shares among many pushes. What another
process wrote (a command beside the server) is noticed by the commit count.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from server.db.log_transaction import LogTransaction, new_stream_numbers
from sync.batch import Batch, Outcome
from sync.event import Event, header_prefix, intact
from sync.index import LogIndex
from sync.limits import SEGMENT_EVENTS_MAX, SEQ_MAX
from sync.log import StoreState
from sync.placement import Branch, HeldEvent, StreamState
from sync.receipt import Receipt
from sync.standing import Piece
from sync.statement import Statement
from sync.stream import GameKey, StreamKey
from sync.summary import Mark

_BranchRow = tuple[int, int, bytes, int, bytes, int, bytes]
_STATE_DECODER = msgspec.msgpack.Decoder(tuple[tuple[_BranchRow, ...], tuple[Mark, ...], tuple[Mark, ...]])
_RECEIPT_DECODER = msgspec.msgpack.Decoder(Receipt)

_READ = (
    "SELECT seq, id, payload_hash, payload, seed, salt FROM event"
    " WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ? ORDER BY seq"
)
_PAYLOADS = "SELECT seq, id, payload FROM event WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ?"
_SIGNATURES = (
    "SELECT seq, signature FROM signature WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ? ORDER BY seq"
)
_FIND = "SELECT seq, id, payload IS NOT NULL FROM event WHERE stream_no = ? AND branch = ? AND seq BETWEEN ? AND ?"

STREAMS_IN_STATEMENT_MAX = 10_000
"""SQLite takes at most 32,766 parameters in a statement."""


class GameLog:
    """`EventLog` of the game `game_no`.

    `reader` serves the calling thread; `writer` is used inside transactions
    only, so they may run in a thread of their own. Both are autocommit
    connections to one file, and may be the same where nothing runs beside.
    """

    def __init__(
        self, reader: sqlite3.Connection, writer: sqlite3.Connection, game_no: int, game: GameKey, root_key: bytes
    ) -> None:
        self.reader, self.writer = reader, writer
        self.game_no, self.game, self.root_key = game_no, game, root_key
        self.healing = False
        """Whether this store came back from a backup and has not heard yet what it lost."""
        self.has_receipts = False
        """Whether any are held: an authority is given none, and need not look for each push."""
        self.index, self.state, self.stream_nos = self._load(reader)
        self.committing = False
        """Whether a thread is in a transaction of ours: then what the file says beyond us is no other process's."""

    def append(self, batch: Batch) -> Outcome:
        """Store a batch in a transaction of its own; raises `sqlite3.Error` with nothing stored."""
        transaction = self.begin()
        try:
            outcome = transaction.store(batch)
            transaction.commit()
        except BaseException:
            transaction.rollback()
            raise
        self.apply(transaction)
        return outcome

    def begin(self) -> LogTransaction:
        """Begin an immediate transaction on the writer's connection."""
        self.writer.execute("BEGIN IMMEDIATE")
        return self.join_transaction()

    def join_transaction(self, new_stream_nos: Iterator[int] | None = None) -> LogTransaction:
        """Take part in the transaction that the writer's connection is in.

        Several games share one file; those that write in one transaction share `new_stream_nos`.
        """
        (commit_seq,) = self.writer.execute("SELECT commit_seq FROM log WHERE game_no = ?", (self.game_no,)).fetchone()
        if commit_seq != self.state.commit_seq:
            self.index, self.state, self.stream_nos = self._load(self.writer)
        numbers = new_stream_nos or new_stream_numbers(self.writer)
        return LogTransaction(self.writer, self.game_no, self.index, self.stream_nos, commit_seq + 1, numbers)

    def apply(self, transaction: LogTransaction) -> None:
        """Take over what a transaction has committed."""
        self.index.apply(transaction.changes)
        self.stream_nos |= transaction.stream_nos
        self.has_receipts = self.has_receipts or transaction.keeps_receipts
        epoch = transaction.epoch or self.state.restore_epoch
        self.state = StoreState(self.state.store_id, epoch, transaction.commit_seq)
        self.index.epoch = epoch
        self.healing = self.healing or bool(transaction.epoch)

    def refresh(self) -> bool:
        """Load again what another process committed; whether there was anything.

        Not while a thread of this process commits: what the file then says
        beyond us is our own, and is about to be applied.
        """
        if self.committing:
            return False
        row = self.reader.execute("SELECT commit_seq FROM log WHERE game_no = ?", (self.game_no,)).fetchone()
        if row[0] == self.state.commit_seq:
            return False
        self.index, self.state, self.stream_nos = self._load(self.reader)
        return True

    def read(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[Event]:
        """See `EventLog.read`."""
        number = self.stream_nos.get(stream)
        if number is None:
            return []
        last_seq = min(last_seq, first_seq + SEGMENT_EVENTS_MAX - 1)
        base = next((b for b in self.index.streams[stream].branches if b.number == branch), None)
        previous = base.base if base is not None and first_seq <= base.first_seq else None
        prefix = header_prefix(self.game, stream)
        events = []
        for seq, identity, payload_hash, payload, seed, salt in self.reader.execute(
            _READ, (number, branch, first_seq - 1, last_seq)
        ):
            if seq >= first_seq and previous is not None:
                event = Event(stream, seq, previous, identity, payload_hash, payload, seed, salt)
                events.append(intact(event, prefix))
            previous = identity
        return events

    def payloads(
        self, stream: bytes, branch: int, first_seq: int, last_seq: int = SEQ_MAX
    ) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, id and payload of a branch's events in a range, those without payload left out.

        For folding: the hashes were checked when the events came. Of an erased
        event it is the fact that stands for it.
        """
        where = (self.stream_nos.get(stream), branch, first_seq, last_seq)
        facts = self.index.directory.erased(stream)
        if not facts:
            return self.reader.execute(f"{_PAYLOADS} AND payload IS NOT NULL ORDER BY seq", where)
        rows = self.reader.execute(f"{_PAYLOADS} ORDER BY seq", where)
        judged = ((seq, i, payload, facts.get((seq, i))) for seq, i, payload in rows)
        known = ((seq, i, payload if fact is None else fact or None) for seq, i, payload, fact in judged)
        return ((seq, identity, payload) for seq, identity, payload in known if payload is not None)

    def size_of(self, stream: bytes, piece: Piece | None = None) -> tuple[int, int]:
        """How many events of a stream, or of a piece of it, are held, and the bytes of their payloads together."""
        query = "SELECT count(*), ifnull(sum(length(payload)), 0) FROM event WHERE stream_no = ?"
        within, where = ("", ()) if piece is None else (" AND branch = ? AND seq BETWEEN ? AND ?", piece)
        events, payload_bytes = self.reader.execute(query + within, (self.stream_nos.get(stream), *where)).fetchone()
        return events, payload_bytes

    def signatures(self, stream: bytes, branch: int, first_seq: int, last_seq: int) -> list[tuple[int, bytes]]:
        """See `EventLog.signatures`."""
        key = (self.stream_nos.get(stream), branch, first_seq, last_seq)
        return self.reader.execute(_SIGNATURES, key).fetchall()

    def find(self, stream: bytes, first_seq: int, last_seq: int) -> list[HeldEvent]:
        """See `EventLog.find`."""
        state, number = self.index.streams.get(stream), self.stream_nos.get(stream)
        return [
            HeldEvent(known.number, seq, identity, bool(has_payload))
            for known in (state.branches if state else ())
            for seq, identity, has_payload in self.reader.execute(_FIND, (number, known.number, first_seq, last_seq))
        ]

    def statement(self, identity: bytes) -> Statement | None:
        """See `EventLog.statement`."""
        row = self.reader.execute(
            "SELECT body, signature FROM statement WHERE game_no = ? AND id = ?", (self.game_no, identity)
        ).fetchone()
        return Statement(*row) if row else None

    def statements(self) -> Iterator[Statement]:
        """Every statement that is held."""
        rows = self.reader.execute("SELECT body, signature FROM statement WHERE game_no = ?", (self.game_no,))
        return (Statement(*row) for row in rows)

    def receipts(self, streams: Sequence[bytes]) -> list[Receipt]:
        """See `EventLog.receipts`. One statement for thousands of streams: an idle edge asks about all of them."""
        found: list[Receipt] = []
        for first in range(0, len(streams) if self.has_receipts else 0, STREAMS_IN_STATEMENT_MAX):
            part = streams[first : first + STREAMS_IN_STATEMENT_MAX]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT body FROM receipt WHERE game_no = ? AND stream IN ({marks})"  # noqa: S608 - nothing but marks
            found += [_RECEIPT_DECODER.decode(body) for (body,) in self.reader.execute(sql, (self.game_no, *part))]
        return found

    def _load(self, connection: sqlite3.Connection) -> tuple[LogIndex, StoreState, dict[bytes, int]]:
        """Index, identity and stream numbers, all of one snapshot."""
        own = not connection.in_transaction
        if own:
            connection.execute("BEGIN")
        try:
            key = (self.game_no,)
            row = connection.execute(
                "SELECT store_id, restore_epoch, commit_seq, healing FROM log WHERE game_no = ?", key
            ).fetchone()
            streams = connection.execute(
                "SELECT no, id, public_key, incarnation, audience, state FROM stream WHERE game_no = ?", key
            ).fetchall()
            statements = connection.execute("SELECT body, signature FROM statement WHERE game_no = ?", key).fetchall()
            receipt = connection.execute("SELECT 1 FROM receipt WHERE game_no = ? LIMIT 1", key).fetchone()
        finally:
            if own:
                connection.execute("COMMIT")
        index = LogIndex(self.game, self.root_key)
        states = (_decode_state(stream, StreamKey(*key), body) for _, stream, *key, body in streams)
        index.load(states, (Statement(*statement) for statement in statements))
        index.epoch, self.healing, self.has_receipts = row[1], bool(row[3]), receipt is not None
        return index, StoreState(*row[:3]), {stream: number for number, stream, *_ in streams}


def _decode_state(stream: bytes, key: StreamKey, body: bytes) -> StreamState:
    branches, dangling, bare = _STATE_DECODER.decode(body)
    return StreamState(stream, key, tuple(Branch(*branch) for branch in branches), dangling, bare)
