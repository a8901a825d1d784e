"""Retention: what a game knows of people is erased when the time is over that the game promised (`retention_days`).

Erased are names, telephone numbers and notes of players, where they were, their
photos, their calls for help and words, who they are in a series and by which
badge; of a team without listed members, or with one, also its name, for it may
be a person's. What stays is what scores rest on: teams by number, check-ins,
answers and decisions with their times, so every result is folded as before.
It is done at HQ by a timer, in pieces between other writing, and again for what
comes in later; edges and phones follow as they sync. There is no way back, so a
game has to be due at two looks in a row.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlmodel import col, select

from client_core.game.actions import (
    Action,
    Answer,
    CheckIn,
    Member,
    MemberNamed,
    Photo,
    Said,
    Sos,
    TeamRegistered,
    decode_action,
)
from client_core.game.content import Package, PackageError
from client_core.game.decisions import Acknowledged, MessageSent, WhereaboutsMarked
from client_core.game.events import LoggedEvent
from client_core.game.pictures import NO_PICTURE
from client_core.game.teams import Register, active_members
from server.clock import Clock
from server.db.models import GameRow, LogRow
from server.db.tenants import TenantFiles
from server.erasing import facts_of, statements_of
from server.games import read_package
from server.healing import why_healing
from server.open_game import OpenGame
from server.problems import Problem
from server.turns import Turns
from server.writer import Writer
from sync.batch import Batch
from sync.erasing import due_erasures
from sync.errors import LocalError
from sync.limits import ERASED_IN_STATEMENT_MAX

DAY_MS = 86_400_000
EVERY_S = 3_600.0
PIECE_EVENTS = 8 * ERASED_IN_STATEMENT_MAX
"""Stated in one commit; phones that send meanwhile wait for some tens of milliseconds."""
QUIET_S = 1.0
"""So long it lets sessions go first, before each piece."""

log = logging.getLogger("wayfold.retention")


def kept_until_ms(package: Package, published_at_ms: int) -> int:
    """Until when a game keeps what it knows of people; one of long ago that was brought in later counts from then."""
    return max(package.closes_at_ms, published_at_ms) + package.retention_days * DAY_MS


def day_of(at_ms: int) -> str:
    """The day of a time for people, `2027-02-24`, in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def events_of_people(game: OpenGame) -> list[LoggedEvent]:
    """The events here that hold personal data and were not erased yet, whether they count or not."""
    found, register, facts = [], game.board.register, facts_of(game)
    directory = game.log.index.directory
    for state in game.log.index.streams.values():
        author, audience = state.key.public_key, state.key.audience
        for branch in state.branches:
            for seq, identity, payload in game.log.payloads(state.id, branch.number, branch.first_seq):
                if directory.fact_of(state.id, seq, identity) is not None:
                    continue
                action = decode_action(payload)
                if is_personal(action, register) and not _stays(action, facts.of(action)):
                    found.append(LoggedEvent(state.id, seq, identity, author, payload, 0, audience[1:], b""))
    return found


def is_personal(action: Action, register: Register) -> bool:
    """Whether an event that says this says something of a person."""
    match action:
        case MemberNamed() | Said() | Sos() | MessageSent():
            return True
        case CheckIn(lon_e7=lon_e7):
            return lon_e7 is not None
        case Member(person=person, badge=badge):
            return bool(person) or badge is not None
        case Photo(blob=blob):
            return blob != NO_PICTURE
        case Answer():
            return True
        case WhereaboutsMarked(note=note) | Acknowledged(note=note):
            return bool(note)
        case TeamRegistered(team=team, number=number, name=name):
            return name != str(number) and len(active_members(register, team)) <= 1
    return False


def _stays(action: Action, fact: bytes) -> bool:
    """Whether what would be folded in an event's place says the same of people."""
    kept = decode_action(fact) if fact else None
    if isinstance(action, Answer) and isinstance(kept, Answer):
        return kept.text == action.text
    return kept == action


def counted(events: list[LoggedEvent]) -> dict[str, int]:
    """How many events of which kind, by the names of the kinds."""
    return dict(sorted(Counter(type(decode_action(event.payload)).__name__ for event in events).items()))


class RetainingNode(Protocol):
    """What the timer needs of its node."""

    clock: Clock
    tenants: TenantFiles
    writer: Writer
    turns: Turns

    def game(self, tenant: str, name: str) -> AbstractContextManager[OpenGame]:
        """See `Node.game`."""


class Retention:
    """The timer of a node that erases what is due in games whose authority it is."""

    def __init__(self, node: RetainingNode) -> None:
        self._node = node
        self._scheduler = AsyncIOScheduler()
        self._done: dict[bytes, int] = {}
        """By game, up to which commit nothing is left to erase."""
        self._was_due: set[bytes] = set()
        """Games that were due at the last look; only these are touched: a clock that jumped ahead is soon mended."""
        self._first: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look once soon, then by the timer."""
        self._first = asyncio.get_running_loop().create_task(self.tick())
        self._scheduler.add_job(self.tick, "interval", seconds=EVERY_S, max_instances=1, coalesce=True)
        self._scheduler.start()

    async def stop(self) -> None:
        """End the timer; what is half done is gone on with at the next start."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._first is not None:
            self._first.cancel()
            await asyncio.gather(self._first, return_exceptions=True)

    async def tick(self) -> None:
        """Erase what is due, one game after the other; never raises."""
        were_due, self._was_due = self._was_due, set()
        for slug in self._node.tenants.slugs():
            await self._node.turns.quiet(QUIET_S)
            try:
                due = list(self._due(slug))
            except (Problem, sqlite3.Error) as fault:
                log.warning("%s: %s", slug, fault)
                continue
            for identity, commit_seq in due:
                self._was_due.add(identity)
                if identity in were_due and self._done.get(identity) != commit_seq:
                    await self._try(slug, identity, commit_seq)

    def _due(self, slug: str) -> Iterator[tuple[bytes, int]]:
        """The games of a tenant whose time is over, with their counts of commits."""
        now_ms = self._node.clock()
        with self._node.tenants.open(slug) as file:
            if file.tenant is None or file.tenant.root_seed is None:
                return
            with file.reading() as session:
                for game, commit_seq in session.exec(
                    select(GameRow, LogRow.commit_seq).where(col(LogRow.game_no) == col(GameRow.no))
                ):
                    try:
                        package = read_package(session, game)
                    except (PackageError, Problem) as fault:
                        log.warning("%s/%s: %s", slug, game.slug, fault)
                        continue
                    if now_ms >= kept_until_ms(package, game.published_at_ms):
                        yield game.id, commit_seq

    async def _try(self, slug: str, identity: bytes, commit_seq: int) -> None:
        try:
            erased = await self._erase(slug, identity)
        except (Problem, LocalError, sqlite3.Error) as fault:
            log.warning("%s/%s: what is due is not erased yet: %s", slug, identity.hex(), fault)
            return
        if erased:
            log.info("%s/%s: %d events held personal data and were erased", slug, identity.hex(), erased)
        else:
            self._done[identity] = commit_seq

    async def _erase(self, slug: str, identity: bytes) -> int:
        """Erase what is due of a game in pieces; returns how many events."""
        erased = 0
        with self._node.game(slug, identity.hex()) as game:
            if not game.is_authority or why_healing(game):
                raise Problem("not_the_authority", "this node does not sign erasures of this game now")
            events = events_of_people(game)
            going = {event.id for event in events}
            for first in range(0, len(events), PIECE_EVENTS):
                await self._node.turns.quiet(QUIET_S)
                statements = statements_of(game, events[first : first + PIECE_EVENTS], going)
                await self._node.writer.submit(game, Batch(statements=tuple(statements)))
                await self._node.writer.submit(game, Batch(erased=due_erasures(game.log)))
                erased += len(events[first : first + PIECE_EVENTS])
        return erased
