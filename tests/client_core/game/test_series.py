"""Series: exact fractions, best n of m, shared places, nested groups."""

from __future__ import annotations

from fractions import Fraction

import pytest

from client_core.game.series import (
    Entry,
    Stage,
    decimal_text,
    group_places,
    rounded,
    series_table,
    stage_points,
    value_of,
)

TIMED = Stage("a", (Entry("x", 10, 60_000), Entry("y", 10, 120_000), Entry("z", 0, 5)), Fraction(11, 10), 1000, 600_000)


def test_a_stage_scales_to_its_best_and_nothing_is_rounded() -> None:
    assert value_of(TIMED, TIMED.entries[0]) == Fraction(99, 10)
    assert stage_points(TIMED) == {"x": Fraction(1100), "y": Fraction(1100 * 98, 99), "z": Fraction(0)}


def test_a_stage_where_nobody_has_points_gives_none() -> None:
    assert stage_points(Stage("a", (Entry("x", 0), Entry("y", -5)))) == {"x": 0, "y": 0}
    assert stage_points(Stage("a", ())) == {}


def test_the_better_of_two_entries_of_one_counts() -> None:
    assert stage_points(Stage("a", (Entry("x", 5), Entry("x", 9), Entry("y", 10))))["x"] == 900


def test_the_best_n_of_m_count_and_equal_totals_share_a_place() -> None:
    stages = [Stage(str(n), (Entry("x", a), Entry("y", b))) for n, (a, b) in enumerate([(10, 5), (5, 10), (10, 10)])]
    rows = series_table([*stages, Stage("3", (Entry("z", 1),))], 2)
    assert [(row.place, row.who, row.total) for row in rows] == [(1, "x", 2000), (1, "y", 2000), (3, "z", 1000)]
    assert rows[0].counted == (0, 2)
    assert rows[2].points == (None, None, None, Fraction(1000))


def test_rounding_before_the_sum_may_change_it() -> None:
    stages = [Stage("a", (Entry("x", 1), Entry("y", 3))), Stage("b", (Entry("x", 1), Entry("y", 3)))]
    assert series_table(stages, 2)[1].total == Fraction(2000, 3)
    assert series_table(stages, 2, 3)[1].total == Fraction(666_666, 1000)


def test_places_in_a_group_count_only_those_of_the_group() -> None:
    rows = series_table([Stage("a", (Entry("x", 3), Entry("y", 2), Entry("z", 2)))], 1)
    assert group_places(rows, {"x": ("M",), "y": ("M", "V"), "z": ("V",)}) == {
        "M": {"x": 1, "y": 2},
        "V": {"y": 1, "z": 1},
    }


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(1, 2), 0, "1"),
        (Fraction(2, 3), 3, "0.667"),
        (Fraction(-1, 3), 2, "-0.33"),
        (Fraction(1_0005, 10_000), 3, "1.001"),
    ],
)
def test_numbers_are_shown_rounded_half_up(value: Fraction, decimals: int, text: str) -> None:
    assert decimal_text(value, decimals) == text
    assert abs(rounded(value, decimals) - value) <= Fraction(1, 2 * 10**decimals)
