"""The app on the home screen: nothing keeps Chromium from installing it, and it starts without a network."""

from __future__ import annotations

import json

from phones import WAIT_MS, NewPhone
from playwright.sync_api import expect
from served import ServedProcess

ICON_PX_MIN = 512
"""What Chromium and Android take the splash screen's picture from."""


def test_the_app_can_be_installed_and_starts_from_the_home_screen_without_a_network(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("ann", hq.url).open("/acme/park")
    session = phone.context.new_cdp_session(phone.page)
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] != []  # a page that is no app
    phone.join("acme/park", hq.code, "Foxes")
    phone.ready_for_offline()
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    found = session.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    absolute = "(path) => new URL(path, location).href"
    start, scope = (phone.page.evaluate(absolute, manifest[name]) for name in ("start_url", "scope"))
    assert start.startswith(scope)
    assert manifest["display"] == "standalone"
    sizes = {icon["sizes"] for icon in manifest["icons"] if "maskable" in icon["purpose"]}
    assert f"{ICON_PX_MIN}x{ICON_PX_MIN}" in sizes
    base = found["url"].rpartition("/")[0]
    for icon in manifest["icons"]:
        drawn = (
            "(address) => fetch(address).then((got) => got.blob()).then((blob) => blob.type + ' ' + (blob.size > 0))"
        )
        assert phone.page.evaluate(drawn, f"{base}/{icon['src']}") == f"{icon['type']} true"
    hq.kill()
    phone.page.goto(start)
    phone.page.locator(".playing").wait_for()
    expect(phone.page.locator(".head-score")).to_have_text("0 points", timeout=WAIT_MS)
