"""The organiser's evening before: a tenant, the game, its start list and its join codes, at HQ's own files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from client_core.game.actions import TeamRegistered
from client_core.game.teams import Team
from client_core.signing import SigningKey, random_bytes
from server import own_stream
from server.db.tenants import TenantFiles
from server.demo import highfield
from server.demo.processes import server_command
from server.games import game_log, publish_draft, save_draft
from server.join_codes import add_join_code
from server.tenancy import new_tenant
from sync.stream import GAME, ID_BYTES

TENANT = "highfield"
GAME_SLUG = "saturday"
DEVICES_A_TEAM = 1


class Prepared(NamedTuple):
    """The published game and the code each team joins by."""

    game: str
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
            log, key = game_log(file, tenant, row), SigningKey.from_seed(tenant.node_seed)
            teams = _teams(highfield.runners())
            starts = [TeamRegistered(now_ms, t.id, t.number, t.name, t.start_at_ms) for t in teams]
            log.append(own_stream.write(log.index, key, GAME, starts))
            codes = {team.name: add_join_code(log, key, team, DEVICES_A_TEAM, now_ms).code for team in teams}
            return Prepared(row.id.hex(), codes)
    finally:
        files.close()


def _teams(runners: Sequence[highfield.Runner]) -> list[Team]:
    return [Team(random_bytes(ID_BYTES), runner.result_id, runner.team, runner.start_ms) for runner in runners]


async def admit_edge(hq_folder: Path) -> str:
    """A code by which one node becomes an edge of the game, as `wayfold serve --edge-code` takes it."""
    said = await server_command(hq_folder, "edge-code", f"{TENANT}/{GAME_SLUG}", "--json")
    return f"{TENANT}/{GAME_SLUG}/{msgspec.json.decode(said)['code']}"
