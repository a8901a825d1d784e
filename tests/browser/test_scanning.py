"""A QR code at a checkpoint, seen by a noisy camera, read in the page, offline."""

from __future__ import annotations

from pathlib import Path

import pytest
from phones import NewPhone, film_of
from playwright.sync_api import expect
from served import ServedProcess


def test_a_code_seen_by_the_camera_checks_in_without_a_network(
    new_phone: NewPhone, hq: ServedProcess, tmp_path: Path
) -> None:
    phone = new_phone("ann", hq.url)
    phone.camera = film_of("B", tmp_path / "film.y4m")
    phone.permissions = ["camera"]
    phone.open()
    phone.join("acme/park", hq.code, "Foxes")
    phone.ready_for_offline()
    hq.kill()
    phone.page.locator("button.checkpoint", has_text="Place B").click()
    phone.page.get_by_role("button", name="Scan a QR code").click()
    assert phone.told().startswith("Counts: 10 points")
    assert phone.score() == "10 points"


@pytest.mark.parametrize("text", ["not a code of this game", "https://elsewhere.example/x"])
def test_a_code_of_something_else_is_told_and_nothing_is_kept(
    new_phone: NewPhone, hq: ServedProcess, tmp_path: Path, text: str
) -> None:
    phone = new_phone("ann", hq.url)
    phone.camera = film_of(text, tmp_path / "film.y4m")
    phone.permissions = ["camera"]
    phone.open()
    phone.join("acme/park", hq.code, "Foxes")
    phone.page.locator("button.checkpoint").first.click()
    phone.page.get_by_role("button", name="Scan a QR code").click()
    assert phone.told() == "This is not the code of this place."
    assert phone.ticks() == "✓✓ all safe"


def test_a_phone_that_may_not_use_its_camera_says_what_to_do_instead(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("eve", hq.url).open()
    phone.join("acme/park", hq.code, "Larks")
    phone.page.locator("button.checkpoint").first.click()
    phone.page.get_by_role("button", name="Scan a QR code").click()
    expect(phone.page.get_by_text("Type the code instead")).to_be_visible()
