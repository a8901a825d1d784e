"""A game in plain words: what players are told follows from the rules, each in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from client_core.game.groups import Given
from client_core.game.publish import DraftCheckpoint, publish
from server.authoring.building import read_game
from server.authoring.presets import PRESETS
from server.authoring.starting import write_start
from server.authoring.telling import sentences

TABLE = "code,name,lon,lat,kind\n31,Oak,11.2558,43.7731,\n32,Bridge,11.2531,43.7680,a\n33,,11.25,43.77,\n"


def told(path: Path, game: str, table: str = TABLE) -> list[str]:
    (path / "game.toml").write_text(f'name = "Park"\n{game}')
    (path / "checkpoints.csv").write_text(table)
    draft, _, report = read_game(path, 0)
    assert draft is not None, report.errors
    return sentences(publish(draft))


@pytest.mark.parametrize(
    ("game", "sentence"),
    [
        ("start = 2026-06-06T10:00:00", "All start at 10:00 on 2026-06-06."),
        (
            'start = 2026-06-06T10:00:00\nstart_by = "interval"\nstart_every = "2 min"',
            "Teams start every 2 min from 10:00 on 2026-06-06 on, by their number.",
        ),
        ('start_by = "check-in"\nstart_at = "31"', "Your time starts with your check-in at 31."),
        ('start_by = "staff"', "Staff start your team."),
        ('start_by = "start list"', "You start at the time of the start list."),
        ('duration = "90 min"\nlate_points = 1', "Every started minute over the limit costs 1 point."),
        ('duration = "90 min"\nlate_points = 0', "Coming late costs no points."),
        ('duration = "90 min"\nlate_checkins = false', "Check-ins after the limit pay nothing."),
        ("back_by = 1970-01-02T12:00:00", "Everybody is back by 12:00 on 1970-01-02."),
        ("", "There is no time limit."),
        ("", "Park: 3 checkpoints, 10 points each, 30 in all."),
        ("points = 0", "Park: 3 checkpoints, which pay no points."),
        ('points = "code"', "Park: 3 checkpoints, 31 to 33 points each, 96 in all."),
        ('presence = "all"\nwithin = "5 min"', "A visit counts when all of the team were there within 5 min."),
        ('presence = "lowest"', "The team has the score of its lowest member."),
        ('check_in = "automatic"', "The phone checks in by itself when you are there."),
        ('ways = ["kiosk"]', "You check in at a kiosk."),
        ('ties = ["fewer hints", "draw"]', "The most points win; equals are parted by fewer hints, then by a draw."),
        ('rank_by = "time"\nties = []', "The shortest time wins; equals share a place."),
        ('finish = "33"', "The finish is 33; checking in there ends your game."),
        ("", "There is no finish to go to: say in the app that you are done."),
        ("[kind.a]\nfirst_finders = [10, 5]", "Some checkpoints pay more to the first teams there: 10, 5 points."),
        (
            '[group.g]\ncheckpoints = ["31"]\nopens = ["visited 32 and earned 1 points", "after 30 min"]',
            "“g” opens when you were at 32 (Bridge) and when you earned 1 point, or after 30 min.",
        ),
        ('[group.g]\ncheckpoints = ["31", "32"]\ncount = 1', "Of “g” the first 1 visit pays."),
        (
            '[group.g]\ncheckpoints = ["31", "32"]\norder = "rotated"',
            "“g” is played in its order, each team from another place on.",
        ),
        ('[[briefing]]\nversion = "1"\ntext = "Wear a helmet."', "Before you start: Wear a helmet."),
        ('emergency_number = "999"', "In an emergency call 999."),
        (
            "retention_days = 30",
            "Names, positions, photos and words of players are erased 30 days after the game; results stay.",
        ),
    ],
)
def test_a_rule_is_told_in_a_sentence(tmp_path: Path, game: str, sentence: str) -> None:
    section = "" if "[kind.a]" in game else "\n[kind.a]\n"
    if "= 1970" in game:
        game = game.replace("1970-01-02", "1971-01-02")
        sentence = sentence.replace("1970-01-02", "1971-01-02")
        game = f"opens = 1971-01-01T00:00:00\n{game}"
    assert sentence in told(tmp_path, game + section)


def test_a_given_order_is_read_by_team_and_told(tmp_path: Path) -> None:
    game = '[kind.a]\n[group.g]\ncheckpoints = ["31", "32 or 33"]\norder = "given"\norders = ["7: 33 31", "9: 31 32"]\n'
    said = told(tmp_path, game)
    assert "“g” is played in the order that your team is given." in said
    draft, _, _ = read_game(tmp_path, 0)
    assert draft is not None
    assert draft.groups[0].order == Given(((7, (1, 0)), (9, (0, 1))))


@pytest.mark.parametrize("preset", PRESETS)
def test_places_of_another_program_start_a_game_of_every_preset(tmp_path: Path, preset: str) -> None:
    places = [DraftCheckpoint(code, at=(11.25 + n / 100, 43.77)) for n, code in enumerate(["S1", "1", "2", "F1"])]
    write_start(tmp_path / 'a "quoted" name', preset, 1_780_000_000_000, places)
    draft, game, report = read_game(tmp_path / 'a "quoted" name', 0)
    assert game is not None
    assert draft is not None, report.errors
    idle = [one.detail for one in report.warnings if one.code == "pays_nothing"]
    # The start pays nothing in any game; in a rogaine, which pays by the code, these codes do not either.
    start = "these pay nothing: S1"
    assert idle == ([] if preset == "line" else [start + ", 1, 2" if preset == "rogaine" else start])
    assert draft.name == 'a "quoted" name'
    assert draft.finish_code == "F1"
    assert draft.checkpoints[0].points == 0
    assert set(dict(draft.secrets)) == {"1", "2"}
