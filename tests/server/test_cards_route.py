"""Cards handed in at a kiosk: safe when answered, once however often, and no more than a pass allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from served import served_here, wayfold

RULES = """
preset = "score"
name = "Ridge"
start = 2026-05-01T10:00:00
duration = "60 min"
points = "code"
ways = ["kiosk"]
presence = "lowest"
"""
HEAD = "Number,Surname,First name,Year,Team,Result,#1,#2\n"
TEAMS = HEAD + "7.1,Alder,Ada,1990,Foxes,,,\n7.2,Birch,Ben,1991,Foxes,,,\n8,,,,Owls,,,\n"
CARD = HEAD + "7.1,,,,,50:00,5:00[31],9:00[30]\n"
ROUTE = "/acme/ridge/staff/cards"
NOW_MS = 1_777_636_800_000


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Any]:
    """A node with three players on its start list, and a client that has a kiosk's pass."""
    folder, data = tmp_path / "ridge", ("--data", str(tmp_path / "hq"))
    folder.mkdir()
    (folder / "game.toml").write_text(RULES)
    (folder / "checkpoints.csv").write_text("code\n30\n31\n")
    (folder / "teams.csv").write_text(TEAMS)
    wayfold("tenant", "add", "acme", *data)
    wayfold("game", "import", str(folder), *data)
    wayfold("game", "publish", "ridge", *data)
    wayfold("results", "import", "ridge", str(folder / "teams.csv"), *data)
    codes = {
        role: json.loads(wayfold("day", "code", "ridge", "--role", role, "--json", *data).stdout)["code"]
        for role in ("kiosk", "referee")
    }
    with served_here(tmp_path / "hq", NOW_MS) as client:
        client.codes, client.data = codes, data
        enter(client, "kiosk")
        yield client


def enter(client: Any, role: str) -> None:
    client.cookies.clear()
    answer = client.post("/acme/ridge/staff/enter", data={"code": client.codes[role]}, follow_redirects=False)
    assert answer.status_code == 303


def standing(client: Any, bib: str) -> Any:
    rows = json.loads(wayfold("standings", "ridge", "--by", "member", "--json", *client.data).stdout)
    return next((row["score"], row["status"]) for row in rows if row["bib"] == bib)


def test_a_card_counts_when_it_is_answered_and_the_answer_says_what_the_team_has(kiosk: Any) -> None:
    taken = kiosk.post(ROUTE, content=CARD).json()
    (line,) = taken["teams"]
    assert (taken["cards"], taken["check_ins"], taken["others"], taken["known_already"]) == (1, 2, 1, 0)
    assert (line["number"], line["name"], line["status"]) == (7, "Foxes", "active")  # its other member is out
    assert standing(kiosk, "7.1") == (61, "ok")


def test_a_card_that_is_handed_in_again_adds_nothing(kiosk: Any) -> None:
    kiosk.post(ROUTE, content=CARD)
    taken = kiosk.post(ROUTE, content=CARD).json()
    assert (taken["check_ins"], taken["others"], taken["known_already"]) == (0, 0, 3)
    assert len(taken["teams"]) == 1


def test_cards_that_come_at_once_are_all_kept(kiosk: Any) -> None:
    bodies = [HEAD + f"{bib},,,,,5{n}:00,5:0{n}[31],\n" for n, bib in enumerate(("7.1", "7.2", "8"))]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda body: kiosk.post(ROUTE, content=body), bodies * 2))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sum(answer.json()["check_ins"] for answer in answers) == 3
    assert [standing(kiosk, bib) for bib in ("7.1", "7.2", "8")] == [(31, "ok")] * 3


@pytest.mark.parametrize(
    "row",
    [
        "9,Cedar,Cyd,1992,Newts,50:00,5:00[31],\n",  # a team that nobody entered
        "8.1,Cedar,Cyd,1992,Owls,50:00,5:00[31],\n",  # a member that nobody entered
    ],
)
def test_a_kiosk_registers_nobody_and_a_referee_may(row: str, kiosk: Any) -> None:
    refused = kiosk.post(ROUTE, content=HEAD + row)
    assert (refused.status_code, refused.json()["code"]) == (403, "staff_only")
    enter(kiosk, "referee")
    assert kiosk.post(ROUTE, content=HEAD + row).status_code == 200


def test_a_kiosk_gives_no_points(kiosk: Any) -> None:
    refused = kiosk.post(f"{ROUTE}?file_format=points", content="number,team,score\n8,Owls,1000\n")
    assert refused.json()["code"] == "staff_only"


def test_without_a_pass_nothing_is_taken(kiosk: Any) -> None:
    kiosk.cookies.clear()
    assert kiosk.post(ROUTE, content=CARD).json()["code"] == "staff_only"
    assert kiosk.post(ROUTE, content=CARD, headers={"Sec-Fetch-Site": "cross-site"}).json()["code"] == "staff_only"


@pytest.mark.parametrize(
    ("body", "query", "code", "says"),
    [
        (b"hello", "", "bad_request", "name its format"),
        (CARD.replace("50:00", "soon").encode(), "", "bad_request", "row 2, result"),
        (CARD.encode(), "?file_format=papyrus", "bad_request", "punch-list"),
        (b"x" * (1024 * 1024 + 1), "", "body_too_big", ""),
    ],
)
def test_what_is_no_card_is_refused_in_words(body: bytes, query: str, code: str, says: str, kiosk: Any) -> None:
    refused = kiosk.post(ROUTE + query, content=body).json()
    assert refused["code"] == code
    assert says in refused["detail"]


def test_a_track_is_of_the_team_that_is_named(kiosk: Any) -> None:
    point = '<trkpt lon="11" lat="43"><time>2026-05-01T10:00:00Z</time></trkpt>'
    track = f'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{point}</trkseg></trk></gpx>'
    assert "--team" in kiosk.post(ROUTE, content=track).json()["detail"]
    taken = kiosk.post(f"{ROUTE}?team=8", content=track).json()
    assert [line["number"] for line in taken["teams"]] == [8]
