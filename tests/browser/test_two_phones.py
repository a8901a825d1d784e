"""Two phones of one team, both without a network: what both did is paid once, and both are told so."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from phones import WAIT_MS, NewPhone, Phone
from playable import LAT, found_game, lon_of
from playwright.sync_api import expect
from served import ServedProcess, served, wayfold

from client_core.game.answers import answer_hash
from client_core.game.challenges import Challenge, Form, Hashed

SALT = b"s" * 16
MINUS = "\N{MINUS SIGN}"
ISOLATED, ISOLATED_NO_MORE = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
"""What keeps a sign and its number together in a language that is read from the right."""
RIDDLE = Challenge(
    *("Q1", "The dome", "Who built it?", 0, Form.TEXT, Hashed(SALT, (answer_hash(SALT, "brunelleschi"),)), 20),
    tries=3,
    wrong_points=5,
    wrong_points_max=15,
)


def team_code(hq: ServedProcess) -> str:
    """A code for the phones of one team."""
    said = wayfold("game", "join-code", "park", "--team", "Foxes", "--json", "--data", str(hq.folder)).stdout
    code: str = json.loads(said)["code"]
    return code


def at_the_start(phone: Phone, code: str) -> Phone:
    phone.open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", code)
    phone.ready_for_offline()
    phone.allow_position()
    return phone


def answer(phone: Phone, text: str) -> str:
    """Say an answer to the riddle; what is told."""
    phone.tab("Tasks")
    phone.page.locator("button.checkpoint", has_text="Q1").click()
    phone.page.locator("input[name=answer]").fill(text)
    phone.page.get_by_role("button", name="Answer", exact=True).click()
    said = phone.told()
    dialog = phone.page.locator("dialog")
    if dialog.count():
        phone.close_dialog()
    phone.page.locator(".told").get_by_role("button").click()
    return said


def send(phone: Phone) -> None:
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("all safe")


def lines_of(phone: Phone) -> list[str]:
    """The explanation of the score, without its times."""
    phone.tab("Score")
    phone.page.locator("#digest").wait_for()
    found: list[str] = phone.page.locator("ol.lines li").evaluate_all(
        "lines => lines.map((line) => line.querySelector('.line-text').firstChild.textContent"
        " + ' ' + line.querySelector('strong').textContent)"
    )
    return [line.replace(ISOLATED, "").replace(ISOLATED_NO_MORE, "") for line in found]


def test_what_two_phones_of_a_team_did_offline_is_paid_once_and_both_are_told(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    found_game(tmp_path / "hq", challenges=(RIDDLE,))
    with served(tmp_path / "hq") as hq:
        code = team_code(hq)
        ann, bob = (at_the_start(new_phone(name, hq.url), code) for name in ("ann", "bob"))
        hq.kill()
        assert ann.check_in_here("A").startswith("Counts: 10 points")
        assert bob.check_in_here("A").startswith("Counts: 10 points")
        assert answer(ann, "Brunelleschi").startswith("Counts: 20 points")
        assert answer(bob, "Michelangelo").startswith("Not right.")
        assert answer(bob, "brunelleschi").startswith("Counts: 20 points")
        assert (ann.score(), bob.score()) == ("30 points", "25 points")
        hq.start()
        for phone in (ann, bob, ann):
            send(phone)
        for phone in (ann, bob):
            expect(phone.page.locator(".head-score")).to_have_text("25 points", timeout=WAIT_MS)
        told = httpx.get(f"{hq.url}/api/v1/acme/games/park/explain/Foxes", trust_env=False).json()
        assert hq.standings_of_first()["score"] == told["score"] == 25
        assert ann.digest() == bob.digest() == told["digest"]
        lines = lines_of(ann)
        assert lines == lines_of(bob)
        bob.shot("two-phones")
        assert [line for line in lines if line.endswith(" 10")] == ["A: visited 10"]
        assert [line for line in lines if line.endswith(" 20")] == ["Q1: right answer 20"]
        assert f"Q1: Not right. {MINUS}5" in lines
        assert "A: You have been here before. 0" in lines
        assert "Q1: You said so before. 0" in lines
