"""Games drawn at random from all kinds of rules, small enough that their rules meet.

A draw is a seed: the same one gives the same game on every machine. What was
drawn is named, so that `rule_coverage` can count it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from client_core.game.answers import answer_hash, answer_key, seal, secret_hash
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Interval, Judged, Key, Later
from client_core.game.checkpoints import ByTime, Capture, FirstFinders, Hours, Kind, Method, NoAccuracy, Pay, Plain
from client_core.game.entrants import Category, Format, MemberRule, Presence, Sex, TeamTime
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
    Order,
    Reached,
    Rotated,
    Shuffled,
    Visited,
)
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.rules import Rules, compile_rules
from client_core.game.timing import (
    Beyond,
    CheckInStart,
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

T = TypeVar("T")
MINUTE_MS = 60_000
START_MS = 1_780_732_800_000
OPENS_MS = START_MS - 60 * MINUTE_MS
CLOSES_MS = START_MS + 360 * MINUTE_MS
CHECKPOINTS = 8
FINISH = CHECKPOINTS
ANSWERS = ("Giotto", "Dante", "Arno", "7")
SECRET = "lily 7"
SALT = bytes(16)


def at(minute: float) -> int:
    """The time so many minutes after the start."""
    return START_MS + round(minute * MINUTE_MS)


class Dice:
    """Draws, and remembers by name what of the rules was drawn."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.drawn: set[str] = set()

    def often(self, chance: float, *names: str) -> bool:
        """Whether something that is so often so is so; if it is, its names are drawn."""
        hit = self.random.random() < chance
        if hit:
            self.drawn.update(names)
        return hit

    def one(self, dimension: str, options: dict[str, T]) -> T:
        """One of these, by its name."""
        name = self.random.choice(list(options))
        self.drawn.add(f"{dimension}: {name}")
        return options[name]

    def pick(self, options: Sequence[T]) -> T:
        """One of these, which is no rule."""
        return self.random.choice(options)

    def number(self, low: int, high: int) -> int:
        """One from low to high, both possible."""
        return self.random.randint(low, high)


class DrawnGame(NamedTuple):
    """A game and what stands in it that events have to know of."""

    rules: Rules
    secrets: dict[int, str]
    teams: int


def draw_game(dice: Dice) -> DrawnGame:
    """A game of eight checkpoints and a finish."""
    secrets = {number: SECRET for number in range(CHECKPOINTS) if dice.often(0.08, "secret code")}
    challenges = _challenges(dice)
    categories, formats = _categories(dice), _formats(dice)
    settings: dict[str, Any] = {
        "name": "Drawn",
        "time_zone": "Europe/Rome",
        "opens_at_ms": OPENS_MS,
        "closes_at_ms": CLOSES_MS,
        "start": _start(dice),
        "limit": _limit(dice),
        "finish_code": dice.one("finish", {"checkpoint": "F", "action": None}),
        "resume_ms": 10 * MINUTE_MS if dice.often(0.3, "resume") else 0,
        "floor_at_zero": not dice.often(0.25, "below zero"),
        "ranking": _ranking(dice),
        "members": _members(dice),
        "kinds": (Kind(tuple(Method), 50_000), *(_kind(dice) for _ in range(3))),
        "challenges": challenges,
        "categories": categories,
        "one_category": dice.often(0.3, "one category"),
        "formats": formats,
        "groups": _groups(dice, len(challenges), [category.code for category in categories]),
        "checkpoints": tuple(_checkpoint(dice, number, secrets.get(number)) for number in range(CHECKPOINTS + 1)),
    }
    return DrawnGame(compile_rules(publish(Draft(**settings))), secrets, dice.number(2, 3))


def position(number: int) -> tuple[int, int]:
    """Where a checkpoint stands, in 10^-7 degrees."""
    return 112_500_000 + 20_000 * number, 437_700_000


def _checkpoint(dice: Dice, number: int, secret: str | None) -> DraftCheckpoint:
    lon_e7, lat_e7 = position(number)
    code = "F" if number == FINISH else str(31 + number)
    points = 0 if number == FINISH else dice.pick((10, 10, 20, 30))
    if number < FINISH and dice.often(0.06, "negative points"):
        points = -15
    return DraftCheckpoint(
        code,
        points=points,
        at=(lon_e7 / 1e7, lat_e7 / 1e7),
        kind=0 if number == FINISH else dice.number(0, 3),
        secret=secret_hash(code, secret) if secret else b"",
    )


def _start(dice: Dice) -> Start:
    return dice.one(
        "start",
        {
            "mass": MassStart(START_MS),
            "list": StartList(),
            "self": SelfStart(),
            "self until": SelfStart(at(15)),
            "interval": IntervalStart(START_MS, 3 * MINUTE_MS),
            "check-in": CheckInStart(0, dice.pick((None, at(20)))),
            "staff": StaffStart(),
        },
    )


def _limit(dice: Dice) -> TimeLimit | None:
    cut_ms = dice.pick((10, 20)) * MINUTE_MS if dice.often(0.5, "cut-off") else None
    beyond = dice.one(
        "beyond", {"over time": Beyond.OVER_TIME, "zero": Beyond.ZERO, "disqualified": Beyond.DISQUALIFIED}
    )
    pays = not dice.often(0.3, "late check-ins do not pay")
    return dice.one(
        "limit",
        {
            "duration": TimeLimit(60 * MINUTE_MS, 5, cut_ms, None, beyond, pays),
            "back by": TimeLimit(None, 5, cut_ms, at(60), beyond, pays),
            "both": TimeLimit(60 * MINUTE_MS, 5, cut_ms, at(65), beyond, pays),
            "none": None,
        },
    )


def _ranking(dice: Dice) -> Ranking:
    chosen = dice.random.sample(list(TieBreak), dice.number(0, 3))
    dice.drawn.update(f"tie: {tie.name.lower().replace('_', ' ')}" for tie in chosen)
    return Ranking(
        tuple(chosen),
        by_time=dice.often(0.2, "by time"),
        dense=dice.often(0.2, "dense places"),
        shared_uncertain=dice.often(0.3, "uncertain times share"),
    )


def _members(dice: Dice) -> MemberRule:
    presence = dice.one(
        "presence",
        {"any": Presence.UNION, "all": Presence.ALL, "lowest": Presence.LOWEST, "some": Presence.K_OF_N},
    )
    within_ms = dice.pick((5, 15)) * MINUTE_MS if dice.often(0.5, "members within") else 0
    return MemberRule(presence, within_ms, 2, dice.one("team time", {"last": TeamTime.LAST, "first": TeamTime.FIRST}))


def _kind(dice: Dice) -> Kind:
    pay = dice.one(
        "pay",
        {
            "points": Plain(),
            "by time": ByTime(absolute=False, steps=((20 * MINUTE_MS, 15), (40 * MINUTE_MS, 5))),
            "by the clock": ByTime(absolute=True, steps=((at(25), 40),)),
            "first finders": FirstFinders((10, 5)),
            "capture": Capture(2, 5 * MINUTE_MS),
        },
    )
    assert isinstance(pay, Pay)
    few = tuple(sorted(dice.random.sample(list(Method), 4)))
    return Kind(
        few if dice.often(0.2, "few ways") else tuple(Method),
        50_000,
        dice.one(
            "no accuracy", {"counts": NoAccuracy.COUNT, "limit": NoAccuracy.ASSUME_LIMIT, "refused": NoAccuracy.REFUSE}
        ),
        (Hours(at(0), at(20)), Hours(at(30), at(90))) if dice.often(0.15, "hours") else (),
        30_000 if dice.often(0.15, "dwell") else 0,
        pay=pay,
        revisit_ms=15 * MINUTE_MS if dice.often(0.25, "revisit") else None,
    )


def _groups(dice: Dice, challenges: int, categories: list[str]) -> tuple[Group, ...]:
    """Up to two groups of four checkpoints, and one around both."""
    if dice.often(0.15):
        return ()
    groups = [_group(dice, "one", range(4), range(4, 8), challenges, categories)]
    if dice.often(0.6):
        groups.append(_group(dice, "two", range(4, 8), range(4), challenges, categories))
        if dice.often(0.5, "groups in a group"):
            order = dice.one("outer order", {"free": Free(), "fixed": Fixed()})
            groups.append(
                Group("all", "", order, groups=(0, 1), complete_points=25, complete_count=dice.pick((None, 1)))
            )
    return tuple(groups)


def _group(
    dice: Dice, code: str, mine: Sequence[int], others: Sequence[int], challenges: int, categories: list[str]
) -> Group:
    members = list(mine)
    legs = [Leg((number,)) for number in members]
    if dice.often(0.25, "alternatives"):
        legs = [Leg((members[0], members[1])), *legs[2:]]
    elif dice.often(0.15, "visited twice in a course"):
        legs.append(legs[0])
    count = len(legs)
    orders: dict[str, Order] = {
        "free": Free(),
        "fixed": Fixed(),
        "rotated": Rotated(),
        "shuffled": Shuffled(SALT, 1),
        "given": Given(((2, tuple(reversed(range(count)))),)),
    }
    order = dice.one("order", orders)
    mode = dice.one("mode", {"hunt": Mode.HUNT, "sport": Mode.SPORT})
    return Group(
        code,
        "",
        order,
        mode,
        dice.one("next opens by", {"visit": Advance.VISIT, "answer": Advance.ANSWER}),
        tuple(legs),
        opening=_opening(dice, others, challenges) if dice.often(0.45, "opening") else (),
        count_max=dice.number(1, 2) if dice.often(0.25, "so many pay") else None,
        complete_points=25 if dice.often(0.4, "bonus") else 0,
        complete_count=2 if dice.often(0.4, "bonus for some") else None,
        within_ms=15 * MINUTE_MS if dice.often(0.3, "bonus within") else None,
        skippable=dice.often(0.3, "may be left out"),
        categories=(dice.pick(categories),) if categories and dice.often(0.3, "group of a category") else (),
    )


def _opening(dice: Dice, others: Sequence[int], challenges: int) -> tuple[tuple[Atom, ...], ...]:
    def atom() -> Atom:
        atoms: dict[str, Atom] = {
            "visited": Visited(dice.pick(others)),
            "earned": Earned(dice.pick((20, 40))),
            "time": Reached(absolute=False, at_ms=dice.pick((10, 25)) * MINUTE_MS),
            "clock": Reached(absolute=True, at_ms=at(20)),
        }
        if challenges:
            atoms["answered"] = Answered(dice.number(0, challenges - 1))
        return dice.one("opens by", atoms)

    sentences = [(atom(), atom()) if dice.often(0.3, "opens by both") else (atom(),)]
    if dice.often(0.3, "opens by either"):
        sentences.append((atom(),))
    return tuple(sentences)


def _challenges(dice: Dice) -> tuple[Challenge, ...]:
    return tuple(_challenge(dice, number) for number in range(dice.pick((0, 1, 2, 2))))


def _challenge(dice: Dice, number: int) -> Challenge:
    form = dice.one("asks", {form.name.lower().replace("_", " "): form for form in Form})
    hashed = Hashed(
        SALT, (answer_hash(SALT, answer_key(form, ANSWERS[0])), answer_hash(SALT, answer_key(form, ANSWERS[1])))
    )
    key: Key = Interval(6, 8, 7) if form is Form.NUMBER else hashed
    judged = {"later": Later(), "people": Judged(), "automatic": Judged(automatic=True)}
    keys: dict[str, Key] = {"open": key, "sealed": seal(key, SECRET, SALT), "later": Later()}
    only_people = form in {Form.PHOTO, Form.FREE_TEXT}
    chosen: Key = dice.one("judged", judged if only_people else keys)  # type: ignore[arg-type]
    hints = (Hint("one", 3), Hint("two", 6, 10 * MINUTE_MS)) if dice.often(0.6, "hints") else ()
    costs = dice.often(0.5, "wrong answers cost")
    return Challenge(
        f"R{number}",
        "",
        "?",
        dice.pick((None, 0, 4, FINISH)),
        form,
        chosen,
        20,
        choices=ANSWERS if form in {Form.CHOICE, Form.ORDER} else (),
        tries=dice.number(1, 2) if dice.often(0.5, "tries") else None,
        wrong_points=4 if costs else 0,
        wrong_points_max=6 if costs else 0,
        par_ms=30 * MINUTE_MS if dice.often(0.3, "par time") else 0,
        speed_points=30,
        hints=hints,
        hints_in_order=not dice.often(0.3, "hints in any order"),
    )


def _categories(dice: Dice) -> tuple[Category, ...]:
    if not dice.often(0.5, "categories"):
        return ()
    return (
        Category("pairs", "", size_min=2, size_max=2),
        Category("women", "", sex=Sex.FEMALE),
        Category("old", "", age_min=40, format=None),
        Category("guests", "", assigned_only=True),
    )


def _formats(dice: Dice) -> tuple[Format, ...]:
    if not dice.often(0.4, "formats"):
        return ()
    return (
        Format("long", "", limit=TimeLimit(120 * MINUTE_MS, 1, None)),
        Format("short", "", start=MassStart(at(10)), checkpoints=(*range(5), FINISH)),
    )
