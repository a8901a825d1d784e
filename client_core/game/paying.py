"""Paying: all events together decide what is paid.

Visits that stood are gathered by business key, (checkpoint) or (rank of a
course), so that two phones or two branches of a fork are never paid twice; made
visits of the team by the game's rule of presence; matched with courses; and
bounded by what a group pays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from types import MappingProxyType

import msgspec

from client_core.game.actions import CheckIn
from client_core.game.checkpoints import ByTime, Capture, FirstFinders
from client_core.game.clocking import Times
from client_core.game.courses import filled
from client_core.game.entrants import Presence
from client_core.game.groups import Group
from client_core.game.lines import COMPLETE, GRANTED, Line
from client_core.game.openings import Openings
from client_core.game.play import FIRST, Play, Visit
from client_core.game.results import Claim
from client_core.game.rules import Place, is_ordered
from client_core.game.verdicts import Accepted, Reason, Refused
from client_core.game.walking import COURSE, Key

LAST = 1 << 80
"""A place after those of all events."""
NOTHING_MISSING: Mapping[int, tuple[bytes, ...]] = MappingProxyType({})
_ALREADY_VISITED = Refused(Reason.ALREADY_VISITED)


class Paid(msgspec.Struct, frozen=True, gc=False):
    """A visit that pays: when, at which checkpoint, by which event or decision, how much."""

    at_ms: int
    checkpoint: int
    event: bytes
    points: int


class Pay(msgspec.Struct, frozen=True, gc=False):
    """What the visits of one key come to."""

    paid: Sequence[Paid] = ()
    claims: Sequence[Claim] = ()
    missing: Mapping[int, tuple[bytes, ...]] = NOTHING_MISSING
    """By checkpoint what leaves it missing: the visits and decisions of its course."""


class Purse:
    """What the visits of a team come to: those of all keys, and what their groups and staff make of it."""

    __slots__ = ("bonus", "claims", "missing", "paid")

    def __init__(self, pays: Iterable[Pay]) -> None:
        self.paid: list[Paid] = []
        self.claims: list[Claim] = []
        self.missing: dict[int, tuple[bytes, ...]] = {}
        self.bonus = 0
        for one in pays:
            self.paid += one.paid
            if one.claims:
                self.claims += one.claims
            if one.missing:
                self.missing.update(one.missing)


def pay(play: Play, times: Times, openings: Openings, stood: Mapping[Key, list[Visit]]) -> dict[Key, Pay]:
    """Set the verdicts of the visits that stood; what they pay, by what they are paid as."""
    pays = {
        key: pay_key(play, times, visits) for key, visits in stood.items() if isinstance(key, int) or key[1] != COURSE
    }
    for number in sorted(play.rules.sport):
        if play.rules.package.groups[number].legs:
            pays[number, COURSE] = pay_course(play, times, openings, number, stood.get((number, COURSE), []))
    return pays


def gather(play: Play, times: Times, pays: Iterable[Pay]) -> Purse:
    """What all keys pay together, with the finish, what staff granted, and the bounds and bonuses of groups."""
    purse = Purse(pays)
    finish = times.finish
    if finish is not None and play.rules.finish >= 0:
        verdict = play.rules.accepted[play.rules.finish]
        play.closing.verdicts[finish.place] = verdict
        purse.paid.append(Paid(finish.told_ms, play.rules.finish, finish.event, verdict.points))
    _pay_grants(play, times, purse)
    if play.rules.package.groups:
        _bound_groups(play, purse)
    return purse


def there(play: Play, visits: Sequence[Visit]) -> Iterable[tuple[Visit, tuple[bytes, ...]]]:
    """The moments at which the team was at a place, by the game's rule, each with the other events that make it so.

    A visit of the team is complete with the first visit by which enough members
    were there within the time the rule gives. What cannot complete one is
    refused.
    """
    rule = play.rules.package.members
    if not play.members or rule.presence in {Presence.UNION, Presence.LOWEST}:
        return zip(visits, repeat(()))
    everybody = frozenset(one.member for one in play.members)
    needed = len(everybody) if rule.presence is Presence.ALL else min(rule.k, len(everybody))
    same, within_ms = _in_its_stead(play, visits[0].checkpoint) if visits else (), rule.within_ms
    latest: dict[int, Visit] = {}
    found: list[tuple[Visit, tuple[bytes, ...]]] = []
    for visit in visits:
        who = everybody if visit.who is None else visit.who & everybody
        if not who:
            play.refuse(visit.place, Refused(Reason.MEMBER_UNKNOWN, (-1,)))
            continue
        for one in who:
            latest[one] = visit
        from_ms = visit.moment - within_ms
        present = [other.event for other in latest.values() if not within_ms or other.moment >= from_ms]
        others = (*sorted({*present} - {visit.event}), *same)
        if len(present) >= needed:
            found.append((visit, others))
        else:
            play.refuse(visit.place, Refused(Reason.NOT_ALL_THERE, (len(present), needed)), *others)
    return found


def _in_its_stead(play: Play, checkpoint: int) -> tuple[bytes, ...]:
    """The check-ins at a checkpoint, and at those that fill the same leg."""
    seat = play.seats.get(checkpoint)
    legs = play.rules.package.groups[seat.group].legs if seat is not None else ()
    numbers = {checkpoint, *(one for leg in (seat.legs if seat is not None else ()) for one in legs[leg].any_of)}
    return tuple(event for number in sorted(numbers) for event in play.events_at(number))


def worth(place: Place, at_ms: int, start_ms: int | None) -> int:
    """What a visit at that time pays by the checkpoint's rule."""
    if not isinstance(place.pay, ByTime):
        return place.points
    since_ms = at_ms if place.pay.absolute else at_ms - (start_ms if start_ms is not None else at_ms)
    points = place.points
    for from_ms, step in place.pay.steps:
        if since_ms < from_ms:
            break
        points = step
    return points


def pay_key(play: Play, times: Times, visits: list[Visit]) -> Pay:
    """Pay the first visit of a place, and after each pause the next round."""
    if not play.in_order:
        visits.sort()
    first = visits[0]
    place = play.rules.places[first.checkpoint]
    verdicts, because = play.verdicts, play.because
    if place.plain and not play.members and not play.walked:  # the most usual: the first of all pays
        paid = _accept(play, times, first, ())
        if len(visits) > 1:
            why = (first.event,)
            for visit in visits[1:]:
                verdicts[visit.place], because[visit.event] = _ALREADY_VISITED, why
        return Pay((paid,))
    pause_ms, crossing = place.revisit_ms, isinstance(place.pay, Capture | FirstFinders)
    rounds: list[Paid] = []
    claims: list[Claim] = []
    last: Visit | None = None
    before: tuple[bytes, ...] = ()
    for visit, others in there(play, visits):
        if crossing and (last is None or isinstance(place.pay, Capture)):
            claims.append(_claim(play, visit))
        if last is None or (pause_ms is not None and visit.moment - last.moment >= pause_ms):
            rounds.append(_accept(play, times, visit, (*others, *before)))
            last, before = visit, (visit.event,)
        elif others or visit.event in because:
            play.refuse(visit.place, _ALREADY_VISITED, *dict.fromkeys((*others, *before)))
        else:  # nearly every other visit of a place: the same, without a call
            verdicts[visit.place], because[visit.event] = _ALREADY_VISITED, before
    return Pay(rounds, claims)


def _accept(play: Play, times: Times, visit: Visit, others: tuple[bytes, ...]) -> Paid:
    rules, number, event, at_ms = play.rules, visit.checkpoint, visit.event, visit.at_ms
    place = rules.places[number]
    if place.plain:
        verdict = rules.accepted[number]
    else:
        start = times.start
        verdict = Accepted(worth(place, at_ms, None if start is None else start[0]))
    play.verdicts[visit.place] = verdict
    if rules.gated:  # an earlier visit may have come too early, and this one pays for that
        others = (*others, *(one for one in _in_its_stead(play, number) if one != event))
    if others:
        play.because[event] = tuple(dict.fromkeys((*play.because.get(event, ()), *others)))
    return Paid(at_ms, number, event, verdict.points)


def _claim(play: Play, visit: Visit) -> Claim:
    """The visit as other teams' are compared with it; what nodes witnessed bounds it."""
    interval = play.seen(visit.place)
    high_ms = visit.at_ms if interval.high_ms is None else interval.high_ms
    action = play.events[visit.place].action
    view = action.view if isinstance(action, CheckIn) else None
    shown = play.register.shown.get(view) if view is not None else None
    lows = [low for low in (interval.low_ms, None if shown is None else shown.at_ms) if low is not None]
    low_ms = min(max(lows, default=visit.at_ms), high_ms)
    at_ms = max(low_ms, min(visit.at_ms, high_ms))
    return Claim(visit.checkpoint, at_ms, min(low_ms, at_ms), max(high_ms, at_ms), visit.event, view)


def pay_course(play: Play, times: Times, openings: Openings, number: int, stood: list[Visit]) -> Pay:
    """Judge a course from all its visits: as many legs as one order allows pay, the others are missing."""
    group = play.rules.package.groups[number]
    order = openings.order(number, play.team.id)
    unasked = {*play.rulings.voided, play.rules.finish}  # the finish has rules of its own
    voided = {rank for rank, leg in enumerate(order) if unasked & set(group.legs[leg].any_of)}
    by_checkpoint: dict[int, list[Visit]] = {}
    for visit in stood:
        by_checkpoint.setdefault(visit.checkpoint, []).append(visit)
    team_visits = sorted(
        (found for visits in by_checkpoint.values() for found in there(play, sorted(visits))), key=lambda one: one[0]
    )
    rows: list[tuple[int, int, Visit | None, int, tuple[bytes, ...]]] = [
        (visit.moment, visit.place, visit, visit.checkpoint, others) for visit, others in team_visits
    ]
    for decision, grant in play.rulings.granted:
        moment = grant.visit_ms
        if moment is None and grant.after is not None:
            moment = next((v.moment for v, _ in team_visits if v.checkpoint == grant.after), None)
        if moment is not None and any(grant.checkpoint in leg.any_of for leg in group.legs):
            rows.append((moment, LAST, None, grant.checkpoint, (decision,)))
    rows.sort(key=lambda row: (row[0], row[1], row[4]))
    ranks_of = {
        checkpoint: [r for r, leg in enumerate(order) if checkpoint in group.legs[leg].any_of and r not in voided]
        for checkpoint in {row[3] for row in rows}
    }
    ruled = _ruled_in(play, group)
    paid: list[Paid] = []
    missing: dict[int, tuple[bytes, ...]] = {}
    run = filled([ranks_of[row[3]] for row in rows])
    chosen = sorted(run.values())
    ids = [row[2].event if row[2] is not None else row[4][0] for row in rows]
    for index, (_, _, found, checkpoint, others) in enumerate(rows):
        at = next((k for k, other in enumerate(chosen) if other >= index), len(chosen))
        near = [ids[other] for other in (*chosen[max(0, at - 1) : at], *chosen[at : at + 2]) if other != index]
        if found is None:
            continue
        if index in run.values():
            paid.append(_accept(play, times, found, (*others, *near, *ruled)))
        else:
            before = [ids[other] for other in chosen if other < index and rows[other][3] == checkpoint]
            reason = Refused(Reason.ALREADY_VISITED) if before else Refused(Reason.OUT_OF_ORDER, (number,))
            play.refuse(found.place, reason, *dict.fromkeys([*others, *before[:1], *near, *ruled]))
    if not group.skippable and _plays(play, number, group):
        why = (*dict.fromkeys((*ids, *ruled)),)
        lacking = [group.legs[leg].any_of[0] for r, leg in enumerate(order) if r not in run and r not in voided]
        missing = dict.fromkeys(lacking, why)
    return Pay(paid, missing=missing)


def _ruled_in(play: Play, group: Group) -> tuple[bytes, ...]:
    """The decisions by which visits of a group do not count."""
    if not play.rulings.voided and not play.rulings.taken:
        return ()
    mine = {checkpoint for leg in group.legs for checkpoint in leg.any_of}
    voided = [ids for checkpoint, ids in play.rulings.voided.items() if checkpoint in mine]
    taken = [ids for (checkpoint, _), ids in play.rulings.taken.items() if checkpoint in mine]
    return tuple(one for ids in (*voided, *taken) for one in ids)


def _plays(play: Play, number: int, group: Group) -> bool:
    """Whether the team plays a course: of several that share checkpoints only the first of its categories."""
    if group.categories and not set(group.categories) & set(play.entered.categories):
        return False
    return all(play.seats[checkpoint].group == number for leg in group.legs for checkpoint in leg.any_of)


def _pay_grants(play: Play, times: Times, purse: Purse) -> None:
    """Pay the visits that staff granted and no event of the team paid."""
    start = times.start
    for decision, grant in play.rulings.granted:
        if grant.checkpoint >= len(play.rules.places) or grant.checkpoint == play.rules.finish:
            continue
        own = next((one for one in purse.paid if one.checkpoint == grant.checkpoint), None)
        points = 0
        struck = (*play.rulings.voided.get(grant.checkpoint, ()), *play.rulings.taken.get((grant.checkpoint, None), ()))
        why = struck or ((own.event,) if own is not None else ())
        if not why:
            place = play.rules.places[grant.checkpoint]
            at_ms = grant.visit_ms if grant.visit_ms is not None else grant.at_ms
            timed = grant.visit_ms is not None and start is not None
            points = worth(place, at_ms, start[0]) if timed and start is not None else place.points
            purse.paid.append(Paid(at_ms, grant.checkpoint, decision, points))
        after = () if grant.after is None else play.events_at(grant.after)  # where it belongs in a course
        why = (*(why or play.events_at(grant.checkpoint)), *after)
        code = Reason.VISIT_VOIDED if struck else Reason.ALREADY_VISITED if own is not None else GRANTED
        play.closing.extras.append(Line(code, points, (), decision, grant.checkpoint, grant.visit_ms, why))


def _bound_groups(play: Play, purse: Purse) -> None:
    """What a group pays at most, and its bonus. Inner groups come before those around them."""
    package, seats, parents = play.rules.package, play.seats, play.rules.parents
    purse.paid.sort(key=lambda one: (one.at_ms, one.event))
    inner_done: dict[int, tuple[int, tuple[bytes, ...]]] = {}
    rows: dict[int, list[Paid]] = {}
    for one in purse.paid:
        seat = seats.get(one.checkpoint)
        if seat is not None:
            rows.setdefault(seat.group, []).append(one)
    for number in sorted(range(len(package.groups)), key=lambda n: (bool(package.groups[n].groups), n)):
        group = package.groups[number]
        mine = rows.get(number, [])
        if group.groups:  # what they do not withhold themselves
            mine = [
                one
                for one in purse.paid
                if (seat := seats.get(one.checkpoint)) is not None and parents.get(seat.group, (-1, 0))[0] == number
            ]
        mine = _one_a_leg(play, purse, number, group, mine)
        if group.count_max is not None:
            _name_others(play, group, mine)
        if group.count_max is not None and len(mine) > group.count_max:
            first = tuple(one.event for one in mine[: group.count_max])
            for one in mine[group.count_max :]:
                _withhold(play, purse, one, Refused(Reason.COUNT_REACHED, (number, group.count_max)), first)
            mine = mine[: group.count_max]
        if group.groups:
            members = sorted(inner_done[child] for child in group.groups if child in inner_done)
        else:
            members = [(one.at_ms, (one.event,)) for one in mine]
        needed = min(group.complete_count or len(group.legs or group.groups), len(group.legs or group.groups))
        done = _complete(members, needed, group.within_ms)
        if done is not None:
            inner_done[number] = done
            if group.complete_points:
                purse.bonus += group.complete_points
                play.closing.extras.append(
                    Line(COMPLETE, group.complete_points, (needed,), None, None, done[0], done[1], group=number)
                )


def _name_others(play: Play, group: Group, mine: list[Paid]) -> None:
    """Where only so many pay, each that does rests on those that do not."""
    members = {checkpoint for leg in group.legs for checkpoint in leg.any_of}
    others = sorted((visit.place, visit.event) for number in members for visit in play.visits_at(number))
    why = tuple(dict.fromkeys((*(event for _, event in others), *_ruled_in(play, group))))
    for one in mine:
        play.closing.because[one.event] = tuple(dict.fromkeys((*play.rests_on(one.event), *why)))
    paid = {one.event for one in mine}
    play.closing.extras[:] = [
        msgspec.structs.replace(line, because=why) if line.event in paid and line.code == GRANTED else line
        for line in play.closing.extras
    ]


def _one_a_leg(play: Play, purse: Purse, number: int, group: Group, mine: list[Paid]) -> list[Paid]:
    """In a free group any one of a leg's alternatives pays, once."""
    if is_ordered(group) or all(len(leg.any_of) == 1 for leg in group.legs):
        return mine
    kept: list[Paid] = []
    by_leg: dict[int, Paid] = {}
    for one in mine:
        leg = play.seats[one.checkpoint].legs[0]
        first = by_leg.setdefault(leg, one)
        if first.checkpoint == one.checkpoint:
            kept.append(one)
        else:
            _withhold(play, purse, one, Refused(Reason.LEG_FILLED, (number,)), (first.event,))
    return kept


def _withhold(play: Play, purse: Purse, one: Paid, refused: Refused, why: tuple[bytes, ...]) -> None:
    """Take back what a visit or a grant was to be paid."""
    purse.paid.remove(one)
    place = play.place_of(one.event)
    granted = next((n for n, line in enumerate(play.closing.extras) if line.event == one.event), None)
    if granted is not None:
        play.closing.extras[granted] = Line(refused.reason, 0, refused.values, one.event, one.checkpoint, None, why)
    elif place > FIRST:
        play.overrule(place, refused, *why)


def _complete(
    members: Sequence[tuple[int, tuple[bytes, ...]]], needed: int, within_ms: int | None
) -> tuple[int, tuple[bytes, ...]] | None:
    """When so many members were done within the time, and by which events; the earliest window counts."""
    for first in range(len(members) - needed + 1):
        window = members[first : first + needed]
        if window and (within_ms is None or window[-1][0] - window[0][0] <= within_ms):
            return window[-1][0], tuple(event for _, events in window for event in events)
    return None
