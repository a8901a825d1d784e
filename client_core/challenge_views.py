"""What a player is shown of the challenges: what is asked, and what another answer or a hint would cost now.

Nothing that judges an answer leaves here. Tries, prices and times are those of
what this device holds: a teammate's phone may have used some of them up.
"""

from __future__ import annotations

from collections.abc import Collection

from client_core.calls import ChallengeView, HintView
from client_core.game.actions import Answer, ChallengeOpened
from client_core.game.answers import answer_key
from client_core.game.challenges import Challenge, Sealed
from client_core.game.results import TeamResult
from client_core.game.timeline import after
from client_core.game.verdicts import Accepted, Charged, Reason, Refused
from client_core.replica import Replica


class Stand:
    """What the team's events come to at one challenge, as far as they are held here."""

    __slots__ = ("hints", "opened_ms", "spent", "waiting", "wrong")

    def __init__(self) -> None:
        self.opened_ms: int | None = None
        self.wrong: set[str] = set()
        """The different wrong answers, by `answers.answer_key`."""
        self.spent = 0
        """What they cost together."""
        self.hints: set[int] = set()
        self.waiting = False


def challenges(replica: Replica, result: TeamResult) -> tuple[ChallengeView, ...]:
    """Those that are asked now: anywhere, or at a checkpoint that was visited."""
    visited, answered = frozenset(result.visited), frozenset(result.answered)
    stands = _stands(replica, result)
    arrived = _arrivals(result, {one.checkpoint for one in replica.package.challenges})
    neutral = () if result.allowance is None else result.allowance.neutral
    found = []
    for number, one in enumerate(replica.package.challenges):
        if one.checkpoint is not None and one.checkpoint not in visited:
            continue
        stand = stands.get(number) or Stand()
        opened_ms = stand.opened_ms
        if opened_ms is None and one.checkpoint is not None:
            opened_ms = arrived.get(one.checkpoint)
        timed = opened_ms is not None and one.par_ms and one.speed_points
        found.append(
            ChallengeView(
                number=number,
                code=one.code,
                name=one.name,
                text=one.text,
                checkpoint=one.checkpoint,
                form=one.form,
                points=one.points,
                choices=one.choices,
                unit=one.unit,
                sealed=isinstance(one.key, Sealed),
                answered=number in answered,
                waiting=stand.waiting and number not in answered,
                tries_left=None if one.tries is None else max(0, one.tries - len(stand.wrong)),
                wrong_points=max(0, min(one.wrong_points, one.wrong_points_max - stand.spent)),
                speed_points=one.speed_points if one.par_ms else 0,
                par_ms=one.par_ms,
                par_ends_ms=after(neutral, opened_ms or 0, one.par_ms) if timed else None,
                hints=_hints(one, stand, opened_ms, neutral),
                media=one.media,
            )
        )
    return tuple(found)


def _hints(
    challenge: Challenge, stand: Stand, opened_ms: int | None, neutral: tuple[tuple[int, int], ...]
) -> tuple[HintView, ...]:
    """Every hint: with its text where it was taken, else from when it may be had, and whether another comes first."""
    found = []
    for number, hint in enumerate(challenge.hints):
        taken = number in stand.hints
        delayed = opened_ms is not None and hint.delay_ms
        found.append(
            HintView(
                number=number,
                text=hint.text if taken else None,
                points=hint.points,
                from_ms=after(neutral, opened_ms or 0, hint.delay_ms) if delayed else None,
                comes_later=challenge.hints_in_order and number > 0 and number - 1 not in stand.hints,
            )
        )
    return tuple(found)


def _stands(replica: Replica, result: TeamResult) -> dict[int, Stand]:
    """What was answered, read and asked for, by challenge."""
    told = [one for one in result.judged if one[1] < -1]
    if not told:
        return {}
    asked = replica.package.challenges
    actions = {entry.id: entry.action for entry in replica.holding.entries()}
    stands: dict[int, Stand] = {}
    for event, place, at_ms, verdict in told:
        number = -2 - place
        if number >= len(asked):
            continue
        stand = stands.setdefault(number, Stand())
        if isinstance(verdict, Charged) and verdict.reason is Reason.HINT_TAKEN:
            stand.hints.add(verdict.values[0])
            continue
        if isinstance(verdict, Refused) and verdict.reason is Reason.AWAITS_JUDGING:
            stand.waiting = True
            continue
        action = actions.get(event)
        if isinstance(action, ChallengeOpened) and isinstance(verdict, Accepted):
            stand.opened_ms = at_ms if stand.opened_ms is None else min(stand.opened_ms, at_ms)
        elif isinstance(verdict, Charged) and verdict.reason is Reason.WRONG_ANSWER:
            key = answer_key(asked[number].form, action.text) if isinstance(action, Answer) else event.hex()
            stand.wrong.add(key)
            stand.spent += verdict.points
    return stands


def _arrivals(result: TeamResult, asked: Collection[int | None]) -> dict[int, int]:
    """When each of these checkpoints was first visited."""
    found: dict[int, int] = {}
    for _, checkpoint, at_ms, verdict in result.judged:
        if checkpoint in asked and isinstance(verdict, Accepted) and getattr(verdict, "kind", -1) < 0:
            found[checkpoint] = min(at_ms, found.get(checkpoint, at_ms))
    return found
