"""An edge's relay: whole segments toward HQ, and what HQ has back, by timer and by hand.

The session is the one every node holds; here this node initiates it over HTTP.
A failure costs nothing but time: the next try is drawn between nothing and a
bound that doubles (full jitter), never before the upstream's `retry_after`. An
event that comes in meanwhile does not wait for that: with it the next try is at
the timer's usual pace. What a failure was stands in `/health`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import httpx
import msgspec

from server import upstream
from server.driving import drive
from server.open_game import OpenGame
from server.problems import Problem
from server.upstream import State, UpstreamError, UpstreamState
from sync.batch import Batch, Outcome
from sync.errors import LocalError, RemoteError
from sync.initiator import Initiating, Report, initiate

BACKOFF_S_MAX = 60.0
"""A venue's network comes back at any minute; longer would be felt."""
RETRY_AFTER_S_MAX = 600.0
"""An upstream's wish is heard up to here: work always resumes, whatever a peer says."""

log = logging.getLogger("wayfold.relay")


class RelayReport(msgspec.Struct, frozen=True):
    """What one session with an upstream did."""

    url: str
    converged: bool
    rounds: int
    sent: int
    received: int
    statements_received: int
    bytes_sent: int
    bytes_received: int
    problems: tuple[str, ...]


class Relay:
    """One game's way up. Tries its upstreams in order; the first that answers is used."""

    def __init__(self, tenant: str, game: str, urls: Sequence[str], every_s: float) -> None:
        self.urls = tuple(url.rstrip("/") for url in urls)
        self.state = UpstreamState(tenant, game, self.urls[0], "waiting", "no try yet")
        self._every_s = every_s
        self._failures = 0
        self._due_s = self._soon_s = 0.0
        self._tried_seq = -1
        self._met: dict[str, tuple[bytes, bytes]] = {}
        self.turn = asyncio.Lock()
        """Held by whoever runs a session of this game: one after another."""
        self.by_hand = 0
        """How many sessions that were asked for by hand run or wait."""

    def is_due(self, commit_seq: int) -> bool:
        """Whether the timer may try again by now, where the game's log stands at that commit."""
        now_s = time.monotonic()
        return now_s >= self._due_s or (commit_seq != self._tried_seq and now_s >= self._soon_s)

    async def run(
        self,
        http: httpx.AsyncClient,
        game: OpenGame,
        append: Callable[[Batch], Awaitable[Outcome]],
        now_ms: int,
        urgent: frozenset[bytes] = frozenset(),
    ) -> RelayReport:
        """Hold one session with the first upstream that answers; raises `UpstreamError` where none does.

        What is new in the streams of `urgent` goes up before everything else.
        """
        self._tried_seq = game.log.state.commit_seq
        error = UpstreamError("down", "no upstream is set")
        try:
            for url in self.urls:
                try:
                    report = await self._session(http, game, append, url, urgent)
                except UpstreamError as failed:
                    error = failed
                    continue
                self._succeeded(url, report, now_ms)
                return as_relay_report(url, report)
        except Exception:
            self._failed(UpstreamError("fault", "this node could not hold the session; its log has the reason"))
            raise
        self._failed(error)
        raise error

    async def _session(
        self,
        http: httpx.AsyncClient,
        game: OpenGame,
        append: Callable[[Batch], Awaitable[Outcome]],
        url: str,
        urgent: frozenset[bytes],
    ) -> Report:
        address = f"{url}/sync/v1/{game.tenant.slug}/{game.row.id.hex()}"
        store, epoch = self._met.get(url, (b"", b""))
        me = Initiating(game.key.public_key, peer_store=store, peer_epoch=epoch, urgent=urgent)
        try:
            report = await drive(initiate(game.log, me), game.key, append, partial(upstream.exchange, http, address))
        except RemoteError as error:
            state: State = "refused" if error.code in {"wrong_game", "scope_disjoint"} else "not_wayfold"
            raise UpstreamError(state, f"{url}: {error.code}: {error.detail}", code=error.code) from error
        except Problem as problem:
            raise UpstreamError("busy", f"this node: {problem.detail}", code=problem.code) from problem
        except LocalError as error:
            raise UpstreamError("busy", f"this node: another program wrote meanwhile: {error}") from error
        if report.welcome is not None:
            self._met[url] = (report.welcome.store, report.welcome.epoch)
        return report

    def _succeeded(self, url: str, report: Report, now_ms: int) -> None:
        self._failures = 0
        wait_s = max(self._every_s, min(report.retry_after_ms / 1000, RETRY_AFTER_S_MAX))
        self._due_s = time.monotonic() + wait_s - self._every_s / 2  # ticks jitter; half a tick early is on time
        self._soon_s = self._due_s
        said = "; ".join(f"{problem.code}: {problem.detail}" for problem in report.problems[:3])
        held = "all that either holds, both hold" if report.converged else "not all is exchanged yet"
        self.state = UpstreamState(
            self.state.tenant, self.state.game, url, "ok", said or held, now_ms, round(wait_s, 1)
        )

    def _failed(self, error: UpstreamError) -> None:
        self._failures += 1
        bound_s = min(BACKOFF_S_MAX, self._every_s * 2 ** min(self._failures, 16))
        asked_s = min(max(error.retry_after_s, 0.0), RETRY_AFTER_S_MAX)
        wait_s = max(asked_s, random.uniform(0, bound_s))  # noqa: S311 - jitter, no secret
        now_s = time.monotonic()
        self._due_s, self._soon_s = now_s + wait_s, now_s + max(asked_s, self._every_s / 2)
        if error.detail != self.state.detail:
            log.warning("%s/%s: upstream %s: %s", self.state.tenant, self.state.game, error.state, error.detail)
        self.state = msgspec.structs.replace(
            self.state, state=error.state, detail=error.detail, next_in_s=round(wait_s, 1)
        )


def as_relay_report(url: str, report: Report) -> RelayReport:
    """A session's report in the form that goes over HTTP and to the command line."""
    return RelayReport(
        url,
        report.converged,
        report.rounds,
        report.sent,
        report.received,
        report.statements_received,
        report.bytes_sent,
        report.bytes_received,
        tuple(f"{problem.code}: {problem.detail}" for problem in report.problems),
    )
