"""Cards into a game: whose they are where no number says it, and what is written where a file is imported again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from served import wayfold

RULES = """
preset = "line"
name = "Park"
time_zone = "Europe/London"
opens = 2026-05-01T09:00:00
closes = 2026-05-01T15:00:00
start_by = "start list"
ways = ["kiosk", "position"]
fence = "20 m"
[category.A]
assigned = true
[group.A]
checkpoints = ["31", "32"]
order = "fixed"
mode = "sport"
"""
LIST = """<?xml version="1.0"?><ResultList xmlns="http://www.orienteering.org/datastandard/3.0" iofVersion="3.0">
<ClassResult><Class><Name>A</Name></Class>{persons}</ClassResult></ResultList>"""
PERSON = """<PersonResult><Person><Name><Family>{family}</Family><Given>Ada</Given></Name></Person><Result>
{card}<StartTime>2026-05-01T10:00:00</StartTime>{finish}<Status>{status}</Status>
<SplitTime><ControlCode>31</ControlCode><Time>60</Time></SplitTime>
<SplitTime><ControlCode>32</ControlCode><Time>{at}</Time></SplitTime></Result></PersonResult>"""
FINISH = "<FinishTime>2026-05-01T10:05:00</FinishTime>"


def person(family: str, at: int = 120, *, card: str = "", finish: str = FINISH, status: str = "OK") -> str:
    card = f"<ControlCard>{card}</ControlCard>" if card else ""
    # The standard wants the card last; readers take it where it stands.
    return PERSON.format(family=family, at=at, card=card, finish=finish, status=status)


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, ...]:
    folder, options = tmp_path / "park", ("--data", str(tmp_path / "hq"))
    folder.mkdir()
    (folder / "game.toml").write_text(RULES)
    (folder / "checkpoints.csv").write_text("code,lon,lat\n31,11.25,43.77\n32,11.26,43.77\n")
    wayfold("tenant", "add", "acme", *options)
    wayfold("game", "import", str(folder), *options)
    wayfold("game", "publish", "park", *options)
    return options


def taken(file: Path, data: tuple[str, ...], *persons: str) -> Any:
    file.write_text(LIST.format(persons="".join(persons)), encoding="utf-8")
    return json.loads(wayfold("results", "import", "park", str(file), "--json", *data).stdout)


def rows(data: tuple[str, ...]) -> list[tuple[str, Any, str]]:
    said = json.loads(wayfold("standings", "park", "--category", "A", "--json", *data).stdout)
    return sorted((row["name"], row["time_ms"], row["status"]) for row in said)


def test_persons_without_number_or_card_are_known_again_by_name_and_namesakes_stay_two(
    data: tuple[str, ...], tmp_path: Path
) -> None:
    persons = person("Alder"), person("Birch"), person("Birch", 150)
    first = taken(tmp_path / "a.xml", data, *persons)
    again = taken(tmp_path / "a.xml", data, *persons)
    later = taken(tmp_path / "a.xml", data, *persons, person("Cedar"))
    assert (first["new_teams"], again["written"], later["new_teams"]) == (3, 0, 1)
    assert [name for name, _, _ in rows(data)] == ["Ada Alder", "Ada Birch", "Ada Birch", "Ada Cedar"]


@pytest.mark.parametrize(
    ("status", "finish", "expected"),
    [
        ("OK", FINISH, "ok"),
        ("MissingPunch", FINISH, "ok"),  # the punches say otherwise
        ("MissingPunch", "", "missing_checkpoint"),
        ("DidNotFinish", "", "did_not_finish"),
        ("OverTime", "", "over_time"),
        ("Disqualified", FINISH, "disqualified"),
        ("NotCompeting", FINISH, "not_competing"),
        ("OK", "", "active"),
    ],
)
@pytest.mark.parametrize("card", ["", "4711"])
def test_a_status_is_taken_from_a_file_where_punches_cannot_say_it(
    card: str, status: str, finish: str, expected: str, data: tuple[str, ...], tmp_path: Path
) -> None:
    persons = [person("Alder", card=card, finish=finish, status=status)]
    taken(tmp_path / "a.xml", data, *persons)
    assert taken(tmp_path / "a.xml", data, *persons)["written"] == 0
    assert [found for _, _, found in rows(data)] == [expected]


def track(*points: tuple[int, float, float]) -> str:
    """A point is seconds after 10:00 local, longitude and latitude."""
    told = "".join(
        f'<trkpt lon="{lon}" lat="{lat}"><time>2026-05-01T09:{at // 60:02}:{at % 60:02}Z</time></trkpt>'
        for at, lon, lat in points
    )
    return f'<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{told}</trkseg></trk></gpx>'


def test_a_track_gives_a_visit_at_its_closest_moment_and_the_same_track_nothing_more(
    data: tuple[str, ...], tmp_path: Path
) -> None:
    taken(tmp_path / "a.xml", data, person("Alder", finish=""))
    step = 0.00005  # 4 m
    near = [(60 + 2 * n, 11.25 + step * (n - 6), 43.77) for n in range(13)]  # past 31 from west to east, on it at 72 s
    (tmp_path / "1.gpx").write_text(track(*near))
    command = ("results", "import", "park", str(tmp_path / "1.gpx"), "--json", *data)
    first, again = json.loads(wayfold(*command).stdout), json.loads(wayfold(*command).stdout)
    assert (first["check_ins"], again["written"]) == (1, 0)
    lines = json.loads(wayfold("explain", "park", "1", "--json", *data).stdout)["lines"]
    seen = [line["at_ms"] for line in lines if line["text"].startswith("checkpoint 31")]
    assert 1_777_626_072_000 in seen  # 72 s after 09:00 UTC
