"""A walk through every screen of the player's app, in any language: what is there is left to the one who walks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from phones import WAIT_MS, Phone
from playable import CODES, LAT, found_game, lon_of
from playwright.sync_api import Locator, expect
from served import ServedProcess, wayfold

from client_core.game.answers import answer_hash
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Interval, Judged
from client_core.game.checkpoints import Capture, FirstFinders, Hours, Kind, Method
from client_core.game.entrants import Category, Format
from client_core.game.publish import DraftCheckpoint
from client_core.game.showing import Briefing
from client_core.game.timing import SelfStart

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "server" / "web" / "player" / "words"
PSEUDO = "pseudo"
"""English, every word with an accent and two fifths longer."""
LONGER_BY = 0.4
ACCENTS = str.maketrans("aeiouyAEIOU", "áéíóúýÁÉÍÓÚ")

Text = str | dict[str, str]


class Walker(NamedTuple):
    """A phone, its server, and the words of the language it speaks."""

    phone: Phone
    hq: ServedProcess
    words: dict[str, Text]

    def button(self, key: str) -> Locator:
        """The button with these words, on the dialog on top or the screen."""
        return self.phone.page.get_by_role("button", name=str(self.words[key]), exact=True).last


def lengthen(text: str) -> str:
    """A text as a language with longer words has it; what stands in braces stays."""
    found = []
    for word in text.split(" "):
        if "{" in word or not any(letter.isalpha() for letter in word):
            found.append(word)
        else:
            found.append((word + word[: -(-len(word) * 2 // 5)]).translate(ACCENTS))
    return " ".join(found)


def words_of(language: str) -> dict[str, Text]:
    """The catalogue of a language, or the lengthened English one."""
    if language != PSEUDO:
        found: dict[str, Text] = json.loads((WORDS / f"{language}.json").read_text("utf-8"))
        return found
    return {
        key: lengthen(text) if isinstance(text, str) else {form: lengthen(one) for form, one in text.items()}
        for key, text in words_of("en").items()
    }


WAYS = (Method.GPS, Method.QR, Method.CODE)
HOUR_MS = 3_600_000


def found_full_game(folder: Path) -> str:
    """A game with a consent, a start of each team's own, tasks of every form and hints; a join code.

    B can be held, C opens in an hour and pays its first finders more, FIN is not of the team's format.
    """
    now_ms = time.time_ns() // 1_000_000
    kinds = (
        Kind(WAYS, 50_000),
        Kind(WAYS, 50_000, pay=Capture(2, HOUR_MS)),
        Kind(WAYS, 50_000, hours=(Hours(now_ms + HOUR_MS, now_ms + 2 * HOUR_MS),), pay=FirstFinders((10, 5, 2))),
    )
    salt = b"salt of sixteen!"
    right = Hashed(salt, (answer_hash(salt, "lion"),))
    hints = (Hint("Look up", 5), Hint("It roars", 10, delay_ms=HOUR_MS))
    stakes = {"tries": 3, "wrong_points": 5, "wrong_points_max": 10, "par_ms": HOUR_MS, "speed_points": 60}
    return found_game(
        folder,
        start=SelfStart(),
        finish_code=None,
        kinds=kinds,
        checkpoints=tuple(
            DraftCheckpoint(code, f"Place {code}", 10, (lon_of(code), LAT), kind=number % 3)
            for number, code in enumerate(CODES)
        ),
        categories=(Category("open", "Open class", format="short"),),
        formats=(Format("short", "Two hours", checkpoints=(0, 1, 2)),),
        briefings=(Briefing("1", "Mind the road.\nStay together.", consent=True),),
        challenges=(
            Challenge(
                "Q1", "The beast", "Which?", None, Form.CHOICE, right, 20, ("lion", "boar"), hints=hints, **stakes
            ),
            Challenge("Q2", "Counting", "How many?", None, Form.NUMBER, Interval(3, 3, 3), 5, unit="steps"),
            Challenge("Q3", "In order", "Sort", None, Form.ORDER, right, 5, ("one", "two")),
            Challenge("P1", "Picture", "Smile, all of you", None, Form.PHOTO, Judged(), 20),
        ),
    )


def speak(phone: Phone, language: str) -> None:
    """Let a phone speak a language from now on; it is loaded anew."""
    page = phone.page
    page.locator("input[name=team]").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    if language == PSEUDO:
        page.evaluate(
            """async ([text, name]) => {
              const stamp = document.body.dataset.stamp;
              const kept = await caches.open(`wayfold-${stamp}`);
              const content = new Response(text, { headers: { "Content-Type": "application/json" } });
              await kept.put(`/play/set/${stamp}/words/${name}.json`, content);
            }""",
            [json.dumps(words_of(PSEUDO)), "en"],
        )
    page.evaluate("(code) => localStorage.setItem('language', code)", "en" if language == PSEUDO else language)
    page.reload()
    expect(page.locator("h1")).to_have_text(str(words_of(language)["join.title"]), timeout=WAIT_MS)


def every_screen(walker: Walker) -> Iterator[str]:
    """Go from screen to screen, from joining on; each is named while it stands there."""
    phone, hq, _ = walker
    page = phone.page
    phone.stand_at(lon_of("A") + 0.002, LAT)
    yield "join"
    phone.page.goto(f"{phone.url}/play/#acme/park/{hq.code}")
    page.reload()
    page.locator("input[name=team]").fill("Foxes")
    page.locator("button[type=submit]").click()
    page.locator(".check").wait_for()
    yield "consent"
    walker.button("consent.accept").click()
    page.locator(".checkpoint").first.wait_for()
    yield "before the start"
    walker.button("start").click()
    walker.button("fix.allow").click()
    page.locator(".locating summary").wait_for()
    yield "list"
    page.locator(".locating summary").click()
    page.locator("#turned-by").wait_for()
    yield "position, screen and compass"
    page.locator(".locating summary").click()
    yield from _checkpoint(walker)
    yield from _tasks(walker)
    yield from _dialogs_of_help(walker)
    for number, name in enumerate(("list", "map", "tasks", "score", "help")):
        page.locator("nav.tabs .tab").nth(number).click()
        page.locator(".view").wait_for()
        yield f"{name} at the end"


def _checkpoint(walker: Walker) -> Iterator[str]:
    page = walker.phone.page
    page.locator(".checkpoint").first.click()
    page.locator("dialog[open]").wait_for()
    yield "checkpoint"
    page.locator("input[name=checkpoint-code]").fill("nonsense")
    page.locator("dialog button[type=submit]").click()
    page.locator("dialog .told.bad").wait_for()
    yield "checkpoint, refused"
    page.keyboard.press("Escape")
    page.locator(".checkpoint", has_text="Place A").click()
    page.locator("input[name=checkpoint-code]").fill("A")
    page.locator("dialog button[type=submit]").click()
    page.locator(".playing .told.good").wait_for()
    yield "told what counts"


def _tasks(walker: Walker) -> Iterator[str]:
    page = walker.phone.page
    page.locator("nav.tabs .tab").nth(2).click()
    for number in range(4):
        page.locator(".checkpoint").nth(number).click()
        page.locator("dialog[open]").wait_for()
        if number == 0:
            page.locator(".dialog-body > .button").last.click()
            page.locator(".hint-text").wait_for()
        yield f"task {number}"
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")


def _dialogs_of_help(walker: Walker) -> Iterator[str]:
    phone, hq, _ = walker
    page = phone.page
    page.locator("nav.tabs .tab").nth(4).click()
    for key in ("help.retire", "help.leave", "about"):
        walker.button(key).click()
        page.locator("dialog[open]").wait_for()
        if key == "about":
            page.locator("dialog summary").first.wait_for()
        yield f"dialog {key}"
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
    walker.button("help.sos").click()
    page.locator("input[name=sos]").fill("A sprained ankle at the bridge")
    yield "dialog help.sos"
    walker.button("help.sos_send").click()
    page.locator("dialog[open]").wait_for(state="detached")
    page.locator("input[name=say]").fill("We are late")
    walker.button("messages.send").click()
    wayfold("day", "say", "park", "Come back by five, the bridge is closed", "--urgent", "--data", str(hq.folder))
    walker.button("sync.now").click()
    walker.button("messages.read").wait_for()
    yield "messages"
    page.locator("nav.tabs .tab").nth(0).click()
    walker.button("finish.do").click()
    page.locator("dialog[open]").wait_for()
    yield "dialog finish.do"
    page.keyboard.press("Escape")
