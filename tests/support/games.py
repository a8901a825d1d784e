"""Small games for rule tests: four checkpoints on a line in Firenze, and events that are written in one line."""

from __future__ import annotations

import hashlib
from typing import Any

from client_core.game.actions import CheckIn, Known, encode_action
from client_core.game.checkpoints import Method
from client_core.game.content import Package
from client_core.game.events import LoggedEvent
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.rules import Rules, compile_rules
from client_core.game.teams import Team
from client_core.game.timing import StartList, TimeLimit

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
OPENS_MS = 1_654_322_400_000
CLOSES_MS = OPENS_MS + 6 * HOUR_MS
START_MS = OPENS_MS + HOUR_MS

A, B, C, FINISH = range(4)
"""Numbers of the checkpoints; C is a polygon, 22 m north and south and 16 m east and west of its middle."""
LON_E7 = (112_500_000, 112_520_000, 112_540_000, 112_560_000)
LAT_E7 = 437_700_000


def game(**changes: Any) -> Package:
    """Checkpoints A (30 points), B (20), C (10) and a finish; 60 minutes, 5 points a started minute more."""
    settings: dict[str, Any] = {
        "name": "Firenze",
        "time_zone": "Europe/Rome",
        "opens_at_ms": OPENS_MS,
        "closes_at_ms": CLOSES_MS,
        "start": StartList(),
        "checkpoints": (
            DraftCheckpoint("A", "Duomo", 30, (LON_E7[A] / 1e7, LAT_E7 / 1e7)),
            DraftCheckpoint("B", "Boboli", 20, (LON_E7[B] / 1e7, LAT_E7 / 1e7)),
            DraftCheckpoint("C", "Cascine", 10, rings=(_square(),)),
            DraftCheckpoint("F", "Finish", 0, (LON_E7[FINISH] / 1e7, LAT_E7 / 1e7)),
        ),
        "finish_code": "F",
        "limit": TimeLimit(60 * MINUTE_MS, 5, None),
        "methods": (Method.GPS, Method.QR, Method.CODE),
    }
    return publish(Draft(**settings | changes))


def rules(**changes: Any) -> Rules:
    """The same, compiled."""
    return compile_rules(game(**changes))


def team(number: int = 1, start_ms: int | None = START_MS) -> Team:
    """A team of the start list."""
    return Team(number.to_bytes(16, "big"), number, f"Team {number}", start_ms)


def check_in(checkpoint: int, at_ms: int, *, away_m: int = 0, accuracy_dm: int | None = None) -> CheckIn:
    """By GPS, `away_m` metres north of the checkpoint."""
    at = min(checkpoint, FINISH)
    return CheckIn(Method.GPS, None, at_ms, checkpoint, LON_E7[at], LAT_E7 + away_m * 90, accuracy_dm)


def minutes(count: float) -> int:
    """So long after the start."""
    return START_MS + round(count * MINUTE_MS)


def log(*actions: Known | bytes, phone: int = 0, first_seq: int = 0, branch: int = 0) -> list[LoggedEvent]:
    """The actions as one phone's stream; another branch forks it."""
    stream = hashlib.sha256(b"stream %d" % phone).digest()
    events = []
    for seq, action in enumerate(actions, first_seq):
        payload = action if isinstance(action, bytes) else encode_action(action)
        identity = hashlib.sha256(b"%b %d %d" % (stream, seq, branch) + payload).digest()
        events.append(LoggedEvent(stream, seq, identity, b"phone %d" % phone, payload))
    return events


def _square() -> tuple[tuple[float, float], ...]:
    lon, lat, half = LON_E7[C] / 1e7, LAT_E7 / 1e7, 0.0002
    corners = [(lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half), (lon - half, lat + half)]
    return (*corners, corners[0])
