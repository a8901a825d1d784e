"""Courses: the order in which a team plays a group, and what of a course its visits fill.

An order is a tuple of positions in the group's list of members. Drawing one is
a shuffle by integers from SHA-256, pinned here for ever.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Sequence

from client_core.game.groups import Free, Given, Group, Order, Rotated, Shuffled

SHUFFLE_CONTEXT = b"wayfold/1/shuffle\x00"


def order_of(group: Group, team: bytes, number: int) -> tuple[int, ...]:
    """The order in which a team plays the group's members, as positions in their list."""
    return arranged(group.order, len(group.legs) or len(group.groups), team, number)


def arranged(order: Order, count: int, team: bytes, number: int) -> tuple[int, ...]:
    """The same for `count` members."""
    listed = tuple(range(count))
    if isinstance(order, Rotated) and count:
        first = (number - 1) % count
        return listed[first:] + listed[:first]
    if isinstance(order, Shuffled):
        return shuffled(order, count, team)
    if isinstance(order, Given):
        for named, positions in order.orders:
            if named == number and sorted(positions) == list(listed):
                return tuple(positions)
    return listed


def shuffled(order: Shuffled, count: int, team: bytes) -> tuple[int, ...]:
    """A draw for one team: Fisher-Yates from the end, the pinned members left where they are.

    Step i takes the place (256-bit integer of SHA-256(context, salt, team, i))
    mod (i + 1); the bias of that is below 2^-200.
    """
    first = min(order.pinned_first, count)
    last = max(first, count - order.pinned_last)
    middle = list(range(first, last))
    for i in range(len(middle) - 1, 0, -1):
        drawn = hashlib.sha256(SHUFFLE_CONTEXT + order.salt + team + i.to_bytes(4, "big")).digest()
        other = int.from_bytes(drawn, "big") % (i + 1)
        middle[i], middle[other] = middle[other], middle[i]
    return (*range(first), *middle, *range(last, count))


def is_free(group: Group) -> bool:
    """Whether the members may be played in any order."""
    return isinstance(group.order, Free)


def filled(visits: Sequence[Sequence[int]]) -> dict[int, int]:
    """Which visit fills which rank of a course, as many as one order allows: by rank the visit's index.

    `visits` are in their order in time, each with the ranks (places in the
    team's order) that it could fill. Of several longest runs the one whose
    visits come earliest counts, so that a visit which is not in it changes
    nothing.
    """
    starts: list[int] = []  # by length - 1, negated: the highest rank from which a run of that length starts
    length_at: list[list[tuple[int, int]]] = []  # by visit: (rank, the longest run that starts with it there)
    for ranks in reversed(visits):
        found = [(rank, bisect_left(starts, -rank)) for rank in sorted(set(ranks))]
        for rank, length in found:
            if length == len(starts):
                starts.append(-rank)
            else:
                starts[length] = min(starts[length], -rank)
        length_at.append([(rank, length + 1) for rank, length in found])
    length_at.reverse()
    run: dict[int, int] = {}
    needed, latest = len(starts), -1
    for index, options in enumerate(length_at):
        fits = next((rank for rank, length in options if length >= needed and rank > latest), None)
        if needed and fits is not None:
            run[fits] = index
            latest, needed = fits, needed - 1
    return run
