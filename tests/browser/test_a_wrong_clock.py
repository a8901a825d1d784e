"""A phone whose clock is two hours off, page and worker alike: it is told so all day, and plays like any other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from phones import WAIT_MS, NewPhone, Phone
from playable import LAT, MINUTE_MS, found_game, lon_of
from playwright.sync_api import expect
from served import ServedProcess, opened, served

from client_core.game.timing import MassStart, TimeLimit
from sync.stream import team_audience

HOUR_MS = 3_600_000
WARNING = "clock seems wrong. Set it to automatic"
CONTRADICTED = "time_contradicted"
TEAM = team_audience(bytes(16))[:1]


def a_long_day() -> dict[str, Any]:
    """A game that runs for three hours already, and for five more."""
    start_ms = time.time_ns() // 1_000_000 - 3 * HOUR_MS
    return {
        "opens_at_ms": start_ms,
        "closes_at_ms": start_ms + 9 * HOUR_MS,
        "start": MassStart(start_ms),
        "limit": TimeLimit(8 * HOUR_MS, 10, 30 * MINUTE_MS),
    }


def joined(new_phone: NewPhone, hq: ServedProcess, code: str, off_ms: int) -> Phone:
    phone = new_phone("ann", hq.url)
    phone.clock_off_ms = off_ms
    phone.open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", code, "Foxes")
    expect(phone.page.get_by_text(WARNING)).to_be_visible(timeout=WAIT_MS)
    phone.allow_position()
    return phone


def line_of(hq: ServedProcess) -> tuple[int, list[str]]:
    """Score and flags of the one team."""
    line = hq.standings_of_first()
    return line["score"], line["flags"]


def has_noted(hq: ServedProcess) -> bool:
    """Whether headquarters has written in the team's audience that it saw something of its phone."""
    with opened(hq.folder) as game:
        keys = [state.key for state in game.log.index.streams.values()]
        return any(key.public_key == game.key.public_key and key.audience[:1] == TEAM for key in keys)


def send(phone: Phone) -> None:
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("all safe")


def send_until(phone: Phone, hq: ServedProcess, wanted: tuple[int, list[str]]) -> None:
    """Send, as a player does who wants to know, until headquarters and the phone have noted what they saw."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while not has_noted(hq) or line_of(hq) != wanted or phone.score() != f"{wanted[0]} points":
        assert time.monotonic() < deadline, (line_of(hq), phone.score())
        send(phone)
        phone.page.wait_for_timeout(200)
    send(phone)


@pytest.mark.parametrize("off_ms", [2 * HOUR_MS, -2 * HOUR_MS], ids=["ahead", "behind"])
def test_a_phone_whose_clock_is_two_hours_off_is_told_so_and_plays_and_its_check_ins_count_and_are_flagged(
    new_phone: NewPhone, player_app: None, tmp_path: Path, off_ms: int
) -> None:
    code = found_game(tmp_path / "hq", **a_long_day())
    with served(tmp_path / "hq") as hq:
        phone = joined(new_phone, hq, code, off_ms)
        assert phone.check_in_here("A").startswith("Counts: 10 points")
        for tab in ("List", "Map", "Tasks", "Score", "Help"):
            phone.tab(tab)
            expect(phone.page.get_by_text(WARNING)).to_be_in_viewport(timeout=WAIT_MS)
        phone.shot(f"clock-{off_ms}")
        # A clock that is behind contradicts nobody before a node has said that it saw something of this phone.
        send_until(phone, hq, (10, [CONTRADICTED] if off_ms > 0 else []))
        phone.stand_at(lon_of("B"), LAT)
        assert phone.check_in_here("B").startswith("Counts: 10 points")
        send_until(phone, hq, (20, [CONTRADICTED]))


def test_a_check_in_after_the_time_by_a_wrong_clock_is_kept_and_counts_once_a_node_has_seen_it(
    new_phone: NewPhone, hq: ServedProcess
) -> None:
    phone = joined(new_phone, hq, hq.code, 2 * HOUR_MS)
    assert phone.check_in_here("A") == "Your time is over. It is kept for the staff to see."
    phone.close_dialog()
    send_until(phone, hq, (10, [CONTRADICTED]))
