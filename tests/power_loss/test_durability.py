"""What the other tests of this folder rest on: whoever acknowledges has told the disk to keep it, and has waited."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from served import found_tenant

from client_core.store.database import Database
from server.db.tenants import TenantFiles
from tests.power_loss.copying import ROOT
from tests.power_loss.stores import STORES

FULL = (2,)
TRACED_LINES_MAX = 6_000


def test_a_device_commits_durably(tmp_path: Path) -> None:
    with Database.open(tmp_path / "device.wayfold", spatialite="registered") as database:
        assert database.row("PRAGMA synchronous") == FULL
        assert database.row("PRAGMA journal_mode") == ("wal",)


def test_every_connection_of_a_server_commits_durably(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    tenants = TenantFiles(tmp_path)
    with tenants.open("acme") as file, file.writing() as session:
        for connection in (file.writer, file.reader):
            assert connection.execute("PRAGMA synchronous").fetchone() == FULL
        assert tuple(session.connection().exec_driver_sql("PRAGMA synchronous").fetchone() or ()) == FULL
    tenants.close()


@pytest.mark.parametrize("kind", sorted(STORES))
def test_between_writing_to_the_log_and_acknowledging_the_disk_is_told_to_keep_it(kind: str, tmp_path: Path) -> None:
    """As the kernel saw it: after the last write to the log there is a sync of it before the acknowledgement leaves."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    folder = tmp_path / "written"
    folder.mkdir()
    STORES[kind].make(folder)
    trace = tmp_path / "trace"
    writer = [sys.executable, "-m", "tests.power_loss.writing", kind, str(folder), "1", "40"]
    command = ["strace", "-f", "-y", "-e", "trace=pwrite64,fdatasync,fsync,write", "-s", "0", "-o", str(trace), *writer]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(40)]
    os.killpg(process.pid, signal.SIGKILL)  # the writer does not end with its tracer
    _, complaint = process.communicate(timeout=20)
    if not told[0]:
        pytest.skip(f"strace may not trace here: {complaint.decode()[-200:]}")
    assert count_unsynced(trace.read_text()) == (0, True)


def count_unsynced(trace: str) -> tuple[int, bool]:
    """Acknowledgements that left while bytes of a log were written and not synced, and whether any was seen at all.

    A call that another thread interrupts stands on two lines; it has taken
    effect at the second, so a sync counts there and a write at the first.
    """
    unsynced = acknowledged = 0
    dirty = False
    syncing: set[str] = set()
    for line in trace.splitlines()[:TRACED_LINES_MAX]:
        thread = line.split(maxsplit=1)[0]
        if re.search(r"pwrite64\(\d+<[^>]*-wal>", line):
            dirty = True
        elif re.search(r"f(data)?sync\(\d+<[^>]*-wal>", line):
            if "<unfinished" in line:
                syncing.add(thread)
            else:
                dirty = False
        elif "sync resumed>" in line and thread in syncing:
            syncing.discard(thread)
            dirty = False
        elif re.search(r"write\(1<", line):
            acknowledged += 1
            unsynced += dirty
    return unsynced, acknowledged > 10
