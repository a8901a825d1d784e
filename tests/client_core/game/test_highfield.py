"""A real event against the rule book: 37 sites, 13 recorded tracks, 217 electronic punches, an independent geodesic.

Reads the recordings that the demonstration ships (`server/demo/data`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from pyproj import Geod

from client_core.game.fences import Fix
from client_core.game.geometry import inside
from client_core.game.publish import circle, publish
from client_core.game.rules import compile_rules
from client_core.game.visits import Arrived, Left, Stay, VisitFinder
from server.demo import highfield
from server.demo.noise import disturb

GEOD = Geod(ellps="WGS84")
TOLERANCE_MS = 10_000
RADIUS_M = 25.0
RULES = compile_rules(publish(highfield.draft()))


class Walk(NamedTuple):
    """What the finder made of one track."""

    runner: highfield.Runner
    fixes: list[Fix]
    arrivals: list[Arrived]
    stays: list[Stay]


@cache
def tracks() -> list[tuple[highfield.Runner, list[Fix]]]:
    return [(runner, highfield.fixes(runner.track)) for runner in highfield.runners()]


def walk(runner: highfield.Runner, fixes: list[Fix]) -> Walk:
    finder = VisitFinder(RULES)
    seen = [event for fix in fixes for event in finder.observe(fix)] + finder.close()
    arrivals = [event for event in seen if isinstance(event, Arrived)]
    return Walk(runner, fixes, arrivals, [event.stay for event in seen if isinstance(event, Left)])


def found(walked: Walk) -> list[highfield.Punch]:
    """The punches inside the recording that a stay with an arrival covers, give or take ten seconds."""
    spans = [(RULES.codes[stay.checkpoint], stay.entered_ms, stay.left_ms) for stay in walked.stays if stay.arrived]
    return [
        punch
        for punch in highfield.expected(walked.runner, walked.fixes)
        if any(c == punch.code and a - TOLERANCE_MS <= punch.at_ms <= b + TOLERANCE_MS for c, a, b in spans)
    ]


def lonlat(fixes: Sequence[Fix]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([fix.lon_e7 for fix in fixes]) / 1e7, np.array([fix.lat_e7 for fix in fixes]) / 1e7


def geodesic_m(fixes: Sequence[Fix], lon: float, lat: float) -> np.ndarray:
    lons, lats = lonlat(fixes)
    return GEOD.inv(lons, lats, np.full_like(lons, lon), np.full_like(lats, lat))[2]


def test_inside_or_outside_is_what_the_geodesic_says_for_every_fix_and_every_site() -> None:
    fixes = [fix for _, recorded in tracks() for fix in recorded]
    assert len(fixes) == 11_511
    assert len(highfield.controls()) == 37
    inside_count = 0
    for control in highfield.controls():
        fence = circle(control.lon, control.lat, RADIUS_M)
        ours = [inside(fence, fix.lon_e7, fix.lat_e7) for fix in fixes]
        theirs = geodesic_m(fixes, control.lon, control.lat) <= RADIUS_M
        assert ours == theirs.tolist(), control
        inside_count += sum(ours)
    assert inside_count > 2_000


def test_the_recorded_tracks_find_all_but_two_of_the_217_punches() -> None:
    walked = [walk(*track) for track in tracks()]
    assert sum(len(highfield.expected(w.runner, w.fixes)) for w in walked) == 217
    assert sum(len(found(w)) for w in walked) >= 215


def test_every_arrival_is_confirmed_by_the_geodesic_and_reached_at_a_runners_speed() -> None:
    sites = {control.code: control for control in highfield.controls()}
    arrivals = 0
    for runner, fixes in tracks():
        lons, lats = lonlat(fixes)
        seconds = np.diff([fix.at_ms for fix in fixes]) / 1000
        speed = np.concatenate([[0], GEOD.inv(lons[:-1], lats[:-1], lons[1:], lats[1:])[2] / seconds])
        index = {fix.at_ms: i for i, fix in enumerate(fixes)}
        for event in walk(runner, fixes).arrivals:
            site = sites[RULES.codes[event.checkpoint]]
            assert geodesic_m([event.fix], site.lon, site.lat)[0] <= RADIUS_M
            first, last = index[event.entered_ms], index[event.fix.at_ms]
            assert speed[first : last + 1].max() <= 12, (runner.result_id, site.code)
            arrivals += 1
    assert arrivals > 400


def test_a_track_that_starts_with_a_jump_makes_no_check_in_from_it() -> None:
    runner, fixes = next(track for track in tracks() if track[0].result_id == 76)
    jump = fixes[:5]
    assert max(fix.at_ms for fix in jump) < min(event.fix.at_ms for event in walk(runner, fixes).arrivals)


@pytest.mark.parametrize("seed", range(5))
def test_with_eight_metres_of_wandering_noise_ninety_five_percent_are_still_found(seed: int) -> None:
    walked = [walk(runner, disturb(fixes, seed * 100 + runner.result_id)) for runner, fixes in tracks()]
    assert sum(len(found(w)) for w in walked) >= 207, f"seed {seed}"


def test_every_track_reaches_the_finish_within_fifteen_seconds_of_the_punch() -> None:
    for runner, fixes in tracks():
        stays = [stay for stay in walk(runner, fixes).stays if stay.checkpoint == RULES.finish]
        assert stays, runner.result_id
        assert abs(stays[0].entered_ms - runner.finish_ms) <= 15_000, runner.result_id
