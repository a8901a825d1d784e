"""Verdicts: what the rules say of one action. Numbers and stable codes; sentences are made where people read them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why an action pays nothing, or costs. The codes are stable; what `values` holds stands beside each."""

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
    NOT_THIS_TEAM = "not_this_team"  # what no rule judges, such as an SOS, or a server's action in a team's stream
    UNKNOWN_KIND = "unknown_kind"  # the kind: held for a newer program
    MALFORMED = "malformed"  # -
    WRONG_ROLE = "wrong_role"  # the author's role: it may not say this
    ACCURACY_UNKNOWN = "accuracy_unknown"  # -
    CLOSED = "closed"  # the visit's time, ms: outside the checkpoint's hours
    DWELL_TOO_SHORT = "dwell_too_short"  # how long it lasted and must last, ms
    MEMBER_UNKNOWN = "member_unknown"  # the member's number, -1 where the device is nobody's
    NOT_ALL_THERE = "not_all_there"  # how many members were there and must be
    NOT_OPEN = "not_open"  # the group's number, and the position that is next in it (-1: the group is closed)
    NOT_IN_FORMAT = "not_in_format"  # the team's format or category does not play this checkpoint
    OUT_OF_ORDER = "out_of_order"  # the group's number
    LEG_FILLED = "leg_filled"  # the group's number: another alternative was visited
    COUNT_REACHED = "count_reached"  # the group's number and how many pay
    VISIT_VOIDED = "visit_voided"  # taken by staff, or its checkpoint was voided
    WITHDRAWN = "withdrawn"  # a finish taken back by a later check-in, at, ms
    STOPPED = "stopped"  # when the game was stopped, ms
    NO_TEAM_START = "no_team_start"  # this game is started otherwise
    UNKNOWN_CHALLENGE = "unknown_challenge"  # its number
    CHALLENGE_VOIDED = "challenge_voided"  # -
    NOT_VISITED = "not_visited"  # the checkpoint where it is asked
    WRONG_ANSWER = "wrong_answer"  # -
    ANSWERED_BEFORE = "answered_before"  # -
    TRIES_USED = "tries_used"  # different wrong answers, and tries
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a code; values: -
    AWAITS_JUDGING = "awaits_judging"  # -
    JUDGED_WRONG = "judged_wrong"  # -
    REPLACED = "replaced"  # by a later photo
    HINT_TAKEN = "hint_taken"  # the hint's number: what it costs
    HINT_UNKNOWN = "hint_unknown"  # its number
    HINT_TOO_EARLY = "hint_too_early"  # from when it may be had, ms
    HINT_OUT_OF_ORDER = "hint_out_of_order"  # the hint that comes first
    BLOCKED = "blocked"  # until when nobody else could take it, ms
    OVERRULED = "overruled"  # a decision that another one beats
    UNDONE = "undone"  # a decision that was undone
    OTHER_MEMBER = "other_member"  # the member's number: the team has the result of another, its lowest


REASON_NUMBERS = {reason: number for number, reason in enumerate(Reason, 1)}
"""The numbers that stand for reasons in digests; 0 is "accepted". Reasons are only ever added at the end."""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The action counts and pays this many points."""

    points: int


class Remarked(Accepted, frozen=True, gc=False):
    """Accepted, with what explains it: the number of the action's kind, numbers, the reason that staff gave."""

    kind: int = -1
    values: tuple[int, ...] = ()
    reason: str = ""


class Refused(msgspec.Struct, frozen=True, gc=False):
    """The action stays in the log and pays nothing."""

    reason: Reason
    values: tuple[int, ...] = ()


class Covered(Refused, frozen=True, gc=False):
    """Refused on a device because another one was there before: kept, for that other visit may yet come to nothing."""


class Charged(msgspec.Struct, frozen=True, gc=False):
    """The action counts against the team: a wrong answer, a hint. `points` is what it costs, 0 or more."""

    reason: Reason
    points: int
    values: tuple[int, ...] = ()


Verdict = Accepted | Refused | Charged

KEPT_REASONS = frozenset(
    {
        *(Reason.NOT_STARTED, Reason.FINISHED, Reason.AFTER_LIMIT, Reason.STOPPED, Reason.CLOSED),
        *(Reason.NOT_ALL_THERE, Reason.MEMBER_UNKNOWN, Reason.OTHER_MEMBER),
        *(Reason.NOT_OPEN, Reason.NOT_IN_FORMAT, Reason.OUT_OF_ORDER, Reason.LEG_FILLED, Reason.COUNT_REACHED),
        *(Reason.VISIT_VOIDED, Reason.CHALLENGE_VOIDED, Reason.BLOCKED),
        *(Reason.AWAITS_JUDGING, Reason.TRIES_USED),
    }
)
"""Refused for what stands around it: the time, the rest of the team, what is open, who judges. The evidence is good,
and what others did or staff decide may make it pay. Refused for the evidence (outside, wrong code) or as a repetition,
the player simply does it again, better."""


def is_kept(verdict: Verdict) -> bool:
    """Whether a device keeps an action with this verdict: what counts, what costs, and what may count yet."""
    return not isinstance(verdict, Refused) or type(verdict) is Covered or verdict.reason in KEPT_REASONS
