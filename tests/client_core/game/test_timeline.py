"""The time that is left, with everything that moves it: pauses, one not over yet, credits, and being late."""

from __future__ import annotations

import pytest

from client_core.game.clocking import OPEN_END_MS
from client_core.game.timeline import Spans, late_ms, left_ms, limit_end
from client_core.game.timing import TimeLimit

MINUTE_MS = 60_000
LIMIT = TimeLimit(60 * MINUTE_MS, 10, None)


@pytest.mark.parametrize(
    ("spans", "credit", "at", "left"),
    [
        ((), 0, 20, 40),
        ((), 0, 70, -10),
        ((), 5, 20, 45),
        ((), -5, 20, 35),
        (((10, 25),), 0, 5, 55),
        (((10, 25),), 0, 10, 50),
        (((10, 25),), 0, 20, 50),
        (((10, 25),), 0, 30, 45),
        (((10, 25),), 0, 80, -5),
        (((10, None),), 0, 5, 55),
        (((10, None),), 0, 10, 50),
        (((10, None),), 0, 500, 50),
        (((10, 25), (40, None)), 3, 100, 38),
    ],
)
def test_the_time_left_follows_pauses_and_credits_and_stands_still_in_a_pause(
    spans: tuple[tuple[int, int | None], ...], credit: int, at: int, left: int
) -> None:
    known: Spans = tuple((low * MINUTE_MS, OPEN_END_MS if high is None else high * MINUTE_MS) for low, high in spans)
    end_ms = limit_end(LIMIT, 0, known, None, together=True)
    assert end_ms is not None
    assert left_ms(known, end_ms, at * MINUTE_MS, credit * MINUTE_MS) == left * MINUTE_MS
    assert late_ms(known, end_ms, at * MINUTE_MS, credit * MINUTE_MS) == max(0, -left) * MINUTE_MS
