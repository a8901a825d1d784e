"""What an edge says that has not met HQ since something was made there, and what HQ says of a game without teams."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from served import NOW_MS, Device, edge_code_of, found_tenant, served, served_here, wayfold

from server.db.tenants import TenantFiles
from server.edges import become_edge


def an_edge_that_met_nobody(tmp_path: Path) -> None:
    """An edge of HQ's game which was registered before HQ had any team, and has had no session since."""
    edge_code = edge_code_of(tmp_path / "hq")
    (tmp_path / "edge").mkdir()
    with served(tmp_path / "hq") as hq:
        tenants = TenantFiles(tmp_path / "edge")
        asyncio.run(become_edge(tenants, hq.url, edge_code, NOW_MS))
        tenants.close()


def test_an_edge_that_knows_no_team_says_why_and_what_to_do_and_doing_it_helps(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    an_edge_that_met_nobody(tmp_path)
    (tmp_path / "teams.csv").write_text("number,name\n7,Foxes\n")
    hq, edge = ("--data", str(tmp_path / "hq")), ("--data", str(tmp_path / "edge"))
    wayfold("game", "teams", "park", str(tmp_path / "teams.csv"), *hq)
    staff_code = wayfold("day", "code", "park", "--label", "desk", *hq).stdout.split()[0]
    for command in (("standings", "park"), ("day", "out", "park")):
        said = wayfold(*command, *edge).stderr
        assert "This edge knows no team yet" in said
        assert "`wayfold sync-now park --upstream URL`" in said
    refused = wayfold("explain", "park", "7", *edge, code=3).stderr
    assert "wayfold bundle import FILE" in " ".join(refused.split())
    with served_here(tmp_path / "edge") as client:
        assert "This server at the venue knows no team yet" in client.get("/acme/park").text
        door = client.post("/acme/park/staff/enter", data={"code": staff_code})
        assert (door.status_code, "wayfold sync-now park" in door.text) == (403, True)
    wayfold("bundle", "export", "park", str(tmp_path / "hq.wayfold"), *hq)
    wayfold("bundle", "import", str(tmp_path / "hq.wayfold"), *edge)
    assert wayfold("standings", "park", *edge).stderr == ""
    assert "Foxes" in wayfold("explain", "park", "7", *edge).stdout
    misspelt = wayfold("decide", "points", "park", "Foxs", "5", "--reason", "litter", *edge, code=3).stderr
    assert "did you mean 'Foxes'?" in misspelt
    assert "sync-now" not in misspelt, "it is here"
    with served_here(tmp_path / "edge") as client:
        assert not re.search('id="empty" class="empty">', client.get("/acme/park").text)
        assert "Foxes" in client.post("/acme/park/staff/enter", data={"code": staff_code}).text


def test_a_player_with_a_code_that_the_edge_has_not_heard_of_is_sent_to_staff(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    an_edge_that_met_nobody(tmp_path)
    code = wayfold("game", "join-code", "park", "--data", str(tmp_path / "hq")).stdout.split()[0]
    for folder, told in (("edge", True), ("hq", False)):
        with served_here(tmp_path / folder) as client:
            answer = Device(client, "Foxes").ask_to_join("ABCD-EFGH" if folder == "hq" else code).json()
        assert answer["code"] == "join_code_unknown"
        assert ("tell staff" in answer["detail"]) is told


def test_headquarters_says_how_a_game_without_teams_gets_some(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    said = wayfold("standings", "park", "--data", str(tmp_path)).stderr
    assert "`wayfold game teams park TABLE`" in said
    with served_here(tmp_path) as client:
        page = client.get("/acme/park").text
        assert "No team is registered yet." in page
        assert "Provisional: results can still change" in page, "nothing is complete before it began"
