"""For everyone: axe finds nothing, controls fit a thumb and screens a keyboard, in every language, light and dark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from phones import NewPhone, Phone
from playable import LAT, lon_of
from served import ServedProcess

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS_PX = (320, 412, 1280)
SIDE_PX_MIN = 44
LANGUAGES = ("en", "fr", "nl", "de")
TABS = 5
SMALL = """
(side) => [...document.querySelectorAll("button, a[href], input:not([type=file]), select, summary")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => {
    const box = (one.closest("label.check") ?? one).getBoundingClientRect();
    return { what: one.outerHTML.slice(0, 90), width: box.width, height: box.height };
  })
  .filter((one) => one.width < side || one.height < side)
"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def phone(new_phone: NewPhone, hq: ServedProcess) -> Phone:
    phone = new_phone("ann", hq.url).open()
    phone.stand_at(lon_of("A"), LAT)
    return phone


def findings(phone: Phone) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the screen as it is; it is run from the outside, so the policy stays."""
    if not AXE.exists():
        pytest.skip("needs what `make assets` installs")
    phone.page.evaluate(AXE.read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found: dict[str, Any] = phone.page.evaluate("(tags) => axe.run(document, {runOnly: tags})", tags)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]


def misfits(phone: Phone) -> list[str]:
    """Controls that are too small at some width, and widths at which the page scrolls sideways."""
    wrong: list[str] = []
    for width in WIDTHS_PX:
        phone.page.set_viewport_size({"width": width, "height": 860})
        wrong += [f"{width} px: {json.dumps(one)}" for one in phone.page.evaluate(SMALL, SIDE_PX_MIN)]
        if phone.page.evaluate(WIDER) > 0:
            wrong.append(f"{width} px: scrolls sideways")
    phone.page.set_viewport_size({"width": 412, "height": 860})
    return wrong


def screens(phone: Phone, hq: ServedProcess) -> dict[str, list[str]]:
    """Walk every screen; what is wrong on each."""
    wrong = {"join": findings(phone) + misfits(phone)}
    phone.join("acme/park", hq.code, "Foxes")
    phone.page.locator(".checkpoint").first.wait_for()
    for number in range(TABS):
        tab = phone.page.locator("nav.tabs .tab").nth(number)
        tab.click()
        phone.page.wait_for_timeout(300)
        name = tab.inner_text()
        wrong[name] = findings(phone) + misfits(phone)
        phone.shot(f"{phone.page.evaluate('document.documentElement.lang')}-{number}")
    phone.page.locator("nav.tabs .tab").first.click()
    phone.page.locator(".checkpoint").first.click()
    phone.page.locator("dialog[open]").wait_for()
    wrong["checkpoint"] = findings(phone) + misfits(phone)
    phone.shot(f"{phone.page.evaluate('document.documentElement.lang')}-checkpoint")
    return {name: found for name, found in wrong.items() if found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_passes_axe_and_has_controls_for_thumbs(phone: Phone, hq: ServedProcess, language: str) -> None:
    phone.page.locator("input[name=team]").wait_for()
    phone.page.evaluate("(language) => localStorage.setItem('language', language)", language)
    phone.page.reload()
    phone.page.locator("input[name=team]").wait_for()
    assert phone.page.evaluate("document.documentElement.lang") == language
    assert screens(phone, hq) == {}


def test_the_looks_see_what_they_are_for(phone: Phone) -> None:
    phone.page.locator("input[name=team]").wait_for()
    phone.page.evaluate(
        """() => {
          const small = Object.assign(document.createElement("button"), { textContent: "x" });
          const wide = Object.assign(document.createElement("p"), { textContent: "w".repeat(400) });
          wide.style.overflowWrap = "normal";
          document.body.append(small, document.createElement("img"), wide);
        }"""
    )
    assert any(one.startswith("image-alt") for one in findings(phone))
    wrong = misfits(phone)
    assert any("<button>x</button>" in one for one in wrong)
    assert any("sideways" in one for one in wrong)


def test_the_dark_screens_pass_axe_too(phone: Phone, hq: ServedProcess) -> None:
    phone.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    phone.page.locator("input[name=team]").wait_for()
    assert screens(phone, hq) == {}


def test_a_game_is_joined_and_a_code_entered_by_keyboard_alone(phone: Phone, hq: ServedProcess) -> None:
    page = phone.page
    page.goto(f"{phone.url}/play/#acme/park/{hq.code}")
    page.reload()
    page.locator("input[name=team]").wait_for()

    def reach(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement?.matches(selector) ?? false", selector):
                return
        pytest.fail(f"the keyboard does not reach {selector}")

    reach("input[name=team]")
    page.keyboard.type("Owls")
    page.keyboard.press("Enter")
    page.locator(".checkpoint").first.wait_for()
    reach(".checkpoint")
    page.keyboard.press("Enter")
    reach("input[name=checkpoint-code]")
    page.keyboard.type("A")
    page.keyboard.press("Enter")
    assert phone.told().startswith("Counts: 10 points")
