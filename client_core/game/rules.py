"""A package made ready for judging: look-up tables built once, read millions of times.

Nothing here is new information; whatever folds holds one `Rules` a package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from client_core.game.checkpoints import Capture, Checkpoint, FirstFinders, Hours, Kind, Method, NoAccuracy, Pay, Plain
from client_core.game.content import Package
from client_core.game.fences import Fence
from client_core.game.geometry import sure_box, sure_disc
from client_core.game.groups import Free, Group, Mode
from client_core.game.verdicts import Accepted

CLOCK_SUSPECT_MS = 12 * 3_600_000
"""How far outside the game's opening hours a clock may be before it is not believed. Early birds and phones
that lie on after the game stay within it; a clock that was never set is years away."""


Sure = tuple[int, int, int, int, int, int, int, int, int, int]
"""West, south, east and north, an accuracy in dm, and the five numbers of a `geometry.Disc`: a fix in that box, or in
the disc around it, and no worse says that somebody was there."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """What judging asks of one checkpoint."""

    methods: frozenset[int]
    fence: Fence | None
    accuracy_dm_max: int
    accuracy_needed: bool
    dwell_ms: int
    code: str
    secret: bytes
    hours: tuple[Hours, ...]
    pay: Pay
    revisit_ms: int | None
    points: int
    plain: bool
    """Pays its points once, at any hour."""


class Seat(msgspec.Struct, frozen=True, gc=False):
    """Where a checkpoint stands in its group: positions in the list of legs."""

    group: int
    legs: tuple[int, ...]


class Rules(msgspec.Struct, frozen=True):
    """Tables by checkpoint number, and the package's times as the judge compares them."""

    package: Package
    checkpoints: tuple[Checkpoint, ...]
    fences: tuple[Fence | None, ...]
    codes: tuple[str, ...]
    accepted: tuple[Accepted, ...]
    """What each checkpoint pays, as the verdict itself."""
    places: tuple[Place, ...]
    finish: int
    """The number of the finish, -1 where there is none."""
    accuracy_dm_max: int
    """The worst fix that counts anywhere."""
    opens_ms: int
    closes_ms: int
    believed_from_ms: int
    believed_to_ms: int
    elapsed_ms_max: int
    """A longer time between start and finish is the work of a clock."""
    seats: dict[int, Seat]
    """By checkpoint, for those that stand in a group; of several groups in the first."""
    shared: dict[int, tuple[Seat, ...]]
    """By checkpoint, for those that stand in several groups, which teams of different categories play: in each."""
    parents: dict[int, tuple[int, int]]
    """By group: the group it stands in, and its position there."""
    gated: frozenset[int]
    """Groups that are not simply open from the start."""
    challenges_at: dict[int, tuple[int, ...]]
    """By checkpoint the challenges that are asked there."""
    sport: frozenset[int]
    """Groups whose order is judged when the team finished."""
    has_hours: bool
    """Whether any checkpoint has opening hours."""
    crossing: frozenset[int]
    """Checkpoints that pay by what other teams did."""

    sure: dict[int, Sure | None]
    """By checkpoint, where it was asked for already, the evidence by position that holds for certain."""

    def seats_of(self, categories: Iterable[str]) -> Mapping[int, Seat]:
        """Where each checkpoint stands for a team of these categories: of several groups in the first it plays."""
        if not self.shared:
            return self.seats
        groups, mine = self.package.groups, frozenset(categories)
        played = {
            checkpoint: next((seat for seat in seats if mine & set(groups[seat.group].categories)), seats[0])
            for checkpoint, seats in self.shared.items()
        }
        return {**self.seats, **played}

    def note_sure(self, number: int) -> None:
        """Fill in `sure` for a checkpoint: of 200,000 few are visited. None where it is never so simple."""
        place = self.places[number]
        simple = place.fence is not None and Method.GPS in place.methods and not place.dwell_ms
        box = sure_box(place.fence) if place.fence is not None and simple else None
        disc = sure_disc(place.fence) if place.fence is not None and simple else None
        self.sure[number] = None if box is None or disc is None else (*box, place.accuracy_dm_max, *disc)


def compile_rules(package: Package) -> Rules:
    """The tables of a package that `content.decode_package` or `publish.publish` gave."""
    points = sorted({checkpoint.points for checkpoint in package.checkpoints})
    accepted_by_points = {worth: Accepted(worth) for worth in points}
    challenges_at: dict[int, tuple[int, ...]] = {}
    for number, challenge in enumerate(package.challenges):
        if challenge.checkpoint is not None:
            challenges_at[challenge.checkpoint] = (*challenges_at.get(challenge.checkpoint, ()), number)
    seats = _seats(package.groups)
    places = tuple(_place(checkpoint, package.kinds[checkpoint.kind]) for checkpoint in package.checkpoints)
    parents = {
        child: (number, position)
        for number, group in enumerate(package.groups)
        for position, child in enumerate(group.groups)
    }
    return Rules(
        package=package,
        checkpoints=package.checkpoints,
        fences=tuple(checkpoint.fence for checkpoint in package.checkpoints),
        codes=tuple(checkpoint.code for checkpoint in package.checkpoints),
        accepted=tuple(accepted_by_points[checkpoint.points] for checkpoint in package.checkpoints),
        places=places,
        finish=-1 if package.finish.checkpoint is None else package.finish.checkpoint,
        accuracy_dm_max=max(kind.accuracy_mm_max for kind in package.kinds) // 100,
        opens_ms=package.opens_at_ms,
        closes_ms=package.closes_at_ms,
        believed_from_ms=package.opens_at_ms - CLOCK_SUSPECT_MS,
        believed_to_ms=package.closes_at_ms + CLOCK_SUSPECT_MS,
        elapsed_ms_max=package.closes_at_ms - package.opens_at_ms + CLOCK_SUSPECT_MS,
        seats={checkpoint: found[0] for checkpoint, found in seats.items()},
        shared={checkpoint: found for checkpoint, found in seats.items() if len(found) > 1},
        parents=parents,
        gated=frozenset(number for number in range(len(package.groups)) if _is_gated(package.groups, parents, number)),
        challenges_at=challenges_at,
        sport=frozenset(n for n, group in enumerate(package.groups) if is_ordered(group) and group.mode is Mode.SPORT),
        has_hours=any(place.hours for place in places),
        crossing=frozenset(n for n, place in enumerate(places) if isinstance(place.pay, FirstFinders | Capture)),
        sure={},
    )


def is_ordered(group: Group) -> bool:
    """Whether the group's members have an order."""
    return not isinstance(group.order, Free)


def _place(checkpoint: Checkpoint, kind: Kind) -> Place:
    return Place(
        methods=frozenset(map(int, kind.methods)),
        fence=checkpoint.fence,
        accuracy_dm_max=kind.accuracy_mm_max // 100,
        accuracy_needed=kind.no_accuracy is NoAccuracy.REFUSE,
        dwell_ms=kind.dwell_ms,
        code=checkpoint.code,
        secret=checkpoint.secret,
        hours=kind.hours,
        pay=kind.pay,
        revisit_ms=kind.revisit_ms,
        points=checkpoint.points,
        plain=isinstance(kind.pay, Plain) and not kind.hours and kind.revisit_ms is None,
    )


def _seats(groups: tuple[Group, ...]) -> dict[int, tuple[Seat, ...]]:
    """Every checkpoint's places in its groups, in their order."""
    seats: dict[int, tuple[Seat, ...]] = {}
    for number, group in enumerate(groups):
        positions: dict[int, list[int]] = {}
        for position, leg in enumerate(group.legs):
            for checkpoint in leg.any_of:
                positions.setdefault(checkpoint, []).append(position)
        for checkpoint, legs in positions.items():
            seats[checkpoint] = (*seats.get(checkpoint, ()), Seat(number, tuple(legs)))
    return seats


def _is_gated(groups: tuple[Group, ...], parents: dict[int, tuple[int, int]], number: int) -> bool:
    """Whether a visit in the group, or in the one around it, may come too early."""
    group = groups[number]
    binding = is_ordered(group) and group.mode is Mode.HUNT
    if group.opening or group.categories or binding:
        return True
    return number in parents and _is_gated(groups, {}, parents[number][0])
