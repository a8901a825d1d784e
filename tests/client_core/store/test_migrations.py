"""Numbered steps bring any older file to the newest form, each step whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from client_core.store import migrations as steps
from client_core.store.database import Database
from client_core.store.migrations import Migration, migrate, newest_version, statements, version_of


def schema(connection: sqlite3.Connection) -> list[tuple[str, str, str | None]]:
    return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()


@pytest.mark.parametrize("version", range(newest_version() + 1))
def test_a_file_of_any_older_version_becomes_the_newest(
    path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = steps.migrations()
    monkeypatch.setattr(steps, "migrations", lambda: everything[:version])
    Database.open(path).close()
    monkeypatch.undo()
    with Database.open(path) as database, Database.open(":memory:") as fresh:
        assert version_of(database.connection) == newest_version()
        assert schema(database.connection) == schema(fresh.connection)


def test_a_step_that_fails_leaves_the_file_at_the_version_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = schema(database.connection)
    number = newest_version() + 1
    broken = Migration(number, "broken", "CREATE TABLE half (x);\nCREATE TABLE half (x);\n")
    everything = (*steps.migrations(), broken)
    monkeypatch.setattr(steps, "migrations", lambda: everything)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(database.connection)
    assert version_of(database.connection) == number - 1
    assert schema(database.connection) == before


def test_two_processes_that_open_a_new_file_at_once_both_get_it_whole(path: Path) -> None:
    program = (
        "import sys; from client_core.store.database import Database\n"
        "print('ready', flush=True); sys.stdin.read(1)\n"
        "for i in range(20):\n"
        "    Database.open(f'{sys.argv[1]}{i}', spatialite='registered').close()\n"
    )
    command = [sys.executable, "-c", program, path]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in both:  # only now: a process that is first by its whole start meets nobody
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
    assert [process.communicate(timeout=60) and process.returncode for process in both] == [0, 0]
    for i in range(20):
        with Database.open(f"{path}{i}", create=False) as database:
            assert version_of(database.connection) == newest_version()


def test_a_trigger_is_one_statement_with_those_inside_it() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;\n"
    assert list(statements("-- first\nSELECT 1;\n" + trigger)) == ["-- first\nSELECT 1;\n", trigger]


def test_a_statement_may_end_with_a_remark_in_its_line() -> None:
    script = "SELECT 1; -- one;\nSELECT 2;\n"
    assert list(statements(script)) == script.splitlines(keepends=True)


def test_opening_twice_runs_no_step_again(path: Path) -> None:
    Database.open(path).close()
    before = path.read_bytes()
    Database.open(path).close()
    assert path.read_bytes() == before
