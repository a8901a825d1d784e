"""Foreseeing: the verdict that an action would have if it came next.

It is the fold's own, with the event that the action would be. So a phone's
answer is every node's wherever it holds what they hold; where staff decided
that what it writes is about another team, it is that team's, as far as the
phone holds what that team did. `Reckoning.foresee` says the same from a fold
that is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from client_core.game.actions import SEEN_MAX, Known, encode_action
from client_core.game.events import LoggedEvent, tell
from client_core.game.results import TeamResult
from client_core.game.rules import Rules
from client_core.game.scoring import NO_REGISTER, about_team, circumstances, fold_told
from client_core.game.teams import Register, Team
from client_core.game.verdicts import Reason, Refused, Verdict

_NEXT = b"\xff" * 32
"""Stands for the id of an event that is not written yet."""


class Pen(NamedTuple):
    """Who writes next: the stream, the number of the next event in it, the author's key."""

    stream: bytes
    seq: int
    author: bytes


def foresee(
    rules: Rules, team: Team, events: Iterable[LoggedEvent], action: Known, pen: Pen, register: Register = NO_REGISTER
) -> Verdict:
    """The verdict of an action that comes next, folded from nothing. Raises like `encode_action`."""
    events = list(events)
    event = next_event(team, events, action, pen)
    events.append(event)
    home = register.home(event, team.id)
    if home != team.id:
        team = register.teams.get(home) or Team(home, team.number, team.name)
    told = tell(rules, about_team(team, events, register))
    verdict = _verdict_next(fold_told(rules, team, told, register))
    if not isinstance(verdict, Refused) or verdict.reason is not Reason.OTHER_MEMBER:
        return verdict
    # The team has the result of another member for now; who acts is told what it is for them.
    members = circumstances(rules, team, told, register)[2]
    alone = [_verdict_next(fold_told(rules, team, told, register, only=one.member)) for one in members]
    mine = (v for v in alone if not isinstance(v, Refused) or v.reason is not Reason.OTHER_MEMBER)
    return next(mine, verdict)


def next_event(team: Team, events: Sequence[LoggedEvent], action: Known, pen: Pen) -> LoggedEvent:
    """The event that an action would be: written knowing the last event of every other stream."""
    tips: dict[bytes, LoggedEvent] = {}
    for event in events if {event.stream for event in events} - {pen.stream} else ():
        if event.stream != pen.stream and (event.stream not in tips or event.seq > tips[event.stream].seq):
            tips[event.stream] = event
    if tips and "seen" in action.__struct_fields__:
        seen = tuple(event.id for _, event in sorted(tips.items()))[:SEEN_MAX]
        action = msgspec.structs.replace(action, seen=seen)
    return LoggedEvent(pen.stream, pen.seq, _NEXT, pen.author, encode_action(action), 0, team.id)


def _verdict_next(result: TeamResult) -> Verdict:
    return next(verdict for identity, _, _, verdict in result.judged if identity == _NEXT)
