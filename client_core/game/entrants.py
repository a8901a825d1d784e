"""Who plays, as the rules see them: what a visit of a team is, categories of members, formats of a game.

A member is known to the rules by number, birth year, sex and the labels staff
gave; names stand elsewhere, where they can be erased.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import MEMBERS_MAX, Code, Label, MemberNumber, Number, SpanMs, TimeMs
from client_core.game.timing import Start, TimeLimit


class Presence(IntEnum):
    """What a visit of a team is made of, where several devices, badges or cards report for it."""

    UNION = 0
    """Any of them was there."""
    ALL = 1
    """All active members were there within `MemberRule.within_ms`; the time is the last one's."""
    LOWEST = 2
    """Each member is scored alone; the team has the result of its lowest member."""
    K_OF_N = 3
    """At least `MemberRule.k` members were there within `within_ms`."""


class TeamTime(IntEnum):
    """Whose finish ends the team's time."""

    LAST = 0
    FIRST = 1


class MemberRule(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a visit and a finish of a team are. `within_ms` of 0 sets no bound."""

    presence: Presence = Presence.UNION
    within_ms: SpanMs = 0
    k: Annotated[int, Meta(ge=1, le=MEMBERS_MAX)] = 1
    time: TeamTime = TeamTime.LAST


class PlaysFor(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=14):
    """A device says for which members of its team it reports from here on; none: for nobody any more."""

    at_ms: TimeMs
    members: Annotated[tuple[MemberNumber, ...], Meta(max_length=MEMBERS_MAX)]


class Sex(IntEnum):
    """As entered for categories; nothing else asks for it."""

    UNSTATED = 0
    FEMALE = 1
    MALE = 2
    OTHER = 3


class Category(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A set of teams, by what their members are; a condition left None asks for nothing.

    Ages are those reached in the year of the game's opening. `age_min` and
    `age_max` bound every member's; `age_sum_min` the sum. `female_min` and
    `male_min` count members, so a mixed team has both at least 1; `sex` asks it
    of every member. `assigned_only`: only teams that staff or their entry put
    into it. `format` names the format it plays.
    """

    code: Code
    name: Label
    age_min: int | None = None
    age_max: int | None = None
    age_sum_min: int | None = None
    size_min: int | None = None
    size_max: int | None = None
    female_min: int | None = None
    male_min: int | None = None
    sex: Sex | None = None
    assigned_only: bool = False
    format: Code | None = None


class Format(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A way to play the same game: 4 hours, 8 hours, 24 hours. What is None is as in the game.

    `checkpoints` are the numbers that pay in it, None: all.
    """

    code: Code
    name: Label
    start: Start | None = None
    limit: TimeLimit | None = None
    checkpoints: tuple[Number, ...] | None = None
