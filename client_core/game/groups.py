"""Groups: checkpoints that belong together, in what order they are played and when they open.

Groups nest two deep: a group's members are checkpoints, or groups of
checkpoints. An opening is an OR of ANDs of atoms, and every atom is monotone:
once true for a team it stays true, so an opening is never taken back. Whether a
group was open for a check-in is judged in the check-in's causal past.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import (
    CHECKPOINTS_MAX,
    TEAM_NUMBER_MAX,
    ChallengeNumber,
    Code,
    GroupNumber,
    Label,
    Number,
    Points,
    SignedPoints,
    SpanMs,
    TimeMs,
)

ATOMS_MAX = 100
ALTERNATIVES_MAX = 100


class Visited(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0):
    """The team visited this checkpoint."""

    checkpoint: Number


class Answered(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1):
    """The team answered this challenge rightly."""

    challenge: ChallengeNumber


class Earned(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=2):
    """Everything that ever paid the team sums to at least this; what was taken does not count."""

    points: Points


class Reached(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=3):
    """So much time passed since the team's start, or, where `absolute`, this time has come."""

    absolute: bool
    at_ms: TimeMs


Atom = Visited | Answered | Earned | Reached
Opening = Annotated[
    tuple[Annotated[tuple[Atom, ...], Meta(min_length=1, max_length=ATOMS_MAX)], ...], Meta(max_length=ATOMS_MAX)
]
"""Any of these, each of which asks for all of its atoms; empty: open from the start."""


class Free(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0):
    """Members in any order."""


class Fixed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1):
    """Members in the order they are listed in."""


class Rotated(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=2):
    """In cyclic order, each team from another member: team number n starts at member (n - 1) mod the count."""


class Shuffled(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=3):
    """Each team in an order of its own, drawn from its id and `salt`; the first and last so many keep their places."""

    salt: Annotated[bytes, Meta(min_length=16, max_length=16)]
    pinned_first: Annotated[int, Meta(ge=0, le=100)] = 0
    pinned_last: Annotated[int, Meta(ge=0, le=100)] = 0


class Given(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=4):
    """An order for each team number: positions in the member list. Teams that are not named play as listed."""

    orders: tuple[tuple[Annotated[int, Meta(ge=0, le=TEAM_NUMBER_MAX)], tuple[Number, ...]], ...]


Order = Free | Fixed | Rotated | Shuffled | Given


class Mode(IntEnum):
    """Whether an order binds while playing."""

    HUNT = 0
    """A member opens when the one before it is done; what is not open does not count."""
    SPORT = 1
    """Never enforced on the way; judged from all visits when the team finished: `missing_checkpoint`."""


class Advance(IntEnum):
    """When the next member of a group in order opens."""

    VISIT = 0
    """The one before is visited."""
    ANSWER = 1
    """All challenges of the one before are answered rightly or used up."""


class Leg(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One position of a course: any one of these checkpoints fills it."""

    any_of: Annotated[tuple[Number, ...], Meta(min_length=1, max_length=ALTERNATIVES_MAX)]


class Group(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Checkpoints (`legs`) or groups (`groups`) that belong together; exactly one of the two is not empty.

    `count_max` pays only so many visits, the earliest ones (any N of M; None:
    all). `complete_points` are paid once when `complete_count` members are done
    (None: all). `within_ms` bounds the time from the first to the last visit
    for that bonus (None: no bound). In an order, `skippable` members may be
    left out. A checkpoint stands in at most one group that a team may play: in
    several only where each is for categories of its own, as the courses of an
    orienteering event are. A team of two such categories plays the first.
    """

    code: Code
    name: Label
    order: Order = Free()
    mode: Mode = Mode.HUNT
    advance: Advance = Advance.VISIT
    legs: Annotated[tuple[Leg, ...], Meta(max_length=CHECKPOINTS_MAX)] = ()
    groups: Annotated[tuple[GroupNumber, ...], Meta(max_length=1_000)] = ()
    opening: Opening = ()
    count_max: Annotated[int, Meta(ge=1)] | None = None
    complete_points: SignedPoints = 0
    complete_count: Annotated[int, Meta(ge=1)] | None = None
    within_ms: SpanMs | None = None
    skippable: bool = False
    categories: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    """Codes of the categories that play this group; empty: all. A team in none of them finds it closed."""
