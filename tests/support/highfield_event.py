"""Highfield Park, 2022, as its organiser would write it: five line courses that share controls. MIT, shipped here."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "server" / "demo" / "data" / "highfield-2022"
RESULTS = DATA / "results.csv"
COURSES = {
    "Short Blue": "100 123 104 126 103 134 102 131 116 122 133 128 124 108 114 125 130",
    "Light Green": "125 108 114 131 100 127 118 110 129 113 104 133 128 124 132 130",
    "Orange": "113 129 118 104 110 127 121 133 105 131 102 132 115 114 112 119 111 130",
    "Yellow": "126 113 104 127 121 107 123 110 129 111 120 105 112 114 115 119 117 102 130",
    "White": "101 126 109 113 110 123 118 107 111 120 106 117 130",
}
RULES = """
preset = "line"
name = "Highfield Park"
time_zone = "Europe/London"
opens = 2022-06-04T08:00:00
closes = 2022-06-04T15:00:00
start_by = "start list"
finish = "FIN1"
ways = ["kiosk", "position"]
fence = "25 m"
checkpoints = "controls.geojson"
"""


def game_folder(folder: Path) -> Path:
    """The event as its organiser writes it: rules, and the places of the controls."""
    folder.mkdir()
    shutil.copy(DATA / "controls.geojson", folder)
    text = RULES
    for number, (name, codes) in enumerate(COURSES.items()):
        listed = ", ".join(f'"{code}"' for code in codes.split())
        text += f'\n[category.C{number}]\nname = "{name}"\nassigned = true\n'
        text += f'\n[group.C{number}]\nname = "{name}"\ncheckpoints = [{listed}]\ncategories = ["C{number}"]\n'
        text += 'order = "fixed"\nmode = "sport"\n'
    (folder / "game.toml").write_text(text, encoding="utf-8")
    return folder


def published_rows() -> list[dict[str, str]]:
    with (DATA / "results.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
