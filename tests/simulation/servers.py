"""Edges and HQ: the server's real node with its files, writer, trust and relay, and nothing of HTTP's sockets.

A request goes through the real ASGI function of the route; an edge's relay is
the real one, its HTTP client has a transport that hands requests to the world.
A COMMIT passes `ServerNode.commit`, where the world may kill the process, tear
the file or fill the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import httpx

from client_core.game.actions import JoinCode
from server import own_stream, upstream
from server.api.sync import exchange
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.relaying import Relaying
from server.settings import Limits, Settings
from sync.batch import Batch
from sync.errors import LocalError
from sync.stream import STAFF, GameKey

from .clocks import Clocks, NodeClock
from .disks import Fate, Killed, close_readers, crash_copy, cut_wal, remove, wal_sizes

T = TypeVar("T")
SERVERS = ("hq", "edge1", "edge2")
GAMES = {
    "acme": GameKey(b"acme tenant 16 b", b"acme game 16 byt"),
    "zeta": GameKey(b"zeta tenant 16 b", b"zeta game 16 byt"),
}
RELAY_EVERY_S = 60
TURNS_MAX = 10_000
"""Of the event loop, until a relay has asked for something or is done."""
STRANGER_BYTES_MAX = 24 * 1024
"""Small, so that a flood of strangers meets the quota within a world."""


class Answered(NamedTuple):
    """A response as it leaves a node."""

    status: int
    media_type: str
    body: bytes


class Request(NamedTuple):
    """A relay's request on its way into the world."""

    url: str
    body: bytes
    answer: asyncio.Future[httpx.Response]


def address(server: str, tenant: str) -> str:
    """Where devices and edges reach a tenant's game at a server."""
    return f"http://{server}.sim/sync/v1/{tenant}/{GAMES[tenant].game.hex()}"


class ServerNode:
    """One server process after another over one folder's files."""

    def __init__(self, name: str, folder: Path, clocks: Clocks, loop: asyncio.AbstractEventLoop) -> None:
        self.name, self.folder, self.clocks, self.loop = name, folder, clocks, loop
        self.is_up = self.is_awaited = False
        self.generation = 0
        self.readers: dict[Path, sqlite3.Connection] = {}
        self.requests: list[Request] = []
        self.decide: Callable[[ServerNode], Fate] = lambda _: Fate.GO_ON
        self.node = self._process()

    def now_ms(self) -> int:
        return self.clocks.now_ms(self.name)

    def _process(self) -> Node:
        upstreams = () if self.name == "hq" else ("http://hq.sim",)
        settings = Settings(
            data_folder=str(self.folder),
            public_url=f"http://{self.name}.sim",
            upstreams=upstreams,
            upstream_every_s=RELAY_EVERY_S,
            node_name=self.name,
            limits=Limits(stranger_bytes_max=STRANGER_BYTES_MAX),
        )
        node = Node(settings, NodeClock(self.clocks, self.name))
        node.writer._thread.shutdown()
        node.writer._thread = _Disk(self.commit)
        if upstreams:
            made, upstream.client = upstream.client, lambda: httpx.AsyncClient(transport=_IntoTheWorld(self))
            try:
                node.relaying = Relaying(node)
            finally:
                upstream.client = made
        return node

    def start(self) -> None:
        """The process runs."""
        self.died: asyncio.Future[None] = self.loop.create_future()
        self._app = SimpleNamespace(state=SimpleNamespace(node=self.node))

        async def begin() -> None:
            self.node.writer.start()
            self.node._running = True

        self.run(begin())
        self.is_up = True

    def stop(self) -> None:
        """It ends in good order."""
        self._cancel()
        self.run(self.node.writer.stop())
        close_readers(self.readers)
        self.node.tenants.close()
        self.is_up = False

    def die(self, torn: Callable[[Path], None] | None = None) -> None:
        """It is gone from one moment to the next: its files stay as they are now, perhaps with a torn tail."""
        if not self.is_up:
            return
        self.is_up = False
        before = self.folder
        self.generation += 1
        self.folder = before.with_name(f"{self.name}.{self.generation}")
        crash_copy(before / "tenants", self.folder / "tenants")
        if torn is not None:
            torn(self.folder / "tenants")
        self._remains = before
        if not self.died.done():
            self.died.set_result(None)

    def restart(self) -> None:
        """A new process opens what the last one left."""
        self.bury()
        self.node = self._process()
        self.is_awaited = False
        self.start()

    def bury(self) -> None:
        """Let go of a dead process's memory and files."""
        self._cancel()
        task = self.node.writer._task
        if task is not None:
            task.cancel()
            self.run(asyncio.wait({task}))
            if not task.cancelled():
                task.exception()
        close_readers(self.readers)
        self.node.tenants.close()
        remove(self._remains)
        self.requests.clear()

    def _cancel(self) -> None:
        holders = (self.node, self.node.witnessing)
        kept = [value for one in holders for value in vars(one).values() if isinstance(value, dict)]
        tasks = [task for by_name in kept for task in by_name.values() if isinstance(task, asyncio.Task)]
        for task in tasks:
            task.cancel()
        if tasks:
            self.run(asyncio.wait(tasks))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the world's event loop to its end."""
        return self.loop.run_until_complete(work)

    def handle(self, tenant: str, path: str, bodies: tuple[bytes, ...], *, in_crowd: bool = False) -> list[Answered]:
        """Answer requests that arrive at the same moment; raises `Killed` where the process dies.

        In a crowd the node writes in its own name beside them, twice after the
        same event, as two commands at once would: the second cannot be stored.
        """

        async def answer() -> list[Answered]:
            tasks = [self.loop.create_task(self._one(path, body)) for body in bodies]
            others = [self.loop.create_task(self._write_twice(tenant))] if in_crowd else []
            everything = asyncio.ensure_future(asyncio.wait({*tasks, *others}))
            await asyncio.wait({everything, self.died}, return_when=asyncio.FIRST_COMPLETED)
            if self.died.done():
                for task in (*tasks, *others, everything):
                    task.cancel()
                await asyncio.wait({*tasks, *others, everything})
                raise Killed(self.name)
            for task in others:
                task.result()
            return [task.result() for task in tasks]

        if not self.is_up:
            raise Killed(self.name)
        return self.run(answer())

    async def _write_twice(self, tenant: str) -> None:
        with self.node.game(tenant, GAMES[tenant].game.hex()) as game:
            actions = [JoinCode(self.now_ms(), b"spare code".ljust(32), None, 1 + n) for n in range(2)]
            batches = [own_stream.write(game.log.index, game.key, STAFF, [action]) for action in actions]
            work = [self.node.writer.submit(game, batch) for batch in batches]
            said = await asyncio.gather(*work, return_exceptions=True)
        unexpected = [e for e in said if isinstance(e, Exception) and not isinstance(e, LocalError | Problem)]
        if unexpected:
            raise unexpected[0]

    @contextmanager
    def game(self, tenant: str) -> Iterator[OpenGame]:
        """The open game of a tenant, asked from outside the event loop; what a command wrote is noticed inside it."""

        async def notice() -> None:
            with self.node.game(tenant, GAMES[tenant].game.hex()):
                """A node looks into its file whenever somebody asks for a game."""

        self.run(notice())
        with self.node.game(tenant, GAMES[tenant].game.hex()) as found:
            yield found

    def submit(self, game: OpenGame, batch: Batch) -> None:
        """Store something in the node's own name. Raises `Killed`, the server's `Problem`."""

        self.outlive(self.node.writer.submit(game, batch))

    def outlive(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of some work of this process; raises `Killed` where it died over it."""

        async def wait() -> T:
            task = self.loop.create_task(work)
            await asyncio.wait({task, self.died}, return_when=asyncio.FIRST_COMPLETED)
            if self.died.done():
                task.cancel()
                await asyncio.wait({task})
                raise Killed(self.name)
            return task.result()

        return self.run(wait())

    async def _one(self, path: str, body: bytes) -> Answered:
        parts: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            parts.append(message)

        scope = {"litestar_app": self._app, "path": path, "type": "http", "method": "POST"}
        await exchange.fn(scope, receive, send)
        headers = dict(parts[0]["headers"])
        return Answered(parts[0]["status"], headers[b"content-type"].decode(), parts[1]["body"])

    def tick(self, carry: Callable[[Request], None]) -> None:
        """The relay's timer: whatever is due by the relay's own reckoning is tried; `carry` answers its requests."""
        relaying, generation = self.node.relaying, self.generation
        assert relaying is not None
        timer = self.loop.create_task(relaying.tick())
        tasks = [timer]

        def lives() -> bool:  # while an answer is on its way this process may die, and another one be started
            return self.is_up and self.generation == generation

        while lives() and not all(task.done() for task in tasks):
            self.run(self._until_asked(tasks))
            tasks += [task for task in relaying._sessions.values() if task not in tasks]
            while self.requests and lives():
                carry(self.requests.pop(0))
        if lives():
            timer.result()
            return
        for task in tasks:
            task.cancel()
        self.run(asyncio.wait(tasks))

    async def _until_asked(self, tasks: list[asyncio.Task[None]]) -> None:
        for _ in range(TURNS_MAX):
            await asyncio.sleep(0)
            if self.requests or self.died.done() or all(task.done() for task in tasks):
                return
        raise AssertionError(f"{self.name}'s relay neither asks nor ends")

    def commit(self, write: Callable[..., Any], *arguments: Any) -> Any:
        """What the writer's thread runs: a group's transaction, if the world lets it."""
        fate = self.decide(self) if self.is_up else Fate.GO_ON
        if fate is Fate.GO_ON:
            return write(*arguments)
        if fate is Fate.KILL_BEFORE:
            self.die()
        else:
            sizes = wal_sizes(self.folder / "tenants")
            try:
                write(*arguments)
            finally:
                self.die((lambda folder: cut_wal(folder, sizes)) if fate is Fate.TEAR else None)
        raise Killed(self.name)


class _Disk(ThreadPoolExecutor):
    """Runs a transaction at once, in the caller's thread: one thread, one order, one world."""

    def __init__(self, commit: Callable[..., Any]) -> None:
        super().__init__(max_workers=1)
        self._commit = commit

    def submit(self, write: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(self._commit(write, *arguments))
        except BaseException as error:  # noqa: BLE001  # whoever waits for the future gets it
            done.set_exception(error)
        return done


class _IntoTheWorld(httpx.AsyncBaseTransport):
    """The relay's HTTP client ends here; the world answers."""

    def __init__(self, server: ServerNode) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer: asyncio.Future[httpx.Response] = self._server.loop.create_future()
        self._server.requests.append(Request(str(request.url), await request.aread(), answer))
        return await answer
