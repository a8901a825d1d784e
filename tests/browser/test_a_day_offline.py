"""A day on a phone: joined online, played offline, killed, reopened without any server; nothing is lost."""

from __future__ import annotations

import httpx
from phones import NewPhone
from playable import LAT, lon_of
from served import ServedProcess


def test_what_was_checked_in_offline_survives_the_death_of_server_and_browser_and_is_sent_later(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", hq.code, "Foxes")
    phone.ready_for_offline()
    phone.allow_position()
    assert phone.check_in_here("A").startswith("Counts: 10 points")
    phone.wait_ticks("all safe")
    assert hq.standings_of_first()["score"] == 10

    hq.kill()
    phone.stand_at(lon_of("B"), LAT)
    assert phone.check_in_here("B").startswith("Counts: 10 points")
    phone.wait_ticks("1 entry only on this phone")
    phone.kill()

    phone.open()
    phone.wait_ticks("1 entry only on this phone")
    assert phone.score() == "20 points"
    digest = phone.digest()

    hq.start()
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("all safe")
    line = hq.standings_of_first()
    assert (line["name"], line["score"]) == ("Foxes", 20)
    told = httpx.get(f"{hq.url}/api/v1/acme/games/park/explain/Foxes", trust_env=False).json()
    assert told["digest"] == digest == phone.digest()
    phone.shot("score")
