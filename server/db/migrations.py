"""Bringing a tenant's file to this version of the schema.

`sql/NNNN_name.sql`, in order, each in one transaction together with the
`user_version` it leads to: a file is always at exactly one version, whenever
the process dies. Files are never edited once they were released.
"""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from importlib import resources
from typing import NamedTuple

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


class Migration(NamedTuple):
    """One numbered step."""

    version: int
    name: str
    sql: str


class NewerSchema(Exception):
    """The file was written by a later version of this program and is left alone."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"the file's schema is version {found}, this program knows up to {known}: update the program")
        self.found = found
        self.known = known


@cache
def migrations() -> tuple[Migration, ...]:
    """Every step, in order; the numbers run from 1 without a hole."""
    folder = resources.files("server.db") / "sql"
    named = sorted((entry.name, entry.read_text("utf-8")) for entry in folder.iterdir() if _NAME.match(entry.name))
    steps = tuple(Migration(int(name[:4]), name, sql) for name, sql in named)
    assert [step.version for step in steps] == list(range(1, len(steps) + 1)), "migration numbers have a hole"
    return steps


def migrate(connection: sqlite3.Connection) -> int:
    """Run what is missing; the version reached.

    The connection is in autocommit mode (`isolation_level=None`). The version
    is read again inside each transaction: two processes may open a new file at
    once. Raises `NewerSchema` and `sqlite3.Error`.
    """
    steps = migrations()
    found = _version(connection)
    if found > len(steps):
        raise NewerSchema(found, len(steps))
    for step in steps[found:]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) < step.version:
                for statement in _statements(step.sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step.version}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return len(steps)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _statements(sql: str) -> list[str]:
    """The single statements of a script (`executescript` would commit between them)."""
    statements, current = [], ""
    for line in sql.splitlines(keepends=True):
        current += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    assert not current.strip(), "a migration ends in the middle of a statement"
    return statements
