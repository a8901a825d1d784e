"""Groups of `game.toml` and the sentences that open them.

    opening   = condition ("and" condition)*          any one of a group's openings is enough
    condition = "visited CODE" | "answered CHALLENGE" | "earned POINTS" | "after DURATION" | "at TIME"

Only what stays true once it was true may open something, so there is no "not",
no "before", and no score that can fall: such words are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

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
from client_core.signing import random_bytes
from server.authoring import game_file
from server.authoring.reading import Report, meant
from server.authoring.rules import span
from server.authoring.toml_lines import Path
from server.authoring.values import ValueFault, span_ms, time_of_text

NOT_MONOTONE = {"not", "before", "until", "score", "unless", "fewer", "less"}


def read_groups(
    groups: Mapping[str, game_file.Group],
    numbers: Mapping[str, int],
    challenges: Mapping[str, int],
    zone: ZoneInfo,
    report: Report,
) -> tuple[Group, ...]:
    """The groups in the order they are written in, known by their NAMEs."""
    places = {name: number for number, name in enumerate(groups)}
    return tuple(_group(name, group, places, numbers, challenges, zone, report) for name, group in groups.items())


def read_atom(text: str, numbers: Mapping[str, int], challenges: Mapping[str, int], zone: ZoneInfo) -> Atom:
    """One condition; raises `ValueFault`."""
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if word == "visited":
        if rest not in numbers:
            raise ValueFault(f"there is no checkpoint {rest!r}{meant(rest, list(numbers))}")
        return Visited(numbers[rest])
    if word == "answered":
        if rest not in challenges:
            raise ValueFault(f"there is no challenge {rest!r}{meant(rest, list(challenges))}")
        return Answered(challenges[rest])
    if word == "earned" and re.fullmatch(r"[0-9]{1,6}( points?)?", rest):
        return Earned(int(rest.split(" ")[0]))
    if word == "after":
        return Reached(absolute=False, at_ms=span_ms(rest))
    if word == "at":
        return Reached(absolute=True, at_ms=time_of_text(rest, zone))
    if word in NOT_MONOTONE:
        raise ValueFault(f"{text.strip()!r} can become false again, and what was opened is never taken back")
    known = "visited CODE, answered CHALLENGE, earned POINTS, after DURATION, at TIME"
    raise ValueFault(f"{text.strip()!r} is not understood: there are {known}")


def _group(
    name: str,
    group: game_file.Group,
    places: Mapping[str, int],
    numbers: Mapping[str, int],
    challenges: Mapping[str, int],
    zone: ZoneInfo,
    report: Report,
) -> Group:
    path = "group", name
    legs: list[Leg] = []
    opening: list[tuple[Atom, ...]] = []
    for text in group.checkpoints:
        codes = [code.strip() for code in text.split(" or ")]
        for code in codes:
            if code not in numbers:
                detail = f"there is no checkpoint {code!r}{meant(code, list(numbers))}"
                report.error("checkpoint_unknown", (*path, "checkpoints"), detail)
        legs.append(Leg(tuple(numbers.get(code, 0) for code in codes)))
    for inner in group.groups:
        if inner not in places:
            report.error("group_unknown", (*path, "groups"), f"there is no group {inner!r}{meant(inner, list(places))}")
    for text in group.opens:
        try:
            opening.append(tuple(read_atom(one, numbers, challenges, zone) for one in text.split(" and ")))
        except ValueFault as fault:
            report.error("opening_malformed", (*path, "opens"), str(fault))
    within = None if group.within is None else span(group.within, (*path, "within"), report)
    return Group(
        code=name,
        name=group.name or name,
        order=_order(
            group, [[code.strip() for code in text.split(" or ")] for text in group.checkpoints], path, report
        ),
        mode=Mode.SPORT if group.mode == "sport" else Mode.HUNT,
        advance=Advance.ANSWER if group.next_after == "answer" else Advance.VISIT,
        legs=tuple(legs),
        groups=tuple(places.get(inner, 0) for inner in group.groups),
        opening=tuple(opening),
        count_max=group.count,
        complete_points=group.bonus,
        complete_count=group.bonus_for,
        within_ms=within,
        skippable=group.skippable,
        categories=tuple(group.categories),
    )


def _order(group: game_file.Group, legs: list[list[str]], path: Path, report: Report) -> Order:
    if group.order == "shuffled":
        return Shuffled(random_bytes(16), group.pinned_first, group.pinned_last)
    if group.order == "given":
        return Given(tuple(_given(text, legs, path, report) for text in group.orders))
    orders: dict[str, Order] = {"free": Free(), "fixed": Fixed(), "rotated": Rotated()}
    return orders[group.order]


def _given(text: str, legs: list[list[str]], path: Path, report: Report) -> tuple[int, tuple[int, ...]]:
    """The order of one team, such as "7: 33 31 32": the team's number, and positions in the group."""
    number, colon, codes = text.partition(":")
    order = [next((place for place, leg in enumerate(legs) if code in leg), -1) for code in codes.split()]
    if not colon or not re.fullmatch(r"\s*[0-9]{1,6}\s*", number):
        report.error("order_malformed", (*path, "orders"), f'{text!r} is no order: write "7: 33 31 32", the team first')
        return 0, ()
    if sorted(order) != list(range(len(legs))):
        detail = f"the order of team {number.strip()} names not each of the {len(legs)} checkpoints once"
        report.error("order_malformed", (*path, "orders"), detail)
    return int(number), tuple(max(0, place) for place in order)
