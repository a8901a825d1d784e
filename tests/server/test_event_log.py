"""A game's log in a tenant's file: what the contract suite does not ask, files, processes and savepoints."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodes import ROOT_KEY, WORLD_GAME, authority, enrolled, run_of, segment_of

from server.db.event_log import GameLog
from server.db.tenant_file import connect
from sync.batch import Batch, HeadSignature
from sync.errors import LocalError
from sync.stream import team_audience

TEAM = team_audience(b"1" * 16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "acme.sqlite"
    connection = connect(path)
    connection.execute("INSERT INTO game VALUES (1, ?, 'hunt', 'Hunt', x'00', 0, 1)", (WORLD_GAME.game,))
    connection.execute("INSERT INTO log VALUES (1, ?, ?, 0, 0)", (b"s" * 16, b"e" * 16))
    connection.close()
    return path


@pytest.fixture
def log(path: Path) -> Iterator[GameLog]:
    yield from opened(path)


def opened(path: Path) -> Iterator[GameLog]:
    reader, writer = connect(path), connect(path)
    yield GameLog(reader, writer, 1, WORLD_GAME, ROOT_KEY.public_key)
    reader.close()
    writer.close()


@pytest.fixture
def other(path: Path) -> Iterator[GameLog]:
    """The same log, open in another process as it were."""
    yield from opened(path)


def segments(name: str, count: int, first: int = 0) -> Batch:
    return Batch(
        segments=tuple(segment_of(run_of(f"{name}{i}", [b"a", b"b"], audience=TEAM)) for i in range(first, count))
    )


def test_a_log_that_is_opened_again_knows_what_it_knew(log: GameLog, path: Path) -> None:
    hq = authority()
    device = enrolled(hq, "ann", (TEAM,))
    stream = device.write(*[bytes((i,)) for i in range(150)], audience=TEAM)
    hq.log, memory = log, hq.log
    log.append(Batch(statements=tuple(s for i in memory.index.statement_audiences if (s := memory.statement(i)))))
    device.sync(hq)
    again = next(opened(path))
    assert again.index.streams == log.index.streams
    assert again.state == log.state
    assert again.index.summary.root((b"*",)) == log.index.summary.root((b"*",))
    assert [e.payload for e in again.read(stream, 0, 100, 149)] == [bytes((i,)) for i in range(100, 150)]


def test_what_another_process_wrote_is_seen_after_a_refresh(log: GameLog, other: GameLog) -> None:
    other.append(segments("x", 1))
    assert not log.index.streams
    assert log.refresh()
    assert log.index.streams == other.index.streams
    assert not log.refresh()


def test_writing_goes_on_from_what_another_process_wrote(log: GameLog, other: GameLog) -> None:
    other.append(segments("x", 2))
    log.append(segments("x", 3, first=1))
    other.refresh()
    assert len(other.index.streams) == 3
    assert other.index.streams == log.index.streams


def test_a_push_that_fails_is_undone_and_the_rest_of_its_group_is_stored(log: GameLog) -> None:
    transaction = log.begin()
    transaction.store_apart(segments("good", 1))
    bad = HeadSignature(b"?" * 32, 0, 0, b"?" * 32, b"?" * 64)
    with pytest.raises(LocalError, match="not_held"):
        transaction.store_apart(Batch(segments=segments("bad", 1).segments, signatures=(bad,)))
    transaction.store_apart(segments("late", 1))
    transaction.commit()
    log.apply(transaction)
    wanted = {segment.stream for name in ("good", "late") for segment in segments(name, 1).segments}
    assert set(log.index.streams) == wanted
    rows = log.reader.execute("SELECT id FROM stream").fetchall()
    assert {stream for (stream,) in rows} == wanted
    assert log.reader.execute("SELECT count(*) FROM event").fetchone() == (4,)


def test_nothing_is_seen_before_commit(log: GameLog) -> None:
    transaction = log.begin()
    transaction.store_apart(segments("x", 1))
    assert not log.index.streams
    assert log.find(next(iter(transaction.stream_nos)), 0, 9) == []
    transaction.rollback()
    assert log.reader.execute("SELECT count(*) FROM event").fetchone() == (0,)


def test_a_full_disk_stores_nothing_and_says_so(log: GameLog) -> None:
    pages = log.writer.execute("PRAGMA page_count").fetchone()[0]
    log.writer.execute(f"PRAGMA max_page_count = {pages}")
    big = segment_of(run_of("big", [bytes(8000)] * 3, audience=TEAM))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        log.append(Batch(segments=(big,)))
    assert not log.index.streams
    log.writer.execute("PRAGMA max_page_count = 1000000")
    log.append(Batch(segments=(big,)))
    assert set(log.index.streams) == {big.stream}
