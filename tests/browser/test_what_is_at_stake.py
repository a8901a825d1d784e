"""What a player should know before going somewhere or answering: prices, tries, times, who holds a place."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
from looks import findings, misfits, pale
from phones import WAIT_MS, NewPhone
from playable import CODES, LAT, found_game, lon_of
from playwright.sync_api import expect
from served import Device, served

from client_core.game.actions import CheckIn, encode_action
from client_core.game.answers import answer_hash
from client_core.game.challenges import Challenge, Form, Hashed, Hint
from client_core.game.checkpoints import Capture, FirstFinders, Hours, Kind, Method
from client_core.game.entrants import Category, Format
from client_core.game.publish import DraftCheckpoint

HOUR_MS = 3_600_000
HINT_AFTER_MS = 4_000
SALT = b"salt of sixteen!"
LION = Hashed(SALT, (answer_hash(SALT, "lion"),))
ASKED = Challenge(
    *("Q1", "The beast", "Which beast is it?", None, Form.TEXT, LION, 20),
    tries=2,
    wrong_points=5,
    wrong_points_max=7,
    par_ms=HOUR_MS,
    speed_points=60,
    hints=(Hint("Look up", 5), Hint("It roars", 0, delay_ms=HINT_AFTER_MS)),
)
WAYS = (Method.GPS, Method.CODE)
A, B, C, FIN = range(4)


def places_of_every_kind() -> dict[str, Any]:
    """A is open for an hour, B can be held, C opens later and pays its first finders more, FIN is of another format."""
    now_ms = time.time_ns() // 1_000_000
    later = Hours(now_ms + HOUR_MS, now_ms + 2 * HOUR_MS)
    kinds = (
        Kind(WAYS, 50_000, hours=(Hours(now_ms - HOUR_MS, now_ms + HOUR_MS), later)),
        Kind(WAYS, 50_000, pay=Capture(2, HOUR_MS)),
        Kind(WAYS, 50_000, hours=(later,), pay=FirstFinders((10, 5))),
        Kind(WAYS, 50_000),
    )
    places = tuple(
        DraftCheckpoint(code, f"Place {code}", 10, (lon_of(code), LAT), kind=kind) for kind, code in enumerate(CODES)
    )
    return {
        "kinds": kinds,
        "checkpoints": places,
        "finish_code": None,
        "formats": (Format("short", "Two hours", checkpoints=(A, B, C)),),
        "categories": (Category("open", "Families", format="short"),),
    }


def test_a_player_reads_the_tries_left_the_price_of_a_wrong_answer_what_speed_pays_and_when_a_hint_comes(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    code = found_game(tmp_path / "hq", challenges=(ASKED,))
    with served(tmp_path / "hq") as hq:
        phone = new_phone("ann", hq.url).open()
        phone.join("acme/park", code, "Foxes")
        phone.ready_for_offline()
        hq.kill()
        page = phone.page
        phone.tab("Tasks")
        page.locator("button.checkpoint", has_text="Q1").click()
        stakes = page.locator("#stakes")
        expect(stakes).to_contain_text("2 tries left", timeout=WAIT_MS)
        expect(stakes).to_contain_text("A wrong answer costs 5 points")
        expect(stakes).to_contain_text("more for speed; none from")
        phone.shot("stakes")
        assert findings(page) + misfits(page) + pale(page) == []
        page.locator("input[name=answer]").fill("boar")
        page.get_by_role("button", name="Answer", exact=True).click()
        expect(stakes).to_contain_text("1 try left", timeout=WAIT_MS)
        expect(stakes).to_contain_text("A wrong answer costs 2 points")  # of a budget of 7 two are left
        page.get_by_role("button", name="Show a hint (costs 5)").click()
        expect(page.locator(".hint-text")).to_have_text(["Look up"], timeout=WAIT_MS)
        page.get_by_role("button", name="Show a hint (free)").click(timeout=WAIT_MS)  # once its time has come
        expect(page.locator(".hint-text")).to_have_text(["Look up", "It roars"], timeout=WAIT_MS)
        page.locator("input[name=answer]").fill("wolf")
        page.get_by_role("button", name="Answer", exact=True).click()
        expect(stakes).to_contain_text("No tries left.", timeout=WAIT_MS)
        expect(page.locator("input[name=answer]")).to_have_count(0)
        phone.shot("stakes-used-up")
        phone.close_dialog()
        expect(page.locator("button.checkpoint .tag")).to_have_text("no tries left")


def test_a_hint_that_has_its_time_says_from_when_it_can_be_had(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    late = Challenge("Q1", "The beast", "Which?", None, Form.TEXT, LION, 20, hints=(Hint("Up", 5, delay_ms=HOUR_MS),))
    code = found_game(tmp_path / "hq", challenges=(late,))
    with served(tmp_path / "hq") as hq:
        phone = new_phone("ann", hq.url).open()
        phone.join("acme/park", code, "Foxes")
        phone.tab("Tasks")
        phone.page.locator("button.checkpoint", has_text="Q1").click()
        waits = phone.page.locator("#hint-waits")
        expect(waits).to_contain_text("The next hint can be had from", timeout=WAIT_MS)
        expect(waits).to_contain_text("in 59:")
        expect(phone.page.get_by_role("button", name="Show a hint")).to_have_count(0)
        phone.shot("hint-waits")


def test_a_player_reads_offline_when_a_place_is_open_whether_it_is_theirs_and_who_holds_it(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    code = found_game(tmp_path / "hq", **places_of_every_kind())
    with served(tmp_path / "hq") as hq, httpx.Client(trust_env=False) as http:
        phone = new_phone("ann", hq.url).open()
        page = phone.page
        phone.join("acme/park", code, "Foxes")
        phone.ready_for_offline()
        owls = Device(http, "owls", hq.url).join(code, "Owls")
        owls.write(encode_action(CheckIn(Method.CODE, "B", time.time_ns() // 1_000_000, B)))
        owls.sync()
        row = {one: page.locator("button.checkpoint", has_text=f"Place {one}") for one in CODES}
        phone.tab("Help")
        send = page.get_by_role("button", name="Send now")
        deadline = time.monotonic() + WAIT_MS / 1000
        phone.tab("List")
        while row["B"].locator(".tag").count() == 0 and time.monotonic() < deadline:
            phone.tab("Help")
            expect(send).to_be_enabled(timeout=WAIT_MS)
            send.click()
            expect(send).to_be_enabled(timeout=WAIT_MS)
            phone.tab("List")
        hq.kill()
        page.reload()
        expect(row["B"].locator(".tag")).to_have_text("held by Owls", timeout=WAIT_MS)
        expect(row["A"].locator(".tag")).to_have_count(0)
        expect(row["C"].locator(".tag")).to_contain_text("opens")
        expect(row["FIN"].locator(".tag")).to_have_text("not for your team")
        phone.shot("places")
        facts = page.locator("#place-facts")
        for one, said in {
            "A": ["Open until", "Opens from"],
            "B": ["Holding it pays 2 points a minute", "Owls has held it since", "Nobody else can take it before"],
            "C": ["Opens from", "More points for the first teams here: 10, 5."],
            "FIN": ["does not belong to what your team plays"],
        }.items():
            row[one].click()
            for text in said:
                expect(facts).to_contain_text(text)
            phone.shot(f"place-{one}")
            assert findings(page) + misfits(page) + pale(page) == []
            phone.close_dialog()
        phone.tab("Score")
        expect(page.locator("#plays")).to_have_text("Your team plays: Two hours · Families")
        phone.shot("plays")
