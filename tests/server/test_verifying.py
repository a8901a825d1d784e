"""A game made again from its rows: the same index where all is well, and each damage named by its row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from nodes import ROOT_KEY, WORLD_GAME, authority, enrolled, run_of, segment_of
from served import found_tenant, opened, wayfold

from server.db.event_log import GameLog
from server.db.tenant_file import connect
from server.verifying import Verified, verify_log
from sync.batch import Batch, DamagedPayload
from sync.stream import ALL, team_audience

TEAM = team_audience(b"1" * 16)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[GameLog]:
    """A log with enrolled and strange streams, plain ones, a fork, a piece without its past, and a gap."""
    path = tmp_path / "acme.sqlite"
    connection = connect(path)
    connection.execute("INSERT INTO game VALUES (1, ?, 'hunt', 'Hunt', x'00', 0, 1)", (WORLD_GAME.game,))
    connection.execute("INSERT INTO log VALUES (1, ?, ?, 0, 0)", (b"s" * 16, b"e" * 16))
    connection.close()
    reader, writer = connect(path), connect(path)
    made = GameLog(reader, writer, 1, WORLD_GAME, ROOT_KEY.public_key)
    hq = authority()
    ann = enrolled(hq, "ann", (TEAM,))
    ann.write(*[bytes((i,)) for i in range(150)], audience=TEAM)
    memory = hq.log
    made.append(Batch(statements=tuple(s for i in memory.index.statement_audiences if (s := memory.statement(i)))))
    ann.sync(node_of(made, hq))
    plain = run_of("bob", [b"a", b"b", b"c"], audience=TEAM)
    made.append(Batch(segments=(segment_of(plain), segment_of(run_of("bob", [b"a", b"x"], audience=TEAM)))))
    lost = segment_of(plain)
    made.append(Batch(damaged=(DamagedPayload(lost.stream, 0, 1, lost.ids[1]),)))
    yield made
    reader.close()
    writer.close()


def node_of(log: GameLog, hq: object) -> object:
    hq.log = log  # type: ignore[attr-defined]
    return hq


def verified(log: GameLog) -> Verified:
    return verify_log(log, signatures=True)[1]


def test_the_index_made_from_rows_alone_is_the_one_that_is_noted(log: GameLog) -> None:
    index, report = verify_log(log)
    assert report.is_sound, report
    assert index.streams == log.index.streams
    assert index.summary.root(ALL) == log.index.summary.root(ALL)
    assert report.events == log.reader.execute("SELECT count(*) FROM event").fetchone()[0]
    assert len(log.index.streams) == 2
    assert any(state.forked or state.bare for state in log.index.streams.values())


def test_signatures_are_verified_where_asked(log: GameLog) -> None:
    report = verified(log)
    assert report.is_sound, report
    assert report.signatures > report.statements > 0


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE event SET payload = x'ff' WHERE seq = 77", "payload"),
        ("UPDATE event SET seed = zeroblob(16) WHERE seq = 77", "payload"),
        ("UPDATE event SET payload_hash = zeroblob(32) WHERE seq = 77", "payload hash"),
        ("UPDATE event SET id = zeroblob(32) WHERE seq = 77", "id"),
        ("UPDATE event SET id = zeroblob(32), payload = x'ff' WHERE seq = 77", "header"),
        ("DELETE FROM event WHERE seq = 77", "missing"),
        ("DELETE FROM event WHERE seq = 149", "missing"),
        ("UPDATE signature SET signature = zeroblob(64) WHERE seq = 149", "signature"),
        ("DELETE FROM signature WHERE seq = 149", "signature"),
        ("UPDATE statement SET id = zeroblob(32) WHERE rowid IN (SELECT min(rowid) FROM statement)", "statement"),
        ("INSERT INTO event VALUES (99, 0, 0, x'00', x'00', NULL, NULL, NULL)", "orphan"),
    ],
)
def test_every_damage_is_named(log: GameLog, sql: str, what: str) -> None:
    sql = sql.replace("rowid IN (SELECT min(rowid)", "id IN (SELECT min(id)")
    log.writer.execute(sql)
    report = verified(log)
    assert not report.is_sound
    assert what in {one.what for one in report.found}, report.found
    named = [one for one in report.found if one.what == what]
    assert len(named) == 1
    if what not in {"statement", "orphan"}:
        assert named[0].seq in {77, 149}


def test_a_state_that_does_not_say_what_the_rows_say_is_named(log: GameLog, tmp_path: Path) -> None:
    (number, body), *_ = log.writer.execute("SELECT no, state FROM stream ORDER BY no").fetchall()
    branches, dangling, bare = msgspec.msgpack.decode(body)
    forged = msgspec.msgpack.encode((branches, dangling, [*bare, [3, b"?" * 32]]))
    log.writer.execute("UPDATE stream SET state = ? WHERE no = ?", (forged, number))
    reopened = GameLog(log.reader, log.writer, 1, WORLD_GAME, ROOT_KEY.public_key)
    report = verify_log(reopened)[1]
    assert [one.what for one in report.found] == ["state"]
    assert report.root != report.root_noted


def test_the_command_tells_what_it_checked_and_fails_where_something_is_damaged(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    said = wayfold("game", "verify", "acme/park", "--data", str(tmp_path)).stdout
    assert "hashed again" in said
    assert "nothing damaged" in said
    with opened(tmp_path) as game:
        path = game.file.path
    connection = sqlite3.connect(path)
    connection.execute("UPDATE event SET payload = x'00' WHERE seq = 0")
    connection.commit()
    connection.close()
    said = wayfold("game", "verify", "park", "--signatures", "--json", "--data", str(tmp_path), code=4)
    told = json.loads(said.stdout)
    assert not told["sound"]
    assert {one["what"] for one in told["found"]} == {"payload"}
    assert f"damaged in {len(told['found'])} places" in said.stderr
    assert "payload" in wayfold("game", "verify", "park", "--data", str(tmp_path), code=4).stdout
