"""A game of today at a place a phone's receiver can be put to: four checkpoints on a line in Firenze."""

from __future__ import annotations

import time
from pathlib import Path

from client_core.game.checkpoints import Method
from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import MassStart, TimeLimit
from server.db.tenants import TenantFiles
from server.games import publish_draft, save_draft
from server.join_codes import add_join_code
from server.open_game import OpenGame
from server.tenancy import new_tenant

MINUTE_MS = 60_000
LON, LAT = 11.2558, 43.7731
"""The Duomo of Firenze."""
STEP_DEG = 0.0015
CODES = ("A", "B", "C", "FIN")


def lon_of(code: str) -> float:
    """The longitude of a checkpoint; all stand on one line."""
    return LON + CODES.index(code) * STEP_DEG


def found_game(folder: Path, **changes: object) -> str:
    """A tenant with a game of today published; returns a join code that makes new teams."""
    now_ms = time.time_ns() // 1_000_000
    start_ms = now_ms - 5 * MINUTE_MS
    settings = {
        "name": "Firenze by foot",
        "time_zone": "Europe/Rome",
        "opens_at_ms": start_ms - 60 * MINUTE_MS,
        "closes_at_ms": start_ms + 180 * MINUTE_MS,
        "start": MassStart(start_ms),
        "finish_code": "FIN",
        "limit": TimeLimit(90 * MINUTE_MS, 10, 30 * MINUTE_MS),
        "methods": (Method.GPS, Method.QR, Method.CODE),
        "checkpoints": tuple(
            DraftCheckpoint(code=code, name=f"Place {code}", points=10, at=(lon_of(code), LAT), radius_m=25)
            for code in CODES
        ),
    }
    draft = Draft(**settings | changes)  # type: ignore[arg-type]
    tenants = TenantFiles(folder)
    tenants.add(new_tenant("acme", "Acme", now_ms))
    with tenants.open("acme") as file:
        assert file.tenant is not None
        save_draft(file, "park", draft, now_ms)
        row = publish_draft(file, file.tenant, "park", now_ms)
        game = OpenGame(file, file.tenant, row)
        code = add_join_code(game.log, game.key, None, 100, now_ms).code
    tenants.close()
    return code
