"""Polygons: which rings are one, and how every fault is named."""

from __future__ import annotations

import math
import random
import time

import pytest

from client_core.game.fences import POLYGON_POINTS_MAX
from client_core.game.rings import Point, RingFault, check_rings


def ring(*corners: Point) -> list[Point]:
    return [*corners, corners[0]]


SQUARE = ring((0, 0), (100, 0), (100, 100), (0, 100))
HOLE = ring((20, 20), (40, 20), (40, 40), (20, 40))


def wheel(count: int, radius: int = 1_000_000) -> list[Point]:
    """A closed ring of `count` different points on a circle."""
    turns = [2 * math.pi * i / count for i in range(count)]
    return ring(*((round(radius * math.cos(turn)), round(radius * math.sin(turn))) for turn in turns))


@pytest.mark.parametrize(
    "rings",
    [
        [SQUARE],
        [SQUARE[::-1]],
        [SQUARE, HOLE],
        [SQUARE, HOLE, ring((60, 60), (80, 60), (70, 80))],
        [SQUARE, ring((0, 0), (20, 10), (10, 20))],  # a hole that touches a corner
        [ring((0, 0), (50, 0), (100, 0), (100, 100), (0, 100))],  # a corner on a straight line
        [ring((0, 0), (0, 0), (100, 0), (100, 100))],  # a doubled point
        [ring((0, 0), (100, 0), (100, 100), (50, 10), (0, 100))],  # not convex
        [wheel(POLYGON_POINTS_MAX - 1)],
    ],
)
def test_rings_that_enclose_an_area_are_a_polygon(rings: list[list[Point]]) -> None:
    assert check_rings(rings) is None


@pytest.mark.parametrize(
    ("rings", "code", "says"),
    [
        ([SQUARE[:4]], "ring_open", "exterior ring does not end"),
        ([[(0, 0), (100, 0), (0, 0)]], "ring_too_short", "3 points"),
        ([ring((0, 0), (100, 0), (0, 0), (100, 0))], "ring_too_short", "2 different"),
        ([ring((0, 0), (50, 50), (100, 100))], "ring_flat", "no area"),
        ([ring((0, 0), (100, 100), (100, 0), (0, 100))], "ring_flat", "eight"),
        ([ring((0, 0), (100, 100), (100, 0), (0, 120))], "ring_crosses_itself", "edge 2.*edge 0|edge 0.*edge 2"),
        ([ring((0, 0), (100, 0), (100, 100), (50, 0), (0, 100))], "ring_crosses_itself", "crosses or overlaps"),
        ([ring((0, 0), (100, 0), (50, 0), (50, 100))], "ring_crosses_itself", "overlaps"),
        ([SQUARE, ring((50, 50), (150, 50), (50, 80))], "ring_crosses_itself", "hole 1"),
        ([SQUARE, SQUARE], "ring_crosses_itself", "hole 1"),
        ([SQUARE, HOLE, HOLE], "ring_crosses_itself", "hole 2"),
        ([SQUARE, ring((200, 200), (210, 200), (200, 210))], "hole_outside", "hole 1"),
        ([ring((0, 0), (20_000_001, 0), (0, 10))], "ring_too_big", "2 degrees"),
        ([ring((-1_790_000_000, 0), (1_790_000_000, 0), (1_790_000_000, 10))], "ring_crosses_antimeridian", "split"),
        ([wheel(POLYGON_POINTS_MAX)], "ring_too_big", "1001 points"),
        ([SQUARE, *[HOLE] * 101], "ring_too_big", "102 rings"),
    ],
)
def test_rings_that_are_no_polygon_are_refused_with_the_place(rings: list[list[Point]], code: str, says: str) -> None:
    with pytest.raises(RingFault, match=says) as caught:
        check_rings(rings)
    assert caught.value.code == code


def test_the_largest_polygon_is_checked_within_a_second() -> None:
    draw = random.Random(7)
    # A comb: all its teeth overlap in longitude with few others, and a wheel: with two.
    comb = ring(*((x * 1_000, draw.randint(10, 900_000) if x % 2 else 0) for x in range(998)), (998_000, -10))
    started = time.perf_counter()
    assert check_rings([wheel(999)]) is None
    assert check_rings([[*comb[:-2], (998_000, -10), comb[0]]]) is None
    assert time.perf_counter() - started < 1
