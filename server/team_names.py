"""Teams as people call them: by id, number or name."""

from __future__ import annotations

from client_core.game.teams import Team
from server.not_met import perhaps_at_hq
from server.open_game import OpenGame
from server.problems import Problem


def find_team(game: OpenGame, name: str) -> Team:
    """The team of an id in hex, a number or a name, in this order: teams choose their names, even another's number.

    Raises `Problem("team_unknown")`, also where several teams chose one name.
    """
    teams = game.board.teams.values()
    for of_team in (lambda team: team.id.hex(), lambda team: str(team.number), lambda team: team.name):
        found = [team for team in teams if of_team(team) == name]
        if len(found) == 1:
            return found[0]
        if found:
            numbers = ", ".join(map(str, sorted(team.number for team in found)[:10]))
            raise Problem("team_unknown", f"{len(found)} teams answer to {name[:60]!r}: say which number, {numbers}")
    raise Problem("team_unknown", perhaps_at_hq(game, no_team_called(name)))


def no_team_called(name: str) -> str:
    """That no team is meant by these words, as a sentence without its stop."""
    return f"no team here has the id, number or name {name[:60]!r}"


def find_entrant(game: OpenGame, name: str) -> tuple[Team, int | None]:
    """A team, or a member of it written `7.2`; raises `Problem("team_unknown")`."""
    number, dot, member = name.partition(".")
    if not (dot and number.isascii() and number.isdecimal() and member.isascii() and member.isdecimal()):
        return find_team(game, name), None
    team = find_team(game, number)
    known = [note.member for note in game.board.register.members.get(team.id, ()) if note.active]
    if int(member[:4]) not in known:
        listed = ", ".join(f"{number}.{one}" for one in known[:20]) or "none are registered"
        raise Problem("team_unknown", f"team {number} has no member {member[:4]}; its members: {listed}")
    return team, int(member[:4])
