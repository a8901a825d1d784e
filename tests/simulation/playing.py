"""What nodes do by themselves: devices check in and sync on their timers, edges relay on theirs."""

from __future__ import annotations

from random import Random

from client_core.game.fences import Fix
from client_core.store.errors import StoreError
from client_core.transports.errors import TransportError
from sync.errors import RemoteError
from sync.initiator import Report

from . import plan
from .carrying import carry
from .devices import DeviceNode
from .disks import Killed
from .model import NOTHING_LOST, Broken
from .network import for_device, for_relay
from .oracles import check_session
from .servers import Request, ServerNode, address
from .start import CHECKPOINTS, LAT_E7, LON_E7, LON_STEP_E7
from .world import World

SYNC_EVERY_MS = 180_000
PLAY_EVERY_MS = 36_000
TICK_EVERY_MS = 120_000
"""Half as often as a real edge (`RELAY_EVERY_S`): as many strikes a world, and a timer ticks in vain less often."""
AGAIN_SHARE = 0.1
"""Of all check-ins at a checkpoint where this device may have been before: most of these are refused at once."""
BESIDE_E7_MIN, BESIDE_SPAN_E7 = 100, 1_000
"""Players stand 1 to 9 m beside a checkpoint's middle, which is what stands for a position once it is erased."""


def begin(world: World) -> None:
    """Set every timer."""
    for device in world.devices.values():
        enter(world, device)
    for name in world.servers:
        if name == "hq":
            _stand_by(world)
        else:
            _tick_again(world, name, world.dice(f"tick {name}"))


def enter(world: World, device: DeviceNode) -> None:
    """A device's timers run."""
    name = device.name
    play_dice, sync_dice = world.dice(f"play {name}"), world.dice(f"sync {name}")

    def play_again() -> None:
        if name not in world.devices or world.is_calm:
            return
        if device.is_up and not world.is_busy(name):
            world.strike(device)
        if device.is_up and not world.is_busy(name) and name in world.devices:
            play(world, device, play_dice)
        world.later(int(play_dice.expovariate(1 / PLAY_EVERY_MS)) + 1_000, play_again)

    def sync_again() -> None:
        if name not in world.devices or world.is_calm:
            return
        if device.is_up and not world.is_busy(name):
            sync(world, device, sync_dice)
        world.later(SYNC_EVERY_MS // 2 + sync_dice.randrange(SYNC_EVERY_MS), sync_again)

    world.later(play_dice.randrange(PLAY_EVERY_MS), play_again)
    world.later(sync_dice.randrange(SYNC_EVERY_MS), sync_again)


def play(world: World, device: DeviceNode, dice: Random) -> None:
    """A player is at a checkpoint and checks in; "done" is said when it is."""
    fresh = [n for n in range(CHECKPOINTS) if n not in device.tried]
    number = dice.choice(fresh) if fresh and dice.random() >= AGAIN_SHARE else dice.randrange(CHECKPOINTS)
    device.tried.add(number)
    at_ms = device.now_ms()
    beside_e7 = BESIDE_E7_MIN + at_ms % BESIDE_SPAN_E7
    where = Fix(LON_E7 + number * LON_STEP_E7 + beside_e7, LAT_E7, 5_000 + dice.randrange(9_000), at_ms)
    try:
        verdict = device.replica.check_in(number, at_ms=at_ms, fix=where)
    except Killed:
        world.crashed(device)
    except StoreError as error:
        if device.name not in world.full_disks:
            raise
        world.tell(f"{device.name} cannot check in: {error}")
    else:
        wrote(world, device, must=device.replica.records(verdict))


def wrote(world: World, device: DeviceNode, *, must: bool = True) -> None:
    """A device said "done": by then it stands in the file. It may keep more than it must: a visit of another device."""
    fresh = world.model.wrote(device, device.tenant, device.replica.public_key)
    if must and not fresh:
        raise Broken(NOTHING_LOST, f"{device.name} said done, and its file holds nothing new")
    for event in fresh:
        world.tell(f"{device.name} wrote {world.model.name(event)}")


def sync(world: World, device: DeviceNode, dice: Random) -> Report | None:
    """A device's timer: one session with the first upstream that answers, where its link is up."""
    if not world.is_online(device.name):
        return None
    first = dice.randrange(len(device.upstreams)) if dice.random() < 0.3 else 0
    for name in (*device.upstreams[first:], *device.upstreams[:first]):
        report = session(world, device, name)
        if report is not None or not device.is_up:
            return report
    return None


def session(world: World, device: DeviceNode, server_name: str) -> Report | None:
    """One session; None where it failed, as it may."""
    world.sessions += 1
    url = address(server_name, device.tenant)
    world.in_session[device.name, plan.INITIATOR] += 1
    try:
        report = device.sync(url, lambda to, body: for_device(carry(world, device, to, body), to))
    except Killed:
        world.crashed(device)
    except (TransportError, RemoteError) as error:
        world.tell(f"{device.name} -> {server_name}: {error.code}")
    except StoreError as error:
        if device.name not in world.full_disks:
            raise
        world.tell(f"{device.name} -> {server_name}: {error}")
    else:
        said = "converged" if report.converged else f"not converged {[p.code for p in report.problems]}"
        counts = device.replica.counts()
        safe = f"{counts.unsent}/{counts.in_custody}/{counts.safe} unsent/custody/safe"
        moved = f"{report.sent} up, {report.received} down, {report.rounds} rounds"
        world.tell(f"{device.name} -> {server_name}: {said}, {moved}, {safe}")
        check_session(world, device, world.servers[server_name], report)
        return report
    finally:
        world.in_session[device.name, plan.INITIATOR] -= 1
    return None


def _stand_by(world: World) -> None:
    """HQ begins nothing by itself; what strikes it while nobody asks strikes it then."""
    hq = world.servers["hq"]

    def stand_by() -> None:
        if world.is_calm:
            return
        if hq.is_up:
            world.strike(hq)
        world.later(TICK_EVERY_MS, stand_by)

    world.later(TICK_EVERY_MS // 2, stand_by)


def _tick_again(world: World, name: str, dice: Random) -> None:
    edge = world.servers[name]

    def tick_again() -> None:
        if world.is_calm or name in world.burned:
            return
        if edge.is_up and not world.is_busy(name):
            world.strike(edge)
        if edge.is_up and not world.is_busy(name):
            tick(world, edge)
        world.later(TICK_EVERY_MS + dice.randrange(4_000), tick_again)

    world.later(dice.randrange(TICK_EVERY_MS), tick_again)


def tick(world: World, edge: ServerNode) -> None:
    """An edge's timer."""
    world.in_session[edge.name, plan.INITIATOR] += 1
    generation = edge.generation
    try:
        edge.tick(lambda request: _relayed(world, edge, generation, request))
    finally:
        world.in_session[edge.name, plan.INITIATOR] -= 1
    if not edge.is_up:
        world.crashed(edge)
        return
    for state in edge.node.upstream_states():
        world.tell(f"{edge.name} -> hq for {state.tenant}: {state.state}, {state.detail}")


def _relayed(world: World, edge: ServerNode, generation: int, request: Request) -> None:
    try:
        for_relay(request, lambda: carry(world, edge, request.url, request.body))
    except Killed:
        assert edge.generation != generation, "only the edge's own death ends its session so"
