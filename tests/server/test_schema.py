"""The numbered SQL is the truth about a tenant's file; SQLModel's classes must say the same."""

from __future__ import annotations

import sqlite3

import pytest
from sqlmodel import SQLModel, create_engine

from server.db import migrations, models


def shape(connection: sqlite3.Connection) -> dict[str, object]:
    """Tables with their columns, keys, indexes, references and table options."""
    tables = connection.execute("PRAGMA table_list").fetchall()
    found: dict[str, object] = {}
    for _, name, kind, _, without_rowid, strict in tables:
        if name.startswith("sqlite_") or kind != "table":
            continue
        columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
        references = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
        indexes = connection.execute(f"PRAGMA index_list({name})").fetchall()
        found[name] = (
            without_rowid,
            strict,
            [tuple(column[1:]) for column in columns],
            sorted(tuple(reference[2:5]) for reference in references),
            sorted(
                (unique, origin, tuple(row[2] for row in connection.execute(f"PRAGMA index_info({index})")))
                for _, index, unique, origin, _ in indexes
            ),
        )
    return found


def migrated() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.migrate(connection)
    return connection


def test_the_migrated_schema_equals_the_models() -> None:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine, tables=[m.__table__ for m in vars(models).values() if hasattr(m, "__table__")])
    raw = engine.raw_connection()
    assert shape(raw.driver_connection) == shape(migrated())
    raw.close()
    engine.dispose()


def test_a_column_that_only_the_models_have_would_be_seen() -> None:
    connection = migrated()
    before = shape(connection)
    connection.execute("ALTER TABLE game ADD COLUMN colour TEXT")
    assert shape(connection) != before


def test_migrating_twice_changes_nothing() -> None:
    connection = migrated()
    before = shape(connection)
    assert migrations.migrate(connection) == len(migrations.migrations())
    assert shape(connection) == before


@pytest.mark.parametrize("version", range(len(migrations.migrations())))
def test_a_file_of_any_earlier_version_is_brought_up(version: int) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for step in migrations.migrations()[:version]:
        connection.executescript(f"{step.sql}; PRAGMA user_version = {step.version}")
    migrations.migrate(connection)
    assert shape(connection) == shape(migrated())


def test_a_newer_file_is_left_alone() -> None:
    connection = migrated()
    connection.execute("PRAGMA user_version = 999")
    with pytest.raises(migrations.NewerSchema, match="version 999"):
        migrations.migrate(connection)


def test_a_failing_step_leaves_the_file_at_the_version_before(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = migrated()
    known = migrations.migrations()
    broken = migrations.Migration(len(known) + 1, "broken", "CREATE TABLE half (x);\nCREATE TABLE game (x);\n")
    monkeypatch.setattr(migrations, "migrations", lambda: (*known, broken))
    with pytest.raises(sqlite3.OperationalError):
        migrations.migrate(connection)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(known),)
    assert "half" not in shape(connection)
