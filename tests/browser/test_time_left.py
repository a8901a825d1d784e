"""The time left on a phone is what staff made of it, as soon as the phone has heard."""

from __future__ import annotations

import re

from phones import WAIT_MS, NewPhone, Phone
from playwright.sync_api import expect
from served import ServedProcess, wayfold


def timer(phone: Phone) -> int:
    """The seconds that the head says are left."""
    hours, minutes, seconds = re.findall(r"\d+", phone.page.get_by_role("timer").inner_text())
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def heard(phone: Phone) -> None:
    """Let the phone hear what staff decided."""
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()


def test_the_time_left_follows_a_credit_and_stands_still_in_a_pause(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.join("acme/park", hq.code, "Foxes")
    left = phone.page.get_by_role("timer")
    expect(left).to_contain_text("1:2", timeout=WAIT_MS)
    data = ("--reason", "level crossing", "--data", str(hq.folder))
    wayfold("decide", "time", "park", "Foxes", "30:00", *data)
    heard(phone)
    expect(left).to_contain_text("1:5", timeout=WAIT_MS)
    wayfold("decide", "pause", "park", *data)
    heard(phone)
    expect(left).to_contain_text("time stopped", timeout=WAIT_MS)
    stopped = timer(phone)
    phone.page.wait_for_timeout(3_000)  # time passes: that is what this is about
    assert timer(phone) == stopped
    wayfold("decide", "resume", "park", *data)
    heard(phone)
    expect(left).not_to_contain_text("time stopped", timeout=WAIT_MS)
    assert stopped - 60 < timer(phone) <= stopped + 1, "the second that had begun when time stopped is shown whole"
