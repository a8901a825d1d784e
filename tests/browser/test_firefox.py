"""Another maker's browser: what a phone with Firefox keeps, offline and killed, and sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from firefox import FIREFOX, FirefoxPhone
from playable import LAT, lon_of
from served import ServedProcess


@pytest.fixture
def phone(tmp_path: Path, hq: ServedProcess) -> Iterator[FirefoxPhone]:
    """A phone with Firefox in mid-game, with one check-in that is safe, ready for offline."""
    if FIREFOX is None:
        pytest.skip("no Firefox here: apt-get install firefox-esr")
    made = FirefoxPhone(tmp_path / "phone", hq.url)
    try:
        made.open()
        made.join("acme/park", hq.code, "Foxes")
        made.ready_for_offline()
        made.walk_to(lon_of("A"), LAT)
        assert made.check_in_here("A").startswith("Counts: 10 points")
        made.wait_ticks("all safe")
        yield made
    finally:
        made.close()


def test_what_was_checked_in_offline_survives_a_reload_and_a_kill_and_is_sent_later(
    phone: FirefoxPhone, hq: ServedProcess
) -> None:
    hq.kill()
    phone.walk_to(lon_of("B"), LAT)
    assert phone.check_in_here("B").startswith("Counts: 10 points")
    phone.reload()
    phone.wait_ticks("1 entry only on this phone")
    phone.walk_to(lon_of("C"), LAT)
    assert phone.check_in_here("C").startswith("Counts: 10 points")
    assert phone.violations() == []
    phone.kill()

    phone.open()
    phone.wait_ticks("2 entries only on this phone")
    assert phone.score() == "30 points"
    digest = phone.digest()

    hq.start()
    phone.click("Help", "nav.tabs button")
    phone.click("Send now")
    phone.wait_ticks("all safe")
    line = hq.standings_of_first()
    assert (line["name"], line["score"]) == ("Foxes", 30)
    told = httpx.get(f"{hq.url}/api/v1/acme/games/park/explain/Foxes", trust_env=False).json()
    assert told["digest"] == digest == phone.digest()
    assert phone.violations() == []
    phone.shot("firefox")
