"""Teams, as registrations say, whatever order they are read in."""

from __future__ import annotations

from itertools import permutations

from games import check_in, log, minutes

from client_core.game.actions import TeamRegistered
from client_core.game.teams import Team, read_teams

RED, BLUE = b"r" * 16, b"b" * 16


def test_the_registration_that_was_written_last_holds_in_any_order() -> None:
    events = (
        log(TeamRegistered(5, RED, 1, "Red"), TeamRegistered(9, RED, 1, "Reds", 77), phone=1)
        + log(TeamRegistered(7, RED, 3, "Rouge"), check_in(0, minutes(1)), b"\xc1", phone=2)
        + log(TeamRegistered(1, BLUE, 2, "Blue"), phone=3)
    )
    for order in permutations(events):
        teams = read_teams(order)
        assert list(teams) == [BLUE, RED]
        assert teams[RED] == Team(RED, 1, "Reds", 77)
        assert teams[BLUE] == Team(BLUE, 2, "Blue", None)


def test_equal_times_are_settled_by_the_events_ids() -> None:
    events = log(TeamRegistered(5, RED, 1, "Red")) + log(TeamRegistered(5, RED, 2, "Rot"), phone=1)
    last = max(events, key=lambda event: event.id)
    assert read_teams(events) == read_teams(events[::-1]) == read_teams([last])
