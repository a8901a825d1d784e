"""Teams whose registration was lost with the edge that wrote it.

An edge enrols a device, is destroyed, and the device reaches HQ directly: its
enrolment stands in the chain it carries, but its team's registration stood in
the edge's file alone. The authority then registers the team again, under a
number of its own and dated before all time, so that the true registration wins
wherever it turns up after all.
"""

from __future__ import annotations

from client_core.game.actions import TEAM_ID_BYTES, TeamRegistered
from server import own_stream
from server.open_game import OpenGame
from sync.batch import Batch
from sync.stream import GAME

BEFORE_ALL_TIME_MS = 0


def adopt(game: OpenGame) -> Batch | None:
    """What registers the teams that wait for their registration; None where there are none, or at an edge."""
    orphans = sorted(team for team in game.board.waiting if len(team) == TEAM_ID_BYTES)
    if not orphans or not game.is_authority:
        return None
    taken = {team.number for team in game.board.teams.values()}
    actions = []
    number = game.row.team_number_first
    for team in orphans:
        while number in taken:
            number += 1
        taken.add(number)
        actions.append(TeamRegistered(BEFORE_ALL_TIME_MS, team, number, f"Team {number}"))
    return own_stream.write(game.log.index, game.key, GAME, actions[:100])
