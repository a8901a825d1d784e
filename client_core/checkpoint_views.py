"""What a player is shown of the checkpoints: those that may be seen now, how far they are, who holds them.

What stands behind a fence alone is hidden here only: it is in the package on the device.
"""

from __future__ import annotations

import msgspec

from client_core.calls import CheckpointView, HolderView, Near, Position
from client_core.game.actions import CheckIn
from client_core.game.checkpoints import Capture, FirstFinders, Method, Shown
from client_core.game.explaining import METHOD_NAMES
from client_core.game.fences import Circle, Fence, Polygon, Ring
from client_core.game.geometry import distance_mm, inside
from client_core.game.results import TeamResult
from client_core.game.verdicts import Reason
from client_core.replica import Replica


class Told:
    """What was told of the checkpoints last: nearly all of it never changes, and a game has hundreds."""

    def __init__(self, version: int) -> None:
        """`version`: a number that no other has had to whom the same page listened."""
        self.made: dict[int, CheckpointView] = {}
        """By the checkpoints' numbers, as they are where nobody holds them."""
        self.version = version
        self._last: tuple[CheckpointView, ...] = ()

    def news(self, views: tuple[CheckpointView, ...], known: int) -> tuple[CheckpointView, ...] | None:
        """These, under the `version` that stands afterwards; None where whoever asks knows that version."""
        if views != self._last:
            self._last, self.version = views, self.version + 1
        return None if known == self.version else views


def shown(replica: Replica, result: TeamResult, fix: Position | None, at_ms: int) -> list[int]:
    """The checkpoints that may be seen now: all that were visited, and those of the others that their kind shows."""
    kinds, visited = replica.package.kinds, frozenset(result.visited)
    found = []
    for number, checkpoint in enumerate(replica.package.checkpoints):
        kind = kinds[checkpoint.kind]
        if (
            number in visited
            or kind.shown is Shown.ALWAYS
            or (kind.shown is Shown.NEAR and _is_near(checkpoint.fence, fix, kind.near_mm))
            or (kind.shown is Shown.OPEN and _is_open(replica, number, at_ms))
        ):
            found.append(number)
    return found


def near(replica: Replica, numbers: list[int], fix: Position | None) -> tuple[Near, ...]:
    """How far these are from a fix."""
    if fix is None:
        return ()
    found = []
    for number in numbers:
        fence = replica.checkpoint(number).fence
        if fence is not None:
            away_mm = distance_mm(fence, fix.lon_e7, fix.lat_e7)
            found.append(Near(number, away_mm, inside(fence, fix.lon_e7, fix.lat_e7)))
    return tuple(found)


def checkpoints(
    replica: Replica, result: TeamResult, numbers: list[int], at_ms: int, told: Told
) -> tuple[CheckpointView, ...]:
    """These checkpoints as players may know them; what is new of them is kept in `told`."""
    rules, made = replica.rules, told.made
    unplayed = _unplayed(replica, result)
    for number in numbers:
        if number not in made:
            made[number] = _plain(replica, number)
    views = [made[number] for number in numbers]
    for index, number in enumerate(numbers):
        if number in rules.crossing or number in unplayed:
            pay = rules.places[number].pay
            holder = _holder(replica, result, number, at_ms, pay.blocked_ms) if isinstance(pay, Capture) else None
            if holder is not None or number in unplayed:
                views[index] = msgspec.structs.replace(made[number], plays=number not in unplayed, holder=holder)
    return tuple(views)


def _plain(replica: Replica, number: int) -> CheckpointView:
    """A checkpoint of what the team plays, which nobody holds."""
    checkpoint = replica.checkpoint(number)
    place = replica.rules.places[number]
    fence, pay = checkpoint.fence, place.pay
    return CheckpointView(
        number=number,
        code=checkpoint.code,
        name=checkpoint.name,
        text=checkpoint.text,
        points=checkpoint.points,
        methods=tuple(METHOD_NAMES[method] for method in sorted(place.methods)),
        lon_e7=fence.metric.lon_e7 if fence is not None else None,
        lat_e7=fence.metric.lat_e7 if fence is not None else None,
        radius_mm=fence.radius_mm if isinstance(fence, Circle) else None,
        rings=_rings(fence),
        finish=replica.package.finish.checkpoint == number,
        plays=True,
        hours=tuple((one.from_ms, one.to_ms) for one in place.hours),
        first_points=pay.points if isinstance(pay, FirstFinders) else (),
        minute_points=pay.points_a_minute if isinstance(pay, Capture) else 0,
        dwell_ms=place.dwell_ms,
        holder=None,
    )


def _holder(replica: Replica, result: TeamResult, number: int, at_ms: int, blocked_ms: int) -> HolderView | None:
    """Who holds a checkpoint, as far as a node told and this team's own visits say; None where nobody is known to."""
    if not replica.package.showing.tells_holders(at_ms):
        return None
    told = replica.holder_told(number)
    mine = max((claim.at_ms for claim in result.claims if claim.checkpoint == number), default=None)
    if mine is not None and (told is None or mine >= told.since_ms):
        since_ms = told.since_ms if told is not None and told.team == result.team else mine
        return HolderView(team_number=result.number, team_name="", mine=True, since_ms=since_ms, blocked_until_ms=None)
    if told is None or told.team is None:
        return None
    team = replica.register().teams.get(told.team)
    is_mine = told.team == result.team
    until_ms = told.since_ms + blocked_ms
    return HolderView(
        team_number=team.number if team is not None else 0,
        team_name=team.name if team is not None and not is_mine else "",
        mine=is_mine,
        since_ms=told.since_ms,
        blocked_until_ms=None if is_mine or not blocked_ms or at_ms >= until_ms else until_ms,
    )


def _unplayed(replica: Replica, result: TeamResult) -> frozenset[int]:
    """The checkpoints that are no part of what this team plays: of its format, and of a course of its categories."""
    rules, package = replica.rules, replica.package
    paying = next((one.checkpoints for one in package.formats if one.code == result.format), None)
    other_formats = () if paying is None else frozenset(range(len(package.checkpoints))) - frozenset(paying)
    mine = frozenset(result.categories)
    closed = {number for number, one in enumerate(package.groups) if one.categories and not mine & set(one.categories)}
    if not closed:
        return frozenset(other_formats)
    return frozenset(other_formats) | {
        checkpoint
        for checkpoint, seat in rules.seats_of(result.categories).items()
        if not closed.isdisjoint((seat.group, *rules.parents.get(seat.group, ())[:1]))
    }


def _is_near(fence: Fence | None, fix: Position | None, near_mm: int) -> bool:
    if fence is None or fix is None:
        return False
    return inside(fence, fix.lon_e7, fix.lat_e7) or distance_mm(fence, fix.lon_e7, fix.lat_e7) <= near_mm


def _is_open(replica: Replica, number: int, at_ms: int) -> bool:
    """Whether a check-in there would find its group open; where none by position counts it stays out of sight."""
    fence = replica.checkpoint(number).fence
    if fence is None or int(Method.GPS) not in replica.rules.places[number].methods:
        return False
    lon_e7, lat_e7 = _somewhere_in(fence)
    verdict = replica.foresee(CheckIn(Method.GPS, None, at_ms, number, lon_e7, lat_e7, 0))
    return getattr(verdict, "reason", None) not in {Reason.NOT_OPEN, Reason.NOT_IN_FORMAT}


def _somewhere_in(fence: Fence) -> tuple[int, int]:
    """A position that counts as inside."""
    if isinstance(fence, Circle):
        return fence.metric.lon_e7, fence.metric.lat_e7
    part = fence if isinstance(fence, Polygon) else fence.parts[0]
    return part.exterior[0]


def _rings(fence: Fence | None) -> tuple[Ring, ...]:
    if fence is None or isinstance(fence, Circle):
        return ()
    parts = (fence,) if isinstance(fence, Polygon) else fence.parts
    return tuple(ring for part in parts for ring in (part.exterior, *part.holes))
