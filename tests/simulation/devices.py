"""Devices: the real `Replica` over a real file; a crash drops the object and goes on from what the file says."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from client_core.game.joining import JoinAnswer
from client_core.replica import Replica, Report

from .clocks import Clocks, NodeClock
from .disks import Fate, Killed, close_readers, crash_copy_file, cut_wal, remove, wal_sizes


class DeviceNode:
    """One process after another over one file."""

    def __init__(self, name: str, tenant: str, upstreams: tuple[str, ...], path: Path, clocks: Clocks) -> None:
        self.name, self.tenant, self.upstreams = name, tenant, upstreams
        self.path, self.clocks = path, clocks
        self.generation = 0
        self.readers: dict[Path, sqlite3.Connection] = {}
        self.is_up, self.is_awaited = True, False
        self.tried: set[int] = set()
        """The checkpoints where its player checked in."""
        self.decide: Callable[[DeviceNode], Fate] = lambda _: Fate.GO_ON
        self.replica = self._process()

    def now_ms(self) -> int:
        return self.clocks.now_ms(self.name)

    def _process(self) -> Replica:
        replica = Replica.open(self.path, NodeClock(self.clocks, self.name))
        database: Any = replica._database
        commit = database.transaction

        @contextmanager
        def transaction() -> Iterator[Any]:
            fate = self.decide(self)
            sizes = wal_sizes(self.path.parent) if fate is Fate.TEAR else {}
            with commit() as connection:
                yield connection
                if fate is Fate.KILL_BEFORE:
                    self.die()
                    raise Killed(self.name)
            if fate is not Fate.GO_ON:
                self.die((lambda folder: cut_wal(folder, sizes)) if fate is Fate.TEAR else None)
                raise Killed(self.name)

        database.transaction = transaction
        return replica

    def die(self, torn: Callable[[Path], None] | None = None) -> None:
        """The process is gone; what its disk held is put where the next one will look."""
        self.is_up = False
        before = self.path
        self.generation += 1
        folder = before.parent.with_name(f"{self.name}.{self.generation}")
        folder.mkdir()
        self.path = folder / "device.wayfold"
        crash_copy_file(before, self.path)
        if torn is not None:
            torn(folder)
        self._remains = before

    def restart(self) -> None:
        """A new process opens the file."""
        self.close()
        remove(self._remains.parent)
        self.replica = self._process()
        self.is_up, self.is_awaited = True, False

    def join_again(self, answer: JoinAnswer, package: bytes) -> None:
        """The device joins the same game once more, for another team: its file stays, and its process goes on."""
        seed, clock = self.replica.membership.seed, NodeClock(self.clocks, self.name)
        self.replica.close()
        Replica.create(self.path, answer, package, seed, clock).close()
        self.replica = self._process()

    def backup(self, target: Path) -> None:
        """Copy the file as any copying program would."""
        target.parent.mkdir(parents=True, exist_ok=True)
        crash_copy_file(self.path, target)

    def clone(self, name: str, path: Path) -> DeviceNode:
        """Another device with the same file, and so the same key."""
        path.parent.mkdir()
        crash_copy_file(self.path, path)
        return DeviceNode(name, self.tenant, self.upstreams, path, self.clocks)

    def close(self) -> None:
        close_readers(self.readers)
        self.replica.close()

    def sync(self, url: str, exchange: Callable[[str, bytes], bytes]) -> Report:
        """One session with the node at an address. Raises `TransportError`, `RemoteError`, a `StoreError`, `Killed`."""
        return self.replica.sync_once(_Link(url, exchange))


class _Link:
    """A `Transport` into the world."""

    def __init__(self, url: str, exchange: Callable[[str, bytes], bytes]) -> None:
        self.url, self._exchange = url, exchange

    def exchange(self, body: bytes) -> bytes:
        return self._exchange(self.url, body)

    def close(self) -> None:
        """Nothing is kept open."""
