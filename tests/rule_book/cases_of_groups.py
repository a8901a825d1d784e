"""Groups and orders: what is open when, courses judged afterwards, any N of M, bonuses."""

from __future__ import annotations

from typing import Any

from telling import MINUTE_MS, NUMBERS, By, Rule, at, one, pure, several, team_id, there

from client_core.game.actions import Answer
from client_core.game.answers import answer_hash, answer_key
from client_core.game.challenges import Challenge, Form, Hashed
from client_core.game.courses import arranged, filled
from client_core.game.decisions import (
    ChallengeVoided,
    CheckpointVoided,
    GroupOpened,
    StartSet,
    VisitGranted,
    VisitTaken,
)
from client_core.game.entrants import Category
from client_core.game.groups import (
    Advance,
    Answered,
    Earned,
    Fixed,
    Free,
    Given,
    Group,
    Leg,
    Mode,
    Reached,
    Rotated,
    Shuffled,
    Visited,
)
from client_core.game.timing import Ranking

SALT = bytes(16)
RIDDLE = Challenge(
    "R",
    "Riddle",
    "Whose tower?",
    0,
    Form.TEXT,
    Hashed(SALT, (answer_hash(SALT, answer_key(Form.TEXT, "Giotto")),)),
    10,
    tries=2,
)


def legs(*codes: str) -> tuple[Leg, ...]:
    """Positions of a course; `31/32` where either will do."""
    return tuple(Leg(tuple(NUMBERS[code] for code in each.split("/"))) for each in codes)


def group(*codes: str, **changes: Any) -> dict[str, tuple[Group, ...]]:
    """The game's only group."""
    return {"groups": (Group("tour", "", legs=legs(*codes), **changes),)}


HUNT = group("31", "32", "33", order=Fixed())
SPORT = group("31", "32", "33", order=Fixed(), mode=Mode.SPORT)
OPENS_BY_31 = {"opening": ((Visited(0),),)}

ORDERS = Rule(
    "Orders",
    "Fixed for all, rotated by team number, shuffled for each team, or given by number.",
    (
        pure("fixed, 4 members", "(0, 1, 2, 3)", lambda: arranged(Fixed(), 4, team_id(1), 7)),
        pure(
            "rotated: team number 1, 2, 5",
            "[(0, 1, 2, 3), (1, 2, 3, 0), (0, 1, 2, 3)]",
            lambda: [arranged(Rotated(), 4, team_id(1), number) for number in (1, 2, 5)],
        ),
        pure(
            "shuffled, the first and the last pinned: Foxes, Owls",
            "[(0, 1, 4, 2, 3, 5), (0, 2, 1, 4, 3, 5)]",
            lambda: [arranged(Shuffled(SALT, 1, 1), 6, team_id(n), n) for n in (1, 2)],
        ),
        pure(
            "given for number 7; number 8 plays as listed",
            "[(2, 0, 1), (0, 1, 2)]",
            lambda: [arranged(Given(((7, (2, 0, 1)),)), 3, team_id(1), number) for number in (7, 8)],
        ),
        pure("free", "(0, 1, 2)", lambda: arranged(Free(), 3, team_id(1), 2)),
        pure(
            "which visits of 31 33 32 33 fill the course 31 32 33 (rank: visit)",
            "{0: 0, 1: 2, 2: 3}",
            lambda: filled([[0], [2], [1], [2]]),
        ),
        pure(
            "which of 32 31 32 fill the course 31 32: an early visit out of order changes nothing",
            "{0: 1, 1: 2}",
            lambda: filled([[1], [0], [1]]),
        ),
    ),
)

HUNTING = Rule(
    "Playing in order",
    "In a hunt the next one opens when the one before is done, for all that the phone could know when it acted.",
    (
        one(
            "in order",
            "60 - 0 = 60, active: checkpoint 31 +30; checkpoint 32 +20; checkpoint 33 +10",
            there("31", 5),
            there("32", 10),
            there("33", 15),
            **HUNT,
        ),
        one(
            "32 before 31",
            (
                "30 - 0 = 30, active: checkpoint 32: not open yet, for all its phone knew, number 1 of "
                "group tour comes first; "
                "checkpoint 31 +30"
            ),
            there("32", 5),
            there("31", 10),
            **HUNT,
        ),
        one(
            "a second phone at 32, offline since the start: it could not know of 31",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; "
                "checkpoint 32: not open yet, for all its phone knew, number 1 of group tour comes first"
            ),
            there("31", 5),
            By(2, there("32", 10)),
            **HUNT,
        ),
        one(
            "a second phone at 32 that had met the first",
            "50 - 0 = 50, active: checkpoint 31 +30; checkpoint 32 +20",
            there("31", 5),
            By(2, there("32", 10), knows=True),
            **HUNT,
        ),
        one(
            "rotated by team number: team 2 begins at 32",
            "60 - 0 = 60, active: checkpoint 32 +20; checkpoint 33 +10; checkpoint 31 +30",
            there("32", 5),
            there("33", 10),
            there("31", 15),
            number=2,
            **group("31", "32", "33", order=Rotated()),
        ),
        one(
            "31 is voided: 32 is the first",
            "20 - 0 = 20, active: checkpoint 32 +20; checkpoint 31: voided by staff (taken away)",
            there("32", 5),
            By("referee", CheckpointVoided(at(9), "taken away", 0)),
            **HUNT,
        ),
        one(
            "31 is voided after it was visited: what it opened stays open",
            (
                "20 - 0 = 20, active: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31: voided by staff (on private land)"
            ),
            there("31", 5),
            there("32", 10),
            By("referee", CheckpointVoided(at(60), "on private land", 0)),
            **HUNT,
        ),
        one(
            "the visit of 31 is taken: what it opened stays open",
            (
                "20 - 0 = 20, active: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31: visit taken by staff (by car)"
            ),
            there("31", 5),
            there("32", 10),
            By("referee", VisitTaken(at(60), "by car", team_id(1), 0)),
            **HUNT,
        ),
        one(
            "31 is granted by staff",
            (
                "50 - 0 = 50, active: checkpoint 32 +20; "
                "checkpoint 31: visit granted by staff (its code was gone); "
                "checkpoint 31: granted by staff +30"
            ),
            there("32", 10),
            By("referee", VisitGranted(at(60), "its code was gone", team_id(1), 0)),
            **HUNT,
        ),
        one(
            "members may be left out, not visited backwards",
            "30 - 0 = 30, active: checkpoint 32 +20; checkpoint 31: out of order; checkpoint 33 +10",
            there("32", 5),
            there("31", 10),
            there("33", 15),
            **group("31", "32", "33", order=Fixed(), skippable=True),
        ),
        one(
            "either 31 or 32, then 33",
            "30 - 0 = 30, active: checkpoint 32 +20; checkpoint 33 +10; checkpoint 31: visited before",
            there("32", 5),
            there("33", 10),
            there("31", 15),
            **group("31/32", "33", order=Fixed()),
        ),
        one(
            "the next opens with the right answer: visited only",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; "
                "checkpoint 32: not open yet, for all its phone knew, number 1 of group tour comes first"
            ),
            there("31", 5),
            there("32", 9),
            challenges=(RIDDLE,),
            **group("31", "32", order=Fixed(), advance=Advance.ANSWER),
        ),
        one(
            "the next opens with the right answer: given",
            "60 - 0 = 60, active: checkpoint 31 +30; challenge R: right +10; checkpoint 32 +20",
            there("31", 5),
            Answer(at(6), 0, "giotto"),
            there("32", 9),
            challenges=(RIDDLE,),
            **group("31", "32", order=Fixed(), advance=Advance.ANSWER),
        ),
        one(
            "the next opens when the tries are used up",
            ("50 - 0 = 50, active: checkpoint 31 +30; challenge R: wrong; challenge R: wrong; checkpoint 32 +20"),
            there("31", 5),
            Answer(at(6), 0, "Dante"),
            Answer(at(7), 0, "Goethe"),
            there("32", 9),
            challenges=(RIDDLE,),
            **group("31", "32", order=Fixed(), advance=Advance.ANSWER),
        ),
    ),
)

COURSES = Rule(
    "Courses",
    (
        "In sport mode nothing is enforced on the way. Afterwards as many legs as one order allows "
        "pay; the others are missing."
    ),
    (
        one(
            "31 32 33, in order",
            "60 - 0 = 60, ok: checkpoint 31 +30; checkpoint 32 +20; checkpoint 33 +10",
            there("31", 5),
            there("32", 10),
            there("33", 15),
            there("F", 20),
            **SPORT,
        ),
        one(
            "32 visited too early, and again",
            ("60 - 0 = 60, ok: checkpoint 32: out of order; checkpoint 31 +30; checkpoint 32 +20; checkpoint 33 +10"),
            there("32", 3),
            there("31", 5),
            there("32", 10),
            there("33", 15),
            there("F", 20),
            **SPORT,
        ),
        one(
            "31 33 32: one is out of order and missing",
            (
                "40 - 0 = 40, missing checkpoint: checkpoint 31 +30; checkpoint 33 +10; "
                "checkpoint 32: out of order; checkpoint 32: missing"
            ),
            there("31", 5),
            there("33", 10),
            there("32", 15),
            there("F", 20),
            **SPORT,
        ),
        one(
            "32 left out",
            ("40 - 0 = 40, missing checkpoint: checkpoint 31 +30; checkpoint 33 +10; checkpoint 32: missing"),
            there("31", 5),
            there("33", 10),
            there("F", 20),
            **SPORT,
        ),
        one(
            "32 left out, and voided",
            ("40 - 0 = 40, ok: checkpoint 31 +30; checkpoint 33 +10; checkpoint 32: voided by staff (stolen)"),
            there("31", 5),
            there("33", 10),
            there("F", 20),
            By("referee", CheckpointVoided(at(60), "stolen", 1)),
            **SPORT,
        ),
        one(
            "32 left out, and granted between the two",
            (
                "60 - 0 = 60, ok: checkpoint 31 +30; checkpoint 33 +10; "
                "checkpoint 32: visit granted by staff (seen by staff); "
                "checkpoint 32: granted by staff +20"
            ),
            there("31", 5),
            there("33", 10),
            there("F", 20),
            By("referee", VisitGranted(at(60), "seen by staff", team_id(1), 1, after=0)),
            **SPORT,
        ),
        one(
            "32 left out, in a course of which members may be left out",
            "40 - 0 = 40, ok: checkpoint 31 +30; checkpoint 33 +10",
            there("31", 5),
            there("33", 10),
            there("F", 20),
            **group("31", "32", "33", order=Fixed(), mode=Mode.SPORT, skippable=True),
        ),
        one(
            "32 or 34 in the middle",
            "50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 34 +10; checkpoint 33 +10",
            there("31", 5),
            there("34", 10),
            there("33", 15),
            there("F", 20),
            **group("31", "32/34", "33", order=Fixed(), mode=Mode.SPORT),
        ),
        one(
            "a butterfly: 31 32 31 33",
            ("90 - 0 = 90, ok: checkpoint 31 +30; checkpoint 32 +20; checkpoint 31 +30; checkpoint 33 +10"),
            there("31", 5),
            there("32", 10),
            there("31", 15),
            there("33", 20),
            there("F", 25),
            **group("31", "32", "31", "33", order=Fixed(), mode=Mode.SPORT),
        ),
        several(
            "by time, those with a missing checkpoint behind all that have none",
            "1. Owls 0; - Foxes 0 (missing checkpoint)",
            *(By(1, there("31", 5)), By(1, there("F", 10))),
            *(By(2, there("31", 6), of=2), By(2, there("32", 15), of=2), By(2, there("F", 30), of=2)),
            ranking=Ranking(by_time=True),
            worth={"31": 0, "32": 0},
            **group("31", "32", order=Fixed(), mode=Mode.SPORT),
        ),
    ),
)

OPENINGS = Rule(
    "Openings",
    "A group opens by any of its sentences, judged by what the phone could know; an opening is never taken back.",
    (
        one(
            "32 opens with 31",
            (
                "50 - 0 = 50, active: checkpoint 32: not open yet, for all its phone knew; "
                "checkpoint 31 +30; checkpoint 32 +20"
            ),
            there("32", 4),
            there("31", 5),
            there("32", 6),
            **group("32", **OPENS_BY_31),
        ),
        one(
            "32 opens with 31; another phone was offline",
            ("30 - 0 = 30, active: checkpoint 31 +30; checkpoint 32: not open yet, for all its phone knew"),
            there("31", 5),
            By(2, there("32", 6)),
            **group("32", **OPENS_BY_31),
        ),
        one(
            "32 opens with 31; 31 is voided later",
            (
                "20 - 0 = 20, active: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31: voided by staff (moved)"
            ),
            there("31", 5),
            there("32", 6),
            By("referee", CheckpointVoided(at(60), "moved", 0)),
            **group("32", **OPENS_BY_31),
        ),
        one(
            "opens with the riddle's right answer",
            (
                "60 - 0 = 60, active: checkpoint 31 +30; "
                "checkpoint 32: not open yet, for all its phone knew; challenge R: right +10; "
                "checkpoint 32 +20"
            ),
            there("31", 5),
            there("32", 6),
            Answer(at(7), 0, "Giotto"),
            there("32", 8),
            challenges=(RIDDLE,),
            **group("32", opening=((Answered(0),),)),
        ),
        one(
            "opens with the riddle's right answer; the riddle is voided later",
            (
                "50 - 0 = 50, active: checkpoint 31 +30; challenge R: taken out of the game by staff; "
                "checkpoint 32 +20; challenge R: voided by staff (cannot be read)"
            ),
            there("31", 5),
            Answer(at(7), 0, "Giotto"),
            there("32", 8),
            By("referee", ChallengeVoided(at(60), "cannot be read", 0)),
            challenges=(RIDDLE,),
            **group("32", opening=((Answered(0),),)),
        ),
        one(
            "opens with 31, visited at 10:05; staff say later that the team started at 10:07",
            (
                "20 - 0 = 20, active: checkpoint 31: before the team's start; checkpoint 32 +20; "
                "start set by staff (waited for its map)"
            ),
            there("31", 5),
            there("32", 8),
            By("referee", StartSet(at(60), "waited for its map", at(7), team_id(1))),
            **group("32", **OPENS_BY_31),
        ),
        one(
            "opens with 40 points ever earned; a trap does not close it",
            ("60 - 15 = 45, active: checkpoint 31 +30; checkpoint 34 +10; checkpoint 33 -15; checkpoint 32 +20"),
            there("31", 5),
            there("34", 6),
            there("33", 7),
            there("32", 8),
            worth={"33": -15},
            **group("32", opening=((Earned(40),),)),
        ),
        one(
            "opens after 30 min",
            ("20 - 0 = 20, active: checkpoint 32: not open yet, for all its phone knew; checkpoint 32 +20"),
            there("32", 29),
            there("32", 30),
            **group("32", opening=((Reached(False, 30 * MINUTE_MS),),)),
        ),
        one(
            "opens at 10:20 by the clock",
            ("20 - 0 = 20, active: checkpoint 32: not open yet, for all its phone knew; checkpoint 32 +20"),
            there("32", 19),
            there("32", 20),
            **group("32", opening=((Reached(True, at(20)),),)),
        ),
        one(
            "opens with 31 and 34, or after 30 min: only 31 is visited",
            (
                "50 - 0 = 50, active: checkpoint 31 +30; "
                "checkpoint 32: not open yet, for all its phone knew; checkpoint 32 +20"
            ),
            there("31", 5),
            there("32", 8),
            there("32", 31),
            **group("32", opening=((Visited(0), Visited(3)), (Reached(False, 30 * MINUTE_MS),))),
        ),
        one(
            "staff opened it for all at 10:10; visited at 10:11",
            "20 - 0 = 20, active: a group opened by staff (the bridge is closed); checkpoint 32 +20",
            there("32", 11),
            By("referee", GroupOpened(at(9), "the bridge is closed", 0, at(10))),
            **group("32", **OPENS_BY_31),
        ),
        one(
            "staff opened it at 10:10; visited at 10:09",
            (
                "0 - 0 = 0, active: a group opened by staff (the bridge is closed); "
                "checkpoint 32: not open yet, for all its phone knew"
            ),
            there("32", 9),
            By("referee", GroupOpened(at(9), "the bridge is closed", 0, at(10))),
            **group("32", **OPENS_BY_31),
        ),
        one(
            "only for the category of families, and the team is none",
            "0 - 0 = 0, active: checkpoint 32: does not belong to what this team plays",
            there("32", 9),
            categories=(Category("family", "", assigned_only=True),),
            **group("32", categories=("family",)),
        ),
        one(
            "only for the category of families, and the team is one",
            "20 - 0 = 20, active: checkpoint 32 +20",
            there("32", 9),
            entered={"categories": ("family",)},
            categories=(Category("family", "", assigned_only=True),),
            **group("32", categories=("family",)),
        ),
    ),
)

NESTED = (
    Group("first", "", legs=legs("31", "32")),
    Group("second", "", legs=legs("33", "34")),
    Group("all", "", groups=(0, 1), order=Fixed(), complete_points=50),
)
SOME = Rule(
    "Some of many",
    "Only so many visits pay, the earliest; completing a group pays a bonus, within a time where the game says so.",
    (
        one(
            "2 of 3 pay: the earliest, by time and not by arrival",
            (
                "30 - 0 = 30, active: checkpoint 33 +10; checkpoint 32 +20; "
                "checkpoint 31: only the first 2 of group tour pay"
            ),
            there("32", 10),
            there("31", 15),
            By(2, there("33", 5)),
            **group("31", "32", "33", count_max=2),
        ),
        one(
            "2 of 3 pay, and one of the two is voided",
            (
                "50 - 0 = 50, active: checkpoint 33: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31 +30; checkpoint 33: voided by staff (moved)"
            ),
            there("33", 5),
            there("32", 10),
            there("31", 15),
            By("referee", CheckpointVoided(at(60), "moved", 2)),
            **group("31", "32", "33", count_max=2),
        ),
        one(
            "a bonus of 25 for all",
            ("75 - 0 = 75, active: checkpoint 31 +30; checkpoint 32 +20; group tour: complete with 2 +25"),
            there("31", 5),
            there("32", 10),
            **group("31", "32", complete_points=25),
        ),
        one(
            "a bonus for 2 of 3",
            ("65 - 0 = 65, active: checkpoint 31 +30; checkpoint 33 +10; group tour: complete with 2 +25"),
            there("31", 5),
            there("33", 10),
            **group("31", "32", "33", complete_points=25, complete_count=2),
        ),
        one(
            "a bonus for all within 10 min: it took 11",
            "50 - 0 = 50, active: checkpoint 31 +30; checkpoint 32 +20",
            there("31", 5),
            there("32", 16),
            **group("31", "32", complete_points=25, within_ms=10 * MINUTE_MS),
        ),
        one(
            "a bonus for 2 of 3 within 10 min: a later pair is quick enough",
            (
                "85 - 0 = 85, active: checkpoint 31 +30; checkpoint 32 +20; checkpoint 33 +10; "
                "group tour: complete with 2 +25"
            ),
            there("31", 5),
            there("32", 16),
            there("33", 20),
            **group("31", "32", "33", complete_points=25, complete_count=2, within_ms=10 * MINUTE_MS),
        ),
        one(
            "the bonus needs the visits that pay: one is voided",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; checkpoint 32: does not count, staff decided; "
                "checkpoint 32: voided by staff (moved)"
            ),
            there("31", 5),
            there("32", 10),
            By("referee", CheckpointVoided(at(60), "moved", 1)),
            **group("31", "32", complete_points=25),
        ),
        one(
            "either 31 or 32, once",
            ("20 - 0 = 20, active: checkpoint 32 +20; checkpoint 31: another one was visited in its stead"),
            there("32", 5),
            there("31", 10),
            **group("31/32", "33"),
        ),
        one(
            "groups in order: the second opens when the first is complete",
            (
                "120 - 0 = 120, active: checkpoint 33: not open yet, for all its phone knew; "
                "checkpoint 31 +30; checkpoint 32 +20; checkpoint 33 +10; checkpoint 34 +10; "
                "group all: complete with 2 +50"
            ),
            there("33", 3),
            there("31", 5),
            there("32", 10),
            there("33", 12),
            there("34", 15),
            groups=NESTED,
        ),
    ),
)

GROUPS = (ORDERS, HUNTING, COURSES, OPENINGS, SOME)
