"""Check-ins at a kiosk: by badge, number or paper card, and whose they are where the game looks at members."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import served_here, wayfold

RULES = """
preset = "score"
name = "Ridge"
start = 2026-05-01T10:00:00
duration = "3 h"
points = "code"
finish = "F"
ways = ["position", "kiosk"]
presence = "{presence}"
members_needed = 2
within = "5 min"

[kind.marshal]
ways = ["staff"]

[kind.code]
ways = ["code"]
"""
PLACES = "code,kind,lon,lat\n30,,11.25,43.77\n31,,11.26,43.77\n32,marshal,,\n33,code,,\nF,,11.27,43.77\n"
TEAMS = """number,name,members,birth_years,badges
7,Foxes,Ada Alder|Ben Birch|Cy Cedar,1990|1991|1992|,B71|B72|31
8,Owls,Dee,1950,B81
31,<Newts>,,,
"""
PAGE = "/acme/ridge/staff/check-in"
NOON_MS = 1_777_629_600_000 + 30 * 60_000
"""2026-05-01T10:30, half an hour after the start."""


@pytest.fixture(params=["some"])
def kiosk(tmp_path: Path, request: Any) -> Iterator[Any]:
    """A node with three teams, where `presence` says what a visit is, and a client with a kiosk's pass."""
    folder, data = tmp_path / "ridge", ("--data", str(tmp_path / "hq"))
    folder.mkdir()
    (folder / "game.toml").write_text(RULES.format(presence=request.param))
    (folder / "checkpoints.csv").write_text(PLACES)
    (folder / "teams.csv").write_text(TEAMS)
    wayfold("tenant", "add", "acme", *data)
    wayfold("game", "import", str(folder), *data)
    wayfold("game", "publish", "ridge", *data)
    wayfold("game", "teams", "ridge", str(folder / "teams.csv"), *data)
    codes = {
        role: json.loads(wayfold("day", "code", "ridge", "--role", role, "--json", *data).stdout)["code"]
        for role in ("kiosk", "safety")
    }
    with served_here(tmp_path / "hq", NOON_MS) as client:
        client.codes, client.data = codes, data
        enter(client, "kiosk")
        yield client


def enter(client: Any, role: str) -> None:
    client.cookies.clear()
    answer = client.post("/acme/ridge/staff/enter", data={"code": client.codes[role]}, follow_redirects=False)
    assert answer.status_code == 303


def say(client: Any, who: str, checkpoint: str, **more: str) -> Any:
    return client.post(PAGE, data={"who": who, "checkpoint": checkpoint, **more})


def lines_of(client: Any, team: str) -> list[tuple[int, str]]:
    explained = json.loads(wayfold("explain", "ridge", team, "--json", *client.data).stdout)
    return [(line["points"], line["text"]) for line in explained["lines"]]


def events(client: Any) -> int:
    found = json.loads(wayfold("explain", "ridge", "7", "--json", *client.data).stdout)
    return len(found["lines"])


def test_a_badge_says_whose_it_is_and_is_asked_nothing(kiosk: Any) -> None:
    shown = say(kiosk, "B71", "30")
    assert "Saved: 7 Foxes at 30" in shown.text
    assert "1 of the team there by then, 2 are needed" in shown.text
    assert "checkpoint 30 +30" in say(kiosk, " 7.2 ", "30").text
    assert [points for points, _ in lines_of(kiosk, "7")] == [0, 30]
    assert '<option value="30" selected>' in shown.text, "the next badge is read at the same place"


def test_a_team_is_asked_whose_it_is_and_nothing_is_written_before(kiosk: Any) -> None:
    asked = say(kiosk, "7", "30", at="12:10", back="on")
    assert asked.status_code == 200
    assert "Whose is it? 7 Foxes at 30" in asked.text
    assert [int(number) for number in re.findall(r'name="member-(\d+)"', asked.text)] == [1, 2, 3]
    assert events(kiosk) == 0
    hidden = dict(re.findall(r'type="hidden" name="([a-z]+)" value="([^"]*)"', asked.text))
    assert (hidden["at"], hidden["back"], hidden["checkpoint"]) == ("12:10", "on", "30")
    done = kiosk.post(PAGE, data=hidden | {"member-1": "on", "member-3": "on"})
    assert "+30" in done.text
    assert sorted(points for points, text in lines_of(kiosk, "7") if "checkpoint 30" in text) == [0, 30]
    people = json.loads(wayfold("day", "out", "ridge", "--all", "--json", *kiosk.data).stdout)["people"]
    where = {row["player"]: row["where"] for row in people}
    assert (where["7.1"], where["7.2"], where["7.3"]) == ("back", "expected", "back")


def test_all_of_them_is_an_answer_of_its_own(kiosk: Any) -> None:
    assert "checkpoint 31 +31" in say(kiosk, "Foxes", "31", everybody="on").text
    assert [points for points, _ in lines_of(kiosk, "7")] == [31]


def test_who_is_alone_in_a_team_or_has_no_listed_members_is_not_asked(kiosk: Any) -> None:
    assert "Saved: 8 Owls at 30" in say(kiosk, "8", "30").text
    assert "Saved: 31 &lt;Newts&gt; at 30" in say(kiosk, "<Newts>", "30").text


@pytest.mark.parametrize("kiosk", ["any"], indirect=True)
def test_where_the_game_does_not_look_at_members_nobody_is_asked(kiosk: Any) -> None:
    assert "checkpoint 30 +30" in say(kiosk, "7", "30").text


@pytest.mark.parametrize("kiosk", ["all", "lowest"], indirect=True)
def test_every_rule_that_looks_at_members_asks(kiosk: Any) -> None:
    assert "Whose is it?" in say(kiosk, "7", "30").text


def test_names_of_members_are_shown_to_those_who_may_see_them(kiosk: Any) -> None:
    assert "Ada Alder" not in say(kiosk, "7", "30").text
    enter(kiosk, "safety")
    assert "7.1 Ada Alder" in say(kiosk, "7", "30").text


@pytest.mark.parametrize(
    ("who", "checkpoint", "more", "status", "says"),
    [
        ("", "30", {}, 400, "a badge, a team&#x27;s number or name"),
        ("Nobody", "30", {}, 404, "no team here"),
        ("7.9", "30", {}, 404, "team 7 has no member 9"),
        ("31", "30", {}, 400, "&#x27;31&#x27; may be 7.3 or team 31"),
        ("7", "", {}, 400, "the code of the place"),
        ("7", "99", {}, 400, "no checkpoint &#x27;99&#x27;"),
        ("7", "finish", {}, 400, "no checkpoint &#x27;finish&#x27;"),
        ("7", "30", {"at": "noon"}, 400, "is no time"),
        ("7", "30", {"member-9": "on"}, 404, "has no member 9"),
        ("7", "32", {"everybody": "on"}, 400, "for safety and above"),
        ("7", "33", {"everybody": "on"}, 400, "its ways lack kiosk and paper"),
    ],
)
def test_what_is_not_understood_is_said_on_the_page_and_writes_nothing(
    kiosk: Any, who: str, checkpoint: str, more: dict[str, str], status: int, says: str
) -> None:
    answer = say(kiosk, who, checkpoint, **more)
    assert answer.status_code == status
    assert says in answer.text
    assert events(kiosk) == 0


def test_a_marshals_place_is_for_safety(kiosk: Any) -> None:
    enter(kiosk, "safety")
    assert "checkpoint 32 +32" in say(kiosk, "7", "32", everybody="on").text


def test_without_a_pass_or_from_another_site_nothing_is_written(kiosk: Any) -> None:
    answer = kiosk.post(PAGE, data={"who": "B71", "checkpoint": "30"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.json()["code"] == "staff_only"
    kiosk.cookies.clear()
    assert say(kiosk, "B71", "30").json()["code"] == "staff_only"
    assert kiosk.get(PAGE).json()["code"] == "staff_only"
    assert events(kiosk) == 0


def test_the_command_asks_too_and_does_the_same(kiosk: Any) -> None:
    asked = wayfold("day", "check-in", "ridge", "7", "30", *kiosk.data, code=3)
    assert "say whose it is with --members, or --all; there are 1 Ada Alder, 2 Ben Birch, 3 Cy Cedar" in asked.stderr
    said = wayfold("day", "check-in", "ridge", "7", "30", "--members", "1,2", "--at", "12:10", *kiosk.data).stdout
    assert said.splitlines() == [
        "7 Foxes: checkpoint 30: 1 of the team there by then, 2 are needed",
        "7 Foxes: checkpoint 30 +30",
    ]
    back = wayfold("day", "check-in", "ridge", "7", "F", "--all", "--at", "12:20", "--back", *kiosk.data).stdout
    assert back.splitlines() == ["7 Foxes: checkpoint F"]
    rows = json.loads(wayfold("standings", "ridge", "--json", *kiosk.data).stdout)["leaderboard"]["teams"]
    assert [(row["score"], row["status"]) for row in rows if row["number"] == 7] == [(30, "ok")]
    people = json.loads(wayfold("day", "out", "ridge", "--all", "--json", *kiosk.data).stdout)["people"]
    assert {row["where"] for row in people if row["player"].startswith("7.")} == {"back"}


def test_the_staff_page_leads_to_it(kiosk: Any) -> None:
    assert 'href="staff/check-in"' in kiosk.get("/acme/ridge/staff").text
    assert "<form" in kiosk.get(PAGE).text
