"""What organisers do beside a running server, by the functions behind their commands, at the worst moments.

A command is another process: it opens the tenant's file for itself, and the
server notices what it wrote, or is started again where the command asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from random import Random

from client_core.signing import SigningKey
from client_core.store.errors import StoreError
from server.bundles import give_bundle, take_bundle
from server.cli.places import open_published
from server.db.tenants import TenantFiles
from server.deciding.making import make
from server.deciding.naming import Names
from server.deciding.standing import by_audience, write
from server.erasing import erase, events_of_key
from server.finalising import finalise
from server.open_game import OpenGame
from server.problems import Problem
from server.restoring import restore
from server.revoking import revoke, rotate_key
from server.settings import Settings
from sync.stream import StreamKey

from . import disks, files, start
from .devices import DeviceNode
from .node_faults import push
from .plan import AUTHORITY, DEVICE, SERVER, WRITING
from .servers import ServerNode
from .striking import fault
from .world import World


@contextmanager
def command(node: ServerNode, tenant: str) -> Iterator[OpenGame]:
    """A command's own view of a server's game."""
    settings = Settings(data_folder=str(node.folder))
    with open_published(settings, f"{tenant}/{start.GAMES[tenant].game.hex()}") as game:
        yield game


def _may_command(world: World, node: ServerNode) -> bool:
    return node.is_up and node.name not in world.full_disks


@fault("between", "device", DEVICE)
def revoke_device(world: World, node: DeviceNode, dice: Random) -> None:
    """HQ revokes a device, which may hold unsent events; a thief forks below the point or opens a new stream."""
    hq, key = world.servers["hq"], node.replica.public_key
    if not _may_command(world, hq):
        return
    if not _revoke(world, node.tenant, key):
        return
    if dice.random() < 0.6:
        world.later(dice.randrange(200_000), partial(_thief, world, node, dice))


def _revoke(world: World, tenant: str, key: bytes) -> bool:
    """Revoke a key at HQ, or say again that it is; False where HQ does not."""
    hq, name = world.servers["hq"], world.model.name_by_key[key]
    before = files.statements(hq, tenant)
    with command(hq, tenant) as game:
        try:
            revoke(game, key)
        except Problem as problem:
            world.tell(f"hq does not revoke {name}: {problem.code}")
            return False
    there = {row.id for row in files.read_rows(hq, tenant, "s.public_key = ?", (key,))}
    world.model.revoked_by(tenant, key, files.statements(hq, tenant).keys() - before.keys(), there)
    world.tell(f"hq revoked {name}: {len(there)} events of it count")
    return True


def let_count(world: World) -> None:
    """Staff look at what waits since a revocation and let it count, of some devices: the key is revoked once more."""
    hq = world.servers["hq"]
    for key in sorted(world.model.revoked):
        tenant = next(
            t for t in start.GAMES if any(e.tenant == t and e.author == key for e in world.model.written.values())
        )
        waiting = {
            row.id for row in files.read_rows(hq, tenant, "s.public_key = ?", (key,)) if world.model.waits(row.id)
        }
        if waiting and world.dice(f"let count {key.hex()}").random() < 0.5 and _revoke(world, tenant, key):
            world.model.let_count |= waiting
            world.tell(f"staff let {len(waiting)} events of {world.model.name_by_key[key]} count that waited")


@fault("between", "device", WRITING)
def change_team(world: World, node: DeviceNode, dice: Random) -> None:
    """Staff put a device into another team, whatever it has not sent: by a code, or by a decision about its stream."""
    mine, known = node.replica.membership.team, start.TEAMS[node.tenant]
    team = dice.choice([other for other in known if other != mine])
    if dice.random() < 0.3:
        _move_stream(world, node, team)
    else:
        _join_other(world, node, team)


def _move_stream(world: World, node: DeviceNode, team: bytes) -> None:
    """Referees decide that what the device wrote, as far as HQ holds it, or writes from here on is the other team's."""
    hq = world.servers["hq"]
    if not _may_command(world, hq):
        return
    name = start.TEAMS[node.tenant][team]
    with command(hq, node.tenant) as game:
        cells = {"device": node.replica.public_key.hex(), "team": name}
        try:
            write(game, by_audience(make(Names(game, hq.now_ms()), "move-device", cells, "wrong team")))
        except Problem as problem:
            world.tell(f"hq does not move {node.name}: {problem.code}")
            return
    world.moved_into.add(team)
    world.tell(f"hq decided that {node.name} is of {name}")


def _join_other(world: World, node: DeviceNode, team: bytes) -> None:
    """The player types the code that staff gave out: the device is enrolled once more, where it is."""
    there = [world.servers[name] for name in node.upstreams if world.servers[name].is_up and world.is_online(name)]
    if not there or node.name in world.full_disks or not world.is_online(node.name):
        return
    try:
        answer, _ = start.join(
            there[0], world.model.name_by_key[node.replica.public_key], node.tenant, team, node.upstreams
        )
    except (disks.Killed, Problem) as error:
        if isinstance(error, disks.Killed):
            world.crashed(there[0])
        world.tell(f"{node.name} could not change teams at {there[0].name}: {error}")
        return
    left = world.teams_left[node.replica.public_key]
    left.add(node.replica.audience)
    node.join_again(answer, world.package)
    left.discard(node.replica.audience)
    world.tell(f"{node.name} is of {start.TEAMS[node.tenant][team]} now, by {there[0].name}")


def _thief(world: World, node: DeviceNode, dice: Random) -> None:
    """Whoever has the phone writes: beside an event of before the revocation, or from the start of a new stream."""
    if not node.is_up or world.devices.get(node.name) is not node:  # its storage was thrown away meanwhile
        return
    key = SigningKey(node.replica.membership.seed)
    payloads = [b"\x93\x00stolen %d" % dice.getrandbits(40) for _ in range(dice.randrange(1, 4))]
    mine = (s for s in node.replica.log.index.streams.values() if s.key.public_key == node.replica.public_key)
    states = [s for s in mine if s.branches and s.branches[0].head_seq >= 0]
    if states and dice.random() < 0.5:
        branch = states[0].branches[0]
        at = dice.randrange(branch.first_seq, branch.head_seq + 1)
        events = node.replica.log.read(states[0].id, branch.number, at, at)
        if events:
            push(world, node.tenant, key, states[0].key, payloads, dice, (at + 1, events[0].id))
        return
    push(world, node.tenant, key, StreamKey(key.public_key, dice.randbytes(16), node.replica.audience), payloads, dice)


@fault("between", "hq", AUTHORITY)
def rotate_authority(world: World, node: ServerNode, dice: Random) -> None:
    """HQ takes a key of the next epoch, because the old one was stolen or is old; its server is started again."""
    tenant, fresh = dice.choice(world.tenants_of(node)), SigningKey(dice.randbytes(32))
    if not _may_command(world, node):
        return
    with command(node, tenant) as game:
        assert game.file.tenant is not None
        try:
            rotate_key(game.file, game.file.tenant, [game], fresh, stolen=dice.random() < 0.5)
        except Problem as problem:
            world.tell(f"hq keeps its key: {problem.code}")
            return
    world.server_keys.add(fresh.public_key)
    if dice.random() < 0.5:  # else whatever backup there is holds the old key
        world.back_up(node)
    node.die()
    world.crashed(node)


def give_another_key(world: World) -> None:
    """The organiser reads /health: an HQ put back from before its key was stolen is given another, and starts again."""
    hq, given = world.servers["hq"], False
    for tenant in world.tenants_of(hq) if "hq" in world.ever_rolled_back else ():
        with command(hq, tenant) as game:
            if not game.key_is_replaced:
                continue
            assert game.file.tenant is not None
            fresh = SigningKey(world.dice(f"another key {tenant} {world.now_ms}").randbytes(32))
            epoch = rotate_key(game.file, game.file.tenant, [game], fresh, stolen=True)
        world.server_keys.add(fresh.public_key)
        world.tell(f"hq's key for {tenant} was replaced as stolen before: it is given another, of epoch {epoch}")
        given = True
    if given:
        hq.die()
        hq.is_awaited = True
        world.restart(hq)


@fault("between", "hq", AUTHORITY)
def erase_person(world: World, node: ServerNode, dice: Random) -> None:
    """HQ erases what a person wrote, all of it or some; a bundle made before is taken in here and there later."""
    tenant = dice.choice(world.tenants_of(node))
    if not _may_command(world, node):
        return
    with command(node, tenant) as game:
        there = {state.key.public_key for state in game.log.index.streams.values()}
        devices = sorted(there & world.model.name_by_key.keys())
        events = events_of_key(game, dice.choice(devices)) if devices else []
        if dice.random() < 0.5:
            events = [event for event in events if dice.random() < 0.5]
        if not events:
            return
        bundle, before = give_bundle(game), files.statements(node, tenant)
        try:
            erase(game, events)
        except Problem as problem:
            world.tell(f"hq does not erase: {problem.code}")
            return
    made = files.statements(node, tenant).keys() - before.keys()
    world.model.erasures.append((tenant, made, {event.id for event in events}))
    world.model.erased |= {event.id for event in events}
    world.tell(f"hq erased {len(events)} events of {tenant}")
    for name in world.servers:
        if dice.random() < 0.5:
            world.later(dice.randrange(600_000), partial(_old_bundle, world, name, tenant, bundle))
    for name in sorted(world.devices):
        if dice.random() < 0.3 and world.devices[name].tenant == tenant:
            world.later(dice.randrange(600_000), partial(_old_bundle_at_device, world, name, bundle))


def _old_bundle(world: World, name: str, tenant: str, bundle: bytes) -> None:
    """Somebody finds an old stick and takes it in, by the command."""
    node = world.servers[name]
    if name in world.burned or not _may_command(world, node) or tenant not in world.tenants_of(node):
        return
    with command(node, tenant) as game:
        taken = take_bundle(game, bundle, node.now_ms())
    world.tell(f"{name} took in an old bundle: {taken.received} new, {taken.duplicates} known")


def _old_bundle_at_device(world: World, name: str, bundle: bytes) -> None:
    """The same with a phone."""
    device = world.devices.get(name)
    if device is None or not device.is_up or world.is_busy(name) or world.is_calm:
        return
    path = world.folder / f"{name}.old-bundle"
    path.write_bytes(bundle)
    try:
        device.replica.import_bundle(path)
    except disks.Killed:
        world.crashed(device)
    except StoreError:
        if name not in world.full_disks:
            raise
    finally:
        path.unlink()


@fault("between", "hq", AUTHORITY)
def finalise_game(world: World, node: ServerNode, dice: Random) -> None:
    """HQ makes the game final, and again, amended; events still come in after it."""
    tenant = dice.choice(world.tenants_of(node))
    if not _may_command(world, node):
        return
    with command(node, tenant) as game:
        try:
            final = finalise(game, node.now_ms(), amend=bool(game.log.index.directory.finals()))
        except Problem as problem:
            world.tell(f"hq does not finalise {tenant}: {problem.code}")
            return
    world.finals.add(tenant)
    world.tell(f"hq finalised {tenant} ({final.number})")
    if final.number == 0:
        world.later(dice.randrange(300_000), partial(_finalise_again, world, node, dice))


def _finalise_again(world: World, node: ServerNode, dice: Random) -> None:
    if not world.is_calm:
        finalise_game(world, node, dice)


@fault("between", "server", SERVER)
def restore_by_command(world: World, node: ServerNode, dice: Random) -> None:
    """A server is stopped, a backup put in place by the command, and started: HQ heals."""
    backup = world.folder / "backups" / node.name
    node.die()
    if backup.exists():
        tenants = TenantFiles(node.folder)
        for tenant in world.tenants_of(node):
            restore(tenants, tenant, backup / "tenants" / f"{tenant}.sqlite")
        tenants.close()
        world.rolled_back(node)
        world.set_back_unawares.discard(node.name)
    world.crashed(node)
