"""What other programs and federations publish as their rules, played by ours: each with its source."""

from __future__ import annotations

from collections.abc import Sequence

from telling import HOUR_MS, MINUTE_MS, By, Case, Rule, at, pure, rules, several, team, there, write_down

from client_core.game.actions import CheckIn
from client_core.game.checkpoints import Hours, Kind, Method
from client_core.game.publish import DraftCheckpoint
from client_core.game.scoring import fold
from client_core.game.timing import Ranking, TieBreak, TimeLimit
from server.authoring.values import points_of

MAPRUN = "https://maprunners.weebly.com/scoring-schemes.html"
SPORTORG = "https://github.com/sportorg/pysport, test_calculate_rogaine_penalty"
IRF = "IRF Rules of Rogaining, B28 and B29: https://rogain.ee/ta-ok-foorum/vastus/1453/"
IRF_2013 = "IRF Rules of Rogaining, B28 as of 2013: https://rogain.ee/ta-ok-foorum/teema/reeglite-tolgendamine/"
SCHEMES: dict[str, tuple[int | str, int]] = {
    "V": (20, 10),
    "N": ("code rounded up to 10", 10),
    "Q": ("code rounded down to 10", 30),
    "W": ("code rounded down to 10", 20),
}
"""By the letter of a MapRun scheme: what a control pays, and what a minute or part of one costs."""


def played(
    visits: Sequence[tuple[str, float]],
    worth: dict[str, int],
    minute_points: int,
    finish: float,
    *,
    floor: bool = True,
    shut: dict[str, Hours] | None = None,
) -> str:
    """A round of an hour by codes: what it comes to."""
    shut = shut or {}
    kinds = (Kind((Method.CODE,), 50_000), *(Kind((Method.CODE,), 50_000, hours=(hours,)) for hours in shut.values()))
    kind_of = {code: number for number, code in enumerate(shut, 1)}
    codes = (*worth, "F")
    game = rules(
        checkpoints=tuple(
            DraftCheckpoint(code, points=worth.get(code, 0), kind=kind_of.get(code, 0)) for code in codes
        ),
        kind=kinds[0],
        kinds=dict(zip(map(str, range(len(shut))), kinds[1:], strict=True)),
        limit=TimeLimit(HOUR_MS, minute_points, None),
        floor_at_zero=floor,
    )
    story = [CheckIn(Method.CODE, code, at(minute), codes.index(code)) for code, minute in (*visits, ("F", finish))]
    result = fold(game, team(), write_down(*story))
    return f"{result.points} - {result.penalties} = {result.score}"


def maprun(letter: str, codes: Sequence[str], finish: float, at_minutes: Sequence[float] = ()) -> str:
    """A round of ScoreV60, ScoreN60, ScoreQ60 or ScoreW60."""
    pays, minute = SCHEMES[letter]
    special = {code for code in codes if letter == "W" and len(code) == 3 and code[0] == "9"}
    worth = {code: 100 if code in special else points_of(pays, code) for code in codes}
    shut = {code: Hours(at(10), at(50)) for code in sorted(special)}
    times = at_minutes or [5 * number for number in range(1, len(codes) + 1)]
    return played(list(zip(codes, times, strict=True)), worth, minute, finish, shut=shut)


def scheme(letter: str, codes: Sequence[str], finish: float, words: str, comes_out: str, *times: float) -> Case:
    """A case of one of MapRun's schemes."""
    return pure(
        f"Score{letter}60: controls {', '.join(codes)}{words}",
        comes_out,
        lambda: maprun(letter, codes, finish, times),
        MAPRUN,
    )


MAPRUN_SCHEMES = Rule(
    "MapRun's schemes",
    "ScoreV: 20 a control, 10 a minute or part of one. ScoreN: the code rounded up to 10, 10 a minute. ScoreQ: rounded "
    "down to 10, 30 a minute. ScoreW: as Q, 20 a minute, and 9xx pay 100 but not in the first and last 10 minutes.",
    (
        scheme("V", ("19", "20", "21"), 60, "; back in time", "60 - 0 = 60"),
        scheme("V", ("19", "20", "21"), 60 + 1 / 60, "; a second late", "60 - 10 = 50"),
        scheme("N", ("19", "20", "21"), 60, "; back in time", "70 - 0 = 70"),
        scheme("N", ("19", "20", "21"), 62, "; two minutes late", "70 - 20 = 50"),
        scheme("Q", ("19", "20", "21"), 60, "; back in time", "50 - 0 = 50"),
        scheme("Q", ("19", "20", "21", "45"), 61.5, "; a minute and a half late", "90 - 60 = 30"),
        scheme("W", ("19", "45"), 61, "; a minute late", "50 - 20 = 30"),
        scheme("W", ("45", "901"), 60, "; 901 after 9 minutes", "40 - 0 = 40", 5, 9),
        scheme("W", ("45", "901"), 60, "; 901 after 20 minutes", "140 - 0 = 140", 5, 20),
        scheme("W", ("45", "901"), 60, "; 901 after 51 minutes", "40 - 0 = 40", 5, 51),
    ),
)

SPORTORG_ROGAINE = Rule(
    "SportOrg's rogaine",
    "The first digit, or the code divided by 10, for every control once; points for every minute over the limit, begun "
    "ones too, and never more than the score.",
    tuple(
        pure(
            f"5 points, 1 a minute; an hour, finish after {told}",
            comes_out,
            lambda finish=finish: played([("51", 5)], {"51": 5}, 1, finish),
            SPORTORG,
        )
        for told, finish, comes_out in (
            ("59:59", 60 - 1 / 60, "5 - 0 = 5"),
            ("1:00:00", 60, "5 - 0 = 5"),
            ("1:00:01", 60 + 1 / 60, "5 - 1 = 4"),
            ("1:00:30", 60.5, "5 - 1 = 4"),
            ("1:01:00", 61, "5 - 1 = 4"),
            ("1:01:01", 61 + 1 / 60, "5 - 2 = 3"),
            ("1:05:01", 65 + 1 / 60, "5 - 5 = 0"),
            ("1:06:01", 66 + 1 / 60, "5 - 5 = 0"),
            ("1:15:01", 75 + 1 / 60, "5 - 5 = 0"),
        )
    ),
)


def team_of(number: int, code: str, finish: float) -> tuple[By, By]:
    """A team that visits one checkpoint and finishes."""
    return By(number, there(code, 5), of=number), By(number, there("F", finish), of=number)


ROGAINE = {"limit": TimeLimit(HOUR_MS, 1, 30 * MINUTE_MS), "ranking": Ranking(ties=(TieBreak.EARLIER_FINISH,))}
IRF_RULES = Rule(
    "IRF rules of rogaining",
    "B28: late teams are penalised per minute or part of one; more than thirty minutes late "
    "they have no place. B29: the "
    "value of the checkpoints less penalties; of equals the team that finished earlier stands before.",
    (
        several(
            "B28: Foxes half a minute late, 1 point a minute",
            "1. Owls 30; 2. Foxes 29",
            *team_of(1, "31", 60.5),
            *team_of(2, "31", 59),
            source=IRF,
            **ROGAINE,
        ),
        several(
            "B28: thirty minutes late is placed",
            "1. Owls 10; 2. Foxes 0",
            *team_of(1, "31", 90),
            *team_of(2, "33", 50),
            source=IRF,
            **ROGAINE,
        ),
        several(
            "B28: more than thirty minutes late is not (LATE)",
            "1. Owls 10; - Foxes 0 (over time)",
            *team_of(1, "31", 90 + 1 / 60),
            *team_of(2, "33", 50),
            source=IRF,
            **ROGAINE,
        ),
        several(
            "B28 since 2013: a checkpoint visited after the finish time counts",
            "1. Foxes 27; 2. Owls 10",
            By(1, there("31", 62)),
            By(1, there("F", 63)),
            *team_of(2, "33", 50),
            source=IRF_2013,
            **ROGAINE,
        ),
        several(
            "B29: the greater score, whoever was earlier",
            "1. Foxes 30; 2. Owls 20",
            *team_of(1, "31", 59),
            *team_of(2, "32", 20),
            source=IRF,
            **ROGAINE,
        ),
        several(
            "B29: a tie, Owls finished earlier",
            "1. Owls 10; 2. Foxes 10",
            *team_of(1, "33", 50),
            *team_of(2, "34", 40),
            source=IRF,
            **ROGAINE,
        ),
        several(
            "B29: a tie of score and time shares the place",
            "1. Foxes 10; 1. Owls 10",
            *team_of(1, "33", 50),
            *team_of(2, "34", 50),
            source=IRF,
            **ROGAINE,
        ),
    ),
)

FIELD = (MAPRUN_SCHEMES, SPORTORG_ROGAINE, IRF_RULES)
