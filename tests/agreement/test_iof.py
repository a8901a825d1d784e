"""IOF XML 3.0: what we write is valid and says what standings say; what others wrote is read to the last of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xmlschema
from highfield_event import COURSES, RESULTS, game_folder, published_rows
from served import wayfold

from client_core.game.statuses import Status
from server.formats.cards import Day
from server.formats.iof import read_courses, read_iof
from server.formats.iof_results import STATUS_WORDS, ClassResult, Entrant, Result, ResultList, Runner, write_result_list

TEAM_RULES = """
preset = "score"
name = "Teams & <friends>"
start = 2026-05-01T10:00:00
duration = "60 min"
points = "code"
ways = ["kiosk"]
presence = "lowest"
[category.M]
assigned = true
"""
CARDS = """Number,Surname,First name,Year,Team,Class,Result,#1,#2
7.1,Alder,Ada,1990,Foxes,M,50:00,5:00[31],7:30[30]
7.2,Birch,Ben,1991,Foxes,M,51:00,6:00[31],
8.1,Cedar,Cyd,1992,Owls,M,40:00,5:00[31],9:00[30]
"""
DAY = Day(ZoneInfo("Europe/London"), 0)


@pytest.fixture(scope="module")
def schema(published: Path) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(published / "iof" / "IOF.xsd")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    folder = tmp_path_factory.mktemp("iof")
    options = ("--data", str(folder / "hq"))
    wayfold("tenant", "add", "acme", *options)
    for name in ("cards", "again"):
        wayfold("game", "import", str(game_folder(folder / name)), *options)
        wayfold("game", "publish", name, *options)
    wayfold("results", "import", "cards", str(RESULTS), *options)
    teams = folder / "teams"
    teams.mkdir()
    (teams / "game.toml").write_text(TEAM_RULES, encoding="utf-8")
    (teams / "checkpoints.csv").write_text("code\n30\n31\n", encoding="utf-8")
    (teams / "cards.csv").write_text(CARDS, encoding="utf-8")
    wayfold("game", "import", str(teams), *options)
    wayfold("game", "publish", "teams", *options)
    wayfold("results", "import", "teams", str(teams / "cards.csv"), *options)
    return options


def listed(schema: xmlschema.XMLSchema, xml: str) -> Any:
    """The list as the validator decodes it: another's eyes. Raises where it is not valid."""
    return schema.decode(xml)


def test_all_published_splits_and_statuses_stand_in_a_valid_list(
    schema: xmlschema.XMLSchema, data: tuple[str, ...], says: Callable[[str], None]
) -> None:
    found = listed(schema, wayfold("standings", "cards", "--iof", *data).stdout)
    rows = {row["result_id"]: row for row in published_rows()}
    words = {"ok": "OK", "nok": "MissingPunch", "nc": "NotCompeting"}
    results = splits = 0
    assert [one["Class"]["Name"] for one in found["ClassResult"]] == list(COURSES)
    for of_class in found["ClassResult"]:
        for person in of_class["PersonResult"]:
            (result,) = person["Result"]
            row = rows[result["BibNumber"]]
            given, family = (person["Person"]["Name"][name] for name in ("Given", "Family"))
            assert (f"{given} {family}", result["Status"]) == (row["name"], words[row["status"]])
            assert result.get("Position") == (int(row["position"]) if row["position"] else None)
            told = [(s["ControlCode"], s.get("Time"), s["@status"]) for s in result["SplitTime"]]
            codes, times = row["controls"].split(";"), row["splits_s"].split(";")
            if row["status"] == "nok":
                times = [time if time != "0" else "" for time in times]
            published = [
                (code, float(time) if time else None, "OK" if time else "Missing")
                for code, time in zip(codes, times, strict=False)
            ]
            assert told == published
            results, splits = results + 1, splits + len(told)
    assert (results, splits) == (106, len([code for row in rows.values() for code in row["controls"].split(";")]))
    says(f"{results} results with {splits:,} splits")


def test_an_exported_list_imports_to_the_same_places(data: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "list.xml").write_text(wayfold("standings", "cards", "--iof", *data).stdout, encoding="utf-8")
    wayfold("results", "import", "again", str(tmp_path / "list.xml"), *data)
    for number in range(len(COURSES)):
        one, two = (
            json.loads(wayfold("standings", name, "--category", f"C{number}", "--json", *data).stdout)
            for name in ("cards", "again")
        )
        known = ("place", "bib", "name", "time_ms", "status", "visited", "missing", "start_ms", "finish_ms")
        assert [[row[k] for k in known] for row in one] == [[row[k] for k in known] for row in two]


def test_a_team_stands_with_its_members_and_its_own_result(schema: xmlschema.XMLSchema, data: tuple[str, ...]) -> None:
    found = listed(schema, wayfold("standings", "teams", "--iof", *data).stdout)
    (of_class,) = found["ClassResult"]
    (owl,) = of_class["PersonResult"]
    (foxes,) = of_class["TeamResult"]
    assert found["Event"]["Name"] == "Teams & <friends>"
    assert (owl["Organisation"]["Name"], owl["Result"][0]["Position"]) == ("Owls", 1)
    assert owl["Result"][0]["Score"][0]["$"] == 61
    members = [
        (one["Person"]["Name"]["Given"], result["BibNumber"], result["Score"][0]["$"], len(result["SplitTime"]))
        for one in foxes["TeamMemberResult"]
        for result in one["Result"]
    ]
    assert members == [("Ada", "7.1", 61, 2), ("Ben", "7.2", 31, 1)]
    overall = foxes["TeamMemberResult"][0]["Result"][0]["OverallResult"]
    assert (overall["Position"], overall["Status"], overall["Score"][0]["$"], overall["Time"]) == (2, "OK", 31, 3060)


def test_members_scored_alone_are_persons_of_their_team(schema: xmlschema.XMLSchema, data: tuple[str, ...]) -> None:
    found = listed(schema, wayfold("standings", "teams", "--iof", "--by", "member", "--category", "M", *data).stdout)
    persons = found["ClassResult"][0]["PersonResult"]
    assert [(one["Result"][0]["BibNumber"], one["Result"][0]["Position"]) for one in persons] == [
        ("8.1", 1), ("7.1", 2), ("7.2", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_word_and_only_ok_a_position(schema: xmlschema.XMLSchema, status: Status) -> None:
    result = Result("1", status, place=3, start_ms=1_000, finish_ms=2_500, time_ms=1_500, behind_ms=0)
    entrants = (Entrant("Ada \x01 <Alder>", (Runner("Ada \x01 <Alder>", result, "F"),)),)
    whole = ResultList("a", "Europe/London", 0, 1, 2, True, (ClassResult("c", "c", entrants),))
    found = listed(schema, write_result_list(whole).decode())
    told = found["ClassResult"][0]["PersonResult"][0]["Result"][0]
    assert (told["Status"], told["Time"]) == (STATUS_WORDS[status], 1.5)
    assert ("Position" in told) == (status is Status.OK)
    assert set(STATUS_WORDS) == set(Status)


def persons_of(found: Any, kind: str) -> list[tuple[str, int]]:
    """Who is in a decoded list, by family name, with how many punches."""
    people = []
    for of_class in found[f"Class{kind}"]:
        alone = of_class.get(f"Person{kind}", [])
        members = [m for team in of_class.get(f"Team{kind}", []) for m in team.get(f"TeamMember{kind}", [])]
        for one in (*alone, *members):
            for result in one.get(kind, []):
                splits = result.get("SplitTime", [])
                punches = sum("Time" in split and split["@status"] != "Missing" for split in splits)
                people.append((one["Person"]["Name"]["Family"] if "Person" in one else "", punches))
    return people


@pytest.mark.parametrize(
    "name", ["ResultList1", "ResultList2", "ResultList4", "StartList1", "StartList2", "StartList_Individual_Step3"]
)
def test_official_lists_are_read_to_everybody_in_them(name: str, published: Path, schema: xmlschema.XMLSchema) -> None:
    data = (published / "iof" / "standard" / f"{name}.xml").read_bytes()
    found = schema.decode(data.decode("utf-8-sig"))
    cards = read_iof(data, name, DAY)
    told = [(card.name.rpartition(" ")[2], len(card.punches)) for card in cards]
    assert told == persons_of(found, "Result" if name.startswith("Result") else "Start")
    assert cards


@pytest.mark.parametrize(
    "name", ["CourseData_Individual_Step2", "CourseData_Individual_Step4", "CourseData_Relay_Step2"]
)
def test_official_courses_are_read_with_every_control(name: str, published: Path, schema: xmlschema.XMLSchema) -> None:
    data = (published / "iof" / "standard" / f"{name}.xml").read_bytes()
    (race,) = schema.decode(data.decode("utf-8-sig"))["RaceCourseData"]
    read = read_courses(data, name)
    ids = [control["Id"] for control in race["Control"]]
    assert [control.code for control in read.controls] == [one if isinstance(one, str) else one["$"] for one in ids]
    assert [course.name for course in read.courses] == [course["Name"] for course in race["Course"]]
    for course, told in zip(read.courses, race["Course"], strict=True):
        controls = [c for c in told["CourseControl"] if c.get("@type", "Control") == "Control"]
        assert course.controls == tuple(control["Control"][0] for control in controls)


@pytest.mark.parametrize(
    "name", ["CourseData_Individual_Step2", "CourseData_Individual_Step4", "CourseData_Relay_Step2"]
)
def test_official_courses_become_a_game_that_can_be_published(name: str, published: Path, tmp_path: Path) -> None:
    file, data = published / "iof" / "standard" / f"{name}.xml", ("--data", str(tmp_path / "hq"))
    wayfold("game", "new", str(tmp_path / "park"), "--preset", "line", "--from", str(file))
    wayfold("tenant", "add", "acme", *data)
    wayfold("game", "import", str(tmp_path / "park"), *data)
    assert "published" in wayfold("game", "publish", "park", *data).stdout
