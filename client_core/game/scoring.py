"""Scoring: the fold of a team's events into its result.

A pure function of the package, the team and the set of its events: the order
they came in, doubles and how they were cut into batches make no difference.
points - penalties = score always holds, and so does the sum over the lines of
`explaining.explain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from client_core.game.actions import Action, CheckIn, Finish, Malformed, Start, Unknown
from client_core.game.events import Decoded, Heads, LoggedEvent, decode_events
from client_core.game.judging import Facts, judge, judge_check_in
from client_core.game.lines import FLOOR, LATE, Line
from client_core.game.results import Flag, Judged, TeamResult
from client_core.game.rules import Rules
from client_core.game.statuses import STATUS_NUMBERS, Status
from client_core.game.teams import Team
from client_core.game.verdicts import Accepted, Reason, Refused, Verdict

MINUTE_MS = 60_000
SET_BACK_MS = 60_000
"""A clock that falls back by more than a minute was set; less is a correction by the network."""


def fold(rules: Rules, team: Team, events: Iterable[LoggedEvent], *, keep_judged: bool = True) -> TeamResult:
    """The result of a team from all its events."""
    return fold_decoded(rules, team, decode_events(rules, events), keep_judged=keep_judged)


def fold_decoded(rules: Rules, team: Team, decoded: Sequence[Decoded], *, keep_judged: bool = True) -> TeamResult:
    """The same, from events that `decode_events` gave."""
    state = TeamFold(rules, team, keep_judged=keep_judged)
    state.apply(decoded)
    return state.result()


class TeamFold:
    """A fold that goes on: what a node keeps of a team between two batches of its events.

    `take` folds a batch that follows what was folded before, which is nearly
    every batch, at the cost of the batch alone. `facts` is what `judging.judge`
    asks for before an action is made.
    """

    def __init__(self, rules: Rules, team: Team, *, keep_judged: bool = True) -> None:
        self.rules = rules
        self.team = team
        self.facts = Facts(rules, team.start_at_ms)
        self.judged: list[Judged] | None = [] if keep_judged else None
        self._points = 0
        self._events = 0
        self._flags: set[Flag] = set()
        self._last_paid_ms: int | None = None
        self._heads: Heads = {}
        self._last: Decoded | None = None

    def take(self, events: Iterable[LoggedEvent]) -> bool:
        """Fold a batch; False, and nothing changed, where it does not follow: then fold anew from all events."""
        batch = list(events)
        heads = self._heads
        if any(event.stream in heads and event.seq <= heads[event.stream][0] for event in batch):
            return False
        heads = dict(heads)
        decoded = decode_events(self.rules, batch, heads)
        if decoded and self._last is not None and decoded[0][:4] < self._last[:4]:
            return False
        self._heads = heads
        self.apply(decoded)
        return True

    def apply(self, decoded: Sequence[Decoded]) -> None:
        """Judge these events, which follow all before, and keep what they establish."""
        rules, facts, judged = self.rules, self.facts, self.judged
        visited, finish = facts.visited, rules.finish
        points = 0
        for order_ms, _, _, identity, action in decoded:
            if type(action) is CheckIn:
                number, at_ms = action.checkpoint, action.at_ms
                verdict = judge_check_in(rules, facts, action)
                if type(verdict) is Accepted:
                    visited.add(number)
                    points += verdict.points
                    self._last_paid_ms = at_ms
                    if facts.start_ms is None:
                        facts.start(rules, at_ms)
                    if number == finish:
                        facts.finish_ms = at_ms
            else:
                number, at_ms, verdict = -1, order_ms, self._apply_other(action)
                at_ms = getattr(action, "at_ms", order_ms)
            if at_ms != order_ms:
                self._flag(order_ms, at_ms)
            if judged is not None:
                judged.append((identity, number, at_ms, verdict))
        self._points += points
        self._events += len(decoded)
        self._last = decoded[-1] if decoded else self._last

    def result(self) -> TeamResult:
        """What the events so far are worth."""
        rules, facts = self.rules, self.facts
        end_ms = self._last_paid_ms if facts.finish_ms is None else facts.finish_ms
        time_ms = _elapsed_ms(rules, facts.start_ms, end_ms)
        minutes = _late_minutes(rules, facts.start_ms, time_ms if facts.finish_ms is not None else None)
        limit = rules.package.limit
        late_points = minutes * limit.late_points if limit else 0
        penalties = min(late_points, self._points) if rules.package.floor_at_zero else late_points
        return TeamResult(
            team=self.team.id,
            number=self.team.number,
            points=self._points,
            penalties=penalties,
            score=self._points - penalties,
            status=self._status(time_ms),
            start_ms=facts.start_ms,
            finish_ms=facts.finish_ms,
            time_ms=time_ms,
            visited=tuple(sorted(facts.visited)),
            late_minutes=minutes,
            late_points=late_points,
            flags=tuple(sorted(self._flags)),
            events=self._events,
            judged=tuple(self.judged or ()),
            extras=_extras(minutes, late_points, penalties),
        )

    def _apply_other(self, action: Action) -> Verdict:
        """Everything that is no check-in."""
        if isinstance(action, Unknown):
            return Refused(Reason.UNKNOWN_KIND, (action.kind,))
        if isinstance(action, Malformed):
            return Refused(Reason.MALFORMED)
        verdict = judge(self.rules, self.facts, action)
        if isinstance(verdict, Accepted):
            if isinstance(action, Start):
                self.facts.start(self.rules, action.at_ms)
            elif isinstance(action, Finish):
                if self.facts.start_ms is None:
                    self.facts.start(self.rules, action.at_ms)
                self.facts.finish_ms = action.at_ms
        return verdict

    def _flag(self, order_ms: int, at_ms: int) -> None:
        """The event's own time is not the one it is sorted by: say what is wrong with its clock."""
        if at_ms > self.rules.believed_to_ms:
            self._flags.add(Flag.CLOCK_AHEAD)
        elif at_ms < self.rules.believed_from_ms:
            self._flags.add(Flag.CLOCK_BEHIND)
        elif at_ms < order_ms - SET_BACK_MS:
            self._flags.add(Flag.CLOCK_SET_BACK)

    def _status(self, time_ms: int | None) -> Status:
        facts, limit = self.facts, self.rules.package.limit
        if facts.finish_ms is None:
            started = self._last_paid_ms is not None or (facts.start_ms is not None and self._events > 0)
            return Status.ACTIVE if started else Status.INACTIVE
        if limit is None or limit.late_ms_max is None or time_ms is None or facts.start_ms is None:
            return Status.OK
        late = time_ms > self.rules.limit_ms(facts.start_ms) + limit.late_ms_max
        return Status.OVER_TIME if late else Status.OK


def _extras(minutes: int, late_points: int, penalties: int) -> tuple[Line, ...]:
    """The lines that no single event is about."""
    lines = [Line(LATE, -late_points, (minutes,))] if late_points else []
    if late_points > penalties:
        lines.append(Line(FLOOR, late_points - penalties))
    return tuple(lines)


def _elapsed_ms(rules: Rules, start_ms: int | None, end_ms: int | None) -> int | None:
    """The time between, or None where no game of this length can have it."""
    if start_ms is None or end_ms is None or not 0 <= end_ms - start_ms <= rules.elapsed_ms_max:
        return None
    return end_ms - start_ms


def _late_minutes(rules: Rules, start_ms: int | None, time_ms: int | None) -> int:
    """The started minutes beyond the limit."""
    if rules.package.limit is None or start_ms is None or time_ms is None:
        return 0
    return max(0, -(-(time_ms - rules.limit_ms(start_ms)) // MINUTE_MS))


__all__ = ["STATUS_NUMBERS", "Flag", "Judged", "Status", "TeamFold", "TeamResult", "fold", "fold_decoded"]
