"""Explaining: every point of a result, line by line, and the sentences for it.

The lines' points sum to the score. Lines carry codes and numbers; `sentence`
renders them in English for command lines, other languages render their own.
"""

from __future__ import annotations

import msgspec

from client_core.game.checkpoints import Method
from client_core.game.rules import Rules
from client_core.game.scoring import MINUTE_MS, TeamResult
from client_core.game.verdicts import Accepted, Reason, Refused, Verdict

PAID = "paid"
COUNTED = "counted"
"""A start or finish action, which counts and pays nothing."""
LATE = "late"
FLOOR = "floor"


class Line(msgspec.Struct, frozen=True):
    """One line of an explanation.

    `code` is `paid`, `counted`, a `Reason`, `late` (values: started minutes) or
    `floor` (given back so that the score is not below zero). `event` is the
    event's id, `checkpoint` a number, `at_ms` the time since the Unix epoch as
    the device told it; each None where there is none.
    """

    code: str
    points: int
    values: tuple[int, ...] = ()
    event: bytes | None = None
    checkpoint: int | None = None
    at_ms: int | None = None


def explain(result: TeamResult) -> list[Line]:
    """A line for every event, in canonical order, then what being late took.

    Asks for a result whose fold kept what it judged.
    """
    assert len(result.judged) == result.events, "folded with keep_judged=False"
    lines = [_line(*judged) for judged in result.judged]
    if result.late_points:
        lines.append(Line(LATE, -result.late_points, (result.late_minutes,)))
    if result.late_points > result.penalties:
        lines.append(Line(FLOOR, result.late_points - result.penalties))
    return lines


def sentence(rules: Rules, line: Line) -> str:
    """The line in English, without its points and time."""
    where = ""
    if line.checkpoint is not None and line.checkpoint < len(rules.codes):
        where = f"checkpoint {rules.codes[line.checkpoint]}"
    if line.code in _PLAIN:
        return _PLAIN[line.code].format(where=where)
    a, b = (*line.values, 0, 0)[:2]
    if line.code == LATE:
        return f"{a} started minutes over the limit of {_minutes(rules)}"
    if line.code == Reason.OUTSIDE_FENCE:
        reach = f"its fence reaches {_metres(b)}" if b else "outside its fence"
        return f"{where}: {_metres(a)} away, {reach}"
    if line.code == Reason.ACCURACY_TOO_POOR:
        return f"{where}: the position was only known to {_metres(a)}, {_metres(b)} is needed"
    if line.code == Reason.METHOD_NOT_ALLOWED:
        return f"{where}: check-ins by {METHOD_NAMES[Method(a)]} are not allowed here"
    if line.code == Reason.UNKNOWN_CHECKPOINT:
        return f"there is no checkpoint number {a} in this game"
    if line.code == Reason.UNKNOWN_KIND:
        return f"an action of kind {a}, which this program is too old to know"
    return f"{where}: {line.code}" if where else line.code


METHOD_NAMES = {
    Method.GPS: "gps",
    Method.QR: "qr",
    Method.CODE: "code",
    Method.KIOSK: "kiosk",
    Method.STAFF: "staff",
    Method.PAPER: "paper",
}

_PLAIN = {
    PAID: "{where}",
    COUNTED: "start or finish",
    FLOOR: "a score is not less than zero",
    Reason.NOT_STARTED: "{where}: before the team's start",
    Reason.FINISHED: "{where}: after the team's finish",
    Reason.AFTER_LIMIT: "{where}: after the time in which it pays",
    Reason.ALREADY_VISITED: "{where}: visited before",
    Reason.NO_POSITION: "{where}: no position",
    Reason.WRONG_CODE: "{where}: another code stands there",
    Reason.ALREADY_STARTED: "the team had started already",
    Reason.FINISH_IS_A_CHECKPOINT: "this game ends at its finish checkpoint",
    Reason.NOT_THIS_TEAM: "says nothing about this team's play",
    Reason.MALFORMED: "not an action: damaged, or written by a faulty program",
}


def refusal(rules: Rules, checkpoint: int | None, refused: Refused) -> str:
    """Why an action just made was refused, in English; `checkpoint` is its number, None for a start or finish."""
    return sentence(rules, Line(refused.reason, 0, refused.values, None, checkpoint))


def _line(event: bytes, checkpoint: int, at_ms: int, verdict: Verdict) -> Line:
    place = None if checkpoint < 0 else checkpoint
    if isinstance(verdict, Accepted):
        return Line(COUNTED if place is None else PAID, verdict.points, (), event, place, at_ms)
    return Line(verdict.reason, 0, verdict.values, event, place, at_ms)


def _metres(mm: int) -> str:
    return f"{-(-mm // 1000)} m"


def _minutes(rules: Rules) -> str:
    limit = rules.package.limit
    return f"{limit.limit_ms // MINUTE_MS if limit and limit.limit_ms else 0} minutes"
