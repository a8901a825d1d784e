"""Two more line events of 2014 with published results: one from SportIdent's CSV, one from an IOF ResultList."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from served import wayfold

ELLENBROOK = {
    "Light Green": "186 189 185 190 191 192 193 194 200 176 196 187",
    "Light Green Plus": "186 189 185 190 191 192 193 194 200 176 196 187 173 195 182 199 197 198 184 201 179",
    "Orange": "187 180 171 181 173 175 182 198 184 185 178 186",
    "Yellow": "170 171 172 203 174 175 176 177 178 179 180",
}
MILTON_RIGG = {
    "Green": "104 105 106 109 112 107 114 102 108 110 111",
    "Orange": "115 101 113 102 103 106 104",
    "White": "115 125 123 122 101 124 125 121",
}
IOF = "{http://www.orienteering.org/datastandard/3.0}"


def publish(folder: Path, courses: dict[str, str], day: str, data: tuple[str, ...]) -> None:
    """A game of line courses without positions, by cards alone."""
    folder.mkdir()
    codes = sorted({code for course in courses.values() for code in course.split()})
    (folder / "checkpoints.csv").write_text("\n".join(["code", *codes]), encoding="utf-8")
    text = f'preset = "line"\nname = "{folder.name}"\ntime_zone = "Europe/London"\nways = ["kiosk"]\n'
    text += f'start_by = "start list"\nopens = {day}T08:00:00\ncloses = {day}T16:00:00\n'
    for number, (name, course) in enumerate(courses.items()):
        listed = ", ".join(f'"{code}"' for code in course.split())
        text += f'[category.C{number}]\nname = "{name}"\nassigned = true\n[group.C{number}]\nname = "{name}"\n'
        text += f'checkpoints = [{listed}]\ncategories = ["C{number}"]\norder = "fixed"\nmode = "sport"\n'
    (folder / "game.toml").write_text(text, encoding="utf-8")
    wayfold("tenant", "add", "acme", *data)
    wayfold("game", "import", str(folder), *data)
    wayfold("game", "publish", folder.name, *data)


def lines(game: str, courses: dict[str, str], data: tuple[str, ...]) -> dict[str, dict[str, tuple[Any, ...]]]:
    """By course and name: place, time in seconds and status."""
    found = {}
    for number, name in enumerate(courses):
        said = wayfold("standings", game, "--category", f"C{number}", "--json", *data).stdout
        rows = json.loads(said)
        found[name] = {row["name"]: (row["place"], (row["time_ms"] or 0) // 1000, row["status"]) for row in rows}
        assert len(found[name]) == len(rows)
    return found


def test_a_road_crossing_that_counts_for_nothing_gives_the_published_times_and_places(
    published: Path, says: Callable[[str], None], tmp_path: Path
) -> None:
    file, data = published / "readouts" / "rg2_ellenbrook_SI.csv", ("--data", str(tmp_path / "hq"))
    publish(tmp_path / "ellenbrook", ELLENBROOK, "2014-12-13", data)
    wayfold("results", "import", "ellenbrook", str(file), "--start", "2014-12-13T09:00", *data)
    crossing = ("--checkpoint", "186", "--leg-to", "189", "--reason", "road crossing")
    wayfold("decide", "neutralise", "ellenbrook", "2014-12-13T08:00", "2014-12-13T16:00", *crossing, *data)

    with file.open(encoding="utf-8", newline="") as source:
        reader = csv.reader(source, delimiter=";")
        header = next(reader)
        rows = [dict(zip(header, row, strict=False)) for row in reader]
    found = lines("ellenbrook", ELLENBROOK, data)
    places = times = 0
    others: dict[str, int] = {}
    for row in rows:
        minutes, seconds = map(int, row["Time"].split(":"))
        place, time_s, status = found[row["Course"]][f"{row['First name']} {row['Surname']}"]
        times += time_s == minutes * 60 + seconds
        if row["Place"]:
            places += (place, status) == (int(row["Place"]), "ok")
        else:
            others[status] = others.get(status, 0) + 1
    assert (len(rows), places, times, others) == (85, 74, 85, {"missing_checkpoint": 10, "not_competing": 1})
    says(f"{places} of 74 places, {times} of 85 times")
    says(f"{sum(others.values())} of 11 without a place")


def test_an_iof_result_list_gives_its_own_places_back(
    published: Path, says: Callable[[str], None], tmp_path: Path
) -> None:
    file, data = published / "iof" / "rg2_miltonriggIOFV3results.xml", ("--data", str(tmp_path / "hq"))
    publish(tmp_path / "milton", MILTON_RIGG, "2014-01-18", data)
    said = json.loads(wayfold("results", "import", "milton", str(file), "--json", *data).stdout)
    again = json.loads(wayfold("results", "import", "milton", str(file), "--json", *data).stdout)
    assert (said["cards"], said["new_teams"], again["written"]) == (70, 70, 0)

    found = lines("milton", MILTON_RIGG, data)
    words = {"OK": "ok", "NotCompeting": "not_competing", "MissingPunch": "missing_checkpoint"}
    places = statuses = 0
    other = []
    for of_class in ET.parse(file).getroot().iter(f"{IOF}ClassResult"):
        for person in of_class.iter(f"{IOF}PersonResult"):
            name = " ".join(person.findtext(f"{IOF}Person/{IOF}Name/{IOF}{part}", "") for part in ("Given", "Family"))
            result = person.find(f"{IOF}Result")
            assert result is not None
            told = result.findtext(f"{IOF}Status", "")
            place, _, status = found[of_class.findtext(f"{IOF}Class/{IOF}Name", "")][name]
            statuses += status == words[told]
            if status != words[told]:
                other.append((name, told, status))
            if told == "OK":
                places += place == int(result.findtext(f"{IOF}Position", ""))
    assert (places, statuses, other) == (67, 70, [])
    says(f"{places} of 67 places, {statuses} of 70 statuses")
