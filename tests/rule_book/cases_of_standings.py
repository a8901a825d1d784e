"""Places: what they go by, what breaks ties, how statuses stand in order, categories and series."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
from telling import By, Rule, at, one, pure, rules, several, team, there

from client_core.game.actions import Answer, HintTaken, Member
from client_core.game.challenges import Challenge, Form, Hint, Interval, Later
from client_core.game.entering import categories_of
from client_core.game.entrants import Category, Sex
from client_core.game.scoring import fold
from client_core.game.series import Entry, Stage, decimal_text, series_table, stage_points
from client_core.game.standings import standings
from client_core.game.statuses import Status
from client_core.game.timing import Ranking, SelfStart, TieBreak


def visit(of: int, code: str, minute: float) -> By:
    """A check-in of a team's phone."""
    return By(of, there(code, minute), of=of)


def ties(*order: TieBreak, **more: Any) -> dict[str, Ranking]:
    """What breaks ties."""
    return {"ranking": Ranking(ties=order, **more)}


PLAYED = (visit(1, "31", 5), visit(1, "F", 50), visit(2, "31", 10), visit(2, "F", 40))
COUNT = (
    Challenge(
        "N",
        "",
        "How many steps?",
        None,
        Form.NUMBER,
        Interval(400, 430, 414),
        10,
        wrong_points=0,
        hints=(Hint("over 400", 0),),
    ),
)

TIES = Rule(
    "Ties",
    (
        "Between equal scores the declared order decides; what is still equal shares the place, "
        "and the next one is skipped."
    ),
    (
        several(
            "earlier finish: Foxes 10:50, Owls 10:40",
            "1. Owls 30; 2. Foxes 30",
            *PLAYED,
            **ties(TieBreak.EARLIER_FINISH),
        ),
        several(
            "elapsed time, own starts: Foxes 10:05-10:50, Owls 10:10-10:40",
            "1. Owls 30; 2. Foxes 30",
            *PLAYED,
            start=SelfStart(),
            **ties(TieBreak.ELAPSED_TIME),
        ),
        several(
            "earlier last points: Foxes 10:05, Owls 10:10",
            "1. Foxes 30; 2. Owls 30",
            *PLAYED,
            **ties(TieBreak.EARLIER_LAST_POINTS),
        ),
        several("nothing declared: they share", "1. Foxes 30; 1. Owls 30", *PLAYED, **ties()),
        several(
            "a shared place, the next is skipped",
            "1. Foxes 30; 1. Owls 30; 3. Hares 20",
            *PLAYED,
            visit(3, "32", 5),
            visit(3, "F", 30),
            teams=3,
            **ties(),
        ),
        several(
            "the same, dense",
            "1. Foxes 30; 1. Owls 30; 2. Hares 20",
            *PLAYED,
            visit(3, "32", 5),
            visit(3, "F", 30),
            teams=3,
            **ties(dense=True),
        ),
        several(
            "fewer hints",
            "1. Owls 30; 2. Foxes 30",
            By(1, HintTaken(at(4), 0, 0)),
            *PLAYED,
            challenges=COUNT,
            **ties(TieBreak.FEWER_HINTS),
        ),
        several(
            "fewer wrong answers",
            "1. Owls 30; 2. Foxes 30",
            By(1, Answer(at(4), 0, "9")),
            *PLAYED,
            challenges=COUNT,
            **ties(TieBreak.FEWER_WRONG),
        ),
        several(
            "nearest estimate: 410 and 420 where 414 is right",
            "1. Owls 40; 2. Foxes 40",
            By(1, Answer(at(4), 0, "420")),
            By(2, Answer(at(4), 0, "410"), of=2),
            *PLAYED,
            challenges=COUNT,
            **ties(TieBreak.NEAREST_ESTIMATE),
        ),
        several(
            "the first tie-break is equal, the second decides",
            "1. Owls 30; 2. Foxes 30",
            *PLAYED,
            **ties(TieBreak.FEWER_HINTS, TieBreak.EARLIER_FINISH),
        ),
        several(
            "by time alone, points do not matter",
            "1. Owls 30; 2. Foxes 30",
            *PLAYED,
            visit(1, "32", 12),
            ranking=Ranking(by_time=True),
        ),
    ),
)


def in_order() -> str:
    """One team of every status, all with the same result, as standings list them."""
    game = rules()
    same = fold(game, team(), [])
    each = [
        msgspec.structs.replace(same, team=bytes([number]) * 16, number=number, status=status)
        for number, status in enumerate(Status, 1)
    ]
    rows = standings(each, game)
    return "; ".join(
        f"{'-' if row.place is None else row.place} {str(row.result.status).replace('_', ' ')}" for row in rows
    )


STATUSES_IN_ORDER = Rule(
    "Statuses in their order",
    "Who finished stands before who still plays; the others have no place, and stand behind in a fixed order.",
    (
        pure(
            "one team of every status, all with the same score",
            (
                "1 finished; 1 ok; 3 active; - not competing; - missing checkpoint; - over time; "
                "- did not finish; - sporting withdrawal; - disqualified; - inactive; - did not start; "
                "- did not enter; - cancelled"
            ),
            in_order,
        ),
        several(
            "who still plays stands behind who finished, however many points",
            "1. Owls 10; 2. Foxes 30 (active)",
            visit(1, "31", 5),
            visit(2, "33", 5),
            visit(2, "F", 20),
        ),
        one("nothing was heard of it: nobody says that it did not start", "0 - 0 = 0, inactive"),
        one(
            "it was heard of, and nothing paid",
            "0 - 0 = 0, active: checkpoint 31: 90 m away, its fence reaches 25 m",
            there("31", 5, away_m=90),
        ),
        one(
            "it finished, and an answer waits to be judged",
            "0 - 0 = 0, finished: challenge N: waits for somebody to judge it",
            Answer(at(3), 0, "500"),
            there("F", 20),
            challenges=(msgspec.structs.replace(COUNT[0], key=Later()),),
        ),
    ),
)

W = Member(0, b"\1" * 16, 0, 1985, Sex.FEMALE)
M = Member(0, b"\1" * 16, 1, 1960, Sex.MALE)
YOUNG = Member(0, b"\1" * 16, 2, 2012, Sex.MALE)
UNKNOWN = Member(0, b"\1" * 16, 3)
CLASSES = (
    Category("mixed", "", female_min=1, male_min=1),
    Category("women", "", sex=Sex.FEMALE),
    Category("veterans", "", age_min=40),
    Category("pairs", "", size_min=2, size_max=2),
    Category("100 together", "", age_sum_min=100),
    Category("guests", "", assigned_only=True),
)


def stands_in(*members: Member, entered: tuple[str, ...] = (), single: bool = False) -> str:
    """The categories of a team of these members in 2026."""
    package = msgspec.structs.replace(rules(categories=CLASSES).package, one_category=single)
    return ", ".join(categories_of(package, team(categories=entered), members, None)) or "none"


CATEGORIES = Rule(
    "Categories",
    "Predicates on members; a team stands in each it meets, or in the first. Ages are those of the year of the game.",
    (
        pure("a woman of 41 and a man of 66", "mixed, veterans, pairs, 100 together", lambda: stands_in(W, M)),
        pure("the same, one category a team", "mixed", lambda: stands_in(W, M, single=True)),
        pure("a woman of 41", "women, veterans", lambda: stands_in(W)),
        pure("a woman of 41 and a boy of 14", "mixed, pairs", lambda: stands_in(W, YOUNG)),
        pure("a man of 66 and somebody whose age nobody knows", "pairs", lambda: stands_in(M, UNKNOWN)),
        pure("entered as guests", "veterans, guests", lambda: stands_in(M, entered=("guests",))),
        pure(
            "entered as guests, one category a team", "guests", lambda: stands_in(M, entered=("guests",), single=True)
        ),
    ),
)

LEAGUE = Stage(
    "spring",
    (Entry("Ada", 100, 3_600_000), Entry("Ben", 80, 1_800_000), Entry("Cem", 0, 60_000)),
    time_divisor_ms=19_800_000,
)
PLAIN = (
    Stage("one", (Entry("Ada", 90), Entry("Ben", 100))),
    Stage("two", (Entry("Ada", 50), Entry("Ben", 40))),
    Stage("three", (Entry("Ada", 10), Entry("Cem", 20)), Fraction(11, 10)),
)


def told(best: int) -> str:
    """A series' table."""
    return "; ".join(f"{row.place}. {row.who} {decimal_text(row.total, 1)}" for row in series_table(PLAIN, best))


SERIES = Rule(
    "Series",
    (
        "Each stage is scaled to its best; the best n of m count. All in exact fractions; rounding "
        "happens where a number is shown."
    ),
    (
        pure(
            "100 points in an hour, 80 in half an hour, none; 330 min are a point",
            "Ada 1000.000; Ben 800.546; Cem 0.000",
            lambda: "; ".join(f"{who} {decimal_text(value, 3)}" for who, value in stage_points(LEAGUE).items()),
            "the league of 2017 whose tables we agree with",
        ),
        pure("best 2 of 3", "1. Ada 1900.0; 2. Ben 1800.0; 3. Cem 1100.0", lambda: told(2)),
        pure("best 1 of 3", "1. Cem 1100.0; 2. Ada 1000.0; 2. Ben 1000.0", lambda: told(1)),
        pure(
            "a half is rounded up",
            "['0.001', '0.002', '0.003']",
            lambda: [decimal_text(Fraction(number, 2000), 3) for number in (1, 3, 5)],
        ),
    ),
)

STANDINGS = (TIES, STATUSES_IN_ORDER, CATEGORIES, SERIES)
