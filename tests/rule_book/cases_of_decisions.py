"""What staff decide: void, grant, take, points, time, ends, stops, pauses, merging, moving, undoing, disputes."""

from __future__ import annotations

from typing import Any

from telling import HOUR_MS, MINUTE_MS, By, Rule, at, clock_words, crew, one, several, stream_id, team_id, there

from client_core.game.decisions import (
    CategorySet,
    CheckpointVoided,
    Decision,
    DeviceMoved,
    EndSet,
    LotDrawn,
    Neutralised,
    PointsAdjusted,
    StatusSet,
    Stopped,
    TeamsMerged,
    TimeCredited,
    Undone,
    VisitGranted,
    VisitTaken,
)
from client_core.game.entrants import Category, Format, MemberRule, Presence
from client_core.game.statuses import STATUS_NUMBERS, Status
from client_core.game.timing import Ranking, SelfStart, TieBreak, TimeLimit

FOXES, OWLS, HARES = team_id(1), team_id(2), team_id(3)
VISITS = (there("31", 5), there("32", 10), there("F", 62))


def ref(decision: Any, name: str = "", *, knows: bool = False) -> By:
    """A decision of the referee."""
    return By("referee", decision, name=name, knows=knows)


def void(minute: float = 70, checkpoint: int = 0, team: bytes | None = None) -> Decision:
    """31 does not count."""
    return CheckpointVoided(at(minute), "moved by children", checkpoint, team)


def rain(minute: float, **more: Any) -> Stopped:
    """The game is stopped."""
    return Stopped(at(minute + 1), "thunder", at(minute), **more)


def status(word: Status, minute: float = 70, **more: Any) -> StatusSet:
    """The team has this status."""
    return StatusSet(at(minute), "jury", FOXES, STATUS_NUMBERS[word], **more)


POINTS_BY_STAFF = Rule(
    "Points and visits by staff",
    (
        "A thing is void while any void stands; a granted visit pays unless the team was there "
        "itself; points and credits add up."
    ),
    (
        one(
            "31 is voided",
            (
                "20 - 10 = 10, ok: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31: voided by staff (moved by children); "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(void()),
        ),
        one(
            "31 is voided for this team alone",
            (
                "20 - 10 = 10, ok: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31: voided by staff (moved by children); "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(void(team=FOXES)),
        ),
        one(
            "31 is voided for another team",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "checkpoint 31: voided by staff (moved by children); "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(void(team=OWLS)),
        ),
        one(
            "31 is voided twice, and one void is undone",
            (
                "20 - 10 = 10, ok: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "a decision that was taken back; checkpoint 31: voided by staff (moved by children); "
                "a decision taken back (it was there); late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(void(), "one"),
            By("organiser", void(71)),
            ref(lambda ids: Undone(at(72), "it was there", ids["one"])),
        ),
        one(
            "33 is granted",
            (
                "60 - 10 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "checkpoint 33: visit granted by staff (its code was gone); "
                "checkpoint 33: granted by staff +10; late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(VisitGranted(at(70), "its code was gone", FOXES, 2)),
        ),
        one(
            "31 is granted, and a phone that was offline had been there",
            (
                "30 - 0 = 30, active: checkpoint 31 +30; "
                "checkpoint 31: visit granted by staff (seen by staff); checkpoint 31: visited before"
            ),
            ref(VisitGranted(at(70), "seen by staff", FOXES, 0)),
            By(2, there("31", 20)),
        ),
        one(
            "31 is granted, and voided for all",
            (
                "0 - 0 = 0, inactive: checkpoint 31: visit granted by staff (seen by staff); "
                "checkpoint 31: voided by staff (moved by children); "
                "checkpoint 31: does not count, staff decided"
            ),
            ref(VisitGranted(at(70), "seen by staff", FOXES, 0)),
            ref(void(71)),
        ),
        one(
            "the visit of 31 is taken",
            (
                "20 - 10 = 10, ok: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31: visit taken by staff (by car); "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(VisitTaken(at(70), "by car", FOXES, 0)),
        ),
        one(
            "the visit of one member is taken, all must be there",
            (
                "0 - 0 = 0, active: checkpoint 31: 1 of the team there by then, 2 are needed; "
                "checkpoint 31: does not count, staff decided; "
                "checkpoint 31: visit taken by staff (was carried)"
            ),
            there("31", 5),
            By(2, there("31", 6)),
            ref(VisitTaken(at(70), "was carried", FOXES, 0, 1)),
            members=crew(2),
            presence=MemberRule(Presence.ALL),
        ),
        one(
            "+10 for help, -3 for litter",
            (
                "60 - 13 = 47, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "points by staff (helped a stranger); points by staff (litter); points by staff +10; "
                "points by staff -3; late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(PointsAdjusted(at(70), "helped a stranger", FOXES, 10)),
            ref(PointsAdjusted(at(71), "litter", FOXES, -3)),
        ),
        one(
            "a kiosk grants a visit: it reads cards",
            ("10 - 0 = 10, active: checkpoint 33: visit granted by staff (card); checkpoint 33: granted by staff +10"),
            By("kiosk", VisitGranted(at(70), "card", FOXES, 2)),
        ),
        one(
            "a kiosk may not void",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "checkpoint 31: only staff of a higher role may say this; "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            By("kiosk", void()),
        ),
        one(
            "a phone may not grant itself a visit",
            "0 - 0 = 0, inactive: checkpoint 33: only staff of a higher role may say this",
            VisitGranted(at(9), "I was there", FOXES, 2),
        ),
    ),
)

TIME_BY_STAFF = Rule(
    "Time by staff",
    (
        "A new end is a time, never a difference; a pause counts for no limit and no minute; of a "
        "stop what is later does not count."
    ),
    (
        one(
            "3 min credited for a closed road; the finish was 2 min late",
            ("50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; time credited by staff (level crossing)"),
            *VISITS,
            ref(TimeCredited(at(70), "level crossing", FOXES, 3 * MINUTE_MS)),
        ),
        one(
            "back by 11:05 instead of 11:00, for all",
            "50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; new time to be back (long course)",
            *VISITS,
            ref(EndSet(at(20), "long course", at(65))),
        ),
        one(
            "back by 10:50 instead, for all",
            (
                "50 - 50 = 0, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "new time to be back (storm ahead); late by 12 started minutes, 5 points each -60; "
                "a score is not less than zero +10"
            ),
            *VISITS,
            ref(EndSet(at(20), "storm ahead", at(50))),
        ),
        one(
            "self start at 10:20, an hour; back by 12:00 for all: its own hour holds",
            (
                "30 - 10 = 20, ok: new time to be back (long course); checkpoint 31 +30; "
                "late by 2 started minutes, 5 points each -10"
            ),
            there("31", 20),
            there("F", 82),
            ref(EndSet(at(20), "long course", at(120))),
            start=SelfStart(),
        ),
        one(
            "self start at 10:20, an hour; this team back by 11:30",
            "30 - 0 = 30, ok: new time to be back (waited for the bus); checkpoint 31 +30",
            there("31", 20),
            there("F", 82),
            ref(EndSet(at(20), "waited for the bus", at(90), FOXES)),
            start=SelfStart(),
        ),
        one(
            "for all 11:05, for this team 11:01: the nearer word holds",
            (
                "50 - 5 = 45, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "new time to be back (long course); new time to be back (late entry); "
                "late by 1 started minute, 5 points each -5"
            ),
            *VISITS,
            ref(EndSet(at(20), "long course", at(65))),
            ref(EndSet(at(21), "late entry", at(61), FOXES)),
        ),
        one(
            "a pause from 10:20 to 10:25 moves the end to 11:05",
            ("50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; time that does not count (level crossing)"),
            *VISITS,
            ref(Neutralised(at(25), "level crossing", at(20), at(25))),
        ),
        one(
            "two pauses that overlap count once",
            (
                "30 - 5 = 25, ok: checkpoint 31 +30; time that does not count (crossing); "
                "time that does not count (crossing); late by 1 started minute, 5 points each -5"
            ),
            there("31", 5),
            there("F", 69),
            ref(Neutralised(at(25), "crossing", at(20), at(25))),
            ref(Neutralised(at(28), "crossing", at(22), at(28))),
        ),
        one(
            "a pause while waiting at 31 until the next place",
            ("50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; time that does not count (queue at 31)"),
            there("31", 30),
            there("32", 36),
            there("F", 65),
            ref(Neutralised(at(70), "queue at 31", at(0), at(120), checkpoint=0)),
        ),
        one(
            "a pause on the way from 31 to 32 only",
            ("50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; time that does not count (the bridge)"),
            there("31", 30),
            there("32", 36),
            there("F", 65),
            ref(Neutralised(at(70), "the bridge", at(0), at(120), checkpoint=0, leg_to=1)),
        ),
        one(
            "a pause that has not ended yet, seen by one that has",
            (
                "50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "a decision that another one beats; time that does not count (storm over)"
            ),
            *VISITS,
            ref(Neutralised(at(20), "storm", at(20)), "open"),
            ref(lambda ids: Neutralised(at(30), "storm over", at(20), at(30), sees=(ids["open"],))),
        ),
        one(
            "the time of a team that paused 10 min",
            "start 10:00, finish 10:50, time 40 min, ok",
            there("31", 5),
            there("F", 50),
            ref(Neutralised(at(30), "storm", at(20), at(30))),
            told=clock_words,
        ),
        one(
            "stopped at 10:08, ranked by the score then",
            (
                "30 - 0 = 30, ok: checkpoint 31 +30; the game is stopped (thunder); "
                "checkpoint 32: after the early end of the game; "
                "checkpoint F: after the early end of the game"
            ),
            *VISITS,
            ref(rain(8)),
        ),
        one(
            "stopped at 10:08, closed without ranking",
            (
                "30 - 0 = 30, cancelled: checkpoint 31 +30; the game is stopped (thunder); "
                "checkpoint 32: after the early end of the game; "
                "checkpoint F: after the early end of the game"
            ),
            *VISITS,
            ref(rain(8, ranked=False)),
        ),
        one(
            "stopped for the families only, and the team is none",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; the game is stopped (thunder); checkpoint 32 +20; "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(rain(8, category="family")),
            categories=(Category("family", "", assigned_only=True),),
        ),
    ),
)

UNDOING = Rule(
    "Undo and disputes",
    "Undo names the decision. Of two single values the one that saw the other holds; else the "
    "higher role, then the later "
    "stamp, and the loser is listed as disputed.",
    (
        one(
            "a void, undone",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; checkpoint 32 +20; a decision that was taken back; "
                "a decision taken back (it was there); late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(void(), "void"),
            ref(lambda ids: Undone(at(71), "it was there", ids["void"])),
        ),
        one(
            "the undoing arrives before the void",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; checkpoint 32 +20; a decision that was taken back; "
                "a decision taken back (it was there); late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            By("organiser", void(), name="void"),
            By("organiser", lambda ids: Undone(at(71), "it was there", ids["void"])),
        ),
        one(
            "a referee undoes what an organiser decided",
            (
                "20 - 10 = 10, ok: checkpoint 31: does not count, staff decided; checkpoint 32 +20; "
                "checkpoint 31: voided by staff (moved by children); "
                "only staff of a higher role may say this; late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            By("organiser", void(), name="void"),
            ref(lambda ids: Undone(at(71), "it was there", ids["void"])),
        ),
        one(
            "an undoing undone does not stand up again",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; checkpoint 32 +20; a decision that was taken back; "
                "a decision taken back (there); a decision taken back (no); "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(void(), "void"),
            ref(lambda ids: Undone(at(71), "there", ids["void"]), "undo"),
            ref(lambda ids: Undone(at(72), "no", ids["undo"])),
        ),
        one(
            "two ends, neither knew of the other: the organiser's holds",
            (
                "50 - 5 = 45, ok: checkpoint 31 +30; checkpoint 32 +20; new time to be back (storm); "
                "a decision that another one beats; late by 1 started minute, 5 points each -5"
            ),
            *VISITS,
            By("organiser", EndSet(at(20), "storm", at(61))),
            ref(EndSet(at(30), "long", at(65))),
        ),
        one(
            "two ends of one role: the later stamp",
            (
                "50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "a decision that another one beats; new time to be back (long)"
            ),
            *VISITS,
            ref(EndSet(at(20), "storm", at(61))),
            By("referee", EndSet(at(30), "long", at(65))),
        ),
        one(
            "an end that saw the other wins, whatever the stamps",
            (
                "50 - 5 = 45, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "a decision that another one beats; new time to be back (no, storm); "
                "late by 1 started minute, 5 points each -5"
            ),
            *VISITS,
            ref(EndSet(at(30), "long", at(65)), "first"),
            ref(lambda ids: EndSet(at(20), "no, storm", at(61), sees=(ids["first"],))),
        ),
    ),
)

STATUSES = Rule(
    "Status, category, format",
    "Staff may set a status, whatever the events say, and put a team into other categories or another format.",
    (
        one(
            "disqualified",
            (
                "50 - 10 = 40, disqualified: checkpoint 31 +30; checkpoint 32 +20; "
                "status set by staff (jury); late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(status(Status.DISQUALIFIED)),
        ),
        one(
            "did not start, though a phone was heard",
            (
                "50 - 10 = 40, did not start: checkpoint 31 +30; checkpoint 32 +20; "
                "status set by staff (jury); late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(status(Status.DID_NOT_START)),
        ),
        one(
            "a status of one member",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; checkpoint 32 +20; status set by staff (jury); "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(status(Status.DID_NOT_FINISH, member=0)),
            members=crew(2),
        ),
        one(
            "a status, and back to what the events say",
            (
                "50 - 10 = 40, ok: checkpoint 31 +30; checkpoint 32 +20; "
                "a decision that another one beats; status set by staff (protest upheld); "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            ref(status(Status.DISQUALIFIED), "first"),
            ref(lambda ids: StatusSet(at(71), "protest upheld", FOXES, None, sees=(ids["first"],))),
        ),
        one(
            "moved to the format of 2 h",
            ("50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20; category set by staff (entered for 2 h)"),
            *VISITS,
            ref(CategorySet(at(70), "entered for 2 h", FOXES, (), "2h")),
            formats=(Format("2h", "", limit=TimeLimit(2 * HOUR_MS, 5, None)),),
        ),
        one(
            "a format in which only 31 pays",
            (
                "30 - 10 = 20, ok: checkpoint 31 +30; "
                "checkpoint 32: does not belong to what this team plays; "
                "late by 2 started minutes, 5 points each -10"
            ),
            *VISITS,
            formats=(Format("short", "", checkpoints=(0, 4)),),
            entered={"format": "short"},
        ),
        one(
            "a category that plays a format",
            "50 - 0 = 50, ok: checkpoint 31 +30; checkpoint 32 +20",
            *VISITS,
            categories=(Category("family", "", size_max=2, format="2h"),),
            formats=(Format("2h", "", limit=TimeLimit(2 * HOUR_MS, 5, None)),),
            members=crew(2),
        ),
    ),
)

TOGETHER = Rule(
    "Merging, moving, lots",
    "Two teams become one, from now on and before; what a phone says from a point on is about "
    "another team; a lot decides "
    "among equals.",
    (
        several(
            "Owls are merged into Foxes",
            "1. Foxes 50 (active)",
            By(1, there("31", 5)),
            By(2, there("32", 6), of=2),
            By(2, there("31", 7), of=2),
            By("referee", TeamsMerged(at(9), "one phone was dead", OWLS, FOXES), of=0),
        ),
        several(
            "and the merging is undone",
            "1. Foxes 30 (active); 2. Owls 20 (active)",
            By(1, there("31", 5)),
            By(2, there("32", 6), of=2),
            By("referee", TeamsMerged(at(9), "one phone was dead", OWLS, FOXES), of=0, name="merged"),
            By("referee", lambda ids: Undone(at(10), "no", ids["merged"]), of=0),
        ),
        several(
            "Owls into Foxes, Hares into Owls: one team of three",
            "1. Foxes 60 (active)",
            By(1, there("31", 5)),
            By(2, there("32", 6), of=2),
            By(3, there("33", 7), of=3),
            By("referee", TeamsMerged(at(9), "", OWLS, FOXES), of=0),
            By("referee", TeamsMerged(at(9), "", HARES, OWLS), of=0),
            teams=3,
        ),
        several(
            "two merged into each other: the smaller id stays",
            "1. Foxes 50 (active)",
            By(1, there("31", 5)),
            By(2, there("32", 6), of=2),
            By("referee", TeamsMerged(at(9), "", OWLS, FOXES), of=0),
            By("referee", TeamsMerged(at(9), "", FOXES, OWLS), of=0),
        ),
        several(
            "Foxes' phone went to the Owls after its first check-in",
            "1. Foxes 30 (active); 2. Owls 20 (active)",
            By(1, there("31", 5)),
            By(1, there("32", 10)),
            By("referee", DeviceMoved(at(9), "swapped phones", stream_id(1), 1, OWLS), of=0),
        ),
        several(
            "equals, and a lot: Owls before Foxes",
            "1. Owls 30 (active); 2. Foxes 30 (active)",
            By(1, there("31", 5)),
            By(2, there("31", 5), of=2),
            By("referee", LotDrawn(at(90), "drawn at the finish", (OWLS, FOXES)), of=0),
            ranking=Ranking(ties=(TieBreak.STAFF_DRAW,)),
        ),
    ),
)

DECISIONS = (POINTS_BY_STAFF, TIME_BY_STAFF, UNDOING, STATUSES, TOGETHER)
