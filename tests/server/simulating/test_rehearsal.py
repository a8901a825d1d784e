"""A rehearsal: synthetic teams play by the real rule book, the same from the same seed, and what they meet is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from served import wayfold

from client_core.game.content import Package
from client_core.game.publish import DraftError, publish
from server.authoring.building import read_game
from server.authoring.presets import PRESETS
from server.authoring.starting import write_start
from server.simulating.crowding import crowding
from server.simulating.ground import ground_of, read_matrix
from server.simulating.rehearsal import Habits, Outcome, rehearse
from server.simulating.walking import Stay

NOW_MS = 1_780_000_000_000
GAME = """name = "Ten in a park"
preset = "score"
time_zone = "Europe/Rome"
start = 2026-06-06T10:00:00
duration = "40 min"
finish = "F"
"""
TABLE = "code,lon,lat,points\nF,11.25,43.77,0\n" + "".join(
    f"{number},{11.25 + column * 0.004:.4f},{43.77 + row * 0.003:.4f},{10 + 10 * row}\n"
    for number, (column, row) in enumerate([(c, r) for c in (-1, 1) for r in range(5)], 31)
)


def package(folder: Path, game: str = GAME, table: str = TABLE) -> Package:
    folder.mkdir(exist_ok=True)
    (folder / "game.toml").write_text(game)
    (folder / "checkpoints.csv").write_text(table)
    draft, _, report = read_game(folder, NOW_MS)
    assert draft is not None, report.errors
    return publish(draft)


def played(made: Package, **habits: int) -> Outcome:
    return rehearse(made, ground_of(made, 130), Habits(**{"teams": 30, **habits}))


def test_one_seed_gives_one_rehearsal_and_another_another(tmp_path: Path) -> None:
    made = package(tmp_path)
    first = played(made, seed=7)
    assert first == played(made, seed=7)
    assert first != played(made, seed=8)


def test_what_the_table_says_adds_up(tmp_path: Path) -> None:
    made = package(tmp_path)
    outcome = played(made)
    assert sum(outcome.by_status.values()) == outcome.teams == 30
    assert outcome.reachable is not None
    assert outcome.scores[2] <= outcome.reachable.score <= sum(one.points for one in made.checkpoints)
    assert outcome.reachable.codes[-1] == "F"
    at_finish = next(one for one in outcome.checkpoints if one.code == "F")
    assert (at_finish.teams, at_finish.percent) == (30, 100)
    assert all(one.at_once <= one.teams and one.busiest <= one.teams for one in outcome.checkpoints)
    assert not outcome.refused, "a team that knows the rules does nothing they refuse"


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_rehearsed_and_its_teams_come_home(tmp_path: Path, preset: str) -> None:
    write_start(tmp_path / "g", preset, NOW_MS)
    draft, _, report = read_game(tmp_path / "g", NOW_MS)
    assert draft is not None, report.errors
    outcome = played(publish(draft))
    assert not outcome.refused
    assert not outcome.never_visited
    assert outcome.by_status == {"ok": 30}


def test_teams_that_are_slow_come_late_and_a_far_checkpoint_is_never_visited(tmp_path: Path) -> None:
    far = "41,11.40,43.90,500\n"
    outcome = played(package(tmp_path, table=TABLE + far), slow_mm_s=700, fast_mm_s=900)
    assert outcome.late > 0
    assert outcome.late_minutes_max > 0
    assert outcome.never_visited[-1] == "41"


def test_orders_openings_and_hours_bind_synthetic_teams_too(tmp_path: Path) -> None:
    game = (
        GAME.replace('"40 min"', '"4 h"')
        + """
[kind.short]
hours = ["2026-06-06T10:30 to 2026-06-06T14:00"]
[group.hunt]
checkpoints = ["31", "32 or 36", "33"]
order = "fixed"
[group.last]
checkpoints = ["40"]
opens = ["visited 33 and earned 60 points", "after 3 h"]
[group.clock]
checkpoints = ["39"]
opens = ["after 20 min"]
"""
    )
    table = TABLE.replace("lat,points", "lat,points,kind").replace("37,", "short,37,", 1)
    table = "".join(
        line.removeprefix("short,").rstrip() + (",short\n" if line.startswith("short,") else ",\n")
        for line in table.splitlines()
    ).replace("points,kind,", "points,kind")
    outcome = played(package(tmp_path, game, table))
    assert not outcome.refused
    visited = {one.code: one.teams for one in outcome.checkpoints}
    assert min(visited["31"], visited["33"], visited["40"], visited["39"], visited["37"]) == 30
    assert visited["32"] + visited["36"] == 30, "either fills the leg, and nobody needs both"


def test_each_category_runs_its_own_course_where_courses_share_checkpoints(tmp_path: Path) -> None:
    game = GAME + "".join(
        f"""[category.{name}]
assigned = true
[group.{name}]
checkpoints = {codes}
order = "fixed"
mode = "sport"
categories = ["{name}"]
"""
        for name, codes in (("A", ["31", "32", "36"]), ("B", ["36", "31"]))
    ).replace("'", '"')
    outcome = played(package(tmp_path, game.replace('"40 min"', '"4 h"')))
    assert outcome.by_status == {"ok": 30}


def test_a_table_of_ways_is_taken_instead_of_straight_lines(tmp_path: Path) -> None:
    made = package(tmp_path, GAME.replace("40 min", "4 h"), "code,lon,lat\nF,11.25,43.77\nA,11.26,43.77\n")
    ways = read_matrix(b"\xef\xbb\xbf;A;F\r\nA;0;1000,5\r\nF;2000;0\r\n", "ways.csv", ["F", "A"])
    assert ways == ((0, 2_000_000), (1_000_500, 0))
    outcome = rehearse(made, ground_of(made, 100, ways), Habits(teams=3))
    assert outcome.lengths_m == (3_000, 3_000, 3_000)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (b"", "the way from F to A is missing, and 1 more"),
        (b",F,A\nF,0,far\nA,1,0\n", "'far' is no distance"),
        (b",F,A\nF,0,-3\nA,1,0\n", "'-3' is no distance"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_table_of_ways_that_is_not_whole_is_refused_with_its_line(table: bytes, says: str) -> None:
    with pytest.raises(DraftError, match=says) as caught:
        read_matrix(table, "ways.csv", ["F", "A"])
    assert caught.value.findings[0].where.startswith("ways.csv")


def test_crowds_overlap_only_where_stays_do(tmp_path: Path) -> None:
    from client_core.game.rules import compile_rules

    rules = compile_rules(package(tmp_path))
    stays = [Stay(1, 0, 60_000), Stay(1, 30_000, 90_000), Stay(1, 60_000, 120_000), Stay(1, 200_000, 210_000)]
    crowd = crowding(rules, stays, 8)[1]
    assert (crowd.teams, crowd.percent, crowd.at_once) == (4, 50, 2)
    assert (crowd.busiest, crowd.busiest_ms) == (2, 0)


def test_the_command_prints_a_table_and_sentences_or_json(tmp_path: Path) -> None:
    package(tmp_path)
    said = wayfold("game", "simulate", str(tmp_path), "--teams", "20").stdout
    assert "20 teams, seed 1: scores from" in said
    assert "The best found:" in said
    told = json.loads(wayfold("game", "simulate", str(tmp_path), "--teams", "20", "--json").stdout)
    assert told["teams"] == 20
    assert len(told["checkpoints"]) == 11
    short = json.loads(wayfold("game", "simulate", str(tmp_path), "--length", "1 km", "--json").stdout)
    assert short["reachable"]["length_m"] <= 1_000


def test_where_nobody_has_to_come_back_the_best_round_ends_anywhere(tmp_path: Path) -> None:
    game = GAME.replace('finish = "F"\n', "").replace("40 min", "3 h")
    made = package(tmp_path, game, "code,lon,lat\n1,11.00,43.0\n2,11.01,43.0\n3,11.02,43.0\n")
    outcome = rehearse(made, ground_of(made, 100), Habits(teams=3), length_mm=900_000)
    assert outcome.reachable is not None
    assert (outcome.reachable.codes, outcome.reachable.score) == (("1", "2"), 20)
    whole = played(made, teams=3)
    assert whole.reachable is not None
    assert whole.reachable.score == 30
    assert not whole.refused


def test_what_cannot_be_rehearsed_says_why(tmp_path: Path) -> None:
    said = wayfold("game", "simulate", str(tmp_path / "nowhere"), "--data", str(tmp_path), code=3)
    assert "there is no folder" in said.stderr
    package(tmp_path)
    assert "is faster than" in wayfold("game", "simulate", str(tmp_path), "--speed", "8", "4", code=6).stderr
    assert "a duration" in wayfold("game", "simulate", str(tmp_path), "--stop", "soon", code=6).stderr
