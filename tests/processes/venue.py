"""The run: HQ, two edges and devices play while everything goes wrong; then nothing does, and the files are audited."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import NamedTuple

import httpx

from client_core.game.actions import CheckIn, decode_action
from server.demo.audit import Store, digests, read_store
from tests.processes.faulty_link import BAD, CLEAN, DEAD, FaultyLink
from tests.processes.fleet import Acknowledged, Device
from tests.processes.nodes_running import RunningNode, edge_settings, found_game

DAY_MS = 86_400_000
CLOCKS_OFF_MS = (0, 0, 100, -DAY_MS, 3 * 365 * DAY_MS, -10 * 365 * DAY_MS)
SETTLE_S = 240.0
NOTES_S = 6.0
"""Nodes note what they hold two seconds after it came, and edges pass it on with their next session."""
DEVICES, AT_ONCE = 6, 3

Tell = Callable[[str], None]


class Outcome(NamedTuple):
    """What a run saw and what the audit found; `broken` is empty where every promise held."""

    acknowledged: int
    events: int
    kills: Counter[str]
    pauses: int
    links: Counter[str]
    commands: int
    syncs: int
    synced: int
    settled_s: float
    memory_mib_max: float
    broken: list[str]


class Venue:
    """One run in an empty folder, all of it drawn from a seed but for the timing of the machine."""

    def __init__(self, folder: Path, seed: int, tell: Tell) -> None:
        self._draw, self._tell = Random(seed), tell
        code, game = found_game(folder / "hq")
        self.hq = RunningNode("hq", folder / "hq")
        self._up = [FaultyLink(self.hq.port, seed + n) for n in range(2)]
        self.edges = [
            RunningNode(f"edge{n}", folder / f"edge{n}", **edge_settings(folder / "hq", link.url))
            for n, link in enumerate(self._up)
        ]
        self._code = code
        self._doors = [FaultyLink(node.port, seed + 10 + n) for n, node in enumerate((*self.edges, self.hq))]
        self._sync = [f"{link.url}/sync/v1/acme/{game}" for link in self._doors]
        self.devices = [Device(f"d{n}", folder, seed * 100 + n) for n in range(DEVICES)]
        self._playing = threading.Event()
        self._failed: list[str] = []

    @property
    def nodes(self) -> tuple[RunningNode, ...]:
        """HQ and the edges."""
        return (self.hq, *self.edges)

    @property
    def links(self) -> tuple[FaultyLink, ...]:
        """Every link there is."""
        return (*self._up, *self._doors)

    def run(self, minutes: float) -> Outcome:
        """Play for so long, settle, audit. No process outlives this call."""
        try:
            self._open()
            self._play(minutes * 60)
            settled_s = self._settle()
        finally:
            for node in self.nodes:
                node.stop()
            for link in self.links:
                link.close()
        return self._audit(settled_s)

    def _open(self) -> None:
        for node in self.nodes:
            node.folder.mkdir(exist_ok=True)
            node.start()
        for number, device in enumerate(self.devices):
            at = self._doors[number % 3]
            device.join(f"{at.url}/acme/park", self._code)
            device.upstreams = (self._sync[number % 2], self._sync[2])
        self._tell(f"{len(self.nodes)} servers are up, {len(self.devices)} devices have joined")

    def _play(self, seconds: float) -> None:
        self._playing.set()
        for link in self.links:
            link.become(BAD)
        mischief = threading.Thread(target=self._mischief)
        mischief.start()
        until = time.monotonic() + seconds

        def live(mine: list[Device]) -> None:
            while time.monotonic() < until:
                for device in mine:
                    device.act()

        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(live, [self.devices[n::AT_ONCE] for n in range(AT_ONCE)]))
        finally:
            self._playing.clear()
            mischief.join()

    def _mischief(self) -> None:
        """One thing after another goes wrong, somewhere, for as long as the game is on."""
        draw = self._draw
        try:
            while self._playing.is_set():
                time.sleep(draw.uniform(0.3, 2.0))
                kind = draw.choices(("mood", "kill", "pause"), (6, 2, 1))[0]
                node = draw.choice(self.nodes)
                if kind == "mood":
                    draw.choice(self.links).become(draw.choices((CLEAN, BAD, DEAD), (3, 5, 1))[0])
                elif kind == "pause":
                    node.pause(draw.uniform(0.5, 5.0))
                else:
                    node.kill()
                    time.sleep(draw.uniform(0.0, 3.0))
                    node.start(draw.choice(CLOCKS_OFF_MS))
        except AssertionError as error:
            self._failed.append(str(error))

    def _settle(self) -> float:
        """Clean links, right clocks, nothing goes wrong: how many seconds until everybody holds the same.

        Then the nodes are given the time to note what came last, and everybody the round that brings the notes.
        """
        for link in self.links:
            link.become(CLEAN)
        for node in self.nodes:
            node.stop()
            node.start()
        began, settled_s = time.monotonic(), 0.0
        while time.monotonic() - began < SETTLE_S:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                done = list(pool.map(lambda device: device.sync(timeout_s=20), self.devices))
            standings = [_standings(node) for node in self.nodes]
            if all(done) and standings.count(standings[0]) == len(standings) and all(map(_is_safe, self.devices)):
                if settled_s:
                    return settled_s
                settled_s = time.monotonic() - began
                time.sleep(NOTES_S)
        self._failed.append(f"not settled within {SETTLE_S:g} s")
        return SETTLE_S

    def _audit(self, settled_s: float) -> Outcome:
        self._tell("all processes have ended; reading their files")
        stores = {node.name: read_store(node.folder / "tenants" / "acme.sqlite") for node in self.nodes}
        broken = [*self._failed, *_compare(stores)]
        hq = stores["hq"]
        _, team_digests = digests(hq)
        for device in self.devices:
            mine = read_store(device.store)
            broken += [f"{device.name}: {surprise}" for surprise in device.surprises]
            if lost := device.acknowledged - _check_ins(mine):
                broken.append(f"{device.name}: {len(lost)} acknowledged check-ins are not in its own file")
            if lost := device.acknowledged - _check_ins(hq, device.name):
                broken.append(f"{device.name}: {len(lost)} acknowledged check-ins are not at HQ")
            if not mine.ids <= hq.ids:
                broken.append(f"{device.name}: {len(mine.ids - hq.ids)} events of its file are not at HQ")
            status = device.status()
            if status["unsent"] or status["in_custody"]:
                broken.append(f"{device.name}: says {status['unsent']} unsent, {status['in_custody']} in custody")
            if status["digest"] != team_digests[device.name]:
                broken.append(f"{device.name}: folds another result than HQ")
        broken += [f"{node.name}: {line}" for node in self.nodes for line in node.complaints()[:3]]
        kills = Counter({node.name: node.kills for node in self.nodes})
        kills["devices"] = sum(device.kills for device in self.devices)
        return Outcome(
            sum(len(device.acknowledged) for device in self.devices),
            len(hq.ids),
            kills,
            sum(node.pauses for node in self.nodes),
            sum((link.met for link in self.links), Counter()),
            sum(device.commands for device in self.devices),
            sum(device.syncs for device in self.devices),
            sum(device.synced for device in self.devices),
            settled_s,
            max(node.memory_kib_max for node in self.nodes) / 1024,
            broken,
        )


def _standings(node: RunningNode) -> object:
    found = httpx.get(f"{node.url}/api/v1/acme/games/park/standings", trust_env=False, timeout=30).json()
    return found["teams"]


def _is_safe(device: Device) -> bool:
    status = device.status()
    return not (status["unsent"] or status["in_custody"])


def _compare(stores: dict[str, Store]) -> list[str]:
    """What the servers' files do not agree in."""
    folded = {name: digests(store) for name, store in stores.items()}
    return [f"{name}: folds another game than HQ" for name, found in folded.items() if found != folded["hq"]]


def _check_ins(store: Store, team: str | None = None) -> set[Acknowledged]:
    """The check-ins a file holds, of one team or of all."""
    teams = {t.id for t in store.teams().values() if t.name == team} if team is not None else None
    found = set()
    for held in store.held:
        if teams is None or held.key.audience[1:] in teams:
            action = decode_action(held.event.payload)
            if isinstance(action, CheckIn):
                found.add(Acknowledged(action.checkpoint, action.at_ms))
    return found
