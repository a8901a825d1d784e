"""Calm weather: every fault ends, nodes sync for some minutes, then the oracles ask; and once more after new events."""

from __future__ import annotations

from collections import defaultdict

from . import oracles
from .files import read_rows
from .model import NOTHING_LOST, Broken
from .node_faults import free_disk_of
from .organising import give_another_key, let_count
from .playing import play, session, tick
from .world import World

ROUNDS = 7
ROUNDS_AGAIN = 5
"""The second time nothing is left of the faults: what is new has to get around, and that is all."""
ROUND_MS = 30_000
ROUNDS_TO_GET_AROUND = 4
"""An edge brings it to HQ, the other edge fetches it there, and a device asks each of its upstreams in turn."""
ROUNDS_STILL = 2
"""As many as a device has upstreams to turn between."""
NEW_EVENTS = 2


def calm_down(world: World) -> None:
    """Let the world come to rest and ask the oracles; let it play a little more and ask again."""
    world.tell("--- calm weather ---")
    world.is_calm = True
    world.busy_until_ms.clear()
    for node in world.nodes():
        if not node.is_up:
            node.is_awaited = True
            world.restart(node)
        free_disk_of(node)
    world.full_disks.clear()
    _sync_all(world, ROUNDS)
    oracles.check_all(world)
    world.tell("--- everybody writes once more, alone, and syncs ---")
    let_count(world)
    known = set(world.model.written)
    for device in list(world.devices.values()):
        for number in range(NEW_EVENTS):
            play(world, device, world.dice(f"again {device.name} {number}"))
    _sync_all(world, ROUNDS_AGAIN)
    oracles.check_all(world)
    _check_no_new_fork(world, known)


def _sync_all(world: World, rounds: int) -> None:
    """Some rounds of everybody's timers; devices turn from one upstream to the next.

    They end when every device has been at all its upstreams and nobody wrote anything: nothing would come of more.
    """
    still = 0
    for turn in range(rounds):
        if turn == rounds - ROUNDS_TO_GET_AROUND or still == ROUNDS_STILL:
            servers = [s for s in world.servers.values() if s.name not in world.burned]
            there = (row.id for s in servers for t in world.tenants_of(s) for row in read_rows(s, t))
            world.settled = set(there)
        if still == ROUNDS_STILL:
            return
        before = _commits(world)
        if turn == 1:  # somebody has spoken to HQ
            give_another_key(world)
        world.pass_time(world.now_ms + ROUND_MS)
        for edge in world.servers.values():
            if edge.name != "hq" and edge.name not in world.burned:
                tick(world, edge)
        for device in list(world.devices.values()):
            upstreams = [name for name in device.upstreams if name not in world.burned]
            session(world, device, upstreams[turn % len(upstreams)])
        still = still + 1 if _commits(world) == before else 0


def _commits(world: World) -> list[int]:
    """How often each store was written, in the order of nodes and tenants."""
    counts = [device.replica.log.state.commit_seq for device in world.devices.values()]
    for server in world.servers.values():
        for tenant in world.tenants_of(server) if server.name not in world.burned else ():
            with server.game(tenant) as game:
                counts.append(game.log.state.commit_seq)
    return counts


def _check_no_new_fork(world: World, known: set[bytes]) -> None:
    """Who was told of a fork goes on anew: what was written since has no twin. Who is shut out is told nothing."""
    shut_out = {device.name for device in world.devices.values() if oracles.is_shut_out(world, device)}
    for tenant in ("acme", "zeta"):
        by_place = defaultdict(set)
        for row in read_rows(world.servers["hq"], tenant):
            by_place[row.stream, row.seq].add(row.id)
        for event in world.model.written.values():
            if event.writer in shut_out or event.author in world.model.revoked:
                continue
            if event.tenant == tenant and event.id not in known and len(by_place[event.stream, event.seq]) > 1:
                raise Broken(NOTHING_LOST, f"a second fork: {world.model.name(event)} has a twin after calm weather")
