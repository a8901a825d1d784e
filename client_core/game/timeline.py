"""The timeline of one team: when it started, what time does not count, when it is late, when it was done.

Every function here is a rule: plain integers in, an answer out. Times are
milliseconds since the Unix epoch; a span (from, to) holds its first moment and
not its last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from client_core.game.roles import Role
from client_core.game.timing import (
    CheckInStart,
    IntervalStart,
    MassStart,
    SelfStart,
    StaffStart,
    Start,
    StartList,
    TimeLimit,
)

MINUTE_MS = 60_000

Spans = tuple[tuple[int, int], ...]
"""Sorted spans that do not touch."""
Timed = tuple[int, bytes]
"""When, and by which event or decision; an empty id where the package says it."""


class Attempt(NamedTuple):
    """Somebody of the team says it is done.

    `at_ms` and `place` order it among the team's events; `told_ms` is the time
    that is charged: what the device said, not later than a node held it.
    """

    at_ms: int
    place: int
    event: bytes
    role: int
    told_ms: int = 0


def set_start(start: Start, number: int, listed_ms: int | None) -> int | None:
    """The start that the package and the start list give a team, before it did anything; None: it starts itself."""
    if isinstance(start, MassStart):
        return start.at_ms if listed_ms is None else listed_ms
    if isinstance(start, StartList):
        return listed_ms
    if isinstance(start, IntervalStart):
        return start.first_ms + (number - start.first_number) * start.every_ms
    return start.until_ms if isinstance(start, SelfStart | CheckInStart) else None


def starts_itself(start: Start, listed_ms: int | None) -> bool:
    """Whether a start action or a first check-in of the team starts its time."""
    return isinstance(start, SelfStart) or (isinstance(start, StartList) and listed_ms is None)


def waits_for_staff(start: Start) -> bool:
    """Whether nothing but a decision starts the team."""
    return isinstance(start, StaffStart)


def started(ruled: Timed | None, set_ms: int | None, own: Iterable[Timed]) -> Timed | None:
    """Of several starts the earliest counts; one by staff beats all. None: not started."""
    if ruled is not None:
        return ruled
    candidates = [*own, *([(set_ms, b"")] if set_ms is not None else [])]
    return min(candidates, default=None)


def merged_spans(spans: Iterable[tuple[int, int]]) -> Spans:
    """Spans that overlap or touch become one, so that no time counts twice."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if high <= low:
            continue
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def spent_ms(spans: Spans, from_ms: int, to_ms: int) -> int:
    """How much of the time between lies in the spans."""
    return sum(max(0, min(high, to_ms) - max(low, from_ms)) for low, high in spans)


def counted_ms(spans: Spans, from_ms: int, to_ms: int) -> int:
    """The time between that counts; negative where `to_ms` is earlier."""
    return to_ms - from_ms - spent_ms(spans, from_ms, to_ms)


def after(spans: Spans, from_ms: int, counted: int) -> int:
    """The moment by which so much time that counts has passed."""
    at_ms = from_ms + counted
    for low, high in spans:
        if high > from_ms and low < at_ms:
            at_ms += high - max(low, from_ms)
    return at_ms


def limit_end(
    limit: TimeLimit, start_ms: int, spans: Spans, ruled: tuple[int, bool] | None, *, together: bool
) -> int | None:
    """When the team's time is over: the earlier of its own duration and the time to be back by.

    `ruled` is a new end that staff set, and whether for this team or its
    category alone: it takes the place of the time to be back by; and of the
    duration too where it is said of this team, or where everybody started
    `together`, so that the duration is nothing but an end for all. Neutralised
    time moves what the package says, never what staff said: that is a state.
    """
    own = None if limit.limit_ms is None else after(spans, start_ms, limit.limit_ms)
    if ruled is not None:
        end_ms, narrow = ruled
        return end_ms if own is None or narrow or together else min(own, end_ms)
    back = None if limit.back_by_ms is None else after(spans, start_ms, max(0, limit.back_by_ms - start_ms))
    ends = [end for end in (own, back) if end is not None]
    return min(ends, default=None)


def left_ms(spans: Spans, end_ms: int, at_ms: int, credit_ms: int) -> int:
    """How much time a team has left: what counts until the end, and what was credited; negative once it is late."""
    until_ms = counted_ms(spans, at_ms, end_ms) if at_ms <= end_ms else -counted_ms(spans, end_ms, at_ms)
    return until_ms + credit_ms


def late_ms(spans: Spans, end_ms: int, at_ms: int, credit_ms: int) -> int:
    """How much too late: time after the end that counts, less what was credited.

    Time that staff added makes late also somebody who came before the end.
    """
    return max(0, -left_ms(spans, end_ms, at_ms, credit_ms))


def started_minutes(late: int) -> int:
    """Minutes that were begun: 1 ms is one, 60 s is one, 61 s are two."""
    return -(-late // MINUTE_MS)


def elapsed_ms(spans: Spans, start_ms: int, at_ms: int, credit_ms: int, longest_ms: int) -> int | None:
    """A team's time: what counts of it, less credits; None where no game of this length can have it."""
    if not 0 <= at_ms - start_ms <= longest_ms:
        return None
    return max(0, counted_ms(spans, start_ms, at_ms) - credit_ms)


def finish_of(
    attempts: Sequence[Attempt], played_on: Sequence[tuple[int, int, bytes]], resume_ms: int
) -> tuple[Attempt | None, list[tuple[Attempt, bytes]]]:
    """The finish that stands, and those that were withdrawn, each with the check-in that withdrew it.

    `played_on` are (at, place, event) of check-ins elsewhere that hold. A finish
    by a kiosk or staff is final; one by a phone is withdrawn by a later check-in
    within `resume_ms` (0: never). Both are given in order of time.
    """
    withdrawn: list[tuple[Attempt, bytes]] = []
    for attempt in attempts:
        if attempt.role >= Role.KIOSK or resume_ms == 0:
            return attempt, withdrawn
        mine = (attempt.at_ms, attempt.place)
        by = next(
            (event for at, place, event in played_on if mine < (at, place) and at <= attempt.at_ms + resume_ms), None
        )
        if by is None:
            return attempt, withdrawn
        withdrawn.append((attempt, by))
    return None, withdrawn


def finish_of_members(finishes: Sequence[Attempt], needed: int, *, first: bool) -> Attempt | None:
    """When a team of members is done: with its first finish, or with the last of so many that are needed."""
    ordered = sorted(finishes)
    if first:
        return ordered[0] if ordered else None
    return ordered[needed - 1] if 0 < needed <= len(ordered) else None
