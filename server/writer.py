"""The one writer: many pushes, one durable transaction, then the answers.

Pushes wait in a queue while a group is being committed; the next group takes
all of them. A group is one `BEGIN IMMEDIATE` a tenant file; a push that fails is
undone alone, so a bad one costs nobody else. Answers are given after COMMIT
and after scores were folded on. Where the disk is full or the file locked, the
whole group is answered `busy`: nothing of it is stored, and memory still says
what the file says.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from client_core.game.actions import Known
from server import own_stream
from server.db.log_transaction import Also, LogTransaction, RowsUnfitError, new_stream_numbers
from server.db.tenant_file import TenantFile, explain_store_error
from server.db.tenants import TenantFiles
from server.forgetting import is_due, scrub
from server.open_game import OpenGame
from server.problems import Problem
from sync.batch import Batch, Outcome
from sync.errors import LocalError
from sync.segment import Segment

GROUP_PUSHES_MAX = 128
"""A group this large is bound by its rows, no longer by its COMMIT; more would only wait longer."""
GATHERED_ENOUGH = 32
"""From so many pushes on, a COMMIT is a small part: begin, and the loop answers one group while the next is written."""
RETRY_AFTER_S = 2
OWN_TRIES_MAX = 12
"""Notes, marks of staff, judged answers and commands beside the server go into the same streams."""

log = logging.getLogger("wayfold.writer")


class Push(NamedTuple):
    """One batch for one game, and whoever waits for what becomes of it."""

    game: OpenGame
    batch: Batch
    also: Also | None
    future: asyncio.Future[Outcome]


Written = tuple[dict[int, LogTransaction], list[Outcome | Exception]]


class Writer:
    """Runs in the event loop that made it; the transactions run in one thread of its own."""

    def __init__(self, tenants: TenantFiles, *, waiting_max: int = 512) -> None:
        self._tenants = tenants
        self._waiting_max = waiting_max
        self._queue: list[Push] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.on_commit: Callable[[OpenGame], None] = lambda _game: None

    @property
    def waiting(self) -> int:
        """How many pushes wait for their group."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to take pushes."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Finish what waits and end."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        self._thread.shutdown(wait=True)

    async def submit(self, game: OpenGame, batch: Batch, also: Also | None = None) -> Outcome:
        """Store a batch durably, and run `also` in the same savepoint.

        Raises `Problem("busy")` with nothing stored, `LocalError` where the
        batch does not fit the log any more, and whatever `also` raises.
        """
        if len(self._queue) >= self._waiting_max:
            raise Problem("busy", f"{self._waiting_max} pushes wait already", retry_after_s=RETRY_AFTER_S)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        batch = own_stream.renewed(game.log, game.key.public_key, batch)
        self._queue.append(Push(game, batch, also, future))
        self._wake.set()
        return await future  # who waits may give up; the push is stored all the same

    async def write_own(self, game: OpenGame, audience: bytes, actions: Sequence[Known]) -> Outcome:
        """Put actions into the node's own stream, after whatever else it writes there at this moment.

        Raises like `submit` and `own_stream.write`, and `Problem("busy")` where others were faster each time.
        """
        for _ in range(OWN_TRIES_MAX):
            try:
                return await self.submit(game, own_stream.write(game.log.index, game.key, audience, actions))
            except LocalError:
                game.refresh()
        raise Problem("busy", "this node writes much in one stream just now", retry_after_s=RETRY_AFTER_S)

    async def _run(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._gather()
                group, self._queue = self._queue[:GROUP_PUSHES_MAX], self._queue[GROUP_PUSHES_MAX:]
                by_tenant: dict[str, list[Push]] = {}
                for push in group:
                    by_tenant.setdefault(push.game.tenant.slug, []).append(push)
                for slug, pushes in by_tenant.items():
                    await self._commit(slug, pushes)

    async def _gather(self) -> None:
        """Let requests that are in already join the group: as long as each turn of the loop brings more, up to enough.

        A COMMIT costs as much as some ten pushes; turning once more costs nothing.
        """
        before = 0
        while before < len(self._queue) < GATHERED_ENOUGH:
            before = len(self._queue)
            await asyncio.sleep(0)

    async def _commit(self, slug: str, pushes: Sequence[Push]) -> None:
        games = {push.game.row.no: push.game for push in pushes}
        try:
            with self._tenants.open(slug) as file:
                for game in games.values():
                    game.log.committing = True
                loop = asyncio.get_running_loop()
                transactions, outcomes = await loop.run_in_executor(self._thread, write_group, file, pushes)
                if is_due(file):
                    await loop.run_in_executor(self._thread, scrub, file)
                for number, transaction in transactions.items():
                    self._take_over(games[number], transaction, _segments(pushes, outcomes, number))
        except Exception as error:  # noqa: BLE001 - whatever failed, nothing was stored and those who wait must hear
            outcomes = [_as_busy(slug, error)] * len(pushes)
        finally:
            for game in games.values():
                game.log.committing = False
        for push, outcome in zip(pushes, outcomes, strict=True):
            if push.future.done():
                continue
            if isinstance(outcome, Exception):
                push.future.set_exception(outcome)
            else:
                push.future.set_result(outcome)

    def _take_over(self, game: OpenGame, transaction: LogTransaction, segments: Sequence[Segment]) -> None:
        """Bring index and scores up to what was committed; scores can always be made again."""
        game.log.apply(transaction)
        try:
            game.follow(transaction.changes, segments)
            self.on_commit(game)
        except Exception:
            log.exception("the scores of %s could not be folded on", game.row.slug)


def write_group(file: TenantFile, pushes: Sequence[Push]) -> Written:
    """Store a group in one transaction; raises `sqlite3.Error` with nothing stored."""
    try:
        return _write(file, pushes, at_once=False)
    except RowsUnfitError:
        log.warning("rows of a group do not fit %s: writing it push by push", file.path.name)
        return _write(file, pushes, at_once=True)


def _write(file: TenantFile, pushes: Sequence[Push], *, at_once: bool) -> Written:
    """The same, with the rows of all pushes written together, or (`at_once`) those of each by itself."""
    transactions: dict[int, LogTransaction] = {}
    outcomes: list[Outcome | Exception] = []
    connection = file.writer
    connection.execute("BEGIN IMMEDIATE")
    try:
        numbers = new_stream_numbers(connection)
        for push in pushes:
            number = push.game.row.no
            transaction = transactions.get(number)
            if transaction is None:
                transaction = transactions[number] = push.game.log.join_transaction(numbers)
            try:
                outcomes.append(transaction.store_apart(push.batch, push.also, at_once=at_once))
            except RowsUnfitError:
                raise
            except (LocalError, Problem, sqlite3.IntegrityError) as error:
                outcomes.append(error)
        for transaction in transactions.values():
            transaction.count()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return transactions, outcomes


def _segments(pushes: Sequence[Push], outcomes: Sequence[Outcome | Exception], number: int) -> list[Segment]:
    """The segments of a game that were stored, in order."""
    return [
        segment
        for push, outcome in zip(pushes, outcomes, strict=True)
        if push.game.row.no == number and isinstance(outcome, Outcome)
        for segment in push.batch.segments
    ]


def _as_busy(slug: str, error: Exception) -> Exception:
    """What those who wait are told when a whole group failed."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, sqlite3.Error):
        log.error("nothing of a group for %s was stored: %s", slug, error)
        return Problem("busy", explain_store_error(slug, error), retry_after_s=RETRY_AFTER_S)
    log.error("nothing of a group for %s was stored", slug, exc_info=error)
    return Problem("internal", "the node's log has the reason")
