"""A running node: everything that its requests share, made once by `create_app`."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from client_core.game.challenges import Later
from client_core.game.joining import UPSTREAMS_MAX
from server.bodies import BodyRoom
from server.clock import Clock, clock_from
from server.db.tenant_file import TenantFile
from server.db.tenants import TenantFiles
from server.desk import Desk
from server.folder import Folder
from server.forgetting import is_due
from server.games import find_game
from server.healing import why_healing
from server.holding import TELL_AFTER_S, has_captures, untold
from server.joining import Joiner
from server.judging_answers import judge_waiting
from server.open_game import OpenGame
from server.orphans import adopt
from server.peer_limit import Buckets
from server.problems import Problem
from server.relaying import Relaying
from server.retention import Retention
from server.settings import Settings
from server.shown import Shown
from server.signals import Signals
from server.turns import Turns
from server.upstream import UpstreamState
from server.verifier import Verifier
from server.witnessing import Witnessing
from server.writer import Writer
from sync.batch import Batch
from sync.erasing import due_erasures
from sync.errors import LocalError

ADOPT_AFTER_S = 3.0
"""A registration travels in the same session as the events, or in the next; then it is not coming."""

BUNDLES_AT_ONCE_MAX = 2
"""Each may hold a whole file in memory."""

REPORTS_BURST_MAX, REPORT_EVERY_S = 10, 60
"""Photos that one address may report on the gallery's page: a venue's phones share one, and none empties a gallery."""

FOLD_AFTER_S, FOLD_EVERY_S = 0.2, 0.005
"""Scores nobody asks for are folded on when no session is under way; where one always is, so long after a commit and so
often a piece. Pushes do not wait for them."""

log = logging.getLogger("wayfold.node")


class Node:
    """Settings, clock, tenants' files, the writer, and the games that are open."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        verifier: Verifier | None = None,
        folder: Folder | None = None,
    ) -> None:
        self.settings = settings
        self.verifier, self.folder = verifier or Verifier(), folder or Folder()
        self.clock: Clock = clock or clock_from(settings.clock)
        limits = settings.limits
        self.tenants = TenantFiles(Path(settings.data_folder), open_max=limits.tenant_files_open_max)
        self.tenants.on_close = self._forget
        self.writer = Writer(self.tenants, waiting_max=limits.pushes_waiting_max)
        self.writer.on_commit = self._changed
        self.joiner = Joiner(self.writer, devices_max=limits.devices_per_game_max)
        self.bodies = BodyRoom()
        self.turns = Turns()
        self.bundle_bodies = BodyRoom(BUNDLES_AT_ONCE_MAX * limits.bundle_bytes_max)
        self.bundle_turns = asyncio.Semaphore(BUNDLES_AT_ONCE_MAX)
        self.live_pages = 0
        self.reports = Buckets(1 / REPORT_EVERY_S, REPORTS_BURST_MAX)
        self._running = self.stopping = False
        self.relaying: Relaying | None = None
        self._games: dict[tuple[str, int], OpenGame] = {}
        self._by_id: dict[tuple[str, str], OpenGame] = {}
        self.blob_lock = asyncio.Lock()
        self.card_lock = asyncio.Lock()
        """Cards are planned by what the log says, so one hand-in after the other."""
        self._desks: dict[bytes, Desk] = {}
        self._shown: dict[bytes, Shown] = {}
        self._signals: dict[bytes, Signals] = {}
        self._healing_told: dict[bytes, str] = {}
        self._changes: dict[bytes, asyncio.Event] = {}
        self._adoptions: dict[bytes, asyncio.Task[None]] = {}
        self._foldings: dict[bytes, asyncio.Task[None]] = {}
        self._judgings: dict[bytes, asyncio.Task[None]] = {}
        self._erasings: dict[bytes, asyncio.Task[None]] = {}
        self._tellings: dict[bytes, asyncio.Task[None]] = {}
        self.witnessing = Witnessing(self.game, self.writer, self.clock)
        self.retention = Retention(self)

    async def start(self) -> None:
        """Begin to write, and at an edge to relay; call in the event loop that serves."""
        self.writer.start()
        self._running = True
        self.retention.start()
        if self.settings.upstreams:
            self.relaying = Relaying(self)
            await self.relaying.start()

    async def stop(self) -> None:
        """Finish what waits, end the live pages, then close every file."""
        self._running, self.stopping = False, True
        for change in self._changes.values():
            change.set()
        await self.retention.stop()
        if self.relaying is not None:
            await self.relaying.stop()
        by_game = (self._adoptions, self._foldings, self._judgings, self._erasings, self._tellings)
        beside = [task for tasks in by_game for task in tasks.values()]
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await self.witnessing.stop()
        await self.writer.stop()
        self.verifier.close()
        self.folder.close()
        self.tenants.close()

    @contextmanager
    def game(self, tenant: str, name: str) -> Iterator[OpenGame]:
        """The game of a slug or hex id, open while the context lasts.

        Raises `Problem`: `tenant_unknown`, `game_unknown`, `not_published`,
        `store_unusable`, `busy`.
        """
        with self.tenants.open(tenant) as file:
            game = self._by_id.get((tenant, name)) or self._open(file, tenant, name)
            if game.refresh():
                self._changed(game)
            yield game

    def change_of(self, game: OpenGame) -> asyncio.Event:
        """An event that is set at the game's next commit, by this process or as soon as it sees another's."""
        return self._changes.setdefault(game.row.id, asyncio.Event())

    def desk_of(self, game: OpenGame) -> Desk:
        """The staff's desk of an open game, which remembers what it read."""
        desk = self._desks.get(game.row.id)
        if desk is None or desk.game is not game:
            desk = self._desks[game.row.id] = Desk(game)
        return desk

    def signals_of(self, game: OpenGame) -> Signals:
        """What staff may want to look at in an open game, which remembers what it read."""
        signals = self._signals.get(game.row.id)
        if signals is None or signals.game is not game:
            signals = self._signals[game.row.id] = Signals(game)
        return signals

    def shown_of(self, game: OpenGame) -> Shown:
        """What people are shown of an open game, which remembers what it showed."""
        shown = self._shown.get(game.row.id)
        if shown is None or shown.game is not game:
            shown = self._shown[game.row.id] = Shown(game)
        return shown

    def sync_addresses(self, game: OpenGame) -> tuple[str, ...]:
        """Where devices of a game find sessions: here first, then at the venue's edges, then further up."""
        path = f"/sync/v1/{game.tenant.slug}/{game.row.id.hex()}"
        own = (self.settings.public_url or "").rstrip("/") + path
        others = (*self.settings.edge_urls, *self.settings.upstreams)[: UPSTREAMS_MAX - 1]
        return (own, *(url.rstrip("/") + path for url in others))

    def why_healing(self) -> tuple[str, ...]:
        """Why HQ does not sign in some of the games that are open, and what to do: each reason once."""
        return tuple(sorted({why_healing(game) for game in self._games.values()} - {""}))

    def upstream_states(self) -> list[UpstreamState]:
        """How each game's relay to the upstream stands; nothing at HQ."""
        return self.relaying.states() if self.relaying is not None else []

    def _open(self, file: TenantFile, tenant: str, name: str) -> OpenGame:
        with file.reading() as session:
            row = find_game(session, name)
            session.expunge(row)
        if file.tenant is None:
            raise Problem("store_unusable", f"the file of {tenant} has no tenant in it: put back a backup")
        game = self._games.get((tenant, row.no))
        if game is None:
            game = self._games[tenant, row.no] = OpenGame(file, file.tenant, row, self.folder)
            game.changed_at_ms = self.clock()
            self._by_id[tenant, row.id.hex()] = game
            self._tell_healing(game)
            self._erase_soon(game)
            if game.cannot_score:
                log.warning("%s/%s is not scored here: %s", tenant, row.slug, game.cannot_score)
            else:
                self._adopt_soon(game)
        return game

    def _tell_healing(self, game: OpenGame) -> None:
        """Say in the log that HQ stops signing, or signs again, when that changes."""
        why, told = why_healing(game), self._healing_told.get(game.row.id, "")
        if why != told:
            log.warning("%s/%s: %s", game.tenant.slug, game.row.slug, why or "HQ signs again")
            self._healing_told[game.row.id] = why

    def _changed(self, game: OpenGame) -> None:
        game.changed_at_ms = self.clock()
        self._tell_healing(game)
        change = self._changes.pop(game.row.id, None)
        if change is not None:
            change.set()
        if self._running and game.fresh:
            self.witnessing.hear(game)
        if game.cannot_score:
            return
        self._judge_soon(game)
        self._adopt_soon(game)
        self._tell_holders_soon(game)
        if self._running and game.row.id not in self._foldings:
            self._foldings[game.row.id] = asyncio.get_running_loop().create_task(self._fold(game))

    async def _fold(self, game: OpenGame) -> None:
        """Fold on what came, in pieces, until there is no more or the game was closed."""
        try:
            await self.turns.quiet(FOLD_AFTER_S)
            while self._games.get((game.tenant.slug, game.row.no)) is game and game.board.fold_some():
                await self.turns.quiet(FOLD_EVERY_S)
        except Exception:
            log.exception("the scores of %s could not be folded on", game.row.slug)
        finally:
            del self._foldings[game.row.id]

    def _judge_soon(self, game: OpenGame) -> None:
        """See that answers only this node can judge are judged, while it runs."""
        asked = self._running and any(isinstance(one.key, Later) for one in game.rules.package.challenges)
        if asked and game.row.id not in self._judgings:
            task = asyncio.get_running_loop().create_task(self._judge(game.tenant.slug, game.row.id))
            self._judgings[game.row.id] = task

    async def _judge(self, tenant: str, identity: bytes) -> None:
        """Judge until nothing waits: what is written here changes the game again."""
        try:
            while True:
                with self.game(tenant, identity.hex()) as game:
                    batches = judge_waiting(game, list(game.board.teams.values()), self.clock())
                    for batch in batches:
                        try:
                            await self.writer.submit(game, batch)
                        except LocalError:  # something else was written there meanwhile: judged again in this loop
                            game.refresh()
                if not batches:
                    return
        except Problem as problem:
            log.warning("answers of %s wait to be judged: %s", identity.hex(), problem.detail)
        finally:
            self._judgings.pop(identity, None)

    def _tell_holders_soon(self, game: OpenGame) -> None:
        """See that players are told who holds what, while it runs."""
        if self._running and has_captures(game.rules) and game.row.id not in self._tellings:
            task = asyncio.get_running_loop().create_task(self._tell_holders(game.tenant.slug, game.row.id))
            self._tellings[game.row.id] = task

    async def _tell_holders(self, tenant: str, identity: bytes) -> None:
        """Tell until nothing changes any more: what is told here changes the game again."""
        try:
            while True:
                await asyncio.sleep(TELL_AFTER_S)
                with self.game(tenant, identity.hex()) as game:
                    while game.board.fold_some():
                        await self.turns.quiet(FOLD_EVERY_S)
                    batch = untold(game, self.clock())
                    if batch is None:
                        return
                    try:
                        await self.writer.submit(game, batch)
                    except LocalError:  # something else was written there meanwhile: looked at again in this loop
                        game.refresh()
        except (Problem, sqlite3.Error) as error:
            log.warning("who holds what in %s is told later: %s", identity.hex(), error)
        finally:
            self._tellings.pop(identity, None)

    def _adopt_soon(self, game: OpenGame) -> None:
        """See that teams whose registration does not come are registered; at HQ, while it runs."""
        if game.board.waiting and game.is_authority and self._running and game.row.id not in self._adoptions:
            task = asyncio.get_running_loop().create_task(self._adopt(game.tenant.slug, game.row.id))
            self._adoptions[game.row.id] = task

    async def _adopt(self, tenant: str, identity: bytes) -> None:
        """Register the teams that are still waiting when what is on its way has had time to come, until none is."""
        try:
            while True:
                await asyncio.sleep(ADOPT_AFTER_S)
                try:
                    with self.game(tenant, identity.hex()) as game:
                        batch = adopt(game)
                        if batch is None:
                            return
                        await self.writer.submit(game, batch)
                except (Problem, LocalError, sqlite3.Error) as error:
                    log.warning("teams of %s wait for their registration: %s", tenant, error)
        finally:
            del self._adoptions[identity]

    def _erase_soon(self, game: OpenGame) -> None:
        """See that what a crash left of an erasure is done."""
        due = self._running and (is_due(game.file) or due_erasures(game.log))
        if due and game.row.id not in self._erasings:
            task = asyncio.get_running_loop().create_task(self._erase(game.tenant.slug, game.row.id))
            self._erasings[game.row.id] = task

    async def _erase(self, tenant: str, identity: bytes) -> None:
        """Erase what is due, trying again while there is no room for it."""
        try:
            while True:
                try:
                    with self.game(tenant, identity.hex()) as game:
                        await self.writer.submit(game, Batch(erased=due_erasures(game.log)))
                        return
                except (Problem, LocalError, sqlite3.Error) as error:
                    log.warning("what was erased of %s is not gone yet: %s", tenant, error)
                await asyncio.sleep(ADOPT_AFTER_S)
        finally:
            del self._erasings[identity]

    def _forget(self, file: TenantFile) -> None:
        """The file closes: nothing of its games may be used any more."""
        gone = [key for key, game in self._games.items() if game.file is file]
        for key in gone:
            game = self._games.pop(key)
            self._by_id.pop((key[0], game.row.id.hex()), None)
            self._desks.pop(game.row.id, None)
            self._shown.pop(game.row.id, None)
            self._signals.pop(game.row.id, None)
            self.witnessing.forget(game)
