"""The demo itself: one HQ, one edge, thirteen devices, and what goes wrong between them.

In this order:

    evening before   HQ publishes the game and writes the start list; the edge is admitted
    registration     devices join, some at HQ, some at the edge
    the day          each device is started shortly before its runner; recorded links come and go;
                     the edge is killed with a DATA frame in flight, and started again
    coming home      two devices without a link hand in files; who is not safe yet goes to HQ directly
    closing          edge and HQ meet until they hold the same; all processes end; only then are the files read
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import msgspec

from server.demo import highfield
from server.demo.audit import read_store
from server.demo.edge_door import EdgeDoor
from server.demo.hq import GAME_SLUG, TENANT, Prepared, prepare
from server.demo.plan import STARTUP_S, STAY_MS, SYNC_EVERY_S, Device, Plan, before_start
from server.demo.processes import NodeProcess, device_command, follow_device, server_command
from server.demo.verdict import Files, Outcome, read_files

SETUP_S, SETUP_S_MAX = 8.0, 30.0
"""Of the wall: what nodes and joining take on two cores, and what is waited for at most where they are busy."""
START_S = 0.7
"""What starting a program of ours takes there."""
JOINS_AT_ONCE = 3
SETTLE_LOOKS, SETTLE_EVERY_S = 50, 0.2
RELAY_EVERY_S = 1

Tell = Callable[[str, Mapping[str, Any]], None]
"""Told what happens: a word, and what belongs to it. Words are those of `client_core.replay`, with `team`, and
`step`, `edge_killed`, `edge_back`, `joined`, `home`."""


class Played(NamedTuple):
    """What a demo leaves behind: its outcome, and the HQ that can be started again to show the page.

    `clock` is for that: it goes on from the end of the day, no faster than it should.
    """

    outcome: Outcome
    hq: NodeProcess
    page: str
    clock: str


def setup_s() -> float:
    """How long getting ready will take here and now.

    The day waits for nobody: devices that join late have played before they are
    online. So a program of ours is started, and the time it takes is the measure.
    """
    began = monotonic()
    subprocess.run([sys.executable, "-c", "import server.app"], check=True, capture_output=True)
    return min(SETUP_S * max(1.0, (monotonic() - began) / START_S), SETUP_S_MAX)


class Play:
    """One run of the demo in an empty folder."""

    def __init__(self, folder: Path, plan: Plan, seed: int, tell: Tell) -> None:
        self._folder, self._seed, self._tell = folder, seed, tell
        self._plan = before_start(plan, setup_s())
        self._done: dict[str, dict[str, Any]] = {}
        clock = {"clock": self._plan.setting}
        self._hq = NodeProcess("hq", folder / "hq", clock | {"node_name": "HQ"})
        self._edge = NodeProcess("edge", folder / "edge", clock | {"node_name": "Venue"})
        self._door = EdgeDoor(self._edge.port, self._kill_due, self._edge.kill)
        self._door_url = ""
        self._prepared: Prepared

    async def run(self) -> Played:
        """Play it all; raises `DemoError`. No process outlives this call."""
        began = monotonic()
        try:
            await self._open_nodes()
            await self._register()
            await self._play_the_day()
            await self._come_home()
            await self._settle()
        finally:
            await self._door.close()
            await asyncio.gather(self._edge.stop(), self._hq.stop())
        self._step("Reading every node's file")
        outcome = self._outcome(monotonic() - began)
        clock = self._plan.setting_from_now(speed=1)
        return Played(outcome, self._hq, f"{self._hq.url}/{TENANT}/{GAME_SLUG}", clock)

    async def _open_nodes(self) -> None:
        self._step("HQ publishes the game, the venue's edge starts")
        self._prepared = prepare(self._folder / "hq", self._plan.now_ms())
        self._door_url = f"http://127.0.0.1:{await self._door.open()}"
        await self._hq.start()
        await self._edge.start(
            upstreams=self._hq.url,
            upstream_every_s=str(RELAY_EVERY_S),
            public_url=self._door_url,
            edge_code=self._prepared.edge_code,
        )

    async def _register(self) -> None:
        self._step("Thirteen devices join, at HQ or at the edge")
        (self._folder / "devices").mkdir()
        turn = asyncio.Semaphore(JOINS_AT_ONCE)

        async def join(device: Device) -> None:
            origin = self._hq.url if device.joins_at == "hq" else self._door_url
            code = self._prepared.code_by_team[device.team]
            async with turn:
                where = f"{origin}/{TENANT}/{GAME_SLUG}"
                await device_command("join", where, "--code", code, "--store", str(self._file(device)))
            self._tell("joined", {"team": device.team, "at": device.joins_at})

        await asyncio.gather(*map(join, self._plan.devices))

    async def _play_the_day(self) -> None:
        self._step("The day: 08:27 to 10:53 UTC")
        revival = asyncio.create_task(self._revive_edge())
        try:
            async with asyncio.TaskGroup() as group:
                for device in self._plan.devices:
                    group.create_task(self._play_device(device))
        finally:
            if not self._door.killed:
                revival.cancel()
            with suppress(asyncio.CancelledError):
                await revival

    async def _play_device(self, device: Device) -> None:
        recorded = highfield.fixes(device.runner.track)
        plan = self._plan
        lead_ms = int(STARTUP_S * 1000 * plan.speed)
        await asyncio.sleep(plan.wall_s_until(recorded[0].at_ms - lead_ms))
        arguments = ["replay", str(device.runner.track), "--store", str(self._file(device)), "--events", "json"]
        arguments += ["--speed", f"{plan.speed:g}", "--epoch", str(plan.epoch_ms)]
        arguments += ["--started-at-ms", str(plan.started_at_ms)]
        if device.way != "bundle":
            arguments += ["--sync-every", str(SYNC_EVERY_S), "--until", str(recorded[-1].at_ms + STAY_MS)]
            arguments += [part for url in self._upstreams(device) for part in ("--upstream", url)]
        if device.link is not None:
            arguments += ["--link", str(device.link)]

        def told(facts: dict[str, Any]) -> None:
            facts["team"] = device.team
            if facts["event"] == "done":
                self._done[device.team] = facts
            self._tell(facts["event"], facts)

        await follow_device(tuple(arguments), told)

    async def _revive_edge(self) -> None:
        """Start the edge again after it was killed: on the same files, at the same port."""
        await self._door.has_killed.wait()
        self._tell("edge_killed", {"events": self._door.killed_events, "at_ms": self._plan.now_ms()})
        await self._edge.ended()
        await self._edge.start()
        self._tell("edge_back", {"at_ms": self._plan.now_ms()})

    async def _come_home(self) -> None:
        """Files of those who never had a link, one at each node; whoever is not safe yet asks HQ directly."""
        self._step("Coming home: two by file, the rest over HQ's own network")
        at_hq = True
        for device in self._plan.devices:
            if device.way == "bundle":
                file = self._folder / f"team-{device.team}.wayfold"
                await device_command("bundle", "export", str(file), "--store", str(self._file(device)))
                node = self._hq if at_hq else self._edge
                said = await server_command(node, "bundle", "import", str(file), "--tenant", TENANT, "--json")
                (line,) = msgspec.json.decode(said)
                self._tell("home", {"team": device.team, "events": line["taken"]["received"], "at": node.name})
                at_hq = False
        anxious = [d for d in self._plan.devices if d.way == "link" and not self._is_safe(d)]
        turn = asyncio.Semaphore(JOINS_AT_ONCE)

        async def sync(device: Device) -> None:
            async with turn:
                await device_command("sync", "--store", str(self._file(device)), "--upstream", self._sync(self._hq.url))
            self._tell("home", {"team": device.team, "events": 0, "at": "hq"})

        await asyncio.gather(*map(sync, anxious))

    async def _settle(self) -> None:
        """Wait until edge and HQ hold the same events. The edge's timer brings that about; nobody syncs by hand."""
        self._step("Edge and HQ exchange what each still lacks")
        for _ in range(SETTLE_LOOKS):
            if read_store(self._store("hq")).ids == read_store(self._store("edge")).ids:
                return
            await asyncio.sleep(SETTLE_EVERY_S)

    def _outcome(self, seconds: float) -> Outcome:
        devices = {device.team: self._file(device) for device in self._plan.devices}
        files = Files(self._store("hq"), self._store("edge"), devices)
        reading = read_files(files, self._door.receipts, self._door.before_kill, self._door.taken)
        compared = reading.comparisons
        return Outcome(
            digests=reading.digests,
            expected=sum(one.expected for one in compared),
            found=sum(one.found for one in compared),
            passed=sum(len(one.passed) for one in compared),
            wrong=sum(len(one.wrong) for one in compared),
            lost=reading.lost,
            sessions_cut=sum(int(done["sessions_cut"]) for done in self._done.values()),
            seconds=round(seconds, 1),
            speed=self._plan.speed,
            seed=self._seed,
            events=reading.events,
            acknowledged=reading.acknowledged,
            acknowledged_before_kill=reading.acknowledged_before_kill,
            broken=reading.broken,
            edge_kills=int(self._door.killed),
            events_in_flight=self._door.killed_events,
            offline_minutes={device.team: self._offline_minutes(device) for device in self._plan.devices},
            leaderboard=reading.leaderboard,
            tracks=tuple(one._asdict() for one in compared),
        )

    def _offline_minutes(self, device: Device) -> float:
        """How long a device had no network while it played; one without a link had none at all."""
        recorded = highfield.fixes(device.runner.track)
        whole_ms = recorded[-1].at_ms - recorded[0].at_ms
        offline_ms = whole_ms if device.way == "bundle" else int(self._done[device.team]["offline_ms"])
        return round(offline_ms / 60_000, 1)

    def _is_safe(self, device: Device) -> bool:
        done = self._done[device.team]
        return not (done["unsent"] or done["in_custody"])

    def _upstreams(self, device: Device) -> list[str]:
        """The cable leads to HQ; of the others every fourth may go past an edge that does not answer."""
        if device.way == "cable":
            return [self._sync(self._hq.url)]
        both = self._plan.devices.index(device) % 4 == 0
        return [self._sync(self._door_url), *([self._sync(self._hq.url)] if both else [])]

    def _sync(self, origin: str) -> str:
        return f"{origin}/sync/v1/{TENANT}/{self._prepared.game}"

    def _file(self, device: Device) -> Path:
        return self._folder / "devices" / f"{device.team}.db"

    def _store(self, node: str) -> Path:
        return self._folder / node / "tenants" / f"{TENANT}.sqlite"

    def _kill_due(self) -> bool:
        return self._plan.now_ms() >= self._plan.kill_at_ms

    def _step(self, what: str) -> None:
        self._tell("step", {"what": what})
