"""One simulated world: nine nodes, two tenants, forty minutes of a game, and what strikes them. All from one seed.

`World` is what there is: time and what is due, nodes, model, trace. What nodes
do by themselves is in `playing`, how an exchange fares in `carrying`, what can
strike in `striking` and the modules of faults.
"""

from __future__ import annotations

import heapq
import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace

import server.relay
from client_core.signing import SigningKey

from . import disks, plan
from .clocks import WORLD_STARTS_MS, Clocks, WorldLoop
from .devices import DeviceNode
from .disks import Fate
from .files import Node, read_rows
from .links import draw_link
from .model import Model
from .plan import Strike
from .replacing import replaced
from .servers import SERVERS, ServerNode
from .signatures import remembered_signatures
from .start import DEVICES, GAMES, TEAMS, TENANTS_OF
from .striking import FAULTS, Armed
from .wire import Change

BACKUPS_MS = (plan.GAME_MS * 25 // 100, plan.GAME_MS * 55 // 100)


class World:
    """Everything there is, and the order in which it happens."""

    def __init__(self, seed: int, strikes: list[Strike], start: Path, folder: Path) -> None:
        self.seed, self.start, self.folder = seed, start, folder
        self.clocks, self.model = Clocks(), Model()
        self.loop = WorldLoop()
        self.package = (start / "package").read_bytes()
        self.trace: list[str] = []
        self.errors: list[str] = []
        self.strikes_by_cell: Counter[tuple[str, str]] = Counter()
        self.armed = [Armed(strike, FAULTS[strike.fault]) for strike in strikes]
        self.is_calm = False
        self.in_session: Counter[tuple[str, str]] = Counter()
        self.devices: dict[str, DeviceNode] = {}
        self.servers: dict[str, ServerNode] = {}
        self.burned: set[str] = set()
        self.full_disks: set[str] = set()
        self.ever_rolled_back: set[str] = set()
        self.set_back_unawares: set[str] = set()
        """Servers whose files were last set back by nobody who told them."""
        self.ever_set_back_unawares = False
        self.busy_until_ms: dict[str, int] = {}
        self.liars: dict[str, tuple[int, Change]] = {}
        self.finals: set[str] = set()
        self.moved_into: set[bytes] = set()
        """Teams that got events of another team's streams by a decision: their devices do not hold those."""
        self.teams_left: dict[bytes, set[bytes]] = defaultdict(set)
        """By key, the audiences of teams that a device was in before: it keeps what it wrote there."""
        self.settled: set[bytes] = set()
        """What servers held some rounds before the oracles ask: whoever wrote it, it must have got around."""
        self.root_keys: dict[str, bytes] = {}
        self.server_keys: set[bytes] = set()
        self.sessions = 0
        self._secrets: dict[str, list[tuple[str, bytes]]] = {tenant: [] for tenant in GAMES}
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def dice(self, what: str) -> Random:
        """Dice of their own for every purpose, so that a strike left out changes little else."""
        return Random(f"{self.seed} {what}")

    def tell(self, text: str) -> None:
        """A line of the trace."""
        self.trace.append(f"{self.clocks.monotonic_s():9.3f} s  {text}")

    # Time.

    @property
    def now_ms(self) -> int:
        """Milliseconds since the world began."""
        return self.clocks.true_ms - WORLD_STARTS_MS

    def at(self, at_ms: int, what: Callable[[], None]) -> None:
        """Let something happen at a time of the world."""
        self._count += 1
        heapq.heappush(self._queue, (at_ms, self._count, what))

    def later(self, after_ms: int, what: Callable[[], None]) -> None:
        """Let something happen after a while."""
        self.at(self.now_ms + after_ms, what)

    def pass_time(self, until_ms: int) -> None:
        """Let everything happen that is due by then."""
        while self._queue and self._queue[0][0] <= until_ms:
            self._step()
        self.clocks.true_ms = max(self.clocks.true_ms, WORLD_STARTS_MS + until_ms)

    def meanwhile(self, steps: int) -> None:
        """Others act while somebody waits for an answer."""
        for _ in range(steps):
            if self._queue:
                self._step()

    def _step(self) -> None:
        at_ms, _, what = heapq.heappop(self._queue)
        self.clocks.true_ms = max(self.clocks.true_ms, WORLD_STARTS_MS + at_ms)
        what()

    # The cast.

    def open(self) -> None:
        """Put every node on its files."""
        self.links = {name: draw_link(self.clocks, name, self.dice(f"link {name}")) for name in (*SERVERS, *DEVICES)}
        for name in SERVERS:
            shutil.copytree(self.start / name, self.folder / name)
            server_node = ServerNode(name, self.folder / name, self.clocks, self.loop)
            server_node.decide = self.decide
            server_node.start()
            self.servers[name] = server_node
        for name, joined in DEVICES.items():
            path = self.folder / name / "device.wayfold"
            path.parent.mkdir()
            shutil.copy(self.start / f"{name}.wayfold", path)
            self.add(DeviceNode(name, joined.tenant, joined.upstreams, path, self.clocks))
        for tenant, teams in TEAMS.items():
            self._secrets[tenant] += [(f"the id of team {name} of {tenant}", team) for team, name in teams.items()]
        for node in self.nodes():
            for tenant in self.tenants_of(node):
                for author in sorted({row.author for row in read_rows(node, tenant)}):
                    self.model.wrote(node, tenant, author)
            for at_ms in BACKUPS_MS:
                self.at(at_ms + self.dice(f"backup {node.name}").randrange(60_000), lambda n=node: self.back_up(n))
        for tenant in GAMES:
            with self.servers["hq"].node.tenants.open(tenant) as file:
                self.root_keys[tenant] = file.tenant.root_public
        for server_node in self.servers.values():
            for tenant in self.tenants_of(server_node):
                with server_node.node.tenants.open(tenant) as file:
                    self.server_keys.add(SigningKey.from_seed(file.tenant.node_seed).public_key)
        self.model.own.clear()
        self.model.unsent.clear()

    def add(self, device: DeviceNode) -> None:
        """A device is there."""
        device.decide = self.decide
        self.devices[device.name] = device
        self.model.name_by_key.setdefault(device.replica.public_key, device.name)
        self._secrets[device.tenant].append((f"the key of {device.name}", device.replica.public_key))

    def nodes(self) -> list[Node]:
        """All nodes, whether up or down."""
        return [*(s for s in self.servers.values() if s.name not in self.burned), *self.devices.values()]

    def tenants_of(self, node: Node) -> tuple[str, ...]:
        """Whose games a node holds."""
        return (node.tenant,) if isinstance(node, DeviceNode) else TENANTS_OF[node.name]

    def secrets_of_others(self, tenant: str) -> list[tuple[str, bytes]]:
        """Bytes that nobody of this tenant may ever see, and what they are."""
        return [secret for other, found in self._secrets.items() if other != tenant for secret in found]

    def is_busy(self, name: str) -> bool:
        """Whether a node waits in a session of its own: it does one thing at a time."""
        return self.in_session[name, plan.INITIATOR] > 0

    def is_online(self, name: str) -> bool:
        """Whether a node's own link is up; in calm weather all are, HQ's always is."""
        return self.is_calm or name == "hq" or self.links[name].is_online(self.clocks.true_ms)

    # What becomes of files.

    def back_up(self, node: Node) -> None:
        """Somebody copies a node's files, as any copying program would."""
        if not node.is_up or node not in self.nodes():
            return
        target = self.folder / "backups" / node.name
        if target.exists():
            shutil.rmtree(target)
        if isinstance(node, DeviceNode):
            node.backup(target / "device.wayfold")
        else:
            disks.crash_copy(node.folder / "tenants", target / "tenants")

    def rolled_back(self, node: Node) -> None:
        """A node's files are those of an earlier day: it holds what it held then."""
        self.ever_rolled_back.add(node.name)
        self.model.took_back(node, self.tenants_of(node))

    def gone(self, node: Node) -> None:
        """A node and its files are no more."""
        self.model.lost(node.name)

    def crashed(self, node: Node) -> None:
        """A process died; another opens the files after a while."""
        if node.is_up or node.is_awaited or node.name in self.burned:
            return
        node.is_awaited = True
        self.tell(f"{node.name} is down")
        dice = self.dice(f"restart {node.name} {node.generation}")
        self.later(5_000 + dice.randrange(40_000), lambda: self.restart(node))

    def restart(self, node: Node) -> None:
        """A new process opens a node's files, and they hold what it said that they hold."""
        if not node.is_awaited:
            return
        node.restart()
        self.full_disks.discard(node.name)
        self.tell(f"{node.name} is up again")
        if isinstance(node, DeviceNode):
            self.model.wrote(node, node.tenant, node.replica.public_key)  # committed, and nobody lived to say so
        for tenant in self.tenants_of(node):
            self.model.check_holds(node, tenant)

    # Strikes.

    def states(self, node: Node) -> frozenset[str]:
        """What a node is doing and holding at this moment."""
        found = {state for state in (plan.INITIATOR, plan.RESPONDER) if self.in_session[node.name, state]}
        if self._has_unsent(node):
            found.add(plan.UNSENT)
        for state in self._streams(node):
            if state.dangling or state.bare:
                found.add(plan.GAPS)
            if isinstance(node, DeviceNode) and any(b.tip_seq > b.head_seq for b in state.branches):
                found.add(plan.UNSIGNED)
        return frozenset(found or {plan.IDLE})

    def _has_unsent(self, node: Node) -> bool:
        if isinstance(node, DeviceNode):
            return bool(self.model.unsent[node.name])
        return not self.model.holdings[node.name] <= self.model.holdings["hq"]

    def _streams(self, node: Node) -> list:
        if isinstance(node, DeviceNode):
            return list(node.replica.log.index.streams.values())
        return [state for game in node.node._games.values() for state in game.log.index.streams.values()]

    def strike(self, node: Node) -> None:
        """Let what waits for this node in its present state strike it, between two steps."""
        for armed in self.armed:
            states = self.meets(armed, "between", node)
            if states:
                self.fire(armed, node, states)
                armed.fault.strike(self, node, armed.dice)
                return

    def decide(self, node: Node) -> Fate:
        """What becomes of a process at this COMMIT."""
        for armed in self.armed:
            states = self.meets(armed, "commit", node)
            if states:
                self.fire(armed, node, states)
                fate: Fate = armed.fault.strike(self, node, armed.dice)
                return fate
        return Fate.GO_ON

    def meets(self, armed: Armed, where: str, *nodes: Node) -> frozenset[str]:
        """The states in which an armed strike meets these nodes now; none where it does not."""
        fault = armed.fault
        if armed.is_spent or self.is_calm or fault.where != where or self.now_ms < armed.strike.from_ms:
            return frozenset()
        states: frozenset[str] = frozenset()
        for node in nodes:
            if fault.suits(node) and (plan.INITIATOR in fault.states or not self.is_busy(node.name)):
                states |= self.states(node)
        return states & frozenset(fault.states) if armed.strike.state in states else frozenset()

    def fire(self, armed: Armed, node: Node, states: frozenset[str]) -> None:
        """A strike finds its moment."""
        armed.is_spent = True
        for state in states:
            self.strikes_by_cell[armed.strike.fault, state] += 1
        self.tell(f"STRIKE {armed.strike.number}: {armed.strike.fault} hits {node.name} ({', '.join(sorted(states))})")

    def close(self) -> None:
        """Let go of everything."""
        for device in self.devices.values():
            device.close()
        for server_node in self.servers.values():
            if server_node.is_up:
                server_node.stop()
            else:
                server_node.bury()
        self.loop.close()


@contextmanager
def seeded_bytes(dice: Random) -> Iterator[None]:
    """What the system would draw is drawn from these dice."""
    with replaced(secrets, "token_bytes", lambda size=32: dice.randbytes(size)):
        yield


@contextmanager
def virtual(world: World) -> Iterator[None]:
    """Random bytes, timers and the event loop's time come from the world, not from the machine."""
    disks.torn_by.seed(f"{world.seed} torn")
    world.loop.time = world.clocks.monotonic_s
    with (
        replaced(server.relay, "time", SimpleNamespace(monotonic=world.clocks.monotonic_s)),
        replaced(server.relay, "random", world.dice("jitter")),
        remembered_signatures(),
        seeded_bytes(world.dice("random bytes")),
    ):
        yield
