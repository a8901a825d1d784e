"""Every implementation of `EventLog`, for the contract suite and the properties to run on.

To plug in another one, write a class like `InMemory` and add it to `FACTORIES`:

* `open(folder)` opens the log of `WORLD_GAME` under `ROOT_KEY` in a folder (a
  `pathlib.Path`); called again with the same folder it opens the same store.
* `close(log)` ends the use of it, as the end of a process would.
* `durable` says whether a log outlives its process: where it is False, what is
  about reopening is not asked of it.
* `flip(log, stream, branch, seq)` changes one bit of that event's stored
  payload, behind the log's back, as a bad disk would.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec
from nodes import ROOT_KEY, WORLD_GAME

from client_core.store.database import Database
from client_core.store.device import game_number
from client_core.store.event_log import SqliteLog
from server.db.event_log import GameLog
from server.db.tenant_file import connect
from sync.log import EventLog
from sync.memory_log import MemoryLog


class LogFactory(Protocol):
    """How the suite makes and breaks logs of one kind."""

    durable: bool

    def open(self, folder: Path) -> EventLog: ...
    def close(self, log: EventLog) -> None: ...
    def flip(self, log: EventLog, stream: bytes, branch: int, seq: int) -> None: ...


class InMemory:
    """`sync.memory_log`: the model the others are compared with."""

    durable = False

    def open(self, folder: Path) -> EventLog:
        return MemoryLog(WORLD_GAME, b"m" * 16, b"e" * 16, ROOT_KEY.public_key)

    def close(self, log: EventLog) -> None:
        """Nothing to let go of."""

    def flip(self, log: EventLog, stream: bytes, branch: int, seq: int) -> None:
        assert isinstance(log, MemoryLog)
        rows = log._events[stream][branch]
        payload = rows[seq].payload
        assert payload
        rows[seq] = msgspec.structs.replace(rows[seq], payload=bytes((payload[0] ^ 1,)) + payload[1:])


class OnDevice:
    """`client_core.store.event_log`: a game's log in a device's file."""

    durable = True

    def open(self, folder: Path) -> EventLog:
        database = Database.open(folder / "device.wayfold", spatialite="registered")
        with database.transaction() as connection:
            game_number(connection, WORLD_GAME.tenant, WORLD_GAME.game, ROOT_KEY.public_key)
        return SqliteLog(database, WORLD_GAME)

    def close(self, log: EventLog) -> None:
        assert isinstance(log, SqliteLog)
        log._database.close()

    def flip(self, log: EventLog, stream: bytes, branch: int, seq: int) -> None:
        assert isinstance(log, SqliteLog)
        where = "stream_no = (SELECT stream_no FROM stream WHERE id = ?) AND branch = ? AND seq = ?"
        with log._database.transaction() as connection:
            (payload,) = connection.execute(
                f"SELECT payload FROM event WHERE {where}", (stream, branch, seq)
            ).fetchone()
            flipped = bytes((payload[0] ^ 1,)) + payload[1:]
            connection.execute(f"UPDATE event SET payload = ? WHERE {where}", (flipped, stream, branch, seq))


class OnServer:
    """`server.db.event_log`: a game's log in its tenant's file."""

    durable = True

    def open(self, folder: Path) -> EventLog:
        path = folder / "acme.sqlite"
        reader, writer = connect(path), connect(path)
        if writer.execute("SELECT count(*) FROM game").fetchone() == (0,):
            writer.execute("INSERT INTO game VALUES (1, ?, 'hunt', 'Hunt', x'00', 0, 1)", (WORLD_GAME.game,))
            writer.execute("INSERT INTO log VALUES (1, ?, ?, 0, 0)", (b"s" * 16, b"e" * 16))
        return GameLog(reader, writer, 1, WORLD_GAME, ROOT_KEY.public_key)

    def close(self, log: EventLog) -> None:
        assert isinstance(log, GameLog)
        log.reader.close()
        log.writer.close()

    def flip(self, log: EventLog, stream: bytes, branch: int, seq: int) -> None:
        assert isinstance(log, GameLog)
        where = "stream_no = ? AND branch = ? AND seq = ?"
        place = (log.stream_nos[stream], branch, seq)
        (payload,) = log.reader.execute(f"SELECT payload FROM event WHERE {where}", place).fetchone()
        flipped = bytes((payload[0] ^ 1,)) + payload[1:]
        log.writer.execute(f"UPDATE event SET payload = ? WHERE {where}", (flipped, *place))


FACTORIES: dict[str, LogFactory] = {"memory": InMemory(), "device": OnDevice(), "server": OnServer()}
