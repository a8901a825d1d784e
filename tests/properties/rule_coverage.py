"""How often the drawing draws each kind of rule, and each pair of kinds that share state.

python tests/properties/rule_coverage.py     writes docs/reference/drawn-games.md; exits with 1 where one is too rare
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

from drawn_days import DECISIONS, draw

GAMES = 15_000
SHARE_MIN = 0.05
PAIRS_MIN = 100
RAREST_SHOWN = 30
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "drawn-games.md"
HEAD = """# Drawn games

The laws of the rule book are asked of games drawn at random (`tests/properties/test_rule_book.py`): the same score
under every order, doubling and partition of the events; lines that sum to it; taking an event away changes only
lines that name it; what was open stays open. What is not drawn is not asked, so a test draws these {games} games
and counts: each of {kinds} kinds of rules and of decisions is in at least {share} % of them, and each pair that
shares a part of a team's state in at least {least}. `python tests/properties/rule_coverage.py` writes this page
anew.

## Every kind
"""
PAIRS_HEAD = """
## Pairs that share state

{pairs} pairs; the {rarest} rarest:
"""

TIME = {
    "start": ("mass", "list", "self", "self until", "interval", "check-in", "staff"),
    "limit": ("duration", "back by", "both", "none"),
    "beyond": ("over time", "zero", "disqualified"),
    "finish": ("checkpoint", "action"),
    "team time": ("last", "first"),
}
PLACES = {
    "presence": ("any", "all", "lowest", "some"),
    "pay": ("points", "by time", "by the clock", "first finders", "capture"),
    "no accuracy": ("counts", "limit", "refused"),
    "check-in": ("gps", "qr", "code", "kiosk", "paper"),
}
GROUPS = {
    "order": ("free", "fixed", "rotated", "shuffled", "given"),
    "mode": ("hunt", "sport"),
    "next opens by": ("visit", "answer"),
    "opens by": ("visited", "answered", "earned", "time", "clock"),
    "outer order": ("free", "fixed"),
}
CHALLENGES = {
    "asks": ("text", "number", "choice", "order", "photo", "free text"),
    "judged": ("open", "sealed", "later", "people", "automatic"),
}
TIES = ("earlier finish", "elapsed time", "earlier last points", "fewer hints", "fewer wrong", "nearest estimate")
SINGLE = {
    "time": ("cut-off", "late check-ins do not pay", "resume", "below zero", "time in the start list", "witnessed"),
    "places": (
        "hours",
        "dwell",
        "revisit",
        "negative points",
        "members",
        "phone says whose",
        "members within",
        "secret code",
        "fork",
    ),
    "groups": (
        *("opening", "opens by both", "opens by either", "alternatives", "visited twice in a course"),
        *("so many pay", "bonus", "bonus for some", "bonus within", "may be left out", "groups in a group"),
        *("group of a category", "categories", "formats", "phones met"),
    ),
    "challenges": ("tries", "wrong answers cost", "hints", "hint taken", "challenge opened", "par time"),
    "standings": (*(f"tie: {tie}" for tie in TIES), "tie: staff draw", "by time", "dense places", "holder shown"),
}
STAFF = {
    "time": ("end", "stop", "neutral", "credit", "start", "status"),
    "places": ("void", "grant", "take", "points"),
    "groups": ("open group", "void", "grant", "category"),
    "challenges": ("accept", "judge", "void challenge", "neutral"),
    "standings": ("lots", "merge", "move", "stop", "neutral"),
}
ALWAYS_ONE = {"time": TIME, "places": PLACES, "groups": GROUPS, "challenges": CHALLENGES, "standings": {}}


class Counted(NamedTuple):
    """How many games, and in how many of them each name and each pair of names was drawn."""

    games: int
    names: Counter[str]
    pairs: Counter[tuple[str, str]]


def names_of(state: str) -> tuple[str, ...]:
    """The kinds of rules that read or write one part of a team's state."""
    chosen = [f"{dimension}: {option}" for dimension, options in ALWAYS_ONE[state].items() for option in options]
    return (*chosen, *SINGLE[state], *(f"staff: {word}" for word in STAFF[state]))


def all_names() -> list[str]:
    """Every kind of rule."""
    return sorted({name for state in SINGLE for name in names_of(state)} | {f"staff: {word}" for word in DECISIONS})


def pairs_that_share() -> list[tuple[str, str]]:
    """The pairs of kinds that share state, but for what excludes each other; and an undoing of every decision."""
    found = set()
    for state in SINGLE:
        for one, two in combinations(names_of(state), 2):
            if (
                one.split(":")[0] != two.split(":")[0]
                or ":" not in one
                or one.startswith(("staff", "opens", "tie", "pay"))
            ):
                found.add((min(one, two), max(one, two)))
    undone = product(("staff: undo",), [f"staff: {word}" for word in DECISIONS if word != "undo"])
    return sorted(pair for pair in found | {(min(p), max(p)) for p in undone} if pair not in EXCLUSIVE)


EXCLUSIVE = {("outer order: fixed", "outer order: free")}


def count(seeds: Iterable[int]) -> Counted:
    """Draw these games, and count."""
    names: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    shared = pairs_that_share()
    games = 0
    for seed in seeds:
        drawn = draw(seed).names
        games += 1
        names.update(drawn)
        pairs.update(pair for pair in shared if pair[0] in drawn and pair[1] in drawn)
    return Counted(games, names, pairs)


def missed(counted: Counted, share: float = SHARE_MIN, pairs_min: int = PAIRS_MIN) -> list[str]:
    """What is drawn more rarely than it should be."""
    rare = [name for name in all_names() if counted.names[name] < share * counted.games]
    pairs = [f"{one} + {two}" for one, two in pairs_that_share() if counted.pairs[one, two] < pairs_min]
    return rare + pairs


def page(counted: Counted) -> str:
    """The report, as the reference shows it."""
    names = sorted(all_names(), key=lambda one: (counted.names[one], one))
    kinds = [
        f"| {name} | {counted.names[name]} | {100 * counted.names[name] / counted.games:.1f} % |" for name in names
    ]
    shared = sorted(pairs_that_share(), key=lambda pair: (counted.pairs[pair], pair))
    pairs = [f"| {one} | {two} | {counted.pairs[one, two]} |" for one, two in shared[:RAREST_SHOWN]]
    return "\n".join(
        (
            HEAD.format(games=counted.games, kinds=len(names), share=round(100 * SHARE_MIN), least=PAIRS_MIN),
            "| kind | games | share |\n| --- | ---: | ---: |",
            *kinds,
            PAIRS_HEAD.format(pairs=len(shared), rarest=RAREST_SHOWN),
            "| one | other | games |\n| --- | --- | ---: |",
            *pairs,
            "",
        )
    )


if __name__ == "__main__":
    COUNTED = count(range(GAMES))
    PAGE.write_text(page(COUNTED), encoding="utf-8")
    FOUND = missed(COUNTED)
    print(f"{GAMES} games; drawn too rarely: {FOUND or 'nothing'}")
    sys.exit(bool(FOUND))
