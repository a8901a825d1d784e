"""The laws of the fold that is kept, asked of a drawn game: each function says what breaks one, or nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import get_args

from drawn_days import Drawn

from client_core.game.actions import Known, Witnessed, decode_action
from client_core.game.events import LoggedEvent
from client_core.game.explaining import explain
from client_core.game.foreseeing import Pen, foresee
from client_core.game.reckoning import Reckoning
from client_core.game.results import TeamResult
from client_core.game.roles import Role
from client_core.game.scoring import fold
from client_core.game.teams import read_register


def kept_otherwise(drawn: Drawn) -> str:
    """A fold that is kept says of every further event what a fold from nothing says, whatever the event is.

    Events come late, step by step, some twice, and some change the register; now and then one is gone for a step, or
    says nothing any more.
    """
    dice = random.Random(drawn.seed)
    rules = drawn.game.rules
    reckonings: dict[bytes, Reckoning] = {}
    arrived = _arriving(drawn.events, dice)
    count = dice.randint(0, len(arrived) * 3 // 4)
    for _ in range(8):
        count += dice.choice([1, 1, 1, 2, 4])
        held = arrived[:count] + dice.choices(arrived[: count or 1], k=dice.choice([0, 0, 3]))
        register = read_register(rules, [event for event in held if not event.team])
        own = _some_erased([event for event in held if event.team], dice)
        for team in register.teams.values():
            reckoning = reckonings.setdefault(team.id, Reckoning(rules))
            anew, kept = fold(rules, team, own, register), reckoning.fold(team, own, register)
            if anew != kept or explain(anew) != explain(kept):
                return f"team {team.number}, {count} events: {difference(anew, kept)}"
    return ""


def _some_erased(events: list[LoggedEvent], dice: random.Random) -> list[LoggedEvent]:
    """Mostly the same; else without one event, or with one whose payload says nothing any more."""
    if not events or dice.random() < 0.8:
        return events
    gone = dice.choice(events)
    empty = [gone._replace(payload=b"")] * dice.choice([0, 1])
    return [event for event in events if event.id != gone.id] + empty


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
                return f"team {team.number}, what is foreseen changes the fold: {difference(fresh, result)}"
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


def difference(one: TeamResult, two: TeamResult) -> str:
    """In what two results differ."""
    return "; ".join(
        f"{name} {getattr(one, name)!r} and {getattr(two, name)!r}"
        for name in one.__struct_fields__
        if getattr(one, name) != getattr(two, name)
    )[:800]
