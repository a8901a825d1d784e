"""A disk that fills: the write fails by its documented name, nothing is lost, and work goes on without a restart."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nodes import ROOT_KEY, WORLD_GAME
from served import Device, found_tenant, opened, served_here

from client_core.store.database import Database
from client_core.store.device import game_number
from client_core.store.errors import DiskFullError
from client_core.store.event_log import SqliteLog
from sync.log import EventLog
from tests.power_loss.copying import ROOT
from tests.power_loss.stores import own_events

MOUNTED = "mount -t tmpfs -o size=6m tmpfs {folder} && exec {python} -m tests.power_loss.small_disk {kind} {folder}"


def held(log: EventLog) -> set[bytes]:
    return {
        event.id
        for state in log.index.streams.values()
        for branch in state.branches
        for first in range(branch.first_seq, branch.tip_seq + 1, 100)
        for event in log.read(state.id, branch.number, first, first + 99)
        if event.payload is not None
    }


def test_a_device_that_may_not_grow_says_so_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "device.wayfold"
    with Database.open(path, spatialite="registered") as database:
        with database.transaction() as connection:
            game_number(connection, WORLD_GAME.tenant, WORLD_GAME.game, ROOT_KEY.public_key)
        log = SqliteLog(database, WORLD_GAME)
        (pages,) = database.row("PRAGMA page_count") or (0,)
        database.connection.execute(f"PRAGMA max_page_count = {pages + 12}")
        acknowledged: set[bytes] = set()

        def write_on() -> None:
            while True:
                batch, ids = own_events(log, [b"x" * 700] * 5)
                log.append(batch)
                acknowledged.update(ids)

        with pytest.raises(DiskFullError) as full:
            write_on()
        assert full.value.code == "store_disk_full"
        assert acknowledged
        assert held(log) == acknowledged
        database.connection.execute("PRAGMA max_page_count = 1000000")
        batch, ids = own_events(log, [b"after room was made"])
        log.append(batch)
        assert held(log) == acknowledged | set(ids)
    with Database.open(path, spatialite="registered") as database:
        assert held(SqliteLog(database, WORLD_GAME)) == acknowledged | set(ids)


def test_a_server_that_may_not_grow_answers_busy_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "phone").join(code)
        device.write(b"the first")
        assert device.sync().converged
        with client.app.state.node.tenants.open("acme") as file:
            (pages,) = file.writer.execute("PRAGMA page_count").fetchone()
            file.writer.execute(f"PRAGMA max_page_count = {pages}")
            device.write(*[b"x" * 5000] * 5)
            response = client.post(device.path, content=_push_of(device))
            assert response.status_code == 503
            problem = response.json()
            assert problem["code"] == "busy"
            assert "disk is full" in problem["detail"]
            assert problem["retry_after_s"] > 0
            assert client.get("/health").status_code == 200
            file.writer.execute("PRAGMA max_page_count = 1000000")
        assert device.sync().converged
    with opened(tmp_path) as game:
        assert held(device.log) <= held(game.log)


def _push_of(device: Device) -> bytes:
    """The first request of a session, as it leaves the device."""
    sent: list[bytes] = []

    class Left(Exception):
        pass

    def keep(body: bytes) -> bytes:
        sent.append(body)
        raise Left

    exchange, device.exchange = device.exchange, keep  # type: ignore[method-assign]
    try:
        with pytest.raises(Left):
            device.sync()
    finally:
        device.exchange = exchange  # type: ignore[method-assign]
    return sent[0]


def can_mount() -> bool:
    """Whether this user may mount a file system of its own, in a namespace of its own."""
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        return False
    tried = subprocess.run(
        ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


@pytest.mark.parametrize("kind", ["device", "server"])
def test_on_a_disk_that_is_really_full_the_same(kind: str, tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("needs `unshare -rm` and tmpfs: this user may not mount a small disk of its own")
    script = MOUNTED.format(folder=tmp_path, python=sys.executable, kind=kind)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYFOLD_")}
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "went on" in ran.stdout
