"""Groups of `game.toml` and the sentences that open them.

    opening   = condition ("and" condition)*          any one of a group's openings is enough
    condition = "visited CODE" | "answered CHALLENGE" | "earned POINTS" | "after DURATION" | "at TIME"

Only what stays true once it was true may open something, so there is no "not",
no "before", and no score that can fall: such words are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from client_core.game.groups import (
    Advance,
    Answered,
    Atom,
    Earned,
    Fixed,
    Free,
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
from server.authoring.reading import Report
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
            raise ValueFault(f"there is no checkpoint {rest!r}")
        return Visited(numbers[rest])
    if word == "answered":
        if rest not in challenges:
            raise ValueFault(f"there is no challenge {rest!r}")
        return Answered(challenges[rest])
    if word == "earned" and rest.split(" ")[0].isdigit():
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
        unknown = [code for code in codes if code not in numbers]
        if unknown:
            report.error("checkpoint_unknown", (*path, "checkpoints"), f"there is no checkpoint {unknown[0]!r}")
        legs.append(Leg(tuple(numbers.get(code, 0) for code in codes)))
    for inner in group.groups:
        if inner not in places:
            report.error("group_unknown", (*path, "groups"), f"there is no group {inner!r}")
    within = None
    try:
        opening = [
            tuple(read_atom(one, numbers, challenges, zone) for one in text.split(" and ")) for text in group.opens
        ]
        within = None if group.within is None else span_ms(group.within)
    except ValueFault as fault:
        report.error("opening_malformed", (*path, "opens"), str(fault))
    return Group(
        code=name,
        name=group.name or name,
        order=_order(group),
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


def _order(group: game_file.Group) -> Order:
    if group.order == "shuffled":
        return Shuffled(random_bytes(16), group.pinned_first, group.pinned_last)
    orders: dict[str, Order] = {"free": Free(), "fixed": Fixed(), "rotated": Rotated()}
    return orders[group.order]
