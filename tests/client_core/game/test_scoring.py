"""The fold: tables of whole games, and that order, doubles and batches make no difference."""

from __future__ import annotations

import random
from typing import Any

import pytest
from games import CLOSES_MS, FINISH, HOUR_MS, OPENS_MS, START_MS, A, B, C, check_in, log, minutes, rules, team
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.actions import Continued, Finish, Start
from client_core.game.events import LoggedEvent, decode_events
from client_core.game.explaining import explain
from client_core.game.scoring import Flag, Status, TeamResult, fold
from client_core.game.standings import team_digest
from client_core.game.timing import SelfStart, TimeLimit
from client_core.game.verdicts import Accepted, Refused

GAME = rules()
YEAR_MS = 365 * 24 * HOUR_MS


def outcome(result: TeamResult) -> tuple[int, int, int, str]:
    return result.points, result.penalties, result.score, result.status


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([], (0, 0, 0, "inactive")),
        ([check_in(A, minutes(5), away_m=99)], (0, 0, 0, "active")),
        ([check_in(A, minutes(5))], (30, 0, 30, "active")),
        ([check_in(A, minutes(5)), check_in(A, minutes(6))], (30, 0, 30, "active")),
        ([check_in(A, minutes(5), away_m=99), check_in(A, minutes(6))], (30, 0, 30, "active")),
        ([check_in(A, minutes(5)), check_in(B, minutes(9)), check_in(FINISH, minutes(20))], (50, 0, 50, "ok")),
        ([check_in(FINISH, minutes(20)), check_in(B, minutes(21))], (0, 0, 0, "ok")),
        ([check_in(A, minutes(5)), check_in(FINISH, minutes(60))], (30, 0, 30, "ok")),
        ([check_in(A, minutes(5)), check_in(FINISH, minutes(60) + 1)], (30, 5, 25, "ok")),
        ([check_in(A, minutes(5)), check_in(FINISH, minutes(61))], (30, 5, 25, "ok")),
        ([check_in(A, minutes(5)), check_in(FINISH, minutes(61) + 1)], (30, 10, 20, "ok")),
        ([check_in(A, minutes(5)), check_in(FINISH, minutes(66))], (30, 30, 0, "ok")),
        ([check_in(A, minutes(5)), check_in(FINISH, minutes(90))], (30, 30, 0, "ok")),
        ([check_in(A, minutes(70)), check_in(FINISH, minutes(61.5))], (30, 10, 20, "ok")),  # its clock was set back
        ([check_in(A, minutes(70))], (30, 0, 30, "active")),
        ([b"\xc1 damaged", b"\x91\x0f", check_in(C, minutes(2))], (10, 0, 10, "active")),
        ([Continued(b"s" * 32, 1, b"h" * 32), check_in(C, minutes(2))], (10, 0, 10, "active")),
    ],
)
def test_a_team_with_a_listed_start(actions: list[Any], expected: tuple[int, int, int, str]) -> None:
    assert outcome(fold(GAME, team(), log(*actions))) == expected


@pytest.mark.parametrize(
    ("changes", "finish_minute", "expected"),
    [
        ({"floor_at_zero": False}, 90, (30, 150, -120, "ok")),
        ({"limit": TimeLimit(3_600_000, 5, 600_000)}, 70, (30, 30, 0, "ok")),
        ({"limit": TimeLimit(3_600_000, 1, 600_000)}, 70.01, (30, 11, 19, "over_time")),
        ({"limit": TimeLimit(3_600_000, 0, 0)}, 61, (30, 0, 30, "over_time")),
        ({"limit": TimeLimit(0, 1, None)}, 7, (30, 7, 23, "ok")),
        ({"limit": None}, 200, (30, 0, 30, "ok")),
    ],
)
def test_what_being_late_costs(
    changes: dict[str, Any], finish_minute: float, expected: tuple[int, int, int, str]
) -> None:
    events = log(check_in(A, minutes(0)), check_in(FINISH, minutes(finish_minute)))
    assert outcome(fold(rules(**changes), team(), events)) == expected


@pytest.mark.parametrize(
    ("actions", "start_ms", "time_ms"),
    [
        ([Start(minutes(1)), check_in(A, minutes(5)), check_in(FINISH, minutes(9))], minutes(1), 8 * 60_000),
        ([check_in(A, minutes(5)), check_in(FINISH, minutes(9))], minutes(5), 4 * 60_000),
        ([check_in(A, minutes(5), away_m=90), check_in(B, minutes(6))], minutes(6), 0),
        ([Start(minutes(1)), Start(minutes(2)), check_in(A, minutes(5))], minutes(1), 4 * 60_000),
        ([check_in(A, minutes(5)), Start(minutes(6)), check_in(B, minutes(7))], minutes(5), 2 * 60_000),
        ([Start(minutes(1))], minutes(1), None),
    ],
)
def test_a_team_that_starts_itself(actions: list[Any], start_ms: int, time_ms: int | None) -> None:
    result = fold(rules(start=SelfStart()), team(start_ms=None), log(*actions))
    assert (result.start_ms, result.time_ms) == (start_ms, time_ms)


def test_a_finish_action_ends_the_game_where_there_is_no_finish_checkpoint() -> None:
    events = log(check_in(A, minutes(5)), Finish(minutes(9)), check_in(B, minutes(10)))
    result = fold(rules(finish_code=None), team(), events)
    assert (result.score, result.status, result.time_ms) == (30, Status.OK, 9 * 60_000)


def test_two_phones_at_one_checkpoint_score_it_once() -> None:
    events = log(check_in(A, minutes(5)), phone=1) + log(check_in(A, minutes(5)), phone=2)
    result = fold(GAME, team(), events)
    assert (result.score, result.visited, result.events) == (30, (A,), 2)


def test_two_branches_of_a_fork_never_pay_twice() -> None:
    common = log(check_in(A, minutes(1)))
    one = log(check_in(B, minutes(2)), first_seq=1, branch=1)
    two = log(check_in(B, minutes(3)), check_in(C, minutes(4)), first_seq=1, branch=2)
    result = fold(GAME, team(), common + one + two)
    assert (result.score, result.events) == (60, 4)


def test_after_one_phone_finished_the_other_pays_no_more() -> None:
    events = log(check_in(FINISH, minutes(20)), phone=1) + log(
        check_in(A, minutes(19)), check_in(B, minutes(21)), phone=2
    )
    assert fold(GAME, team(), events).score == 30


def test_a_clock_that_is_set_back_moves_no_event_before_its_predecessor() -> None:
    """Or a phone could visit after its finish and say that it had been before."""
    result = fold(
        GAME, team(), log(check_in(FINISH, minutes(20), accuracy_dm=50), check_in(A, minutes(10), accuracy_dm=50))
    )
    assert (result.score, result.flags) == (0, (Flag.CLOCK_SET_BACK, Flag.UNWITNESSED))


@pytest.mark.parametrize(("offset_ms", "flag"), [(YEAR_MS, Flag.CLOCK_AHEAD), (-YEAR_MS, Flag.CLOCK_BEHIND)])
def test_a_clock_a_year_off_is_kept_and_flagged_and_never_refused(offset_ms: int, flag: Flag) -> None:
    events = log(check_in(A, minutes(5) + offset_ms), check_in(FINISH, minutes(20) + offset_ms))
    result = fold(GAME, team(), events)
    assert outcome(result) == (30, 0, 30, "ok")
    assert (result.time_ms, result.flags) == (None, (flag, Flag.NO_ACCURACY, Flag.UNWITNESSED))


def test_one_jump_of_a_clock_does_not_drag_along_what_follows() -> None:
    jumped = log(check_in(A, minutes(5) + YEAR_MS), check_in(B, minutes(6)), phone=1)
    other = log(check_in(FINISH, minutes(20)), phone=2)
    result = fold(GAME, team(), jumped + other)
    assert outcome(result) == (50, 0, 50, "ok")
    assert result.flags == (Flag.CLOCK_AHEAD, Flag.NO_ACCURACY, Flag.UNWITNESSED)


def test_a_zero_clock_is_flagged_too() -> None:
    assert fold(GAME, team(), log(check_in(A, 0))).flags == (Flag.CLOCK_BEHIND, Flag.NO_ACCURACY)


def test_a_small_correction_by_the_network_is_not_flagged() -> None:
    result = fold(GAME, team(), log(check_in(A, minutes(5)), check_in(B, minutes(4.5))))
    assert (result.score, result.flags) == (50, (Flag.NO_ACCURACY,))


def test_events_are_sorted_by_time_then_stream_then_number() -> None:
    one = log(check_in(A, minutes(5)), check_in(B, minutes(5)), phone=1)
    two = log(check_in(A, minutes(4)), check_in(C, minutes(6)), phone=2)
    decoded = decode_events(GAME, one + two)
    assert [(entry.order_ms, entry.seq) for entry in decoded] == [
        (minutes(4), 0),
        (minutes(5), 0),
        (minutes(5), 1),
        (minutes(6), 1),
    ]


times = st.integers(-5, 80).map(minutes) | st.sampled_from([0, OPENS_MS, CLOSES_MS, CLOSES_MS + 5, START_MS + YEAR_MS])
actions = st.one_of(
    st.builds(check_in, st.integers(0, 5), times, away_m=st.sampled_from([0, 0, 0, 40])),
    st.builds(Start, times),
    st.builds(Finish, times),
    st.binary(max_size=6),
)
games = st.sampled_from(
    [
        GAME,
        rules(floor_at_zero=False),
        rules(start=SelfStart()),
        rules(finish_code=None, limit=TimeLimit(1_800_000, 3, 600_000)),
    ]
)


@st.composite
def team_logs(draw: st.DrawFn) -> list[LoggedEvent]:
    """Up to three phones, one of which may have forked."""
    events: list[LoggedEvent] = []
    for phone in range(draw(st.integers(1, 3))):
        events += log(*draw(st.lists(actions, max_size=8)), phone=phone)
    fork = draw(st.lists(actions, max_size=3))
    return events + log(*fork, phone=0, first_seq=draw(st.integers(0, 4)), branch=1)


@given(game=games, events=team_logs(), seed=st.integers(0, 2**32))
def test_any_order_and_any_doubles_give_the_same_result(game: Any, events: list[LoggedEvent], seed: int) -> None:
    draw = random.Random(seed)
    shuffled = events + draw.choices(events, k=len(events) // 2) if events else []
    draw.shuffle(shuffled)
    one, two = fold(game, team(), events), fold(game, team(), shuffled)
    assert one == two
    assert team_digest(one) == team_digest(two)


@given(game=games, events=team_logs())
def test_the_lines_of_an_explanation_sum_to_the_score_and_name_every_event(
    game: Any, events: list[LoggedEvent]
) -> None:
    result = fold(game, team(), events)
    lines = explain(result)
    assert sum(line.points for line in lines) == result.score == result.points - result.penalties
    assert {line.event for line in lines if line.event} == {event.id for event in events}


@given(game=games, events=team_logs())
def test_no_checkpoint_pays_twice_and_a_floor_holds(game: Any, events: list[LoggedEvent]) -> None:
    result = fold(game, team(), events)
    paid = [judged[1] for judged in result.judged if isinstance(judged[3], Accepted) and judged[1] >= 0]
    assert sorted(paid) == list(result.visited)
    assert result.points == sum(game.checkpoints[number].points for number in result.visited)
    assert result.score >= 0 or not game.package.floor_at_zero


def test_a_fold_without_what_it_judged_gives_the_same_numbers() -> None:
    events = log(check_in(A, minutes(5)), check_in(FINISH, minutes(70)))
    lean, full = fold(GAME, team(), events, keep_judged=False), fold(GAME, team(), events)
    assert lean.judged == ()
    assert (lean.score, lean.time_ms, lean.events, lean.visited) == (full.score, full.time_ms, 2, full.visited)
    with pytest.raises(AssertionError):
        explain(lean)
    assert isinstance(full.judged[0][3], Accepted | Refused)
