"""Verdicts: what the rules say of one action. Numbers and stable codes; sentences are made where people read them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why an action pays nothing. The codes are stable; what `Refused.values` holds stands beside each."""

    UNKNOWN_CHECKPOINT = "unknown_checkpoint"  # its number
    NOT_STARTED = "not_started"  # the time it may be made from, ms
    FINISHED = "finished"  # when the team finished, ms
    AFTER_LIMIT = "after_limit"  # the last moment that paid, ms
    ALREADY_VISITED = "already_visited"  # -
    METHOD_NOT_ALLOWED = "method_not_allowed"  # the method
    NO_POSITION = "no_position"  # -
    ACCURACY_TOO_POOR = "accuracy_too_poor"  # the fix's accuracy and the worst allowed, mm
    OUTSIDE_FENCE = "outside_fence"  # distance (to the centre, or to a polygon's edge) and radius (0), mm
    WRONG_CODE = "wrong_code"  # -
    ALREADY_STARTED = "already_started"  # when, ms
    FINISH_IS_A_CHECKPOINT = "finish_is_a_checkpoint"  # its number
    NOT_THIS_TEAM = "not_this_team"  # a server's action in a team's stream: says nothing about play
    UNKNOWN_KIND = "unknown_kind"  # the kind: held for a newer program
    MALFORMED = "malformed"  # -


REASON_NUMBERS = {reason: number for number, reason in enumerate(Reason, 1)}
"""The numbers that stand for reasons in digests; 0 is "accepted". Reasons are only ever added at the end."""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The action counts and pays this many points."""

    points: int


class Refused(msgspec.Struct, frozen=True, gc=False):
    """The action stays in the log and pays nothing."""

    reason: Reason
    values: tuple[int, ...] = ()


Verdict = Accepted | Refused
