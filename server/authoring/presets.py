"""Rules of the usual games, as they could stand in `game.toml`; what is written there wins."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    # IRF rules: taps at the control, no position shown, minutes cost, half an hour late is not placed. One phone or
    # card speaks for its team; where every member carries one, presence = "all" and within = "5 min" ask for all.
    "rogaine": {
        "fence": "forest",
        "own_position": False,
        "distances": False,
        "points": "code rounded down to 10",
        "late_points": 10,
        "late_max": "30 min",
        "ties": ["earlier finish"],
        "standings": "hidden",
    },
    "score": {
        "fence": "forest",
        "own_position": False,
        "distances": False,
        "late_points": 10,
        "late_max": "30 min",
        "ties": ["elapsed time"],
    },
    "line": {
        "fence": "forest",
        "check_in": "automatic",
        "own_position": False,
        "distances": False,
        "points": 0,
        "rank_by": "time",
        "ties": [],
        "late_points": 0,
        "late_max": "0 s",
    },
    "city-hunt": {"fence": "city", "late_points": 5, "late_max": "30 min", "ties": ["fewer hints", "elapsed time"]},
    "treasure-hunt": {"fence": "city", "rank_by": "points", "ties": ["earlier last points"], "distances": False},
    "team-rally": {"fence": "city", "ties": ["nearest estimate", "earlier last points"], "standings": "hidden"},
}
