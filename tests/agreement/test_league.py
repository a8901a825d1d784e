# ruff: noqa: RUF001  (Cyrillic as it stands in published tables)
"""The league of Nizhny Novgorod, 2017: stage points, totals and places come out of `wayfold series standings`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from served import wayfold

STAGES = [  # file, hours, coefficient, in the order of the published columns
    ("20170429_5h", 5, "1"),
    ("20170624_6h", 6, "1"),
    ("20170701_5h", 5, "1"),
    ("20170805_8h", 8, "1.1"),
    ("20170813_4h", 4, "1"),
    ("20170923_24", 24, "1.5"),
    ("20170923_08", 8, "1"),
    ("20170923_04", 4, "1"),
]
GROUPS = """
"МВ" = ["МО"]
"ЖВ" = ["ЖО"]
"ММ" = ["МО"]
"ЖМ" = ["ЖО"]
"МСВ" = ["МО", "МВ"]
"ЖСВ" = ["ЖО", "ЖВ"]
"МУВ" = ["МО", "МВ", "МСВ"]
"ЖУВ" = ["ЖО", "ЖВ", "ЖСВ"]
"""


def read(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=";")]


RULES = """
name = "{name}"
time_zone = "Europe/Moscow"
start = {day}T10:00:00
duration = "{hours} h"
late_points = 0
"""


def people_file(folder: Path, to: Path) -> list[list[str]]:
    """Write who is who, and give the published cup.

    That is the organiser's to confirm: a name that stands with another birth year
    in some stage is the one of that name in the cup whose year is nearest. Years
    that are none (199) are not kept in games.
    """
    cup = read(folder / "cup_2017_full.csv")[1:]
    confirmed = {(row[3], row[5]): row for row in cup}
    seen = {
        (name.strip(), year.strip())
        for file, _, _ in STAGES
        for row in read(folder / f"{file}.csv")
        if row[0].isdecimal()
        for name, year in zip(row[2].split(","), row[4].split(","), strict=True)
    }
    with to.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("name", "birth_year", "person", "group"))
        for name, year in sorted(seen):
            if (name, year) in confirmed:
                who = (name, year)
            else:
                who = min((w for w in confirmed if w[0] == name), key=lambda w: abs(int(w[1]) - int(year)))
            for told in {year, year if len(year) == 4 else ""}:
                writer.writerow((name, told, " ".join(who), confirmed[who][1]))
    return cup


def game_of(folder: Path, stage: str, hours: int, at: Path, data: tuple[str, ...]) -> str:
    """The stage as a game: its published points and times, which are all that is known, imported and folded."""
    game = at / f"s{stage.replace('_', '-')}"
    game.mkdir()
    day = f"{stage[:4]}-{stage[4:6]}-{stage[6:8]}"
    (game / "game.toml").write_text(RULES.format(name=stage, day=day, hours=hours), encoding="utf-8")
    (game / "checkpoints.csv").write_text("code,lon,lat\nHUB,44.0,56.3\n", encoding="utf-8")
    wayfold("game", "import", str(game), *data)
    wayfold("game", "publish", game.name, *data)
    wayfold("results", "import", game.name, str(folder / f"{stage}.csv"), "--format", "points", *data)
    return game.name


@pytest.mark.parametrize("source", ["files", "games"])
def test_stage_points_totals_and_places_of_a_league_come_out_as_published(
    source: str, published: Path, says: Callable[[str], None], tmp_path: Path
) -> None:
    folder, data = published / "rogaine" / "league-nn-2017", ("--data", str(tmp_path / "hq"))
    cup = people_file(folder, tmp_path / "people.csv")
    if source == "games":
        wayfold("tenant", "add", "league", *data)
    toml = ['name = "League"', "best = 4", "decimals = 3", 'people = "people.csv"', 'scores = "member"']
    toml += ["[groups]", GROUPS]
    for file, hours, coefficient in STAGES:
        toml += ["[[stages]]", f'coefficient = "{coefficient}"', f"time_divisor_min = {hours * 60 + 30}"]
        if source == "games":
            toml += [f'game = "{game_of(folder, file, hours, tmp_path, data)}"']
        else:
            toml += [f'file = "{folder / file}.csv"']
    (tmp_path / "league.toml").write_text("\n".join(toml), encoding="utf-8")

    table = json.loads(
        wayfold("series", "standings", str(tmp_path / "league.toml"), "--full-names", "--json", *data).stdout
    )

    lines = {line["person"]: line for line in table["lines"]}
    assert len(lines) == len(cup) == 453
    stage_points = totals = places = in_groups = 0
    for row in cup:
        line = lines[f"{row[3]} {row[5]}"]
        for number, wanted in enumerate(row[8:16]):
            if wanted:
                assert line["points"][number] == wanted, (row[3], number)
                stage_points += 1
        totals += line["total"] == row[6]
        places += line["place"] == int(row[0])
        for part in row[2].split(","):
            group, _, place = part.partition(":")
            in_groups += line["groups"][group.strip()] == int(place)
    assert (stage_points, totals, places, in_groups) == (686, 453, 453, 748)
    assert table["to_confirm"] == []
    says(f"{stage_points} of 686 stage points")
    says(f"{totals} of 453 totals, {places} of 453 places")
    says(f"{in_groups} of 748 places in groups")
