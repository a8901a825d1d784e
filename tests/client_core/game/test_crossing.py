"""Rules across teams: tables of claims and what each pays."""

from __future__ import annotations

import random

import pytest

from client_core.game.actions import HolderShown
from client_core.game.checkpoints import Capture, FirstFinders
from client_core.game.crossing import MINUTE_MS, Staked, captures, first_finders
from client_core.game.results import Claim

A, B, C = b"A" * 16, b"B" * 16, b"C" * 16


def claim(team: bytes, minute: float, *, within: float = 0.0, view: bytes | None = None) -> Staked:
    """A team's claim of checkpoint 3, sure to `within` minutes."""
    at_ms = round(minute * MINUTE_MS)
    span_ms = round(within * MINUTE_MS)
    event = team + at_ms.to_bytes(16, "big")
    return Staked(at_ms, team, Claim(3, at_ms, at_ms - span_ms, at_ms + span_ms, event, view))


def ordered(claims: list[Staked]) -> list[Staked]:
    return sorted(claims, key=lambda one: (one.at_ms, one.team, one.claim.event))


@pytest.mark.parametrize(
    ("claims", "shared", "paid"),
    [
        ([], False, {}),
        ([claim(A, 1)], False, {A: 10}),
        ([claim(A, 1), claim(B, 2), claim(C, 3)], False, {A: 10, B: 5, C: 2}),
        ([claim(B, 1), claim(A, 1), claim(C, 3)], False, {A: 10, B: 10, C: 2}),
        ([claim(A, 1), claim(A, 2), claim(B, 3)], False, {A: 10, B: 5}),
        ([claim(A, 1, within=2), claim(B, 2, within=2)], False, {A: 10, B: 5}),
        ([claim(A, 1, within=2), claim(B, 2, within=2)], True, {A: 10, B: 10}),
        ([claim(A, 1, within=2), claim(B, 4, within=2), claim(C, 9, within=1)], True, {A: 10, B: 10, C: 2}),
        ([claim(A, 1), claim(B, 2), claim(C, 3), claim(b"D" * 16, 4)], False, {A: 10, B: 5, C: 2}),
    ],
)
def test_the_first_finders_are_paid_in_their_order(claims: list[Staked], shared: bool, paid: dict[bytes, int]) -> None:
    lines = first_finders(FirstFinders((10, 5, 2)), ordered(claims), shared=shared)
    assert {team: line.points for team, line in lines} == paid


def test_a_line_of_a_first_finder_names_the_visits_that_were_before_it() -> None:
    claims = [claim(A, 1), claim(B, 2), claim(C, 3)]
    lines = dict(first_finders(FirstFinders((10, 5, 2)), claims, shared=False))
    assert lines[C].because == tuple(sorted((claims[0].claim.event, claims[1].claim.event)))
    assert lines[C].values == (3,)
    assert lines[A].because == ()


PAY = Capture(points_a_minute=3, blocked_ms=5 * MINUTE_MS)
SHOWN_A = {b"view a": HolderShown(0, 3, A, 10 * MINUTE_MS)}


@pytest.mark.parametrize(
    ("claims", "paid"),
    [
        ([], {}),
        ([claim(A, 10)], {A: 150}),
        ([claim(A, 10), claim(B, 20)], {A: 30, B: 120}),
        ([claim(A, 10), claim(A, 15), claim(B, 20)], {A: 30, B: 120}),
        ([claim(A, 10), claim(B, 10.5)], {A: 0, B: 147}),
        ([claim(A, 10), claim(B, 20), claim(A, 30)], {A: 120, B: 30}),
        ([claim(A, 61)], {}),
        # whoever was shown that it is blocked takes nothing; whoever could not know does
        ([claim(A, 10), claim(B, 12, view=b"view a")], {A: 150, B: 0}),
        ([claim(A, 10), claim(B, 12)], {A: 6, B: 144}),
        ([claim(A, 10), claim(B, 15, view=b"view a")], {A: 15, B: 135}),
        ([claim(A, 10), claim(A, 12, view=b"view a")], {A: 150}),
        ([claim(A, 10), claim(B, 12, view=b"of nobody")], {A: 6, B: 144}),
    ],
)
def test_holding_is_paid_by_whole_minutes(claims: list[Staked], paid: dict[bytes, int]) -> None:
    found: dict[bytes, int] = {}
    for team, line in captures(PAY, ordered(claims), SHOWN_A, 60 * MINUTE_MS):
        found[team] = found.get(team, 0) + line.points
    assert found == paid


def test_neutral_time_is_not_paid_for() -> None:
    ((team, line),) = captures(PAY, [claim(A, 10)], {}, 60 * MINUTE_MS, [(20 * MINUTE_MS, 35 * MINUTE_MS)])
    assert (team, line.values, line.points) == (A, (35,), 105)


def test_a_capture_names_who_ended_it_and_a_blocked_visit_the_view_that_bound_it() -> None:
    claims = ordered([claim(A, 10), claim(B, 12, view=b"view a"), claim(C, 20)])
    lines = captures(PAY, claims, SHOWN_A, 60 * MINUTE_MS)
    assert [(line.code, line.because) for _, line in lines] == [
        ("blocked", (b"view a",)),
        ("held", (claims[2].claim.event,)),
        ("held", ()),
    ]


def test_the_order_in_which_claims_come_makes_no_difference() -> None:
    rng = random.Random(7)
    claims = [claim(rng.choice((A, B, C)), rng.randrange(60)) for _ in range(40)]
    told = captures(PAY, ordered(claims), SHOWN_A, 60 * MINUTE_MS)
    for _ in range(20):
        rng.shuffle(claims)
        assert captures(PAY, ordered(claims), SHOWN_A, 60 * MINUTE_MS) == told
