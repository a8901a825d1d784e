"""Scoring: the fold of a team's events into its result.

A pure function of the package, the team, the register and the set of its
events: the order they came in, doubles and how they were cut into batches make
no difference. points - penalties = score always holds, and so does the sum over
the lines of `explaining.explain`.

    tell      decode, sort canonically, find what each event could know
    rulings   what staff decided, in force for this team
    read      weigh the evidence of each check-in
    clock     start, limit, finish; which events are in time
    walk      what was open when it was done
    pay       business keys, presence, courses, bounds and bonuses of groups
    settle    answers and hints
    total     what being late takes, the floor, the status
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import get_args

import msgspec

from client_core.game.actions import (
    Action,
    ChallengeOpened,
    CheckIn,
    Finish,
    Member,
    Retired,
    Start,
    Witnessed,
)
from client_core.game.answering import Answers
from client_core.game.carrying import Carriers
from client_core.game.clocking import Times
from client_core.game.decisions import Decision, Ruling
from client_core.game.entering import Entered, enter
from client_core.game.entrants import PlaysFor, Presence
from client_core.game.events import Decoded, LoggedEvent, Told, tell
from client_core.game.evidence import Evidence
from client_core.game.knowing import Knowledge
from client_core.game.lines import ADJUSTED, FLOOR, LATE, MISSING, ZEROED, Line
from client_core.game.paying import Purse
from client_core.game.phases import Phases
from client_core.game.play import NOTHING, Play
from client_core.game.results import Allowance, Flag, Judged, MemberResult, TeamResult
from client_core.game.rules import Rules
from client_core.game.rulings import NO_RULINGS, Docket, Rulings, category_set, read_rulings, rulings_of_member
from client_core.game.statuses import RANKS, STATUS_BY_NUMBER, STATUS_NUMBERS, Status
from client_core.game.teams import Register, Team, active_members, read_members
from client_core.game.timeline import MINUTE_MS, Attempt, elapsed_ms, late_ms, started_minutes
from client_core.game.timing import Beyond
from client_core.game.verdicts import Accepted, Remarked, Verdict

NO_REGISTER = Register()
_COUNTED_KINDS: dict[type, int] = {
    action: action.__struct_config__.tag
    for action in (Start, Finish, Retired, ChallengeOpened, PlaysFor, *get_args(Ruling))
}
"""What counts and pays nothing itself, by the numbers of their kinds."""


def fold(
    rules: Rules,
    team: Team,
    events: Iterable[LoggedEvent],
    register: Register = NO_REGISTER,
    *,
    keep_judged: bool = True,
) -> TeamResult:
    """The result of a team from all its events and what the game's own streams say (`teams.read_register`).

    Events of other teams' streams may be among them: those that staff moved or
    merged into this team count, the others are passed over.
    """
    return fold_told(rules, team, tell(rules, about_team(team, events, register)), register, keep_judged=keep_judged)


def about_team(team: Team, events: Iterable[LoggedEvent], register: Register) -> Iterable[LoggedEvent]:
    """Those of the events that are about the team."""
    if not register.roots and not register.homes:
        return events
    mine = register.merged(team.id) if register.roots else frozenset({team.id})
    return [event for event in events if register.home(event, team.id) in mine]


def fold_told(
    rules: Rules,
    team: Team,
    told: Told,
    register: Register = NO_REGISTER,
    *,
    keep_judged: bool = True,
    only: int | None = None,
) -> TeamResult:
    """The same, from events that `events.tell` read: what a node that has them at hand asks again and again.

    Where the lowest member decides, each member is scored alone (`only`: that
    one); else the team is scored as one.
    """
    return result_of(begin(rules, team, told, register, only=only), keep_judged=keep_judged)


def begin(rules: Rules, team: Team, told: Told, register: Register, *, only: int | None = None) -> list[Phases]:
    """The units of a team that are scored, each folded up to where its lines are added up."""
    rulings, entered, members = circumstances(rules, team, told, register)
    knowledge, evidence = Knowledge(told), Evidence(rules, told, register)
    carriers = Carriers(told, team.id, members, register)
    lowest = rules.package.members.presence is Presence.LOWEST and bool(members)
    units = []
    for unit in [(one,) for one in members if only in {None, one.member}] if lowest else [members]:
        ruled = rulings_of_member(rulings, unit[0].member) if lowest else rulings
        units.append(Phases(Play(rules, team, told, knowledge, register, ruled, entered, unit, evidence, carriers)))
    return units


def result_of(units: Sequence[Phases], *, keep_judged: bool) -> TeamResult:
    """The result of a team whose units were folded."""
    alone = [_total(one, keep_judged=keep_judged) for one in units]
    result = max(alone, key=lambda one: (RANKS[one.status], -one.score, one.time_ms or 0)) if alone[1:] else alone[0]
    root = units[0].play.register.roots.get(result.team)
    return msgspec.structs.replace(result, merged_into=root) if root is not None else result


def circumstances(
    rules: Rules, team: Team, told: Told, register: Register
) -> tuple[Rulings, Entered, tuple[Member, ...]]:
    """What staff decided, what the team plays and who its members are."""
    noted_by_team = () if told.only_played else told.events
    decisions = [event for event in noted_by_team if isinstance(event.action, Decision)]
    noted = read_members(noted_by_team) if rules.package.categories or not register.members else {}
    members = active_members(register, team.id, noted)
    if not decisions and not register.decisions:
        return NO_RULINGS, enter(rules.package, team, members, None), members
    docket = Docket([*register.decisions, *decisions], register.merged(team.id))
    ruled = category_set(docket)
    entered = enter(rules.package, team, members, None if ruled is None else ruled[1])
    return read_rulings(docket, frozenset(entered.categories)), entered, members


def _total(unit: Phases, *, keep_judged: bool) -> TeamResult:
    """Add up: what was given, what was taken, what being late takes, and what that makes of the team."""
    purse, play, times, answers = unit.close(), unit.play, unit.times, unit.answers
    rules, team, extras = play.rules, play.team, play.closing.extras
    answered = answers.total()
    cost = sum([one.points for one in purse.paid if one.points < 0])
    given = answered.points + sum([one.points for one in purse.paid]) - cost + max(0, purse.bonus)
    taken = answered.costs - cost - min(0, purse.bonus)
    for decision, points in play.rulings.points:
        extras.append(Line(ADJUSTED, points, (), decision))
        given, taken = given + max(0, points), taken - min(0, points)
    untimed = play.rulings.untimed
    seen = [one for one in purse.paid if one.event not in untimed] if untimed else purse.paid
    stop = play.rulings.stop
    end_ms = times.finish.told_ms if times.finish is not None else max([one.at_ms for one in seen], default=None)
    late = _late(play, times, None if times.finish is None else end_ms)
    limit = play.entered.limit
    minutes = started_minutes(late)
    late_points = minutes * limit.late_points if limit is not None else 0
    why = (*(e for e in ((times.start or (0, b""))[1], times.finish.event if times.finish else b"") if e),)
    if late_points:
        credited = (decision for decision, _ in play.rulings.credits)
        extras.append(Line(LATE, -late_points, (minutes, late_points // minutes), because=(*why, *credited)))
    taken += late_points
    status, zero = _status(play, times, purse, answers)
    if zero and given - taken > 0:
        extras.append(Line(ZEROED, taken - given, because=why))
        taken = given
    penalties = min(given, taken) if rules.package.floor_at_zero else taken
    if taken > penalties:
        extras.append(Line(FLOOR, taken - penalties))
    extras += [Line(MISSING, 0, (), None, number, because=rests) for number, rests in purse.missing.items()]
    time_ms = None
    if times.start is not None and end_ms is not None:
        at_ms = end_ms if stop is None else min(end_ms, stop[1])
        time_ms = elapsed_ms(times.spans, times.start[0], at_ms, play.rulings.credit_ms, rules.elapsed_ms_max)
    flags = play.flags | play.closing.flags | answers.flags() | ({Flag.DISPUTED} if play.rulings.disputed else set())
    scored = [one.at_ms for one in seen if one.points > 0]
    scored += [] if answered.last_points_ms is None else [answered.last_points_ms]
    return TeamResult(
        team=team.id,
        number=team.number,
        points=given,
        penalties=penalties,
        score=given - penalties,
        status=status,
        start_ms=None if times.start is None else times.start[0],
        finish_ms=None if times.finish is None else times.finish.told_ms,
        time_ms=time_ms,
        visited=tuple(sorted({one.checkpoint for one in purse.paid})),
        late_minutes=minutes,
        late_points=late_points,
        flags=tuple(sorted(flags)),
        events=len(play.told.events) - play.evidence.notes,
        judged=_judged(play) if keep_judged else (),
        because={**play.because, **play.closing.because} if keep_judged else {},
        extras=tuple(extras) if keep_judged else (),
        categories=play.entered.categories,
        format=play.entered.format,
        missing=tuple(purse.missing),
        answered=tuple(number for number in sorted(answers.settled) if answers.settled[number].right),
        hints=answers.hints_taken,
        wrong=answered.wrong,
        last_points_ms=max(scored, default=None),
        estimate=answered.distance,
        members=_members(play, times, status),
        disputed=play.rulings.disputed,
        claims=tuple(purse.claims),
        allowance=None if times.end_ms is None else Allowance(times.end_ms, times.spans, play.rulings.credit_ms),
    )


def _late(play: Play, times: Times, at_ms: int | None) -> int:
    """How much too late the team was, in milliseconds; a time that no game of this length can have is none."""
    if at_ms is None or times.end_ms is None or times.start is None:
        return 0
    if not 0 <= at_ms - times.start[0] <= play.rules.elapsed_ms_max:
        return 0
    stop = play.rulings.stop
    return late_ms(times.spans, times.end_ms, at_ms if stop is None else min(at_ms, stop[1]), play.rulings.credit_ms)


def _status(play: Play, times: Times, purse: Purse, answers: Answers) -> tuple[Status, bool]:
    """Where the team stands, and whether its score is nothing."""
    ruled = play.rulings.statuses.get(None)
    if ruled is not None and ruled[1] in STATUS_BY_NUMBER:
        return STATUS_BY_NUMBER[ruled[1]], False
    stop = play.rulings.stop
    if stop is not None and not stop[2]:
        return Status.CANCELLED, False
    if times.finish is not None:
        return _status_at_finish(play, times, times.finish, purse, answers)
    if any(getattr(event.action, "member", None) is None for _, event in play.retired):
        return Status.DID_NOT_FINISH, False
    heard = bool(purse.paid) or (times.start is not None and play.played > 0)
    if heard and stop is not None:
        return (Status.MISSING_CHECKPOINT if purse.missing else Status.OK), False
    return (Status.ACTIVE if heard else Status.INACTIVE), False


def _status_at_finish(play: Play, times: Times, finish: Attempt, purse: Purse, answers: Answers) -> tuple[Status, bool]:
    limit = play.entered.limit
    cut_ms = None if limit is None else limit.late_ms_max
    if limit is not None and cut_ms is not None and _late(play, times, finish.told_ms) > cut_ms:
        if limit.beyond is Beyond.ZERO:
            return Status.OK, True
        return (Status.DISQUALIFIED if limit.beyond is Beyond.DISQUALIFIED else Status.OVER_TIME), False
    if purse.missing:
        return Status.MISSING_CHECKPOINT, False
    return (Status.FINISHED if answers.flags() else Status.OK), False


def _members(play: Play, times: Times, status: Status) -> tuple[MemberResult, ...]:
    """What each member did."""
    gone = {getattr(event.action, "member", None) for _, event in play.retired}
    visits_by_who = Counter([visit.who for visit in play.visits]) if play.members else Counter()
    found = []
    for one in play.members:
        number = one.member
        ruled = play.rulings.statuses.get(number)
        visits = sum(count for who, count in visits_by_who.items() if who is None or number in who)
        finish = times.finishes.get(number)
        own = Status.DID_NOT_FINISH if number in gone else status
        if ruled is not None:
            own = STATUS_BY_NUMBER.get(ruled[1], own)
        found.append(MemberResult(number, own, visits, None if finish is None else finish.told_ms))
    return tuple(found)


def _judged(play: Play) -> tuple[Judged, ...]:
    """Every event with its verdict, and what it is about: a checkpoint, a challenge n as -2 - n, or nothing.

    What nodes witnessed is about other events, and shows in what those are worth.
    """
    verdict_at = ({**play.verdicts, **play.closing.verdicts} if play.closing.verdicts else play.verdicts).get
    rows: Iterable[tuple[Decoded, Verdict]]
    rows = zip(play.told.events, map(verdict_at, play.told.places, repeat(NOTHING)), strict=True)
    if not play.only_played:
        rows = (row for row in rows if type(row[0].action) is not Witnessed)
    return tuple(
        [
            (event.id, action.checkpoint, action.at_ms, verdict)
            if type(action := event.action) is CheckIn
            else (event.id, _about(action), getattr(action, "at_ms", event.order_ms), remarked(action, verdict))
            for event, verdict in rows
        ]
    )


def _about(action: Action) -> int:
    checkpoint: int | None = getattr(action, "checkpoint", None)
    challenge: int | None = getattr(action, "challenge", None)
    if checkpoint is not None:
        return checkpoint
    return -1 if challenge is None else -2 - challenge


def remarked(action: Action, verdict: Verdict) -> Verdict:
    """A verdict, with what the action is where that is all there is to say."""
    kind = _COUNTED_KINDS.get(type(action))
    if kind is None or type(verdict) is not Accepted:
        return verdict
    return Remarked(verdict.points, kind, (), getattr(action, "reason", ""))


__all__ = [
    "MINUTE_MS",
    "STATUS_NUMBERS",
    "Flag",
    "Judged",
    "Status",
    "TeamResult",
    "fold",
    "fold_told",
]
