"""`python -m tests.power_loss.small_disk device|server FOLDER`: fill a small disk, see what is said, make room, go on.

FOLDER is a file system of a few megabytes with nothing else on it. Each round
a ballast file leaves a little less room, so that the disk is full in the log,
in the database and in the middle of a checkpoint.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import httpx
from nodes import ROOT_KEY, WORLD_GAME
from served import Device, found_tenant, opened, served

from client_core.store.database import Database
from client_core.store.device import game_number
from client_core.store.errors import DiskFullError
from client_core.store.event_log import SqliteLog
from tests.power_loss.stores import own_events
from tests.power_loss.test_full_disk import held

ROUNDS = 4
PIECE_BYTES = 16 * 1024
CODES_MEANT = frozenset({"busy", "store_unusable"})


def fill(folder: Path, leave_bytes: int) -> Path:
    """Take all room but a little."""
    ballast = folder / "ballast"
    size = 0
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(PIECE_BYTES)) == PIECE_BYTES:
            size += PIECE_BYTES
    with ballast.open("r+b") as file:
        file.truncate(max(0, size - leave_bytes))
    return ballast


def on_device(folder: Path) -> None:
    """A device's file, open all the time."""
    draw, acknowledged, failures = Random(1), set[bytes](), 0
    with Database.open(folder / "device.wayfold", spatialite="registered") as database:
        with database.transaction() as connection:
            game_number(connection, WORLD_GAME.tenant, WORLD_GAME.game, ROOT_KEY.public_key)
        database.connection.execute("PRAGMA wal_autocheckpoint = 60")
        log = SqliteLog(database, WORLD_GAME)
        for number in range(ROUNDS):
            ballast = fill(folder, leave_bytes=(number + 1) * 70_000)
            for _ in range(400):
                batch, ids = own_events(log, [draw.randbytes(draw.randint(1, 2000))])
                try:
                    log.append(batch)
                except DiskFullError:
                    failures += 1
                    break
                acknowledged |= set(ids)
            assert held(log) == acknowledged
            ballast.unlink()
            batch, ids = own_events(log, [b"after room was made"])
            log.append(batch)
            acknowledged |= set(ids)
    with Database.open(folder / "device.wayfold", spatialite="registered") as database:
        assert held(SqliteLog(database, WORLD_GAME)) == acknowledged
    assert failures == ROUNDS, failures


def on_server(folder: Path) -> None:
    """A real server in a process of its own, its data on the disk."""
    data = folder / "data"
    code = found_tenant(data)
    draw, refused = Random(2), 0
    with served(data) as node, httpx.Client(trust_env=False, timeout=30) as client:
        devices = [Device(client, f"phone {number}", node.url).join(code) for number in range(4)]
        for number in range(ROUNDS):
            ballast = fill(folder, leave_bytes=(number + 1) * 90_000)
            full = False
            for turn in range(200):
                device = devices[turn % 4]
                device.write(*(draw.randbytes(draw.randint(1, 4000)) for _ in range(4)))
                try:
                    device.sync()
                except AssertionError as error:
                    problem = str(error)
                    assert any(f'"code":"{meant}"' in problem for meant in CODES_MEANT), problem
                    full = True
                    break
            refused += full
            assert node.process.poll() is None, "the server ended"
            assert httpx.get(f"{node.url}/health", trust_env=False).status_code == 200
            ballast.unlink()
            for device in devices:
                assert device.sync().converged
    with opened(data) as game:
        there = held(game.log)
    for device in devices:
        assert held(device.log) <= there
    assert refused == ROUNDS, refused


if __name__ == "__main__":
    kind, where = sys.argv[1:]
    {"device": on_device, "server": on_server}[kind](Path(where))
    print("full, told so, and went on")
