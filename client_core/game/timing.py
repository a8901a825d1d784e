"""When a team starts, how long it may play, what being late costs, how it finishes and how ties are broken."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import Number, Points, SpanMs, TimeMs


class MassStart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0):
    """All teams start at one time, but for those with a time of their own in the start list."""

    at_ms: TimeMs


class StartList(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1):
    """Each team starts at the time it is registered with; a team without one starts itself."""


class SelfStart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=2):
    """A team's time runs from its start action, or else from its first check-in that counts.

    With `until_ms` a team that has not started by then starts at that time.
    """

    until_ms: TimeMs | None = None


class IntervalStart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=3):
    """Teams start one after the other: the first team number at `first_ms`, each further number `every_ms` later."""

    first_ms: TimeMs
    every_ms: SpanMs
    first_number: Annotated[int, Meta(ge=0)] = 1


class CheckInStart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=4):
    """A team starts with its check-in at the start checkpoint; with `until_ms` at that time at the latest."""

    checkpoint: Number
    until_ms: TimeMs | None = None


class StaffStart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=5):
    """Only staff start a team (`decisions.Started`)."""


Start = MassStart | StartList | SelfStart | IntervalStart | CheckInStart | StaffStart
"""Of several starts of a team the earliest counts; one by staff beats all."""


class Beyond(IntEnum):
    """What happens to a team that comes later than the cut-off allows."""

    OVER_TIME = 0
    """It has no place."""
    ZERO = 1
    """Its score is zero, and it stands with the placed."""
    DISQUALIFIED = 2


class Doubt(IntEnum):
    """What a deadline makes of what nodes saw (`evidence`); without a witness the device's own time counts."""

    TEAM = 0
    """Late is only what is late by the device's time and by the witness: no wrong clock makes anybody late."""
    ESTIMATE = 1
    """The device's time, moved into the interval that nodes saw."""
    PROVEN = 2
    """The end of that interval: in time is what a node held in time."""


class TimeLimit(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How long a team may play and what being late costs.

    The limit is the earlier of the start plus `limit_ms` and `back_by_ms`, the
    time everybody must be back; at least one is given. `late_points` are taken
    for every started minute beyond it. Beyond `late_ms_max` more (None: never)
    `beyond` says what happens. `late_pays`: whether check-ins after the limit
    pay at all (they do in a rogaine, where the minutes cost). `doubt`: what
    counts where a device's clock is all that says when something was.
    """

    limit_ms: SpanMs | None
    late_points: Points
    late_ms_max: SpanMs | None
    back_by_ms: TimeMs | None = None
    beyond: Beyond = Beyond.OVER_TIME
    late_pays: bool = True
    doubt: Doubt = Doubt.TEAM


class FinishRule(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How a team ends its game.

    `checkpoint` is the number of the finish, None where a finish action ends
    it. A finish at a kiosk or by staff is final. One by a phone is withdrawn by
    a later check-in of the team within `resume_ms` (0: never withdrawn).
    """

    checkpoint: Number | None = None
    resume_ms: SpanMs = 0


class TieBreak(IntEnum):
    """What decides between equal scores; a game declares an order of them."""

    EARLIER_FINISH = 0
    ELAPSED_TIME = 1
    EARLIER_LAST_POINTS = 2
    """The earlier last event that paid."""
    FEWER_HINTS = 3
    FEWER_WRONG = 4
    NEAREST_ESTIMATE = 5
    """The smaller sum of distances of number answers from the right ones."""
    STAFF_DRAW = 6


class Ranking(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How standings are ordered.

    `by_time` ranks by time alone, the shorter first, among teams with status ok
    (line courses, hunts to the end). `dense`: after a shared place the next
    number follows; else it is skipped. `shared_uncertain`: teams whose times
    cannot be told apart share the better place or bonus; else the point
    estimates decide.
    """

    ties: Annotated[tuple[TieBreak, ...], Meta(max_length=8)] = (TieBreak.ELAPSED_TIME,)
    by_time: bool = False
    dense: bool = False
    shared_uncertain: bool = False
