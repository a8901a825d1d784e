"""Check-ins found by GPS beside the published electronic punches.

A punch is *found* where the team has the checkpoint's credit and a stay in its
fence covers the punch, give or take `TOLERANCE_MS`. A credit without a punch is
*passed*: the runner crossed a fence on the way to somewhere else. A credit is
*wrong* where an independent geodesic does not give it (`server.demo.oracle`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from client_core.game.fences import Fence, Fix
from client_core.game.geometry import inside
from server.demo.highfield import FINISH, Punch, Runner, expected

TOLERANCE_MS = 10_000


class Credit(NamedTuple):
    """A checkpoint that was paid, and the check-in it was paid for: when and where."""

    code: str
    at_ms: int
    lon_e7: int
    lat_e7: int


class Comparison(NamedTuple):
    """One track beside its punches; codes in the order of time."""

    result_id: int
    expected: int
    found: int
    missed: tuple[str, ...]
    passed: tuple[str, ...]
    wrong: tuple[str, ...]


def compare(
    runner: Runner,
    recorded: list[Fix],
    credits_: Sequence[Credit],
    fence_by_code: dict[str, Fence],
    wrong: Collection[Credit],
) -> Comparison:
    """What came of the punches that lie inside the recording."""
    codes = {credit.code for credit in credits_}
    due = expected(runner, recorded)
    missed = [punch.code for punch in due if punch.code not in codes or not was_there(recorded, fence_by_code, punch)]
    punched = {punch.code for punch in runner.punches} | {FINISH}
    passed = [credit.code for credit in credits_ if credit.code not in punched]
    return Comparison(
        runner.result_id,
        len(due),
        len(due) - len(missed),
        tuple(missed),
        tuple(passed),
        tuple(credit.code for credit in wrong),
    )


def was_there(recorded: list[Fix], fence_by_code: dict[str, Fence], punch: Punch) -> bool:
    """Whether a stay in the fence covers the punch, give or take the tolerance."""
    for enters_ms, leaves_ms in stays(recorded, fence_by_code[punch.code]):
        if enters_ms - TOLERANCE_MS <= punch.at_ms <= leaves_ms + TOLERANCE_MS:
            return True
    return False


def stays(recorded: list[Fix], fence: Fence) -> list[tuple[int, int]]:
    """The spans (first and last fix, ms) that the recording spends in a fence without a fix outside."""
    found: list[tuple[int, int]] = []
    open_since: int | None = None
    latest = 0
    for fix in recorded:
        if inside(fence, fix.lon_e7, fix.lat_e7):
            open_since = fix.at_ms if open_since is None else open_since
            latest = fix.at_ms
        elif open_since is not None:
            found.append((open_since, latest))
            open_since = None
    if open_since is not None:
        found.append((open_since, latest))
    return found
