"""The map of a game: fetched before the network goes, drawn without it, checkpoints and own position on it."""

from __future__ import annotations

import base64
import json
import struct
import time
import zlib
from pathlib import Path

from looks import SIDE_PX_MIN
from phones import WAIT_MS, NewPhone, Phone
from playwright.sync_api import expect
from served import ServedProcess, served, wayfold

PICTURE_BYTES_MIN = 40_000
"""An empty map of this size is a picture of 3 kB."""
MARKET = {"x": 158.5, "y": 91}
"""Where checkpoint 41 lies on a map that holds all checkpoints, on a screen of 412 x 860."""


def show_a_picture(folder: Path) -> None:
    """Let the first question show one of 3 x 2 pixels."""
    parts = (
        (b"IHDR", struct.pack(">2I5B", 3, 2, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(2 * (b"\0" + bytes(9)))),
        (b"IEND", b""),
    )
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
    (folder / "boar.png").write_bytes(content)
    head, first, *rest = (folder / "challenges.csv").read_text("utf-8").splitlines()
    (folder / "challenges.csv").write_text("\n".join([f"{head},media", f"{first},boar.png", *rest]), "utf-8")


def test_a_map_that_comes_damaged_is_not_kept_and_is_fetched_anew(tmp_path: Path, new_phone: NewPhone) -> None:
    code = found_firenze(tmp_path)
    (kept,) = (tmp_path / "hq" / "tenants" / "acme.blobs").glob("*/*")
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with served(tmp_path / "hq") as node:
        phone = new_phone("ann", node.url).open()
        phone.join("acme/firenze", code, "Owls")
        expect(phone.page.locator("#media-problem")).to_contain_text("tried again by itself", timeout=WAIT_MS)
        kept.write_bytes(content)
        phone.ready_for_offline()
        expect(phone.page.locator("#media-problem")).to_have_count(0)


def found_firenze(folder: Path) -> str:
    """The sample game as it is, published; a join code."""
    data = str(folder / "hq")
    wayfold("tenant", "add", "acme", "--data", data)
    wayfold("game", "new", str(folder / "firenze"), "--sample", "firenze")
    wayfold("game", "import", str(folder / "firenze"), "--data", data)
    wayfold("game", "publish", "firenze", "--data", data)
    found: str = json.loads(wayfold("game", "join-code", "firenze", "--json", "--data", data).stdout)["code"]
    return found


def test_the_map_is_fetched_at_a_venue_and_drawn_in_the_forest(tmp_path: Path, new_phone: NewPhone) -> None:
    data = str(tmp_path / "hq")
    wayfold("tenant", "add", "acme", "--data", data)
    wayfold("game", "new", str(tmp_path / "firenze"), "--sample", "firenze")
    show_a_picture(tmp_path / "firenze")
    wayfold("game", "import", str(tmp_path / "firenze"), "--data", data)
    wayfold("game", "publish", "firenze", "--data", data)
    code = json.loads(wayfold("game", "join-code", "firenze", "--json", "--data", data).stdout)["code"]
    node = ServedProcess(tmp_path / "hq").start()
    try:
        phone = new_phone("ann", node.url).open()
        phone.stand_at(11.25580, 43.76935, 12)
        phone.join("acme/firenze", code, "Owls")
        phone.allow_position()
        phone.ready_for_offline()
    finally:
        node.kill()
    phone.page.reload()
    phone.page.locator(".playing").wait_for()
    phone.tab("Map")
    drawn = phone.page.locator("#map[data-drawn=true]")
    drawn.wait_for()
    expect(phone.page.get_by_text("© OpenStreetMap contributors")).to_be_visible()
    phone.shot("map")
    assert len(phone.page.locator("#map").screenshot()) > PICTURE_BYTES_MIN
    phone.page.locator("#map canvas").click(position=MARKET)
    expect(phone.page.get_by_role("heading", name="41 Central market")).to_be_visible()
    phone.close_dialog()
    phone.tab("List")
    phone.page.locator("button.checkpoint").filter(has=phone.page.get_by_text("31", exact=True)).click()
    phone.page.locator("input[name=checkpoint-code]").fill("tusks-and-snout")
    phone.page.get_by_role("button", name="Check in by code").click()
    assert phone.told().startswith("Counts: 30 points")
    phone.tab("Tasks")
    phone.page.locator("button.checkpoint").filter(has=phone.page.get_by_text("Q31", exact=True)).click()
    picture = phone.page.locator(".shown img")
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [3, 2]
    phone.shot("task")
    phone.close_dialog()
    phone.tab("Map")
    drawn.wait_for()


COLOUR = """
async (picture) => {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const drawn = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = Object.assign(document.createElement("canvas"), { width: drawn.width, height: drawn.height });
  const context = canvas.getContext("2d");
  context.drawImage(drawn, 0, 0);
  const middle = context.getImageData(Math.round(drawn.width / 2), Math.round(drawn.height / 2), 1, 1);
  return [...middle.data].slice(0, 3);
}
"""
KNOWS = """
async (lonE7) => {
  const { fix } = await import(document.querySelector("script[src$='main.js']").src.replace("main.js", "game.js"));
  return fix.value?.lon_e7 === lonE7;
}
"""
OWN_POSITION = [26, 95, 208]


def in_the_middle(phone: Phone) -> bool:
    """Whether the player's own position is what is drawn in the middle of the map."""
    picture = base64.b64encode(phone.page.locator("#map canvas").screenshot()).decode()
    colour: list[int] = phone.page.evaluate(COLOUR, picture)
    return all(abs(found - wanted) < 12 for found, wanted in zip(colour, OWN_POSITION, strict=True))


def walk_to(phone: Phone, lon: float, lat: float) -> None:
    """Let the receiver say this, and wait until the app has heard it."""
    phone.stand_at(lon, lat, 8)
    phone.page.wait_for_function(KNOWS, arg=round(lon * 1e7))


def wait_in_the_middle(phone: Phone) -> None:
    deadline = time.monotonic() + WAIT_MS / 1000
    while not in_the_middle(phone):
        assert time.monotonic() < deadline
        phone.page.wait_for_timeout(100)


def test_the_map_is_centred_on_the_player_and_goes_along_until_it_is_moved_by_hand(
    tmp_path: Path, new_phone: NewPhone
) -> None:
    code = found_firenze(tmp_path)
    with served(tmp_path / "hq") as node:
        phone = new_phone("ann", node.url).open()
        page = phone.page
        phone.stand_at(11.2540, 43.7712, 8)
        phone.join("acme/firenze", code, "Owls")
        phone.ready_for_offline()
        phone.tab("Map")
        page.locator("#map[data-drawn=true]").wait_for()
        centre = page.get_by_role("button", name="Centre on me")
        assert centre.bounding_box() is not None
        box = centre.bounding_box() or {}
        assert min(box["width"], box["height"]) >= SIDE_PX_MIN
        assert not in_the_middle(phone)
        centre.click()  # asks for the position too, where nobody did before
        expect(centre).to_have_attribute("aria-pressed", "true")
        wait_in_the_middle(phone)
        phone.shot("map-centred")
        walk_to(phone, 11.2561, 43.7707)
        wait_in_the_middle(phone)
        page.get_by_role("button", name="Zoom in").click()
        wait_in_the_middle(phone)
        expect(centre).to_have_attribute("aria-pressed", "true")

        canvas = page.locator("#map canvas").bounding_box() or {}
        page.mouse.move(canvas["x"] + 100, canvas["y"] + 100)
        page.mouse.down()
        page.mouse.move(canvas["x"] + 220, canvas["y"] + 160, steps=5)
        page.mouse.up()
        expect(centre).to_have_attribute("aria-pressed", "false")
        walk_to(phone, 11.2563, 43.7706)
        assert not in_the_middle(phone)

        centre.focus()
        page.keyboard.press("Enter")
        wait_in_the_middle(phone)
        page.locator("#map canvas").focus()
        page.keyboard.press("ArrowRight")
        expect(centre).to_have_attribute("aria-pressed", "false", timeout=WAIT_MS)

        walk_to(phone, 2.3522, 48.8566)
        centre.click()
        expect(page.locator(".told p")).to_have_text("You are not on this map.", timeout=WAIT_MS)
        expect(centre).to_have_attribute("aria-pressed", "false")


def test_a_game_that_does_not_show_the_own_position_has_nothing_to_centre_on(
    tmp_path: Path, new_phone: NewPhone
) -> None:
    data = str(tmp_path / "hq")
    wayfold("tenant", "add", "acme", "--data", data)
    wayfold("game", "new", str(tmp_path / "firenze"), "--sample", "firenze")
    rules = tmp_path / "firenze" / "game.toml"
    rules.write_text(rules.read_text("utf-8").replace("\n\n", "\nown_position = false\n\n", 1), "utf-8")
    wayfold("game", "import", str(tmp_path / "firenze"), "--data", data)
    wayfold("game", "publish", "firenze", "--data", data)
    code = json.loads(wayfold("game", "join-code", "firenze", "--json", "--data", data).stdout)["code"]
    with served(tmp_path / "hq") as node:
        phone = new_phone("ann", node.url).open()
        phone.join("acme/firenze", code, "Owls")
        phone.ready_for_offline()
        phone.tab("Map")
        phone.page.locator("#map[data-drawn=true]").wait_for()
        expect(phone.page.get_by_role("button", name="Zoom in")).to_be_visible()
        expect(phone.page.get_by_role("button", name="Centre on me")).to_have_count(0)


def test_without_webgl_the_player_is_told_and_the_list_has_everything(tmp_path: Path, new_phone: NewPhone) -> None:
    code = found_firenze(tmp_path)
    with served(tmp_path / "hq") as node:
        phone = new_phone("ann", node.url)
        phone.more_flags = ("--disable-3d-apis",)
        phone.open()
        assert phone.page.evaluate("document.createElement('canvas').getContext('webgl2')") is None
        phone.stand_at(11.254216, 43.769874)
        phone.join("acme/firenze", code, "Owls")
        phone.allow_position()
        phone.ready_for_offline()
        phone.tab("Map")
        expect(phone.page.get_by_text("This browser cannot draw maps.")).to_be_visible(timeout=WAIT_MS)
        phone.shot("no-webgl")
        assert phone.check_in_here("31").startswith("Counts: 30 points")
