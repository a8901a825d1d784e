# ruff: noqa: RUF001  (Cyrillic as it stands in published tables)
"""A rogaine of six hours, 2020, as SportOrg keeps it: its scores, times and places come out of Wayfold by commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from served import wayfold

RULES = """
preset = "rogaine"
name = "Rogaine 2020"
time_zone = "Europe/Moscow"
start = 2020-08-29T10:40:00
duration = "6 h"
late_points = 1
points = "first digit of the code"
presence = "lowest"
ties = ["elapsed time"]
ways = ["kiosk"]

[category.A]
name = "6В-МО"
assigned = true

[category.B]
name = "6В-ЖО"
assigned = true
"""


def test_scores_times_and_places_of_all_six_come_out_of_the_file(
    published: Path, says: Callable[[str], None], tmp_path: Path
) -> None:
    file = published / "rogaine" / "sportorg_sample.json"
    folder, data = tmp_path / "rogaine", ("--data", str(tmp_path / "hq"))
    folder.mkdir()
    (folder / "game.toml").write_text(RULES, encoding="utf-8")
    places = (published / "rogaine" / "sportorg_sample_coords_utm37.csv").read_text(encoding="utf-8").split()
    codes = [code for code in (line.partition(",")[0] for line in places) if code.isdecimal()]
    (folder / "checkpoints.csv").write_text("\n".join(["code", *codes]), encoding="utf-8")
    wayfold("tenant", "add", "acme", *data)
    wayfold("game", "import", str(folder), *data)
    wayfold("game", "publish", "rogaine", *data)
    wayfold("results", "import", "rogaine", str(file), *data)

    race = json.loads(file.read_text(encoding="utf-8"))["races"][0]
    person_by_id = {person["id"]: person for person in race["persons"]}
    group_by_id = {group["id"]: {"6В-МО": "A", "6В-ЖО": "B"}[group["name"]] for group in race["groups"]}
    agreed = 0
    for result in race["results"]:
        person = person_by_id[result["person_id"]]
        category = group_by_id[person["group_id"]]
        said = wayfold("standings", "rogaine", "--category", category, "--json", *data).stdout
        line = next(line for line in json.loads(said) if line["bib"] == str(person["bib"] // 10))
        found = (line["score"], line["place"], line["time_ms"], line["status"])
        assert found == (result["scores"], result["place"], result["result_team_msec"], "ok")
        agreed += 1
    says(f"{agreed} of 6 scores, times and places")
