"""The map of a game: fetched before the network goes, drawn without it, checkpoints and own position on it."""

from __future__ import annotations

import json
from pathlib import Path

from phones import NewPhone
from playwright.sync_api import expect
from served import ServedProcess, wayfold

PICTURE_BYTES_MIN = 40_000
"""An empty map of this size is a picture of 3 kB."""
MARKET = {"x": 158.5, "y": 91}
"""Where checkpoint 41 lies on a map that holds all checkpoints, on a screen of 412 x 860."""


def test_the_map_is_fetched_at_a_venue_and_drawn_in_the_forest(tmp_path: Path, new_phone: NewPhone) -> None:
    data = str(tmp_path / "hq")
    wayfold("tenant", "add", "acme", "--data", data)
    wayfold("game", "new", str(tmp_path / "firenze"), "--sample", "firenze")
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
    phone.tab("Map")
    drawn.wait_for()
