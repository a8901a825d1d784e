"""One tenant's SQLite file, open: a session for the cold tables, raw connections for the hot ones.

WAL and `synchronous=FULL`: what was committed survives the power cut. Foreign
keys are on. All connections belong to one file object and close together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, select

from server.db.migrations import NewerSchema, migrate
from server.db.models import TenantRow
from server.problems import Problem

BUSY_TIMEOUT_MS = 5_000
"""How long one transaction waits for another process (a command beside the server)."""

_WRITING = "wayfold_writing"


class TenantFile:
    """An open tenant file. For one thread at a time, except `writer`: that connection belongs to the writer."""

    def __init__(self, path: Path) -> None:
        """Open and migrate; raises `Problem("store_unusable")` with what is wrong and what to do."""
        self.path = path
        try:
            self.writer = connect(path)
            self.reader = connect(path)
        except (sqlite3.Error, NewerSchema) as error:
            raise Problem("store_unusable", explain_store_error(path.name, error)) from error
        self._engine: Engine | None = None
        with self.reading() as session:
            self.tenant = session.exec(select(TenantRow)).one_or_none()
            if self.tenant is not None:
                session.expunge(self.tenant)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one snapshot and writes nothing."""
        with Session(self._bind(), autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one immediate transaction, committed at the end unless something is raised."""
        engine = self._bind().execution_options(**{_WRITING: True})
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def game_ids(self) -> list[str]:
        """The ids of all games here in hex, the latest first: what every tick of a relay's timer asks."""
        return [game.hex() for (game,) in self.reader.execute("SELECT id FROM game ORDER BY no DESC")]

    def scrub_due(self) -> list[bytes]:
        """What erasures still have to do: the hashes of photos to remove, and empty for `scrub`."""
        return [blob for (blob,) in self.writer.execute("SELECT blob FROM scrub_due")]

    def scrub(self) -> bool:
        """Leave no byte of what was erased, in free pages or in the WAL; False where somebody reads just now.

        Every page is written anew, because a page that was split may hold an
        old copy of a row in its slack. Runs where the writer runs, when the
        photos that are due are gone.
        """
        self.writer.execute("VACUUM")
        busy, _, _ = self.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            self.writer.execute("DELETE FROM scrub_due WHERE blob = x''")
        return not busy

    def close(self) -> None:
        """Close both connections."""
        if self._engine is not None:
            self._engine.dispose()
        self.reader.close()
        self.writer.close()

    def _bind(self) -> Engine:
        if self._engine is None:
            self._engine = create_engine("sqlite+pysqlite://", creator=lambda: connect(self.path), poolclass=StaticPool)
            event.listen(self._engine, "begin", _begin)
        return self._engine


def connect(path: Path) -> sqlite3.Connection:
    """A raw connection in autocommit mode to a file of the current schema. Raises `sqlite3.Error`, `NewerSchema`."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000, cached_statements=256
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def explain_store_error(name: str, error: Exception) -> str:
    """A sentence for the organiser: which store, what is wrong, what helps."""
    text = str(error)
    if isinstance(error, NewerSchema):
        reason = text
    elif "locked" in text or "busy" in text:
        reason = "another program holds it locked: stop that program or try again"
    elif "readonly" in text or "read-only" in text:
        reason = "it may only be read: make the file and its folder writable"
    elif "full" in text:
        reason = "the disk is full: free some space and start again"
    elif "not a database" in text or "malformed" in text:
        reason = "it is damaged: put back a backup, what devices and edges hold comes again by itself"
    else:
        reason = text
    return f"store {name}: {reason}"


def _begin(connection: SqlConnection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
