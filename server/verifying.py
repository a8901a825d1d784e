"""A game made again from its event rows: every hash computed anew, every damaged row named.

Opening a game believes what its file notes of each stream. Verifying believes
nothing but the rows: states, the summary's root and, with `signatures`, every
signature follow from them and are compared with what is noted. It reads one
stream at a time and writes nothing; a server may run beside.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from client_core.signing import verify
from server.db.event_log import GameLog
from sync.check import SIGNATURE, Damage, check_events
from sync.errors import EnvelopeError
from sync.event import Event
from sync.index import LogIndex
from sync.placement import Branch, StreamState
from sync.rebuild import EventRow, rebuild
from sync.statement import Statement, check_statement, statement_id
from sync.stream import ALL

STATE = "state"
"""What is noted of the stream is not what its rows say."""
STATEMENT = "statement"
"""A statement's id or signature does not fit its body."""
ORPHAN = "orphan"
"""Rows of a stream that the file does not know."""

_EVENTS = (
    "SELECT branch, seq, id, payload_hash, payload, seed, salt FROM event WHERE stream_no = ? ORDER BY branch, seq"
)
_SIGNED = "SELECT branch, max(seq) FROM signature WHERE stream_no = ? GROUP BY branch"
_SIGNATURES = "SELECT seq, signature FROM signature WHERE stream_no = ? AND branch = ? ORDER BY seq"
_STATEMENTS = "SELECT id, body, signature FROM statement WHERE game_no = ?"
_NUMBERS = """
WITH RECURSIVE held (no) AS (
    SELECT min(stream_no) FROM event
    UNION ALL
    SELECT (SELECT min(stream_no) FROM event WHERE stream_no > held.no) FROM held WHERE held.no IS NOT NULL
)
SELECT no FROM held WHERE no IS NOT NULL AND no NOT IN (SELECT no FROM stream)
"""


class Found(msgspec.Struct, frozen=True):
    """One thing that is wrong: the row it is about, and what, in a word of `sync.check` or above. Ids are in hex."""

    stream: str
    branch: int
    seq: int
    what: str
    id: str = ""


class Verified(msgspec.Struct, frozen=True):
    """What was checked and what is wrong. `root` is the root of the index made anew, in hex, equal to the noted one."""

    streams: int
    events: int
    statements: int
    signatures: int
    root: str
    root_noted: str
    found: tuple[Found, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.found and self.root == self.root_noted


def verify_log(log: GameLog, *, signatures: bool = False) -> tuple[LogIndex, Verified]:
    """The index of a log made anew from its rows, and what does not agree; raises `sqlite3.Error`.

    One read transaction: what is written meanwhile is not looked at.
    """
    connection, found = log.reader, []
    connection.execute("BEGIN")
    try:
        log.refresh()
        states: list[StreamState] = []
        events = checked = 0
        for stream, noted in log.index.streams.items():
            number = log.stream_nos[stream]
            erased = log.index.directory.erased(stream)
            signed = dict(connection.execute(_SIGNED, (number,)).fetchall())
            rows: Iterator[EventRow] = connection.execute(_EVENTS, (number,))
            made = rebuild(log.game, noted, rows, signed, erased)
            states.append(made.state)
            events += made.events
            if not made.sound or signatures:
                damages, count = _named(log, noted, number, signatures=signatures)
                checked += count
                found += damages
            if made.state != noted and made.sound:
                found.append(Found(stream.hex(), 0, noted.branches[0].tip_seq if noted.branches else 0, STATE))
        statements, unsound = _statements(log, signatures=signatures)
        found += unsound
        found += [Found("", 0, no, ORPHAN) for (no,) in connection.execute(_NUMBERS).fetchall()]
    finally:
        connection.execute("COMMIT")
    index = LogIndex(log.game, log.root_key)
    index.load(states, statements)
    report = Verified(
        streams=len(states),
        events=events,
        statements=len(statements),
        signatures=checked + (len(statements) if signatures else 0),
        root=index.summary.root(ALL).hex(),
        root_noted=log.index.summary.root(ALL).hex(),
        found=tuple(found),
    )
    return index, report


def _named(log: GameLog, noted: StreamState, number: int, *, signatures: bool) -> tuple[list[Found], int]:
    """Every damage of a stream by its row, and how many signatures were verified."""
    damages: list[Damage] = []
    count = 0
    for branch in noted.branches:
        signed = log.reader.execute(_SIGNATURES, (number, branch.number)).fetchall()
        events = _raw_events(log.reader, noted, branch, number)
        checked = check_events(log.game, noted, branch, events, signed)
        damages += checked.damages
        if signatures:
            count += len(checked.signatures)
            damages += [
                Damage(noted.id, branch.number, seq, SIGNATURE)
                for seq, c in checked.signatures
                if not verify(c.public_key, c.message, c.signature)
            ]
    erased = log.index.directory.erased(noted.id)
    real = [d for d in damages if (d.seq, d.id) not in erased]
    return [Found(d.stream.hex(), d.branch, d.seq, d.what, d.id.hex()) for d in real], count


def _raw_events(connection: sqlite3.Connection, noted: StreamState, branch: Branch, number: int) -> Iterator[Event]:
    """A branch's rows as they stand, nothing repaired."""
    previous = branch.base
    for number_of_branch, seq, identity, payload_hash, payload, seed, salt in connection.execute(_EVENTS, (number,)):
        if number_of_branch == branch.number:
            yield Event(noted.id, seq, previous, identity, payload_hash, payload, seed, salt)
            previous = identity


def _statements(log: GameLog, *, signatures: bool) -> tuple[list[Statement], list[Found]]:
    statements: list[Statement] = []
    found: list[Found] = []
    for identity, body, signature in log.reader.execute(_STATEMENTS, (log.game_no,)):
        statement = Statement(body, signature)
        try:
            _, check = check_statement(log.game, statement)
            sound = statement_id(body) == identity
            sound = sound and (not signatures or verify(check.public_key, check.message, check.signature))
        except EnvelopeError:
            sound = False
        if sound:
            statements.append(statement)
        else:
            found.append(Found("", 0, 0, STATEMENT, identity.hex()))
    return statements, found
