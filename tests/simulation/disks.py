"""Virtual disks: what a file is after a crash, a torn write, a full disk, a backup and its return."""

from __future__ import annotations

import shutil
import sqlite3
from enum import Enum
from pathlib import Path
from random import Random


class Killed(BaseException):
    """A process is gone. No `except Exception` of the code under test may hold it up."""


class Fate(Enum):
    """What becomes of a process at a COMMIT."""

    GO_ON = "go on"
    KILL_BEFORE = "killed before COMMIT"
    KILL_AFTER = "killed after COMMIT, before anybody heard of it"
    TEAR = "killed while COMMIT wrote: the log's tail is torn"


torn_by = Random(0)
"""Where tails are torn; seeded anew for each world."""


def crash_copy(source: Path, target: Path) -> None:
    """The files as they are on the disk now, uncommitted pages and all; what only processes shared is left out."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if not path.name.endswith("-shm"):
            shutil.copyfile(path, target / path.name)


def crash_copy_file(source: Path, target: Path) -> None:
    """The same of one database."""
    for suffix in ("", "-wal"):
        path = source.with_name(source.name + suffix)
        if path.exists():
            shutil.copyfile(path, target.with_name(target.name + suffix))


def wal_sizes(folder: Path) -> dict[str, int]:
    """How long each write-ahead log is."""
    return {path.name: path.stat().st_size for path in folder.glob("*-wal")}


def cut_wal(folder: Path, sizes: dict[str, int]) -> None:
    """Cut what was written since: at any byte, and half of the time with rubbish after the cut."""
    for path in sorted(folder.glob("*-wal")):
        before, after = sizes.get(path.name, 0), path.stat().st_size
        if after <= before:
            continue
        whole = path.read_bytes()
        at = torn_by.randrange(before, after)
        rubbish = torn_by.randbytes(after - at) if torn_by.random() < 0.5 else b""
        path.write_bytes(whole[:at] + rubbish)


def remove(path: Path) -> None:
    """Away with it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def close_readers(readers: dict[Path, sqlite3.Connection]) -> None:
    """Let go of the files that the oracles looked into."""
    for connection in readers.values():
        connection.close()
    readers.clear()


def fill_disk(connection: sqlite3.Connection) -> None:
    """Not one page more."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def free_disk(connection: sqlite3.Connection) -> None:
    """Room again."""
    connection.execute("PRAGMA max_page_count = 1000000")
