"""Every game's relay of an edge, run by one APScheduler job."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from server import upstream
from server.clock import Clock
from server.db.tenants import TenantFiles
from server.edges import become_edge
from server.games import list_games
from server.open_game import OpenGame
from server.problems import Problem
from server.relay import Relay, RelayReport
from server.settings import Settings
from server.upstream import UpstreamError, UpstreamState
from server.writer import Writer

SESSIONS_AT_ONCE_MAX = 4
"""A venue's uplink is narrow: more at once only makes each slower."""
FIRST_WAIT_S = 5.0

log = logging.getLogger("wayfold.relay")


class RelayingNode(Protocol):
    """What relaying needs of its node."""

    settings: Settings
    clock: Clock
    tenants: TenantFiles
    writer: Writer

    def game(self, tenant: str, name: str) -> AbstractContextManager[OpenGame]:
        """See `Node.game`."""


class Relaying:
    """Started with an edge's node. Also registers the node where an edge code says so."""

    def __init__(self, node: RelayingNode) -> None:
        self._node = node
        self._relays: dict[tuple[str, str], Relay] = {}
        self._registration: UpstreamState | None = None
        self._slots = asyncio.Semaphore(SESSIONS_AT_ONCE_MAX)
        self._http = upstream.client()
        self._scheduler = AsyncIOScheduler()

    async def start(self) -> None:
        """Begin to relay: once at once, then by the timer.

        Waits for the first sessions, but not long: an edge that starts beside
        HQ knows its teams and codes before it lets anybody in, and one that
        starts alone starts all the same.
        """
        every_s = self._node.settings.upstream_every_s
        self._scheduler.add_job(self.tick, "interval", seconds=every_s, max_instances=1, coalesce=True)
        self._scheduler.start()
        self._first = asyncio.get_running_loop().create_task(self._first_tick())
        await asyncio.wait([self._first], timeout=FIRST_WAIT_S)

    async def stop(self) -> None:
        """End the timer and the connections; a session in flight is cut, which costs nothing."""
        self._scheduler.shutdown(wait=False)
        self._first.cancel()
        await asyncio.gather(self._first, return_exceptions=True)
        await self._http.aclose()

    def states(self) -> list[UpstreamState]:
        """How each game stands with its upstream."""
        waiting = [self._registration] if self._registration is not None else []
        return [*waiting, *(relay.state for relay in self._relays.values())]

    async def _first_tick(self) -> None:
        await self._register()
        await self.tick()

    async def tick(self) -> None:
        """Try every game that is due; never raises."""
        if self._registration is not None:
            await self._register()
        due = [name for name in self._games() if self._relay(*name).is_due()]
        await asyncio.gather(*(self._try(*name) for name in due))

    async def sync_now(self, tenant: str, name: str) -> RelayReport:
        """One session for a game, now; raises `UpstreamError` and `Problem`."""
        async with self._slots:
            with self._node.game(tenant, name) as game:
                append = partial(self._node.writer.submit, game)
                relay = self._relay(tenant, game.row.id.hex())
                return await relay.run(self._http, game, append, self._node.clock())

    async def _try(self, tenant: str, game: str) -> None:
        try:
            await self.sync_now(tenant, game)
        except (UpstreamError, Problem):
            pass  # stands in the relay's state, or the tenant's file has gone
        except Exception:
            log.exception("the relay of %s/%s failed", tenant, game)

    async def _register(self) -> None:
        """Become an edge by the code in the settings, once HQ is reached."""
        settings = self._node.settings
        if not settings.edge_code:
            return
        url = settings.upstreams[0]
        tenant, _, game = settings.edge_code.rpartition("/")[0].partition("/")
        try:
            await become_edge(self._node.tenants, url, settings.edge_code, self._node.clock())
            self._registration = None
        except UpstreamError as error:
            self._registration = UpstreamState(tenant, game, url, error.state, error.detail)
        except Problem as problem:
            self._registration = UpstreamState(tenant, game, url, "refused", problem.detail)
        if self._registration is not None:
            log.warning("not an edge of %s/%s yet: %s", tenant, game, self._registration.detail)

    def _games(self) -> list[tuple[str, str]]:
        """Tenant and id of every game this node is an edge of."""
        found: list[tuple[str, str]] = []
        for slug in self._node.tenants.slugs():
            try:
                with self._node.tenants.open(slug) as file:
                    if file.tenant is None or file.tenant.root_seed is not None:
                        continue
                    with file.reading() as session:
                        found += [(slug, game.id) for game in list_games(session, drafts=False) if game.id]
            except Problem as problem:
                log.warning("%s: %s", slug, problem.detail)
        return found

    def _relay(self, tenant: str, game: str) -> Relay:
        settings = self._node.settings
        relay = self._relays.get((tenant, game))
        if relay is None:
            relay = Relay(tenant, game, settings.upstreams, settings.upstream_every_s)
            self._relays[tenant, game] = relay
        return relay
