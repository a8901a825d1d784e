"""A game in sentences: its rules as players are told them, and every rule in force as organisers look it up."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from client_core.game.checkpoints import Capture, FirstFinders, Method
from client_core.game.content import Package
from client_core.game.entrants import Presence
from client_core.game.groups import Fixed, Mode
from client_core.game.timing import Beyond, CheckInStart, IntervalStart, MassStart, SelfStart, StaffStart
from server.authoring.game_file import GameFile

WAYS = {
    Method.GPS: "by position",
    Method.QR: "by QR code",
    Method.CODE: "by typing its code",
    Method.KIOSK: "at a kiosk",
    Method.STAFF: "by staff",
    Method.PAPER: "on paper",
}
BEYOND = {Beyond.OVER_TIME: "has no place", Beyond.ZERO: "scores zero", Beyond.DISQUALIFIED: "is disqualified"}


def rules_in_force(game: GameFile) -> dict[str, object]:
    """Every key of the game with what holds, written or not; sections as they are written."""
    return {name: getattr(game, name) for name in game.__struct_fields__}


def sentences(package: Package) -> list[str]:
    """The rules for players, a sentence each."""
    told = [f"{package.name}: {len(package.checkpoints)} checkpoints."]
    told += [_start(package), *_limit(package)]
    ways = [WAYS[method] for method in package.kinds[0].methods]
    told.append(f"You check in {_or(ways)}.")
    if package.members.presence is Presence.ALL:
        told.append("A visit counts when all of the team were there.")
    elif package.members.presence is Presence.K_OF_N:
        told.append(f"A visit counts when {package.members.k} of the team were there.")
    for kind in package.kinds:
        if isinstance(kind.pay, FirstFinders):
            extra = _or([str(points) for points in kind.pay.points])
            told.append(f"Some checkpoints pay the first teams there {extra} points more.")
        elif isinstance(kind.pay, Capture):
            told.append(f"Some checkpoints pay {kind.pay.points_a_minute} points for every whole minute you hold them.")
    for group in package.groups:
        if isinstance(group.order, Fixed):
            told.append(
                f"{group.name} is played in its order{'' if group.mode is Mode.HUNT else ', judged afterwards'}."
            )
        if group.complete_points:
            told.append(f"Completing {group.name} pays {group.complete_points} points.")
        if group.count_max is not None:
            told.append(f"Of {group.name} the first {group.count_max} visits pay.")
    if package.challenges:
        told.append(f"There are {len(package.challenges)} challenges.")
    if package.finish.checkpoint is not None:
        told.append(f"The finish is checkpoint {package.checkpoints[package.finish.checkpoint].code}.")
    told.append(f"In an emergency call {package.emergency_number}.")
    return told


def _start(package: Package) -> str:
    start = package.start
    if isinstance(start, MassStart):
        return f"All start at {_clock(start.at_ms, package)}."
    if isinstance(start, IntervalStart):
        return f"Teams start every {_span(start.every_ms)} from {_clock(start.first_ms, package)} on, by their number."
    if isinstance(start, CheckInStart):
        return f"Your time starts with your check-in at {package.checkpoints[start.checkpoint].code}."
    if isinstance(start, SelfStart):
        return "Your time starts with your first check-in, or when you say so."
    return "Staff start your team." if isinstance(start, StaffStart) else "You start at the time of the start list."


def _limit(package: Package) -> list[str]:
    limit = package.limit
    if limit is None:
        return ["There is no time limit."]
    told = []
    if limit.limit_ms is not None:
        told.append(f"You have {_span(limit.limit_ms)}.")
    if limit.back_by_ms is not None:
        told.append(f"Everybody is back by {_clock(limit.back_by_ms, package)}.")
    told.append(f"Every started minute over the limit costs {limit.late_points} points.")
    if limit.late_ms_max is not None:
        told.append(f"Who is more than {_span(limit.late_ms_max)} late {BEYOND[limit.beyond]}.")
    if not limit.late_pays:
        told.append("Check-ins after the limit pay nothing.")
    return told


def _clock(at_ms: int, package: Package) -> str:
    at = datetime.fromtimestamp(at_ms // 1000, ZoneInfo(package.time_zone))
    return at.strftime("%H:%M on %Y-%m-%d")


def _span(length_ms: int) -> str:
    hours, rest = divmod(length_ms, 3_600_000)
    minutes, left_ms = divmod(rest, 60_000)
    parts = [f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes), f"{left_ms // 1000} s" * bool(left_ms)]
    return " ".join(filter(None, parts)) or "0 s"


def _or(words: list[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}" if len(words) > 1 else words[0]


class Told(msgspec.Struct, frozen=True):
    """The rules as JSON."""

    name: str
    sentences: list[str]
