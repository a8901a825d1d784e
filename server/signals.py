"""What staff may want to look at in one game, as this node knows it: signals by team, read when somebody asks.

Kept is a list a team, and it is read again only where the team's result was
folded anew; a large game is looked through over several looks.
"""

from __future__ import annotations

from typing import NamedTuple

from client_core.game.events import tell
from client_core.game.results import TeamResult
from client_core.game.signals import Signal, read_signals
from client_core.game.teams import Team
from server.open_game import OpenGame
from server.scoreboard import events_about

TEAMS_A_LOOK_MAX = 50
"""Some tens of milliseconds: a page for staff keeps nobody waiting."""


class TeamSignals(NamedTuple):
    """The signals of one team."""

    team: Team
    signals: tuple[Signal, ...]


class Look(NamedTuple):
    """What was found, teams in the order of their numbers, and how many teams are still to be looked at."""

    teams: tuple[TeamSignals, ...]
    unread: int


class Signals:
    """Keeps what was read between two looks. Belongs to the thread that reads the log's index."""

    def __init__(self, game: OpenGame) -> None:
        self.game = game
        self._read: dict[bytes, tuple[TeamResult, tuple[Signal, ...]]] = {}

    def look(self, teams_max: int = TEAMS_A_LOOK_MAX) -> Look:
        """Look at teams that changed since, at most so many, and give what is known of all."""
        board = self.game.board
        results = {result.team: result for result in board.results()}
        due = [team for team, result in results.items() if (self._read.get(team) or (None,))[0] is not result]
        for team in due[:teams_max]:
            told = tell(self.game.rules, events_about(self.game.log, board.register, team))
            self._read[team] = (results[team], tuple(read_signals(self.game.rules, told, board.register)))
        self._read = {team: kept for team, kept in self._read.items() if team in results}
        found = [TeamSignals(board.teams[team], signals) for team, (_, signals) in self._read.items() if signals]
        return Look(tuple(sorted(found, key=lambda one: (one.team.number, one.team.id))), max(0, len(due) - teams_max))
