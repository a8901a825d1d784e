"""Joining, by whatever way and in whatever browser: where a game could not be played the player reads so before."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from looks import findings, misfits, pale, unreachable
from phones import WAIT_MS, NewPhone, Phone, film_of
from playable import found_game
from playwright.sync_api import expect
from served import ServedProcess, served, wayfold

from client_core.game.entrants import MemberRule, Presence

ROOT = Path(__file__).resolve().parents[2]
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
HOME_SCREEN = SAFARI.replace("Version/18.5 ", "").replace(" Safari/604.1", "")
"""What an app on the home screen of an iPhone says; an app's own browser says the same."""
INSTALLED = "Object.defineProperty(Navigator.prototype, 'standalone', { get: () => true });"
IPHONE_APP = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 8{}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "{}Chrome/138.0.0.0 Mobile Safari/537.36"
)
AGENTS = [
    ("Instagram", f"{IPHONE_APP} Instagram 390.0.0.28.85 (iPhone15,3; iOS 18_5; en_US; en; scale=3.00; 1290x2796)"),
    ("Facebook", f"{IPHONE_APP} [FBAN/FBIOS;FBAV/520.0.0.38.101;FBBV/756351453;FBDV/iPhone15,3;FBMD/iPhone]"),
    ("Messenger", f"{IPHONE_APP} [FBAN/MessengerForiOS;FBAV/515.0.0.31.108;FBBV/750000000;FBDV/iPhone15,3]"),
    ("Facebook", ANDROID.format("; wv", "Version/4.0 ") + " [FB_IAB/FB4A;FBAV/520.0.0.55.79;]"),
    ("Messenger", ANDROID.format("; wv", "Version/4.0 ") + " [FB_IAB/Orca-Android;FBAV/515.0.0.20.108;]"),
    ("LINE", f"{IPHONE_APP} Safari Line/15.9.0"),
    ("WeChat", f"{IPHONE_APP} MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/en"),
    ("WhatsApp", ANDROID.format("; wv", "Version/4.0 ") + " WhatsApp/2.25.18"),
    ("Threads", f"{IPHONE_APP} Barcelona 390.0.0.25.85 (iPhone15,3; iOS 18_5)"),
    ("TikTok", f"{IPHONE_APP} musical_ly_40.0.0 JsSdk/2.0 NetType/WIFI Channel/App Store BytedanceWebview/d8a21c6"),
    ("Snapchat", f"{IPHONE_APP} Snapchat/13.45.0.50 (like Safari/8621.1.15, panda)"),
    ("LinkedIn", f"{IPHONE_APP} [LinkedInApp]/9.31.1234"),
    ("Pinterest", f"{IPHONE_APP} [Pinterest/iOS]"),
    ("X", f"{IPHONE_APP} Twitter for iPhone/11.5"),
    ("Google", f"{IPHONE_APP} GSA/375.0.0 Safari/604.1"),
    ("", ANDROID.format("; wv", "Version/4.0 ")),
    ("", IPHONE_APP),
    (None, SAFARI),
    (None, SAFARI.replace("Version/18.5", "CriOS/138.0.0.0")),
    (None, SAFARI.replace("Version/18.5", "FxiOS/140.0")),
    (None, ANDROID.format("", "")),
    (None, ANDROID.format("", "").replace("Chrome/", "SamsungBrowser/28.0 Chrome/")),
    (None, "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"),
    (None, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"),
]
"""The app whose browser says so; None for a browser of its own."""


def agent(text: str) -> tuple[str]:
    return (f"--user-agent={text}",)


@pytest.fixture(scope="module")
def told_apart() -> list[str | None]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node")
    script = """
        import { appAround } from "./server/web/player/browsers.js";
        import { readFileSync } from "node:fs";
        const agents = JSON.parse(readFileSync(0, "utf8"));
        process.stdout.write(JSON.stringify(agents.map((one) => appAround(one, false, false))));
    """
    asked = json.dumps([text for _, text in AGENTS])
    answered = subprocess.run(
        [node, "--input-type=module", "-e", script], cwd=ROOT, input=asked, capture_output=True, text=True, check=True
    )
    found: list[str | None] = json.loads(answered.stdout)
    return found


@pytest.mark.parametrize("number", range(len(AGENTS)), ids=lambda number: f"{number}-{AGENTS[number][0]}")
def test_the_browsers_of_apps_are_told_from_real_ones(told_apart: list[str | None], number: int) -> None:
    assert told_apart[number] == AGENTS[number][0], AGENTS[number][1]


def test_in_the_browser_of_an_app_nothing_is_stored_before_the_player_is_told_to_leave_it(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("ann", hq.url)
    phone.more_flags = agent(AGENTS[0][1])
    phone.permissions = ["clipboard-read", "clipboard-write"]
    link = f"{hq.url}/play/#acme/park/{hq.code}"
    page = phone.open(f"/play/#acme/park/{hq.code}").page
    page.get_by_role("heading", name="Open this in your real browser").wait_for()
    expect(page.get_by_text("open inside Instagram")).to_be_visible()
    assert page.locator("input[name=link]").input_value() == link
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == link
    stored = """(async () => {
      const names = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
      return [names, await caches.keys(), (await indexedDB.databases()).length];
    })()"""
    assert page.evaluate(stored) == [[], [], 0]
    phone.shot("in-app")
    page.get_by_role("button", name="Go on here all the same").click()
    page.locator("input[name=team]").wait_for()
    page.reload()
    page.locator("input[name=team]").wait_for()


def test_on_an_iphone_the_app_is_installed_first_and_then_joins_by_the_pasted_link(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    tab = new_phone("tab", hq.url)
    tab.more_flags = agent(SAFARI)
    page = tab.open(f"/play/#acme/park/{hq.code}").page
    page.get_by_role("heading", name="First put the app on your home screen").wait_for()
    assert page.locator("input[name=team]").count() == 0
    link = page.locator("input[name=link]").input_value()
    tab.shot("install-first")

    app = new_phone("app", hq.url)
    app.more_flags = agent(HOME_SCREEN)
    app.begin_pages_with = (INSTALLED,)
    page = app.open().page
    page.locator("input[name=game]").fill(link)
    expect(page.locator("input[name=game]")).to_have_value("acme/park")
    expect(page.locator("input[name=code]")).to_have_value(hq.code)
    page.locator("input[name=team]").fill("Foxes")
    page.locator("button[type=submit]").click()
    page.locator(".playing").wait_for()
    assert page.locator("#handover").count() == 0


def test_a_tab_of_an_iphone_hands_over_what_only_it_holds_by_a_file_that_the_app_takes_in(
    new_phone: NewPhone, hq: ServedProcess, tmp_path: Path
) -> None:
    said = wayfold("game", "join-code", "park", "--team", "Foxes", "--json", "--data", str(hq.folder)).stdout
    code = json.loads(said)["code"]
    tab = new_phone("tab", hq.url)
    tab.more_flags = agent(SAFARI)
    page = tab.open(f"/play/#acme/park/{code}").page
    page.get_by_role("button", name="Join in this tab all the same").click()
    page.locator("button[type=submit]").click()
    note = page.locator("#handover")
    expect(note).to_contain_text("Everything in this tab is sent", timeout=WAIT_MS)
    tab.ready_for_offline()
    app = new_phone("app", hq.url)
    app.more_flags = agent(HOME_SCREEN)
    app.begin_pages_with = (INSTALLED,)
    app.open()
    app.join("acme/park", code)

    hq.kill()
    type_code(tab, "A")
    expect(note).to_contain_text("1 entry is only in this tab", timeout=WAIT_MS)
    tab.shot("handover")
    with page.expect_download() as coming:
        note.get_by_role("button", name="Save my day as a file").click()
    app.tab("Help")
    app.page.locator("input[type=file]").set_input_files(coming.value.path())
    # What the node noted meanwhile travels in the file too, where the app has not heard of it yet.
    taken_in = re.compile(r"^\d+ entr(y was|ies were) taken in\.$")
    expect(app.page.locator(".told p")).to_have_text(taken_in, timeout=WAIT_MS)
    expect(app.page.locator(".head-score")).to_have_text("10 points")
    tab.close()
    hq.start()
    app.page.get_by_role("button", name="Send now").click()
    expect(app.page.get_by_role("button", name="Send now")).to_be_enabled(timeout=WAIT_MS)
    assert hq.standings_of_first()["score"] == 10


def type_code(phone: Phone, code: str) -> None:
    """Check in by the code of a checkpoint."""
    phone.page.locator("button.checkpoint", has_text=f"Place {code}").click()
    phone.page.locator("input[name=checkpoint-code]").fill(code)
    phone.page.get_by_role("button", name="Check in by code").click()
    assert phone.told().startswith("Counts")


def test_a_poster_is_scanned_in_the_app_and_joined(new_phone: NewPhone, hq: ServedProcess, tmp_path: Path) -> None:
    phone = new_phone("ann", hq.url)
    phone.camera = film_of(f"{hq.url}/play/#acme/park/{hq.code}", tmp_path / "film.y4m")
    phone.permissions = ["camera"]
    page = phone.open().page
    page.get_by_role("button", name="Scan a QR code").click()
    expect(page.locator("input[name=code]")).to_have_value(hq.code, timeout=WAIT_MS)
    page.locator("input[name=team]").fill("Foxes")
    page.locator("button[type=submit]").click()
    page.locator(".playing").wait_for()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://elsewhere.example/play/#acme/park/ABCD-EFGH", "This game is on another server"),
        ("javascript:alert(1)#acme/park/ABCD", ""),
        ("https://elsewhere.example/menu#", "This is no code to join a game"),
    ],
)
def test_a_link_that_joins_nothing_here_is_told(new_phone: NewPhone, hq: ServedProcess, text: str, told: str) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.page.locator("input[name=game]").fill(text)
    if told:
        expect(phone.page.locator(".problem")).to_contain_text(told)
    shown = [one.get_attribute("href") for one in phone.page.locator("main a").all()]
    assert shown == ([text] if "another server" in told else [])


def test_a_wrong_code_is_told_in_words_and_nothing_is_joined(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.page.locator("input[name=game]").fill("acme/park")
    phone.page.locator("input[name=code]").fill("AAAA-BBBB")
    phone.page.locator("button[type=submit]").click()
    expect(phone.page.locator(".problem")).to_have_text("This code is not known. Look at it again.", timeout=WAIT_MS)


NO_ED25519 = """
const make = SubtleCrypto.prototype.generateKey;
SubtleCrypto.prototype.generateKey = function (algorithm, ...rest) {
  if (algorithm.name === "Ed25519") return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
  return make.call(this, algorithm, ...rest);
};
"""


@pytest.mark.parametrize(
    ("lacks", "told"), [(NO_ED25519, "cannot make the keys that a game needs"), ("delete window.Worker;", "too old")]
)
def test_a_browser_that_lacks_what_a_game_needs_says_so_before_joining(
    new_phone: NewPhone, hq: ServedProcess, lacks: str, told: str
) -> None:
    phone = new_phone("old", hq.url)
    phone.begin_pages_with = (lacks,)
    phone.open(f"/play/#acme/park/{hq.code}")
    expect(phone.page.get_by_role("alert")).to_contain_text(told, timeout=WAIT_MS)
    assert phone.page.locator("input").count() == 0


def test_a_phone_is_asked_whose_it_is_before_it_plays_and_again_in_help(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    found_game(tmp_path / "hq", members=MemberRule(Presence.LOWEST))
    data = ("--data", str(tmp_path / "hq"))
    (tmp_path / "teams.csv").write_text("number,name,members\n7,Owls,Ada Alder|Ben Birch\n")
    wayfold("game", "teams", "park", str(tmp_path / "teams.csv"), *data)
    code = json.loads(wayfold("game", "join-code", "park", "--team", "7", "--json", *data).stdout)["code"]
    with served(tmp_path / "hq") as hq:
        phone = new_phone("ada", hq.url).open(f"/play/#acme/park/{code}")
        page = phone.page
        page.locator("input[name=team]").wait_for()
        page.locator("button[type=submit]").click()
        page.get_by_text("Who of your team carries this phone?").wait_for()
        assert page.get_by_role("button", name="Say it later").count() == 0
        assert page.get_by_role("button", name="That is us").is_disabled()
        phone.shot("whose-phone")
        assert findings(page) + misfits(page) + pale(page) + unreachable(page) == []
        page.get_by_label("Ada Alder").check()
        page.get_by_role("button", name="That is us").click()
        page.locator("button.checkpoint").first.wait_for()
        phone.tab("Help")
        page.get_by_role("button", name="Whose phone is this?").click()
        assert page.get_by_label("Ada Alder").is_checked()
        page.get_by_label("Ben Birch").check()
        page.get_by_role("button", name="That is us").click()
        page.locator("dialog[open]").wait_for(state="detached")
        page.get_by_role("button", name="Whose phone is this?").click()
        assert page.get_by_label("Ben Birch").is_checked()
