"""A result that was pinned stays, whatever comes in later, until the organiser amends it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from loopback import START_MS
from served import NOW_MS, Device, found_tenant, opened, served_here, wayfold

from client_core.game.final import FinalRow, moved, result_hash
from server import tenancy
from server.finalising import final_views, finalise, rows_within
from server.pinned import pinned
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


def test_every_list_of_a_final_game_is_as_it_was_pinned_until_it_is_amended(tmp_path: Path) -> None:
    _, foxes = played(tmp_path)
    data = ("--data", str(tmp_path))
    wayfold("decide", "void", "park", "C", "--reason", "gone", *data)
    wayfold("finalise", "park", *data)
    before = lists_of(tmp_path)
    assert scores(before["csv"]) == [("Owls", "20"), ("Foxes", "10")]
    assert "Final result" in before["table"]
    assert "since" not in before["table"]
    comes_in(tmp_path, foxes, "B", "D")
    decision = json.loads(wayfold("decide", "list", "park", "--json", *data).stdout)[0]["id"]
    wayfold("decide", "undo", "park", decision, "--reason", "it was there", *data)
    wayfold("game", "join-code", "park", "--team", "Bears", *data)
    after = lists_of(tmp_path)
    assert {name: after[name] for name in before if name != "table"} == {
        name: before[name] for name in before if name != "table"
    }
    assert "Final result; what came in since would change 3 lines; " in after["table"]
    assert "what came in since the result was pinned: wayfold finalise park --show" in after["table"]
    now = lists_of(tmp_path, "--now")
    assert scores(now["csv"])[:2] == [("Foxes", "30"), ("Owls", "20")]
    assert "Not the final result: what came in since changes 3 lines" in now["table"]
    assert all(now[name] != before[name] for name in before)
    wayfold("finalise", "park", "--amend", *data)
    amended = lists_of(tmp_path)
    assert {name: amended[name] for name in before if name != "table"} == {
        name: now[name] for name in before if name != "table"
    }
    assert "Final result, amended (1);" in amended["table"]
    decided = wayfold("decide", "points", "park", "Owls", "7", "--reason", "helped", *data).stderr
    assert "the result is final: this counts once you amend it" in decided


def lists_of(folder: Path, *more: str) -> dict[str, str]:
    """What the commands that list results say, without the moment at which they say it."""
    commands = {
        "table": ("standings", "park"),
        "csv": ("standings", "park", "--format", "csv"),
        "members": ("standings", "park", "--by", "member"),
        "iof": ("standings", "park", "--iof"),
        "explain": ("explain", "park", "Foxes"),
        "splits": ("splits", "park", "Foxes"),
    }
    said = {name: wayfold(*one, *more, "--data", str(folder)).stdout for name, one in commands.items()}
    return {name: re.sub(r'createTime="[^"]*"', "", text) for name, text in said.items()}


def scores(table: str) -> list[tuple[str, str]]:
    """Teams and scores of a table in CSV."""
    return [(row["team"], row["score"]) for row in csv.DictReader(table.splitlines())]


def test_players_are_shown_what_was_pinned_and_staff_what_came_in_since_too(tmp_path: Path) -> None:
    _, foxes = played(tmp_path)
    wayfold("finalise", "park", "--data", str(tmp_path))
    code = json.loads(wayfold("day", "code", "park", "--json", "--data", str(tmp_path)).stdout)["code"]
    comes_in(tmp_path, foxes, "B", "C")
    with served_here(tmp_path) as client:
        api = "/api/v1/acme/games/park"
        for by in ("team", "member"):
            board = client.get(f"{api}/standings", params={"by": by}).json()
            assert [(line["name"], line["score"]) for line in board["teams"]] == [("Owls", 20), ("Foxes", 10)]
            assert (board["final"], board["as_pinned"], board["lines_moved"]) == (0, True, 2)
        assert "Final result; what came in since would change 2 lines" in client.get("/acme/park").text
        assert client.get(f"{api}/explain/Foxes").json()["score"] == 10
        assert len(client.get(f"{api}/splits/Foxes").json()) == 1
        client.post("/acme/park/staff/enter", data={"code": code})
        staff = client.get("/acme/park/staff/standings.json").json()
        assert [(line["name"], line["score"]) for line in staff["teams"]] == [("Foxes", 30), ("Owls", 20)]
        assert (
            "Not the final result: what came in since changes 2 lines" in client.get("/acme/park/staff/standings").text
        )
        wayfold("finalise", "park", "--amend", "--data", str(tmp_path))
        board = client.get(f"{api}/standings").json()
        assert [(line["name"], line["score"]) for line in board["teams"]] == [("Foxes", 30), ("Owls", 20)]
        assert (board["final"], board["lines_moved"]) == (1, 0)


def test_where_the_pinned_events_are_not_all_held_nothing_is_left_out(tmp_path: Path) -> None:
    played(tmp_path)
    with opened(tmp_path) as game:
        lacking = Finalisation(1, game.row.package_hash, b"\x01" * 32, b"\x02" * 32, 0, (), NOW_MS)
        game.log.append(Batch(statements=(tenancy.issue(game.log.game, GAME, game.key, lacking),)))
        game.refresh()
        assert pinned(game) is None
    assert scores(lists_of(tmp_path)["csv"]) == [("Owls", "20"), ("Foxes", "10")]


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
        with pytest.raises(Problem, match="nothing came in since the final result number 0"):
            finalise(game, NOW_MS, amend=True)


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
    done = wayfold("finalise", "park", *data)
    assert "the same result" in done.stdout
    assert "2 still out: wayfold day out park says who" in done.stderr
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
