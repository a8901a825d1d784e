"""Courses: several that share checkpoints, each for categories of its own, as an orienteering event has them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from games import FINISH, A, B, C, check_in, game, log, minutes, rules, team

from client_core.game.entrants import Category
from client_core.game.groups import Fixed, Group, Leg, Mode
from client_core.game.publish import DraftError
from client_core.game.scoring import fold


def course(code: str, *checkpoints: int, categories: tuple[str, ...]) -> Group:
    legs = tuple(Leg((number,)) for number in checkpoints)
    return Group(code, code, order=Fixed(), mode=Mode.SPORT, legs=legs, categories=categories)


GROUPS = (
    course("short", A, B, categories=("S",)),
    course("long", B, A, C, categories=("L", "M")),
    course("back", C, B, A, categories=("R",)),
)
CATEGORIES = tuple(Category(code, code, assigned_only=True) for code in "SLMR")
GAME = rules(groups=GROUPS, categories=CATEGORIES)


@pytest.mark.parametrize(
    ("categories", "walked", "status", "missing"),
    [
        (("S",), (A, B), "ok", ()),
        (("S",), (C, A, C, B), "ok", ()),
        (("S",), (B, A), "missing_checkpoint", (A,)),
        (("L",), (B, A, C), "ok", ()),
        (("M",), (A, B, C), "missing_checkpoint", (B,)),
        (("R",), (C, B, A), "ok", ()),
        (("R",), (A, B, C), "missing_checkpoint", (C, B)),
        (("R", "S"), (A, B), "ok", ()),  # plays the one that is listed first
        ((), (A, B), "ok", ()),  # plays no course, so it misses nothing, and is paid nothing
    ],
)
def test_each_category_is_judged_by_its_own_course(
    categories: tuple[str, ...], walked: tuple[int, ...], status: str, missing: tuple[int, ...]
) -> None:
    runner = msgspec.structs.replace(team(), categories=categories)
    actions: list[Any] = [check_in(number, minutes(at)) for at, number in enumerate(walked, 1)]
    result = fold(GAME, runner, log(*actions, check_in(FINISH, minutes(30))))
    assert (result.status, result.missing) == (status, missing)
    assert result.score == (0 if not categories else result.points)


@pytest.mark.parametrize("categories", [(), ("S", "L"), ("M",)])
def test_a_checkpoint_stands_in_no_two_groups_that_one_category_plays(categories: tuple[str, ...]) -> None:
    groups = (*GROUPS[:2], course("other", C, A, categories=categories))
    with pytest.raises(DraftError, match="categories of its own"):
        game(groups=groups, categories=CATEGORIES)
