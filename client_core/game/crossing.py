"""Rules across teams: extra points for the first finders of a checkpoint, and for holding one.

What a team did alone is folded without looking at others; here the claims of
all teams (`results.Claim`) meet. The lines that come out stand outside the
teams' digests and inside the game's: a phone that holds one team cannot know
them, and until every device is heard they are provisional.

    first finders   a team's place is one more than the number of teams that were there before it
    capture         held from a visit until the next one of another team, or the end
    blocked         a visit within the blocking time of a capture takes nothing, if the player was
                    shown that capture; a player who could not know is not bound
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from client_core.game.actions import HolderShown
from client_core.game.checkpoints import Capture, FirstFinders
from client_core.game.lines import FIRST, HELD, Line
from client_core.game.results import Claim, TeamResult
from client_core.game.rules import Rules
from client_core.game.verdicts import Reason

MINUTE_MS = 60_000

Span = tuple[int, int]
"""From and to, in milliseconds since the Unix epoch."""
LinesByTeam = dict[bytes, list[Line]]


class Staked(NamedTuple):
    """A claim with whose it is. Sorted as they are, claims stand in the order of their times."""

    at_ms: int
    team: bytes
    claim: Claim


class Crossed:
    """What was found so far, for whoever asks again and again: only what changed is judged anew."""

    def __init__(self) -> None:
        self.asked: tuple[object, ...] | None = None
        self.claims: dict[bytes, tuple[Claim, ...]] = {}
        self.staked: dict[int, dict[bytes, list[Staked]]] = {}
        """By checkpoint and team."""
        self.found: dict[int, dict[bytes, list[Line]]] = {}
        """By checkpoint and team."""
        self.lines: LinesByTeam = {}


def cross(
    rules: Rules,
    results: Iterable[TeamResult],
    shown: Mapping[bytes, HolderShown],
    end_ms: int,
    neutral: Sequence[Span] = (),
    before: Crossed | None = None,
) -> LinesByTeam:
    """The lines by team that follow from what other teams did.

    `shown` are the events that told players who holds a checkpoint, by id;
    holding ends at `end_ms` and is not paid for in the `neutral` spans. `before`
    is what the same rules were asked before: it is brought up to date, and
    changes no answer.
    """
    asked = (dict(shown), end_ms, tuple(neutral))
    if before is None or (before.asked is not None and before.asked != asked):
        before = Crossed() if before is None else _emptied(before)
    before.asked = asked
    now = {result.team: result.claims for result in results if result.merged_into is None}
    touched: set[bytes] = set()
    for checkpoint in _restaked(before, now):
        found = _judged(rules, checkpoint, before.staked[checkpoint], shown, end_ms, neutral)
        known = before.found.get(checkpoint, {})
        touched |= {team for team in {*known, *found} if known.get(team) != found.get(team)}
        before.found[checkpoint] = found
    for team in touched:
        lines = [line for checkpoint in sorted(before.found) for line in before.found[checkpoint].get(team, ())]
        before.lines[team] = lines
    return before.lines


def _emptied(crossed: Crossed) -> Crossed:
    crossed.claims, crossed.staked, crossed.found, crossed.lines = {}, {}, {}, {}
    return crossed


def _restaked(before: Crossed, now: dict[bytes, tuple[Claim, ...]]) -> set[int]:
    """Note the claims as they are now; the checkpoints at which any differ from those before."""
    changed: set[int] = set()
    for team in {*before.claims, *now}:
        old, new = before.claims.get(team, ()), now.get(team, ())
        if old is new or old == new:
            continue
        for checkpoint in {claim.checkpoint for claim in (*old, *new)}:
            mine = [Staked(claim.at_ms, team, claim) for claim in new if claim.checkpoint == checkpoint]
            teams = before.staked.setdefault(checkpoint, {})
            if teams.get(team, []) != mine:
                teams[team] = mine
                changed.add(checkpoint)
    before.claims = now
    return changed


def _judged(
    rules: Rules,
    checkpoint: int,
    staked: Mapping[bytes, list[Staked]],
    shown: Mapping[bytes, HolderShown],
    end_ms: int,
    neutral: Sequence[Span],
) -> dict[bytes, list[Line]]:
    """The lines by team that follow from all claims on one checkpoint."""
    pay = rules.package.kinds[rules.checkpoints[checkpoint].kind].pay
    claims = sorted(
        (one for teams in staked.values() for one in teams), key=lambda one: (one.at_ms, one.team, one.claim.event)
    )
    lines: dict[bytes, list[Line]] = {}
    found: list[tuple[bytes, Line]] = []
    if isinstance(pay, FirstFinders):
        found = first_finders(pay, claims, shared=rules.package.ranking.shared_uncertain)
    elif isinstance(pay, Capture):
        found = captures(pay, claims, shown, end_ms, neutral)
    for team, line in found:
        lines.setdefault(team, []).append(line)
    return lines


def first_finders(pay: FirstFinders, claims: Sequence[Staked], *, shared: bool) -> list[tuple[bytes, Line]]:
    """The extra points of the first teams there; each team's earliest claim counts.

    `shared`: only teams that were there before for certain stand before a team,
    so those whose times cannot be told apart share the better place. Else the
    point estimates decide, and only equal ones share.
    """
    first: dict[bytes, Claim] = {}
    for one in claims:
        first.setdefault(one.team, one.claim)
    lines = []
    arrived = sorted((claim.high_ms if shared else claim.at_ms, claim.event) for claim in first.values())
    for team, claim in first.items():
        place = bisect_left(arrived, (claim.low_ms if shared else claim.at_ms,))
        if place < len(pay.points):
            line = Line(
                FIRST,
                pay.points[place],
                (place + 1,),
                claim.event,
                claim.checkpoint,
                claim.at_ms,
                tuple(sorted(event for _, event in arrived[:place])),
            )
            lines.append((team, line))
    return lines


def captures(
    pay: Capture,
    claims: Sequence[Staked],
    shown: Mapping[bytes, HolderShown],
    end_ms: int,
    neutral: Sequence[Span] = (),
) -> list[tuple[bytes, Line]]:
    """What holding a checkpoint pays, and which visits took nothing because it was blocked."""
    lines: list[tuple[bytes, Line]] = []
    holds: list[tuple[Staked, int]] = []
    holder: Staked | None = None
    for one in claims:
        until_ms = _blocked_until(pay, one, shown)
        if until_ms is not None:
            view = one.claim.view
            assert view is not None, "only a view blocks"
            place = one.claim.event, one.claim.checkpoint, one.at_ms
            lines.append((one.team, Line(Reason.BLOCKED, 0, (until_ms,), *place, (view,))))
        elif one.at_ms <= end_ms and (holder is None or holder.team != one.team):
            if holder is not None:
                holds.append((holder, one.at_ms))
            holder = one
    if holder is not None:
        holds.append((holder, end_ms))
    by = {held.claim.event: nxt.claim.event for (held, _), (nxt, _) in pairwise(holds)}
    for held, to_ms in holds:
        minutes = _lasted_ms(held.at_ms, to_ms, neutral) // MINUTE_MS
        because = (by[held.claim.event],) if held.claim.event in by else ()
        place = held.claim.event, held.claim.checkpoint, held.at_ms
        lines.append((held.team, Line(HELD, minutes * pay.points_a_minute, (minutes,), *place, because)))
    return lines


def holders(
    rules: Rules, results: Iterable[TeamResult], shown: Mapping[bytes, HolderShown], at_ms: int
) -> dict[int, tuple[bytes, int]]:
    """Who holds each captured checkpoint at that time, and since when: (team, milliseconds), by checkpoint."""
    staked: dict[int, list[Staked]] = {}
    for result in results:
        if result.merged_into is None:
            for claim in result.claims:
                staked.setdefault(claim.checkpoint, []).append(Staked(claim.at_ms, result.team, claim))
    found: dict[int, tuple[bytes, int]] = {}
    for checkpoint, claims in staked.items():
        pay = rules.package.kinds[rules.checkpoints[checkpoint].kind].pay
        if isinstance(pay, Capture):
            ordered = sorted(claims, key=lambda one: (one.at_ms, one.team, one.claim.event))
            for team, line in captures(pay, ordered, shown, at_ms):
                if line.code == HELD and line.at_ms is not None:
                    found[checkpoint] = team, line.at_ms  # in the order of their times: the last one stands
    return found


def holder_told(shown: Mapping[bytes, HolderShown], checkpoint: int) -> tuple[bytes, HolderShown] | None:
    """What players were told last of who holds a checkpoint, and by which event; None where nobody told."""
    told = ((view.at_ms, event, view) for event, view in shown.items() if view.checkpoint == checkpoint)
    latest = max(told, default=None)
    return None if latest is None else latest[1:]


def _blocked_until(pay: Capture, one: Staked, shown: Mapping[bytes, HolderShown]) -> int | None:
    """Until when the player knew that nobody could take it; None where it was free as far as they knew."""
    view = shown.get(one.claim.view) if one.claim.view is not None else None
    if view is None or view.checkpoint != one.claim.checkpoint or view.team in {None, one.team}:
        return None
    until_ms = view.since_ms + pay.blocked_ms
    return until_ms if view.since_ms <= one.at_ms < until_ms else None


def _lasted_ms(from_ms: int, to_ms: int, neutral: Sequence[Span]) -> int:
    """The time between, without what is neutral; the spans do not overlap."""
    out = sum(max(0, min(to_ms, end) - max(from_ms, begin)) for begin, end in neutral)
    return max(0, to_ms - from_ms - out)
