"""A writer that is stopped at random instants, and copies of its files as the disk had them then.

The process is stopped (SIGSTOP), so a copy is the state of one instant, within
a COMMIT or a checkpoint as it may fall. Everything acknowledged before is known.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.power_loss.stores import Store
from tests.power_loss.wal import HEADER_BYTES, Wal, frames_checkpointed, read_wal

ROOT = Path(__file__).parents[2]
STOP_WITHIN_S = 20.0


class Acknowledged(NamedTuple):
    """One acknowledgement: the commit's number and the ids that are durable since."""

    commit_seq: int
    ids: frozenset[bytes]


class Instant(NamedTuple):
    """The files at one instant. `synced_bytes` is how much of the log a disk that keeps its word must still have."""

    database: bytes
    log: bytes
    wal: Wal
    synced_bytes: int
    acknowledged: tuple[Acknowledged, ...]


class Writing:
    """The running writer."""

    def __init__(self, process: subprocess.Popen[bytes], database: Path) -> None:
        self._process, self._database = process, database
        self._told = b""
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)

    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """Everything told so far."""
        assert self._process.stdout is not None
        while select.select([self._process.stdout], [], [], 0)[0]:
            part = self._process.stdout.read()
            if not part:
                break
            self._told += part
        lines = (line.split(b" ") for line in self._told.splitlines(keepends=True) if line.endswith(b"\n"))
        return tuple(Acknowledged(int(n), frozenset(bytes.fromhex(i.decode()) for i in ids)) for n, *ids in lines)

    def wait_for(self, count: int) -> None:
        """Let it write so many acknowledgements more."""
        until = len(self.acknowledged()) + count
        deadline = time.monotonic() + STOP_WITHIN_S
        while len(self.acknowledged()) < until:
            assert self._process.poll() is None, "the writer ended"
            assert time.monotonic() < deadline, "the writer writes nothing"
            time.sleep(0.002)

    def instant(self) -> Instant:
        """Stop it, copy, and let it go on."""
        self._process.send_signal(signal.SIGSTOP)
        status = Path(f"/proc/{self._process.pid}/stat")
        while status.read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.0005)
        database, beside = self._database, self._database.with_name
        data, log = database.read_bytes(), beside(f"{database.name}-wal").read_bytes()
        checkpointed = frames_checkpointed(beside(f"{database.name}-shm"))
        acknowledged = self.acknowledged()
        self._process.send_signal(signal.SIGCONT)
        wal = read_wal(log)
        return Instant(data, log, wal, wal.end_of_frame(checkpointed), acknowledged)


@contextmanager
def writing(kind: str, store: Store, folder: Path, seed: int, checkpoint_pages: int) -> Iterator[Writing]:
    """A store that is made and then written by a process of its own, killed at the end."""
    folder.mkdir()
    store.make(folder)
    command = [sys.executable, "-m", "tests.power_loss.writing", kind, str(folder), str(seed), str(checkpoint_pages)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        running = Writing(process, folder / store.file)
        running.wait_for(1)
        yield running
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


class Broken(NamedTuple):
    """One way the log may be found after the power came back.

    Its first `true_bytes` are as they were; what follows is anything.
    """

    name: str
    log: bytes
    true_bytes: int


def broken_logs(instant: Instant, older: bytes, kept_bytes: int, draw: Random, cuts: int) -> Iterator[Broken]:
    """The log as it was, cut at drawn bytes, at the edges of frames, and with tails that are not its own.

    Every other cut is beyond `kept_bytes`, which a disk that keeps its word has.
    """
    log, size = instant.log, len(instant.log)
    yield Broken("whole", log, size)
    yield Broken("gone", b"", 0)
    ends = instant.wal.commit_ends
    for number in range(cuts):
        at = draw.randint(kept_bytes, size)
        if number % 2:
            at = draw.randint(0, size)
        elif ends and draw.random() < 0.5:
            at = max(kept_bytes, draw.choice(ends) + draw.choice((-1, 0, 1, -500, 24)))
        yield Broken(f"cut at {at}", log[:at], at)
        yield Broken(f"zeros from {at}", log[:at] + bytes(size - min(at, size)), at)
        if HEADER_BYTES <= at < len(older):  # SQLite syncs the header of a new turn before any frame of it
            yield Broken(f"an older tail from {at}", log[:at] + older[at:], at)
        yield Broken(f"noise from {at}", log[:at] + draw.randbytes(min(4096, max(0, size - at))), at)


def restore(instant: Instant, broken: Broken, store: Store, folder: Path) -> None:
    """Put the files of an instant, with its log as broken, into a fresh folder."""
    if folder.exists():
        shutil.rmtree(folder)
    database = folder / store.file
    database.parent.mkdir(parents=True)
    database.write_bytes(instant.database)
    if broken.log:
        database.with_name(f"{database.name}-wal").write_bytes(broken.log)
