"""The table of causes: what may happen to a phone in mid-game, what its player reads, and that nothing is lost."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from looks import findings, misfits, pale
from phones import NewPhone, Phone
from playable import LAT, lon_of
from playwright.sync_api import expect
from served import ServedProcess, wayfold

from client_core.store.database import Database

WAIT_MS = 60_000


@pytest.fixture
def playing(new_phone: NewPhone, hq: ServedProcess) -> Phone:
    """A phone in mid-game with one check-in, ready for offline, its server dead."""
    phone = new_phone("ann", hq.url).open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Foxes")
    phone.ready_for_offline()
    phone.allow_position()
    phone.check_in_here("A")
    phone.wait_ticks("all safe")
    hq.kill()
    return phone


def check_in_at(phone: Phone, code: str) -> str:
    phone.stand_at(lon_of(code), LAT)
    return phone.check_in_here(code)


def test_reloading_the_page_in_the_middle_of_play_loses_nothing(playing: Phone) -> None:
    check_in_at(playing, "B")
    playing.page.reload()
    playing.wait_ticks("1 entry only on this phone")
    assert playing.score() == "20 points"


def test_a_page_loaded_again_and_again_finds_its_store_once_the_old_worker_let_go(playing: Phone) -> None:
    check_in_at(playing, "B")
    for _ in range(5):
        playing.page.reload(wait_until="commit")
        playing.page.wait_for_timeout(700)
    playing.wait_ticks("1 entry only on this phone")
    assert playing.score() == "20 points"


def test_a_second_tab_says_that_the_game_is_open_can_save_the_day_and_can_take_it_over(
    playing: Phone, hq: ServedProcess
) -> None:
    check_in_at(playing, "B")
    other = playing.context.new_page()
    playing.listen(other)
    other.goto(f"{playing.url}/play/")
    other.get_by_text("This game is open in another tab").wait_for(timeout=WAIT_MS)
    with other.expect_download() as coming:
        other.get_by_role("button", name="Save my day as a file").click()
    day = coming.value.path()
    other.get_by_role("button", name="Play here").click()
    expect(other.locator(".head-score")).to_have_text("20 points", timeout=WAIT_MS)
    playing.page.get_by_text("This game is open in another tab").wait_for(timeout=WAIT_MS)
    playing.shot("second-tab")
    wayfold("bundle", "import", str(day), "--data", str(hq.folder))
    hq.start()
    assert hq.standings_of_first()["score"] == 20


def test_killed_at_any_moment_of_many_check_ins_what_was_told_saved_is_there(playing: Phone) -> None:
    check_in_at(playing, "B")
    playing.stand_at(lon_of("C"), LAT)
    told = playing.check_in_here("C")
    playing.kill()
    assert told.startswith("Counts")
    playing.open()
    playing.wait_ticks("2 entries only on this phone")
    assert playing.score() == "30 points"


def test_without_a_store_the_player_is_told_loudly_that_nothing_is_kept_and_plays_and_sends(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("bob", hq.url)
    phone.without = ("opfs", "indexed")
    phone.open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Owls")
    expect(phone.page.get_by_text("This browser stores nothing").first).to_be_visible(timeout=WAIT_MS)
    phone.allow_position()
    assert phone.check_in_here("A").startswith("Counts: 10 points")
    phone.wait_ticks("all safe")
    phone.shot("store-in-memory")
    hq.kill()
    check_in_at(phone, "B")
    phone.tab("Help")
    with phone.page.expect_download() as coming:
        phone.page.get_by_role("button", name="Save my day as a file").click()
    wayfold("bundle", "import", str(coming.value.path()), "--data", str(hq.folder))
    hq.start()
    assert hq.standings_of_first()["score"] == 20


def test_without_opfs_the_store_is_kept_in_indexeddb_before_anything_is_called_saved(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("bob", hq.url)
    phone.without = ("opfs",)
    phone.open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Owls")
    phone.page.locator("#indexed").wait_for()
    phone.ready_for_offline()
    phone.allow_position()
    phone.check_in_here("A")
    phone.wait_ticks("all safe")
    hq.kill()
    for code, score in (("B", "20 points"), ("C", "30 points")):
        told = check_in_at(phone, code)
        phone.kill()
        assert told.startswith("Counts")
        phone.open()
        expect(phone.page.locator(".head-score")).to_have_text(score, timeout=WAIT_MS)
        phone.stand_at(lon_of(code), LAT)
        phone.allow_position()
    phone.wait_ticks("2 entries only on this phone")
    digest = phone.digest()
    phone.shot("store-in-indexeddb")
    hq.start()
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("all safe")
    assert hq.standings_of_first()["score"] == 30
    assert phone.digest() == digest


def test_a_browser_that_made_room_tells_what_it_deleted_and_the_team_goes_on_from_what_was_sent(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Foxes")
    phone.ready_for_offline()
    phone.allow_position()
    phone.check_in_here("A")
    phone.wait_ticks("all safe")
    phone.quit()
    phone.open("/health")  # the same origin; a browser makes room while the app is closed
    evict(phone, "file_systems,indexeddb,cache_storage,service_workers")
    phone.page.goto(f"{phone.url}/play/")
    told = phone.page.locator("#lost")
    expect(told).to_contain_text("This browser has deleted what the app kept of “Firenze by foot”", timeout=WAIT_MS)
    phone.shot("evicted")
    assert hq.standings_of_first()["score"] == 10

    said = wayfold("game", "join-code", "park", "--team", "Foxes", "--json", "--data", str(hq.folder))
    phone.page.locator("input[name=code]").fill(json.loads(said.stdout)["code"])
    phone.page.locator("button[type=submit]").click()
    expect(phone.page.locator(".head-score")).to_have_text("10 points", timeout=WAIT_MS)
    phone.stand_at(lon_of("B"), LAT)
    phone.allow_position()
    assert check_in_at(phone, "B").startswith("Counts")
    phone.wait_ticks("all safe")
    assert hq.standings_of_first()["score"] == 20

    phone.quit()
    phone.open("/health")
    evict(phone, "all")
    phone.page.goto(f"{phone.url}/play/")
    phone.page.get_by_text("Did you play here already? Then this browser was cleared.").wait_for(timeout=WAIT_MS)


PUT_STORE = """
async (content) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("wayfold");
  for (const [name, bytes] of [["wayfold.db", content], ["wayfold.db-wal", []]]) {
    const file = await (await folder.getFileHandle(name)).createWritable();
    await file.write(new Uint8Array(bytes));
    await file.close();
  }
}
"""


def damaged_store(path: Path) -> bytes:
    """A store whose pages behind the first were overwritten, as failing storage does it."""
    Database.open(path).close()
    content = bytearray(path.read_bytes())
    content[4096:20480] = b"\xff" * 16384
    return bytes(content)


def test_a_damaged_store_can_be_saved_as_it_is_before_the_phone_is_erased_to_join_again(
    playing: Phone, hq: ServedProcess, tmp_path: Path
) -> None:
    damaged = damaged_store(tmp_path / "damaged.db")
    playing.quit()
    hq.start()
    playing.open("/health")  # the same origin, without the app
    playing.page.evaluate(PUT_STORE, list(damaged))
    playing.page.goto(f"{playing.url}/play/")
    playing.page.get_by_text("The store on this phone is damaged").wait_for(timeout=WAIT_MS)
    expect(playing.page.get_by_text("give it to your organiser; then erase this phone and join again")).to_be_visible()
    playing.shot("damaged")
    erase = playing.page.get_by_role("button", name="Leave and erase this phone")
    expect(erase).to_be_disabled()
    with playing.page.expect_download() as coming:
        playing.page.get_by_role("button", name="Save my day as a file").click()
    with zipfile.ZipFile(coming.value.path()) as saved:
        assert saved.read("wayfold.db") == damaged
    expect(playing.page.get_by_text("✓ Saved. Keep the file")).to_be_visible(timeout=WAIT_MS)
    assert findings(playing.page) + misfits(playing.page) + pale(playing.page) == []
    erase.click()
    playing.page.get_by_role("heading", name="Join a game").wait_for(timeout=WAIT_MS)


def evict(phone: Phone, kinds: str) -> None:
    """Delete what a browser keeps of the app, as it does when it needs room, or its owner."""
    session = phone.context.new_cdp_session(phone.page)
    session.send("Storage.clearDataForOrigin", {"origin": phone.url, "storageTypes": kinds})


def test_a_full_phone_refuses_the_check_in_in_words_and_plays_on_once_there_is_room(playing: Phone) -> None:
    session = playing.context.new_cdp_session(playing.page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": playing.url, "quotaSize": 1})
    playing.page.reload()  # a browser hands out room in large pieces; a store that is opened anew has none left over
    playing.stand_at(lon_of("B"), LAT)
    playing.allow_position()
    assert "No room on this phone" in playing.check_in_here("B")
    assert playing.score() == "10 points"
    session.send("Storage.overrideQuotaForOrigin", {"origin": playing.url})
    playing.close_dialog()
    assert playing.check_in_here("B").startswith("Counts")
    assert playing.score() == "20 points"


def test_a_phone_that_may_not_use_its_position_says_so_and_plays_by_code(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("eve", hq.url)
    phone.permissions = []
    phone.open()
    phone.join("acme/park", hq.code, "Larks")
    phone.page.get_by_role("button", name="Use my position").click()
    phone.page.get_by_text("This browser may not use your position").wait_for(timeout=WAIT_MS)
    phone.page.locator("button.checkpoint").first.click()
    phone.page.get_by_label("Code at the checkpoint").fill("A")
    phone.page.get_by_role("button", name="Check in by code").click()
    assert phone.told().startswith("Counts: 10 points")


def test_the_day_as_a_file_brings_home_what_no_network_did(playing: Phone, hq: ServedProcess) -> None:
    check_in_at(playing, "B")
    playing.tab("Help")
    with playing.page.expect_download() as coming:
        playing.page.get_by_role("button", name="Save my day as a file").click()
    path = coming.value.path()
    hq.start()
    wayfold("bundle", "import", str(path), "--data", str(hq.folder))
    assert hq.standings_of_first()["score"] == 20


def test_leaving_warns_of_what_is_only_here_and_erases_all_of_it(playing: Phone) -> None:
    check_in_at(playing, "B")
    playing.tab("Help")
    playing.page.get_by_role("button", name="Leave and erase this phone").click()
    playing.page.get_by_text("1 entry is only on this phone and would be lost").wait_for()
    playing.page.locator("dialog").get_by_role("button", name="Leave and erase this phone").click()
    playing.page.get_by_role("heading", name="Join a game").wait_for(timeout=WAIT_MS)
    left = playing.page.evaluate(
        "(async () => { const names = []; for await (const name of (await navigator.storage.getDirectory()).keys())"
        " names.push(name); return [names, (await indexedDB.databases()).map((one) => one.name)]; })()"
    )
    assert left[1] == []
