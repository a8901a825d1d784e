"""Whether somebody was there, what a visit of a team is, and what a checkpoint pays."""

from __future__ import annotations

from telling import KIND, MINUTE_MS, By, Rule, at, crew, one, pure, several, there

from client_core.game.actions import HolderShown
from client_core.game.checkpoints import ByTime, Capture, FirstFinders, Hours, Kind, Method, NoAccuracy
from client_core.game.decisions import Neutralised, Stopped
from client_core.game.entrants import MemberRule, Presence, TeamTime
from server.authoring.values import points_of

MAPRUN = "https://maprunners.weebly.com/scoring-schemes.html"


def kind(**changes: object) -> Kind:
    """What most checkpoints are like, but for these."""
    fields = {name: getattr(KIND, name) for name in KIND.__struct_fields__}
    return Kind(**fields | changes)  # type: ignore[arg-type]


def of_members(presence: Presence, within_min: int, k: int, time: TeamTime = TeamTime.LAST) -> dict[str, MemberRule]:
    """Whose visits make a visit of the team."""
    return {"presence": MemberRule(presence, within_min * MINUTE_MS, k, time)}


def all_within(within_min: int, time: TeamTime = TeamTime.LAST) -> dict[str, MemberRule]:
    """All members, within a time."""
    return of_members(Presence.ALL, within_min, 1, time)


EVIDENCE = Rule(
    "Having been there",
    "By position one stands in the fence with a fix that is good enough; a code has to be the one that stands there; "
    "kiosks and staff speak as such.",
    (
        one("25 m fence, 24 m away", "30 - 0 = 30, active: checkpoint 31 +30", there("31", 5, away_m=24)),
        one(
            "25 m fence, 26 m away",
            "0 - 0 = 0, active: checkpoint 31: 26 m away, its fence reaches 25 m",
            there("31", 5, away_m=26),
        ),
        one("a fix known to 50 m", "30 - 0 = 30, active: checkpoint 31 +30", there("31", 5, accuracy_dm=500)),
        one(
            "a fix known to 50.1 m",
            "0 - 0 = 0, active: checkpoint 31: the position was only known to 51 m, 50 m is needed",
            there("31", 5, accuracy_dm=501),
        ),
        one(
            "a fix without accuracy, counted by the game's rule",
            "30 - 0 = 30, active: checkpoint 31 +30",
            there("31", 5, accuracy_dm=None),
        ),
        one(
            "a fix without accuracy, refused by the game's rule",
            "0 - 0 = 0, active: checkpoint 31: the receiver does not say how good its position is",
            there("31", 5, accuracy_dm=None),
            kind=kind(no_accuracy=NoAccuracy.REFUSE),
        ),
        one("the code that stands there", "30 - 0 = 30, active: checkpoint 31 +30", there("31", 5, Method.QR)),
        one(
            "a code of somewhere else",
            "0 - 0 = 0, active: checkpoint 31: not the code that stands there",
            there("31", 5, Method.QR, code="32"),
        ),
        one("by kiosk", "30 - 0 = 30, active: checkpoint 31 +30", By("kiosk", there("31", 5, Method.KIOSK))),
        one(
            "a phone that says it is a kiosk",
            "0 - 0 = 0, active: checkpoint 31: only staff of a higher role may say this",
            there("31", 5, Method.KIOSK),
        ),
        one(
            "by a person of the staff",
            "30 - 0 = 30, active: checkpoint 31 +30",
            By("safety", there("31", 5, Method.STAFF)),
        ),
        one(
            "by code only, and the phone checks in by position",
            "0 - 0 = 0, active: checkpoint 31: check-ins by gps are not allowed here",
            there("31", 5),
            kind=kind(methods=(Method.CODE,)),
        ),
        one(
            "a checkpoint that is not in the game",
            "0 - 0 = 0, active: there is no checkpoint number 99 in this game",
            there("99", 5, Method.CODE),
        ),
    ),
)

DWELL = Rule(
    "Staying",
    "Where a visit has to last, its time before and after the closest moment counts.",
    (
        one(
            "30 s needed, 20 s before and 10 s after",
            "30 - 0 = 30, active: checkpoint 31 +30",
            there("31", 5, before_ms=20_000, after_ms=10_000),
            kind=kind(dwell_ms=30_000),
        ),
        one(
            "30 s needed, 29 s stayed",
            "0 - 0 = 0, active: checkpoint 31: stayed 29 s, 30 s are needed",
            there("31", 5, before_ms=29_000),
            kind=kind(dwell_ms=30_000),
        ),
        one(
            "30 s needed, a code was read: it says enough",
            "30 - 0 = 30, active: checkpoint 31 +30",
            there("31", 5, Method.QR),
            kind=kind(dwell_ms=30_000),
        ),
    ),
)

HOURS = Rule(
    "Opening hours",
    "A check-in counts while its checkpoint is open, first and last moment included.",
    (
        one(
            "open 10:10 to 10:50, visited at 10:10",
            "30 - 0 = 30, active: checkpoint 31 +30",
            there("31", 10),
            kinds={"31": kind(hours=(Hours(at(10), at(50)),))},
        ),
        one(
            "visited at 10:09:59",
            "0 - 0 = 0, active: checkpoint 31: not within its opening hours",
            there("31", 10 - 1 / 60),
            kinds={"31": kind(hours=(Hours(at(10), at(50)),))},
        ),
        one(
            "visited at 10:50",
            "30 - 0 = 30, active: checkpoint 31 +30",
            there("31", 50),
            kinds={"31": kind(hours=(Hours(at(10), at(50)),))},
        ),
        one(
            "visited at 10:51, and at 10:40 by the other phone",
            "30 - 0 = 30, active: checkpoint 31 +30; checkpoint 31: not within its opening hours",
            there("31", 51),
            By(2, there("31", 40)),
            kinds={"31": kind(hours=(Hours(at(10), at(50)),))},
        ),
        one(
            "twice open: 10:00-10:10 and 10:40-10:50; visited at 10:20 and 10:45",
            "30 - 0 = 30, active: checkpoint 31: not within its opening hours; checkpoint 31 +30",
            there("31", 20),
            there("31", 45),
            kinds={"31": kind(hours=(Hours(at(0), at(10)), Hours(at(40), at(50))))},
        ),
    ),
)

VISITS = Rule(
    "A visit of the team",
    "One place pays once, however many phones were there. Whose visits make the team's is the "
    "game's rule: any member's, "
    "all within a time, so many within a time, or each member is scored alone and the lowest decides.",
    (
        one(
            "the same phone twice",
            "30 - 0 = 30, active: checkpoint 31 +30; checkpoint 31: visited before",
            there("31", 5),
            there("31", 6),
        ),
        one(
            "two phones, offline",
            "30 - 0 = 30, active: checkpoint 31 +30; checkpoint 31: visited before",
            there("31", 5),
            By(2, there("31", 6)),
        ),
        one("any member, of a team of two", "30 - 0 = 30, active: checkpoint 31 +30", there("31", 5), members=crew(2)),
        one(
            "all members within 5 min: they came 4 min apart",
            ("30 - 0 = 30, active: checkpoint 31: 1 of the team there by then, 2 are needed; checkpoint 31 +30"),
            there("31", 5),
            By(2, there("31", 9)),
            members=crew(2),
            **all_within(5),
        ),
        one(
            "all members within 5 min: 6 min apart",
            (
                "0 - 0 = 0, active: checkpoint 31: 1 of the team there by then, 2 are needed; "
                "checkpoint 31: 1 of the team there by then, 2 are needed"
            ),
            there("31", 5),
            By(2, there("31", 11)),
            members=crew(2),
            **all_within(5),
        ),
        one(
            "all members: the first came again",
            (
                "30 - 0 = 30, active: checkpoint 31: 1 of the team there by then, 2 are needed; "
                "checkpoint 31: 1 of the team there by then, 2 are needed; checkpoint 31 +30"
            ),
            there("31", 5),
            By(2, there("31", 11)),
            there("31", 12),
            members=crew(2),
            **all_within(5),
        ),
        one(
            "all members: only one was there",
            "0 - 0 = 0, active: checkpoint 31: 1 of the team there by then, 2 are needed",
            there("31", 5),
            members=crew(2),
            **all_within(5),
        ),
        one(
            "all members: a person of the staff saw the team",
            "30 - 0 = 30, active: checkpoint 31 +30",
            By("safety", there("31", 5, Method.STAFF)),
            members=crew(2),
            **all_within(5),
        ),
        one(
            "2 of 3 members within 5 min",
            ("30 - 0 = 30, active: checkpoint 31: 1 of the team there by then, 2 are needed; checkpoint 31 +30"),
            there("31", 5),
            By(2, there("31", 8)),
            members=crew(3),
            **of_members(Presence.K_OF_N, 5, 2),
        ),
        one(
            "2 of 3 members: one was there",
            "0 - 0 = 0, active: checkpoint 31: 1 of the team there by then, 2 are needed",
            there("31", 5),
            members=crew(3),
            **of_members(Presence.K_OF_N, 5, 2),
        ),
        one(
            "lowest member: one has 31 and 32, the other 31",
            (
                "30 - 0 = 30, active: checkpoint 31: another member's; "
                "the team has the result of its lowest; checkpoint 31 +30; "
                "checkpoint 32: another member's; the team has the result of its lowest"
            ),
            there("31", 5),
            there("32", 9),
            By(2, there("31", 6)),
            members=crew(2),
            **of_members(Presence.LOWEST, 0, 1),
        ),
        one(
            "lowest member: one has nothing",
            ("0 - 0 = 0, active: checkpoint 31: another member's; the team has the result of its lowest"),
            there("31", 5),
            members=crew(2),
            **of_members(Presence.LOWEST, 0, 1),
        ),
        one(
            "a phone that is nobody's in a team of two",
            "0 - 0 = 0, active: checkpoint 31: nobody of the team is known to have been there",
            By(9, there("31", 5)),
            members=crew(2),
            **all_within(5),
        ),
        one(
            "one phone, two members named at the check-in",
            ("30 - 0 = 30, active: checkpoint 31: 1 of the team there by then, 2 are needed; checkpoint 31 +30"),
            there("31", 5, member=0),
            there("31", 6, member=1),
            members=crew(2),
            **all_within(5),
        ),
        one(
            "the team's time ends with its last member",
            (
                "0 - 0 = 0, ok: checkpoint 31: 1 of the team there by then, 2 are needed; "
                "late by 2 started minutes, 5 points each -10; a score is not less than zero +10"
            ),
            there("31", 5),
            there("F", 50),
            By(2, there("F", 62)),
            members=crew(2),
            **all_within(0),
        ),
        one(
            "the team's time ends with its first member",
            "0 - 0 = 0, ok: checkpoint 31: 1 of the team there by then, 2 are needed",
            there("31", 5),
            there("F", 50),
            By(2, there("F", 62)),
            members=crew(2),
            **all_within(0, TeamTime.FIRST),
        ),
    ),
)

REVISITS = Rule(
    "Visiting again",
    "A place pays once a game, or again after a pause where the game says so.",
    (
        one(
            "again after 20 min: visited 10:05, 10:24, 10:25",
            "60 - 0 = 60, active: checkpoint 31 +30; checkpoint 31: visited before; checkpoint 31 +30",
            there("31", 5),
            there("31", 24),
            there("31", 25),
            kinds={"31": kind(revisit_ms=20 * MINUTE_MS)},
        ),
        one(
            "the pause counts from the visit that paid",
            "60 - 0 = 60, active: checkpoint 31 +30; checkpoint 31: visited before; checkpoint 31 +30",
            there("31", 5),
            there("31", 15),
            there("31", 34),
            kinds={"31": kind(revisit_ms=20 * MINUTE_MS)},
        ),
        one(
            "two phones offline within the pause",
            "60 - 0 = 60, active: checkpoint 31 +30; checkpoint 31: visited before; checkpoint 31 +30",
            there("31", 5),
            By(2, there("31", 10)),
            By(2, there("31", 26)),
            kinds={"31": kind(revisit_ms=20 * MINUTE_MS)},
        ),
    ),
)

WORTH = Rule(
    "What a checkpoint pays",
    "Fixed points, points from the code, points by time; negative ones are traps.",
    (
        pure("code 57, rounded down to 10", "50", lambda: points_of("code rounded down to 10", "57"), MAPRUN),
        pure("code 100, rounded down to 10", "100", lambda: points_of("code rounded down to 10", "100"), MAPRUN),
        pure("code 20, rounded up to 10", "20", lambda: points_of("code rounded up to 10", "20"), MAPRUN),
        pure("code 21, rounded up to 10", "30", lambda: points_of("code rounded up to 10", "21"), MAPRUN),
        pure(
            "code 57, its first digit",
            "5",
            lambda: points_of("first digit of the code", "57"),
            "the cup of 2017 whose tables we agree with",
        ),
        pure("code 57, the code itself", "57", lambda: points_of("code", "57")),
        pure("code 57, 20 for every checkpoint", "20", lambda: points_of(20, "57"), MAPRUN),
        one(
            "a trap of -15",
            "30 - 15 = 15, active: checkpoint 33 -15; checkpoint 31 +30",
            there("33", 5),
            there("31", 6),
            worth={"33": -15},
        ),
        one(
            "a trap alone, with the floor at zero",
            "0 - 0 = 0, active: checkpoint 33 -15; a score is not less than zero +15",
            there("33", 5),
            worth={"33": -15},
        ),
        one(
            "20 from half past on, else 30: visited at 10:29",
            "30 - 0 = 30, active: checkpoint 31 +30",
            there("31", 29),
            kinds={"31": kind(pay=ByTime(absolute=False, steps=((30 * MINUTE_MS, 20),)))},
        ),
        one(
            "visited at 10:30",
            "20 - 0 = 20, active: checkpoint 31 +20",
            there("31", 30),
            kinds={"31": kind(pay=ByTime(absolute=False, steps=((30 * MINUTE_MS, 20),)))},
        ),
        one(
            "two phones: the earlier visit counts, whenever it is heard",
            "30 - 0 = 30, active: checkpoint 31 +30; checkpoint 31: visited before",
            there("31", 31),
            By(2, there("31", 29)),
            kinds={"31": kind(pay=ByTime(absolute=False, steps=((30 * MINUTE_MS, 20),)))},
        ),
        one(
            "40 from 10:20 by the clock",
            "40 - 0 = 40, active: checkpoint 31 +40",
            there("31", 20),
            kinds={"31": kind(pay=ByTime(absolute=True, steps=((at(20), 40),)))},
        ),
    ),
)

FIRST = {"31": kind(pay=FirstFinders((10, 5, 2)))}
FINDERS = Rule(
    "First finders",
    "The first teams there get extra points, in their order; provisional until everybody is heard.",
    (
        several(
            "Foxes 10:05, Owls 10:06",
            (
                "1. Foxes 40 (active) [checkpoint 31: team number 1 there +10]; "
                "2. Owls 35 (active) [checkpoint 31: team number 2 there +5]"
            ),
            By(1, there("31", 5)),
            By(2, there("31", 6), of=2),
            kinds=FIRST,
            lines=True,
        ),
        several(
            "both at 10:05 to the millisecond",
            (
                "1. Foxes 40 (active) [checkpoint 31: team number 1 there +10]; "
                "1. Owls 40 (active) [checkpoint 31: team number 1 there +10]"
            ),
            By(1, there("31", 5)),
            By(2, there("31", 5), of=2),
            kinds=FIRST,
            lines=True,
        ),
        several(
            "Owls' phone was offline and comes in last",
            (
                "1. Owls 40 (active) [checkpoint 31: team number 1 there +10]; "
                "2. Foxes 35 (active) [checkpoint 31: team number 2 there +5]; "
                "3. Hares 32 (active) [checkpoint 31: team number 3 there +2]"
            ),
            By(1, there("31", 5)),
            By(3, there("31", 6), of=3),
            By(2, there("31", 4), of=2),
            teams=3,
            kinds=FIRST,
            lines=True,
        ),
        several(
            "a visit outside the fence finds nothing",
            "1. Owls 40 (active) [checkpoint 31: team number 1 there +10]; 2. Foxes 0 (active)",
            By(1, there("31", 5, away_m=90)),
            By(2, there("31", 6), of=2),
            kinds=FIRST,
            lines=True,
        ),
        several(
            "four teams, three extras",
            (
                "1. Foxes 40 (active) [checkpoint 31: team number 1 there +10]; "
                "2. Owls 35 (active) [checkpoint 31: team number 2 there +5]; "
                "3. Hares 32 (active) [checkpoint 31: team number 3 there +2]; 4. Bears 30 (active)"
            ),
            *(By(n, there("31", 5 + n), of=n) for n in range(1, 5)),
            teams=4,
            kinds=FIRST,
            lines=True,
        ),
    ),
)

HELD = {"31": kind(pay=Capture(2, 5 * MINUTE_MS))}
SHOWN = By("kiosk", HolderShown(at(10), 0, b"\1" * 16, at(10)), of=0, name="view")
CAPTURE = Rule(
    "Capture",
    "Holding a place pays for every whole minute until another team comes. Nobody takes it "
    "within the blocking time, if "
    "what their phone showed said who holds it.",
    (
        several(
            "Foxes 10:10, Owls 10:30 until the stop at 11:00",
            (
                "1. Owls 90 [checkpoint 31: held for 30 minutes +60]; "
                "2. Foxes 70 [checkpoint 31: held for 20 minutes +40]"
            ),
            By(1, there("31", 10)),
            By(2, there("31", 30), of=2),
            By("referee", Stopped(at(61), "rain", at(60)), of=0),
            kinds=HELD,
            lines=True,
        ),
        several(
            "Owls 3 min after Foxes, and their phone showed it",
            (
                "1. Foxes 130 [checkpoint 31: held for 50 minutes +100]; "
                "2. Owls 30 [checkpoint 31: held by another team that had just taken it]"
            ),
            SHOWN,
            By(1, there("31", 10)),
            By(2, lambda ids: there("31", 13, view=ids["view"]), of=2),
            By("referee", Stopped(at(61), "rain", at(60)), of=0),
            kinds=HELD,
            lines=True,
        ),
        several(
            "the same offline: they could not know, so it is theirs",
            (
                "1. Owls 124 [checkpoint 31: held for 47 minutes +94]; "
                "2. Foxes 36 [checkpoint 31: held for 3 minutes +6]"
            ),
            SHOWN,
            By(1, there("31", 10)),
            By(2, there("31", 13), of=2),
            By("referee", Stopped(at(61), "rain", at(60)), of=0),
            kinds=HELD,
            lines=True,
        ),
        several(
            "the game was neutral from 10:20 to 10:30",
            "1. Foxes 70 [checkpoint 31: held for 20 minutes +40]; - Owls 0 (inactive)",
            By(1, there("31", 10)),
            By("referee", Neutralised(at(30), "storm", at(20), at(30)), of=0),
            By("referee", Stopped(at(61), "rain", at(40)), of=0),
            kinds=HELD,
            lines=True,
        ),
        several(
            "the holder comes again: nothing changes",
            "1. Foxes 70 [checkpoint 31: held for 20 minutes +40]",
            By(1, there("31", 10)),
            By(1, there("31", 20)),
            By("referee", Stopped(at(61), "rain", at(30)), of=0),
            teams=1,
            kinds=HELD,
            lines=True,
        ),
    ),
)

PLACES = (EVIDENCE, DWELL, HOURS, VISITS, REVISITS, WORTH, FINDERS, CAPTURE)
