"""HQ and two edges as real processes that are killed, paused and started again with a clock that is off."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import httpx
from loopback import HOUR_MS, START_MS, lon_of
from served import WAYFOLD, clean_environment, edge_code_of, free_port

from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import MassStart, TimeLimit
from server.db.tenants import TenantFiles
from server.games import publish_draft, save_draft
from server.join_codes import add_join_code
from server.open_game import OpenGame
from server.tenancy import new_tenant

CHECKPOINTS = 3000
UP_WITHIN_S = 40.0
NOW_MS = START_MS + 60_000


def found_game(folder: Path) -> tuple[str, str]:
    """A tenant whose game has a checkpoint for every check-in of the run; a join code, and the game's id in hex."""
    tenants = TenantFiles(folder)
    tenants.add(new_tenant("acme", "Acme", NOW_MS))
    checkpoints = tuple(
        DraftCheckpoint(code=f"C{n}", name=f"C{n}", points=10, at=(lon_of(n), 51.5), radius_m=25)
        for n in range(CHECKPOINTS)
    )
    draft = Draft(
        name="Processes",
        time_zone="Europe/London",
        opens_at_ms=START_MS - HOUR_MS,
        closes_at_ms=START_MS + 5 * HOUR_MS,
        start=MassStart(START_MS),
        limit=TimeLimit(240 * 60_000, 10, 30 * 60_000),
        checkpoints=checkpoints,
    )
    with tenants.open("acme") as file:
        assert file.tenant is not None
        save_draft(file, "park", draft, NOW_MS)
        row = publish_draft(file, file.tenant, "park", NOW_MS)
        game = OpenGame(file, file.tenant, row)
        code = add_join_code(game.log, game.key, None, 100, NOW_MS).code
        identity = row.id
    tenants.close()
    return code, identity.hex()


class RunningNode:
    """One `wayfold serve`. It is started again on the same files and port as often as it is killed."""

    def __init__(self, name: str, folder: Path, **settings: str) -> None:
        self.name, self.folder, self.settings = name, folder, settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.parent / f"{name}.log"
        self.kills = self.pauses = self.memory_kib_max = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, clock_off_ms: int = 0) -> None:
        """Start it, its clock so far off the game's time; returns once it answers."""
        clock = f"{NOW_MS + clock_off_ms}@{time.time_ns() // 1_000_000}*1"
        settings = {**self.settings, "clock": clock, "node_name": self.name, "port": str(self.port)}
        environment = {**clean_environment(), **{f"WAYFOLD_{k.upper()}": v for k, v in settings.items()}}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*WAYFOLD, "serve", "--data", str(self.folder)], stdout=log, stderr=log, env=environment
            )
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"{self.name} ended: {self.log.read_text()[-3000:]}"
            try:
                if httpx.get(f"{self.url}/health", trust_env=False, timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"{self.name} does not answer: {self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """As a power cut ends it."""
        assert self._process is not None
        self._measure()
        self._process.kill()
        self._process.wait()
        self.kills += 1

    def pause(self, seconds: float) -> None:
        """Let it stand still, with all its connections open, and go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)
        self.pauses += 1

    def stop(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._measure()
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _measure(self) -> None:
        assert self._process is not None
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                self.memory_kib_max = max(self.memory_kib_max, int(line.split()[1]))

    def complaints(self) -> list[str]:
        """What its log says that no fault of the world explains."""
        text = self.log.read_text(errors="replace")
        return [line for line in text.splitlines() if line.startswith("Traceback") or " CRITICAL " in line]


def edge_settings(hq_folder: Path, upstream: str) -> dict[str, str]:
    """The settings of a new edge that reaches HQ at an address."""
    return {"upstreams": upstream, "upstream_every_s": "1", "edge_code": edge_code_of(hq_folder)}


__all__ = ["NOW_MS", "RunningNode", "edge_settings", "found_game"]
