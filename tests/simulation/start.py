"""The files every world starts from: two tenants at HQ, two edges with their delegations, six devices that joined.

Made once a process, by the real code and from a fixed seed, then copied for every world. Who is who:

    hq       authority of acme and zeta
    edge1    an edge of both; enrolled d2 and d6 while it was alone
    edge2    an edge of acme; enrolled d4
    d1 d2    red team of acme        d5 d6    violet team of zeta, which has an amber one too
    d3       blue team of acme       d4       green team of acme
"""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from pathlib import Path
from typing import NamedTuple

from client_core.game.actions import JoinCode, TeamRegistered
from client_core.game.content import encode_package
from client_core.game.joining import JoinAnswer, JoinRequest
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.timing import MassStart, TimeLimit
from client_core.replica import Replica
from client_core.signing import SigningKey
from client_core.store.database import Database
from server import own_stream, tenancy
from server.db.models import TenantRow
from server.games import open_game
from server.joining import _answer
from server.node import Node
from sync.batch import Batch
from sync.statement import Delegation
from sync.stream import ALL, GAME, STAFF

from .clocks import WORLD_STARTS_MS, Clocks, NodeClock
from .network import for_relay, place_of
from .servers import GAMES, SERVERS, Request, ServerNode, address

HOUR_MS = 3_600_000
CHECKPOINTS = 120
LON_E7, LAT_E7, LON_STEP_E7 = 112_000_000, 437_700_000, 12_500
ENROLMENTS_MAX = 20
TENANTS_OF = {"hq": ("acme", "zeta"), "edge1": ("acme", "zeta"), "edge2": ("acme",)}
TEAMS = {
    "acme": {b"r" * 15 + b"1": "red", b"b" * 15 + b"1": "blue", b"g" * 15 + b"1": "green"},
    "zeta": {b"v" * 15 + b"1": "violet", b"a" * 15 + b"1": "amber"},
}


class Joined(NamedTuple):
    """A device of the start: its tenant, its team, where it joined, and the nodes it syncs with, in order."""

    tenant: str
    team: bytes
    at: str
    upstreams: tuple[str, ...]


RED, BLUE, GREEN = TEAMS["acme"]
VIOLET, AMBER = TEAMS["zeta"]
DEVICES = {
    "d1": Joined("acme", RED, "hq", ("hq", "edge1")),
    "d2": Joined("acme", RED, "edge1", ("edge1", "edge2", "hq")),
    "d3": Joined("acme", BLUE, "hq", ("edge2", "hq")),
    "d4": Joined("acme", GREEN, "edge2", ("edge2", "hq")),
    "d5": Joined("zeta", VIOLET, "hq", ("hq", "edge1")),
    "d6": Joined("zeta", VIOLET, "edge1", ("edge1", "hq")),
}


def code_hash(team: bytes) -> bytes:
    """What stands for the hash of a team's join code: the real one is slow on purpose."""
    return b"code" + team + bytes(12)


def package() -> bytes:
    """Checkpoints on a line, 100 m apart; an hour to visit them."""
    points = tuple(
        DraftCheckpoint(
            code=f"C{n}",
            name=f"C{n}",
            points=10 + n % 5,
            at=((LON_E7 + n * LON_STEP_E7) / 1e7, LAT_E7 / 1e7),
            radius_m=25,
        )
        for n in range(CHECKPOINTS)
    )
    draft = Draft(
        name="Simulated",
        time_zone="Europe/Rome",
        opens_at_ms=WORLD_STARTS_MS - HOUR_MS,
        closes_at_ms=WORLD_STARTS_MS + 5 * HOUR_MS,
        start=MassStart(WORLD_STARTS_MS),
        limit=TimeLimit(HOUR_MS, 5, None),
        checkpoints=points,
    )
    return encode_package(publish(draft))


def make_start(folder: Path, loop: asyncio.AbstractEventLoop) -> None:
    """Put every node's files below `folder`, each in its state before the game starts."""
    clocks, content = Clocks(), package()
    servers = {name: ServerNode(name, folder / name, clocks, loop) for name in SERVERS}
    for server in servers.values():
        server.start()
    for tenant in GAMES:
        _tenant_at_hq(servers["hq"], tenant, content)
    for name in ("edge1", "edge2"):
        for tenant in TENANTS_OF[name]:
            _tenant_at_edge(servers["hq"].node, servers[name].node, tenant, content)
    for name in ("edge1", "edge2"):
        servers[name].tick(partial(_straight, servers["hq"]))
    blank = folder / "blank.wayfold"
    Database.open(blank).close()
    for name, joined in DEVICES.items():
        answer, seed = join(servers[joined.at], name, joined.tenant, joined.team, joined.upstreams)
        shutil.copy(blank, folder / f"{name}.wayfold")
        Replica.create(folder / f"{name}.wayfold", answer, content, seed, NodeClock(clocks, name)).close()
    (folder / "package").write_bytes(content)
    for server in servers.values():
        server.stop()


def join(
    server: ServerNode, name: str, tenant: str, team: bytes, upstreams: tuple[str, ...]
) -> tuple[JoinAnswer, bytes]:
    """Let a device in, by the server's own joining; its seed beside the answer. Raises the server's `Problem`."""
    seed = name.encode().ljust(32, b".")
    request = JoinRequest(code="-", public_key=SigningKey(seed).public_key)
    with server.game(tenant) as game:
        enrol = server.node.joiner._enrol(game, request, code_hash(team), server.now_ms())
        found = server.outlive(enrol)
        urls = tuple(address(upstream, tenant) for upstream in upstreams)
        return _answer(game, request.public_key, found, urls), seed


def _tenant_at_hq(hq: ServerNode, tenant: str, content: bytes) -> None:
    """A tenant, its published game, its teams and a code for each."""
    row = _authority_of(tenant, GAMES[tenant].tenant)
    hq.node.tenants.add(row)
    with hq.node.tenants.open(tenant) as file:
        statement = tenancy.authority_statement(GAMES[tenant], row)
        open_game(file, GAMES[tenant], "park", content, (statement,), 1, WORLD_STARTS_MS)
    with hq.game(tenant) as game:
        for number, (team, name) in enumerate(TEAMS[tenant].items(), 1):
            registered = TeamRegistered(WORLD_STARTS_MS, team, number, name)
            hq.submit(game, own_stream.write(game.log.index, game.key, GAME, [registered]))
            code = JoinCode(WORLD_STARTS_MS, code_hash(team), team, 1000)
            hq.submit(game, own_stream.write(game.log.index, game.key, STAFF, [code]))


def _authority_of(tenant: str, identity: bytes) -> TenantRow:
    """A tenant of the authority, with its fixed id."""
    row = tenancy.new_tenant(tenant, tenant.title(), WORLD_STARTS_MS)
    row.id = identity
    return row


def _tenant_at_edge(hq: Node, edge: Node, tenant: str, content: bytes) -> None:
    """What becoming an edge brings: the tenant without its root's seed, the chain, and the log so far."""
    key = SigningKey.generate()
    with hq.game(tenant, GAMES[tenant].game.hex()) as game:
        statement = tenancy.issue(game.log.game, GAME, game.key, Delegation(key.public_key, ALL, ENROLMENTS_MAX))
        game.log.append(Batch(statements=(statement,)))
        chain, there = tuple(game.log.statements()), game.tenant
    edge.tenants.add(
        TenantRow(
            id=there.id,
            slug=tenant,
            name=there.name,
            root_public=there.root_public,
            root_seed=None,
            authority_epoch=there.authority_epoch,
            node_seed=key.seed,
            created_at_ms=WORLD_STARTS_MS,
        )
    )
    with edge.tenants.open(tenant) as file:
        open_game(file, GAMES[tenant], "park", content, chain, 1001, WORLD_STARTS_MS)


def _straight(hq: ServerNode, request: Request) -> None:
    """Before the world begins every request arrives."""
    _, tenant, path = place_of(request.url)
    for_relay(request, lambda: hq.handle(tenant, path, (request.body,))[0])
