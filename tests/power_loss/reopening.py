"""After the power came back: what must be there, that the index tells the truth, and that a session goes on."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from nodes import Node, authority

from client_core.signing import SigningKey, verify
from sync.batch import Batch
from sync.check import check_log
from sync.effects import Verify, run
from sync.log import EventLog
from sync.memory_log import MemoryLog
from sync.stream import ALL, GAME, scope_of
from tests.power_loss.copying import Broken, Instant, broken_logs, restore
from tests.power_loss.stores import TEAM, Store, enrolments, own_events
from tests.power_loss.wal import Wal, read_wal, replayed

_STREAM_NO = {"device": "stream_no", "server": "no"}


class Lost(Exception):
    """The promise is broken: what is missing or wrong, and after which break."""


class Reopened(NamedTuple):
    """How many breaks were tried, and how many of them left less than a disk that keeps its word would."""

    breaks: int
    lied: int


def reopen_all(
    kind: str, store: Store, instant: Instant, older: bytes, folder: Path, draw: Random, cuts: int
) -> Reopened:
    """Break one instant's log in many ways; open each, look, and go on. Raises `Lost`."""
    breaks = lied = 0
    kept_bytes = max(instant.synced_bytes, _end_of_acknowledged(instant))
    for broken in broken_logs(instant, older, kept_bytes, draw, cuts):
        honest = broken.true_bytes >= kept_bytes
        if not honest and instant.synced_bytes:
            continue  # a disk that lied, and then a checkpoint: the database holds pages of commits the log lacks
        restore(instant, broken, store, folder)
        breaks += 1
        lied += not honest
        try:
            with store.opened(folder) as log:
                _check_held(instant, broken, log, honest=honest)
                _check_index(kind, folder / store.file, log)
                _go_on(kind, log, set(_ids(log)))
        except Lost:
            raise
        except Exception as error:
            raise Lost(f"{broken.name} of {len(instant.log)}: does not open or go on: {error!r}") from error
    return Reopened(breaks, lied)


class Committed(NamedTuple):
    """What a database holds, read by plain SQL: the number of its last commit, and its events' ids."""

    commit_seq: int
    ids: frozenset[bytes]


def _committed(database: bytes, log: bytes, wal: Wal, length: int) -> Committed:
    """What the commits within the first `length` bytes of a log leave, by our own reading of it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        pages = bytearray(replayed(database, log, wal, length))
        pages[18:20] = b"\x01\x01"  # the header's word for "no write-ahead log": a database in memory has none
        connection.deserialize(bytes(pages))
        (number,) = connection.execute("SELECT coalesce(max(commit_seq), 0) FROM log").fetchone()
        ids = connection.execute("SELECT id FROM event").fetchall()
    return Committed(int(number), frozenset(identity for (identity,) in ids))


def _end_of_acknowledged(instant: Instant) -> int:
    """Where the log's frame ends that makes the last acknowledged commit whole: a disk was told to keep so much."""
    last = max((one.commit_seq for one in instant.acknowledged), default=0)
    found: int | None = None
    for end in (*reversed(instant.wal.commit_ends), 0):
        if end < instant.synced_bytes and found is not None:
            break  # a checkpoint has copied what follows: a disk that kept less of the log does not keep its word
        if _committed(instant.database, instant.log, instant.wal, end).commit_seq < last:
            break
        found = end
    if found is None:
        raise Lost(f"commit {last} was acknowledged and is in no file")
    return found


def _check_held(instant: Instant, broken: Broken, log: EventLog, *, honest: bool) -> None:
    wal = read_wal(broken.log)
    expected, held = _committed(instant.database, broken.log, wal, len(broken.log)), set(_ids(log))
    if log.state.commit_seq != expected.commit_seq or held != expected.ids:
        what = f"commit {log.state.commit_seq} with {len(held)} events"
        raise Lost(f"{broken.name}: {what} is found, {expected.commit_seq} with {len(expected.ids)} is in the files")
    for one in instant.acknowledged:
        if (honest or one.commit_seq <= log.state.commit_seq) and not one.ids <= held:
            raise Lost(
                f"{broken.name}: {len(one.ids - held)} events of the acknowledged commit {one.commit_seq} are gone"
            )
        if one.ids & held and not one.ids <= held:
            raise Lost(f"{broken.name}: a part of commit {one.commit_seq} is there and a part is not")


def _ids(log: EventLog) -> Iterator[bytes]:
    for state in log.index.streams.values():
        for branch in state.branches:
            for first in range(branch.first_seq, branch.tip_seq + 1, 100):
                for event in log.read(state.id, branch.number, first, min(first + 99, branch.tip_seq)):
                    if event.payload is not None:
                        yield event.id


def _check_index(kind: str, path: Path, log: EventLog) -> None:
    """The index against the rows, by SQL of our own, and every hash and signature by the product's check."""
    number = _STREAM_NO[kind]
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            f"SELECT s.id, e.branch, min(e.seq), max(e.seq), count(*),"
            f" (SELECT max(g.seq) FROM signature g WHERE g.stream_no = e.stream_no AND g.branch = e.branch)"
            f" FROM event e JOIN stream s ON s.{number} = e.stream_no GROUP BY e.stream_no, e.branch"
        ).fetchall()
    found = {(stream, branch): (first, last, count, signed) for stream, branch, first, last, count, signed in rows}
    known = {
        (state.id, b.number): (
            b.first_seq,
            b.tip_seq,
            b.tip_seq - b.first_seq + 1,
            b.head_seq if b.head_seq >= b.first_seq else None,
        )
        for state in log.index.streams.values()
        for b in state.branches
    }
    if found != known:
        raise Lost(f"the index says {len(known)} branches, the rows say {len(found)}, and they differ")
    damages = run(check_log(log), _verify)
    if damages:
        raise Lost(f"{len(damages)} damages, the first: {damages[0]}")


def _verify(effect: object) -> object:
    assert isinstance(effect, Verify)
    return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)


def _go_on(kind: str, log: EventLog, held: set[bytes]) -> None:
    """A session with a peer that holds nothing: it ends with equal roots, and all events are at both."""
    if kind == "device":
        batch, ids = own_events(log, [b"after the power came back"])
        log.append(batch)
        hq = authority()
        hq.log.append(Batch(statements=enrolments()))  # HQ issued them: where the device lost them, they come back
        report = Node("device", log, scope_of(GAME, TEAM)).sync(hq)
        if not report.converged or not held | set(ids) <= set(_ids(hq.log)):
            raise Lost(f"a session does not bring HQ everything: {report}")
        return
    game = log.index.game
    fresh = MemoryLog(game, hashlib.sha256(b"peer").digest()[:16], b"e" * 16, log.index.directory.root_key)
    server = Node("served", log, ALL)
    reader = Node("reader", fresh, ALL)
    own = log.index.streams
    # An edge would be let in by HQ's word; here the authority's own key reads its log into a fresh one.
    reader.key = server.key = _tenant_key(log)
    report = reader.sync(server)
    if not report.converged or not held <= set(_ids(fresh)) or not own:
        raise Lost(f"a session does not bring a peer everything: {report}")


def _tenant_key(log: EventLog) -> object:
    (seed,) = log.reader.execute("SELECT node_seed FROM tenant").fetchone()  # type: ignore[attr-defined]
    return SigningKey.from_seed(seed)
