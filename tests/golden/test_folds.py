"""Games drawn from seeds still come to what they came to: a fold made faster or put in another way changes no byte."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from seeded_games import digest_of, draw_game, results_of

from client_core.game.explaining import explain
from client_core.game.verdicts import Reason

DIGESTS: list[str] = json.loads((Path(__file__).parent / "folds.json").read_text(encoding="utf-8"))
TENTHS = 10
NEVER_DRAWN = {Reason.BLOCKED, Reason.WRONG_SECRET, Reason.JUDGED_WRONG, Reason.HINT_TOO_EARLY}
"""What takes more luck or sense than a few hundred drawn games have; `BLOCKED` is said in standings alone."""


@pytest.mark.parametrize("tenth", range(TENTHS))
def test_seeded_games_come_to_what_they_came_to(tenth: int) -> None:
    for seed in range(tenth, len(DIGESTS), TENTHS):
        assert digest_of(draw_game(seed)) == DIGESTS[seed], f"the game of seed {seed}: see generate_folds.py"


def test_the_seeded_games_meet_nearly_every_reason_to_pay_nothing() -> None:
    met: Counter[str] = Counter()
    for seed in range(len(DIGESTS)):
        for result in results_of(draw_game(seed)):
            lines = explain(result)
            assert sum(line.points for line in lines) == result.score
            met.update(line.code for line in lines)
    assert set(Reason) - set(met) <= NEVER_DRAWN
