"""Games of a tenant as stages of a series: folded as they stand, for teams and for members."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from served import wayfold

RULES = """
preset = "score"
name = "{name}"
start = 2026-05-01T10:00:00
duration = "60 min"
points = "code"
ways = ["kiosk"]
presence = "any"
"""
CARDS = "Number,Surname,First name,Year,Team,Result,#1,#2\n"
FIRST = """7.1,Alder,Ada,1990,Foxes,50:00,5:00[31],
7.2,Birch,Ben,1991,Foxes,51:00,6:00[32],
8.1,Cedar,Cyd,1992,Owls,40:00,5:00[31],9:00[30]
"""
SECOND = """1.1,Cedar,Cyd,1992,Solo,30:00,5:00[32],
2.1,Alder,Ada,1990,Other,20:00,5:00[30],
"""
SERIES = """
name = "Cup"
best = 2
decimals = 0
scores = "{scores}"
[[stages]]
game = "first"
[[stages]]
{second}
"""


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, ...]:
    options = ("--data", str(tmp_path / "hq"))
    wayfold("tenant", "add", "acme", *options)
    for name, cards in (("first", FIRST), ("second", SECOND)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "game.toml").write_text(RULES.format(name=name))
        (folder / "checkpoints.csv").write_text("code\n30\n31\n32\n")
        (folder / "cards.csv").write_text(CARDS + cards)
        wayfold("game", "import", str(folder), *options)
        wayfold("game", "publish", name, *options)
        wayfold("results", "import", name, str(folder / "cards.csv"), *options)
    return options


def totals(folder: Path, data: tuple[str, ...], scores: str, second: str = 'game = "second"') -> dict[str, Any]:
    file = folder / "cup.toml"
    file.write_text(SERIES.format(scores=scores, second=second))
    found = json.loads(wayfold("series", "standings", str(file), "--json", *data).stdout)
    assert found["stages"] == ["first", second.split('"')[1]]
    return {line["name"]: (line["place"], line["total"], line["points"]) for line in found["lines"]}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Foxes 31 + 32 = 63 and Owls 31 + 30 = 61 in the first game.
        ("team", {"Foxes": "1000", "Solo": "1000", "Owls": "968", "Other": "938"}),
        ("member", {"Ada Alder": "1938", "Ben Birch": "1000", "Cyd Cedar": "1968"}),
        # Alone Ada had 31 and Ben 32 of the best, 61.
        ("member alone", {"Ada Alder": "1446", "Ben Birch": "525", "Cyd Cedar": "2000"}),
    ],
)
def test_a_series_scores_teams_or_members_of_its_games(
    scores: str, expected: dict[str, str], data: tuple[str, ...], tmp_path: Path
) -> None:
    found = totals(tmp_path, data, scores)
    assert {name: total for name, (_, total, _) in found.items()} == expected


YOUNG = """7.1,Alder,Ada,2012,Foxes,50:00,5:00[31],
8.1,Alder,Ann,2012,Ann Alder,51:00,6:00[32],
9.1,Alder,Amy,2012,Amy Alder,51:00,6:00[30],
"""


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("member", [("Ann", "", "1000"), ("Ada", "", "969"), ("Amy", "", "938")]),
        ("team", [("Ann", "", "1000"), ("Foxes", "", "969"), ("Amy", "", "938")]),
    ],
)
def test_minors_stand_in_a_series_with_their_first_name_and_are_still_told_apart(
    scores: str, expected: list[tuple[str, str, str]], data: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "young.csv").write_text(CARDS + YOUNG)
    (tmp_path / "second" / "game.toml").write_text(RULES.format(name="young"))
    wayfold("game", "import", str(tmp_path / "second"), "--slug", "young", *data)
    wayfold("game", "publish", "young", *data)
    wayfold("results", "import", "young", str(tmp_path / "young.csv"), *data)
    file = tmp_path / "cup.toml"
    file.write_text(f'name = "Cup"\nbest = 1\ndecimals = 0\nscores = "{scores}"\n[[stages]]\ngame = "young"\n')
    said = wayfold("series", "standings", str(file), "--json", *data).stdout
    assert [(line["name"], line["birth_year"], line["total"]) for line in json.loads(said)["lines"]] == expected
    assert "Alder" not in said
    assert "2012" not in said
    whole = wayfold("series", "standings", str(file), "--full-names", *data).stdout
    assert "Ann Alder" in whole


def test_a_game_and_the_standings_it_gives_as_a_file_are_one_stage(data: tuple[str, ...], tmp_path: Path) -> None:
    written = wayfold("standings", "second", "--format", "csv", *data).stdout
    (tmp_path / "second.csv").write_text(written, encoding="utf-8")
    assert totals(tmp_path, data, "team") == totals(tmp_path, data, "team", 'file = "second.csv"')


def test_every_key_that_no_series_has_is_named_with_what_was_meant(data: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "cup.toml"
    file.write_text('name = "Cup"\nbets = 2\n[[stages]]\ngame = "first"\ncoeficient = 2\n')
    said = wayfold("series", "standings", str(file), *data, code=6).stderr
    assert "there is no key 'bets' here: did you mean 'best'?" in said
    assert "stage 1: there is no key 'coeficient': did you mean 'coefficient'?" in said
    assert "it needs 'best'" in said


@pytest.mark.parametrize("stage", ['game = "third"', 'game = "second"\nfile = "a.csv"', 'name = "none"'])
def test_a_stage_that_is_no_one_thing_is_refused_in_words(stage: str, data: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "cup.toml"
    file.write_text(SERIES.format(scores="team", second=stage))
    said = wayfold("series", "standings", str(file), *data, code=6 if "third" not in stage else 3)
    assert "third" in said.stderr or "a file or a game" in said.stderr
