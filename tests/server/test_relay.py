"""An edge's relay when its upstream fails: nothing waits for the next write, for another game, or for ever."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nodes import key_of
from served import ServedProcess, edge_code_of, found_tenant, free_port, opened, served

from client_core.game.actions import GamePublished
from server import own_stream, relaying, upstream
from server.node import Node
from server.open_game import OpenGame
from server.relay import RETRY_AFTER_S_MAX, Relay
from server.settings import Settings
from server.upstream import UpstreamError
from sync.batch import Batch
from sync.stream import GAME

EVERY_S = 0.2
WITHIN_S = 3.0
"""Far less than the back-off that the tests bring about."""


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


async def until(true: Callable[[], Any], within_s: float = 20.0) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
    return found


def write_of(game: OpenGame, name: str) -> Batch:
    return own_stream.write(game.log.index, key_of(name), GAME, [GamePublished(1, b"p" * 32)])


def holds(folder: Path, name: str) -> bool:
    """Whether a node's file holds a stream of that key."""
    with sqlite3.connect(folder / "tenants" / "acme.sqlite") as file:
        found = file.execute("SELECT count(*) FROM stream WHERE public_key = ?", (key_of(name).public_key,))
        (count,) = found.fetchone()
    file.close()
    return bool(count)


@pytest.fixture
def longest_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every failure waits as long as it may."""
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)


@contextmanager
def edge_and_hq(tmp_path: Path) -> Iterator[tuple[ServedProcess, Settings]]:
    found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq:
        code = edge_code_of(tmp_path / "hq")
        folder = str(tmp_path / "edge")
        yield hq, Settings(data_folder=folder, upstreams=(hq.url,), upstream_every_s=EVERY_S, edge_code=code)


async def fail_and_back_off(node: Node) -> None:
    """Wait for a failure, and put the next try as far away as many of them would."""
    assert node.relaying is not None
    (relay,) = node.relaying._relays.values()
    await until(lambda: relay.state.state == "down")
    relay._due_s += 3600


@pytest.mark.parametrize("writer", ["the node itself", "a command beside it"])
def test_a_new_event_goes_up_at_once_however_far_the_next_try_was(tmp_path: Path, writer: str) -> None:
    async def test(hq: ServedProcess, settings: Settings) -> None:
        node = Node(settings)
        await node.start()
        try:
            hq.kill()
            await fail_and_back_off(node)
            hq.start()
            with node.game("acme", "park") as game:
                if writer == "the node itself":
                    await node.writer.submit(game, write_of(game, "late"))
            if writer != "the node itself":
                with opened(tmp_path / "edge") as beside:
                    beside.log.append(write_of(beside, "late"))
            await until(lambda: holds(tmp_path / "hq", "late"), WITHIN_S)
        finally:
            await node.stop()

    with edge_and_hq(tmp_path) as (hq, settings):
        run(test(hq, settings))


def test_without_anything_new_failures_are_tried_again_ever_more_seldom(tmp_path: Path, longest_backoff: None) -> None:
    found_tenant(tmp_path)

    async def test(game: OpenGame) -> None:
        relay = Relay("acme", "park", (f"http://127.0.0.1:{free_port()}",), 1.0)
        waits = []
        async with upstream.client() as http:
            for _ in range(8):
                with pytest.raises(UpstreamError):
                    await relay.run(http, game, None, 0)  # type: ignore[arg-type]  # nothing comes to be appended
                assert not relay.is_due(game.log.state.commit_seq)
                assert not relay.is_due(game.log.state.commit_seq + 1), "not even with news in the same moment"
                waits.append(relay.state.next_in_s)
        assert waits == [2, 4, 8, 16, 32, 60, 60, 60]

    with opened(tmp_path) as game:
        run(test(game))


def test_an_upstream_that_wishes_to_be_left_alone_for_years_is_asked_again_all_the_same(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    body = b'{"code":"busy","detail":"come back","retry_after_s":1e12}'

    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
        answer = b"HTTP/1.1 503 Busy\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n"
        writer.write(answer % len(body) + body)
        await writer.drain()
        writer.close()

    async def test(game: OpenGame) -> None:
        server = await asyncio.start_server(busy, "127.0.0.1", 0)
        relay = Relay("acme", "park", (f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",), 1.0)
        async with upstream.client() as http:
            with pytest.raises(UpstreamError, match="busy"):
                await relay.run(http, game, None, 0)  # type: ignore[arg-type]  # nothing comes to be appended
        assert relay.state.next_in_s == RETRY_AFTER_S_MAX
        assert not relay.is_due(game.log.state.commit_seq + 1), "news do not override an upstream's wish"
        server.close()

    with opened(tmp_path) as game:
        run(test(game))


def test_a_game_whose_upstream_never_answers_keeps_no_other_game_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "FIRST_WAIT_S", 0.2)
    found_tenant(tmp_path, "acme")
    found_tenant(tmp_path, "slow")
    tries: dict[str, int] = {}
    kept: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(writer)
        line = await reader.readline()
        if not line:  # hung up without a word, when the node was stopped
            return
        path = line.split()[1].decode()
        tenant = path.split("/")[3]
        tries[tenant] = tries.get(tenant, 0) + 1
        if tenant != "slow":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n")
            writer.close()

    async def test() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for slug in ("acme", "slow"):
            with sqlite3.connect(tmp_path / "tenants" / f"{slug}.sqlite") as file:
                file.execute("UPDATE tenant SET root_seed = NULL")  # as an edge's file is
            file.close()
        node = Node(Settings(data_folder=str(tmp_path), upstreams=(url,), upstream_every_s=0.05))
        assert node.settings.level == "edge"
        starting = asyncio.create_task(node.start())
        try:
            await until(lambda: tries.get("slow") == 1 and tries.get("acme", 0) >= 3)
            assert tries["slow"] == 1
        finally:
            await starting
            await node.stop()
            for writer in kept:
                writer.close()
            server.close()

    run(test())
