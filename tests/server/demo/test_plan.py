"""The demo's schedule: the same from the same seed, and within what was promised."""

from __future__ import annotations

from collections import Counter

import pytest

from server.demo import highfield
from server.demo.plan import before_start, make_plan


@pytest.mark.parametrize("seed", [1, 2022, 77])
def test_ten_devices_have_ten_links_two_come_by_file_and_one_is_on_the_cable(seed: int) -> None:
    plan = make_plan(seed)
    assert Counter(device.way for device in plan.devices) == {"link": 10, "bundle": 2, "cable": 1}
    assert len({device.link for device in plan.devices if device.link}) == 10
    assert {device.joins_at for device in plan.devices} == {"hq", "edge"}


def test_a_seed_decides_everything() -> None:
    assert make_plan(5) == make_plan(5)
    assert make_plan(5).kill_at_ms != make_plan(6).kill_at_ms


def test_the_edge_is_killed_while_most_are_out() -> None:
    for seed in range(20):
        at_ms = make_plan(seed).kill_at_ms
        tracks = [highfield.fixes(runner.track) for runner in highfield.runners()]
        assert sum(track[0].at_ms <= at_ms <= track[-1].at_ms for track in tracks) >= 5


def test_the_clock_reads_the_first_start_when_setting_up_is_done() -> None:
    plan = before_start(make_plan(1), setup_s=2.0)
    first_ms = highfield.local_ms("2022-06-04T09:27:19")
    assert 3.4 < plan.wall_s_until(first_ms) <= 3.5


def test_starts_and_punches_are_read_in_the_zone_of_the_event() -> None:
    first = next(runner for runner in highfield.runners() if runner.result_id == 2)
    assert first.start_ms == 1_654_333_359_000  # 10:02:39 British Summer Time
    assert first.punches[0] == highfield.Punch("100", 1_654_333_428_000)
    assert first.finish_ms == first.start_ms + 2_242_000
