"""The map of a game: fetched before the network goes, drawn without it, checkpoints and own position on it."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

from phones import WAIT_MS, NewPhone
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
