"""A result that was pinned stays, whatever comes in later, until the organiser amends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loopback import START_MS
from served import NOW_MS, Device, found_tenant, opened, served_here, wayfold

from client_core.game.final import FinalRow, moved, result_hash
from server import tenancy
from server.finalising import final_views, finalise, rows_within
from server.problems import Problem
from sync.batch import Batch
from sync.statement import Finalisation, heads_digest
from sync.stream import GAME


def played(folder: Path) -> tuple[Device, Device]:
    """Two teams, Owls with two checkpoints and Foxes with one, at HQ."""
    code = found_tenant(folder)
    with served_here(folder) as client:
        owls, foxes = Device(client, "Owls").join(code), Device(client, "Foxes").join(code)
        owls.check_in("A")
        owls.check_in("B")
        foxes.check_in("A")
        owls.sync()
        foxes.sync()
    return owls, foxes


def comes_in(folder: Path, device: Device, *codes: str) -> None:
    """The device makes these check-ins and syncs."""
    with served_here(folder) as client:
        device.client = client
        for code in codes:
            device.check_in(code)
        device.sync()


def test_what_comes_in_later_is_listed_and_changes_nothing_until_it_is_amended(tmp_path: Path) -> None:
    _, foxes = played(tmp_path)
    with opened(tmp_path) as game:
        view = finalise(game, NOW_MS)
        assert (view.checked, view.number, view.later_events, view.moved) == ("agrees", 0, 0, ())
        assert [(row.place, row.score) for row in view.rows] == [(1, 20), (2, 10)]
    comes_in(tmp_path, foxes, "B", "C")
    with opened(tmp_path) as game:
        (later,) = final_views(game)
        assert (later.checked, later.result, later.rows) == ("agrees", view.result, view.rows)
        assert later.later_events == 2
        assert [(m.final.place, m.now.place) for m in later.moved if m.final and m.now] == [(1, 2), (2, 1)]
        amended = finalise(game, NOW_MS, amend=True)
        assert (amended.number, amended.later_events, amended.checked) == (1, 0, "agrees")
        assert [one.id for one in final_views(game)] == [amended.id]


def test_standings_say_where_they_are_not_as_pinned(tmp_path: Path) -> None:
    _, foxes = played(tmp_path)
    data = ("--data", str(tmp_path))
    wayfold("finalise", "park", *data)
    assert "not as pinned" not in wayfold("standings", "park", *data).stdout
    comes_in(tmp_path, foxes, "B", "C")
    assert "2 of these lines are not as pinned" in wayfold("standings", "park", *data).stdout


def test_a_final_game_is_not_finalised_twice_by_chance(tmp_path: Path) -> None:
    played(tmp_path)
    with opened(tmp_path) as game:
        with pytest.raises(Problem) as told:
            finalise(game, NOW_MS, amend=True)
        assert told.value.code == "bad_request"
        finalise(game, NOW_MS)
        with pytest.raises(Problem) as told:
            finalise(game, NOW_MS)
        assert told.value.code == "already_final"


def test_two_results_beside_each_other_are_shown_until_one_amendment_names_both(tmp_path: Path) -> None:
    played(tmp_path)
    with opened(tmp_path) as game:
        finalise(game, NOW_MS)
        other = Finalisation(1, game.row.package_hash, heads_digest(()), result_hash(()), 0, (), NOW_MS + 1)
        game.log.append(Batch(statements=(tenancy.issue(game.log.game, GAME, game.key, other),)))
        game.refresh()
        views = final_views(game)
        assert [view.checked for view in views] == ["agrees", "agrees"]
        assert [len(view.rows) for view in views] == [2, 0]
        settled = finalise(game, NOW_MS + 2, amend=True)
        assert [view.id for view in final_views(game)] == [settled.id]


def test_a_node_that_lacks_a_part_says_that_it_did_not_check(tmp_path: Path) -> None:
    played(tmp_path)
    with opened(tmp_path) as game:
        pinned = Finalisation(1, game.row.package_hash, b"\x01" * 32, b"\x02" * 32, 0, (), NOW_MS)
        game.log.append(Batch(statements=(tenancy.issue(game.log.game, GAME, game.key, pinned),)))
        game.refresh()
        (view,) = final_views(game)
        assert (view.checked, view.rows, view.moved) == ("not_checked_here", (), ())


def test_a_result_that_the_events_do_not_give_is_told(tmp_path: Path) -> None:
    played(tmp_path)
    with opened(tmp_path) as game:
        wrong = Finalisation(1, game.row.package_hash, heads_digest(()), b"\x02" * 32, 0, (), NOW_MS)
        game.log.append(Batch(statements=(tenancy.issue(game.log.game, GAME, game.key, wrong),)))
        game.refresh()
        assert [view.checked for view in final_views(game)] == ["differs"]


def test_no_heads_give_no_teams(tmp_path: Path) -> None:
    played(tmp_path)
    with opened(tmp_path) as game:
        assert rows_within(game, {}) == ()


def test_the_commands_pin_show_and_amend(tmp_path: Path) -> None:
    _, foxes = played(tmp_path)
    data = ("--data", str(tmp_path))
    assert "not final" in wayfold("finalise", "park", "--show", *data).stdout
    assert "the same result" in wayfold("finalise", "park", *data).stdout
    assert "amend" in wayfold("finalise", "park", *data, code=3).stderr
    comes_in(tmp_path, foxes, "B", "C")
    shown = wayfold("finalise", "park", "--show", *data).stdout
    assert "2 events came in since; lines that they would change: 2" in shown
    assert "Foxes" in shown
    (view,) = json.loads(wayfold("finalise", "park", "--amend", "--json", *data).stdout)
    assert [row["score"] for row in view["rows"]] == [20, 30]
    assert view["number"] == 1


def test_lines_move_by_team_and_the_hash_by_any_number() -> None:
    a = FinalRow(1, b"A" * 16, 1, 30, 30, 0, 5, 3)
    b = FinalRow(2, b"B" * 16, 2, 20, 20, 0, 5, 3)
    assert [(m.number, m.final, m.now) for m in moved([a], [a, b])] == [(2, None, b)]
    assert moved([a, b], [b, a]) == []
    assert result_hash([a, b]) == result_hash([b, a])
    assert result_hash([a]) != result_hash([FinalRow(1, b"A" * 16, 1, 30, 30, 0, 6, 3)])


def test_the_moment_of_finalising_is_kept(tmp_path: Path) -> None:
    played(tmp_path)
    with opened(tmp_path) as game:
        assert finalise(game, START_MS + 7).at_ms == START_MS + 7
