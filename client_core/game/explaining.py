"""Explaining: every point of a result, line by line, and the sentences for it.

The lines' points sum to the score. Lines carry codes, numbers and ids;
`sentence` renders them in English for command lines, other languages render
their own. A line's `because` names what it directly rests on; what it rests on
through other lines is found by following them (`rests_on`).
"""

from __future__ import annotations

from collections.abc import Iterable

from client_core.game.checkpoints import Method
from client_core.game.lines import (
    ADJUSTED,
    ANSWERED,
    COMPLETE,
    COUNTED,
    FIRST,
    FLOOR,
    GRANTED,
    HELD,
    LATE,
    MISSING,
    PAID,
    ZEROED,
    Line,
)
from client_core.game.results import TeamResult
from client_core.game.rules import Rules
from client_core.game.verdicts import Charged, Reason, Refused, Remarked, Verdict


def explain(result: TeamResult) -> list[Line]:
    """A line for every event, in canonical order, then those of no single event.

    Asks for a result whose fold kept what it judged.
    """
    assert len(result.judged) == result.events, "folded with keep_judged=False"
    rests_on_by_event = result.because.get
    lines = [
        Line(verdict.reason, 0, verdict.values, event, about, at_ms, rests_on_by_event(event, ()))
        if about >= 0 and type(verdict) is Refused  # the most usual line
        else _line(event, about, at_ms, verdict, rests_on_by_event(event, ()))
        for event, about, at_ms, verdict in result.judged
    ]
    lines += result.extras
    return lines


def _line(event: bytes, about: int, at_ms: int, verdict: Verdict, because: tuple[bytes, ...]) -> Line:
    """The line of one event."""
    checkpoint, challenge = (about, None) if about >= 0 else (None, -2 - about if about < -1 else None)
    if isinstance(verdict, Refused):
        return Line(verdict.reason, 0, verdict.values, event, checkpoint, at_ms, because, challenge)
    if isinstance(verdict, Charged):
        return Line(verdict.reason, -verdict.points, verdict.values, event, checkpoint, at_ms, because, challenge)
    code = PAID if checkpoint is not None else ANSWERED if challenge is not None else COUNTED
    values: tuple[int, ...] = ()
    text = ""
    if isinstance(verdict, Remarked):
        code, values = (COUNTED, (verdict.kind,)) if verdict.kind >= 0 else (code, verdict.values)
        text = verdict.reason
    return Line(code, verdict.points, values, event, checkpoint, at_ms, because, challenge, text=text)


def rests_on(lines: Iterable[Line], line: Line) -> frozenset[bytes]:
    """Every event and decision that a line rests on, directly or through the lines of those."""
    by_event: dict[bytes, list[Line]] = {}
    for other in lines:
        if other.event is not None:
            by_event.setdefault(other.event, []).append(other)
    found: set[bytes] = set()
    waiting = [*line.because, *([line.event] if line.event is not None else [])]
    while waiting:
        event = waiting.pop()
        if event not in found:
            found.add(event)
            waiting += [cause for other in by_event.get(event, ()) for cause in other.because]
    return frozenset(found)


def sentence(rules: Rules, line: Line) -> str:
    """The line in English, without its points and time."""
    a, b = (*line.values, 0, 0)[:2]
    if line.code == COUNTED:
        text = _COUNTED.get(a, "start, finish or decision").format(where=_where(rules, line) or "staff")
        return f"{text} ({line.text})" if line.text else text
    words = {
        "where": _where(rules, line),
        "a": a,
        "b": b,
        "a_m": _metres(a),
        "b_m": _metres(b),
        "method": METHOD_NAMES.get(a, str(a)),
        "count": _count(a, _COUNTED_THINGS.get(line.code, "")),
        "each": _count(b, "point"),
        "next": a + 1,
        "which": f", number {b + 1} of {_group(rules, a)} comes first" if b >= 0 and len(line.values) > 1 else "",
        "fast": f", {a} of it for speed" if a else "",
        "group": _group(rules, line.group if line.group is not None else a),
        "seconds": -(-a // 1000),
        "needed": -(-b // 1000),
    }
    if line.code == Reason.OUTSIDE_FENCE:
        reach = f"its fence reaches {_metres(b)}" if b else "outside its fence"
        return f"{words['where']}: {_metres(a)} away, {reach}"
    template = _SENTENCES.get(line.code)
    text = template.format(**words) if template is not None else line.code
    return text.removeprefix(": ")


METHOD_NAMES: dict[int, str] = {
    Method.GPS: "gps",
    Method.QR: "qr",
    Method.CODE: "code",
    Method.KIOSK: "kiosk",
    Method.STAFF: "staff",
    Method.PAPER: "paper",
}

_COUNTED: dict[int, str] = {
    1: "start",
    2: "finish",
    5: "{where}: opened",
    8: "gave up",
    14: "a phone said whose it is",
    32: "{where}: voided by staff",
    33: "{where}: voided by staff",
    34: "{where}: visit granted by staff",
    35: "{where}: visit taken by staff",
    36: "points by staff",
    37: "time credited by staff",
    38: "{where}: an answer decided by staff, for all",
    39: "an answer judged",
    40: "new time to be back",
    41: "the game is stopped",
    42: "time that does not count",
    43: "teams merged by staff",
    44: "a device moved to another team by staff",
    45: "category set by staff",
    46: "status set by staff",
    47: "lots drawn",
    48: "start set by staff",
    49: "a group opened by staff",
    50: "a decision taken back",
}
"""By the numbers of the kinds of actions (`actions`, `decisions`)."""

_COUNTED_THINGS: dict[str, str] = {
    LATE: "started minute",
    HELD: "minute",
    Reason.TRIES_USED: "different wrong answer",
}

_SENTENCES: dict[str, str] = {
    PAID: "{where}",
    ANSWERED: "{where}: right{fast}",
    GRANTED: "{where}: granted by staff",
    COMPLETE: "{group}: complete with {a}",
    ADJUSTED: "points by staff",
    LATE: "late by {count}, {each} each",
    ZEROED: "too late: nothing counts",
    FLOOR: "a score is not less than zero",
    MISSING: "{where}: missing",
    FIRST: "{where}: team number {a} there",
    HELD: "{where}: held for {count}",
    Reason.UNKNOWN_CHECKPOINT: "there is no checkpoint number {a} in this game",
    Reason.NOT_STARTED: "{where}: before the team's start",
    Reason.FINISHED: "{where}: after the team's finish",
    Reason.AFTER_LIMIT: "{where}: after the time in which it pays",
    Reason.ALREADY_VISITED: "{where}: visited before",
    Reason.METHOD_NOT_ALLOWED: "{where}: check-ins by {method} are not allowed here",
    Reason.NO_POSITION: "{where}: no position",
    Reason.ACCURACY_TOO_POOR: "{where}: the position was only known to {a_m}, {b_m} is needed",
    Reason.WRONG_CODE: "{where}: not the code that stands there",
    Reason.ALREADY_STARTED: "the team had started already",
    Reason.FINISH_IS_A_CHECKPOINT: "this game ends at its finish checkpoint",
    Reason.NOT_THIS_TEAM: "is no part of the score",
    Reason.UNKNOWN_KIND: "an action of kind {a}, which this program is too old to know",
    Reason.MALFORMED: "not an action: damaged, or written by a faulty program",
    Reason.WRONG_ROLE: "{where}: only staff of a higher role may say this",
    Reason.ACCURACY_UNKNOWN: "{where}: the receiver does not say how good its position is",
    Reason.CLOSED: "{where}: not within its opening hours",
    Reason.DWELL_TOO_SHORT: "{where}: stayed {seconds} s, {needed} s are needed",
    Reason.MEMBER_UNKNOWN: "{where}: nobody of the team is known to have been there",
    Reason.NOT_ALL_THERE: "{where}: {a} of the team there by then, {b} are needed",
    Reason.NOT_OPEN: "{where}: not open yet, for all its phone knew{which}",
    Reason.NOT_IN_FORMAT: "{where}: does not belong to what this team plays",
    Reason.OUT_OF_ORDER: "{where}: out of order",
    Reason.LEG_FILLED: "{where}: another one was visited in its stead",
    Reason.COUNT_REACHED: "{where}: only the first {b} of {group} pay",
    Reason.VISIT_VOIDED: "{where}: does not count, staff decided",
    Reason.WITHDRAWN: "{where}: no finish, the team played on",
    Reason.STOPPED: "{where}: after the early end of the game",
    Reason.NO_TEAM_START: "teams do not start themselves in this game",
    Reason.UNKNOWN_CHALLENGE: "there is no challenge number {a} in this game",
    Reason.CHALLENGE_VOIDED: "{where}: taken out of the game by staff",
    Reason.NOT_VISITED: "{where}: its checkpoint was not visited before",
    Reason.WRONG_ANSWER: "{where}: wrong",
    Reason.ANSWERED_BEFORE: "{where}: answered rightly before",
    Reason.TRIES_USED: "{where}: after {count}, {b} are allowed",
    Reason.WRONG_SECRET: "{where}: the code of the place does not open it",
    Reason.AWAITS_JUDGING: "{where}: waits for somebody to judge it",
    Reason.JUDGED_WRONG: "{where}: judged wrong",
    Reason.REPLACED: "{where}: another one counts in its stead",
    Reason.HINT_TAKEN: "{where}: hint {next}",
    Reason.HINT_UNKNOWN: "{where}: there is no hint {next}",
    Reason.HINT_TOO_EARLY: "{where}: the hint was not to be had yet",
    Reason.HINT_OUT_OF_ORDER: "{where}: hint {next} comes first",
    Reason.BLOCKED: "{where}: held by another team that had just taken it",
    Reason.OVERRULED: "a decision that another one beats",
    Reason.OTHER_MEMBER: "{where}: another member's; the team has the result of its lowest",
    Reason.UNDONE: "a decision that was taken back",
}


def refusal(rules: Rules, checkpoint: int | None, refused: Refused | Charged) -> str:
    """Why an action just made was refused, in English; `checkpoint` is its number, None for a start or finish."""
    return sentence(rules, Line(refused.reason, 0, refused.values, None, checkpoint))


def _where(rules: Rules, line: Line) -> str:
    package = rules.package
    if line.checkpoint is not None and line.checkpoint < len(rules.codes):
        return f"checkpoint {rules.codes[line.checkpoint]}"
    if line.challenge is not None and line.challenge < len(package.challenges):
        return f"challenge {package.challenges[line.challenge].code}"
    return ""


def _group(rules: Rules, number: int) -> str:
    groups = rules.package.groups
    return f"group {groups[number].code}" if 0 <= number < len(groups) else "the group"


def _metres(mm: int) -> str:
    return f"{-(-mm // 1000)} m"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


__all__ = ["COUNTED", "FLOOR", "LATE", "METHOD_NAMES", "PAID", "Line", "explain", "refusal", "rests_on", "sentence"]
