"""Walking: a team's visits and answers in canonical order, each judged by what came before it."""

from __future__ import annotations

from collections.abc import Iterable

from client_core.game.answering import Answers
from client_core.game.clocking import Times, in_time, still_opens, window
from client_core.game.events import Decoded
from client_core.game.openings import Openings
from client_core.game.play import Play, Visit
from client_core.game.verdicts import Reason, Refused

Key = int | tuple[int, int]
"""What is paid once: a checkpoint, or (group, rank) of a hunt's order; (group, `COURSE`) is judged at the end."""
COURSE = -1
NOT_COUNTED = -2


def walk(
    play: Play,
    times: Times,
    openings: Openings,
    answers: Answers,
    visits: Iterable[Visit],
    asked: Iterable[tuple[int, Decoded]],
) -> dict[Key, list[Visit]]:
    """The visits that were in time, belong to what the team plays, were open and not struck, by what they are paid as.

    Each list is in canonical order, as `visits` and `asked` are.
    """
    stood: dict[Key, list[Visit]] = {}
    asked = iter(asked)
    waiting = next(asked, None)
    rules, paying = play.rules, play.entered.checkpoints
    places, seats, finish, hours = rules.places, play.seats, rules.finish, rules.has_hours
    from_ms, until_ms, before, all_before = window(play, times)
    struck = struck_out(play)
    bare = is_bare(play)
    rank = -1
    for visit in visits:
        while waiting is not None and waiting[0] < visit.place:
            answers.consider(openings, *waiting)
            waiting = next(asked, None)
        number, at_ms = visit.checkpoint, visit.at_ms
        if number == finish:
            continue
        sure = at_ms >= from_ms and (all_before or (at_ms <= until_ms and visit.moment < before))
        if not sure or (hours and places[number].hours):
            refused = in_time(play, times, visit)
            if refused is not None:
                if not bare and still_opens(play, times, refused[0], at_ms):
                    _rank(play, openings, visit, paying, struck)
                play.refuse(visit.place, refused[0], *refused[1])
                continue
        if not bare and (rank := _rank(play, openings, visit, paying, struck)) < -1:
            continue
        key: Key = number
        if seats and (seat := seats.get(number)) is not None:
            key = (seat.group, COURSE) if seat.group in rules.sport else number if rank < 0 else (seat.group, rank)
        same = stood.get(key)
        if same is None:
            stood[key] = [visit]
        else:
            same.append(visit)
    while waiting is not None:
        answers.consider(openings, *waiting)
        waiting = next(asked, None)
    return stood


def is_bare(play: Play) -> bool:
    """Whether nothing that is visited opens anything, and nothing is struck: what was open is then not asked."""
    return play.entered.checkpoints is None and not (play.rules.gated or play.asked or struck_out(play))


def struck_out(play: Play) -> frozenset[int]:
    """The checkpoints of which staff voided or took visits."""
    return frozenset({*play.rulings.voided, *(checkpoint for checkpoint, _ in play.rulings.taken)})


def _rank(play: Play, openings: Openings, visit: Visit, paying: frozenset[int] | None, struck: frozenset[int]) -> int:
    """The rank of a hunt's order that a visit fills, -1 where there is none; less where the visit does not count."""
    if paying is not None and visit.checkpoint not in paying:
        play.refuse(visit.place, Refused(Reason.NOT_IN_FORMAT))
        return NOT_COUNTED
    rank = openings.take(visit)
    if rank is None:
        return NOT_COUNTED
    why = _struck(play, visit) if visit.checkpoint in struck else ()
    if why:
        play.refuse(visit.place, Refused(Reason.VISIT_VOIDED), *why)
        return NOT_COUNTED
    return rank


def _struck(play: Play, visit: Visit) -> tuple[bytes, ...]:
    """The decisions by which a visit does not count."""
    rulings = play.rulings
    found = [*rulings.voided.get(visit.checkpoint, ()), *rulings.taken.get((visit.checkpoint, None), ())]
    for member in visit.who or ():
        found += rulings.taken.get((visit.checkpoint, member), ())
    return tuple(found)
