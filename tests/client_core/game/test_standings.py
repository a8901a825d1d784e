"""Standings and digests: places as a table, and bytes that are equal wherever the events are."""

from __future__ import annotations

import random

import msgspec
import pytest
from games import FINISH, A, B, C, check_in, log, minutes, rules, team
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.scoring import STATUS_NUMBERS, Status, TeamResult, fold
from client_core.game.standings import game_digest, standings, team_digest

GAME = rules()
PLAIN = fold(GAME, team(), [])


def result(number: int, score: int, time_ms: int | None, status: str = "ok") -> TeamResult:
    return msgspec.structs.replace(
        PLAIN,
        team=number.to_bytes(16, "big"),
        number=number,
        points=score,
        score=score,
        time_ms=time_ms,
        status=Status(status),
    )


def places(*results: TeamResult) -> list[tuple[int, int | None]]:
    return [(row.result.number, row.place) for row in standings(results)]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], []),
        ([result(1, 10, 5), result(2, 20, 9)], [(2, 1), (1, 2)]),
        ([result(1, 10, 5), result(2, 10, 4)], [(2, 1), (1, 2)]),
        ([result(2, 10, 5), result(1, 10, 5), result(3, 9, 1)], [(1, 1), (2, 1), (3, 3)]),
        ([result(1, 9, 5), result(2, 9, 5), result(3, 9, 5), result(4, 8, 5)], [(1, 1), (2, 1), (3, 1), (4, 4)]),
        ([result(1, 90, 5, "active"), result(2, 10, 5)], [(2, 1), (1, 2)]),
        ([result(1, 10, 5, "active"), result(2, 10, 5)], [(2, 1), (1, 2)]),
        ([result(1, 90, 5, "over_time"), result(2, 10, 5)], [(2, 1), (1, None)]),
        ([result(1, 0, None, "inactive"), result(2, 0, None, "active")], [(2, 1), (1, None)]),
        ([result(1, 5, 5, "over_time"), result(2, 5, 5, "over_time")], [(1, None), (2, None)]),
        ([result(1, 10, None), result(2, 10, 5)], [(2, 1), (1, 2)]),
        ([result(1, -5, 5), result(2, -10, 5)], [(1, 1), (2, 2)]),
    ],
)
def test_places_go_by_score_then_time_and_ties_share_them(
    results: list[TeamResult], expected: list[tuple[int, int | None]]
) -> None:
    assert places(*results) == expected


results_of_a_game = st.lists(
    st.tuples(st.integers(0, 3), st.none() | st.integers(0, 3), st.sampled_from(list(Status))), max_size=12
).map(lambda rows: [result(number, *row) for number, row in enumerate(rows)])


@given(results=results_of_a_game, seed=st.integers(0, 2**32))
def test_the_order_of_the_results_makes_no_difference(results: list[TeamResult], seed: int) -> None:
    shuffled = results[:]
    random.Random(seed).shuffle(shuffled)
    assert standings(results) == standings(shuffled)
    assert game_digest(results) == game_digest(shuffled)


@given(results=results_of_a_game)
def test_a_place_is_one_more_than_the_number_of_teams_strictly_before(results: list[TeamResult]) -> None:
    table = standings(results)

    def key(row: TeamResult) -> tuple[bool, int, float]:
        return row.status is Status.ACTIVE, -row.score, float("inf") if row.time_ms is None else row.time_ms

    placed = [row.result for row in table if row.result.status in {Status.OK, Status.FINISHED, Status.ACTIVE}]
    for row in table:
        if row.place is not None:
            assert row.place == 1 + sum(key(other) < key(row.result) for other in placed)
    assert [row.result for row in table if row.place is not None] == placed


def test_a_node_that_lacks_one_event_has_another_digest_even_where_it_paid_nothing() -> None:
    events = log(check_in(A, minutes(5)), check_in(A, minutes(6)), check_in(B, minutes(7), away_m=90))
    whole = fold(GAME, team(), events)
    for missing in range(3):
        part = fold(GAME, team(), events[:missing] + events[missing + 1 :])
        assert team_digest(part) != team_digest(whole)
        assert game_digest([part]) != game_digest([whole])


def test_a_name_is_in_no_digest() -> None:
    events = log(check_in(A, minutes(5)))
    renamed = msgspec.structs.replace(team(), name="Another")
    assert team_digest(fold(GAME, team(), events)) == team_digest(fold(GAME, renamed, events))


def test_digests_are_pinned() -> None:
    """They are the same on every platform; other implementations read them here."""
    one = fold(
        GAME,
        team(1),
        log(check_in(A, minutes(5)), check_in(C, minutes(9)), check_in(FINISH, minutes(63.5)), b"\x91\x0f", phone=1),
    )
    two = fold(GAME, team(2, None), log(check_in(B, minutes(7)), check_in(A, minutes(8), away_m=99), phone=2))
    assert (one.score, two.score) == (20, 20)
    assert team_digest(one).hex() == "9dfac4694575d8f5a4f384e2c8ff44a91aed47f353056e9179d0edecec8cafb0"
    assert team_digest(two).hex() == "1fc40440f8abe65cc9cdd13107b369c9057ccede790779ae0c5a9cfba5f4d9bb"
    assert game_digest([one, two]).hex() == "5cf963439901f61c45536f5cf7614f4fa433b92dc33597ea5fa137c5ea2a4c41"


def test_statuses_keep_their_numbers_and_words() -> None:
    assert [str(status) for status in STATUS_NUMBERS] == [
        *("inactive", "active", "finished", "ok", "missing_checkpoint", "over_time", "did_not_finish"),
        *("sporting_withdrawal", "disqualified", "did_not_start", "did_not_enter", "cancelled", "not_competing"),
    ]
    assert list(STATUS_NUMBERS.values()) == list(range(13))
