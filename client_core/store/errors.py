"""What can go wrong with a store's file, each with a stable `code` and a sentence.

    StoreError
    ├── LockedError        store_locked       another process holds the file
    ├── NewerError         store_newer        a newer Wayfold wrote the file
    ├── ForeignFileError   store_foreign      the file is no Wayfold store
    ├── CorruptError       store_corrupt      pages of the file are damaged
    ├── ReadOnlyError      store_read_only    the file or its folder cannot be written
    ├── DiskFullError      store_disk_full    no room; nothing was written, nothing lost
    ├── UnreachableError   store_unreachable  no such folder, or the disk failed
    └── SpatialiteError    spatialite_missing the extension was required and is not there

Each sentence says what happened, where, and what to do. A failed write leaves
the store as it was before the transaction.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, NoReturn


class StoreError(Exception):
    """A failure of a store's file; `code` is stable, `path` says which, the text is for people."""

    code: ClassVar[str] = "store_failed"
    advice: ClassVar[str] = "{path}: {detail}"

    def __init__(self, path: str, detail: str = "") -> None:
        super().__init__(self.advice.format(path=path, detail=detail))
        self.path = path
        self.detail = detail


class LockedError(StoreError):
    """Another process kept the file locked for longer than the busy timeout."""

    code = "store_locked"
    advice = "{path} is in use by another process ({detail}). Close the other one, then try again."


class NewerError(StoreError):
    """The file's version is above the newest this program knows."""

    code = "store_newer"
    advice = "{path} was written by a newer Wayfold ({detail}). Update this program to open it."


class ForeignFileError(StoreError):
    """The file is no SQLite database, or one of another program."""

    code = "store_foreign"
    advice = "{path} is not a Wayfold store ({detail}). Choose another file; this one was left untouched."


class CorruptError(StoreError):
    """Pages of the file contradict each other."""

    code = "store_corrupt"
    advice = (
        "{path} is damaged ({detail}). Keep a copy of it, move it away and join the game again: "
        "what was synced comes back from the other nodes."
    )


class ReadOnlyError(StoreError):
    """The file, its folder or its file system cannot be written."""

    code = "store_read_only"
    advice = "{path} cannot be written ({detail}). Give this user write permission to the file and its folder."


class DiskFullError(StoreError):
    """No room is left; the transaction was undone, everything stored before stands."""

    code = "store_disk_full"
    advice = "No room to write {path} ({detail}). Nothing was lost; free some space, then do it again."


class UnreachableError(StoreError):
    """The file cannot be opened or the disk answered with an error."""

    code = "store_unreachable"
    advice = "{path} cannot be reached ({detail}). Check that its folder exists and that the disk works."


class SpatialiteError(StoreError):
    """`mod_spatialite` was required and this Python or machine does not have it."""

    code = "spatialite_missing"
    advice = (
        "mod_spatialite cannot be loaded for {path} ({detail}). "
        "Install it (libsqlite3-mod-spatialite) or choose the registered functions."
    )


ERROR_BY_RESULT: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_PERM: ReadOnlyError,
    sqlite3.SQLITE_BUSY: LockedError,
    sqlite3.SQLITE_LOCKED: LockedError,
    sqlite3.SQLITE_READONLY: ReadOnlyError,
    sqlite3.SQLITE_IOERR: UnreachableError,
    sqlite3.SQLITE_CORRUPT: CorruptError,
    sqlite3.SQLITE_FULL: DiskFullError,
    sqlite3.SQLITE_CANTOPEN: UnreachableError,
    sqlite3.SQLITE_NOTADB: ForeignFileError,
}
"""SQLite's primary result codes (sqlite.org/rescode.html) that are faults of the world.

The others are bugs of ours and stay what they are."""

PRIMARY_MASK = 0xFF


def store_error(error: sqlite3.Error, path: str) -> StoreError | None:
    """The error of this tree for what SQLite raised, or None where SQL of ours is wrong."""
    result = getattr(error, "sqlite_errorcode", None)
    kind = None if result is None else ERROR_BY_RESULT.get(result & PRIMARY_MASK)
    if kind is UnreachableError and _is_read_only(Path(path)):
        # Where its log cannot be made beside it, SQLite says only that it could not open the file.
        kind = ReadOnlyError
    return None if kind is None else kind(path, str(error))


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn SQLite's errors of the world, raised inside, into `StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise_translated(error, path)


def raise_translated(error: sqlite3.Error, path: str) -> NoReturn:
    """Raise the `StoreError` for what SQLite raised, or the same again where SQL of ours is wrong."""
    raise store_error(error, path) or error from error.__cause__


def _is_read_only(path: Path) -> bool:
    """Whether the folder is there but nothing can be written in it, or not the file."""
    return any(place.exists() and not os.access(place, os.W_OK) for place in (path.parent, path))
