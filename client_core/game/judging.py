"""Judging: one action of a team against the rules and what the team did before.

The phone asks before it writes the event, to tell its player; every replica
asks again when it folds. The same function answers both, so the phone's answer
is right whenever it holds what the others hold.

A clock far outside the game's hours is not believed: no action is refused for
its time then, the fold flags it instead.
"""

from __future__ import annotations

from client_core.game.actions import CheckIn, Finish, Known, Start
from client_core.game.checkpoints import Method
from client_core.game.geometry import distance_mm, inside, radius_mm
from client_core.game.rules import Rules
from client_core.game.verdicts import Accepted, Reason, Refused, Verdict

_GPS = int(Method.GPS)
_READ = frozenset({int(Method.QR), int(Method.CODE)})
_NOTHING = Accepted(0)
_ALREADY_VISITED = Refused(Reason.ALREADY_VISITED)
_NO_POSITION = Refused(Reason.NO_POSITION)
_WRONG_CODE = Refused(Reason.WRONG_CODE)


class Facts:
    """What is established about one team so far; `scoring` changes it, the judge only reads.

    Visits are keyed by checkpoint, so two phones, or two branches of a fork,
    are never paid twice.
    """

    __slots__ = ("finish_ms", "from_ms", "start_ms", "until_ms", "visited")

    def __init__(self, rules: Rules, listed_ms: int | None) -> None:
        self.visited: set[int] = set()
        self.finish_ms: int | None = None
        self.start_ms: int | None = None
        self.from_ms = rules.opens_ms
        self.until_ms = rules.closes_ms
        start_ms = rules.start_of(listed_ms)
        if start_ms is not None:
            self.start(rules, start_ms)

    def start(self, rules: Rules, at_ms: int) -> None:
        """The team's time runs from here."""
        self.start_ms = at_ms
        if rules.believed_from_ms <= at_ms <= rules.believed_to_ms:
            self.from_ms = at_ms
            self.until_ms = rules.last_ms(at_ms)


def judge(rules: Rules, facts: Facts, action: Known) -> Verdict:
    """The verdict on an action that would come next."""
    if isinstance(action, CheckIn):
        return judge_check_in(rules, facts, action)
    if isinstance(action, Start):
        if facts.start_ms is not None:
            return Refused(Reason.ALREADY_STARTED, (facts.start_ms,))
        return _early(rules, facts, action.at_ms) or _NOTHING
    if isinstance(action, Finish):
        if rules.finish >= 0:
            return Refused(Reason.FINISH_IS_A_CHECKPOINT, (rules.finish,))
        if facts.finish_ms is not None:
            return Refused(Reason.FINISHED, (facts.finish_ms,))
        return _early(rules, facts, action.at_ms) or _NOTHING
    return Refused(Reason.NOT_THIS_TEAM)


def judge_check_in(rules: Rules, facts: Facts, action: CheckIn) -> Verdict:
    """The verdict on a check-in. The cheapest questions come first; evidence is weighed only if it can matter."""
    number = action.checkpoint
    if number >= len(rules.accepted):
        return Refused(Reason.UNKNOWN_CHECKPOINT, (number,))
    if facts.finish_ms is not None:
        return Refused(Reason.FINISHED, (facts.finish_ms,))
    if not facts.from_ms <= action.at_ms <= facts.until_ms:
        refused = _early(rules, facts, action.at_ms) or _late(rules, facts, number, action.at_ms)
        if refused is not None:
            return refused
    if number in facts.visited:
        return _ALREADY_VISITED
    if number == rules.finish and facts.start_ms is None:
        return Refused(Reason.NOT_STARTED, (facts.from_ms,))
    if action.method != _GPS or _GPS not in rules.methods:
        return _judge_read(rules, action)
    lon_e7, lat_e7, accuracy_dm = action.lon_e7, action.lat_e7, action.accuracy_dm
    fence = rules.fences[number]
    if (
        lon_e7 is None
        or lat_e7 is None
        or fence is None
        or (accuracy_dm is not None and accuracy_dm > rules.accuracy_dm_max)
        or not inside(fence, lon_e7, lat_e7)
    ):
        return _why_not_there(rules, action)
    return rules.accepted[number]


def _why_not_there(rules: Rules, action: CheckIn) -> Refused:
    """What is wrong with the position of a check-in by GPS."""
    lon_e7, lat_e7, accuracy_dm = action.lon_e7, action.lat_e7, action.accuracy_dm
    fence = rules.fences[action.checkpoint]
    if lon_e7 is None or lat_e7 is None or fence is None:
        return _NO_POSITION
    if accuracy_dm is not None and accuracy_dm > rules.accuracy_dm_max:
        return Refused(Reason.ACCURACY_TOO_POOR, (accuracy_dm * 100, rules.accuracy_dm_max * 100))
    return Refused(Reason.OUTSIDE_FENCE, (distance_mm(fence, lon_e7, lat_e7), radius_mm(fence)))


def _judge_read(rules: Rules, action: CheckIn) -> Verdict:
    """A check-in that rests on something other than a position."""
    if action.method not in rules.methods:
        return Refused(Reason.METHOD_NOT_ALLOWED, (int(action.method),))
    if action.method in _READ and action.code != rules.codes[action.checkpoint]:
        return _WRONG_CODE
    return rules.accepted[action.checkpoint]


def _early(rules: Rules, facts: Facts, at_ms: int) -> Refused | None:
    if rules.believed_from_ms <= at_ms < facts.from_ms:
        return Refused(Reason.NOT_STARTED, (facts.from_ms,))
    return None


def _late(rules: Rules, facts: Facts, number: int, at_ms: int) -> Refused | None:
    """Too late to pay; the finish is never too late to be reached."""
    if facts.until_ms < at_ms <= rules.believed_to_ms and number != rules.finish:
        return Refused(Reason.AFTER_LIMIT, (facts.until_ms,))
    return None
