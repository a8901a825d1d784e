"""Lists for other programs: who is shown by which name, and who stands where."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from loopback import START_MS
from served import Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import Known, Member, MemberNamed, TeamRegistered
from server.card_import import write_all
from server.names import is_minor, member_names
from sync.stream import GAME, STAFF

ONE, TWO = b"1" * 16, b"2" * 16
IOF = "{http://www.orienteering.org/datastandard/3.0}"


def enter(folder: Path, *said: Known) -> None:
    with opened(folder) as game:
        staff = [one for one in said if isinstance(one, MemberNamed)]
        write_all(game, {GAME: [one for one in said if one not in staff], STAFF: staff})


def names(folder: Path, *more: str) -> list[tuple[str, str, str]]:
    """Given name, family name and organisation of every person listed."""
    root = ET.fromstring(wayfold("standings", "park", "--iof", *more, "--data", str(folder)).stdout)
    persons = [*root.iter(f"{IOF}PersonResult"), *root.iter(f"{IOF}TeamMemberResult")]
    paths = [f"{IOF}Person/{IOF}Name/{IOF}{part}" for part in ("Given", "Family")]
    return [
        (*(one.findtext(p, "") for p in paths), one.findtext(f"{IOF}Organisation/{IOF}Name", "")) for one in persons
    ]


@pytest.mark.parametrize(
    ("team_name", "minor", "expected"),
    [
        ("Ada Alder", False, ("Ada", "Alder", "")),
        ("Ada Alder", True, ("", "Ada", "")),  # neither as a person nor as a team
        ("Foxes", False, ("Ada", "Alder", "Foxes")),
        ("Foxes", True, ("", "Ada", "Foxes")),
    ],
)
@pytest.mark.parametrize("more", [(), ("--by", "member")])
def test_a_minor_stands_with_the_first_name_alone(
    more: tuple[str, ...], team_name: str, minor: bool, expected: tuple[str, str, str], tmp_path: Path
) -> None:
    found_tenant(tmp_path)
    enter(
        tmp_path,
        TeamRegistered(START_MS, ONE, 1, team_name),
        Member(START_MS, ONE, 1, 2014, minor=minor),
        MemberNamed(START_MS, ONE, 1, "Ada Alder"),
    )
    assert names(tmp_path, *more) == [expected]


@pytest.mark.parametrize("team_name", ["Ada Alder", "Ada Alder +1", "The gang of Ada Alder"])
@pytest.mark.parametrize("others", [1, 0])
def test_a_team_that_bears_a_minors_name_stands_with_the_first_name_everywhere(
    team_name: str, others: int, tmp_path: Path
) -> None:
    found_tenant(tmp_path)
    enter(
        tmp_path,
        TeamRegistered(START_MS, ONE, 1, team_name),
        Member(START_MS, ONE, 1, 2014, minor=True),
        MemberNamed(START_MS, ONE, 1, "Ada Alder"),
        *[Member(START_MS, ONE, 2)] * others,
        TeamRegistered(START_MS, TWO, 2, "Ben Birch"),
        Member(START_MS, TWO, 1),
        MemberNamed(START_MS, TWO, 1, "Ben Birch"),
    )
    data = ("--data", str(tmp_path))
    lists = [wayfold("standings", "park", *more, *data).stdout for more in ((), ("--by", "member"), ("--iof",))]
    with served_here(tmp_path) as client:
        api = "/api/v1/acme/games/park"
        pages = (
            "/acme/park",
            "/acme/park/team/1",
            f"{api}/standings",
            f"{api}/standings?by=member",
            f"{api}/explain/1",
        )
        lists += [client.get(page).text for page in pages]
    for shown in lists:
        assert "Alder" not in shown
        assert "Ada" in shown
    assert all("Ben Birch" in shown for shown in (*lists[:2], *lists[3:4], lists[5]))


def test_who_has_no_known_name_stands_with_the_bib(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    enter(
        tmp_path,
        TeamRegistered(START_MS, ONE, 1, "Foxes"),
        Member(START_MS, ONE, 1),
        Member(START_MS, ONE, 2),
        MemberNamed(START_MS, ONE, 2, "Ben"),
        TeamRegistered(START_MS, TWO, 2, "Owls"),
    )
    assert names(tmp_path) == [("", "Owls", ""), ("", "1.1", ""), ("", "Ben", "")]


def test_of_two_names_the_later_one_holds(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    enter(
        tmp_path,
        TeamRegistered(START_MS, ONE, 1, "Foxes"),
        Member(START_MS, ONE, 1),
        MemberNamed(START_MS + 1, ONE, 1, "Right"),
        MemberNamed(START_MS, ONE, 1, "Wrong"),
    )
    with opened(tmp_path) as game:
        assert member_names(game) == {(ONE, 1): "Right"}


def test_a_list_is_official_only_once_somebody_has_a_result_and_nobody_still_plays(tmp_path: Path) -> None:
    found_tenant(tmp_path)

    def status() -> str | None:
        return ET.fromstring(wayfold("standings", "park", "--iof", "--data", str(tmp_path)).stdout).get("status")

    assert status() == "Snapshot"
    enter(tmp_path, TeamRegistered(START_MS, ONE, 1, "Foxes"))
    assert status() == "Snapshot"
    data = ("--reason", "stayed at home", "--data", str(tmp_path))
    wayfold("decide", "status", "park", "Foxes", "did_not_start", *data)
    assert status() == "Complete"


def test_splits_are_visits_and_never_decisions_that_only_name_a_checkpoint(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        owls = Device(client, "Owls").join(code)
        owls.check_in("A", START_MS + 2 * 60_000)
        owls.check_in("D", START_MS + 9 * 60_000)
        owls.sync()
    data = ("--reason", "seen", "--data", str(tmp_path))
    wayfold("decide", "grant", "park", "Owls", "B", "--at", "11:05", *data)
    wayfold("decide", "grant", "park", "Owls", "A", "--at", "11:06", *data)
    wayfold("decide", "take", "park", "Owls", "C", *data)
    wayfold("decide", "void", "park", "C", "--team", "Owls", *data)
    root = ET.fromstring(wayfold("standings", "park", "--iof", "--data", str(tmp_path)).stdout)
    splits = [(one.findtext(f"{IOF}ControlCode"), one.findtext(f"{IOF}Time")) for one in root.iter(f"{IOF}SplitTime")]
    assert splits == [("A", "120"), ("B", "300"), ("D", "540")]
    shown = json.loads(wayfold("splits", "park", "Owls", "--json", "--data", str(tmp_path)).stdout)
    assert [one["code"] for one in shown] == ["A", "B", "D"]


def test_who_comes_of_age_in_the_year_of_the_game_may_still_be_a_minor() -> None:
    assert [is_minor(year, START_MS) for year in (None, 2003, 2004, 2005)] == [False, False, True, True]
