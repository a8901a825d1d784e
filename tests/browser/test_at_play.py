"""What a player does besides checking in by hand: calls for help, writes, photographs, is checked in by the phone."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

from looks import findings, misfits, pale
from phones import WAIT_MS, NewPhone
from playable import LAT, found_game, lon_of
from playwright.sync_api import expect
from served import ServedProcess, served, wayfold

from client_core.game.challenges import Challenge, Form, Judged
from client_core.game.showing import CheckInBy, Showing

OWNER = b"SERIAL-OF-THE-CAMERA-4711"
SIDE_PX_MAX = 1600
DRAW = """
async ([width, height]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  for (let n = 0; n < 60; n += 1) {
    context.fillStyle = `hsl(${n * 6} 80% 50%)`;
    context.fillRect((n * width) / 60, 0, width / 60, height);
  }
  return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
}
"""


def test_a_call_for_help_says_that_nobody_knows_until_somebody_does(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Foxes")
    phone.allow_position()
    phone.ready_for_offline()
    hq.kill()
    page = phone.page
    phone.tab("Help")
    expect(page.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
    expect(page.locator(".position")).to_contain_text("43.77310, 11.25580 (to 5 m")
    page.get_by_role("button", name="Call the staff for help").click()
    page.locator("input[name=sos]").fill("A sprained ankle")
    page.get_by_role("button", name="Send the call").click()
    expect(page.get_by_text("is NOT SENT YET")).to_be_visible(timeout=WAIT_MS)
    page.locator("input[name=say]").fill("We are late")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".messages .unsent")).to_have_text("not sent yet", timeout=WAIT_MS)
    phone.shot("help-unsent")
    hq.start()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("has not been seen by staff yet")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".messages .good")).to_have_text("✓ sent", timeout=WAIT_MS)
    data = ("--data", str(hq.folder))
    (alarm,) = json.loads(wayfold("day", "alarms", "park", "--json", *data).stdout)
    wayfold("day", "seen", "park", alarm["id"], "--note", "Bo is on the way", *data)
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Staff have seen your call. Bo is on the way")).to_be_visible(timeout=WAIT_MS)


def test_a_photo_is_made_small_and_tells_nothing_of_its_owner(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    asked = Challenge("P1", "Picture", "Smile", None, Form.PHOTO, Judged(automatic=True), 20)
    code = found_game(tmp_path / "hq", challenges=(asked,))
    with served(tmp_path / "hq") as hq:
        phone = new_phone("ann", hq.url).open()
        phone.join("acme/park", code, "Foxes")
        phone.tab("Tasks")
        phone.page.locator("button.checkpoint", has_text="P1").click()
        picture = base64.b64decode(phone.page.evaluate(DRAW, [2400, 1200]))
        told = b"Exif\0\0" + OWNER
        taken = picture[:2] + b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told + picture[2:]
        photo = phone.page.locator("dialog input[type=file]")
        photo.set_input_files({"name": "no.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"})
        expect(phone.page.locator(".told p")).to_have_text("This is not a picture that can be kept.", timeout=WAIT_MS)
        photo.set_input_files({"name": "us.jpg", "mimeType": "image/jpeg", "buffer": taken})
        expect(phone.page.locator(".told p")).to_contain_text("Counts: 20 points", timeout=WAIT_MS)
        phone.wait_ticks("all safe")
        send = phone.page.get_by_role("button", name="Send now")
        phone.tab("Help")
        send.click()
        expect(send).to_be_enabled(timeout=WAIT_MS)
        (kept,) = (tmp_path / "hq" / "tenants" / "acme.blobs").glob("*/*")
        content = kept.read_bytes()
    assert content.startswith(b"\xff\xd8")
    assert OWNER not in content
    assert size_of(content) == (SIDE_PX_MAX, SIDE_PX_MAX // 2)


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height, from the start of frame."""
    at = 2
    while jpeg[at + 1] not in {0xC0, 0xC1, 0xC2}:
        at += 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
    height, width = struct.unpack_from(">HH", jpeg, at + 5)
    return width, height


def test_a_game_that_checks_in_by_itself_does_so_once_wherever_the_player_is(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    code = found_game(tmp_path / "hq", showing=Showing(check_in=CheckInBy.AUTOMATIC))
    with served(tmp_path / "hq") as hq:
        phone = new_phone("ann", hq.url).open()
        phone.stand_at(lon_of("A") - 0.001, LAT)
        phone.join("acme/park", code, "Foxes")
        phone.allow_position()
        assert phone.score() == "0 points"
        phone.stand_at(lon_of("A"), LAT)
        expect(phone.page.locator(".told p")).to_contain_text("Counts: 10 points", timeout=WAIT_MS)
        phone.stand_at(lon_of("B"), LAT)
        expect(phone.page.locator(".head-score")).to_have_text("20 points", timeout=WAIT_MS)
        phone.wait_ticks("all safe")
        assert hq.standings_of_first()["score"] == 20


def test_a_photo_that_staff_show_is_seen_by_all_and_one_that_is_reported_by_nobody(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    asked = Challenge("P1", "Picture", "Smile", None, Form.PHOTO, Judged(automatic=True), 20)
    code = found_game(tmp_path / "hq", challenges=(asked,))
    data = ("--data", str(tmp_path / "hq"))
    with served(tmp_path / "hq") as hq:
        phone = new_phone("ann", hq.url).open()
        page = phone.page
        phone.join("acme/park", code, "Foxes")
        phone.tab("Tasks")
        page.get_by_role("button", name="Photos of all teams").click()
        expect(page.get_by_text("No photos are shown yet.")).to_be_visible(timeout=WAIT_MS)
        phone.close_dialog()
        page.locator("button.checkpoint", has_text="P1").click()
        picture = base64.b64decode(page.evaluate(DRAW, [1200, 800]))
        page.locator("dialog input[type=file]").set_input_files(
            {"name": "us.jpg", "mimeType": "image/jpeg", "buffer": picture}
        )
        expect(page.locator(".told p")).to_contain_text("Counts: 20 points", timeout=WAIT_MS)
        phone.wait_ticks("all safe")
        phone.tab("Help")
        send = page.get_by_role("button", name="Send now")
        send.click()
        expect(send).to_be_enabled(timeout=WAIT_MS)
        (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
        wayfold("day", "photos", "park", "--show", listed["id"], *data)
        phone.tab("Tasks")
        page.get_by_role("button", name="Photos of all teams").click()
        shown = page.get_by_role("img", name="Photo for P1")
        shown.wait_for()
        assert shown.evaluate("one => one.decode().then(() => [one.naturalWidth, one.naturalHeight])") == [1200, 800]
        phone.shot("gallery")
        assert findings(page) + misfits(page) + pale(page) == []
        page.get_by_role("button", name="Report this photo").click()
        page.locator("input[name=report]").fill("That is not us")
        page.get_by_role("button", name="Hide it for everybody").click()
        expect(page.get_by_text("Reported. The photo is hidden for everybody")).to_be_visible(timeout=WAIT_MS)
        expect(shown).to_have_count(0)
        phone.close_dialog()
        phone.wait_ticks("all safe")
        assert hq.get("/api/v1/acme/games/park/gallery").json() == []
        hq.kill()
        page.get_by_role("button", name="Photos of all teams").click()
        expect(page.get_by_text("The photos cannot be fetched now")).to_be_visible(timeout=WAIT_MS)
