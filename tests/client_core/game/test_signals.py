"""Signals for staff: unusual speeds, fixes and clocks with their numbers, and no score that changes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from games import FINISH, LAT_E7, LON_E7, A, B, C, check_in, log, minutes, rules, team

from client_core.game.actions import CheckIn, Finish, Witnessed
from client_core.game.checkpoints import Method
from client_core.game.events import LoggedEvent, tell
from client_core.game.roles import Role
from client_core.game.scoring import fold
from client_core.game.signals import SIGNALS_MAX, Kind, Signal, read_signals, signal_sentence
from client_core.game.teams import Register

GAME = rules()


def signals(events: list[LoggedEvent]) -> list[Signal]:
    return read_signals(GAME, tell(GAME, events), Register())


def of_kind(kind: Kind, events: list[LoggedEvent]) -> list[tuple[int, ...]]:
    return [signal.values for signal in signals(events) if signal.kind is kind]


def noisy(checkpoint: int, at_ms: int, number: int = 1, **changes: Any) -> CheckIn:
    """As a receiver says it: some metres off, and at no round place."""
    east, north = 311 * number % 700, 173 * number % 900
    fixed = CheckIn(
        Method.GPS, None, at_ms, checkpoint, LON_E7[checkpoint] + 37 + east, LAT_E7 + 41 + north, 40 + number
    )
    return msgspec.structs.replace(fixed, **changes)


def test_a_team_that_walks_shows_nothing() -> None:
    events = log(*(noisy(n, minutes(5 + 8 * i), i) for i, n in enumerate((A, B, C, FINISH))))
    assert signals(events) == []


def test_a_speed_no_runner_has_is_shown_with_way_and_time() -> None:
    events = log(noisy(A, minutes(5), accuracy_dm=50), noisy(FINISH, minutes(5) + 20_000, accuracy_dm=50))
    ((metres, seconds, kmh),) = of_kind(Kind.SPEED, events)
    assert seconds == 20
    assert metres in range(440, 490), "two hundredths of a degree less what both fixes may err"
    assert kmh == metres * 36 // 200 or abs(kmh - metres * 36 // 200) <= 1
    assert of_kind(Kind.SPEED, log(noisy(A, minutes(5)), noisy(FINISH, minutes(10)))) == []
    assert of_kind(Kind.SPEED, log(noisy(A, minutes(5)), noisy(A, minutes(5), 2))) == [], "near is no speed"


def test_two_phones_of_a_team_are_not_one_fast_one() -> None:
    apart = log(noisy(A, minutes(5)), phone=1) + log(noisy(FINISH, minutes(5) + 1_000), phone=2)
    assert of_kind(Kind.SPEED, apart) == []


@pytest.mark.parametrize(("accuracy_dm", "found"), [(0, [(1, 0)]), (3, [(1, 30)]), (6, []), (None, [])])
def test_an_accuracy_no_phone_has(accuracy_dm: int | None, found: list[tuple[int, ...]]) -> None:
    assert of_kind(Kind.ACCURACY, log(noisy(A, minutes(5), accuracy_dm=accuracy_dm))) == found


def test_fixes_at_the_very_point_of_their_checkpoints_are_counted_from_three_on() -> None:
    exact = [check_in(n, minutes(5 + 8 * i), accuracy_dm=40) for i, n in enumerate((A, B, FINISH))]
    assert of_kind(Kind.EXACT, log(*exact)) == [(3, 3)]
    assert of_kind(Kind.EXACT, log(*exact[:2], noisy(FINISH, minutes(30)))) == []


def test_one_fix_told_again_and_again_and_fixes_on_a_grid() -> None:
    same = [noisy(A, minutes(5 + i), 3) for i in range(4)]
    assert of_kind(Kind.SAME_FIX, log(*same)) == [(4, 180)]
    grid = [
        noisy(n, minutes(5 + 9 * i), lon_e7=LON_E7[n], lat_e7=LAT_E7 + 1_000 * i) for i, n in enumerate((A, B, FINISH))
    ]
    assert of_kind(Kind.GRID, log(*grid)) == [(3,)]


def test_a_time_beside_what_a_node_saw_and_a_clock_that_went_back() -> None:
    phone = log(noisy(A, minutes(30)), noisy(B, minutes(12)))
    note = Witnessed(minutes(10), phone[0].stream, 0, phone[0].id)
    node = [event._replace(role=Role.ORGANISER) for event in log(note, phone=9)]
    assert of_kind(Kind.TIME, phone + node) == [(minutes(30), -1, minutes(10))]
    assert of_kind(Kind.CLOCK_BACK, phone) == [(18 * 60,)]


def test_a_nodes_clock_that_went_back_is_the_nodes_signal() -> None:
    phone = log(noisy(A, minutes(5)), noisy(B, minutes(15)))
    notes = [Witnessed(minutes(at), e.stream, e.seq, e.id) for at, e in zip((50, 20), phone, strict=True)]
    node = [event._replace(role=Role.ORGANISER) for event in log(*notes, phone=9)]
    (signal,) = [one for one in signals(phone + node) if one.kind is Kind.NODE_CLOCK]
    assert (signal.values, signal.author) == ((1_800,), b"phone 9")


def test_signals_change_no_score_and_have_an_end() -> None:
    fast = log(*(noisy(n, minutes(5) + i * 10_000) for i, n in enumerate((A, FINISH) * 60)), Finish(minutes(40)))
    assert len(signals(fast)) == SIGNALS_MAX
    assert fold(GAME, team(), fast).score == 30
    assert all(one.kind <= other.kind for one, other in pairwise(signals(fast)))


def test_every_kind_has_a_sentence_with_its_numbers() -> None:
    for kind in set(Kind) - {Kind.TIME}:
        sentence = signal_sentence(Signal(kind, b"k" * 32, (), (7_000, 5_000, 3_000)))
        assert any(digit in sentence for digit in "2357"), kind
    for values, word in (((5, 9_000, -1), "before"), ((9_000, -1, 5), "after"), ((5, -1, -1), "contradict")):
        assert word in signal_sentence(Signal(Kind.TIME, b"k" * 32, (), values))
