"""A game moved in time: a rehearsal copy begins when it suits, and all its times move along."""

from __future__ import annotations

from msgspec.structs import replace

from client_core.game.checkpoints import ByTime, Hours, Kind
from client_core.game.entrants import Format
from client_core.game.groups import Atom, Group, Reached
from client_core.game.publish import Draft
from client_core.game.timing import CheckInStart, IntervalStart, MassStart, SelfStart, Start, TimeLimit


def moved(draft: Draft, by_ms: int) -> Draft:
    """The draft with every absolute time later by `by_ms` (earlier, where that is negative); spans stay."""
    showing = draft.showing
    if showing.frozen_from_ms is not None:
        showing = replace(showing, frozen_from_ms=showing.frozen_from_ms + by_ms)
    return replace(
        draft,
        opens_at_ms=draft.opens_at_ms + by_ms,
        closes_at_ms=draft.closes_at_ms + by_ms,
        start=_start(draft.start, by_ms),
        limit=_limit(draft.limit, by_ms),
        kinds=tuple(_kind(kind, by_ms) for kind in draft.kinds),
        groups=tuple(_group(group, by_ms) for group in draft.groups),
        formats=tuple(_format(one, by_ms) for one in draft.formats),
        showing=showing,
    )


def begins_ms(draft: Draft) -> int:
    """When the first team starts, or, where teams choose, when the game opens."""
    if isinstance(draft.start, MassStart):
        return draft.start.at_ms
    return draft.start.first_ms if isinstance(draft.start, IntervalStart) else draft.opens_at_ms


def _start(start: Start, by_ms: int) -> Start:
    if isinstance(start, MassStart):
        return MassStart(start.at_ms + by_ms)
    if isinstance(start, IntervalStart):
        return replace(start, first_ms=start.first_ms + by_ms)
    if isinstance(start, SelfStart | CheckInStart) and start.until_ms is not None:
        return replace(start, until_ms=start.until_ms + by_ms)
    return start


def _limit(limit: TimeLimit | None, by_ms: int) -> TimeLimit | None:
    if limit is None or limit.back_by_ms is None:
        return limit
    return replace(limit, back_by_ms=limit.back_by_ms + by_ms)


def _kind(kind: Kind, by_ms: int) -> Kind:
    hours = tuple(Hours(one.from_ms + by_ms, one.to_ms + by_ms) for one in kind.hours)
    pay = kind.pay
    if isinstance(pay, ByTime) and pay.absolute:
        pay = ByTime(absolute=True, steps=tuple((at_ms + by_ms, points) for at_ms, points in pay.steps))
    return replace(kind, hours=hours, pay=pay)


def _group(group: Group, by_ms: int) -> Group:
    return replace(group, opening=tuple(tuple(_atom(atom, by_ms) for atom in ands) for ands in group.opening))


def _atom(atom: Atom, by_ms: int) -> Atom:
    if isinstance(atom, Reached) and atom.absolute:
        return Reached(absolute=True, at_ms=atom.at_ms + by_ms)
    return atom


def _format(one: Format, by_ms: int) -> Format:
    start = None if one.start is None else _start(one.start, by_ms)
    return replace(one, start=start, limit=_limit(one.limit, by_ms))
