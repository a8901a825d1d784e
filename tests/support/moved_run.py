"""A recorded run, moved to another city as one rigid piece, and places along it: on it, and just beside it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pyproj import Geod

from client_core.gpx import read_track

ELLIPSOID = Geod(ellps="WGS84")
PACE_POINTS = 5
"""The direction of a run at a point is that from some points before to some after: single fixes jitter."""

Position = tuple[float, float]
"""Longitude and latitude in degrees."""


class Beside(NamedTuple):
    """A place beside a run: where it is, at which of the run's points one is nearest to it, and how near, in metres."""

    at: Position
    nearest: int
    away_m: float


def moved_run(path: Path, to: Position) -> list[Position]:
    """The points of a recorded track, one a second, its first one put on `to`; lengths and bearings stay."""
    fixes = read_track(path)
    run = [(fix.lon_e7 / 1e7, fix.lat_e7 / 1e7) for fix in fixes]
    moved = []
    for place in run:
        bearing, _, away_m = ELLIPSOID.inv(*run[0], *place)
        moved.append(shifted(to, bearing, away_m))
    return moved


def shifted(at: Position, bearing: float, away_m: float) -> Position:
    """The place so many metres away in a direction, in degrees from north."""
    lon, lat, _ = ELLIPSOID.fwd(*at, bearing, away_m)
    return lon, lat


def metres(a: Position, b: Position) -> float:
    """How far it is from one place to another, on the ellipsoid."""
    return float(ELLIPSOID.inv(*a, *b)[2])


def beside(run: list[Position], number: int, away_m: float) -> Beside:
    """A place square to the run at one of its points, on the side where the rest of the run stays farthest away."""
    before, after = run[max(0, number - PACE_POINTS)], run[min(len(run) - 1, number + PACE_POINTS)]
    bearing = ELLIPSOID.inv(*before, *after)[0]
    found = []
    for side in (-90, 90):
        at = shifted(run[number], bearing + side, away_m)
        distances = [metres(at, place) for place in run]
        nearest = min(range(len(run)), key=distances.__getitem__)
        found.append(Beside(at, nearest, distances[nearest]))
    return max(found, key=lambda one: one.away_m)


def missed(run: list[Position], around: int, radius_m: float) -> Beside:
    """The first place beside a point of the run or a later one whose fence the whole run misses by a few metres."""
    for number in range(around, len(run)):
        found = beside(run, number, radius_m + 6)
        if radius_m + 2 < found.away_m < radius_m + 10:
            return found
    raise AssertionError(f"the run comes back over every place beside its point {around} and later")


def length_m(run: list[Position]) -> float:
    """The length of a run, in metres."""
    return math.fsum(metres(a, b) for a, b in pairwise(run))
