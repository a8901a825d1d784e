"""The demo's processes: nodes and devices as anybody would start them, each with its own files.

Output goes to log files beside the stores; whatever ends badly is shown with
the end of its log.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

ALIVE_WITHIN_S = 20.0
STOP_WITHIN_S = 10.0
LOG_TAIL_CHARS = 2_000
LINE_BYTES_MAX = 1024 * 1024

_SERVER = (sys.executable, "-c", "from server.entry import main; raise SystemExit(main())")
_DEVICE = (sys.executable, "-m", "client_core")


class DemoError(Exception):
    """The demo cannot go on; the text says which part of it failed and how."""


class NodeProcess:
    """One `wayfold serve` process on this machine, which may be started again on the same files and port."""

    def __init__(self, name: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.name, self.folder = name, folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = dict(settings)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, **settings: str) -> None:
        """Start it; returns once it is healthy. Raises `DemoError`."""
        self._settings |= settings
        with (self.folder.parent / f"{self.name}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_SERVER, "serve", env=self.environment(), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        await self._healthy()

    def environment(self) -> dict[str, str]:
        """The environment in which a program is this node."""
        return _environment() | {
            "WAYFOLD_DATA_FOLDER": str(self.folder),
            "WAYFOLD_PORT": str(self.port),
            **{f"WAYFOLD_{name.upper()}": value for name, value in self._settings.items()},
        }

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        assert self._process is not None
        self._process.kill()

    async def ended(self) -> int:
        """Wait until it has ended; its exit status."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _healthy(self) -> None:
        assert self._process is not None
        deadline = asyncio.get_running_loop().time() + ALIVE_WITHIN_S
        async with httpx.AsyncClient(trust_env=False) as client:
            while asyncio.get_running_loop().time() < deadline and self._process.returncode is None:
                try:
                    if (await client.get(f"{self.url}/health")).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        log = (self.folder.parent / f"{self.name}.log").read_text("utf-8", "replace")
        raise DemoError(f"{self.name} did not start:\n{log[-LOG_TAIL_CHARS:]}")


async def server_command(node: NodeProcess, *arguments: str) -> str:
    """Run a command of `wayfold` on a node's files, beside the node; returns what it said. Raises `DemoError`."""
    return await _run((*_SERVER, *arguments), node.environment())


async def device_command(*arguments: str) -> str:
    """Run a device's command; returns what it said. Raises `DemoError`."""
    return await _run((*_DEVICE, *arguments), _environment())


async def follow_device(arguments: tuple[str, ...], told: Callable[[dict[str, Any]], None]) -> None:
    """Run a device's command that tells JSON lines, and hand each on as it comes; raises `DemoError`."""
    process = await asyncio.create_subprocess_exec(
        *_DEVICE,
        *arguments,
        env=_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async for line in process.stdout:
            told(msgspec.json.decode(line))
        complaint = await process.stderr.read()
        if await process.wait():
            raise DemoError(f"device {arguments}: {complaint.decode(errors='replace')[-LOG_TAIL_CHARS:]}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _run(command: tuple[str, ...], environment: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        text = complaint.decode(errors="replace")[-LOG_TAIL_CHARS:]
        raise DemoError(f"{' '.join(command[1:])} ended with {process.returncode}: {text}")
    return said.decode()


def _environment() -> dict[str, str]:
    """Ours, without settings that were meant for another node."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WAYFOLD_")}
