"""A stranger who pushes gigabytes, holds connections open, or never stops: the server stays small, open and right."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
from nodes import key_of
from served import Device, ServedProcess, found_tenant, served

from client_core.game.joining import SYNC_MEDIA_TYPE
from sync.event import ORIGIN, head_message, seal
from sync.frame import encode_body
from sync.messages import Data, Hello
from sync.receipt import SAFE
from sync.segment import Run, make_run
from sync.stream import ALL, GAME, GameKey, StreamKey, stream_id

MIB = 2**20
MEMORY_MIB_MAX = 300
PUSHED_MIB = int(os.environ.get("WAYFOLD_TEST_PUSHED_MIB", "100"))
"""What holds for a hundred holds for thousands: the quota is used up after eight."""
ENDLESS_MIB = 200
HELD_CONNECTIONS = 400


def memory_mib(node: ServedProcess) -> float:
    """The largest resident size so far."""
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def strange_body(game: GameKey, number: int) -> bytes:
    """A request of nearly a mebibyte: sound runs of somebody nobody enrolled."""
    key = key_of(f"stranger {number}")
    hello = Hello((1, 1), key.public_key, game.tenant, game.game, ALL)
    frames = [Data((strange_run(game, number, turn),)) for turn in range(31)]
    return encode_body([hello, *frames])


def strange_run(game: GameKey, number: int, turn: int) -> Run:
    key = key_of(f"stranger {number}")
    stream = StreamKey(key.public_key, turn.to_bytes(16, "big"), GAME)
    events, previous = [], ORIGIN
    noise = key.sign(b"%d" % turn) * 120
    for seq in range(4):
        event = seal(game, stream_id(stream), seq, previous, b"s" * 16, noise[seq : seq + 7_600])
        events.append(event)
        previous = event.id
    return make_run(stream, events, key.sign(head_message(game, stream_id(stream), 3, previous)))


def post(client: httpx.Client, url: str, body: bytes) -> httpx.Response:
    return client.post(url, content=body, headers={"Content-Type": SYNC_MEDIA_TYPE})


def test_gigabytes_of_a_stranger_cost_neither_memory_nor_disk_nor_those_who_play(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as node, httpx.Client(trust_env=False, timeout=60) as client:
        device = Device(client, "phone", node.url).join(code)
        before = memory_mib(node)
        bodies = [strange_body(device.game, number) for number in range(20)]
        pushed = 0
        while pushed < PUSHED_MIB * MIB:
            for body in bodies:
                answer = post(client, device.path, body)
                assert answer.status_code in (200, 429, 503), answer.text
                pushed += 31 * 4 * 7_600
        device.check_in("A")
        assert device.sync().converged
        assert SAFE in {receipt.level for receipt in device.log.receipts([stream_id(device.stream)])}
        assert memory_mib(node) < min(MEMORY_MIB_MAX, before + 150)
    on_disk = sum(path.stat().st_size for path in (tmp_path / "hq" / "tenants").iterdir())
    assert on_disk < 64 * MIB


def test_a_body_that_never_ends_is_cut_off_when_it_is_too_big(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as node:
        before = memory_mib(node)
        sent = 0
        with closing(socket.create_connection(("127.0.0.1", node.port), 20)) as guest:
            guest.sendall(b"POST /sync/v1/acme/park HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = b"10000\r\n" + bytes(0x10000) + b"\r\n"
            with suppress(OSError):
                while sent < ENDLESS_MIB * MIB:
                    guest.sendall(piece)
                    sent += 0x10000
        assert sent < ENDLESS_MIB * MIB
        assert memory_mib(node) < before + 50
        assert node.health()


def test_hundreds_of_bodies_that_are_never_finished_do_not_fill_the_memory(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with ExitStack() as stack:
        node = stack.enter_context(served(tmp_path / "hq"))
        client = stack.enter_context(httpx.Client(trust_env=False, timeout=60))
        device = Device(client, "phone", node.url).join(code)
        before = memory_mib(node)
        guests = []
        for _ in range(HELD_CONNECTIONS):
            guest = stack.enter_context(closing(socket.create_connection(("127.0.0.1", node.port), 20)))
            guest.setblocking(False)
            guests.append(guest)
            with suppress(OSError):
                guest.sendall(b"POST /sync/v1/acme/park HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        threads = [threading.Thread(target=_pour, args=(guests[n::4],)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        device.check_in("A")
        assert device.sync().converged
        assert memory_mib(node) < before + 160


def _pour(guests: list[socket.socket]) -> None:
    """Send each all but the end of its body, as far as it is taken."""
    for guest in guests:
        left = 999_000
        deadline = time.monotonic() + 1
        while left and time.monotonic() < deadline:
            try:
                left -= guest.send(bytes(min(left, 65_536)))
            except BlockingIOError:
                time.sleep(0.002)
            except OSError:
                break
