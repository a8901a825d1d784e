"""Opening a store's file, and transactions on it.

What it is: one connection of the standard library's `sqlite3`, in WAL mode
with `synchronous=FULL`, brought to the newest version and checked.

What always holds: COMMIT returns after the disk has the data; a failed
transaction leaves nothing; a file of another program, of a newer version or a
damaged one is refused before anything is written to it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from client_core.store.errors import PRIMARY_MASK, CorruptError, ForeignFileError, NewerError, translated
from client_core.store.migrations import migrate, newest_version, version_of
from client_core.store.spatial_functions import Spatialite, attach

APPLICATION_ID = 0x57794664
"""`WyFd`, in the file's header: a Wayfold store."""

BUSY_TIMEOUT_MS = 5_000
"""How long a call waits for another process; writers hold the file for milliseconds."""

RETRY_EVERY_S = 0.005
"""For the one step in which SQLite itself does not wait for another process."""

MEMORY = ":memory:"

Row = tuple[Any, ...]


class Database:
    """An open store. One caller at a time; transactions do not nest."""

    def __init__(self, connection: sqlite3.Connection, path: str, spatialite: str | None) -> None:
        self.connection = connection
        self.path = path
        self.spatialite = spatialite
        """The version of the loaded extension; None where the registered functions serve."""

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        create: bool = True,
        spatialite: Spatialite = "auto",
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        exclusive: bool = False,
    ) -> Self:
        """Open the file, making it where it is missing and `create` says so.

        `spatialite` chooses the route of spatial SQL functions. `exclusive`
        keeps the file locked while it is open, so that WAL needs no shared
        memory (browsers have none). Raises a `StoreError`.
        """
        name = str(path)
        with translated(name):
            connection = _connect(name, busy_timeout_ms, create=create)
            try:
                _prepare(connection, name, busy_timeout_ms, exclusive=exclusive)
                version = attach(connection, spatialite, name)
                # The extension sets a timeout of its own when it is loaded.
                connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms:d}")
            except BaseException:
                connection.close()
                raise
        return cls(connection, name, version)

    def close(self) -> None:
        """Close the file; the last to close it folds the WAL into it."""
        with translated(self.path):
            self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: durable once the block is left, undone if it raises.

        The write lock is taken at the start, so nothing inside fails for
        another writer. Raises a `StoreError`, the store being as before.
        """
        connection = self.connection
        with translated(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # On a full disk SQLite may have rolled back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def scrub(self) -> bool:
        """Leave no byte of what was deleted: not in free pages, nor in the WAL; False where somebody reads just now.

        Every page is written anew, because a page that was split may hold an
        old copy of a row in its slack. Raises a `StoreError`.
        """
        with translated(self.path):
            self.connection.execute("VACUUM")
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:  # else somebody reads: it stays due
                self.connection.execute("DELETE FROM scrub_due")
            return not busy

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query. Raises a `StoreError`."""
        with translated(self.path):
            return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, or None. Raises a `StoreError`."""
        with translated(self.path):
            found: Row | None = self.connection.execute(sql, parameters).fetchone()
            return found


def _connect(name: str, busy_timeout_ms: int, *, create: bool) -> sqlite3.Connection:
    # Threads may hand the connection on (a server's kiosk does); they take turns by the class's rule.
    timeout_s = busy_timeout_ms / 1000
    if name == MEMORY:
        return sqlite3.connect(name, timeout=timeout_s, isolation_level=None, check_same_thread=False)
    # `Path.as_uri` would say the same, and on some versions of Python it loads all of HTTP for that.
    place = quote(os.fsencode(Path(name).absolute().as_posix().lstrip("/")))
    uri = f"file:///{place}?mode={'rwc' if create else 'rw'}"
    return sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, name: str, busy_timeout_ms: int, *, exclusive: bool) -> None:
    """Refuse what is not ours, set the durable mode, prove that the file is whole and writable, migrate."""
    if exclusive:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    _identify(connection, name)
    connection.execute("PRAGMA cell_size_check = ON")
    _enter_wal(connection, busy_timeout_ms)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    # Proof that we may write, before a player relies on it.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")
    _check_pages(connection, name)
    migrate(connection)


def _identify(connection: sqlite3.Connection, name: str) -> None:
    """Only a new file, or a Wayfold store of a version we know, may be written to.

    All is read in one snapshot: another process may be making the file new at
    this moment, and half of before beside half of after would look foreign.
    """
    connection.execute("BEGIN")
    try:
        (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        version = version_of(connection)
    finally:
        connection.execute("ROLLBACK")
    if application != APPLICATION_ID and (application or version or objects):
        raise ForeignFileError(name, "an SQLite file of another program")
    if version > newest_version():
        raise NewerError(name, f"its version is {version}, the newest known here is {newest_version()}")


def _enter_wal(connection: sqlite3.Connection, busy_timeout_ms: int) -> None:
    """Switch to WAL. Two processes may do so at once with a new file.

    Then each holds the lock that the other must wait for; SQLite tells one of
    them at once that the file is locked, whatever its timeout, and it tries again.
    """
    deadline = time.monotonic() + busy_timeout_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY_MASK != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_EVERY_S)
        else:
            return


def _check_pages(connection: sqlite3.Connection, name: str) -> None:
    """Read every page once.

    `quick_check` and not `integrity_check`: it finds torn, lost and overwritten
    pages in one pass over the file (some 10 ms for a game) but does not compare
    indexes with their tables, which is the slow part and guards against bugs of
    SQLite, not against bad storage. Bits flipped inside a value pass both; the
    hashes of the event log find those.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise CorruptError(name, str(verdict))
