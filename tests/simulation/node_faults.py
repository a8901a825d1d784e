"""Faults of nodes themselves: their files, their clocks, and what they write."""

from __future__ import annotations

import shutil
from contextlib import suppress
from random import Random

import msgspec

from client_core.replica import Replica
from client_core.signing import SigningKey
from client_core.store.errors import StoreError
from client_core.transports.errors import TransportError
from server.problems import Problem
from sync.batch import Batch, OwnEvents
from sync.effects import Append, Effect, Sign, Verify, run
from sync.effects import Exchange as ExchangeEffect
from sync.errors import RemoteError
from sync.event import ORIGIN, Event, head_message, seal
from sync.frame import encode_body
from sync.initiator import Initiating, initiate
from sync.memory_log import MemoryLog
from sync.messages import Data, Hello, Root
from sync.segment import make_run
from sync.statement import Claim, Statement, statement_id
from sync.stream import ALL, GAME, StreamKey, stream_id

from . import disks, start
from .carrying import deliver
from .clocks import NodeClock
from .devices import DeviceNode
from .files import Node
from .model import TENANTS, Broken, Written
from .network import Down, Exchange, for_device
from .plan import DEVICE, SERVER, STATES, WRITING
from .playing import enter, play, wrote
from .servers import ServerNode
from .striking import fault
from .world import World

YEAR_MS = 365 * 24 * 3_600_000
BACK_AFTER_MS = 20_000


@fault("between", "any", STATES)
def clock_jumps(world: World, node: Node, dice: Random) -> None:
    """A clock is set wrong: years ahead or behind, or some minutes."""
    years = dice.choice((-3 * YEAR_MS, 2 * YEAR_MS, 20 * YEAR_MS))
    minutes = dice.randrange(-30, 30) * 60_000
    world.clocks.offset_ms[node.name] = years if dice.random() < 0.5 else minutes


@fault("between", "any", STATES)
def clock_ticks_coarsely(world: World, node: Node, dice: Random) -> None:
    """A clock ticks in steps of 100 ms, or stands still for a minute at a time."""
    world.clocks.tick_ms[node.name] = dice.choice((100, 100, 60_000))


@fault("between", "any", STATES)
def full_disk(world: World, node: Node, dice: Random) -> None:
    """The disk is full, for some minutes."""
    connections = _connections(node)
    for connection in connections:
        disks.fill_disk(connection)
    world.full_disks.add(node.name)
    generation = node.generation

    def room() -> None:
        is_same = node.is_up and node.generation == generation  # another process opened the file on a disk with room
        if is_same and node in world.nodes():
            world.full_disks.discard(node.name)
            for connection in connections:
                disks.free_disk(connection)

    world.later(dice.randrange(60_000, 400_000), room)


def _connections(node: Node) -> list:
    if isinstance(node, DeviceNode):
        return [node.replica._database.connection]
    return [file.writer for file in node.node.tenants._files.values()]


@fault("between", "server", SERVER)
def restore_server(world: World, node: ServerNode, dice: Random) -> None:
    """A server's files are those of a backup again, by a copy nobody told it of, as a machine rolled back."""
    backup = world.folder / "backups" / node.name
    if not backup.exists():
        world.tell(f"{node.name} has no backup yet: its files stay, its process goes")
    node.die()
    if backup.exists():
        shutil.rmtree(node.folder / "tenants")
        disks.crash_copy(backup / "tenants", node.folder / "tenants")
        world.rolled_back(node)
        world.set_back_unawares.add(node.name)
        world.ever_set_back_unawares = True
    world.crashed(node)


@fault("between", "device", DEVICE)
def restore_device(world: World, node: DeviceNode, dice: Random) -> None:
    """A device's file is that of a backup again."""
    backup = world.folder / "backups" / node.name / "device.wayfold"
    node.die()
    if backup.exists():
        disks.remove(node.path)
        disks.crash_copy_file(backup, node.path)
        world.rolled_back(node)
    world.crashed(node)


@fault("between", "device", WRITING)
def clone_device(world: World, node: DeviceNode, dice: Random) -> None:
    """A device's file is copied to another phone or two; all write at once, alone, and all go on."""
    copies = []
    for _ in range(dice.choice((1, 1, 2))):
        name = f"{node.name}-clone{sum(n.startswith(node.name) for n in world.devices)}"
        copy = node.clone(name, world.folder / name / "device.wayfold")
        world.model.holdings[name] |= world.model.holdings[node.name]
        world.links[name] = world.links[node.name]
        world.add(copy)
        copies.append(copy)
    for device in (node, *copies):
        play(world, device, dice)
    for copy in copies:
        enter(world, copy)


@fault("between", "device", WRITING)
def evict_device(world: World, node: DeviceNode, dice: Random) -> None:
    """A browser throws a device's storage away; the player installs again and joins as a new device."""
    if node.name not in start.DEVICES:
        return
    node.close()
    disks.remove(node.path.parent)
    del world.devices[node.name]
    world.gone(node)
    world.later(dice.randrange(30_000), lambda: _join_again(world, node.name, 1, dice))


def _join_again(world: World, name: str, number: int, dice: Random) -> None:
    joined, fresh = start.DEVICES[name], f"{name}-again{number}"
    servers = [world.servers[n] for n in joined.upstreams if world.servers[n].is_up and world.is_online(n)]
    if not servers:
        world.later(20_000, lambda: _join_again(world, name, number, dice))
        return
    at = servers[0]
    path = world.folder / fresh / "device.wayfold"
    path.parent.mkdir()
    shutil.copy(world.start / "blank.wayfold", path)
    try:
        answer, seed = start.join(at, fresh, joined.tenant, joined.team, joined.upstreams)
    except (disks.Killed, Problem) as error:
        world.crashed(at)
        world.tell(f"{fresh} could not join at {at.name}: {error}")
        shutil.rmtree(path.parent)
        world.later(20_000, lambda: _join_again(world, name, number, dice))
        return
    Replica.create(path, answer, world.package, seed, NodeClock(world.clocks, fresh)).close()
    world.links[fresh] = world.links[name]
    world.tell(f"{fresh} joined at {at.name}")
    device = DeviceNode(fresh, joined.tenant, joined.upstreams, path, world.clocks)
    world.add(device)
    enter(world, device)


@fault("between", "edge", SERVER)
def burn_edge(world: World, node: ServerNode, dice: Random) -> None:
    """An edge is destroyed for good, with whatever only it held."""
    if len([s for s in world.servers.values() if s.name != "hq" and s.name not in world.burned]) < 2:
        return
    node.die()
    world.burned.add(node.name)
    world.gone(node)
    world.tell(f"{node.name} burned")


@fault("between", "device", DEVICE)
def fork(world: World, node: DeviceNode, dice: Random) -> None:
    """A thief has a device's key and writes beside its stream, from some point on, at a server of its own choice."""
    mine = (s for s in node.replica.log.index.streams.values() if s.key.public_key == node.replica.public_key)
    states = [s for s in mine if s.branches and s.branches[0].head_seq >= 0]
    if not states:
        return
    state = dice.choice(sorted(states, key=lambda s: s.id))
    branch = state.branches[0]
    at = dice.randrange(branch.first_seq, branch.head_seq + 1)
    events = node.replica.log.read(state.id, branch.number, at, at)
    if not events:
        return
    key = SigningKey(node.replica.membership.seed)
    payloads = [b"\x93\x00theft %d" % dice.getrandbits(30) for _ in range(dice.randrange(1, 4))]
    push(world, node.tenant, key, state.key, payloads, dice, (at + 1, events[0].id))


@fault("between", "device", DEVICE)
def poison(world: World, node: DeviceNode, dice: Random) -> None:
    """A device's later or broken version writes what nobody here understands."""
    replica = node.replica
    key = StreamKey(replica.public_key, replica.membership.incarnation, replica.audience)
    identity = stream_id(key)
    state = replica.log.index.streams.get(identity)
    seq, previous = (state.branches[0].tip_seq, state.branches[0].tip) if state else (-1, ORIGIN)
    payload = dice.choice(
        (
            b"",
            b"\xff" * 200,
            bytes(8192),
            b"\x92\xcd\x03\xe7\xa1x",
            b"\x91" * 3000,
            msgspec.msgpack.encode([0, 1, "\x00\ud7ff", 2**60, 5]),
            msgspec.msgpack.encode([16, 0, replica.membership.team, 7, "Us"]),
            msgspec.msgpack.encode([3, b"s" * 32, 5, b"h" * 32]),
        )
    )
    event = seal(replica.game, identity, seq + 1, previous, dice.randbytes(16), payload)
    try:
        replica.log.append(Batch(own=(OwnEvents(key, (event,)),)))
    except disks.Killed:
        world.crashed(node)
        return
    except StoreError:
        return
    wrote(world, node)


@fault("between", "server", SERVER)
def unknown_statement(world: World, node: ServerNode, dice: Random) -> None:
    """An authority or edge of a later version issues a statement of a kind unknown here."""
    tenant = world.tenants_of(node)[0]
    with node.game(tenant) as game:
        audience = dice.choice((GAME, b"s"))
        content = dice.randbytes(dice.randrange(200))
        claim = Claim(77, game.log.game.tenant, game.log.game.game, audience, game.key.public_key, content)
        body = msgspec.msgpack.encode(claim)
        statement = Statement(body, game.key.sign(statement_id(body)))
        try:
            node.submit(game, Batch(statements=(statement,)))
        except disks.Killed:
            world.crashed(node)
        except Problem as problem:
            world.tell(f"{node.name}: {problem}")


@fault("between", "server", SERVER)
def strangers(world: World, node: ServerNode, dice: Random) -> None:
    """Keys that nobody enrolled push as much as they can, statements in nobody's name too."""
    tenant = world.tenants_of(node)[0]
    for _ in range(dice.randrange(1, 7)):
        key = SigningKey(dice.randbytes(32))
        audience = dice.choice((GAME, b"t" + next(iter(start.TEAMS[tenant]))))
        stream = StreamKey(key.public_key, dice.randbytes(16), audience)
        payloads = [dice.randbytes(dice.choice((20, 900))) for _ in range(dice.randrange(1, 9))]
        push(world, tenant, key, stream, payloads, dice, server=node)


def push(
    world: World,
    tenant: str,
    key: SigningKey,
    stream: StreamKey,
    payloads: list[bytes],
    dice: Random,
    after: tuple[int, bytes] = (0, ORIGIN),
    server: ServerNode | None = None,
) -> None:
    """Somebody with a key pushes events, without any store of their own."""
    game, identity = start.GAMES[tenant], stream_id(stream)
    seq, previous = after
    seed, events = dice.randbytes(16), list[Event]()
    name = world.model.name_by_key.get(key.public_key, "a stranger")
    for payload in payloads:
        event = seal(game, identity, seq, previous, seed, payload)
        events.append(event)
        parent = previous if previous != ORIGIN else None
        world.model.note(Written(event.id, tenant, key.public_key, identity, seq, payload, parent, f"{name}'s key"))
        seq, previous = seq + 1, event.id
    run = make_run(stream, events, key.sign(head_message(game, identity, seq - 1, previous)))
    hello = Hello((1, 1), key.public_key, game.tenant, game.game, ALL)
    body = encode_body([hello, Data((run,)), Root(bytes(32), 0)])
    if name == "a stranger":
        world.model.strangers |= {event.id for event in events}
    servers = [s for s in world.servers.values() if s.is_up and tenant in world.tenants_of(s)]
    chosen = server or (dice.choice(servers) if servers else None)
    if chosen is None or not chosen.is_up:
        return
    path = f"/{tenant}/{game.game.hex()}"
    try:
        deliver(world, Exchange(Passer(name), chosen, tenant, path), body)
    except Down:
        world.tell(f"{chosen.name} did not answer {name}")


class Passer:
    """Whoever pushes from nowhere."""

    def __init__(self, name: str) -> None:
        self.name, self.generation = name, 0


@fault("between", "device", DEVICE)
def wrong_tenant(world: World, node: DeviceNode, dice: Random) -> None:
    """A device of one tenant asks for the other's game, with its own good signature, and for the rest of its own."""
    other = "zeta" if node.tenant == "acme" else "acme"
    game, key = start.GAMES[other], SigningKey(node.replica.membership.seed)
    log = MemoryLog(game, bytes(16), bytes(16), world.root_keys[other])

    def ask(server: ServerNode, path: str) -> None:
        exchange = Exchange(node, server, node.tenant, path)

        def answer(effect: Effect) -> object:
            if isinstance(effect, ExchangeEffect):
                return for_device(deliver(world, exchange, effect.body), path)
            if isinstance(effect, Sign):
                return key.sign(effect.message)
            if isinstance(effect, Verify):
                return tuple(True for _ in effect.checks)
            assert isinstance(effect, Append)
            return log.append(effect.batch)

        with suppress(RemoteError, TransportError, Down):
            run(initiate(log, Initiating(key.public_key, dice.choice((ALL, (GAME,))))), answer)
        if any(state.key.public_key != key.public_key for state in log.index.streams.values()):
            raise Broken(TENANTS, f"{node.name} of {node.tenant} read events of {other} at {server.name}")

    for server in world.servers.values():
        if server.is_up:
            for path in (f"/{other}/{game.game.hex()}", f"/{node.tenant}/{game.game.hex()}", f"/{other}/park"):
                ask(server, path)


def free_disk_of(node: Node) -> None:
    """Room on a node's disk again."""
    for connection in _connections(node):
        disks.free_disk(connection)
