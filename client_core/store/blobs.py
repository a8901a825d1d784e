"""The blobs of one game on a device: photos, by the hash of their bytes."""

from __future__ import annotations

import sqlite3

from client_core.game.pictures import blob_hash
from client_core.store.database import Database
from client_core.store.errors import translated

BLOBS_BYTES_MAX = 512 * 1024 * 1024
"""For one game on one device; a thousand photos."""


class Blobs:
    """What is kept in the file, each blob whole."""

    def __init__(self, database: Database, game_no: int) -> None:
        self._database, self._game_no = database, game_no

    def keep(self, content: bytes, now_ms: int) -> bytes:
        """Keep a blob, durably; returns its hash. Raises a `StoreError`."""
        name = blob_hash(content)
        with self._database.transaction() as connection:
            self._insert(connection, name, content, now_ms)
        return name

    def names(self) -> list[bytes]:
        """The hashes of all blobs, the oldest first."""
        with translated(self._database.path):
            rows = self._database.connection.execute(
                "SELECT hash FROM blob WHERE game_no = ? ORDER BY kept_at_ms, hash", (self._game_no,)
            ).fetchall()
        return [name for (name,) in rows]

    def size(self, name: bytes) -> int | None:
        """The bytes of a blob; None where it is not here."""
        row = self._database.row(
            "SELECT length(content) FROM blob WHERE game_no = ? AND hash = ?", (self._game_no, name)
        )
        return row[0] if row else None

    def read(self, name: bytes, offset: int, count: int) -> bytes:
        """A piece of a blob, without reading the rest; empty where there is none."""
        row = self._database.row(
            "SELECT substr(content, ?, ?) FROM blob WHERE game_no = ? AND hash = ?",
            (offset + 1, count, self._game_no, name),
        )
        return row[0] if row else b""

    def drop(self, name: bytes) -> None:
        """Forget a blob: it was erased."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM blob WHERE game_no = ? AND hash = ?", (self._game_no, name))

    def _insert(self, connection: sqlite3.Connection, name: bytes, content: bytes, now_ms: int) -> None:
        connection.execute(
            "INSERT OR IGNORE INTO blob (game_no, hash, content, kept_at_ms) VALUES (?, ?, ?, ?)",
            (self._game_no, name, content, now_ms),
        )
