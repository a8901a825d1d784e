"""Recorded links, looped: when a device is online and for how long."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from client_core.clock import SteppedClock
from client_core.transports.errors import TransportError
from client_core.transports.link import RecordedLink, Step, read_link

STEPS = (Step(1000, 1000, 100), Step(2000, 500), Step(3000, 20), Step(1000, 800))
LOOP_MS = 7000


def test_offline_is_below_50_kbps_and_the_recording_loops() -> None:
    link = RecordedLink(STEPS, SteppedClock(0), 10_000)
    for turn in (-1, 0, 1, 5):
        start_ms = 10_000 + turn * LOOP_MS
        assert link.is_online(start_ms + 2_999)
        assert not link.is_online(start_ms + 3_000)
        assert not link.is_online(start_ms + 5_999)
        assert link.is_online(start_ms + 6_000)


def test_the_time_until_the_link_closes_runs_over_the_loop() -> None:
    link = RecordedLink(STEPS, SteppedClock(0), 0)
    assert link.open_for_ms(0) == 3_000
    assert link.open_for_ms(6_500) == 3_500
    assert link.open_for_ms(4_000) == 0
    assert RecordedLink(STEPS[:1], SteppedClock(0), 0).open_for_ms(5) == float("inf")
    assert link.offline_ms(0, 2 * LOOP_MS) == 6_000
    assert link.offline_ms(4_000, 5_000) == 1_000
    assert link.outages() == 1


def test_carrying_bytes_takes_the_recorded_time_and_never_longer_than_the_link_is_up() -> None:
    clock = SteppedClock(0)
    link = RecordedLink(STEPS, clock, 0)
    link.carry(1000)
    assert clock.now_ms() == 108
    link.carry(10_000_000)
    assert clock.now_ms() == 3_000
    assert link.closes_in_s() == 0


def test_a_file_that_is_no_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('[{"duration_ms": 0, "bandwidth_kbps": 3}]')
    (tmp_path / "b").write_text("[]")
    for name, code in (("a", "file_unreadable"), ("b", "file_unreadable"), ("c", "file_missing")):
        with pytest.raises(TransportError) as told:
            read_link(tmp_path / name)
        assert told.value.code == code


@pytest.mark.skipif("WAYFOLD_DATA" not in os.environ, reason="needs the recorded links in $WAYFOLD_DATA")
def test_the_recorded_3g_links_are_down_for_18_to_53_percent_of_the_time() -> None:
    paths = sorted(Path(os.environ["WAYFOLD_DATA"], "network").glob("3g_*.json"))
    assert len(paths) == 10
    for path in paths:
        steps = read_link(path)
        length_ms = sum(step.duration_ms for step in steps)
        share = RecordedLink(steps, SteppedClock(0), 0).offline_ms(0, length_ms) / length_ms
        assert 0.17 < share < 0.54
