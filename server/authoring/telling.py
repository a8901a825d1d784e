"""A game in sentences: its rules as players are told them, and every rule in force as organisers look it up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from client_core.game.checkpoints import ByTime, Capture, FirstFinders, Kind, Method
from client_core.game.content import Package
from client_core.game.entrants import Presence
from client_core.game.fences import Circle
from client_core.game.groups import Answered, Atom, Earned, Fixed, Free, Given, Group, Mode, Rotated, Visited
from client_core.game.showing import CheckInBy, StandingsShown
from client_core.game.timing import (
    Beyond,
    CheckInStart,
    Doubt,
    IntervalStart,
    MassStart,
    SelfStart,
    StaffStart,
    Start,
    TieBreak,
    TimeLimit,
)

WAYS = {
    Method.GPS: "by position",
    Method.QR: "by its QR code",
    Method.CODE: "by typing its code",
    Method.KIOSK: "at a kiosk",
    Method.STAFF: "with staff",
    Method.PAPER: "on paper",
}
DOUBT = {
    Doubt.ESTIMATE: "What servers and kiosks saw of time corrects your phone's clock.",
    Doubt.PROVEN: "In time is what a server or kiosk held in time: stay in touch with the network.",
}
BEYOND = {Beyond.OVER_TIME: "has no place", Beyond.ZERO: "scores zero", Beyond.DISQUALIFIED: "is disqualified"}
TIES = {
    TieBreak.EARLIER_FINISH: "the earlier finish",
    TieBreak.ELAPSED_TIME: "the shorter time",
    TieBreak.EARLIER_LAST_POINTS: "the earlier last points",
    TieBreak.FEWER_HINTS: "fewer hints",
    TieBreak.FEWER_WRONG: "fewer wrong answers",
    TieBreak.NEAREST_ESTIMATE: "the nearer estimates",
    TieBreak.STAFF_DRAW: "a draw",
}


class Told(msgspec.Struct, frozen=True):
    """The rules as JSON."""

    name: str
    sentences: list[str]


def sentences(package: Package) -> list[str]:
    """The rules for players, a sentence or two each."""
    told = [f"{package.name}: {counted(len(package.checkpoints), 'checkpoint')}, {_worth(package)}."]
    told += [_start(package.start, package), *_limit(package.limit, package)]
    told += [*_formats(package), *_check_in(package), *_presence(package)]
    for kind in package.kinds:
        told += _kind(kind)
    for group in package.groups:
        told += _group(group, package)
    told += [*_challenges(package), *_ranking(package)]
    if package.finish.checkpoint is not None:
        finish = package.checkpoints[package.finish.checkpoint]
        told.append(f"The finish is {_place(finish.code, finish.name)}; checking in there ends your game.")
    else:
        told.append("There is no finish to go to: say in the app that you are done.")
    told += [f"Before you start: {one.text}" for one in package.briefings]
    days = counted(package.retention_days, "day")
    told.append(f"Names, positions, photos and words of players are erased {days} after the game; results stay.")
    told.append(f"In an emergency call {package.emergency_number}.")
    return told


def _worth(package: Package) -> str:
    points = [one.points for one in package.checkpoints if one.points]
    asked = sum(one.points for one in package.challenges)
    if not points and not asked:
        return "which pay no points"
    low, high = min(points, default=0), max(points, default=0)
    each = f"{low} to {high} points each" if low != high else f"{high} points each"
    total = sum(one for one in points if one > 0) + asked
    return f"{each}, {total} in all" + (" with the challenges" if asked else "")


def _start(start: Start, package: Package) -> str:
    if isinstance(start, MassStart):
        return f"All start at {_clock(start.at_ms, package)}."
    if isinstance(start, IntervalStart):
        return f"Teams start every {_span(start.every_ms)} from {_clock(start.first_ms, package)} on, by their number."
    until = ""
    if isinstance(start, SelfStart | CheckInStart) and start.until_ms is not None:
        until = f" Who has not started by {_clock(start.until_ms, package)} starts then."
    if isinstance(start, CheckInStart):
        return f"Your time starts with your check-in at {package.checkpoints[start.checkpoint].code}.{until}"
    if isinstance(start, SelfStart):
        opens, closes = _clock(package.opens_at_ms, package), _clock(package.closes_at_ms, package)
        return f"Your time starts with your first check-in, or when you say so, from {opens} to {closes}.{until}"
    return "Staff start your team." if isinstance(start, StaffStart) else "You start at the time of the start list."


def _limit(limit: TimeLimit | None, package: Package) -> Iterator[str]:
    if limit is None:
        yield "There is no time limit."
        return
    if limit.limit_ms is not None:
        yield f"You have {_span(limit.limit_ms)}."
    if limit.back_by_ms is not None:
        yield f"Everybody is back by {_clock(limit.back_by_ms, package)}."
    if limit.late_points:
        yield f"Every started minute over the limit costs {counted(limit.late_points, 'point')}."
    else:
        yield "Coming late costs no points."
    if limit.late_ms_max is not None:
        yield f"Who is more than {_span(limit.late_ms_max)} late {BEYOND[limit.beyond]}."
    if not limit.late_pays:
        yield "Check-ins after the limit pay nothing."
    if limit.doubt in DOUBT:
        yield DOUBT[limit.doubt]


def _formats(package: Package) -> Iterator[str]:
    for one in package.formats:
        limit = one.limit
        length = f": {_span(limit.limit_ms)}" if limit is not None and limit.limit_ms is not None else ""
        start = f" {_start(one.start, package)}" if one.start is not None else ""
        yield f"In {one.name}{length}{'.' if length or not start else ':'}{start}".removesuffix(" ")
    if package.categories:
        yield f"Categories: {', '.join(one.name for one in package.categories)}."


def _check_in(package: Package) -> Iterator[str]:
    kind = package.kinds[0]
    yield f"You check in {_or([WAYS[method] for method in kind.methods])}."
    if Method.GPS not in kind.methods:
        return
    radii = {one.fence.radius_mm for one in package.checkpoints if isinstance(one.fence, Circle)}
    if len(radii) == 1:
        yield f"By position you must be within {radii.pop() // 1000} m of it."
    if package.showing.check_in is CheckInBy.AUTOMATIC:
        yield "The phone checks in by itself when you are there."
    else:
        yield "You tap to check in; passing by is not enough."
    hidden = [
        word
        for word, shown in (
            ("your own position", package.showing.own_position),
            ("how far checkpoints are", package.showing.distances),
        )
        if not shown
    ]
    if hidden:
        yield f"The app does not show {' or '.join(hidden)}."


def _presence(package: Package) -> Iterator[str]:
    rule = package.members
    within = f" within {_span(rule.within_ms)}" if rule.within_ms else ""
    if rule.presence is Presence.ALL:
        yield f"A visit counts when all of the team were there{within}."
    elif rule.presence is Presence.K_OF_N:
        yield f"A visit counts when {rule.k} of the team were there{within}."
    elif rule.presence is Presence.LOWEST:
        yield "The team has the score of its lowest member."


def _kind(kind: Kind) -> Iterator[str]:
    if isinstance(kind.pay, FirstFinders):
        extra = ", ".join(map(str, kind.pay.points))
        yield f"Some checkpoints pay more to the first teams there: {extra} points."
    elif isinstance(kind.pay, Capture):
        yield f"Some checkpoints pay {kind.pay.points_a_minute} points for every whole minute you hold them."
    elif isinstance(kind.pay, ByTime):
        yield "What some checkpoints pay changes with the time."
    if kind.hours:
        yield "Some checkpoints have opening hours."
    if kind.dwell_ms:
        yield f"At some checkpoints you stay for {_span(kind.dwell_ms)}."
    if kind.revisit_ms is not None:
        yield f"Some checkpoints pay again after {_span(kind.revisit_ms)}."


def _group(group: Group, package: Package) -> Iterator[str]:
    name = f"\u201c{group.name}\u201d"
    if group.opening:
        ways = [" and ".join(_atom(atom, package) for atom in ands) for ands in group.opening]
        yield f"{name} opens {', or '.join(ways)}."
    if not isinstance(group.order, Free):
        how = "in its order"
        if isinstance(group.order, Rotated):
            how = "in its order, each team from another place on"
        elif not isinstance(group.order, Fixed | Given):
            how = "in an order of your own, which the app shows"
        elif isinstance(group.order, Given):
            how = "in the order that your team is given"
        yield f"{name} is played {how}{'' if group.mode is Mode.HUNT else ', judged afterwards'}."
    if group.complete_points:
        some = "" if group.complete_count is None else f" {group.complete_count} places of"
        within = "" if group.within_ms is None else f" within {_span(group.within_ms)}"
        yield f"Completing{some} {name}{within} pays {counted(group.complete_points, 'point')}."
    if group.count_max is not None:
        pay = "pays" if group.count_max == 1 else "pay"
        yield f"Of {name} the first {counted(group.count_max, 'visit')} {pay}."


def _atom(atom: Atom, package: Package) -> str:
    if isinstance(atom, Visited):
        checkpoint = package.checkpoints[atom.checkpoint]
        return f"when you were at {_place(checkpoint.code, checkpoint.name)}"
    if isinstance(atom, Answered):
        return f"when you answered {package.challenges[atom.challenge].code} rightly"
    if isinstance(atom, Earned):
        return f"when you earned {counted(atom.points, 'point')}"
    return f"at {_clock(atom.at_ms, package)}" if atom.absolute else f"after {_span(atom.at_ms)}"


def _challenges(package: Package) -> Iterator[str]:
    if not package.challenges:
        return
    count = len(package.challenges)
    yield f"There {'is' if count == 1 else 'are'} {counted(count, 'challenge')}."
    if any(one.wrong_points for one in package.challenges):
        yield "A wrong answer may cost points; the same one costs once."
    if any(hint.points for one in package.challenges for hint in one.hints):
        yield "Hints may cost points; the app says how many before you look."


def _ranking(package: Package) -> Iterator[str]:
    first = "The shortest time wins" if package.ranking.by_time else "The most points win"
    ties = [TIES[tie] for tie in package.ranking.ties]
    yield f"{first}; equals are parted by {', then by '.join(ties)}." if ties else f"{first}; equals share a place."
    shown = package.showing
    if shown.standings is StandingsShown.HIDDEN:
        yield "The standings are shown afterwards."
    elif shown.standings is StandingsShown.FROZEN and shown.frozen_from_ms is not None:
        yield f"The standings stand still from {_clock(shown.frozen_from_ms, package)} until the results."


def _place(code: str, name: str) -> str:
    return f"{code} ({name})" if name else code


def _clock(at_ms: int, package: Package) -> str:
    at = datetime.fromtimestamp(at_ms // 1000, ZoneInfo(package.time_zone))
    return at.strftime("%H:%M on %Y-%m-%d")


def _span(length_ms: int) -> str:
    hours, rest = divmod(length_ms, 3_600_000)
    minutes, left_ms = divmod(rest, 60_000)
    parts = [f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes), f"{left_ms // 1000} s" * bool(left_ms)]
    return " ".join(filter(None, parts)) or "0 s"


def counted(number: int, what: str) -> str:
    """A number and what is counted, such as 1 visit or 2 visits."""
    return f"{number} {what}{'' if abs(number) == 1 else 's'}"


def _or(words: list[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}" if len(words) > 1 else words[0]
