"""A store's file opens whole, writes durably, and says clearly what is wrong with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client_core.store.database import APPLICATION_ID, Database
from client_core.store.errors import (
    CorruptError,
    DiskFullError,
    ForeignFileError,
    LockedError,
    NewerError,
    ReadOnlyError,
    StoreError,
    UnreachableError,
)
from client_core.store.migrations import newest_version

NOBODY = 65534


def fill(database: Database, rows: int = 200) -> None:
    """Rows of a kilobyte that stand for what a device wrote."""
    with database.transaction() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")
        connection.executemany("INSERT INTO kept (bytes) VALUES (?)", [(os.urandom(1000),) for _ in range(rows)])


def count(database: Database) -> int:
    row = database.row("SELECT count(*) FROM kept")
    assert row is not None
    return int(row[0])


def test_a_new_file_is_durable_marked_and_at_the_newest_version(database: Database) -> None:
    pragmas = {
        name: database.row(f"PRAGMA {name}")
        for name in ("journal_mode", "synchronous", "foreign_keys", "application_id", "user_version")
    }
    assert pragmas == {
        "journal_mode": ("wal",),
        "synchronous": (2,),
        "foreign_keys": (1,),
        "application_id": (APPLICATION_ID,),
        "user_version": (newest_version(),),
    }


def test_what_was_committed_is_there_after_reopening(path: Path) -> None:
    with Database.open(path) as database:
        fill(database)
    with Database.open(path, create=False) as database:
        assert count(database) == 200


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    fill(database)
    with pytest.raises(sqlite3.IntegrityError), database.transaction() as connection:
        connection.executemany("INSERT INTO kept VALUES (?, x'00')", [(1_000,), (1_000,)])
    assert count(database) == 200


def test_a_killed_process_loses_only_what_it_had_not_committed(path: Path) -> None:
    program = """if True:
        import os, signal, sys
        from client_core.store.database import Database
        database = Database.open(sys.argv[1], spatialite="registered")
        with database.transaction() as connection:
            connection.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY)")
            connection.execute("INSERT INTO kept VALUES (1)")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO kept VALUES (2)")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", program, path], check=False)
    assert killed.returncode == -9
    with Database.open(path, create=False) as database:
        assert database.rows("SELECT number FROM kept") == [(1,)]


@contextmanager
def held_by_another_process(path: Path, lock: str) -> Iterator[None]:
    """Another process keeps a lock on the file until the block is left."""
    program = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        f"connection.execute('PRAGMA locking_mode = {lock}')\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield
    finally:
        holder.communicate("")


@pytest.mark.parametrize("lock", ["NORMAL", "EXCLUSIVE"])
def test_a_file_that_another_process_holds_is_reported_as_locked(path: Path, lock: str) -> None:
    Database.open(path).close()
    with held_by_another_process(path, lock), pytest.raises(LockedError, match="in use by another process") as caught:
        Database.open(path, busy_timeout_ms=50)
    assert caught.value.code == "store_locked"
    Database.open(path).close()


def test_a_write_that_meets_a_lock_is_reported_and_can_be_done_again(path: Path) -> None:
    with Database.open(path, busy_timeout_ms=50) as database:
        fill(database)
        with held_by_another_process(path, "NORMAL"):
            assert count(database) == 200
            with pytest.raises(LockedError):
                fill(database)
        fill(database)
        assert count(database) == 400


def test_an_exclusive_store_shuts_others_out_and_needs_no_shared_memory(path: Path) -> None:
    with Database.open(path, exclusive=True) as database:
        fill(database)
        assert not path.with_name(path.name + "-shm").exists()
        with pytest.raises(LockedError):
            Database.open(path, busy_timeout_ms=50)
    with Database.open(path) as database:
        assert count(database) == 200


def test_a_file_of_a_newer_version_is_refused_untouched(path: Path) -> None:
    Database.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {newest_version() + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerError, match="newer Wayfold") as caught:
        Database.open(path)
    assert caught.value.code == "store_newer"
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_untouched(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ForeignFileError, match="another program") as caught:
        Database.open(path)
    assert caught.value.code == "store_foreign"
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_untouched(path: Path) -> None:
    path.write_text("dear diary, today we found eleven checkpoints\n" * 100, encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ForeignFileError):
        Database.open(path)
    assert path.read_bytes() == before


@pytest.fixture
def full_of_rows(path: Path) -> Path:
    with Database.open(path) as database:
        fill(database, 400)
    return path


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_file_is_reported_as_damaged(full_of_rows: Path, keep: float) -> None:
    os.truncate(full_of_rows, int(full_of_rows.stat().st_size * keep) // 4096 * 4096)
    with pytest.raises(CorruptError, match="join the game again") as caught:
        Database.open(full_of_rows)
    assert caught.value.code == "store_corrupt"


@pytest.mark.parametrize("page", [2, 40, 60])
def test_an_overwritten_page_is_reported_as_damaged(full_of_rows: Path, page: int) -> None:
    with full_of_rows.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(range(256)) * 16)
    with pytest.raises(CorruptError):
        Database.open(full_of_rows)


def test_damage_that_appears_while_the_store_is_open_is_reported_too(path: Path) -> None:
    with Database.open(path) as database:
        fill(database, 4000)  # more than the page cache holds
    with Database.open(path) as database:
        with path.open("r+b") as file:
            file.seek(40 * 4096)
            file.write(b"\xa5" * (path.stat().st_size - 40 * 4096))
        with pytest.raises(CorruptError):
            database.rows("SELECT count(DISTINCT bytes) FROM kept")


def test_a_missing_file_is_not_made_where_only_opening_is_asked(path: Path) -> None:
    with pytest.raises(UnreachableError, match="folder exists") as caught:
        Database.open(path, create=False)
    assert caught.value.code == "store_unreachable"
    assert not path.exists()


@pytest.mark.parametrize("name", ["what?.db", "50%20.db", "a#b.db", "forêt \udcff.db", "a b&mode=ro.db"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    Database.open(tmp_path / name).close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        Database.open(tmp_path / "nowhere" / "device.wayfold")


@contextmanager
def as_ordinary_user() -> Iterator[Path]:
    """A folder with files of root, seen by a user without root's rights over permissions."""
    folder = Path(tempfile.mkdtemp(prefix="wayfold-"))
    root = os.geteuid() == 0
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def become_ordinary() -> None:
    """Root ignores permissions, so the test goes on as nobody."""
    if os.geteuid() == 0:
        try:
            os.seteuid(NOBODY)
        except OSError as error:
            pytest.skip(f"root cannot become another user here: {error}")


def test_a_file_without_write_permission_is_reported_as_read_only() -> None:
    with as_ordinary_user() as folder:
        path = folder / "device.wayfold"
        with Database.open(path) as database:
            fill(database)
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        before = path.read_bytes()
        become_ordinary()
        with pytest.raises(ReadOnlyError, match="write permission") as caught:
            Database.open(path)
        assert caught.value.code == "store_read_only"
        assert path.read_bytes() == before


def test_a_file_in_a_folder_without_write_permission_is_reported_as_read_only() -> None:
    with as_ordinary_user() as folder:
        path = folder / "device.wayfold"
        Database.open(path).close()
        path.chmod(0o666)
        folder.chmod(0o555)
        become_ordinary()
        with pytest.raises(ReadOnlyError):
            Database.open(path)


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """A memory file system of its own; skips where mounting is not permitted."""
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", ",".join(options), "none", folder], check=False, capture_output=True, text=True
    )
    if not done or done.returncode != 0:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip() if done else 'no mount'}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_read_only_file_system_is_reported_as_read_only(tmp_path: Path) -> None:
    with mounted(tmp_path, "size=4m"):
        path = tmp_path / "device.wayfold"
        Database.open(path).close()
        subprocess.run(["mount", "-o", "remount,ro", tmp_path], check=True)
        with pytest.raises(ReadOnlyError):
            Database.open(path)
        with pytest.raises(ReadOnlyError):
            Database.open(tmp_path / "new.wayfold")


def fill_until_full(database: Database) -> int:
    """Write until there is no room; how many rows were acknowledged."""
    stored = 0
    for _ in range(100_000):
        try:
            fill(database, 10)
        except DiskFullError:
            return stored
        stored += 10
    pytest.fail("the disk never filled")


def test_a_full_disk_loses_nothing_and_the_store_goes_on_once_there_is_room(tmp_path: Path) -> None:
    with mounted(tmp_path, "size=2m"):
        path = tmp_path / "device.wayfold"
        ballast = tmp_path / "photos"
        with Database.open(path) as database:
            ballast.write_bytes(bytes(400_000))
            stored = fill_until_full(database)
            assert stored > 0
            assert count(database) == stored
            with pytest.raises(DiskFullError, match="Nothing was lost") as caught:
                fill(database, 1000)
            assert caught.value.code == "store_disk_full"
            ballast.unlink()
            fill(database, 10)
            assert count(database) == stored + 10
        with Database.open(path, create=False) as database:
            assert count(database) == stored + 10


def test_a_store_that_may_not_grow_reports_a_full_disk_and_stays_usable(database: Database) -> None:
    fill(database)
    row = database.row("PRAGMA page_count")
    assert row is not None
    database.rows(f"PRAGMA max_page_count = {row[0] + 4}")
    stored = 200 + fill_until_full(database)
    assert count(database) == stored
    database.rows("PRAGMA max_page_count = 1000000")
    fill(database, 1)
    assert count(database) == stored + 1


def test_no_room_for_a_new_store_is_reported_as_a_full_disk(tmp_path: Path) -> None:
    with mounted(tmp_path, "size=64k"), pytest.raises(DiskFullError):
        Database.open(tmp_path / "device.wayfold")


def test_every_error_has_a_code_of_its_own_and_says_where_and_what_to_do() -> None:
    kinds = StoreError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds) == 8
    for kind in kinds:
        text = str(kind("/data/device.wayfold", "because"))
        assert "/data/device.wayfold" in text
        assert "because" in text
        assert text.endswith(".")


def test_a_mistake_in_our_own_sql_is_not_hidden_as_a_fault_of_the_disk(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        database.rows("SELEKT 1")
