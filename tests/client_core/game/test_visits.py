"""The finder of visits, fix by fix."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from games import FINISH, LAT_E7, LON_E7, START_MS, A, B, C, rules
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.content import VisitRule
from client_core.game.fences import Fix
from client_core.game.geometry import inside
from client_core.game.publish import DraftCheckpoint
from client_core.game.visits import Arrived, Left, VisitFinder

RULE = VisitRule(dwell_ms=3_000, exit_mm=5_000, speed_mm_s_max=12_000, silence_ms_max=30_000)
GAME = rules(visits=RULE)


def fix(second: float, north_m: float, *, at: int = A, accuracy_mm: int | None = None) -> Fix:
    """So far north of a checkpoint, so long after the start."""
    return Fix(LON_E7[at], LAT_E7 + round(north_m * 90), accuracy_mm, START_MS + round(second * 1000))


def story(fixes: list[Fix], game: Any = GAME) -> list[str]:
    """What the finder says, in words: `+A3` arrived at A in the third second, `-A0..6` left a credited stay."""
    finder = VisitFinder(game)
    words = []
    for event in [event for each in fixes for event in finder.observe(each)] + finder.close():
        if isinstance(event, Arrived):
            words.append(f"+{game.codes[event.checkpoint]}{(event.fix.at_ms - START_MS) // 1000}")
        else:
            stay = event.stay
            span = f"{(stay.entered_ms - START_MS) // 1000}..{(stay.left_ms - START_MS) // 1000}"
            words.append(f"{'-' if stay.arrived else '~'}{game.codes[stay.checkpoint]}{span}")
    return words


def walk(*rows: tuple[float, float]) -> list[Fix]:
    """Rows of (second, metres north of A)."""
    return [fix(second, north_m) for second, north_m in rows]


@pytest.mark.parametrize(
    ("fixes", "expected"),
    [
        ([], []),
        (walk((0, 0)), []),  # one fix alone is not believed
        (walk((0, 40), (3, 20), (6, 0), (9, -20), (12, -40)), ["+A6", "-A3..9"]),
        (walk((0, 40), (3, 20), (6, 40)), ["~A3..3"]),  # too short
        (walk((0, 40), (3, 20), (6, 28), (9, 20), (12, 40)), ["+A9", "-A3..9"]),  # 28 m is within the margin
        (walk((0, 40), (3, 20), (6, 31), (9, 20), (12, 40)), ["~A3..3", "~A9..9"]),  # 31 m is not
        (walk((0, 40), (3, 20), (6, 20), (40, 20), (43, 20)), ["+A6", "-A3..6", "+A43", "-A40..43"]),  # silence
        (walk((0, 40), (3, 20), (6, 200), (9, 10), (12, 10)), ["+A12", "-A3..12"]),  # a stray fix, and the way back
        (walk((0, 40), (3, 20), (3, 21), (2, 10), (6, 20)), ["+A6", "-A3..6"]),  # time that does not go on
        (walk((0, 900), (3, 900), (6, 0), (9, 0), (12, 0), (15, 0)), ["+A15", "-A12..15"]),  # a jump that stays
        (walk((0, 0), (3, 100), (6, 0), (9, 100), (12, 0), (15, 100)), []),  # nothing here agrees
    ],
)
def test_what_the_finder_makes_of_a_walk(fixes: list[Fix], expected: list[str]) -> None:
    assert story(fixes) == expected


def test_at_the_finish_no_one_has_to_stay() -> None:
    fixes = [fix(second, north_m, at=FINISH) for second, north_m in [(0, 40), (3, 20), (6, 40)]]
    assert story(fixes) == ["+F3", "-F3..3"]


def test_a_polygon_is_left_by_the_margin_beyond_its_edge() -> None:
    rows = [(0, 50), (3, 20), (6, 26), (9, 20), (12, 28), (15, 50)]
    assert story([fix(second, north_m, at=C) for second, north_m in rows]) == ["+C9", "-C3..9"]


@pytest.mark.parametrize(("accuracy_mm", "expected"), [(50_000, ["+A6", "-A3..9"]), (50_001, [])])
def test_a_fix_worse_than_the_games_limit_is_as_if_it_had_not_come(accuracy_mm: int, expected: list[str]) -> None:
    fixes = [fix(second, north_m, accuracy_mm=accuracy_mm) for second, north_m in [(0, 40), (3, 20), (6, 0), (9, 20)]]
    assert story([*fixes, fix(12, 40)]) == expected


@pytest.mark.parametrize(
    ("dwell_ms", "expected"), [(0, ["+A3", "-A3..9"]), (6_000, ["+A9", "-A3..9"]), (6_001, ["~A3..9"])]
)
def test_the_dwell_is_the_games(dwell_ms: int, expected: list[str]) -> None:
    game = rules(visits=msgspec.structs.replace(RULE, dwell_ms=dwell_ms))
    assert story(walk((0, 40), (3, 20), (6, 0), (9, -20), (12, -40)), game) == expected


def test_a_stay_knows_its_closest_fix() -> None:
    finder = VisitFinder(GAME)
    for each in walk((0, 40), (3, 20), (6, 4), (9, 15)):
        finder.observe(each)
    (left,) = finder.close()
    assert isinstance(left, Left)
    assert left.stay.closest == fix(6, 4)
    assert left.stay.closest_mm == pytest.approx(4_000, abs=5)
    assert finder.close() == []


def test_fences_that_overlap_are_visited_together() -> None:
    places = [(LON_E7[A] / 1e7, LAT_E7 / 1e7), (LON_E7[A] / 1e7, LAT_E7 / 1e7 + 0.0001)]
    checkpoints = tuple(DraftCheckpoint(code, "", 1, at) for code, at in zip("XY", places, strict=True))
    game = rules(visits=RULE, checkpoints=checkpoints, finish_code=None)
    assert story(walk((0, 40), (3, 10), (6, 10), (9, 45)), game) == ["+X6", "+Y6", "-X3..6", "-Y3..6"]


def test_a_spatial_index_narrows_the_question_and_changes_no_answer() -> None:
    fixes = [fix(second * 3, 40 - second * 5, at=B) for second in range(16)]
    asked: list[tuple[int, int]] = []

    def near(lon_e7: int, lat_e7: int) -> list[int]:
        asked.append((lon_e7, lat_e7))
        return [number for number, fence in enumerate(GAME.fences) if inside(fence, lon_e7, lat_e7)]

    one, two = VisitFinder(GAME), VisitFinder(GAME, near)
    assert [one.observe(each) for each in fixes] == [two.observe(each) for each in fixes]
    assert one.close() == two.close()
    assert asked


@given(
    rows=st.lists(st.tuples(st.integers(1, 40), st.integers(-60, 60), st.integers(-60, 60)), max_size=40),
    dwell_ms=st.sampled_from([0, 3_000, 10_000]),
)
def test_every_arrival_is_a_fix_inside_after_the_dwell_and_once_a_stay(
    rows: list[tuple[int, int, int]], dwell_ms: int
) -> None:
    game = rules(visits=msgspec.structs.replace(RULE, dwell_ms=dwell_ms))
    finder = VisitFinder(game)
    at_ms, seen = START_MS, []
    for pause_s, east_m, north_m in rows:
        at_ms += pause_s * 1000
        seen += finder.observe(Fix(LON_E7[A] + east_m * 124, LAT_E7 + north_m * 90, None, at_ms))
    seen += finder.close()
    open_since: int | None = None
    for event in seen:
        if isinstance(event, Arrived):
            assert inside(game.fences[event.checkpoint], event.fix.lon_e7, event.fix.lat_e7)
            assert event.fix.at_ms - event.entered_ms >= dwell_ms
            assert open_since is None
            open_since = event.entered_ms
        else:
            assert event.stay.arrived == (open_since is not None)
            assert event.stay.entered_ms == (open_since if open_since is not None else event.stay.entered_ms)
            open_since = None
