"""Results: what the fold of a team's events comes to. Plain values; `scoring` makes them, `standings` orders them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from client_core.game.lines import Line
from client_core.game.statuses import Status
from client_core.game.verdicts import Accepted, Verdict

Judged = tuple[bytes, int, int, Verdict]
"""(event id, checkpoint number or -1, time as the device told it, verdict; a decision's says which kind it is)."""

Because = dict[bytes, tuple[bytes, ...]]
"""By event: the ids of the events and decisions that its verdict directly rests on."""


class Flag(StrEnum):
    """What staff should look at; a flag never changes a score."""

    CLOCK_AHEAD = "clock_ahead"  # a time half a day or more after the game closed
    CLOCK_BEHIND = "clock_behind"  # a time half a day or more before it opened
    CLOCK_SET_BACK = "clock_set_back"  # a time before that of an earlier event of the same device
    NO_ACCURACY = "no_accuracy"  # a fix whose receiver does not say how good it is counted
    UNWITNESSED = "unwitnessed"  # no node's clock bounds the time of the finish
    TIME_CONTRADICTED = "time_contradicted"  # a device's time, or a node's, cannot be true beside what others saw
    DISPUTED = "disputed"  # two decisions set the same thing and neither knew of the other
    AWAITS_JUDGING = "awaits_judging"  # an answer or photo waits for people


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A visit that is compared with other teams': a first finder's, or a capture.

    It happened at `at_ms`, for certain from `low_ms` to `high_ms`, as far as
    nodes witnessed it. `view` is the `HolderShown` event that the player saw.
    """

    checkpoint: int
    at_ms: int
    low_ms: int
    high_ms: int
    event: bytes
    view: bytes | None = None


class MemberResult(msgspec.Struct, frozen=True, gc=False):
    """What one member did: whether present in the team, how many visits, when done."""

    member: int
    status: Status
    visits: int
    finish_ms: int | None


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """What a team's remaining time comes from: the end of its limit, the time that does not count, credited time.

    Times that do not count yet have no end are ended at `clocking.OPEN_END_MS`, and `end_ms` waits with them.
    """

    end_ms: int
    neutral: tuple[tuple[int, int], ...]
    credit_ms: int


class TeamResult(msgspec.Struct, frozen=True):
    """What a team's events are worth.

    `points - penalties = score`. `points` are everything given, `penalties`
    everything taken, never more than the points where the game has a floor at
    zero; `late_points` are what the minutes beyond the limit cost by the rule.
    `time_ms` runs from the start to the finish, for an active team to its last
    visit that counted, less neutralised and credited time; None where a clock
    made it absurd. `visited` are the checkpoints that count, `missing` those a
    course lacks, `answered` the challenges answered rightly.

    `judged` holds every event in canonical order, `because` what verdicts rest
    on, `extras` the lines of no single event; all three are empty where the
    fold was asked not to keep them. `hints` and `wrong` count what cost;
    `last_points_ms` is the last visit or answer that paid; `estimate` the sum of
    distances of number answers from the right ones (None: there were none).
    `disputed` are decisions that lost to another one that did not know them.
    """

    team: bytes
    number: int
    points: int
    penalties: int
    score: int
    status: Status
    start_ms: int | None
    finish_ms: int | None
    time_ms: int | None
    visited: tuple[int, ...]
    late_minutes: int
    late_points: int
    flags: tuple[Flag, ...]
    events: int
    judged: tuple[Judged, ...]
    because: Because = {}
    extras: tuple[Line, ...] = ()
    categories: tuple[str, ...] = ()
    format: str | None = None
    missing: tuple[int, ...] = ()
    answered: tuple[int, ...] = ()
    hints: int = 0
    wrong: int = 0
    last_points_ms: int | None = None
    estimate: int | None = None
    members: tuple[MemberResult, ...] = ()
    disputed: tuple[bytes, ...] = ()
    claims: tuple[Claim, ...] = ()
    allowance: Allowance | None = None
    """None where the team has no limit or has not started."""
    merged_into: bytes | None = None
    """The team under which this one stands since staff merged them; it has no line of its own then."""


def visits_of(result: TeamResult) -> list[tuple[int, int, int]]:
    """(time, checkpoint, points) of each check-in that counts, in the order of their times; needs what was judged.

    Decisions name checkpoints too, and count; they are no visits.
    """
    return sorted(
        (at_ms, checkpoint, verdict.points)
        for _, checkpoint, at_ms, verdict in result.judged
        if checkpoint >= 0 and isinstance(verdict, Accepted) and getattr(verdict, "kind", -1) < 0
    )
