"""Replaying a recorded track: the fixes of a player, walked through the fences as the player's phone would.

A fix is taken when the clock reaches its time; a stay that is long enough
makes a check-in, which is durable before it is told. Between fixes the device
syncs as often as asked, when its link is up. Everything that happens is told
as a mapping with `event`, `at_ms` (the clock's time) and what belongs to it:

    started    fixes, first_ms, last_ms, epoch_ms, speed
    check_in   checkpoint (its code), number, verdict ("accepted" or a reason), points, fix_ms
    stay       checkpoint, entered_ms, left_ms, closest_mm, arrived
    sync       url, converged, rounds, sent, received, bytes_sent, bytes_received
    sync_failed  code, detail, url ("link_cut": the connection was cut in the middle)
    progress   fixes_done, fixes
    done       see `summary`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from client_core.clock import Clock
from client_core.game.fences import Fix
from client_core.game.verdicts import Accepted
from client_core.game.visits import Arrived, VisitFinder
from client_core.replica import Replica
from client_core.transports.errors import TransportError
from client_core.transports.http import TIMEOUT_S, HttpTransport
from client_core.transports.link import RecordedLink
from sync.errors import RemoteError

Tell = Callable[[Mapping[str, object]], None]

ACCURACY_MM = 10_000
"""Of a fix whose recording does not say: what phones report under open sky."""
PROGRESS_MS = 60_000


class ReplayPlan(msgspec.Struct, frozen=True):
    """How to replay. `sync_every_ms` 0 never syncs; `until_ms` goes on syncing after the track, until all is safe."""

    sync_every_ms: int = 0
    until_ms: int = 0
    upstreams: tuple[str, ...] = ()
    accuracy_mm: int = ACCURACY_MM
    timeout_s: float = TIMEOUT_S


class Replay:
    """One track on one device."""

    def __init__(
        self, replica: Replica, clock: Clock, plan: ReplayPlan, tell: Tell, link: RecordedLink | None = None
    ) -> None:
        self._replica, self._clock, self._plan, self._tell, self._link = replica, clock, plan, tell, link
        self._finder = VisitFinder(replica.rules, replica.checkpoints.containing)
        self._next_sync_ms = 0
        self._sessions = self._cut = self._failed = 0

    def run(self, fixes: Sequence[Fix]) -> dict[str, object]:
        """Walk the track, then sync for as long as the plan says; returns the summary that `done` tells."""
        first_ms, last_ms = fixes[0].at_ms, fixes[-1].at_ms
        started_ms = self._clock.now_ms()
        self._next_sync_ms = max(started_ms, 0) + self._plan.sync_every_ms
        self._say("started", fixes=len(fixes), first_ms=first_ms, last_ms=last_ms)
        told_ms = first_ms
        for done, fix in enumerate(fixes):
            self._sync_until(fix.at_ms)
            self._clock.wait_until(fix.at_ms)
            self._observe(fix)
            if fix.at_ms - told_ms >= PROGRESS_MS:
                told_ms = fix.at_ms
                self._say("progress", fixes_done=done + 1, fixes=len(fixes))
        for seen in self._finder.close():
            self._take(seen)
        if self._plan.sync_every_ms:
            self._sync_until_safe()
        summary = self.summary(started_ms)
        self._tell(summary)
        return summary

    def summary(self, started_ms: int) -> dict[str, object]:
        """Score, digest, and who else holds the events; how long the link was down since `started_ms`."""
        now_ms, counts, result = self._clock.now_ms(), self._replica.counts(), self._replica.result()
        offline_ms = self._link.offline_ms(started_ms, now_ms) if self._link is not None else 0
        return {
            "event": "done",
            "at_ms": now_ms,
            "events": counts.events,
            "unsent": counts.unsent,
            "in_custody": counts.in_custody,
            "safe": counts.safe,
            "score": result.score,
            "points": result.points,
            "penalties": result.penalties,
            "status": str(result.status),
            "flags": [str(flag) for flag in result.flags],
            "digest": self._replica.digest().hex(),
            "sessions": self._sessions,
            "sessions_cut": self._cut,
            "sessions_failed": self._failed,
            "offline_ms": offline_ms,
        }

    def _observe(self, fix: Fix) -> None:
        if fix.accuracy_mm is None:
            fix = msgspec.structs.replace(fix, accuracy_mm=self._plan.accuracy_mm)
        for seen in self._finder.observe(fix):
            self._take(seen)

    def _take(self, seen: object) -> None:
        if isinstance(seen, Arrived):
            if self._at_finish_too_soon(seen):
                return
            verdict = self._replica.check_in(seen.checkpoint, at_ms=seen.fix.at_ms, fix=seen.fix)
            self._say(
                "check_in",
                checkpoint=self._replica.checkpoint(seen.checkpoint).code,
                number=seen.checkpoint,
                verdict="accepted" if isinstance(verdict, Accepted) else str(verdict.reason),
                points=verdict.points if isinstance(verdict, Accepted) else 0,
                recorded=self._replica.records(verdict),
                fix_ms=seen.fix.at_ms,
                entered_ms=seen.entered_ms,
            )
            if self._replica.records(verdict):
                self._next_sync_ms = min(self._next_sync_ms, self._clock.now_ms())  # a new event waits for no timer
            return
        stay = getattr(seen, "stay", None)
        if stay is not None:
            self._say(
                "stay",
                checkpoint=self._replica.checkpoint(stay.checkpoint).code,
                entered_ms=stay.entered_ms,
                left_ms=stay.left_ms,
                closest_mm=stay.closest_mm,
                arrived=stay.arrived,
            )

    def _at_finish_too_soon(self, seen: Arrived) -> bool:
        """A start is often beside the finish, and a finish cannot be undone: nobody is done who has been nowhere."""
        return seen.checkpoint == self._replica.rules.finish and not self._replica.result().visited

    def _sync_until(self, at_ms: int) -> None:
        """Hold the sessions that are due before a time."""
        every_ms = self._plan.sync_every_ms
        while every_ms and self._next_sync_ms <= at_ms:
            self._clock.wait_until(self._next_sync_ms)
            self._sync()
            self._next_sync_ms = max(self._next_sync_ms, self._clock.now_ms()) + every_ms

    def _sync_until_safe(self) -> None:
        """One more session, and more until everything is safe or the plan's time is over."""
        while True:
            self._sync()
            counts = self._replica.counts()
            if not (counts.unsent or counts.in_custody):
                return
            next_ms = self._clock.now_ms() + self._plan.sync_every_ms
            if next_ms > self._plan.until_ms:
                return
            self._clock.wait_until(next_ms)

    def _sync(self) -> None:
        now_ms = self._clock.now_ms()
        if self._link is not None and not self._link.is_online(now_ms):
            return
        urls = self._plan.upstreams or tuple(self._replica.upstreams())
        for url in urls:
            self._sessions += 1
            transport = HttpTransport(url, timeout_s=self._plan.timeout_s, gate=self._link)
            try:
                report = self._replica.sync_once(transport)
            except (TransportError, RemoteError) as error:
                if error.code == "link_down":  # it closed between looking and trying: no session
                    self._sessions -= 1
                    return
                self._failed += 1
                cut = error.code == "link_cut"
                self._cut += cut
                self._say("sync_failed", url=url, code=error.code, detail=error.detail)
                if cut:
                    return
                continue
            self._say(
                "sync",
                url=url,
                converged=report.converged,
                rounds=report.rounds,
                sent=report.sent,
                received=report.received,
                bytes_sent=report.bytes_sent,
                bytes_received=report.bytes_received,
            )
            return

    def _say(self, event: str, **facts: object) -> None:
        self._tell({"event": event, "at_ms": self._clock.now_ms(), **facts})
