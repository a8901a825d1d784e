"""A new version of the app in mid-game: it waits, nothing is lost, and once the game is over it takes over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from phones import NewPhone, Phone
from playable import LAT, lon_of
from playwright.sync_api import expect
from releases import NEXT_VERSION, next_release, stamp_of_release
from served import ServedProcess

WAIT_MS = 60_000
STORE_FILE = """
async (name) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("wayfold");
  const bytes = new Uint8Array(await (await (await folder.getFileHandle(name)).getFile()).arrayBuffer());
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
"""
TELL_AGAIN_EVERY_MS, TURNS = 5_000, 2
"""How often a page offers to a newer version to take over (`offline.js`), and how often this test lets it."""
ONE_SET = "caches.keys().then((names) => names.filter((name) => name.startsWith('wayfold-')).length === 1)"


def stamp(phone: Phone) -> str:
    """The set that this page is of."""
    return str(phone.page.evaluate("document.body.dataset.stamp"))


def sets_kept(phone: Phone) -> list[str]:
    """The sets that the phone keeps."""
    names: list[str] = phone.page.evaluate("caches.keys()")
    return sorted(name.removeprefix("wayfold-") for name in names if name.startswith("wayfold-"))


def version_of_store(phone: Phone, folder: Path) -> int:
    """The version of the file on the phone, read in a copy of it and of its log."""
    for name in ("wayfold.db", "wayfold.db-wal"):
        (folder / name).write_bytes(phone.page.evaluate(STORE_FILE, name).encode("latin-1"))
    with closing(sqlite3.connect(folder / "wayfold.db")) as copy:
        assert copy.execute("SELECT count(*) FROM next_release").fetchone() == (0,)
        (version,) = copy.execute("PRAGMA user_version").fetchone()
    return int(version)


def finish_and_read_the_result(phone: Phone, old: str) -> None:
    """Check in at the finish and look at the score; the old version stays until that was done."""
    assert phone.check_in_here("FIN").startswith("Counts: 10 points")
    expect(phone.page.locator("#newer")).to_contain_text("once you have looked at your score", timeout=WAIT_MS)
    phone.shot("new-version-after-the-finish")
    for _ in range(TURNS):  # it is asked for again and again
        phone.page.wait_for_timeout(TELL_AGAIN_EVERY_MS)
    assert phone.told().startswith("Counts: 10 points"), "what became of the finish still stands there"
    assert stamp(phone) == old
    phone.tab("Score")
    expect(phone.page.locator(".figure.big strong")).to_have_text("30", timeout=WAIT_MS)
    assert stamp(phone) == old
    phone.tab("List")


def test_a_new_version_waits_for_the_end_of_the_game_and_takes_over_with_unsent_entries_aboard(
    new_phone: NewPhone, hq: ServedProcess, tmp_path: Path
) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Foxes")
    phone.ready_for_offline()
    phone.allow_position()
    phone.check_in_here("A")
    phone.wait_ticks("all safe")
    old = stamp(phone)
    hq.kill()
    hq.release = next_release(tmp_path / "release")
    new = stamp_of_release(hq.release)
    assert new != old

    hq.start()
    phone.page.reload()  # a browser looks for a new service worker where a page is loaded
    expect(phone.page.locator("#newer")).to_have_text(
        "A new version of the app is here. It waits until your game is over.", timeout=WAIT_MS
    )
    phone.shot("new-version-waits")
    assert sets_kept(phone) == sorted([old, new])
    hq.kill()
    phone.page.reload()
    expect(phone.page.locator("#newer")).to_be_visible(timeout=WAIT_MS)
    assert stamp(phone) == old
    phone.tab("Help")  # what is loaded only now comes from the old set, which no server has any more
    phone.page.get_by_role("button", name="About").click()
    phone.page.locator("dialog summary").first.wait_for()
    phone.page.keyboard.press("Escape")
    phone.stand_at(lon_of("B"), LAT)
    phone.tab("List")
    phone.allow_position()
    assert phone.check_in_here("B").startswith("Counts")
    phone.stand_at(lon_of("FIN"), LAT)
    finish_and_read_the_result(phone, old)

    # The result was looked at: the new version takes over by itself, the two entries still only on this phone.
    phone.page.wait_for_function("stamp => document.body.dataset.stamp === stamp", arg=new, timeout=WAIT_MS)
    phone.wait_ticks("2 entries only on this phone")
    assert phone.score() == "30 points"
    expect(phone.page.locator("#newer")).to_have_count(0)
    phone.page.wait_for_function(ONE_SET)
    assert sets_kept(phone) == [new]
    assert version_of_store(phone, tmp_path) == NEXT_VERSION
    phone.kill()

    phone.open()
    phone.wait_ticks("2 entries only on this phone")
    assert stamp(phone) == new
    hq.start()
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("all safe")
    assert hq.standings_of_first()["score"] == 30
    phone.shot("new-version-took-over")


def test_a_new_version_that_waited_for_the_result_comes_when_the_app_is_opened_again(
    new_phone: NewPhone, hq: ServedProcess, tmp_path: Path
) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.stand_at(lon_of("FIN"), LAT)
    phone.join("acme/park", hq.code, "Foxes")
    phone.ready_for_offline()
    expect(phone.page.locator("#newer")).to_have_count(0)  # the first version of all is no newer one
    hq.kill()
    hq.release = next_release(tmp_path / "release")
    new = stamp_of_release(hq.release)
    hq.start()
    phone.page.reload()
    expect(phone.page.locator("#newer")).to_be_visible(timeout=WAIT_MS)
    phone.allow_position()
    assert phone.check_in_here("FIN").startswith("Counts: 10 points")
    phone.wait_ticks("all safe")
    phone.quit()
    phone.open()
    expect(phone.page.locator("body")).to_have_attribute("data-stamp", new, timeout=WAIT_MS)
    expect(phone.page.locator(".head-score")).to_have_text("10 points", timeout=WAIT_MS)
