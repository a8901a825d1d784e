"""Neutralised ways: a road crossing counts for nothing, for those who crossed the road."""

from __future__ import annotations

from typing import Any

import pytest
from games import FINISH, A, B, C, check_in, log, minutes, rules, team

from client_core.game.decisions import Neutralised
from client_core.game.events import LoggedEvent
from client_core.game.roles import Role
from client_core.game.scoring import fold

CROSSING = Neutralised(minutes(50), "road crossing", minutes(0), minutes(59), checkpoint=A, leg_to=B)


def of_staff(event: LoggedEvent) -> LoggedEvent:
    return LoggedEvent(event.stream, event.seq, event.id, event.author, event.payload, Role.REFEREE)


@pytest.mark.parametrize(
    ("walked", "elapsed_minutes"),
    [
        ((A, B, FINISH), 20),  # from A at 10 to B at 20
        ((A, C, B, FINISH), 20),  # by another checkpoint: still from A to B, 20 of 40 minutes
        ((C, A, FINISH), 30),  # nobody who finishes from A crossed to B
        ((B, C, FINISH), 30),
        ((B, A, FINISH), 30),  # the other way round is another way
    ],
)
def test_the_way_from_one_checkpoint_to_another_counts_for_nothing_where_it_was_taken(
    walked: tuple[int, ...], elapsed_minutes: int
) -> None:
    actions: list[Any] = [check_in(checkpoint, minutes(10 * at)) for at, checkpoint in enumerate(walked, 1)]
    (ruling,) = map(of_staff, log(CROSSING, phone=9))
    result = fold(rules(limit=None), team(), [*log(*actions), ruling])
    assert result.time_ms == elapsed_minutes * 60_000
