"""Putting back a tenant's backup: the file, and what keeps a store that lost something honest.

A restored store takes a new restore epoch in every game, so that nobody
believes what it said of events that it does not hold any more, and its own
writing goes on in new streams. At HQ it is healing until its edges have offered
(`server.healing`).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from client_core.signing import random_bytes
from server.db.tenant_file import connect, explain_store_error
from server.db.tenants import SUFFIX, TenantFiles, check_slug
from server.problems import Problem
from sync.stream import ID_BYTES


def restore(tenants: TenantFiles, slug: str, backup: Path) -> int:
    """Put a backup in the place of a tenant's file; returns its number of games. The server is stopped meanwhile.

    The file that was there stays beside it as `SLUG.sqlite.before`. Raises
    `Problem("store_unusable")` with nothing changed.
    """
    check_slug(slug)
    path = tenants.folder / f"{slug}{SUFFIX}"
    draft = path.with_name(f".{slug}.{os.getpid()}.restored")
    try:
        shutil.copyfile(backup, draft)
        for suffix in ("-wal", "-shm"):
            if (beside := Path(f"{backup}{suffix}")).exists():
                shutil.copyfile(beside, f"{draft}{suffix}")
        games = _renew(draft, slug)
        if path.exists():
            path.replace(path.with_name(f"{path.name}.before"))
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        draft.replace(path)
    except OSError as error:
        raise Problem("store_unusable", f"{backup}: {error.strerror}") from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{draft}{suffix}").unlink(missing_ok=True)
    return games


def _renew(draft: Path, slug: str) -> int:
    """Check that the copy is a tenant's file, give it new epochs, and fold its write-ahead log in."""
    try:
        connection = connect(draft)
        try:
            row = connection.execute("SELECT slug FROM tenant").fetchone()
            if row is None or row[0] != slug:
                raise Problem("store_unusable", f"the backup is of the tenant {row[0] if row else '?'!r}, not {slug!r}")
            if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise Problem("store_unusable", "the backup is damaged: try an older one, devices bring back the rest")
            games = connection.execute("SELECT game_no FROM log").fetchall()
            connection.execute("BEGIN IMMEDIATE")
            for (number,) in games:
                sql = "UPDATE log SET restore_epoch = ?, healing = 1, commit_seq = commit_seq + 1 WHERE game_no = ?"
                connection.execute(sql, (random_bytes(ID_BYTES), number))
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Problem("store_unusable", explain_store_error(draft.name, error)) from error
    return len(games)
