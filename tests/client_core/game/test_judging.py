"""Verdicts, as tables: one row a case."""

from __future__ import annotations

from typing import Any

import pytest
from games import (
    CLOSES_MS,
    FINISH,
    HOUR_MS,
    LAT_E7,
    LON_E7,
    OPENS_MS,
    START_MS,
    A,
    B,
    C,
    check_in,
    minutes,
    rules,
)

from client_core.game.actions import CheckIn, Continued, Finish, Known, Start
from client_core.game.checkpoints import Method
from client_core.game.judging import Facts, judge
from client_core.game.timing import MassStart, SelfStart, StartList, TimeLimit
from client_core.game.verdicts import REASON_NUMBERS, Accepted, Reason, Refused

AT = minutes(10)
DAY_MS = 24 * HOUR_MS


def facts_of(game: Any, start_ms: int | None = START_MS, **known: Any) -> Facts:
    facts = Facts(game, start_ms)
    for name, fact in known.items():
        setattr(facts, name, fact)
    return facts


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        (check_in(A, AT), Accepted(30)),
        (check_in(A, AT, away_m=24), Accepted(30)),
        (check_in(A, AT, away_m=26), Refused(Reason.OUTSIDE_FENCE, (26_000, 25_000))),
        (check_in(C, AT, away_m=22), Accepted(10)),
        (check_in(C, AT, away_m=30), Refused(Reason.OUTSIDE_FENCE, (7_778, 0))),
        (check_in(FINISH, AT), Accepted(0)),
        (check_in(A, AT, accuracy_dm=500), Accepted(30)),
        (check_in(A, AT, accuracy_dm=501), Refused(Reason.ACCURACY_TOO_POOR, (50_100, 50_000))),
        (check_in(A, AT, away_m=90, accuracy_dm=501), Refused(Reason.ACCURACY_TOO_POOR, (50_100, 50_000))),
        (check_in(4, AT), Refused(Reason.UNKNOWN_CHECKPOINT, (4,))),
        (check_in(199_999, AT), Refused(Reason.UNKNOWN_CHECKPOINT, (199_999,))),
        (check_in(A, START_MS), Accepted(30)),
        (check_in(A, START_MS - 1), Refused(Reason.NOT_STARTED, (START_MS,))),
        (check_in(A, CLOSES_MS), Accepted(30)),
        (check_in(A, CLOSES_MS + 1), Refused(Reason.AFTER_LIMIT, (CLOSES_MS,))),
        (check_in(FINISH, CLOSES_MS + 1), Accepted(0)),
        (check_in(A, CLOSES_MS + 365 * DAY_MS), Accepted(30)),
        (check_in(A, OPENS_MS - 365 * DAY_MS), Accepted(30)),
        (check_in(A, 0), Accepted(30)),
        (CheckIn(Method.GPS, None, AT, A), Refused(Reason.NO_POSITION)),
        (CheckIn(Method.GPS, None, AT, A, LON_E7[A], None), Refused(Reason.NO_POSITION)),
        (CheckIn(Method.CODE, "A", AT, A), Accepted(30)),
        (CheckIn(Method.QR, "A", AT, A), Accepted(30)),
        (CheckIn(Method.QR, "B", AT, A), Refused(Reason.WRONG_CODE)),
        (CheckIn(Method.QR, "a", AT, A), Refused(Reason.WRONG_CODE)),
        (CheckIn(Method.CODE, None, AT, A), Refused(Reason.WRONG_CODE)),
        (CheckIn(Method.CODE, "A", AT, A, LON_E7[C], LAT_E7), Accepted(30)),
        (CheckIn(Method.STAFF, None, AT, A, LON_E7[A], LAT_E7), Refused(Reason.METHOD_NOT_ALLOWED, (4,))),
        (CheckIn(Method.KIOSK, "A", AT, A), Refused(Reason.METHOD_NOT_ALLOWED, (3,))),
        (CheckIn(Method.PAPER, None, AT, A), Refused(Reason.METHOD_NOT_ALLOWED, (5,))),
        (Start(AT), Refused(Reason.ALREADY_STARTED, (START_MS,))),
        (Finish(AT), Refused(Reason.FINISH_IS_A_CHECKPOINT, (FINISH,))),
        (Continued(b"s" * 32, 4, b"h" * 32), Refused(Reason.NOT_THIS_TEAM)),
    ],
)
def test_one_action_of_a_team_that_has_started(action: Known, verdict: Accepted | Refused) -> None:
    game = rules()
    assert judge(game, facts_of(game), action) == verdict


@pytest.mark.parametrize(
    ("known", "action", "verdict"),
    [
        ({"visited": {A}}, check_in(A, AT), Refused(Reason.ALREADY_VISITED)),
        ({"visited": {A}}, check_in(A, AT, away_m=500), Refused(Reason.ALREADY_VISITED)),
        ({"visited": {A}}, check_in(B, AT), Accepted(20)),
        ({"finish_ms": AT}, check_in(B, AT + 1), Refused(Reason.FINISHED, (AT,))),
        ({"finish_ms": AT}, check_in(FINISH, AT + 1), Refused(Reason.FINISHED, (AT,))),
        ({"finish_ms": AT}, check_in(9, AT + 1), Refused(Reason.UNKNOWN_CHECKPOINT, (9,))),
    ],
)
def test_what_the_team_did_before_decides(known: dict[str, Any], action: Known, verdict: Refused) -> None:
    game = rules()
    assert judge(game, facts_of(game, **known), action) == verdict


@pytest.mark.parametrize(
    ("start", "listed_ms", "starts_ms"),
    [
        (StartList(), START_MS, START_MS),
        (StartList(), None, None),
        (MassStart(OPENS_MS + 5), None, OPENS_MS + 5),
        (MassStart(OPENS_MS + 5), START_MS, START_MS),
        (SelfStart(), None, None),
        (SelfStart(), START_MS, None),
    ],
)
def test_when_a_team_starts(start: Any, listed_ms: int | None, starts_ms: int | None) -> None:
    assert facts_of(rules(start=start), listed_ms).start_ms == starts_ms


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        (Start(OPENS_MS), Accepted(0)),
        (Start(OPENS_MS - 1), Refused(Reason.NOT_STARTED, (OPENS_MS,))),
        (Start(OPENS_MS - 365 * DAY_MS), Accepted(0)),
        (check_in(A, OPENS_MS), Accepted(30)),
        (check_in(A, OPENS_MS - 1), Refused(Reason.NOT_STARTED, (OPENS_MS,))),
        (check_in(FINISH, AT), Refused(Reason.NOT_STARTED, (OPENS_MS,))),
    ],
)
def test_a_team_that_starts_itself_has_not_started_yet(action: Known, verdict: Accepted | Refused) -> None:
    game = rules(start=SelfStart())
    assert judge(game, facts_of(game), action) == verdict


@pytest.mark.parametrize(
    ("limit", "at_ms", "pays"),
    [
        (None, CLOSES_MS, True),
        (TimeLimit(60_000, 5, None), CLOSES_MS, True),
        (TimeLimit(60_000, 5, 0), START_MS + 60_000, True),
        (TimeLimit(60_000, 5, 0), START_MS + 60_001, False),
        (TimeLimit(60_000, 5, 30_000), START_MS + 90_000, True),
        (TimeLimit(60_000, 5, 30_000), START_MS + 90_001, False),
        (TimeLimit(99 * HOUR_MS, 5, 0), CLOSES_MS + 1, False),
    ],
)
def test_the_last_moment_that_pays(limit: TimeLimit | None, at_ms: int, pays: bool) -> None:
    game = rules(limit=limit)
    assert isinstance(judge(game, facts_of(game), check_in(A, at_ms)), Accepted) == pays


@pytest.mark.parametrize(
    ("known", "action", "verdict"),
    [
        ({}, Finish(AT), Accepted(0)),
        ({}, Finish(START_MS - 1), Refused(Reason.NOT_STARTED, (START_MS,))),
        ({"finish_ms": AT}, Finish(AT + 1), Refused(Reason.FINISHED, (AT,))),
        ({}, check_in(FINISH, AT), Accepted(0)),
    ],
)
def test_without_a_finish_checkpoint_the_team_says_when_it_is_done(
    known: dict[str, Any], action: Known, verdict: Accepted | Refused
) -> None:
    game = rules(finish_code=None)
    assert judge(game, facts_of(game, **known), action) == verdict


@pytest.mark.parametrize(
    ("methods", "action", "pays"),
    [
        ((Method.QR,), check_in(A, AT), False),
        ((Method.GPS,), CheckIn(Method.QR, "A", AT, A), False),
        ((Method.STAFF,), CheckIn(Method.STAFF, None, AT, A), True),
        ((Method.KIOSK, Method.PAPER), CheckIn(Method.PAPER, None, AT, A), True),
    ],
)
def test_only_the_games_own_methods_pay(methods: tuple[Method, ...], action: CheckIn, pays: bool) -> None:
    game = rules(methods=methods)
    assert isinstance(judge(game, facts_of(game), action), Accepted) == pays


def test_reasons_keep_their_numbers_and_words() -> None:
    """They stand in digests and in other programs: new ones are only added at the end."""
    assert list(REASON_NUMBERS.values()) == list(range(1, 1 + len(Reason)))
    assert [str(reason) for reason in REASON_NUMBERS] == [
        *("unknown_checkpoint", "not_started", "finished", "after_limit", "already_visited", "method_not_allowed"),
        *("no_position", "accuracy_too_poor", "outside_fence", "wrong_code", "already_started"),
        *("finish_is_a_checkpoint", "not_this_team", "unknown_kind", "malformed", "wrong_role"),
        *("accuracy_unknown", "closed", "dwell_too_short", "member_unknown", "not_all_there", "not_open"),
        *("not_in_format", "out_of_order", "leg_filled", "count_reached", "visit_voided", "withdrawn", "stopped"),
        *("no_team_start", "unknown_challenge", "challenge_voided", "not_visited", "wrong_answer"),
        *("answered_before", "tries_used", "wrong_secret", "awaits_judging", "judged_wrong", "replaced"),
        *("hint_taken", "hint_unknown", "hint_too_early", "hint_out_of_order", "blocked", "overruled", "undone"),
    ]
