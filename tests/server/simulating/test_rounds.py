"""The best round: small grounds against every possible round, and a real race whose best round is known."""

from __future__ import annotations

import math
import os
import random
from itertools import pairwise, permutations
from pathlib import Path

import pytest

from server.simulating.rounds import best_round


def ground(places: int, seed: int, *, one_way: bool = False) -> tuple[list[list[int]], list[int]]:
    dice = random.Random(seed)
    at = [(dice.randrange(1_000), dice.randrange(1_000)) for _ in range(places)]
    costs = [[round(math.dist(a, b)) * (dice.randint(80, 120) if one_way else 100) // 100 for b in at] for a in at]
    for middle in range(places):  # nobody walks round where a way over another place is shorter
        costs = [[min(costs[a][b], costs[a][middle] + costs[middle][b]) for b in range(places)] for a in range(places)]
    return costs, [dice.choice([0, 10, 20, 30, 50, -10]) for _ in range(places)]


def exhaustive(costs: list[list[int]], points: list[int], budget: int, start: int, finish: int) -> int:
    """The points of the best of all rounds."""
    inner = [place for place in range(len(points)) if place not in {start, finish}]
    ends = max(0, points[start]) + (max(0, points[finish]) if finish != start else 0)
    best = ends
    for count in range(1, len(inner) + 1):
        for chosen in permutations(inner, count):
            route = (start, *chosen, finish)
            if sum(costs[a][b] for a, b in pairwise(route)) <= budget:
                best = max(best, ends + sum(max(0, points[place]) for place in chosen))
    return best


@pytest.mark.parametrize("seed", range(20))
def test_no_round_of_a_small_ground_is_better(seed: int) -> None:
    costs, points = ground(8, seed, one_way=seed % 3 == 2)
    start, finish = (0, 0) if seed % 2 else (0, 7)
    for budget in (1_200, 2_000, 3_000):
        if costs[start][finish] > budget:
            continue
        found = best_round(costs, points, budget, start, finish, seed=seed)
        assert found is not None
        assert found.points == exhaustive(costs, points, budget, start, finish), (seed, budget, found)
        assert found.cost == sum(costs[a][b] for a, b in pairwise(found.places)) <= budget
        assert (found.places[0], found.places[-1]) == (start, finish)
        inner = found.places[1:-1]
        assert len(set(inner)) == len(inner)


def test_with_room_for_all_every_paying_place_is_in_the_round_and_no_other() -> None:
    costs, points = ground(30, 5)
    found = best_round(costs, points, 1_000_000, 0, 1, cuts=5)
    assert found is not None
    assert set(found.places) == {0, 1} | {place for place, worth in enumerate(points) if worth > 0}


def test_a_way_home_that_is_too_long_leaves_no_round() -> None:
    assert best_round([[0, 9], [9, 0]], [0, 0], 8, 0, 1) is None
    found = best_round([[0, 9], [9, 0]], [0, 0], 9, 0, 1)
    assert found is not None
    assert found.places == (0, 1)


def test_one_seed_gives_one_round_and_progress_is_told() -> None:
    costs, points = ground(25, 3)
    heard: list[float] = []
    first = best_round(costs, points, 3_000, 0, 0, seed=4, cuts=24, told=heard.append)
    assert first == best_round(costs, points, 3_000, 0, 0, seed=4, cuts=24)
    assert heard == [0.0, 8 / 24, 16 / 24]


@pytest.mark.skipif("WAYFOLD_DATA" not in os.environ, reason="the race's file is read from WAYFOLD_DATA")
def test_the_best_known_round_of_a_real_score_race_is_found() -> None:
    text = (Path(os.environ["WAYFOLD_DATA"]) / "iof" / "score-o_race_230907-5016.oplib").read_text()
    rows = [line.split() for line in text.splitlines()]
    at = [(int(row[1]), int(row[2])) for row in rows if len(row) == 3 and row[0].isdigit()]
    points = [int(row[1]) for row in rows if len(row) == 2 and row[0].isdigit()]
    assert len(at) == len(points) == 26
    costs = [[math.ceil(math.dist(a, b)) for b in at] for a in at]
    found = best_round(costs, points, 5_016, 0, 0)
    assert found is not None
    assert found.points >= 335
    assert found.cost <= 5_016
