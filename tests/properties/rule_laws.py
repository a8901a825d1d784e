"""The laws of the rule book, asked of a drawn game: each function says what breaks one, or nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, get_args

from drawn_days import Drawn

from client_core.game.actions import (
    Action,
    ChallengeOpened,
    Known,
    Member,
    Retired,
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
from client_core.game.foreseeing import Pen, foresee
from client_core.game.lines import COUNTED, FLOOR, LATE, ZEROED, Line
from client_core.game.ranges import CHALLENGES_MAX
from client_core.game.reckoning import Reckoning
from client_core.game.results import TeamResult
from client_core.game.roles import Role
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
                return f"team {result.number} comes out otherwise: {_difference(result, again.results[team])}"
        if game_digest(again.results.values(), drawn.game.rules, again.register) != digest:
            return "the game's digest is another one"
    return ""


def kept_otherwise(drawn: Drawn) -> str:
    """A fold that is kept says of every further event what a fold from nothing says, whatever the event is."""
    return keep(drawn, steps=8)[0]


def keep(drawn: Drawn, steps: int) -> tuple[str, int, int]:
    """Let events come late, step by step, doubled and some of another register: what comes out otherwise.

    And how many folds there were, and how many from nothing.
    """
    dice = random.Random(drawn.seed)
    rules, folds = drawn.game.rules, 0
    reckonings: dict[bytes, Reckoning] = {}
    arrived = _arriving(drawn.events, dice)
    count = dice.randint(0, len(arrived) * 3 // 4)
    for _ in range(steps):
        count += dice.choice([1, 1, 1, 2, 4])
        held = arrived[:count] + dice.choices(arrived[: count or 1], k=dice.choice([0, 0, 3]))
        register = read_register(rules, [event for event in held if not event.team])
        for team in register.teams.values():
            reckoning = reckonings.setdefault(team.id, Reckoning(rules))
            own = [event for event in held if event.team]
            anew, kept = fold(rules, team, own, register), reckoning.fold(team, own, register)
            folds += 1
            if anew != kept or explain(anew) != explain(kept):
                return f"team {team.number}, {count} events: {_difference(anew, kept)}", folds, 0
    return "", folds, sum(one.anew for one in reckonings.values())


def foreseen_otherwise(drawn: Drawn) -> str:
    """What a kept fold foresees of an action is what a fold from nothing foresees, and what is kept stays as it is."""
    dice = random.Random(drawn.seed)
    rules, arrived = drawn.game.rules, _arriving(drawn.events, dice)
    count = dice.randint(len(arrived) // 4, len(arrived))
    reckonings: dict[bytes, Reckoning] = {}
    for _ in range(3):
        register = read_register(rules, [event for event in arrived[:count] if not event.team])
        own = [event for event in arrived[:count] if event.team]
        for team in register.teams.values():
            reckoning = reckonings.setdefault(team.id, Reckoning(rules))
            for pen, action in _next_actions(drawn.events, own, team.id, dice):
                anew = foresee(rules, team, own, action, pen, register)
                kept = reckoning.foresee(team, own, action, pen, register)
                if anew != kept:
                    return f"team {team.number}, {count} events, {action!r:.200}: {anew!r}, but kept {kept!r}"
            fresh, result = fold(rules, team, own, register), reckoning.fold(team, own, register)
            if fresh != result:
                return f"team {team.number}, what is foreseen changes the fold: {_difference(fresh, result)}"
        count += dice.choice([1, 2, 4])
    return ""


def _next_actions(
    events: Sequence[LoggedEvent], held: Sequence[LoggedEvent], team: bytes, dice: random.Random
) -> list[tuple[Pen, Known]]:
    """For each of a team's devices what somebody of the team did or will do, as the next that it does."""
    ours = [event for event in events if event.team == team and event.role == Role.PLAYER]
    actions = [action for event in ours if isinstance(action := decode_action(event.payload), get_args(Known))]
    played = [action for action in actions if not isinstance(action, Witnessed)]
    tips = {event.stream: event for event in sorted(held) if event.team == team and event.role == Role.PLAYER}
    return [
        (Pen(tip.stream, tip.seq + 1, tip.author), action)
        for tip in tips.values()
        for action in dice.sample(played, min(3, len(played)))
    ]


def _arriving(events: Sequence[LoggedEvent], dice: random.Random) -> list[LoggedEvent]:
    """The events as they reach a node: mostly stream by stream in turns, each in its order, now and then anyhow."""
    if dice.random() < 0.2:
        return dice.sample(list(events), len(events))
    streams: dict[bytes, list[LoggedEvent]] = {}
    for event in sorted(events):
        streams.setdefault(event.stream, []).append(event)
    arrived = [event for rows in streams.values() if not rows[0].team for event in rows]
    waiting = [rows for rows in streams.values() if rows[0].team]
    while waiting:
        rows = dice.choice(waiting)
        some = dice.choice([1, 3, len(rows)])
        arrived += rows[:some]
        del rows[:some]
        waiting = [rows for rows in waiting if rows]
    return arrived


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


def _difference(one: TeamResult, two: TeamResult) -> str:
    return "; ".join(
        f"{name} {getattr(one, name)!r} and {getattr(two, name)!r}"
        for name in one.__struct_fields__
        if getattr(one, name) != getattr(two, name)
    )[:800]


TOTALS = frozenset({LATE, ZEROED, FLOOR})
"""Lines of no single event, which are about the score as a whole."""
CIRCUMSTANCES = (
    *(TeamRegistered, Member, PlaysFor, Witnessed, Retired),
    *(StartSet, EndSet, Stopped, Neutralised, CategorySet, StatusSet, TeamsMerged, DeviceMoved, Undone),
)
"""Who a team is and when it plays: all its lines stand under these. Without an undoing its decision is there again."""


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
            # What starts or ends a team's play, or withdraws its end, decides what is in time: the result names it.
            if unit not in after or _clock(folded[unit]) != _clock(after[unit]):
                continue
            if fault := _unnamed(lines, explain(after[unit]), gone.id):
                return f"without {actions[gone.id]!r:.200} {gone.id.hex()[:8]}: {fault}"
    return ""


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
