"""Decisions in words: for lists, for the staff page, and for what a command says it did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from client_core.game import decisions
from client_core.game.decisions import Decision
from client_core.game.statuses import STATUS_BY_NUMBER
from server.deciding.naming import Names


def words(names: Names, decision: Decision) -> str:
    """What a decision says, in one line without its reason."""
    return _WORDS[type(decision)](names, decision)


def span_words(span_ms: int) -> str:
    """A span as it is typed: `0:30`, `-1:00:00`, `0:00.5`."""
    sign, rest = ("-" if span_ms < 0 else ""), abs(span_ms)
    seconds, thousandths = divmod(rest, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    whole = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{sign}{whole}" + (f".{thousandths:03}".rstrip("0") if thousandths else "")


def _whom(names: Names, action: Any) -> str:
    """Whom it is about: ` for 7 Owls`, ` for category M`, nothing for all."""
    team, category = getattr(action, "team", None), getattr(action, "category", None)
    if team is not None:
        return f" for {names.team_words(team, getattr(action, 'member', None))}"
    return f" for category {category}" if category is not None else ""


def _challenge(names: Names, number: int) -> str:
    challenges = names.package.challenges
    return challenges[number].code if number < len(challenges) else f"number {number}"


def _granted(names: Names, action: Any) -> str:
    at = f" at {names.clock(action.visit_ms)}" if action.visit_ms is not None else ""
    after = f" after {names.code(action.after)}" if action.after is not None else ""
    return f"grant {names.code(action.checkpoint)}{at}{after}{_whom(names, action)}"


def _judged(names: Names, action: Any) -> str:
    worth = f", {action.points} points" if action.points is not None else ""
    verdict = "right" if action.right else "wrong"
    return f"judge {action.event.hex()[:12]} {verdict}{worth}{_whom(names, action)}"


def _status(names: Names, action: Any) -> str:
    status = "derived" if action.status is None else STATUS_BY_NUMBER.get(action.status, action.status)
    return f"status {status}{_whom(names, action)}"


def _category(names: Names, action: Any) -> str:
    form = f", format {action.format}" if action.format is not None else ""
    return f"category {', '.join(action.categories) or 'none'}{form}{_whom(names, action)}"


def _neutral(names: Names, action: Any) -> str:
    where = f" at {names.code(action.checkpoint)}" if action.checkpoint is not None else ""
    if action.leg_to is not None:
        where = f" from {names.code(action.checkpoint)} to {names.code(action.leg_to)}"
    to = "until it is resumed" if action.to_ms is None else f"to {names.clock(action.to_ms)}"
    return f"neutralise {names.clock(action.from_ms)} {to}{where}{_whom(names, action)}"


def _stopped(names: Names, action: Any) -> str:
    ranked = "" if action.ranked else ", without ranking"
    return f"stop at {names.clock(action.stop_ms)}{ranked}{_whom(names, action)}"


def _moved(names: Names, action: Any) -> str:
    state = names.game.log.index.streams.get(action.stream)
    device = action.stream.hex()[:12] if state is None else state.key.public_key.hex()[:12]
    was = names.team_words(state.key.audience[1:]) if state is not None else "another team"
    whose = f"member {' and '.join(map(str, action.members))} of " if action.members else ""
    return f"move device {device} of {was} from number {action.from_seq} on to {whose}{names.team_words(action.team)}"


_WORDS: dict[type, Callable[[Names, Any], str]] = {
    decisions.CheckpointVoided: lambda names, a: f"void checkpoint {names.code(a.checkpoint)}{_whom(names, a)}",
    decisions.ChallengeVoided: lambda names, a: f"void challenge {_challenge(names, a.challenge)}{_whom(names, a)}",
    decisions.VisitGranted: _granted,
    decisions.VisitTaken: lambda names, a: f"take {names.code(a.checkpoint)}{_whom(names, a)}",
    decisions.PointsAdjusted: lambda names, a: f"points {a.points:+d}{_whom(names, a)}",
    decisions.TimeCredited: lambda names, a: f"time {span_words(a.credit_ms)}{_whom(names, a)}",
    decisions.AnswerAccepted: lambda names, a: (
        f"{'accept' if a.right else 'reject'} {a.answer!r} at challenge {_challenge(names, a.challenge)}"
    ),
    decisions.AnswerJudged: _judged,
    decisions.EndSet: lambda names, a: f"end at {names.clock(a.back_by_ms)}{_whom(names, a)}",
    decisions.Stopped: _stopped,
    decisions.Neutralised: _neutral,
    decisions.TeamsMerged: lambda names, a: f"merge {names.team_words(a.team)} into {names.team_words(a.into)}",
    decisions.DeviceMoved: _moved,
    decisions.CategorySet: _category,
    decisions.StatusSet: _status,
    decisions.LotDrawn: lambda names, a: f"lots: {', '.join(names.team_words(one) for one in a.teams)}",
    decisions.StartSet: lambda names, a: f"start at {names.clock(a.start_ms)}{_whom(names, a)}",
    decisions.GroupOpened: lambda names, a: (
        f"open group {names.package.groups[a.group].code if a.group < len(names.package.groups) else a.group}"
        f" at {names.clock(a.open_ms)}{_whom(names, a)}"
    ),
    decisions.Undone: lambda _, a: f"undo {a.decision.hex()[:12]}",
}
