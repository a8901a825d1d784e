"""Clocking: the first phase of a fold. From a team's events to its times, and from those to which events are in time.

Rules of time stand in `timeline`; here they are asked in their order:
neutralised time, start, end of the limit, finish, stop.
"""

from __future__ import annotations

from typing import NamedTuple

from client_core.game.actions import Retired
from client_core.game.entrants import Presence, TeamTime
from client_core.game.evidence import earliest_charged, latest_charged
from client_core.game.play import Closing, Play, Visit
from client_core.game.results import Flag
from client_core.game.roles import Role
from client_core.game.timeline import (
    Attempt,
    Spans,
    Timed,
    after,
    finish_of,
    finish_of_members,
    limit_end,
    merged_spans,
    set_start,
    started,
    starts_itself,
)
from client_core.game.timing import CheckInStart, Doubt, MassStart
from client_core.game.verdicts import Reason, Refused

OPEN_END_MS = 1 << 60
"""Later than any time: an interval that is not ended yet."""


class Times(NamedTuple):
    """A team's times. `from_ms` to `until_ms` is when check-ins pay; `end_ms` when its limit is over."""

    start: Timed | None
    from_ms: int
    until_ms: int
    end_ms: int | None
    cut_ms: int | None
    """Beyond it a finish is too late to be placed."""
    finish: Attempt | None
    finishes: dict[int, Attempt]
    """By member."""
    spans: Spans
    known: Timed | None
    """The start as the team's devices knew it, before staff set another; None where they knew of none."""


def clock(play: Play) -> Times:
    """The times of a team; what they decide on starts and finishes is the first of a new `Closing`."""
    rules, rulings, entered = play.rules, play.rulings, play.entered
    play.closing = Closing()
    spans = neutral_spans(play)
    start, known = _start(play)
    from_ms, until_ms, end_ms, cut_ms = rules.opens_ms, rules.closes_ms, None, None
    if start is not None and rules.believed_from_ms <= start[0] <= rules.believed_to_ms:
        from_ms = start[0]
        limit = entered.limit
        ruled = None if rulings.end is None else rulings.end[1:]
        if limit is not None:
            together = isinstance(entered.start, MassStart) and play.team.start_at_ms is None
            end_ms = limit_end(limit, start[0], spans, ruled, together=together)
            if end_ms is not None:
                cut_ms = None if limit.late_ms_max is None else after(spans, end_ms, limit.late_ms_max)
                until_ms = max(until_ms, end_ms) if ruled is not None else until_ms
                latest = end_ms if not limit.late_pays else cut_ms
                until_ms = until_ms if latest is None else min(until_ms, latest)
        elif ruled is not None:
            end_ms, until_ms = ruled[0], max(until_ms, ruled[0])
    finish, finishes = _finish(play, start, from_ms)
    return Times(start, from_ms, until_ms, end_ms, cut_ms, finish, finishes, spans, known)


def neutral_spans(play: Play) -> Spans:
    """The time that counts for nothing: staff's intervals, where told only the waiting or the way of this team.

    A way that the team did not take before it was done is none of it: on another
    course the same checkpoint leads elsewhere.
    """
    spans: list[tuple[int, int]] = []
    for _, note in play.rulings.neutral:
        low, high = note.from_ms, OPEN_END_MS if note.to_ms is None else note.to_ms
        if note.checkpoint is not None:
            there = next((v.moment for v in play.visits if v.checkpoint == note.checkpoint), None)
            if there is None:
                continue
            later = (v for v in play.visits if v.moment > there and v.checkpoint != note.checkpoint)
            onward = next((v.moment for v in later if note.leg_to in {None, v.checkpoint}), None)
            if onward is None and note.leg_to is not None and _done(play, note.checkpoint, there):
                continue
            low, high = max(low, there), min(high, OPEN_END_MS if onward is None else onward)
        spans.append((low, high))
    return merged_spans(spans)


def _done(play: Play, checkpoint: int, from_ms: int) -> bool:
    """Whether somebody finished, or came to the finish from this checkpoint later than that."""
    end = play.rules.finish
    return bool(play.finishes) or (
        end != checkpoint and any(v.checkpoint == end and v.moment > from_ms for v in play.visits)
    )


class Window(NamedTuple):
    """When a check-in is in time for certain, the hours of its checkpoint apart; else `in_time` is asked.

    Its time is from `from_ms` on, and up to `until_ms`, its moment before that
    of the finish. `all_before`: the last of these two needs no asking, for the
    last visit of all is.
    """

    from_ms: int
    until_ms: int
    before: int
    all_before: bool


def window(play: Play, times: Times) -> Window:
    """The window of a team; empty where what nodes saw may count against it, for then its times are not all."""
    rules, stop, visits = play.rules, play.rulings.stop, play.visits
    if not play.evidence.silent and play.doubt is not Doubt.TEAM:
        return Window(OPEN_END_MS, OPEN_END_MS, OPEN_END_MS, all_before=False)
    until_ms = min(times.until_ms, rules.believed_to_ms, OPEN_END_MS if stop is None else stop[1])
    before = OPEN_END_MS if times.finish is None else times.finish.at_ms
    # A time that is believed is not above its moment, and one that is not is in time unless the team has finished.
    last = visits[-1].moment if visits and play.in_order else OPEN_END_MS
    return Window(max(times.from_ms, rules.believed_from_ms), until_ms, before, last <= until_ms and last < before)


def in_time(play: Play, times: Times, visit: Visit) -> tuple[Refused, tuple[bytes, ...]] | None:
    """Why a check-in is not in time, and because of what; None where it is."""
    at_ms, finish = visit.at_ms, times.finish
    believed = play.rules.believed_from_ms <= at_ms <= play.rules.believed_to_ms
    early_ms = late_ms = at_ms
    if not play.evidence.silent:
        interval = play.seen(visit.place)
        early_ms, late_ms = earliest_charged(at_ms, interval, play.doubt), latest_charged(at_ms, interval, play.doubt)
    why = (times.start[1],) if times.start is not None and times.start[1] else ()
    if finish is not None and (visit.moment, visit.place) > (finish.at_ms, finish.place):
        return Refused(Reason.FINISHED, (finish.told_ms,)), (finish.event,)
    stop = play.rulings.stop
    if stop is not None and believed and late_ms > stop[1]:
        return Refused(Reason.STOPPED, (stop[1],)), (stop[0],)
    if not believed:
        return None
    if early_ms < times.from_ms:
        return Refused(Reason.NOT_STARTED, (times.from_ms,)), why
    if late_ms > times.until_ms:
        end = (play.rulings.end[0],) if play.rulings.end is not None else ()
        return Refused(Reason.AFTER_LIMIT, (times.until_ms,)), (*why, *end)
    hours = play.rules.places[visit.checkpoint].hours
    if hours and not any(one.from_ms <= early_ms and late_ms <= one.to_ms for one in hours):
        return Refused(Reason.CLOSED, (at_ms,)), ()
    return None


def still_opens(play: Play, times: Times, refused: Refused, at_ms: int) -> bool:
    """Whether what is not in time is so by staff's word alone: it pays nothing, and what it opened stays open."""
    if refused.reason is Reason.NOT_STARTED:
        known_ms = play.rules.opens_ms if times.known is None else times.known[0]
        return play.rulings.start is not None and at_ms >= known_ms
    return refused.reason is Reason.STOPPED or (refused.reason is Reason.AFTER_LIMIT and play.rulings.end is not None)


def _start(play: Play) -> tuple[Timed | None, Timed | None]:
    """When the team started, and when for all its devices knew; the verdicts on its start actions are set."""
    rules, rule, listed = play.rules, play.entered.start, play.team.start_at_ms
    ruled = play.rulings.start
    own: list[Timed] = []
    allowed = starts_itself(rule, listed)
    for place, event in play.starts:
        at_ms = event.action.at_ms  # type: ignore[union-attr]  # starts tell their time
        if not allowed:
            set_ms = set_start(rule, play.team.number, listed)
            early = Refused(Reason.NO_TEAM_START) if set_ms is None else Refused(Reason.ALREADY_STARTED, (set_ms,))
            play.overrule(place, early)
        elif rules.believed_from_ms <= at_ms and earliest_charged(at_ms, play.seen(place), play.doubt) < rules.opens_ms:
            play.overrule(place, Refused(Reason.NOT_STARTED, (rules.opens_ms,)))
        else:
            own.append((_started_at(play, at_ms, place), event.id))
    if isinstance(rule, CheckInStart):
        own += [
            (_started_at(play, v.at_ms, v.place), v.event)
            for v in play.visits
            if v.checkpoint == rule.checkpoint and _open(play, v)
        ]
    elif allowed:
        first = _first(play)
        own += [first] if first is not None else []
        ends = [(e.action.at_ms, e.id) for _, e in play.finishes]  # type: ignore[union-attr]  # as finishes do
        own = own or ends
    believed = [one for one in own if rules.believed_from_ms <= one[0] <= rules.believed_to_ms]
    known = started(None, set_start(rule, play.team.number, listed), believed or own)
    start = known if ruled is None else (ruled[1], ruled[0])
    for place, event in play.starts:
        if start is not None and place not in play.closing.verdicts and event.id != start[1]:
            play.overrule(place, Refused(Reason.ALREADY_STARTED, (start[0],)), *([start[1]] if start[1] else []))
    return start, known


def _started_at(play: Play, told_ms: int, place: int) -> int:
    """When a team's own start was: as told, where the game leaves doubt to the team; a time nobody believes stays."""
    if play.doubt is Doubt.TEAM or not play.rules.believed_from_ms <= told_ms <= play.rules.believed_to_ms:
        return told_ms
    return earliest_charged(told_ms, play.seen(place), play.doubt)


def _first(play: Play) -> Timed | None:
    """The earliest check-in elsewhere than at the finish, as a start: one whose time is believed before all others.

    Of equal ones the one with the smaller id.
    """
    first: tuple[bool, int, bytes] | None = None
    earliest_ms = OPEN_END_MS  # of those that are believed
    rules, finish, as_told = play.rules, play.rules.finish, play.evidence.silent or play.doubt is Doubt.TEAM
    for visit in play.visits:
        at_ms = visit.at_ms if as_told else _started_at(play, visit.at_ms, visit.place)
        if at_ms > earliest_ms:
            continue
        if visit.checkpoint != finish and _open(play, visit):
            mine = (not rules.believed_from_ms <= at_ms <= rules.believed_to_ms, at_ms, visit.event)
            first = mine if first is None else min(first, mine)
            earliest_ms = OPEN_END_MS if first[0] else first[1]
    return None if first is None else first[1:]


def _open(play: Play, visit: Visit) -> bool:
    """Whether the game is open at a visit's time, or its clock says nothing."""
    rules = play.rules
    return rules.opens_ms <= visit.at_ms <= rules.closes_ms or not (
        rules.believed_from_ms <= visit.at_ms <= rules.believed_to_ms
    )


def _finish(play: Play, start: Timed | None, from_ms: int) -> tuple[Attempt | None, dict[int, Attempt]]:
    """The finish of the team and of its members; the verdicts on what did not finish it are set."""
    attempts: list[tuple[Attempt, frozenset[int] | None]] = []
    for place, event in play.finishes:
        if play.rules.finish >= 0:
            play.overrule(place, Refused(Reason.FINISH_IS_A_CHECKPOINT, (play.rules.finish,)))
        else:
            told_ms: int = event.action.at_ms  # type: ignore[union-attr]  # everything played does
            attempt = Attempt(play.moment(event), place, event.id, event.role, told_ms)
            attempts.append((_witnessed(play, attempt), play.who(event)))
    ends = play.rules.finish
    attempts += [
        (_witnessed(play, Attempt(v.moment, v.place, v.event, play.events[v.place].role, v.at_ms)), v.who)
        for v in (play.visits if ends >= 0 else ())
        if v.checkpoint == ends
    ]
    early = [one for one, _ in attempts if start is None or (play.rules.believed_from_ms <= one.told_ms < from_ms)]
    for one in early:
        why = [start[1]] if start is not None and start[1] else []
        play.overrule(one.place, Refused(Reason.NOT_STARTED, (from_ms,)), *why)
    stop = play.rulings.stop
    late = [one for one, _ in attempts if stop is not None and one.told_ms > stop[1]]
    for one in late:
        assert stop is not None
        play.overrule(one.place, Refused(Reason.STOPPED, (stop[1],)), stop[0])
    attempts = sorted((one for one in attempts if one[0] not in early and one[0] not in late), key=lambda one: one[0])
    finish, finishes, withdrawn = _of_whom(play, attempts)
    for one, by in withdrawn:
        play.overrule(one.place, Refused(Reason.WITHDRAWN, (one.told_ms,)), by)
    taken = {one.event for one, _ in withdrawn}
    standing = {one.event for one in finishes.values()}
    for one, _ in attempts:
        if finish is not None and one.event != finish.event and one.event not in taken | standing:
            play.overrule(one.place, Refused(Reason.FINISHED, (finish.told_ms,)), finish.event)
    return finish, finishes


def _of_whom(
    play: Play, attempts: list[tuple[Attempt, frozenset[int] | None]]
) -> tuple[Attempt | None, dict[int, Attempt], list[tuple[Attempt, bytes]]]:
    """The team's finish, each member's, and what was withdrawn by playing on."""
    rule, resume_ms = play.rules.package.members, play.rules.package.finish.resume_ms
    first = min((one.at_ms for one, _ in attempts), default=OPEN_END_MS) if resume_ms else OPEN_END_MS
    later = play.visits if first < OPEN_END_MS else ()
    elsewhere = [v for v in later if v.moment >= first and v.checkpoint != play.rules.finish]
    retired = {event.action.member for _, event in play.retired if isinstance(event.action, Retired)}
    everybody = [one.member for one in play.members if one.member not in retired]
    seen = {member for who in {v.who for v in play.visits} if who for member in who} if everybody else set()
    needed = [one for one in everybody if rule.presence is not Presence.UNION or one in seen]
    if not needed:
        played_on = sorted((v.moment, v.place, v.event) for v in elsewhere)
        finish, withdrawn = finish_of([one for one, _ in attempts], played_on, resume_ms)
        return finish, {}, withdrawn
    finishes: dict[int, Attempt] = {}
    withdrawn = []
    for member in needed:
        mine = [one for one, who in attempts if who is None or member in who]
        on = sorted((v.moment, v.place, v.event) for v in elsewhere if v.who is None or member in v.who)
        found, back = finish_of(mine, on, resume_ms)
        withdrawn += [one for one in back if one not in withdrawn]
        if found is not None:
            finishes[member] = found
    count = min(rule.k, len(needed)) if rule.presence is Presence.K_OF_N else len(needed)
    finish = finish_of_members(list(finishes.values()), count, first=rule.time is TeamTime.FIRST)
    standing = {one.event for one in finishes.values()}
    return finish, finishes, [one for one in withdrawn if one[0].event not in standing]


def _witnessed(play: Play, attempt: Attempt) -> Attempt:
    """A phone's finish at the time that the game's rule makes of what nodes saw."""
    if attempt.role >= Role.KIOSK:
        return attempt
    interval = play.seen(attempt.place)
    if interval.high_ms is None:
        play.closing.flags.add(Flag.UNWITNESSED)
    return attempt._replace(told_ms=latest_charged(attempt.told_ms, interval, play.doubt))
