"""What a device's log adds to the contract: one file of many games, other processes, and a disk that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from nodes import ROOT_KEY, WORLD_GAME, run_of, sealed, segment_of

from client_core.signing import verify
from client_core.store.database import Database
from client_core.store.device import game_number
from client_core.store.errors import DiskFullError, LockedError
from client_core.store.event_log import SqliteLog
from sync.batch import Batch, OwnEvents
from sync.check import check_log, gaps_of
from sync.effects import Effect, Verify, run
from sync.event import ORIGIN
from sync.placement import DUPLICATE, HELD
from sync.stream import ALL, GameKey

OTHER_GAME = GameKey(b"T" * 16, b"H" * 16)


def open_log(database: Database, game: GameKey = WORLD_GAME) -> SqliteLog:
    with database.transaction() as connection:
        game_number(connection, game.tenant, game.game, ROOT_KEY.public_key)
    return SqliteLog(database, game)


def own(name: str, payloads: list[bytes], first_seq: int = 0, previous: bytes = ORIGIN) -> tuple[Batch, bytes]:
    """A batch of own events, and the id of the last."""
    key, events, _ = sealed(name, payloads, first_seq, previous)
    return Batch(own=(OwnEvents(key, tuple(events)),)), events[-1].id


def segments(*names: str, payload: bytes = b"here") -> Batch:
    return Batch(segments=tuple(segment_of(run_of(name, [payload])) for name in names))


def test_what_append_acknowledged_is_there_after_the_process_is_killed(path: Path) -> None:
    program = """if True:
        import os, signal, sys
        sys.path[:0] = sys.argv[2:]
        from nodes import sealed, WORLD_GAME, ROOT_KEY
        from client_core.store.database import Database
        from client_core.store.event_log import SqliteLog
        from client_core.store.device import game_number
        from sync.event import ORIGIN
        from sync.batch import Batch, OwnEvents
        database = Database.open(sys.argv[1], spatialite="registered")
        with database.transaction() as connection:
            game_number(connection, WORLD_GAME.tenant, WORLD_GAME.game, ROOT_KEY.public_key)
        log, previous = SqliteLog(database, WORLD_GAME), ORIGIN
        for seq in range(20):
            key, events, _ = sealed("ann", [b"check-in"], seq, previous)
            log.append(Batch(own=(OwnEvents(key, tuple(events)),)))
            previous = events[-1].id
            print(previous.hex(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run(
        [sys.executable, "-c", program, path, *sys.path], check=False, capture_output=True, text=True
    )
    acknowledged = [bytes.fromhex(line) for line in killed.stdout.split()]
    assert (killed.returncode, len(acknowledged)) == (-9, 20)
    with Database.open(path, create=False) as database:
        log = SqliteLog(database, WORLD_GAME)
        (state,) = log.index.streams.values()
        assert [event.id for event in log.read(state.id, 0, 0, 19)] == acknowledged


def test_games_in_one_file_have_logs_of_their_own(database: Database) -> None:
    one, other = open_log(database), open_log(database, OTHER_GAME)
    one.append(segments("ann", "ben"))
    assert (len(one.index.streams), len(other.index.streams)) == (2, 0)
    assert SqliteLog(database, OTHER_GAME).index.streams == {}
    assert one.state.store_id != other.state.store_id
    assert (one.state.commit_seq, other.state.commit_seq) == (1, 0)


def test_two_processes_on_one_file_see_what_the_other_committed(path: Path) -> None:
    with Database.open(path) as first, Database.open(path) as second:
        one, other = open_log(first), open_log(second)
        one.append(segments("ann"))
        assert other.index.streams == {}
        assert other.append(segments("ann", "ben")).verdicts[0] == (DUPLICATE,)
        assert one.refresh()
        assert not one.refresh()
        assert one.index.streams == other.index.streams
        assert one.state == other.state
        assert one.index.summary.root(ALL) == other.index.summary.root(ALL)


def test_a_locked_file_stores_nothing_and_the_same_batch_is_stored_later(path: Path) -> None:
    with Database.open(path, busy_timeout_ms=20) as database, Database.open(path) as holder:
        log = open_log(database)
        before = log.state
        with holder.transaction(), pytest.raises(LockedError):
            log.append(segments("ann"))
        assert (log.state, log.index.streams) == (before, {})
        assert log.append(segments("ann")).verdicts == ((HELD,),)  # stored; nobody enrolled her


def test_a_full_disk_loses_no_acknowledged_event_and_the_device_plays_on_once_there_is_room(database: Database) -> None:
    log = open_log(database)
    batch, tip = own("ann", [b"kept"])
    log.append(batch)
    row = database.row("SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count")
    assert row is not None
    database.rows(f"PRAGMA max_page_count = {row[0] + 1}")
    before, streams = log.state, dict(log.index.streams)
    large, _ = own("ann", [os.urandom(4000) for _ in range(8)], 1, tip)
    with pytest.raises(DiskFullError):
        log.append(large)
    with pytest.raises(DiskFullError):
        log.append(segments("new", payload=os.urandom(8000)))
    assert (log.state, log.index.streams) == (before, streams)
    (stream,) = streams
    assert [event.payload for event in log.read(stream, 0, 0, 9)] == [b"kept"]
    database.rows("PRAGMA max_page_count = 1000000")
    log.append(large)
    log.append(segments("new"))
    assert len(log.read(stream, 0, 0, 9)) == 9


def verified(effect: Effect) -> object:
    """A driver for checks of what these keys signed."""
    assert isinstance(effect, Verify)
    return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)


@pytest.mark.parametrize("column", ["payload", "seed"])
def test_a_bit_flipped_in_the_file_is_named_and_every_other_event_is_still_given(path: Path, column: str) -> None:
    run_ = run_of("ann", [b"first-event", b"second-event", b"third-event"])
    segment = segment_of(run_)
    with Database.open(path) as database:
        open_log(database).append(Batch(segments=(segment,)))
    if column == "payload":
        flip_in_file(path, b"second-event", b"sekond-event")
        wrong = [1]
    else:
        seed = segment.seeds[0]
        assert seed is not None
        flip_in_file(path, seed, bytes((seed[0] ^ 1,)) + seed[1:])
        wrong = [0, 1, 2]
    with Database.open(path) as database:
        log = SqliteLog(database, WORLD_GAME)
        damages = run(check_log(log), verified)
        assert [damage.seq for damage in damages] == wrong
        found = [event.payload for event in log.read(segment.stream, 0, 0, 2)]
        assert found == [None if i in wrong else segment.payloads[i] for i in range(3)]
        log.append(Batch(damaged=gaps_of(damages)))
        log.append(Batch(segments=(segment,)))
        assert [event.payload for event in log.read(segment.stream, 0, 0, 2)] == list(segment.payloads)
        assert run(check_log(log), verified) == []


def flip_in_file(path: Path, old: bytes, new: bytes) -> None:
    """Change bytes of a closed file, all their copies, as a bad disk would."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def test_a_log_of_many_streams_opens_with_what_it_had(database: Database) -> None:
    log = open_log(database)
    log.append(segments(*(f"device {i}" for i in range(300))))
    again = SqliteLog(database, WORLD_GAME)
    assert again.index.streams == log.index.streams
    assert again.index.summary.root(ALL) == log.index.summary.root(ALL)


@pytest.mark.parametrize("doomed", ["event", "stream", "log"])
def test_a_game_that_is_removed_takes_its_rows_with_it(database: Database, doomed: str) -> None:
    log = open_log(database)
    log.append(segments("ann"))
    kept = open_log(database, OTHER_GAME)
    kept.append(segments("ben"))
    with database.transaction() as connection:
        connection.execute("DELETE FROM game WHERE game = ?", (WORLD_GAME.game,))
    assert database.rows(f"SELECT count(*) FROM {doomed}") == [(1,)]
