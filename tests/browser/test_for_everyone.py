"""For everyone: axe finds nothing, all fits a thumb, a screen and weak eyes, in every language, light and dark."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from every_screen import PSEUDO, WORDS, Walker, every_screen, found_full_game, lengthen, speak, words_of
from looks import CONTRAST_MIN, ROOT, findings, misfits, pale, unreachable
from phones import NewPhone, Phone
from served import ServedProcess, served, wayfold

LANGUAGES = (*sorted(path.stem for path in WORDS.glob("*.json")), PSEUDO)


@pytest.fixture
def full(tmp_path: Path, player_app: None) -> Iterator[ServedProcess]:
    """Headquarters with a game that has a bit of everything."""
    code = found_full_game(tmp_path / "full")
    node = ServedProcess(tmp_path / "full").start()
    node.code = code
    yield node
    node.stop()


@pytest.fixture
def walker(new_phone: NewPhone, full: ServedProcess) -> Walker:
    """An English phone in front of the join screen."""
    phone = new_phone("ann", full.url).open()
    phone.page.locator("input[name=team]").wait_for()
    return Walker(phone, full, words_of("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_passes_axe_fits_every_width_and_can_be_read_in_the_sun(walker: Walker, language: str) -> None:
    speak(walker.phone, language)
    walker = walker._replace(words=words_of(language))
    page = walker.phone.page
    wrong: dict[str, list[str]] = {}
    for number, name in enumerate(every_screen(walker)):
        wrong[name] = findings(page) + misfits(page) + pale(page)
        walker.phone.shot(f"{language}-{number:02}-{name.replace(' ', '-')}")
    direction = page.evaluate("document.documentElement.dir")
    assert direction == ("rtl" if language == "ar" else "ltr")
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_dark_screens_pass_axe_and_can_be_read_too_and_nothing_moves_where_that_is_wanted(walker: Walker) -> None:
    page = walker.phone.page
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    wrong: dict[str, list[str]] = {}
    for number, name in enumerate(every_screen(walker)):
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((one) => {
              const style = getComputedStyle(one);
              return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
            }).map((one) => one.outerHTML.slice(0, 90))"""
        )
        wrong[name] = findings(page) + pale(page) + moving
        walker.phone.shot(f"dark-{number:02}-{name.replace(' ', '-')}")
    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_screen_is_walked_by_keyboard_in_the_order_of_reading_with_the_focus_in_sight(walker: Walker) -> None:
    wrong = {name: unreachable(walker.phone.page) for name in every_screen(walker)}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_a_dialog_keeps_the_focus_and_gives_it_back_to_where_it_was_opened(walker: Walker) -> None:
    page = walker.phone.page
    for name in every_screen(walker):
        if name == "list":
            break
    row = page.locator(".checkpoint").filter(has_text="Place A")  # one that is open at this hour
    row.focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
        assert inside
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    assert row.evaluate("(one) => one === document.activeElement")
    page.keyboard.press("Enter")
    page.locator("input[name=checkpoint-code]").fill(row.locator("strong").first.inner_text())
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for(state="detached")
    assert page.evaluate("document.activeElement.matches('.checkpoint')")


def test_the_looks_see_what_they_are_for(walker: Walker) -> None:
    page = walker.phone.page
    page.evaluate(
        """() => {
          const small = Object.assign(document.createElement("button"), { textContent: "x", className: "check" });
          const wide = Object.assign(document.createElement("p"), { textContent: "w".repeat(400) });
          const grey = Object.assign(document.createElement("p"), { textContent: "grey" });
          const faint = Object.assign(document.createElement("p"), { textContent: "faint" });
          const first = Object.assign(document.createElement("a"), { textContent: "first", href: "#", tabIndex: 1 });
          wide.style.overflowWrap = "normal";
          grey.style.color = "#777";
          faint.style.opacity = "0.5";
          first.style.outline = "none";
          const never = Object.assign(document.createElement("button"), { textContent: "never", tabIndex: -1 });
          document.body.append(small, document.createElement("img"), wide, grey, faint, first, never);
        }"""
    )
    assert any(one.startswith("image-alt") for one in findings(page))
    wrong = misfits(page)
    assert any('class=\\"check\\">x</button>' in one for one in wrong)
    assert any("sideways" in one for one in wrong)
    assert any("outside or cut: <p" in one for one in wrong)
    assert [one[-8:-4] for one in pale(page)] == ["grey", "aint"]
    found = unreachable(page)
    assert any(one.startswith("order of its own") for one in found)
    assert any(one.startswith("walked") and "never" in one for one in found)
    assert any(one.startswith("the focus does not show") for one in found)


def test_the_longer_language_is_two_fifths_longer_and_keeps_its_values() -> None:
    english, longer = "".join(map(str, words_of("en").values())), "".join(map(str, words_of(PSEUDO).values()))
    assert len(longer) / len(english) > 1.35
    assert lengthen("Counts: {points} points.") == "Cóúnts:Cóú {points} póínts.póí"


def test_what_is_written_on_the_map_can_be_read_in_the_sun() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node")
    script = """
        import { MARKS, PALETTES } from "./server/web/player/map_style.js";
        process.stdout.write(JSON.stringify([MARKS, PALETTES]));
    """
    told = subprocess.run([node, "--input-type=module", "-e", script], cwd=ROOT, capture_output=True, check=True).stdout
    marks, palettes = json.loads(told)
    pairs = [(marks["word"], marks[name]) for name in ("open", "visited")]
    pairs += [(palette["word"], palette[name]) for palette in palettes.values() for name in ("halo", "land")]
    assert [(ink, below) for ink, below in pairs if contrast(ink, below) < CONTRAST_MIN] == []
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def contrast(ink: str, below: str) -> float:
    """The ratio of WCAG 2.2 between two colours such as #1d2420."""
    light = []
    for colour in (ink, below):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_has_controls_for_thumbs_and_is_reached_by_keyboard(
    new_phone: NewPhone, player_app: None, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    data = str(tmp_path / "hq")
    wayfold("tenant", "add", "acme", "--data", data)
    wayfold("game", "new", str(tmp_path / "firenze"), "--sample", "firenze")
    wayfold("game", "import", str(tmp_path / "firenze"), "--data", data)
    wayfold("game", "publish", "firenze", "--data", data)
    code = json.loads(wayfold("game", "join-code", "firenze", "--json", "--data", data).stdout)["code"]
    with served(tmp_path / "hq") as node:
        phone = new_phone("ann", node.url).open()
        phone.page.emulate_media(color_scheme=scheme)
        phone.stand_at(11.25580, 43.76935, 12)
        phone.join("acme/firenze", code, "Owls")
        phone.allow_position()
        phone.ready_for_offline()
        phone.tab("Map")
        phone.page.locator("#map[data-drawn=true]").wait_for()
        wrong = findings(phone.page) + misfits(phone.page) + pale(phone.page) + unreachable(phone.page)
        phone.shot(f"map-{scheme}")
        phone.tab("List")
        phone.shot(f"firenze-list-{scheme}")
    assert wrong == []


def test_a_game_is_joined_and_a_code_entered_by_keyboard_alone(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url).open(f"/play/#acme/park/{hq.code}")
    page = phone.page
    page.locator("input[name=team]").wait_for()
    reach(phone, "input[name=team]")
    page.keyboard.type("Owls")
    page.keyboard.press("Enter")
    page.locator(".checkpoint").first.wait_for()
    reach(phone, ".checkpoint")
    page.keyboard.press("Enter")
    reach(phone, "input[name=checkpoint-code]")
    page.keyboard.type("A")
    page.keyboard.press("Enter")
    assert phone.told().startswith("Counts: 10 points")


def reach(phone: Phone, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(40):
        phone.page.keyboard.press("Tab")
        if phone.page.evaluate("(selector) => document.activeElement?.matches(selector) ?? false", selector):
            return
    pytest.fail(f"the keyboard does not reach {selector}")
