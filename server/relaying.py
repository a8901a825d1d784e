"""Every game's relay of an edge, run by one APScheduler job."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from server import upstream
from server.blob_relay import check_room, fetch_media, missing_of, send_blobs
from server.blobs import BlobFolder
from server.clock import Clock
from server.db.tenants import TenantFiles
from server.desk import Desk
from server.edges import become_edge, has_game
from server.open_game import OpenGame
from server.problems import Problem
from server.relay import Relay, RelayReport
from server.settings import Settings
from server.upstream import UpstreamError, UpstreamState
from server.writer import Writer

SESSIONS_AT_ONCE_MAX = 4
"""A venue's uplink is narrow: more at once only makes each slower."""
FIRST_WAIT_S = 5.0
BY_HAND_MAX = 2
"""One that runs and one that waits: a third would learn nothing new."""

log = logging.getLogger("wayfold.relay")


class RelayingNode(Protocol):
    """What relaying needs of its node."""

    settings: Settings
    clock: Clock
    tenants: TenantFiles
    writer: Writer

    def game(self, tenant: str, name: str) -> AbstractContextManager[OpenGame]:
        """See `Node.game`."""

    def desk_of(self, game: OpenGame) -> Desk:
        """See `Node.desk_of`."""


class Relaying:
    """Started with an edge's node. Also registers the node where an edge code says so."""

    def __init__(self, node: RelayingNode) -> None:
        self._node = node
        self._relays: dict[tuple[str, str], Relay] = {}
        self._sessions: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._registration: UpstreamState | None = None
        self._media_faults: dict[bytes, str] = {}
        self._registered = not node.settings.edge_code
        self._looking = asyncio.Lock()
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
        self._first = asyncio.get_running_loop().create_task(self._first_tick())
        self._scheduler.add_job(self.tick, "interval", seconds=every_s, max_instances=1, coalesce=True)
        self._scheduler.start()
        await asyncio.wait([self._first], timeout=FIRST_WAIT_S)

    async def stop(self) -> None:
        """End the timer and the connections; a session in flight is cut, which costs nothing."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        ending = [self._first, *self._sessions.values()]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self._http.aclose()

    def states(self) -> list[UpstreamState]:
        """How each game stands with its upstream."""
        waiting = [self._registration] if self._registration is not None else []
        return [*waiting, *(relay.state for relay in self._relays.values())]

    async def _first_tick(self) -> None:
        await self.tick()
        await asyncio.gather(*self._sessions.values())

    async def tick(self) -> None:
        """Begin a session for every game that is due; never raises, and waits for none of them.

        A game whose session takes long, or whose upstream is slow, keeps no other game waiting.
        """
        if self._looking.locked():
            return
        try:
            async with self._looking:
                await self._register()
            due = [name for name in self._games() if name not in self._sessions and self._is_due(*name)]
        except Exception:
            log.exception("the relay could not look what is due")
            return
        for name in due:
            session = asyncio.get_running_loop().create_task(self._try(*name))
            self._sessions[name] = session
            session.add_done_callback(partial(self._ended, name))

    def _ended(self, name: tuple[str, str], _session: asyncio.Task[None]) -> None:
        del self._sessions[name]

    def _is_due(self, tenant: str, game: str) -> bool:
        """Looks into the log: a command beside this server may have brought events."""
        try:
            with self._node.game(tenant, game) as found:
                return self._relay(tenant, game).is_due(found.log.state.commit_seq)
        except Problem as problem:
            log.warning("%s/%s: %s", tenant, game, problem.detail)
            return False

    async def sync_now(self, tenant: str, name: str) -> RelayReport:
        """One session for a game, now; raises `UpstreamError` and `Problem` (`busy` where others wait already)."""
        with self._node.game(tenant, name) as game:
            relay = self._relay(tenant, game.row.id.hex())
            if relay.by_hand >= BY_HAND_MAX:
                raise Problem("busy", "a session with the upstream runs and another waits", retry_after_s=1)
            relay.by_hand += 1
            try:
                async with relay.turn, self._slots:
                    return await self._run(relay, game)
            finally:
                relay.by_hand -= 1

    async def _run(self, relay: Relay, game: OpenGame) -> RelayReport:
        append, calling = partial(self._node.writer.submit, game), self._node.desk_of(game).calling()
        return await relay.run(self._http, game, append, self._node.clock(), calling)

    async def _try(self, tenant: str, game: str) -> None:
        relay = self._relay(tenant, game)
        try:
            async with relay.turn, self._slots:
                with self._node.game(tenant, game) as found:
                    report = await self._run(relay, found)
                    await self._send_blobs(report.url, found)
                    await self._fetch_media(report.url, found)
        except (UpstreamError, Problem):
            pass  # stands in the relay's state, or the tenant's file has gone
        except Exception:
            log.exception("the relay of %s/%s failed", tenant, game)

    async def _send_blobs(self, url: str, game: OpenGame) -> None:
        """The photos that wait here, until an event comes in: then the next session goes first."""
        names = self._node.desk_of(game).blobs()
        if not names:
            return
        address = f"{url.rstrip('/')}/blob/v1/{game.tenant.slug}/{game.row.id.hex()}"
        commit_seq = game.log.state.commit_seq
        folder = BlobFolder(self._node.tenants.folder, game.tenant.slug)
        await send_blobs(self._http, address, folder, names, lambda: game.log.state.commit_seq != commit_seq)

    async def _fetch_media(self, url: str, game: OpenGame) -> None:
        """The media that devices will ask for here, until an event comes in; what is in the way is said once."""
        if game.cannot_score or not game.rules.package.media:
            return
        address = f"{url.rstrip('/')}/api/v1/{game.tenant.slug}/games/{game.row.id.hex()}/media"
        commit_seq = game.log.state.commit_seq
        folder = BlobFolder(self._node.tenants.folder, game.tenant.slug)
        media = await asyncio.to_thread(missing_of, folder, game.rules.package.media)
        try:
            if media:
                await asyncio.to_thread(check_room, folder, media, self._node.settings.limits.blob_bytes_max)
                await fetch_media(self._http, address, folder, media, lambda: game.log.state.commit_seq != commit_seq)
        except (UpstreamError, Problem) as fault:
            if self._media_faults.get(game.row.id) != fault.detail:
                log.warning("media of %s are not here yet: %s", game.row.slug, fault.detail)
            self._media_faults[game.row.id] = fault.detail

    async def _register(self) -> None:
        """Become an edge by the code in the settings, once an upstream is reached."""
        settings = self._node.settings
        if self._registered:
            return
        tenant, _, game = settings.edge_code.rpartition("/")[0].partition("/")
        state: UpstreamState | None = None
        for url in settings.upstreams:
            state = await self._register_at(url, tenant, game)
            if state is None or state.state in {"refused", "fault"}:
                break
        self._registered = state is None
        if state is not None and state.state != "fault" and has_game(self._node.tenants, tenant, game):
            # An edge already, by this code or an earlier one; whether it means a game published since stays open.
            self._registered, state = state.state == "refused", None
        if state is not None and (self._registration is None or state.detail != self._registration.detail):
            log.warning("not an edge of %s/%s yet: %s", tenant, game, state.detail)
        self._registration = state

    async def _register_at(self, url: str, tenant: str, game: str) -> UpstreamState | None:
        """Ask one upstream; None where this node is an edge now, else why it is not."""
        try:
            await become_edge(self._node.tenants, url, self._node.settings.edge_code, self._node.clock())
        except UpstreamError as error:
            return UpstreamState(tenant, game, url, error.state, error.detail)
        except Problem as problem:
            return UpstreamState(tenant, game, url, "fault", problem.detail)
        except (OSError, sqlite3.Error) as error:
            log.exception("registering as an edge failed")
            return UpstreamState(tenant, game, url, "fault", f"this node cannot keep the game: {type(error).__name__}")
        return None

    def _games(self) -> list[tuple[str, str]]:
        """Tenant and id of every game this node is an edge of."""
        found: list[tuple[str, str]] = []
        for slug in self._node.tenants.slugs():
            try:
                with self._node.tenants.open(slug) as file:
                    if file.tenant is None or file.tenant.root_seed is not None:
                        continue
                    found += [(slug, game) for game in file.game_ids()]
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
