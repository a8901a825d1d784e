"""Devices as real processes: each check-in and each sync is a run of `python -m client_core`, killed now and then.

What a device's user was told is noted: exit 0, or "kept for the staff to see".
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from loopback import START_MS, lon_of
from served import clean_environment

DEVICE = (sys.executable, "-m", "client_core")
COMMAND_TIMEOUT_S = 60.0
CLOCK_OFF_MS = (0, 0, 0, 0, 100, -3_600_000, 86_400_000 * 400, -86_400_000 * 3650)
KILLED_SHARE, KILL_WITHIN_S = 0.15, 0.9


class Acknowledged(NamedTuple):
    """A check-in whose user was told that it is recorded: where, and what the device's clock said."""

    checkpoint: int
    at_ms: int


class Ran(NamedTuple):
    """A command's end; `code` is negative where it was killed."""

    code: int
    stdout: str
    stderr: str


class Device:
    """One device: a file, and what its user was told."""

    def __init__(self, name: str, folder: Path, seed: int) -> None:
        self.name, self.store = name, folder / f"{name}.db"
        self.draw = Random(seed)
        self.upstreams: tuple[str, ...] = ()
        self.acknowledged: set[Acknowledged] = set()
        self.kills = self.syncs = self.synced = self.commands = 0
        self.surprises: list[str] = []
        self._next = 0

    def join(self, url: str, code: str) -> None:
        """Join a game; the team is named after the device."""
        ran = self.run("join", url, "--code", code, "--team-name", self.name)
        assert ran.code == 0, ran

    def act(self) -> None:
        """Check in once, and often sync; each may be killed in the middle."""
        checkpoint, self._next = self._next, self._next + 1
        at_ms = START_MS + 60_000 + checkpoint * 1000 + self.draw.choice(CLOCK_OFF_MS)
        where = ("--lat", "51.5", "--lon", str(lon_of(checkpoint)), "--accuracy", "5")
        ran = self.run("check-in", f"C{checkpoint}", *where, "--at", str(at_ms), may_die=True)
        if ran.code == 0 or (ran.code == 3 and "kept for the staff" in ran.stderr):
            self.acknowledged.add(Acknowledged(checkpoint, at_ms))
        elif ran.code not in (-9, 3):
            self.surprises.append(f"check-in: {ran.code} {ran.stderr[-500:]}")
        if self.draw.random() < 0.6:
            self.sync(may_die=True)

    def sync(self, *, may_die: bool = False, timeout_s: float = 4.0) -> bool:
        """One session with the first upstream that answers; whether it ended with equal roots."""
        urls = list(self.upstreams)
        if may_die:
            self.draw.shuffle(urls)
        self.syncs += 1
        named = [part for url in urls for part in ("--upstream", url)]
        ran = self.run("sync", *named, "--timeout", str(timeout_s), may_die=may_die)
        if ran.code not in (0, -9, 5):
            self.surprises.append(f"sync: {ran.code} {ran.stderr[-500:]}")
        self.synced += ran.code == 0
        return ran.code == 0

    def status(self) -> dict[str, Any]:
        """What the device shows its user."""
        ran = self.run("status", "--json")
        assert ran.code == 0, ran
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    def run(self, *arguments: str, may_die: bool = False) -> Ran:
        """Run a command of the device; where it may die it is killed in some cases, at any moment."""
        self.commands += 1
        process = subprocess.Popen(
            [*DEVICE, *arguments, "--store", str(self.store)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        timer = None
        if may_die and self.draw.random() < KILLED_SHARE:
            timer = threading.Timer(self.draw.uniform(0.05, KILL_WITHIN_S), process.kill)
            timer.start()
        try:
            stdout, stderr = process.communicate(timeout=COMMAND_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            self.surprises.append(f"{arguments[0]} did not end within {COMMAND_TIMEOUT_S:g} s")
        if timer is not None:
            timer.cancel()
        self.kills += process.returncode == -9
        return Ran(process.returncode, stdout, stderr)
