"""The organiser's evening before: a tenant, the game, its start list and its join codes, at HQ's own files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from client_core.game.actions import TeamRegistered
from client_core.game.teams import Team
from client_core.signing import random_bytes
from server import own_stream
from server.db.tenants import TenantFiles
from server.demo import highfield
from server.edges import add_edge_code
from server.games import publish_draft, save_draft
from server.join_codes import add_join_code
from server.open_game import OpenGame
from server.tenancy import new_tenant
from sync.stream import GAME, ID_BYTES

TENANT = "highfield"
GAME_SLUG = "saturday"
DEVICES_A_TEAM = 1
EDGE_ENROLMENTS = 20


class Prepared(NamedTuple):
    """The published game, the code that admits the edge, and the code each team joins by."""

    game: str
    edge_code: str
    code_by_team: dict[str, str]


def prepare(folder: Path, now_ms: int) -> Prepared:
    """Found the tenant in a data folder that no node serves yet, publish the game and write the start list.

    The start list is for everybody to read, so it stands in the `game` stream;
    its teams are named by numbers, not by people.
    """
    files = TenantFiles(folder, open_max=1)
    try:
        files.add(new_tenant(TENANT, "Highfield Park", now_ms))
        with files.open(TENANT) as file:
            tenant = file.tenant
            assert tenant is not None
            save_draft(file, GAME_SLUG, highfield.draft(), now_ms)
            row = publish_draft(file, tenant, GAME_SLUG, now_ms)
            game = OpenGame(file, tenant, row)
            log, key = game.log, game.key
            teams = _teams(highfield.runners())
            starts = [TeamRegistered(now_ms, t.id, t.number, t.name, t.start_at_ms) for t in teams]
            log.append(own_stream.write(log.index, key, GAME, starts))
            codes = {team.name: add_join_code(log, key, team, DEVICES_A_TEAM, now_ms).code for team in teams}
            return Prepared(row.id.hex(), add_edge_code(game, EDGE_ENROLMENTS, now_ms), codes)
    finally:
        files.close()


def _teams(runners: Sequence[highfield.Runner]) -> list[Team]:
    return [Team(random_bytes(ID_BYTES), runner.result_id, runner.team, runner.start_ms) for runner in runners]
