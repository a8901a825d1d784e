"""A second opinion on credits, by somebody else's arithmetic: PROJ's geodesics on the ellipsoid.

Shares nothing with the rule book: neither its metric nor its integers, nor its
idea of a visit. It asks of a credit what a jury would ask of the recording.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyproj import Geod

from client_core.game.fences import Fix
from server.demo.comparison import Credit
from server.demo.highfield import FINISH, RADIUS_M, Control

DWELL_MS = 3_000
EXIT_M = 5.0
"""How far beyond the boundary a stay still lasts; the check-in itself is never made there."""
SPEED_M_S_MAX = 12.0
GRAIN_M = 0.008
"""Half a unit of 10^-7 degree on both axes: positions in events are rounded to it."""

_WGS84 = Geod(ellps="WGS84")


def distance_m(lon: float, lat: float, control: Control) -> float:
    """The geodesic between a position in degrees and a control."""
    return float(_WGS84.inv(lon, lat, control.lon, control.lat)[2])


def wrong_credits(recorded: Sequence[Fix], credits_: Sequence[Credit], controls: Sequence[Control]) -> list[Credit]:
    """The credits that the recording does not give."""
    control_by_code = {control.code: control for control in controls}
    index_by_ms = {fix.at_ms: index for index, fix in enumerate(recorded)}
    wrong = []
    for credit in credits_:
        index = index_by_ms.get(credit.at_ms)
        control = control_by_code.get(credit.code)
        if index is None or control is None or not _given(recorded, index, credit, control):
            wrong.append(credit)
    return wrong


def _given(recorded: Sequence[Fix], index: int, credit: Credit, control: Control) -> bool:
    """The check-in is a recorded fix inside the fence, at the end of a stay of fixes reached at a runner's speed."""
    fix = recorded[index]
    if (fix.lon_e7, fix.lat_e7) != (credit.lon_e7, credit.lat_e7):
        return False
    if distance_m(fix.lon_e7 / 1e7, fix.lat_e7 / 1e7, control) > RADIUS_M + GRAIN_M:
        return False
    dwell_ms = 0 if control.code == FINISH else DWELL_MS
    for here, before in zip(recorded[index::-1], [*recorded[:index][::-1], None], strict=True):
        away_m = distance_m(here.lon_e7 / 1e7, here.lat_e7 / 1e7, control)
        if away_m > RADIUS_M + EXIT_M + GRAIN_M or (before is not None and _speed_m_s(before, here) > SPEED_M_S_MAX):
            return False
        if credit.at_ms - here.at_ms >= dwell_ms and away_m <= RADIUS_M + GRAIN_M:
            return True
    return False


def _speed_m_s(before: Fix, after: Fix) -> float:
    length = _WGS84.inv(before.lon_e7 / 1e7, before.lat_e7 / 1e7, after.lon_e7 / 1e7, after.lat_e7 / 1e7)[2]
    return float(length) * 1000 / (after.at_ms - before.at_ms)
