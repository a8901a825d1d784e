"""When a team starts, how long it may play, what being late costs, how it finishes."""

from __future__ import annotations

from telling import CLOSES_MS, HOUR_MS, MINUTE_MS, NUMBERS, By, Rule, at, clock_words, one, pure, stream_id, there

from client_core.game.actions import Finish, Retired, Start, Witnessed
from client_core.game.checkpoints import Method
from client_core.game.decisions import StartSet
from client_core.game.timeline import after, counted_ms, merged_spans, started_minutes
from client_core.game.timing import (
    Beyond,
    CheckInStart,
    Doubt,
    IntervalStart,
    SelfStart,
    StaffStart,
    StartList,
    TimeLimit,
)

LATE = "https://rogain.ee/ta-ok-foorum/vastus/1453/ (IRF Rules of Rogaining, B28 and B29)"
SPORTORG = "https://github.com/sportorg/pysport, its tests of calculate_rogaine_penalty"


def late(points: int = 5, cut: float | None = None, **more: object) -> dict[str, TimeLimit]:
    """An hour, and what being late costs."""
    cut_ms = None if cut is None else round(cut * MINUTE_MS)
    return {"limit": TimeLimit(HOUR_MS, points, cut_ms, **more)}  # type: ignore[arg-type]


STARTS = Rule(
    "Starts",
    "Of several starts of a team the earliest counts; one by staff beats all.",
    (
        one(
            "mass start, first check-in at 10:05",
            "start 10:00, finish none, time 5 min, active",
            there("31", 5),
            told=clock_words,
        ),
        one(
            "mass start, but the start list gives this team 10:10; it checks in at 10:05 and 10:15",
            "start 10:10, finish none, time 5 min, active; checkpoint 31: before the team's start",
            *(there("31", 5), there("32", 15)),
            entered={"start_at_ms": at(10)},
            told=clock_words,
        ),
        one(
            "start list, the team stands at 10:10",
            "start 10:10, finish none, time 5 min, active",
            there("32", 15),
            start=StartList(),
            entered={"start_at_ms": at(10)},
            told=clock_words,
        ),
        one(
            "start list, the team is not on it: its first check-in starts it",
            "start 10:15, finish none, time 0 min, active",
            there("32", 15),
            start=StartList(),
            told=clock_words,
        ),
        one(
            "interval start of 2 min, team number 4",
            "start 10:06, finish none, time 2 min, active",
            there("31", 8),
            number=4,
            start=IntervalStart(at(0), 2 * MINUTE_MS),
            told=clock_words,
        ),
        one(
            "interval start: a phone's own start action",
            "start 10:06, finish none, time no time, active; the team had started already",
            Start(at(1)),
            number=4,
            start=IntervalStart(at(0), 2 * MINUTE_MS),
            told=clock_words,
        ),
        one(
            "the team starts itself: start action at 10:03, check-in at 10:05",
            "start 10:03, finish none, time 2 min, active",
            Start(at(3)),
            there("31", 5),
            start=SelfStart(),
            told=clock_words,
        ),
        one(
            "the team starts itself: no start action",
            "start 10:05, finish none, time 0 min, active",
            there("31", 5),
            start=SelfStart(),
            told=clock_words,
        ),
        one(
            "the team starts itself: two phones, the other one earlier",
            "start 10:02, finish none, time no time, active; the team had started already",
            Start(at(3)),
            By(2, Start(at(2))),
            start=SelfStart(),
            told=clock_words,
        ),
        one(
            "the team starts itself until 10:30, and does so at 10:40",
            "start 10:30, finish none, time 15 min, active; the team had started already",
            Start(at(40)),
            there("31", 45),
            start=SelfStart(at(30)),
            told=clock_words,
        ),
        one(
            "a start check-in at 31 (10:04); 32 was visited before",
            "start 10:04, finish none, time 5 min, active; checkpoint 32: before the team's start",
            *(there("32", 2), there("31", 4), there("33", 9)),
            start=CheckInStart(NUMBERS["31"]),
            told=clock_words,
        ),
        one(
            "staff start the teams; nobody did yet",
            "start none, finish none, time no time, active",
            there("31", 5),
            start=StaffStart(),
            told=clock_words,
        ),
        one(
            "staff start the team at 10:06; it checked in at 10:05 and 10:07",
            "start 10:06, finish none, time 1 min, active; checkpoint 31: before the team's start",
            *(there("31", 5), there("32", 7), By("referee", StartSet(at(9), "starter", at(6)))),
            start=StaffStart(),
            told=clock_words,
        ),
        one(
            "mass start, but staff say this team started at 10:20",
            "start 10:20, finish none, time 5 min, active; checkpoint 31: before the team's start",
            *(
                there("31", 15),
                there("32", 25),
                By("referee", StartSet(at(30), "waited for its map", at(20), b"\1" * 16)),
            ),
            told=clock_words,
        ),
        one(
            "a start an hour before the game opens",
            "start 10:05, finish none, time 0 min, active; before the team's start",
            Start(at(-65)),
            there("31", 5),
            start=SelfStart(),
            told=clock_words,
        ),
        one(
            "the team starts itself; the first check-in came with a clock a year off",
            "start 10:09, finish none, time 0 min, active",
            there("31", -525_600),
            there("32", 9),
            start=SelfStart(),
            told=clock_words,
        ),
        one(
            "the team starts itself; nothing was heard but its finish",
            "start none, finish none, time no time, inactive; checkpoint F: before the team's start",
            there("F", 50),
            start=SelfStart(),
            told=clock_words,
        ),
    ),
)

LIMITS = Rule(
    "Limits",
    "A team plays until its own duration is over or everybody must be back, whichever is earlier.",
    (
        one(
            "an hour; finish at 11:00 to the millisecond",
            "30 - 0 = 30, ok: checkpoint 31 +30",
            there("31", 5),
            there("F", 60),
        ),
        one(
            "an hour; a millisecond later",
            "30 - 5 = 25, ok: checkpoint 31 +30; late by 1 started minute, 5 points each -5",
            there("31", 5),
            there("F", 60 + 1 / 60_000),
        ),
        one(
            "an hour, everybody back by 10:50; finish at 10:52",
            "30 - 10 = 20, ok: checkpoint 31 +30; late by 2 started minutes, 5 points each -10",
            there("31", 5),
            there("F", 52),
            limit=TimeLimit(HOUR_MS, 5, None, at(50)),
        ),
        one(
            "only a time to be back by, 10:50; finish at 10:52",
            "30 - 10 = 20, ok: checkpoint 31 +30; late by 2 started minutes, 5 points each -10",
            there("31", 5),
            there("F", 52),
            limit=TimeLimit(None, 5, None, at(50)),
        ),
        one(
            "own start at 10:20, an hour, everybody back by 12:00: its own hour is over at 11:20",
            "30 - 10 = 20, ok: checkpoint 31 +30; late by 2 started minutes, 5 points each -10",
            *(Start(at(20)), there("31", 25), there("F", 82)),
            start=SelfStart(),
            limit=TimeLimit(HOUR_MS, 5, None, at(120)),
        ),
        one(
            "no limit; finish three hours later",
            "30 - 0 = 30, ok: checkpoint 31 +30",
            there("31", 5),
            there("F", 180),
            limit=None,
        ),
        one(
            "a check-in after the game closed",
            "30 - 0 = 30, active: checkpoint 31 +30; checkpoint 32: after the time in which it pays",
            there("31", 5),
            there("32", 361),
            limit=None,
        ),
        one(
            "a check-in before the start",
            "20 - 0 = 20, active: checkpoint 31: before the team's start; checkpoint 32 +20",
            there("31", -5),
            there("32", 5),
        ),
    ),
)

LATENESS = Rule(
    "Being late",
    "Every started minute over the limit costs points. Later than the cut-off, the game says what happens.",
    (
        one(
            "60 s late",
            "30 - 5 = 25, ok: checkpoint 31 +30; late by 1 started minute, 5 points each -5",
            there("31", 5),
            there("F", 61),
        ),
        one(
            "61 s late are two started minutes",
            "30 - 10 = 20, ok: checkpoint 31 +30; late by 2 started minutes, 5 points each -10",
            there("31", 5),
            there("F", 61 + 1 / 60),
            source=SPORTORG,
        ),
        one(
            "more late than it has points: no score falls below zero",
            (
                "10 - 10 = 0, ok: checkpoint 33 +10; late by 5 started minutes, 5 points each -25; "
                "a score is not less than zero +15"
            ),
            there("33", 5),
            there("F", 65),
            source=SPORTORG,
        ),
        one(
            "the same in a game without that floor",
            "10 - 25 = -15, ok: checkpoint 33 +10; late by 5 started minutes, 5 points each -25",
            there("33", 5),
            there("F", 65),
            floor_at_zero=False,
        ),
        one(
            "a check-in after the limit pays, the minutes cost",
            "30 - 25 = 5, ok: checkpoint 31 +30; late by 5 started minutes, 5 points each -25",
            there("31", 62),
            there("F", 65),
            source=LATE,
        ),
        one(
            "check-ins after the limit do not pay in this game",
            (
                "30 - 25 = 5, ok: checkpoint 31 +30; checkpoint 32: after the time in which it pays; "
                "late by 5 started minutes, 5 points each -25"
            ),
            there("31", 5),
            there("32", 62),
            there("F", 65),
            **late(late_pays=False),
        ),
        one(
            "cut-off 30 min; 30 min late is still placed",
            "30 - 30 = 0, ok: checkpoint 31 +30; late by 30 started minutes, 1 point each -30",
            there("31", 5),
            there("F", 90),
            **late(1, 30),
            source=LATE,
        ),
        one(
            "cut-off 30 min; a second later is not placed",
            (
                "30 - 30 = 0, over time: checkpoint 31 +30; "
                "late by 31 started minutes, 1 point each -31; a score is not less than zero +1"
            ),
            there("31", 5),
            there("F", 90 + 1 / 60),
            **late(1, 30),
            source=LATE,
        ),
        one(
            "cut-off 30 min, zero beyond it",
            "30 - 30 = 0, ok: checkpoint 31 +30; too late: nothing counts -30",
            there("31", 5),
            there("F", 91),
            **late(0, 30, beyond=Beyond.ZERO),
        ),
        one(
            "cut-off 30 min, disqualified beyond it",
            "30 - 0 = 30, disqualified: checkpoint 31 +30",
            there("31", 5),
            there("F", 91),
            **late(0, 30, beyond=Beyond.DISQUALIFIED),
        ),
        one(
            "cut-off 30 min; a check-in beyond it pays nothing",
            "30 - 0 = 30, active: checkpoint 31 +30; checkpoint 32: after the time in which it pays",
            there("31", 5),
            there("32", 91),
            **late(1, 30),
        ),
        one(
            "late, without a finish: nobody knows how late",
            "50 - 0 = 50, active: checkpoint 31 +30; checkpoint 32 +20",
            there("31", 5),
            there("32", 70),
        ),
        pure(
            "started minutes of 0 ms, 1 ms, 60 s, 61 s",
            "[0, 1, 1, 2]",
            lambda: [started_minutes(ms) for ms in (0, 1, 60_000, 61_000)],
            SPORTORG,
        ),
        pure(
            "started minutes of 59:59, of 5 min, of 15 min 1 s",
            "[60, 5, 16]",
            lambda: [started_minutes(ms) for ms in (3_599_000, 300_000, 901_000)],
        ),
    ),
)

FINISHES = Rule(
    "Finish",
    "A kiosk's finish is final. A phone's is withdrawn by a later check-in of the team within `resume`.",
    (
        one(
            "the finish ends play: a check-in after it",
            "30 - 0 = 30, ok: checkpoint 31 +30; checkpoint 32: after the team's finish",
            there("31", 5),
            there("F", 20),
            there("32", 21),
        ),
        one(
            "by phone, resume 10 min: the team plays on after 5 min",
            "30 - 0 = 30, ok: checkpoint F: no finish, the team played on; checkpoint 31 +30",
            there("F", 20),
            there("31", 25),
            there("F", 40),
            finish_code="F",
            resume_ms=10 * MINUTE_MS,
        ),
        one(
            "by phone, resume 10 min: a check-in to the second",
            "30 - 0 = 30, active: checkpoint F: no finish, the team played on; checkpoint 31 +30",
            there("F", 20),
            there("31", 30),
            finish_code="F",
            resume_ms=10 * MINUTE_MS,
        ),
        one(
            "by phone, resume 10 min: a second later",
            "0 - 0 = 0, ok: checkpoint 31: after the team's finish",
            there("F", 20),
            there("31", 30 + 1 / 60),
            finish_code="F",
            resume_ms=10 * MINUTE_MS,
        ),
        one(
            "by kiosk, resume 10 min: final all the same",
            "0 - 0 = 0, ok: checkpoint 31: after the team's finish",
            By("kiosk", there("F", 20, Method.KIOSK)),
            there("31", 25),
            finish_code="F",
            resume_ms=10 * MINUTE_MS,
        ),
        one(
            "two phones: one finishes, the other checks in later, offline",
            "30 - 0 = 30, ok: checkpoint 31 +30; checkpoint 32: after the team's finish",
            there("F", 20),
            By(2, there("31", 19)),
            By(2, there("32", 22)),
        ),
        one(
            "a finish before the start",
            "30 - 0 = 30, active: checkpoint F: before the team's start; checkpoint 31 +30",
            there("F", -2),
            there("31", 5),
        ),
        one(
            "no finish checkpoint: the team says it is done",
            "30 - 0 = 30, ok: checkpoint 31 +30; checkpoint 32: after the team's finish",
            there("31", 5),
            Finish(at(20)),
            there("32", 21),
            finish_code=None,
        ),
        one(
            "there is a finish checkpoint: saying so does not count",
            ("50 - 0 = 50, active: checkpoint 31 +30; this game ends at its finish checkpoint; checkpoint 32 +20"),
            there("31", 5),
            Finish(at(20)),
            there("32", 21),
        ),
        one("the team gives up", "30 - 0 = 30, did not finish: checkpoint 31 +30", there("31", 5), Retired(at(20))),
        one(
            "it gives up and comes through the finish",
            "30 - 0 = 30, ok: checkpoint 31 +30",
            there("31", 5),
            Retired(at(20)),
            there("F", 50),
        ),
        one(
            "a phone with a fast clock says 11:05; a node held its finish at 10:58",
            "30 - 0 = 30, ok: checkpoint 31 +30",
            *(
                there("31", 5),
                By(1, there("F", 65), name="finish"),
                By("kiosk", lambda ids: Witnessed(at(58), stream_id(1), 1, ids["finish"])),
            ),
        ),
    ),
)

WITNESSED = tuple(
    By("kiosk", lambda ids, minute=minute, seq=seq, name=name: Witnessed(at(minute), stream_id(1), seq, ids[name]))
    for minute, seq, name in ((50, 0, "first"), (66, 1, "finish"))
)
"""Nodes held the first check-in at 10:50 and the finish at 11:06."""
DOUBTED = (By(1, there("31", 5), name="first"), By(1, there("F", 59), name="finish"))
DOUBT = Rule(
    "Doubt about clocks",
    "A phone says 10:59; nodes held its finish only at 11:06, for it had no network. The game says what the deadline "
    "makes of that: the team's word, an estimate, or what is proven.",
    (
        one("the team's word", "30 - 0 = 30, ok: checkpoint 31 +30", *DOUBTED, *WITNESSED, **late(doubt=Doubt.TEAM)),
        one(
            "the estimate: its own time, moved into what nodes saw",
            "30 - 0 = 30, ok: checkpoint 31 +30",
            *DOUBTED,
            *WITNESSED,
            **late(doubt=Doubt.ESTIMATE),
        ),
        one(
            "proven: in time is what a node held in time",
            "30 - 30 = 0, ok: checkpoint 31 +30; late by 6 started minutes, 5 points each -30",
            *DOUBTED,
            *WITNESSED,
            **late(doubt=Doubt.PROVEN),
        ),
        one(
            "proven, and nobody witnessed it",
            "30 - 0 = 30, ok: checkpoint 31 +30",
            *DOUBTED,
            **late(doubt=Doubt.PROVEN),
        ),
    ),
)

NEUTRAL_TIME = Rule(
    "Time that does not count",
    "Spans that overlap count once; a limit moves on by what of it was neutral.",
    (
        pure("10-20 and 15-30 are one span", "((10, 30),)", lambda: merged_spans([(10, 20), (15, 30)])),
        pure("10-20 and 20-30 touch and are one", "((10, 30),)", lambda: merged_spans([(20, 30), (10, 20)])),
        pure("a span of no length is none", "()", lambda: merged_spans([(5, 5), (9, 7)])),
        pure(
            "of the time from 0 to 100, without 10-20 and 90-120, there count",
            "80",
            lambda: counted_ms(((10, 20), (90, 120)), 0, 100),
        ),
        pure("60 that count, from 0, without 10-20", "70", lambda: after(((10, 20),), 0, 60)),
        pure("60 that count, from 0, without 60-70: the end is the end", "60", lambda: after(((60, 70),), 0, 60)),
        pure("60 that count, from 0, without 10-20 and 65-75", "80", lambda: after(((10, 20), (65, 75)), 0, 60)),
        pure("the game's closing is no span", "()", lambda: merged_spans([(CLOSES_MS, CLOSES_MS)])),
    ),
)

TIMES = (STARTS, LIMITS, LATENESS, FINISHES, DOUBT, NEUTRAL_TIME)
