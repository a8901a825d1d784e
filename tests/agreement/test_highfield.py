"""Highfield Park, 2022: five line courses, from cards and from recorded tracks; published results come out again."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from highfield_event import COURSES, DATA, RESULTS, game_folder, published_rows
from served import wayfold

WITHIN_MS = 15_000


def local_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London")).timestamp() * 1000)


def utc_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def asked(*command: str) -> Any:
    return json.loads(wayfold(*command).stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    folder = tmp_path_factory.mktemp("highfield")
    options = ("--data", str(folder / "hq"))
    wayfold("tenant", "add", "acme", *options)
    for name in ("cards", "tracks"):
        wayfold("game", "import", str(game_folder(folder / name)), *options)
        wayfold("game", "publish", name, *options)
    return options


def test_places_and_statuses_come_out_of_the_cards(data: tuple[str, ...], says: Callable[[str], None]) -> None:
    said = asked("results", "import", "cards", str(RESULTS), "--json", *data)
    assert (said["cards"], said["new_teams"], said["unknown_codes"]) == (106, 106, {})
    places = 0
    statuses: dict[tuple[str, str], int] = {}
    for number, name in enumerate(COURSES):
        rows = asked("standings", "cards", "--category", f"C{number}", "--json", *data)
        lines = {row["bib"]: row for row in rows}
        published = [row for row in published_rows() if row["course"] == name]
        assert len(lines) == len(published)
        for row in published:
            line = lines[row["result_id"]]
            places += line["place"] is not None and line["place"] == int(row["position"] or 0)
            statuses[row["status"], line["status"]] = statuses.get((row["status"], line["status"]), 0) + 1
    assert statuses == {("ok", "ok"): 101, ("nok", "missing_checkpoint"): 3, ("nc", "not_competing"): 2}
    assert places == 101
    says(f"{places} of 101 places")


class Walked(NamedTuple):
    """What came of one recorded track."""

    status: str
    missing: tuple[str, ...]
    punches: int
    near: int
    """Punches with a visit of their control within 15 s."""
    paid_near: int
    """Punches whose visit in the course is within 15 s."""
    accidental: int


def walked(number: str, row: dict[str, str], first_ms: int, data: tuple[str, ...]) -> Walked:
    told = asked("explain", "tracks", number, "--json", *data)
    seen = [
        (found[1], line["at_ms"], line["code"])
        for line in told["lines"]
        if (found := re.match(r"checkpoint (\w+)", line["text"])) and line["code"] != "missing"
    ]
    missing = tuple(line["text"].split()[1].rstrip(":") for line in told["lines"] if line["code"] == "missing")
    start_ms = local_ms(row["start_local"])
    punches = [
        (code, start_ms + int(split) * 1000)
        for code, split in zip(row["controls"].split(";"), row["splits_s"].split(";"), strict=False)
        if start_ms + int(split) * 1000 >= first_ms
    ]
    near = [[what for of, at_ms, what in seen if of == code and abs(at_ms - ms) <= WITHIN_MS] for code, ms in punches]
    accidental = sum(what != "paid" for _, _, what in seen)
    return Walked(
        told["status"], missing, len(punches), sum(map(bool, near)), sum("paid" in one for one in near), accidental
    )


def test_every_track_that_recorded_its_start_runs_its_course(
    data: tuple[str, ...], tmp_path: Path, says: Callable[[str], None]
) -> None:
    rows = {row["result_id"]: row for row in published_rows()}
    tracks = {str(int(file.stem.split("_")[1]) - 50_000): file for file in sorted((DATA / "tracks").glob("*.gpx"))}
    with (tmp_path / "start_list.csv").open("w", encoding="utf-8", newline="") as out:
        start_list = csv.DictWriter(out, ("result_id", "course", "name", "start_local", "controls", "splits_s"))
        start_list.writeheader()
        for number in tracks:
            told = ("result_id", "course", "name", "start_local")
            start_list.writerow({name: rows[number][name] for name in told})
    wayfold("results", "import", "tracks", str(tmp_path / "start_list.csv"), *data)
    for number, file in tracks.items():
        wayfold("results", "import", "tracks", str(file), "--team", number, *data)

    found: dict[str, Walked] = {}
    for number, file in tracks.items():
        first = re.search(r"<time>([^<]+)</time>", file.read_text(encoding="utf-8"))
        assert first is not None
        found[number] = walked(number, rows[number], utc_ms(first[1]), data)
    late = {number for number, one in found.items() if one.punches < len(rows[number]["controls"].split(";"))}
    assert late == {"76"}  # its receiver was started 339 s after the runner, who had two controls by then
    assert found["76"][:2] == ("missing_checkpoint", ("113", "129"))
    assert {one.status for number, one in found.items() if number not in late} == {"ok"}
    punches, near = sum(one.punches for one in found.values()), sum(one.near for one in found.values())
    paid = sum(one.paid_near for one in found.values())
    assert (punches, near, paid, near / punches >= 0.93) == (217, 207, 204, True)
    says(f"{near} of {punches} punches ({near / punches:.1%})")
    says(f"{paid} of {punches} by the visit that fills the course")
    for number, one in found.items():
        lacks = ", ".join(one.missing) or "-"
        cells = (number, rows[number]["course"], one.status, lacks, f"{one.near} of {one.punches}", one.accidental)
        says(f"| {' | '.join(map(str, cells))} |")
