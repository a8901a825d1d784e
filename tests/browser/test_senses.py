"""What a phone senses: which way it is held or carried, a tag, and a screen that stays on while it is wanted."""

from __future__ import annotations

import re

from phones import WAIT_MS, NewPhone, Phone
from playable import LAT, lon_of
from playwright.sync_api import expect
from served import ServedProcess

ASKS_FOR_COMPASS = """
DeviceOrientationEvent.requestPermission = () => Promise.resolve(window.allowsCompass ?? "granted");
"""
"""As an iPhone has it: the compass is asked for, and tells its heading in a field of its own."""
TURN = """
(degrees) => window.dispatchEvent(Object.assign(new Event("deviceorientation"), { webkitCompassHeading: degrees }))
"""
TAGS = """
window.NDEFReader = class extends EventTarget {
  async scan() {
    if (window.forbidsTags) throw new DOMException("no", "NotAllowedError");
    window.hold = (text) => {
      const data = new DataView(new TextEncoder().encode(text).buffer);
      const message = { records: text ? [{ recordType: "text", encoding: "utf-8", data }] : [] };
      this.dispatchEvent(Object.assign(new Event("reading"), { message, serialNumber: "04:a2" }));
    };
  }
};
"""
"""A browser with Web NFC, and a tag to hold to it."""
LOCKS = """
let held = 0;
const count = (more) => { held += more; document.documentElement.dataset.held = String(held); };
Object.defineProperty(Navigator.prototype, "wakeLock", { get: () => ({
  request: async () => {
    if (window.savesPower) throw new DOMException("no", "NotAllowedError");
    count(1);
    const lock = new EventTarget();
    lock.released = false;
    lock.release = async () => { count(-1); lock.released = true; };
    return lock;
  },
}) });
"""
"""A screen that counts who keeps it on."""


WAKINGS = """
window.wakings = 0;
SyncManager.prototype.register = async () => { window.wakings += 1; };
"""
"""A browser that counts how often it is asked to wake the app."""
LEAVE = """
() => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
  return window.wakings;
}
"""


def playing(phone: Phone, hq: ServedProcess) -> Phone:
    """In the game, two steps west of checkpoint C, with positions."""
    phone.open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Foxes")
    phone.allow_position()
    phone.page.locator(".locating summary").click()
    return phone


def arrow_to(phone: Phone, code: str) -> int:
    """By how much the arrow to a checkpoint is turned, in degrees."""
    row = phone.page.locator("button.checkpoint", has_text=f"Place {code}")
    turned = row.locator("path").get_attribute("transform")
    found = re.search(r"-?\d+", str(turned))
    assert found is not None
    return int(found[0]) % 360


def turned_to(phone: Phone, code: str, degrees: int) -> None:
    """Wait until the arrow points there."""
    row = phone.page.locator("button.checkpoint", has_text=f"Place {code}")
    at = "|".join(f"rotate\\({one}\\)" for one in (degrees, degrees - 360))
    expect(row.locator("path")).to_have_attribute("transform", re.compile(at), timeout=WAIT_MS)


def test_the_list_tells_distance_and_direction_and_its_arrows_turn_with_the_compass_after_a_tap(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("ann", hq.url)
    phone.begin_pages_with = (ASKS_FOR_COMPASS,)
    playing(phone, hq)
    away = phone.page.locator("button.checkpoint", has_text="Place C").locator(".checkpoint-away")
    expect(away).to_have_text(re.compile(r"^24\d m east$"), timeout=WAIT_MS)
    assert arrow_to(phone, "C") == 90
    expect(phone.page.locator("#turned-by")).to_contain_text("up is north")
    phone.page.evaluate(TURN, 45)
    assert arrow_to(phone, "C") == 90  # nobody asked for the compass yet
    phone.page.get_by_role("button", name="Turn the arrows with the phone").click()
    expect(phone.page.get_by_role("button", name="Turn the arrows with the phone")).to_have_count(0)
    phone.page.evaluate(TURN, 45)
    turned_to(phone, "C", 45)
    expect(phone.page.locator("#turned-by")).to_contain_text("turn with the phone")
    phone.page.evaluate(TURN, 100)
    turned_to(phone, "C", -10)


def test_without_a_compass_the_arrows_turn_with_the_way_that_is_walked(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url)
    phone.begin_pages_with = (ASKS_FOR_COMPASS, "window.allowsCompass = 'denied';")
    playing(phone, hq)
    phone.page.get_by_role("button", name="Turn the arrows with the phone").click()
    expect(phone.page.locator("#turned-by")).to_contain_text("may not use the compass")
    phone.stand_at(lon_of("A") + 0.0004, LAT)
    expect(phone.page.locator("#turned-by")).to_contain_text("up is where you are walking", timeout=WAIT_MS)
    turned_to(phone, "C", 0)
    turned_to(phone, "A", 180)


def test_a_tag_held_to_the_phone_checks_in(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url)
    phone.begin_pages_with = (TAGS,)
    playing(phone, hq)
    phone.page.locator("button.checkpoint", has_text="Place B").click()
    phone.page.get_by_role("button", name="Read a tag (NFC)").click()
    phone.page.get_by_text("Hold the back of the phone").wait_for()
    phone.page.evaluate("hold('')")
    expect(phone.page.get_by_role("alert")).to_contain_text("no text on this tag")
    phone.page.evaluate("hold('B')")
    assert phone.told().startswith("Counts: 10 points")


def test_a_browser_that_may_not_read_tags_says_what_to_do_instead(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url)
    phone.begin_pages_with = (TAGS, "window.forbidsTags = true;")
    playing(phone, hq)
    phone.page.locator("button.checkpoint", has_text="Place B").click()
    phone.page.get_by_role("button", name="Read a tag (NFC)").click()
    expect(phone.page.get_by_role("alert")).to_contain_text("Scan or type the code instead")


def test_a_browser_without_tags_offers_none(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = playing(new_phone("ann", hq.url), hq)
    phone.page.locator("button.checkpoint", has_text="Place B").click()
    phone.page.get_by_role("button", name="Scan a QR code").wait_for()
    assert phone.page.get_by_role("button", name="Read a tag (NFC)").count() == 0


def test_the_screen_stays_on_where_it_is_wanted_and_again_after_the_page_is_loaded_again(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("ann", hq.url)
    phone.begin_pages_with = (LOCKS,)
    playing(phone, hq)
    expect(phone.page.get_by_text("Positions stop when the screen goes dark.")).to_be_visible()
    screen = phone.page.locator("html")
    assert screen.get_attribute("data-held") is None
    phone.page.get_by_label("Keep the screen on").check()
    expect(screen).to_have_attribute("data-held", "1")
    phone.page.reload()
    expect(screen).to_have_attribute("data-held", "1", timeout=WAIT_MS)
    phone.allow_position()
    phone.page.locator(".locating summary").click()
    phone.page.get_by_label("Keep the screen on").uncheck()
    expect(screen).to_have_attribute("data-held", "0")


def test_a_phone_that_saves_power_says_that_its_screen_does_not_stay_on(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url)
    phone.begin_pages_with = (LOCKS, "window.savesPower = true;")
    playing(phone, hq)
    phone.page.get_by_label("Keep the screen on").click()
    expect(phone.page.get_by_text("does not keep the screen on now")).to_be_visible()


def test_the_service_worker_wakes_an_open_page_when_the_network_is_back(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = playing(new_phone("ann", hq.url), hq)
    phone.ready_for_offline()
    session = phone.context.new_cdp_session(phone.page)
    known: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: known.extend(one["registrationId"] for one in told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    hq.kill()
    assert phone.check_in_here("A").startswith("Counts")
    phone.wait_ticks("1 entry only on this phone")
    phone.page.evaluate(
        "navigator.serviceWorker.addEventListener('message', ({ data }) => {"
        " document.documentElement.dataset.woken = data.kind; })"
    )
    hq.start()
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": phone.url, "registrationId": known[-1], "tag": "events", "lastChance": False},
    )
    expect(phone.page.locator("html")).to_have_attribute("data-woken", "sync-now", timeout=WAIT_MS)
    phone.wait_ticks("all safe")
    phone.tab("Help")
    expect(phone.page.get_by_text(re.compile("wakes this app|sends while it is open"))).to_be_visible()


def test_a_browser_is_asked_to_wake_the_app_when_it_is_left_with_something_to_send_and_not_after_every_check_in(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("ann", hq.url)
    phone.begin_pages_with = (WAKINGS,)
    playing(phone, hq)
    phone.ready_for_offline()
    phone.wait_ticks("all safe")
    before = phone.page.evaluate("window.wakings")
    assert phone.page.evaluate(LEAVE) == before, "nothing to send"
    hq.kill()
    assert phone.check_in_here("A").startswith("Counts")
    phone.wait_ticks("1 entry only on this phone")
    assert phone.page.evaluate("window.wakings") == before
    assert phone.page.evaluate(LEAVE) == before + 1
