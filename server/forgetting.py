"""Making what was erased unreadable at this node: the photos it named, the file's own bytes, the copy of a restore.

Rows are emptied in the transaction that stores the erasure, which also notes in
`scrub_due` what is left to do. That is done right after, by whoever wrote; what
a crash, a full disk or somebody who reads keeps from being done is done at the
next write, by the next command, or when the file is next opened.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from sqlmodel import select

from server.blobs import BlobFolder
from server.db.models import GameRow
from server.db.tenant_file import TenantFile
from server.db.tenants import SUFFIX
from server.games import game_log
from server.problems import Problem
from sync.batch import Batch
from sync.erasing import due_erasures

TRIES_MAX = 3
KEPT_SUFFIX = ".before"
"""Of the file that a restore replaced."""

log = logging.getLogger("wayfold.forgetting")


def is_due(file: TenantFile) -> bool:
    """Whether an erasure has something left to do here."""
    try:
        return bool(file.scrub_due())
    except sqlite3.Error:
        return False  # asked again at the next write


def scrub(file: TenantFile) -> bool:
    """Overwrite and remove what was erased; whether nothing is left to do. Runs where the file's writer runs.

    Never raises: what is stored stays stored, and the rest stands in the file as due.
    """
    try:
        if not file.scrub_due():
            return True
        folder = BlobFolder(file.path.parent, file.path.name.removesuffix(SUFFIX))
        for name in filter(None, file.scrub_due()):
            folder.erase(name)
            file.writer.execute("DELETE FROM scrub_due WHERE blob = ?", (name,))
        _forget_in_copy(file)
        for _ in range(TRIES_MAX):
            if file.scrub():
                return True
        log.warning("%s: somebody reads; what was erased is overwritten when they are done", file.path.name)
    except (sqlite3.Error, OSError, Problem):
        log.exception("%s: what was erased is not overwritten yet", file.path.name)
    return False


def _forget_in_copy(file: TenantFile) -> None:
    """Erase in the file that a restore put aside what the directory of this one calls erased."""
    copy = file.path.with_name(file.path.name + KEPT_SUFFIX)
    if not copy.exists():
        return
    now, before = TenantFile(file.path), TenantFile(copy)
    try:
        carry_over(now, before)
        before.scrub()
    finally:
        now.close()
        before.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{copy}{suffix}").unlink(missing_ok=True)


def carry_over(source: TenantFile, target: TenantFile) -> int:
    """Erase in one file of a tenant what the statements in another call erased; how many events that were.

    The statements go along, so whatever opens the target from now on knows. Raises `sqlite3.Error`.
    """
    erased = 0
    with source.reading() as session:
        games = {game.id: game for game in session.exec(select(GameRow)).all()}
        session.expunge_all()
    with target.reading() as session:
        there = list(session.exec(select(GameRow)).all())
        session.expunge_all()
    for row in there:
        if row.id not in games or source.tenant is None or target.tenant is None:
            continue
        told = game_log(source, source.tenant, games[row.id])
        if not told.index.directory.erased_streams():
            continue
        kept = game_log(target, target.tenant, row)
        kept.append(Batch(statements=tuple(told.statements())))
        due = due_erasures(kept)
        if due:
            kept.append(Batch(erased=due))
        erased += len(due)
    return erased
