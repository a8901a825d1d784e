"""A rehearsal: synthetic teams walk the game's own checkpoints, and the rule book scores them.

What is drawn are speeds, how well a team knows its own, how it chooses where to
go, stops and answers. What is not simulated are terrain, weather and what the
challenges ask: answers are right by lot. A seed gives the same rehearsal again.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from client_core.game.answers import answer_hash, answer_key
from client_core.game.challenges import Challenge, Form, Hashed, Judged
from client_core.game.content import Package
from client_core.game.entering import enter
from client_core.game.results import TeamResult
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold
from client_core.game.standings import Standing, standings
from client_core.game.statuses import Status
from client_core.game.teams import Register, Team
from client_core.game.timing import (
    CheckInStart,
    IntervalStart,
    MassStart,
    SelfStart,
    StaffStart,
    StartList,
)
from client_core.game.verdicts import Charged, Refused
from server.simulating.crowding import Crowd, crowding
from server.simulating.ground import Ground
from server.simulating.rounds import Round, best_round
from server.simulating.walking import RIGHT, Walk, Walker, walk, worth_of

SEARCHED_MAX = 400
"""Beyond it the search for the best round takes minutes."""
PLAN_CUTS = 3
"""A team's plan is good, not perfect."""
SALT = bytes(16)
FAR = 10**12
"""Longer than any way."""

Told = Callable[[str, float], None]
"""Hears what is being done, and how much of it is, from 0 to 1."""


class Habits(msgspec.Struct, frozen=True):
    """What is drawn from: speeds along the way, stops, thinking, the spread of starts where teams choose theirs."""

    teams: int = 50
    slow_mm_s: int = 1_100
    fast_mm_s: int = 2_200
    stop_ms: int = 30_000
    think_ms: int = 90_000
    right_percent: int = 75
    spread_ms: int = 1_800_000
    seed: int = 1


class Reachable(msgspec.Struct, frozen=True):
    """The best that was found: the checkpoints in order, what they are worth by the table, what the rules pay for it.

    `score` is that of a fast team that errs nowhere; `length_m` its way.
    """

    score: int
    codes: tuple[str, ...]
    points: int
    length_m: int
    time_ms: int | None


class Outcome(msgspec.Struct, frozen=True):
    """What came of a rehearsal."""

    name: str
    teams: int
    seed: int
    reachable: Reachable | None
    scores: tuple[int, int, int]
    """Lowest, middle and highest."""
    times_ms: tuple[int, int, int]
    lengths_m: tuple[int, int, int]
    late: int
    late_minutes_max: int
    by_status: dict[str, int]
    never_visited: tuple[str, ...]
    checkpoints: tuple[Crowd, ...]
    refused: dict[str, int]
    placeless: tuple[str, ...]
    last_ms: int


def rehearse(
    package: Package, ground: Ground, habits: Habits, *, length_mm: int | None = None, told: Told | None = None
) -> Outcome:
    """Rehearse a game. `length_mm` bounds the best round instead of the limit at the fast speed."""
    rules = compile_rules(opened_up(package))
    walkers = _walkers(rules, ground, habits, told)
    register = Register(teams={one.team.id: one.team for one in walkers})
    walks: list[Walk] = []
    results: list[TeamResult] = []
    for number, walker in enumerate(walkers):
        walks.append(walk(rules, ground, walker))
        results.append(fold(rules, walker.team, walks[-1].events, register))
        if told is not None:
            told("walking", number / len(walkers))
    reachable = _reachable(rules, ground, habits, length_mm, told)
    return _outcome(rules, ground, habits, walks, standings(results, rules, register), reachable)


def opened_up(package: Package) -> Package:
    """The game as a machine can play it: codes stand in for secrets, one known answer for all, no staff at the start.

    What visits and answers pay and cost is as published.
    """
    replace = msgspec.structs.replace
    start = StartList() if isinstance(package.start, StaffStart) else package.start
    return replace(
        package,
        start=start,
        checkpoints=tuple(replace(one, secret=b"") for one in package.checkpoints),
        challenges=tuple(map(_answerable, package.challenges)),
        formats=tuple(
            replace(one, start=StartList() if isinstance(one.start, StaffStart) else one.start)
            for one in package.formats
        ),
    )


def _answerable(challenge: Challenge) -> Challenge:
    if isinstance(challenge.key, Judged):
        return msgspec.structs.replace(challenge, key=Judged(automatic=True))
    key = Hashed(SALT, (answer_hash(SALT, answer_key(Form.TEXT, RIGHT)),))
    return msgspec.structs.replace(challenge, form=Form.TEXT, key=key, choices=())


def _walkers(rules: Rules, ground: Ground, habits: Habits, told: Told | None) -> list[Walker]:
    """The teams, drawn from the seed."""
    dice = random.Random(habits.seed)  # noqa: S311 - a rehearsal that can be seen again, no secret
    package, walkers = rules.package, []
    for number in range(1, habits.teams + 1):
        identity = hashlib.sha256(b"rehearsal %d %d" % (habits.seed, number)).digest()[:16]
        categories = tuple(one.code for one in package.categories)
        formats = tuple(one.code for one in package.formats)
        team = Team(
            identity,
            number,
            f"Team {number}",
            categories=(categories[number % len(categories)],) if categories else (),
            format=formats[number % len(formats)] if formats else None,
        )
        entered = enter(package, team, (), None)
        start_ms, listed_ms = _start(rules, entered.start, number, dice.randrange(habits.spread_ms + 1))
        team = msgspec.structs.replace(team, start_at_ms=listed_ms)
        # The sum of two throws: most teams are in the middle.
        span = habits.fast_mm_s - habits.slow_mm_s
        speed = habits.slow_mm_s + (dice.randint(0, span) + dice.randint(0, span)) // 2
        walker = Walker(
            team=team,
            entered=entered,
            start_ms=start_ms,
            speed=speed,
            believed=speed * dice.randint(80, 105) // 100,
            plan=(),
            picks=dice.choice(("nearest", "nearest", "richest", "richest", "wandering")),
            stop_ms=habits.stop_ms,
            think_ms=habits.think_ms,
            right_percent=max(1, min(100, habits.right_percent + dice.randint(-20, 20))),
            seed=dice.getrandbits(63),
        )
        plans = dice.randrange(100) < 40
        if plans:
            found = _round(rules, ground, walker, None, PLAN_CUTS, number)
            walker = msgspec.structs.replace(walker, plan=found.places if found else ())
        walkers.append(walker)
        if told is not None:
            told("drawing", number / habits.teams)
    return walkers


def _start(rules: Rules, start: object, number: int, drawn_ms: int) -> tuple[int, int | None]:
    """When a team starts, and its time in the start list where it stands there."""
    opens_ms = rules.opens_ms
    if isinstance(start, MassStart):
        return start.at_ms, None
    if isinstance(start, IntervalStart):
        return start.first_ms + max(0, number - start.first_number) * start.every_ms, None
    at_ms = opens_ms + drawn_ms
    if isinstance(start, SelfStart | CheckInStart):
        return (at_ms if start.until_ms is None else min(at_ms, start.until_ms)), None
    return at_ms, at_ms


def _round(
    rules: Rules,
    ground: Ground,
    walker: Walker,
    length_mm: int | None,
    cuts: int | None,
    seed: int,
    told: Callable[[float], None] | None = None,
) -> Round | None:
    """The best round for a team: within a length, or within its limit at its speed, stops and thinking included.

    `places` of what it gives are those on the way, without the start and the finish.
    """
    count = len(ground.positions)
    if count > SEARCHED_MAX:
        return None
    paying, start, finish = walker.entered.checkpoints, ground.start, ground.finish
    points = [worth_of(rules, n) if paying is None or n in paying else 0 for n in range(count)]
    stays = [walker.stop_ms + len(rules.challenges_at.get(n, ())) * walker.think_ms for n in range(count)]
    if length_mm is None:
        budget = _play_ms(rules, walker)
        costs = [
            [way * 1000 // walker.believed + stay for way, stay in zip(ways, stays, strict=True)]
            for ways in ground.ways_mm
        ]
    else:
        budget, costs = length_mm, [list(ways) for ways in ground.ways_mm]
    if rules.finish < 0:
        # Nobody has to come back: a place beyond all others, to which every way is free and from which none leads.
        finish = count
        costs = [*([*ways, 0] for ways in costs), [FAR] * (count + 1)]
        points.append(0)
        budget -= stays[start] if length_mm is None else 0
    elif start == finish or isinstance(walker.entered.start, CheckInStart):
        points[start] = 0
    if rules.finish >= 0:
        points[finish] = 0
    found = best_round(costs, points, max(0, budget), start, finish, seed=seed, cuts=cuts, told=told)
    if found is None:
        return None
    inner = found.places[1:-1] if rules.finish >= 0 or points[start] <= 0 else found.places[:-1]
    return msgspec.structs.replace(found, places=inner)


def _play_ms(rules: Rules, walker: Walker) -> int:
    """How long a team may play: its limit, or until the game closes."""
    limit = walker.entered.limit
    length_ms = (limit.limit_ms if limit is not None else None) or rules.closes_ms - walker.start_ms
    if limit is not None and limit.back_by_ms is not None:
        length_ms = min(length_ms, limit.back_by_ms - walker.start_ms)
    return length_ms


def _reachable(
    rules: Rules, ground: Ground, habits: Habits, length_mm: int | None, told: Told | None
) -> Reachable | None:
    """The best score of fast teams that err nowhere: one follows the best round, others pick as they go."""
    team = Team(bytes(16), 1, "Best", rules.package.opens_at_ms)
    codes = tuple(one.code for one in rules.package.categories[:1])
    team = msgspec.structs.replace(team, categories=codes)
    entered = enter(rules.package, team, (), None)
    start_ms, listed_ms = _start(rules, entered.start, 1, 0)
    team = msgspec.structs.replace(team, start_at_ms=listed_ms)
    best = Walker(
        team,
        entered,
        start_ms,
        habits.fast_mm_s,
        habits.fast_mm_s,
        (),
        "richest",
        habits.stop_ms,
        habits.think_ms,
        100,
        habits.seed,
        even=True,
    )
    hears = None if told is None else (lambda part: told("searching the best round", part))
    found = _round(rules, ground, best, length_mm, None, habits.seed, hears)
    tried: list[tuple[int, int, Walk, TeamResult]] = []
    plans = [(found.places, "none")] if found is not None else []
    others = [((), picks) for picks in ("nearest", "richest")] if length_mm is None else []
    for plan, picks in plans + others:
        one = msgspec.structs.replace(best, plan=plan, picks=picks)
        walked = walk(rules, ground, one)
        result = fold(rules, team, walked.events, Register(teams={team.id: team}))
        tried.append((result.score, -walked.length_mm, walked, result))
    if not tried:
        return None
    score, _, walked, result = max(tried, key=lambda one: one[:2])
    numbers = [stay.checkpoint for stay in walked.stays]
    return Reachable(
        score=score,
        codes=tuple(rules.codes[number] for number in numbers),
        points=sum(worth_of(rules, number) for number in dict.fromkeys(numbers)),
        length_m=walked.length_mm // 1000,
        time_ms=result.time_ms,
    )


def _outcome(
    rules: Rules,
    ground: Ground,
    habits: Habits,
    walks: Sequence[Walk],
    table: Sequence[Standing],
    reachable: Reachable | None,
) -> Outcome:
    results = [row.result for row in table]
    why: Counter[str] = Counter(
        str(verdict.reason)
        for result in results
        for _, checkpoint, _, verdict in result.judged
        if isinstance(verdict, Refused) and not isinstance(verdict, Charged) and checkpoint >= -1
    )
    crowds = crowding(rules, [stay for one in walks for stay in one.stays], len(walks))
    finish = rules.codes[rules.finish] if rules.finish >= 0 else None
    pays = {number for walker in walks for number in range(len(rules.codes)) if _matters(rules, number)}
    never = tuple(
        one.code for number, one in enumerate(crowds) if not one.teams and one.code != finish and number in pays
    )
    return Outcome(
        name=rules.package.name,
        teams=len(walks),
        seed=habits.seed,
        reachable=reachable,
        scores=_three([row.score for row in table]),
        times_ms=_three([one.done_ms - one.walker.start_ms for one in walks]),
        lengths_m=_three([one.length_mm // 1000 for one in walks]),
        late=sum(result.late_minutes > 0 or result.status is Status.OVER_TIME for result in results),
        late_minutes_max=max((result.late_minutes for result in results), default=0),
        by_status=dict(sorted(Counter(str(result.status) for result in results).items())),
        never_visited=never,
        checkpoints=crowds,
        refused=dict(why.most_common()),
        placeless=ground.placeless,
        last_ms=max((one.done_ms for one in walks), default=0),
    )


def _matters(rules: Rules, number: int) -> bool:
    """Whether anybody would go there: it pays, asks, or stands in a group."""
    return worth_of(rules, number) > 0 or number in rules.seats


def _three(values: Sequence[int]) -> tuple[int, int, int]:
    """The lowest, the middle and the highest."""
    ordered = sorted(values)
    return ordered[0], ordered[len(ordered) // 2], ordered[-1]
