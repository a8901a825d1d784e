"""Statuses: where a team or a member stands, by the words and meanings of IOF 3.0 `ResultStatus`.

A status is derived from events, unless staff set another (`decisions.StatusSet`).
That nothing was heard of a team is `inactive`; that it did not start is a thing
only people know.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a team or a member stands. The order is no rank: `RANKS` is."""

    INACTIVE = "inactive"
    """Nothing was heard of it."""
    ACTIVE = "active"
    """It plays."""
    FINISHED = "finished"
    """It is done, and something of it still waits for people to judge it."""
    OK = "ok"
    MISSING_CHECKPOINT = "missing_checkpoint"
    OVER_TIME = "over_time"
    DID_NOT_FINISH = "did_not_finish"
    SPORTING_WITHDRAWAL = "sporting_withdrawal"
    """It gave up to help others or for a reason staff accept."""
    DISQUALIFIED = "disqualified"
    DID_NOT_START = "did_not_start"
    DID_NOT_ENTER = "did_not_enter"
    CANCELLED = "cancelled"
    NOT_COMPETING = "not_competing"
    """It plays outside the competition: a result and no place."""


STATUS_NUMBERS = {status: number for number, status in enumerate(Status)}
"""The numbers that stand for statuses in decisions and digests; statuses are only ever added at the end."""
STATUS_BY_NUMBER = {number: status for status, number in STATUS_NUMBERS.items()}

RANKS = {
    Status.OK: 0,
    Status.FINISHED: 0,
    Status.ACTIVE: 1,
    Status.NOT_COMPETING: 2,
    Status.MISSING_CHECKPOINT: 3,
    Status.OVER_TIME: 4,
    Status.DID_NOT_FINISH: 5,
    Status.SPORTING_WITHDRAWAL: 6,
    Status.DISQUALIFIED: 7,
    Status.INACTIVE: 8,
    Status.DID_NOT_START: 9,
    Status.DID_NOT_ENTER: 10,
    Status.CANCELLED: 11,
}
"""Standings list statuses in this order, and each by its result: who finished stands before who still plays."""
PLACED = frozenset({Status.OK, Status.FINISHED, Status.ACTIVE})
"""Statuses that have a place."""
