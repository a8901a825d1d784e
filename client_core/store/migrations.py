"""Numbered steps that bring a file to the newest form; `user_version` is the truth.

A step is a file `sql/NNNN_name.sql`. It runs with the record of itself in one
transaction, so a file is always at a whole version. A step that was released
is never changed: a new number follows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple


class Migration(NamedTuple):
    """One step: its number from 1, its name, and its SQL of one or more statements."""

    version: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All steps in order, numbered 1, 2, 3 … without a hole."""
    folder = files(__package__).joinpath("sql")  # found once: in an archive, as in a browser, it takes its time
    found = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    steps = tuple(map(_read, found))
    assert [step.version for step in steps] == list(range(1, len(steps) + 1)), steps
    return steps


def newest_version() -> int:
    """The version of a file that every step of this program has run on."""
    return len(migrations())


def version_of(connection: sqlite3.Connection) -> int:
    """The number of the last step that ran on this file; 0 for a new one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def migrate(connection: sqlite3.Connection) -> None:
    """Run the steps the file lacks, each in a transaction of its own.

    Two processes may open one old file at once: the version is read again
    under the write lock, and the second finds nothing left to do.
    """
    for step in migrations()[version_of(connection) :]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if version_of(connection) < step.version:
                for statement in statements(step.sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step.version}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def statements(sql: str) -> Iterator[str]:
    """The statements of a script, triggers whole (`executescript` would commit before it runs)."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if ";" in line and sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    assert not pending.strip(), pending


def _read(item: Traversable) -> Migration:
    number, _, title = item.name.removesuffix(".sql").partition("_")
    return Migration(int(number), title, item.read_text(encoding="utf-8"))
