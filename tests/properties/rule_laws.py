"""The laws of the rule book, asked of a drawn game: each function says what breaks one, or nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from drawn_days import Drawn
from kept_laws import difference, foreseen_otherwise, kept_otherwise

from client_core.game.actions import (
    Action,
    ChallengeOpened,
    CheckIn,
    Finish,
    Member,
    Retired,
    Start,
    TeamRegistered,
    Witnessed,
    decode_action,
    encode_action,
)
from client_core.game.decisions import (
    CategorySet,
    DeviceMoved,
    EndSet,
    Neutralised,
    StartSet,
    StatusSet,
    Stopped,
    TeamsMerged,
    Undone,
)
from client_core.game.entrants import PlaysFor, Presence
from client_core.game.events import LoggedEvent, tell
from client_core.game.explaining import explain, rests_on
from client_core.game.lines import COUNTED, FLOOR, LATE, ZEROED, Line
from client_core.game.ranges import CHALLENGES_MAX
from client_core.game.results import TeamResult
from client_core.game.scoring import fold, fold_told
from client_core.game.standings import game_digest, standings
from client_core.game.teams import Register, active_members, read_members, read_register
from client_core.game.verdicts import Reason


class Folded(NamedTuple):
    """A game's register and results, from its events in some order."""

    register: Register
    results: dict[bytes, TeamResult]


def fold_game(drawn: Drawn, events: Iterable[LoggedEvent]) -> Folded:
    """Every team's result, as a node has them that holds these events."""
    events = list(events)
    register = read_register(drawn.game.rules, [event for event in events if not event.team])
    return Folded(register, {team: fold_team(drawn, register, team, events) for team in register.teams})


def fold_team(drawn: Drawn, register: Register, team: bytes, events: Sequence[LoggedEvent]) -> TeamResult:
    """One team's result; the events of other teams' streams are offered too, as they may have been moved."""
    mine = register.merged(team)
    own = [event for event in events if event.team and register.home(event, team) in mine]
    return fold(drawn.game.rules, register.teams[team], own, register)


Unit = tuple[bytes, int | None]
"""A team as it is scored: as a whole, or, where the lowest member decides, one of its members alone."""


def fold_units(drawn: Drawn, events: Iterable[LoggedEvent]) -> dict[Unit, TeamResult]:
    """Every result that is scored for itself: which member's a team then has rests on all that all of them did."""
    events = list(events)
    rules = drawn.game.rules
    if rules.package.members.presence is not Presence.LOWEST:
        return {(team, None): result for team, result in fold_game(drawn, events).results.items()}
    register = read_register(rules, [event for event in events if not event.team])
    found: dict[Unit, TeamResult] = {}
    for team in register.teams:
        mine = register.merged(team)
        told = tell(rules, [one for one in events if one.team and register.home(one, team) in mine])
        members = active_members(register, team, read_members(told.events)) or (None,)
        for one in members:
            only = None if one is None else one.member
            found[team, only] = fold_told(rules, register.teams[team], told, register, only=only)
    return found


def order_matters(drawn: Drawn) -> str:
    """Scores, lines and digests are those of the set of events, whatever order, doubles and batches they came in."""
    draw = random.Random(drawn.seed)
    events = list(drawn.events)
    folded = fold_game(drawn, events)
    digest = game_digest(folded.results.values(), drawn.game.rules, folded.register)
    cut = draw.randint(0, len(events))
    overlap = draw.sample(events, len(events) // 3)
    shuffled = draw.sample(events, len(events))
    for other in (
        shuffled + draw.choices(events, k=len(events) // 2),
        events[cut:] + overlap + events[:cut],
        events[::-1],
    ):
        again = fold_game(drawn, other)
        for team, result in folded.results.items():
            if again.results[team] != result:
                return f"team {result.number} comes out otherwise: {difference(result, again.results[team])}"
        if game_digest(again.results.values(), drawn.game.rules, again.register) != digest:
            return "the game's digest is another one"
    return ""


def sums_wrong(drawn: Drawn) -> str:
    """The lines of an explanation sum to the score, and name every event once."""
    folded = fold_game(drawn, drawn.events)
    for result in folded.results.values():
        lines = explain(result)
        if sum(line.points for line in lines) != result.score or result.points - result.penalties != result.score:
            return f"team {result.number}: {result.score}, but its lines sum to {sum(line.points for line in lines)}"
        if len(result.judged) != result.events or (result.score < 0 and drawn.game.rules.package.floor_at_zero):
            return f"team {result.number}: an event without a line, or a score below the floor"
    for row in standings(folded.results.values(), drawn.game.rules, folded.register):
        if row.score != row.result.score + sum(line.points for line in row.extras):
            return f"team {row.result.number}: its extra lines do not sum to its extra points"
    return ""


TOTALS = frozenset({LATE, ZEROED, FLOOR})
"""Lines of no single event, which are about the score as a whole."""
CIRCUMSTANCES = (
    *(TeamRegistered, Member, PlaysFor, Witnessed, Retired),
    *(StartSet, EndSet, Stopped, Neutralised, CategorySet, StatusSet, TeamsMerged, DeviceMoved, Undone),
)
"""Who a team is and when it plays: all its lines stand under these. Without an undoing its decision is there again."""


STARTS_AND_ENDS = (Start, Finish, CheckIn)
"""What is done in play that may start a team's time, end it, or withdraw its end: the first check-in does, too."""


def removal_unnamed(drawn: Drawn, count: int = 4) -> str:
    """Taking what an event says away changes only lines that name it, directly or through what those rest on.

    Its place in its chain stays, and what it had seen: a node never holds what comes after an event and not that.
    """
    draw = random.Random(drawn.seed)
    actions = {event.id: decode_action(event.payload) for event in drawn.events}
    named = [event for event in drawn.events if not isinstance(actions[event.id], CIRCUMSTANCES)]
    folded = fold_units(drawn, drawn.events)
    before = {unit: explain(result) for unit, result in folded.items()}
    for gone in draw.sample(named, min(count, len(named))):
        after = fold_units(drawn, [_blank(event, actions) if event.id == gone.id else event for event in drawn.events])
        for unit, lines in before.items():
            if unit not in after:
                continue
            if _clock(folded[unit]) != _clock(after[unit]):  # all lines stand under the times, and none names them
                if not isinstance(actions[gone.id], STARTS_AND_ENDS):
                    return f"without {actions[gone.id]!r:.200} {gone.id.hex()[:8]} the team has other times"
                continue
            if fault := _unnamed(lines, explain(after[unit]), gone.id):
                return f"without {actions[gone.id]!r:.200} {gone.id.hex()[:8]}: {fault}"
    return ""


def strangers_changed(drawn: Drawn, count: int = 6) -> str:
    """Taking what an event says away, whatever it is, changes results of no team that it is not about."""
    draw = random.Random(drawn.seed)
    actions = {event.id: decode_action(event.payload) for event in drawn.events}
    named = {event.id: _teams_named(event, drawn.events, actions) for event in drawn.events}
    folded = fold_game(drawn, drawn.events)
    candidates = [event for event in drawn.events if named[event.id]]
    for gone in draw.sample(candidates, min(count, len(candidates))):
        after = fold_game(drawn, [_blank(event, actions) if event.id == gone.id else event for event in drawn.events])
        for team, result in folded.results.items():
            mine = folded.register.merged(team) | after.register.merged(team)
            if not mine & named[gone.id] and after.results[team] != result:
                return f"without {actions[gone.id]!r:.200} team {result.number} changes: " + difference(
                    result, after.results[team]
                )
    return ""


def _teams_named(event: LoggedEvent, events: Iterable[LoggedEvent], actions: dict[bytes, Action]) -> set[bytes]:
    """The teams an event is about; none: it is about everybody.

    Its stream's, and those to which staff moved that; those it names, by id, stream or decision; whose streams name it.
    """
    action = actions[event.id]
    told = {event.team, getattr(action, "team", None), getattr(action, "into", None), *getattr(action, "teams", ())}
    told |= {one.team for one in events if one.stream == getattr(action, "stream", None)}
    if isinstance(action, Undone) and action.decision in actions:
        undone = _teams_named(next(one for one in events if one.id == action.decision), events, actions)
        told = undone and told | undone
    if not told - {None, b""}:
        return set()
    for field in ("view", "decision"):
        told |= {one.team for one in events if getattr(actions[one.id], field, None) == event.id}
    moves = (action for action in actions.values() if isinstance(action, DeviceMoved))
    told |= {move.team for move in moves if move.stream == event.stream}
    return {team for team in told if team}


def _blank(event: LoggedEvent, actions: dict[bytes, Action]) -> LoggedEvent:
    """The event as if it had said nothing."""
    action = actions[event.id]
    said_at = getattr(action, "at_ms", None)
    if said_at is None:
        return event
    nothing = ChallengeOpened(said_at, CHALLENGES_MAX - 1, getattr(action, "seen", None))
    return event._replace(payload=encode_action(nothing))


def _unnamed(before: list[Line], after: list[Line], gone: bytes) -> str:
    kept = Counter(map(_shown, after))
    for line in before:
        if line.event == gone or line.code in TOTALS or line.code == COUNTED:
            continue
        if kept[_shown(line)]:
            kept[_shown(line)] -= 1
        elif gone not in rests_on(before, line):
            return f"a line changes that does not name it: {line}, now {[n for n in after if n.event == line.event]}"
    return ""


def _clock(result: TeamResult) -> tuple[int | None, ...]:
    return result.start_ms, result.finish_ms, *(member.finish_ms for member in result.members)


def _shown(line: Line) -> tuple[object, ...]:
    """What of a line is worth something: its points and reason, not the numbers in its words."""
    return line.code, line.points, line.event, line.checkpoint, line.challenge, line.group


CLOSED = frozenset({Reason.NOT_OPEN, Reason.NOT_VISITED})
"""What is said of somebody who came too early, for all that their phone knew."""
BEFORE_THE_GATE = frozenset(
    {
        *CLOSED,
        *(Reason.NOT_STARTED, Reason.FINISHED, Reason.AFTER_LIMIT, Reason.STOPPED, Reason.CLOSED, Reason.NOT_IN_FORMAT),
        *(Reason.OUT_OF_ORDER, Reason.CHALLENGE_VOIDED, Reason.OTHER_MEMBER, Reason.MEMBER_UNKNOWN),
    }
)
"""Verdicts that leave open whether the gate was."""
CALLED_BACK = (Undone, CategorySet, TeamsMerged, DeviceMoved, TeamRegistered, Member, PlaysFor)
"""What says that a word of staff never held, or that a team is another one or plays something else."""


def unlock_taken_back(drawn: Drawn) -> str:
    """What was open for a device with what some node holds stays open, whatever that node hears later."""
    draw = random.Random(drawn.seed)
    actions = {event.id: decode_action(event.payload) for event in drawn.events}
    held = _some_node(drawn, draw, actions)
    early, late = fold_units(drawn, held), fold_units(drawn, drawn.events)
    for unit, before in early.items():
        if unit not in late:
            continue
        after = {identity: verdict for identity, _, _, verdict in late[unit].judged}
        for identity, _, _, verdict in before.judged:
            now = getattr(after.get(identity), "reason", None)
            if getattr(verdict, "reason", None) not in BEFORE_THE_GATE and now in CLOSED:
                return f"{actions[identity]!r:.160}: {verdict}, and later {after[identity]}"
    return ""


def _some_node(drawn: Drawn, draw: random.Random, actions: dict[bytes, Action]) -> list[LoggedEvent]:
    """What a node may hold: of every stream a beginning, and all that it had seen; and all that calls back."""
    streams = sorted({event.stream for event in drawn.events})
    until = {stream: draw.choice((0, 2, 5, 99)) for stream in streams}
    by_id = {event.id: event for event in drawn.events}
    waiting = [e for e in drawn.events if e.seq < until[e.stream] or isinstance(actions[e.id], CALLED_BACK)]
    held: dict[bytes, LoggedEvent] = {}
    while waiting:
        event = waiting.pop()
        if event.id in held:
            continue
        held[event.id] = event
        seen = getattr(actions[event.id], "seen", None) or ()
        waiting += [by_id[one] for one in (event.previous, *seen) if one in by_id]
        if isinstance(actions[event.id], Undone) and actions[event.id].decision in by_id:
            waiting.append(by_id[actions[event.id].decision])
    return list(held.values())


LAWS = {
    "order, doubles and batches change nothing": order_matters,
    "lines sum to the score": sums_wrong,
    "taking an event away changes only lines that name it": removal_unnamed,
    "taking an event away changes only teams that it is about": strangers_changed,
    "what was open stays open": unlock_taken_back,
    "a fold that is kept says the same": kept_otherwise,
    "a fold that is kept foresees the same": foreseen_otherwise,
}


def smallest(drawn: Drawn, law: Callable[[Drawn], str]) -> str:
    """The seed, what breaks the law, and the fewest events of the day that still break it."""
    events = list(drawn.events)
    for event in drawn.events:
        fewer = drawn._replace(events=tuple(one for one in events if one.id != event.id))
        if law(fewer):
            events.remove(event)
    told = "\n".join(f"  {e.stream.hex()[:4]} {e.seq} role {e.role}: {decode_action(e.payload)!r:.200}" for e in events)
    return f"seed {drawn.seed}: {law(drawn._replace(events=tuple(events)))}\n{told}"
