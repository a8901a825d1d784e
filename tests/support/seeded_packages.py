"""Packages drawn at random: every kind of rule, in integers alone; see `seeded_games`."""

from __future__ import annotations

from random import Random

from client_core.game.answers import answer_hash, answer_key, seal, secret_hash
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Interval, Judged, Later
from client_core.game.checkpoints import (
    ByTime,
    Capture,
    Checkpoint,
    FirstFinders,
    Hours,
    Kind,
    Method,
    NoAccuracy,
    Pay,
    Plain,
)
from client_core.game.content import FORMAT, RULES, Package, VisitRule, decode_package, encode_package
from client_core.game.entrants import Category, Format, MemberRule, Presence, TeamTime
from client_core.game.fences import Circle, Fence, Metric, MultiPolygon, Polygon
from client_core.game.groups import (
    Advance,
    Answered,
    Atom,
    Earned,
    Fixed,
    Free,
    Given,
    Group,
    Leg,
    Mode,
    Opening,
    Order,
    Reached,
    Rotated,
    Shuffled,
    Visited,
)
from client_core.game.timing import (
    Beyond,
    CheckInStart,
    Doubt,
    FinishRule,
    IntervalStart,
    MassStart,
    Ranking,
    SelfStart,
    StaffStart,
    Start,
    StartList,
    TieBreak,
    TimeLimit,
)

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
OPENS_MS = 1_654_322_400_000
CLOSES_MS = OPENS_MS + 6 * HOUR_MS
LON_E7, LAT_E7 = 112_500_000, 437_700_000
EAST_FACTOR, EAST_SLOPE, NORTH_FACTOR, NORTH_SLOPE = 2_267_140_934_574_833, -18_917_614, 3_127_790_174_041_327, 47_553
"""The ground's scale in Firenze (`publish.metric_at`), written down so that nothing here computes a sine."""
WORDS = ("Duomo", "duomo ", "Boboli", "Arno", "rose", "12", "13,5", "1.300")


def draw_package(rng: Random) -> Package:
    """A package that decodes, with any mixture of rules."""
    count = rng.randrange(3, 13)
    kinds = tuple(_kind(rng) for _ in range(rng.randrange(1, 4)))
    challenges = tuple(_challenge(rng, number, count) for number in range(rng.choice([0, 0, 2, 5])))
    categories = _categories() if rng.random() < 0.4 else ()
    formats = (_short(rng, count),) if rng.random() < 0.3 else ()
    package = Package(
        format=FORMAT,
        rules=RULES,
        name="Drawn",
        time_zone="Europe/Rome",
        language="en",
        opens_at_ms=OPENS_MS,
        closes_at_ms=CLOSES_MS,
        start=_start(rng, count),
        limit=_limit(rng) if rng.random() < 0.7 else None,
        finish=FinishRule(rng.choice([None, count - 1]), rng.choice([0, 0, 15 * MINUTE_MS])),
        ranking=Ranking(tuple(rng.sample(list(TieBreak), rng.randrange(4))), rng.random() < 0.2, rng.random() < 0.3),
        members=MemberRule(
            rng.choice([Presence.UNION, *Presence]),
            rng.choice([0, 10 * MINUTE_MS]),
            rng.randrange(1, 4),
            rng.choice(list(TeamTime)),
        ),
        floor_at_zero=rng.random() < 0.6,
        visits=VisitRule(3_000, 5_000, 12_000, 30_000),
        metric=_metric(LON_E7, LAT_E7),
        kinds=kinds,
        checkpoints=tuple(_checkpoint(rng, number, kinds) for number in range(count)),
        groups=_groups(rng, count, len(challenges), bool(categories)) if rng.random() < 0.6 else (),
        challenges=challenges,
        categories=categories,
        formats=formats,
        one_category=rng.random() < 0.3,
    )
    return decode_package(encode_package(package))


def _kind(rng: Random) -> Kind:
    methods = {Method.GPS, *rng.sample(list(Method), rng.randrange(6))} if rng.random() < 0.85 else set(Method)
    pays: list[Pay] = [
        ByTime(rng.random() < 0.5, ((0, 4), (HOUR_MS, 9), (OPENS_MS + 2 * HOUR_MS, -3))),
        FirstFinders((10, 5)),
        Capture(2, 10 * MINUTE_MS),
    ]
    hours = (Hours(OPENS_MS, OPENS_MS + 2 * HOUR_MS), Hours(OPENS_MS + 3 * HOUR_MS, CLOSES_MS))
    return Kind(
        methods=tuple(sorted(methods)),
        accuracy_mm_max=rng.choice([20_000, 50_000]),
        no_accuracy=rng.choice(list(NoAccuracy)),
        hours=hours if rng.random() < 0.2 else (),
        dwell_ms=rng.choice([0, 0, 0, 5_000]),
        pay=rng.choice([Plain()] * 3 + pays),
        revisit_ms=rng.choice([None, None, 10 * MINUTE_MS]),
    )


def _metric(lon_e7: int, lat_e7: int) -> Metric:
    return Metric(lon_e7, lat_e7, EAST_FACTOR, EAST_SLOPE, NORTH_FACTOR, NORTH_SLOPE)


def _checkpoint(rng: Random, number: int, kinds: tuple[Kind, ...]) -> Checkpoint:
    kind = rng.randrange(len(kinds))
    lon_e7 = rng.choice([LON_E7 + 20_000 * number] * 9 + [1_799_999_000])
    middle = _metric(lon_e7, LAT_E7)
    fence: Fence | None = Circle(middle, 25_000)
    dice = rng.random()
    if dice < 0.15:
        fence = _square(middle, 2_000)
    elif dice < 0.22:
        fence = MultiPolygon(middle, (_square(middle, 500), _square(_metric(LON_E7 + 5_000, LAT_E7), 700)))
    elif dice < 0.27 and kinds[kind].methods != (Method.GPS,):
        fence = None
    code = f"C{number}"
    secret = secret_hash(code, "rose") if rng.random() < 0.3 else b""
    return Checkpoint(code, "", rng.choice([0, 10, 20, 30, -5]), fence, kind, "", secret)


def _square(middle: Metric, half: int) -> Polygon:
    west, east = max(-1_800_000_000, middle.lon_e7 - half), min(1_800_000_000, middle.lon_e7 + half)
    south, north = middle.lat_e7 - half, middle.lat_e7 + half
    return Polygon(middle, ((west, south), (east, south), (east, north), (west, north), (west, south)))


def _start(rng: Random, count: int) -> Start:
    until_ms = rng.choice([None, OPENS_MS + 2 * HOUR_MS])
    starts: list[Start] = [
        MassStart(OPENS_MS + HOUR_MS),
        StartList(),
        SelfStart(until_ms),
        IntervalStart(OPENS_MS + HOUR_MS, 5 * MINUTE_MS),
        CheckInStart(rng.randrange(count), until_ms),
        StaffStart(),
    ]
    return rng.choice([SelfStart(None), StartList(), *starts])


def _limit(rng: Random) -> TimeLimit:
    return TimeLimit(
        limit_ms=rng.choice([45 * MINUTE_MS, 2 * HOUR_MS]),
        late_points=rng.choice([0, 1, 5]),
        late_ms_max=rng.choice([None, 30 * MINUTE_MS]),
        back_by_ms=rng.choice([None, OPENS_MS + 3 * HOUR_MS]),
        beyond=rng.choice(list(Beyond)),
        late_pays=rng.random() < 0.6,
        doubt=rng.choice(list(Doubt)),
    )


def _groups(rng: Random, count: int, challenges: int, categories: bool) -> tuple[Group, ...]:
    """Groups over some of the checkpoints, the last of them at times around others."""
    free = rng.sample(range(count), count - rng.randrange(2))
    groups: list[Group] = []
    while len(free) > 1 and len(groups) < 3:
        size = min(len(free), rng.randrange(2, 6))
        mine, free = free[:size], free[size:]
        legs = [Leg((number,)) for number in mine]
        if rng.random() < 0.25:
            legs = [Leg(tuple(mine[:2])), *legs[2:]]
        groups.append(_group(rng, f"G{len(groups)}", tuple(legs), (), count, challenges, categories=categories))
    if len(groups) > 1 and rng.random() < 0.4:
        inner = tuple(range(len(groups)))
        groups.append(_group(rng, "around", (), inner, count, challenges, categories=categories))
    return tuple(groups)


def _group(
    rng: Random,
    code: str,
    legs: tuple[Leg, ...],
    inner: tuple[int, ...],
    count: int,
    challenges: int,
    *,
    categories: bool,
) -> Group:
    members = len(legs) or len(inner)
    orders: list[Order] = [Free(), Fixed(), Rotated(), Shuffled(bytes(16), min(1, members - 1), 0)]
    orders.append(Given(((1, tuple(reversed(range(members)))),)))
    return Group(
        code,
        "",
        order=rng.choice([Free(), *orders]),
        mode=rng.choice(list(Mode)),
        advance=rng.choice(list(Advance)),
        legs=legs,
        groups=inner,
        opening=_opening(rng, count, challenges) if rng.random() < 0.4 else (),
        count_max=rng.choice([None, None, rng.randrange(1, members + 1)]),
        complete_points=rng.choice([0, 15, -5]),
        complete_count=rng.choice([None, rng.randrange(1, members + 1)]),
        within_ms=rng.choice([None, HOUR_MS]),
        skippable=rng.random() < 0.3,
        categories=("women",) if categories and rng.random() < 0.3 else (),
    )


def _opening(rng: Random, count: int, challenges: int) -> Opening:
    atoms: list[Atom] = [
        Visited(rng.randrange(count)),
        Earned(rng.randrange(60)),
        Reached(False, rng.randrange(HOUR_MS)),
        Reached(True, OPENS_MS + rng.randrange(3 * HOUR_MS)),
    ]
    if challenges:
        atoms.append(Answered(rng.randrange(challenges)))
    return tuple(tuple(rng.sample(atoms, rng.randrange(1, 3))) for _ in range(rng.randrange(1, 3)))


def _challenge(rng: Random, number: int, count: int) -> Challenge:
    salt = bytes([number]) * 16
    hashed = Hashed(salt, tuple(answer_hash(salt, answer_key(Form.TEXT, word)) for word in ("Duomo", "Arno")))
    form, key = rng.choice(
        [
            (Form.TEXT, hashed),
            (Form.TEXT, hashed),
            (Form.TEXT, seal(hashed, "rose", salt)),
            (Form.NUMBER, Interval(12, 14, 13)),
            (Form.TEXT, Later()),
            (Form.PHOTO, Judged(rng.random() < 0.5)),
            (Form.FREE_TEXT, Judged()),
        ]
    )
    return Challenge(
        code=f"Q{number}",
        name="",
        text="?",
        checkpoint=rng.choice([None, rng.randrange(count)]),
        form=form,
        key=key,
        points=rng.choice([0, 10, 25]),
        tries=rng.choice([None, 1, 3]),
        wrong_points=rng.choice([0, 2]),
        wrong_points_max=rng.choice([0, 3, 20]),
        par_ms=rng.choice([0, 20 * MINUTE_MS]),
        speed_points=rng.choice([0, 10]),
        hints=(Hint("a", 3), Hint("b", 2, 5 * MINUTE_MS))[: rng.randrange(3)],
        hints_in_order=rng.random() < 0.7,
    )


def _categories() -> tuple[Category, ...]:
    return (Category("women", "", sex=None, female_min=1), Category("open", "", assigned_only=True))


def _short(rng: Random, count: int) -> Format:
    return Format(
        "short",
        "",
        start=rng.choice([None, MassStart(OPENS_MS + HOUR_MS)]),
        limit=rng.choice([None, TimeLimit(30 * MINUTE_MS, 2, None)]),
        checkpoints=rng.choice([None, tuple(range(0, count, 2))]),
    )
