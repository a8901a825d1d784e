"""A check-in that a kiosk or staff write for others: a badge that was read, a paper card, a number that was called.

Where the game looks at members, a check-in has to say whose it is: who names a
team alone is asked (`Unsaid`), and only somebody who saw all of them says so.
"""

from __future__ import annotations

from typing import NamedTuple

from client_core.game.actions import CheckIn, Finish, Known
from client_core.game.checkpoints import Method
from client_core.game.decisions import Whereabouts, WhereaboutsMarked
from client_core.game.entrants import Presence
from client_core.game.explaining import explain, sentence
from client_core.game.roles import Role
from client_core.game.teams import Team, active_members
from server.deciding.naming import Names
from server.open_game import OpenGame
from server.problems import Problem
from server.scoreboard import fold_team

FINISH = "finish"
"""What is said instead of a checkpoint, in a game without a finish checkpoint."""
NO_CHECKPOINT = -1
_BADGE_CHARACTERS_MAX = 64
_METHODS = ((Method.KIOSK, Role.KIOSK), (Method.PAPER, Role.KIOSK), (Method.STAFF, Role.SAFETY))
"""In this order, and the least that may say so."""


class Asked(NamedTuple):
    """What somebody at the kiosk said: who (`7`, `7.2`, a badge, a name), where, when, and which members of the team.

    `everybody`: all of the team were seen. `back`: they are back, for the count-out.
    """

    who: str
    checkpoint: str
    at: str = "now"
    members: tuple[str, ...] = ()
    everybody: bool = False
    back: bool = False


class Unsaid(NamedTuple):
    """A team whose members the game looks at, and nobody said which of these it is."""

    team: Team
    members: tuple[int, ...]


class Noted(NamedTuple):
    """What is to be written in the team's audience."""

    team: Team
    checkpoint: int
    at_ms: int
    actions: tuple[Known, ...]


def note_check_in(names: Names, asked: Asked, role: Role) -> Noted | Unsaid:
    """The actions of a check-in, or that it has to be said whose it is; raises `Problem`."""
    team, member = _whose(names, asked.who.strip())
    number = _where(names, asked.checkpoint.strip())
    at_ms = names.moment_ms(asked.at.strip() or "now")
    there = tuple(one.member for one in active_members(names.register, team.id))
    said = tuple(dict.fromkeys(names.member(team, one) for one in asked.members))
    if member is not None:
        said = (member,)
    elif not said and not asked.everybody and names.package.members.presence is not Presence.UNION and there:
        if len(there) > 1:
            return Unsaid(team, there)
        said = there
    whom: tuple[int | None, ...] = said or (None,)
    actions: list[Known] = []
    for one in whom:
        if number == NO_CHECKPOINT:
            actions.append(Finish(at_ms, one))
        else:
            actions.append(CheckIn(_method(names, number, role), None, at_ms, number, member=one))
    if asked.back:
        actions += [WhereaboutsMarked(names.now_ms, team.id, Whereabouts.BACK, one) for one in whom]
    return Noted(team, number, at_ms, tuple(actions))


def what_it_came_to(game: OpenGame, team: Team, checkpoint: int, at_ms: int) -> list[str]:
    """The lines of a check-in at that place and time, with their points, as this node judges them now."""
    where = None if checkpoint == NO_CHECKPOINT else checkpoint
    lines = explain(fold_team(game.log, game.rules, team))
    found = [line for line in lines if line.at_ms == at_ms and line.event is not None and line.checkpoint == where]
    return [sentence(game.rules, line) + (f" {line.points:+d}" if line.points else "") for line in found]


def _whose(names: Names, who: str) -> tuple[Team, int | None]:
    """A team, and its member where a badge or `7.2` says so."""
    if not who:
        raise Problem("bad_request", "who: a badge, a team's number or name, or a member such as 7.2")
    teams = names.register.teams
    carried = [
        (teams[team], note.member)
        for team in names.register.members
        for note in active_members(names.register, team)
        if team in teams and note.badge and note.badge == who[:_BADGE_CHARACTERS_MAX]
    ]
    numbered = [team for team in teams.values() if str(team.number) == who]
    if len(carried) > 1 or (carried and numbered and numbered[0].id != carried[0][0].id):
        whose = [f"{team.number}.{member}" for team, member in carried]
        whose += [f"team {team.number}" for team in numbered]
        raise Problem("bad_request", f"{who[:40]!r} may be {' or '.join(whose)}: write the member, such as {whose[0]}")
    return carried[0] if carried else names.entrant(who)


def _where(names: Names, code: str) -> int:
    if not code:
        raise Problem("bad_request", "checkpoint: the code of the place")
    if code == FINISH and names.package.finish.checkpoint is None:
        return NO_CHECKPOINT
    return names.checkpoint(code)


def _method(names: Names, number: int, role: Role) -> Method:
    checkpoint = names.package.checkpoints[number]
    allowed = names.package.kinds[checkpoint.kind].methods
    for method, least in _METHODS:
        if method in allowed and role >= least:
            return method
    detail = f"checkpoint {checkpoint.code} takes no check-in by a kiosk: its ways lack kiosk and paper"
    more = "; its ways have staff, for safety and above" if Method.STAFF in allowed else ""
    raise Problem("bad_request", f"{detail}{more}; a referee grants a visit")
