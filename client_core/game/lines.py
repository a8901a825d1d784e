"""Lines: what every point of a result rests on. Codes, numbers and ids; `explaining` makes sentences of them."""

from __future__ import annotations

import msgspec

PAID = "paid"
COUNTED = "counted"
"""A start, a finish, a decision: it counts and pays nothing itself; `values`: the number of its kind (`actions`)."""
ANSWERED = "answered"
"""A right answer; `values`: how much of it is for speed."""
GRANTED = "granted"
"""A visit that staff granted."""
COMPLETE = "complete"
"""The bonus for a group; `values`: members done."""
ADJUSTED = "adjusted"
"""Points that staff gave or took."""
LATE = "late"
"""`values`: started minutes beyond the limit, and what each costs."""
ZEROED = "zeroed"
"""The whole score, taken for coming too late."""
FLOOR = "floor"
"""Given back so that the score is not below zero."""
MISSING = "missing"
"""A course lacks this checkpoint."""
FIRST = "first"
"""Extra points of a first finder; `values`: the place there."""
HELD = "held"
"""Points for holding a checkpoint; `values`: whole minutes."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of an explanation; the points of all lines sum to the score.

    `code` is one of the words above, or a `verdicts.Reason`; `values`
    are its numbers. `event` is the event or decision that the line is about,
    `because` the other events and decisions that it directly rests on: those
    without which it would not pay, and those for which it does not.
    `checkpoint`, `challenge`, `group` and `member` are numbers, `at_ms` the time
    since the Unix epoch as the device told it; each None where there is none.
    `text` is the reason that staff gave, as they wrote it.
    """

    code: str
    points: int
    values: tuple[int, ...] = ()
    event: bytes | None = None
    checkpoint: int | None = None
    at_ms: int | None = None
    because: tuple[bytes, ...] = ()
    challenge: int | None = None
    group: int | None = None
    member: int | None = None
    text: str = ""
