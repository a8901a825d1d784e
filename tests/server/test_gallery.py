"""The gallery: photos that staff put there, without anybody's name, and out of it with the first report."""

from __future__ import annotations

import json
import os
import re
from itertools import count
from pathlib import Path
from typing import Any

from litestar.testing import TestClient
from loopback import START_MS
from served import NOW_MS, Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import Member, Photo, Said, encode_action
from client_core.game.challenges import Challenge, Form, Judged
from client_core.game.decisions import PhotoShown
from client_core.game.pictures import blob_hash
from client_core.game.ranges import TIME_MS_MAX
from server import own_stream
from server.app import create_app
from server.desk import Desk
from server.node import REPORTS_BURST_MAX
from server.settings import Settings
from sync.stream import GAME

PICTURE = b"\xff\xd8\xff\xe0" + os.urandom(5_000)
NAME = blob_hash(PICTURE)
GATE = Challenge("gate", "Gate", "All of you under it", 0, Form.PHOTO, Judged(), 25)
GALLERY = "/api/v1/acme/games/park/gallery"


def photographed(client: Any, code: str, at_ms: int = START_MS + 1_000) -> Device:
    """A team that came to the gate and sent a photo."""
    device = Device(client, "Owls").join(code)
    device.check_in("A", START_MS)
    device.write(encode_action(Photo(at_ms, 0, NAME, len(PICTURE))))
    device.sync()
    client.post(f"/blob/v1/acme/park/{NAME.hex()}?offset=0", content=PICTURE)
    return device


def test_a_photo_is_seen_only_while_staff_show_it_and_nobody_reported_it(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    data = ("--data", str(tmp_path))
    with served_here(tmp_path) as client:
        photographed(client, code, START_MS)
        foxes = Device(client, "Foxes").join(code)
        assert client.get(GALLERY).json() == []
        (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
        assert "team" not in listed, "who judges does not see whose it is"
        assert json.loads(wayfold("day", "photos", "park", "--teams", "--json", *data).stdout)[0]["team"] == "1 Owls"
        assert "Owls" not in wayfold("day", "photos", "park", "--show", listed["id"], *data).stdout
        (shown,) = client.get(GALLERY).json()
        assert shown == {"id": listed["id"], "challenge": "gate", "at_ms": START_MS}
        picture = client.get(f"{GALLERY}/{shown['id']}")
        assert (picture.content, picture.headers["cache-control"]) == (PICTURE, "no-store")
        foxes.write(encode_action(Said(START_MS + 1_000, "that is my child", bytes.fromhex(shown["id"]))))
        foxes.sync()
        assert client.get(GALLERY).json() == []
        assert client.get(f"{GALLERY}/{shown['id']}").json()["code"] == "not_found"
        wayfold("day", "photos", "park", "--show", listed["id"], *data)
        assert [one["id"] for one in client.get(GALLERY).json()] == [listed["id"]], "knowing of the report"
        assert client.get(f"{GALLERY}/nothing").json()["code"] == "not_found"


def test_no_photo_of_a_team_with_a_minor_is_in_the_gallery_and_staff_are_told_why(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    data = ("--data", str(tmp_path))
    with served_here(tmp_path) as client:
        owls = photographed(client, code)
        (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
        wayfold("day", "photos", "park", "--show", listed["id"], *data)
        assert [one["id"] for one in client.get(GALLERY).json()] == [listed["id"]]
        with opened(tmp_path) as game:
            minor = Member(START_MS, owls.answer.team, 1, 2014, minor=True)
            game.log.append(own_stream.write(game.log.index, game.key, GAME, [minor]))
        assert client.get(GALLERY).json() == [], "also one that was shown before it was known"
        assert client.get(f"{GALLERY}/{listed['id']}").json()["code"] == "not_found"
        refused = wayfold("day", "photos", "park", "--show", listed["id"], *data, code=3)
        assert "a member of its team is a minor" in refused.stderr


def test_the_gallery_is_a_page_with_nobodys_name_which_the_leaderboard_leads_to(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    with served_here(tmp_path) as client:
        assert 'href="/acme/park/gallery"' in client.get("/acme/park").text
        assert "No photo is shown yet" in client.get("/acme/park/gallery").text
        photographed(client, code)
        data = ("--data", str(tmp_path))
        (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
        wayfold("day", "photos", "park", "--show", listed["id"], *data)
        page = client.get("/acme/park/gallery")
        (source,) = re.findall(r'<img src="([^"]+)"', page.text)
        assert client.get(source).content == PICTURE
        assert "Owls" not in page.text
        assert "img-src 'self'" in page.headers["content-security-policy"]


def test_anybody_reports_a_photo_on_the_page_without_a_script_and_it_is_gone_at_once(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    data = ("--data", str(tmp_path))
    with served_here(tmp_path) as client:
        photographed(client, code)
        (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
        hidden = f"/acme/park/gallery/{listed['id']}/report"
        client.post(hidden)
        assert json.loads(wayfold("day", "photos", "park", "--json", *data).stdout) == [listed], "it was not shown"
        wayfold("day", "photos", "park", "--show", listed["id"], *data)
        page = client.get("/acme/park/gallery")
        assert "form-action 'self'" in page.headers["content-security-policy"]
        (action,) = re.findall(r'<form method="post" action="([^"]+)"', page.text)
        elsewhere = client.post(action, headers={"Sec-Fetch-Site": "cross-site"})
        assert (elsewhere.status_code, len(client.get(GALLERY).json())) == (403, 1)
        thanked = client.post(action, follow_redirects=True)
        assert "that photo is not shown any more" in thanked.text
        assert "No photo is shown yet" in thanked.text
        assert client.get(GALLERY).json() == []
        client.post(action)
        (reported,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
        assert (reported["shown"], reported["reports"]) == (False, 1), "a second report of it adds nothing"
        assert json.loads(wayfold("day", "messages", "park", "--json", *data).stdout)["words"] == []
        wayfold("day", "photos", "park", "--show", listed["id"], *data)
        assert [one["id"] for one in client.get(GALLERY).json()] == [listed["id"]], "knowing of the report"


def test_one_address_cannot_empty_a_gallery_by_reports(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    with served_here(tmp_path) as client:
        owls = Device(client, "Owls").join(code)
        for number in range(REPORTS_BURST_MAX + 1):
            owls.write(encode_action(Photo(START_MS + number, 0, NAME, len(PICTURE))))
        owls.sync()
        with opened(tmp_path) as game:
            ids = [one.id for one in Desk(game).view(START_MS).pictures]
            shown = [PhotoShown(START_MS, one, shown=True) for one in ids]
            game.log.append(own_stream.write(game.log.index, game.key, GAME, shown))
        answers = [client.post(f"/acme/park/gallery/{one.hex()}/report", follow_redirects=False) for one in ids]
        assert [one.status_code for one in answers[:-1]] == [303] * REPORTS_BURST_MAX
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "rate_limited")
        assert len(client.get(GALLERY).json()) == 1


def test_a_game_without_photos_leads_to_no_gallery(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        assert "/gallery" not in client.get("/acme/park").text


def enter(client: Any, folder: Path, role: str) -> None:
    """Show a staff code of that role at the door."""
    made = wayfold("day", "code", "park", "--role", role, "--label", role, "--data", str(folder)).stdout.split()[0]
    assert client.post("/acme/park/staff/enter", data={"code": made}, follow_redirects=True).status_code == 200


def test_staff_look_at_photos_on_a_page_show_hide_and_judge_them_without_seeing_whose_they_are(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    photos = "/acme/park/staff/photos"
    seconds = count(NOW_MS, 1_000)
    app = create_app(Settings(data_folder=str(tmp_path), node_name="test"), clock=lambda: next(seconds))
    with TestClient(app) as client:
        photographed(client, code)
        assert client.get(photos).json()["code"] == "staff_only"
        enter(client, tmp_path, "referee")
        assert "photos (1 waiting)" in client.get("/acme/park/staff").text
        page = client.get(photos).text
        assert "Owls" not in page
        (source,) = re.findall(r'<img src="([^"]+)"', page)
        assert client.get(f"/acme/park/staff/{source}").content == PICTURE
        (identity,) = re.findall(r'name="photo" value="([0-9a-f]+)"', page)

        def do(word: str) -> tuple[str, list[str], int]:
            shown = client.post(photos, data={"photo": identity, "do": word}, follow_redirects=True).text
            (state,) = re.findall(r"</figure>\n<p>([^<]+)</p>", shown)
            (owls,) = client.get("/api/v1/acme/games/park/standings").json()["teams"]
            return state, re.findall(r'name="do" value="(\w+)"', shown), owls["score"]

        assert do("right") == ("judged right; not in the gallery", ["wrong", "show", "hide"], 35)
        assert do("show") == ("judged right; in the gallery", ["wrong", "hide"], 35)
        assert do("wrong") == ("judged wrong; in the gallery", ["right", "hide"], 10)
        client.post(f"/acme/park/gallery/{identity}/report")
        assert "reported 1 time since staff looked" in client.get(photos).text
        assert do("hide") == ("judged wrong; not in the gallery, reported 1 time", ["right", "show"], 10)
        assert "waiting" not in client.get("/acme/park/staff").text
        for wrong in ({"photo": identity, "do": "burn"}, {"photo": "00", "do": "show"}):
            assert client.post(photos, data=wrong).json()["code"] == "bad_request"


def test_safety_shows_photos_and_judges_none_and_nobody_shows_one_of_a_minor(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    photos = "/acme/park/staff/photos"
    with served_here(tmp_path) as client:
        owls = photographed(client, code)
        enter(client, tmp_path, "safety")
        page = client.get(photos).text
        (identity,) = re.findall(r'name="photo" value="([0-9a-f]+)"', page)
        assert re.findall(r'name="do" value="(\w+)"', page) == ["show", "hide"]
        assert client.post(photos, data={"photo": identity, "do": "right"}).json()["code"] == "staff_only"
        with opened(tmp_path) as game:
            minor = Member(START_MS, owls.answer.team, 1, 2014, minor=True)
            game.log.append(own_stream.write(game.log.index, game.key, GAME, [minor]))
        page = client.get(photos).text
        assert "never in the gallery: a minor plays in its team" in page
        assert re.findall(r'name="do" value="(\w+)"', page) == []
        assert client.post(photos, data={"photo": identity, "do": "show"}).json()["code"] == "minor_on_photo"


def test_a_photo_of_a_time_that_no_calendar_has_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, challenges=(GATE,))
    with served_here(tmp_path) as client:
        photographed(client, code, TIME_MS_MAX)
        enter(client, tmp_path, "safety")
        page = client.get("/acme/park/staff/photos").text
        (identity,) = re.findall(r'name="photo" value="([0-9a-f]+)"', page)
        client.post("/acme/park/staff/photos", data={"photo": identity, "do": "show"})
        assert "Photo for Gate, ?" in client.get("/acme/park/gallery").text
