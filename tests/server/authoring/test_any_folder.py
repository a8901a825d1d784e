"""Whatever stands in a folder: reading it never fails, and what cannot be published is told where it is written."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest

from client_core.game.publish import publish
from server.authoring import game_file
from server.authoring.building import read_game
from server.authoring.in_force import rules_as_toml
from server.authoring.presets import PRESETS
from server.authoring.reading import read_game_file
from server.authoring.starting import write_start

_WORDS = """
1 -1 0 99999999999 1.5 true "x" "" "90_min" "400_d" "0_s" "99999999_h" 2026-06-06T10:00:00 [] ["31"] {} {a=1}
0001-01-01T00:00:00 9999-12-31T23:59:59 2026-06-06T10:00:00+02:00 10:30:00 2026-06-06 ["31","32"] ["qr"] [1,2]
"all" "clock" "31" "999_km" "0_m" "25_m" "forest" "self" "check-in" "time" ["after_30_min:_20"] ["visited_31"]
"\\u0001" "b" ["2026-06-06T10:00_to_2026-06-06T12:00"] ["draw"] "rotated" "shuffled" "given" ["1:_31_32"]
"sport" "frozen" "../x" "checkpoints.csv" "Europe/Rome" ["31_or_32","33"] ["b"] [["x"]] "interval" "staff"
"start_list" "points"
"""
VALUES = [word for line in _WORDS.splitlines() for word in line.split(" ") if word]
CELLS = ["", "x", "-1", "²", "99999999999", "1e5", "nan", "31", "|", "a|b", '"', "\x01", "é" * 300, "number", "choice"]
CELLS += [
    "order",
    "photo",
    "draw",
    "10 min",
    "sealed",
    "later",
    "people",
    "(5)",
    "x (99999999999)",
    "1,5",
    "\u2028",
    "🦊",
]
TABLE = """code,name,lon,lat,points,kind,secret,radius,text,name:it
31,Oak,11.2558,43.7731,10,,draw,25,,
32,Bridge,11.2531,43.7680,,,,,hello,ponte
33,Mill,11.25,43.77,,a,,,,"""
ASKED = """code,checkpoint,text,form,answer,choices,points,tries,wrong,hints,judged,par,speed_points,tolerance,unit
R31,31,Who?,text,Dante,,20,3,5,Look (5),sealed,10 min,5,,
R32,32,How many?,number,3,,10,,,,open,,,0.5,m"""
SECTIONS = {
    "[group.b]": game_file.Group,
    "[group.c]": game_file.Group,
    "[category.b]": game_file.Category,
    "[format.x]": game_file.Format,
    "[[briefing]]": game_file.Briefing,
}


def drawn_toml(dice: random.Random) -> str:
    def keys(struct: type, most: int) -> list[str]:
        names = [name for name in struct.__struct_fields__ if name not in {"kind", "group", "category", "format"}]
        chosen = dice.sample(names, min(dice.randrange(most + 1), len(names)))
        return [f"{name} = {dice.choice(VALUES).replace('_', ' ')}" for name in chosen]

    written = {'name = "G"': 1, "start = 2026-06-06T10:00:00": 1, 'duration = "2 h"': 1}
    if dice.random() < 0.4:
        return "\n".join([*written, "[kind.a]"])
    more = keys(game_file.GameFile, 2)
    lines = [line for line in written if not any(one.split()[0] == line.split()[0] for one in more)] + more
    lines += ["[kind.a]", *keys(game_file.Kind, 1)]
    for head, struct in SECTIONS.items():
        if dice.random() < 0.3:
            lines += [head, *keys(struct, 3)]
    return "\n".join(lines)


def drawn_table(dice: random.Random, table: str) -> str:
    rows = [row.split(",") for row in table.split("\n")]
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        row = dice.choice(rows)
        row[dice.randrange(len(row))] = dice.choice(CELLS)
    return "\n".join(",".join(row) for row in rows)


@pytest.mark.parametrize("seed", range(8))
def test_a_folder_of_anything_is_published_or_told_of_by_file_and_line(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    published = 0
    for _ in range(60):
        (tmp_path / "game.toml").write_text(drawn_toml(dice))
        (tmp_path / "checkpoints.csv").write_text(drawn_table(dice, TABLE))
        (tmp_path / "challenges.csv").write_text(drawn_table(dice, ASKED))
        draft, _, report = read_game(tmp_path, 0)
        if draft is not None:
            publish(draft)
            published += 1
            continue
        assert report.errors, seed
        for one in report.errors:
            file, _, line = one.where.partition(":")
            assert file in {"game.toml", "checkpoints.csv", "challenges.csv"}, (seed, one)
            assert line.split(" ")[0].isdigit(), (seed, one)
            assert not one.code.startswith("package_"), (seed, one)
    assert published, "some of it is sound"


@pytest.mark.parametrize("preset", PRESETS)
def test_the_rules_in_force_read_as_the_same_game(tmp_path: Path, preset: str) -> None:
    write_start(tmp_path / "g", preset, 1_780_000_000_000)
    text = (tmp_path / "g" / "game.toml").read_text()
    text += (
        '\n[kind.a]\nfirst_finders = [3]\n[text.it]\n"Look \\"up\\"" = "Su"\n[[briefing]]\nversion = "1"\ntext = "Go"\n'
    )
    game, report = read_game_file(text.encode())
    assert game is not None, report.errors
    printed = "\n".join(rules_as_toml(game))
    tomllib.loads(printed)
    again, report = read_game_file(printed.encode())
    assert again == game, report.errors
