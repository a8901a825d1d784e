"""A device that changes teams: its old events still go out and count for the old team, the new ones for the new."""

from __future__ import annotations

from pathlib import Path

import pytest
from loopback import LAT, START_MS, TEAMS, LoopbackNode, lon_of

from client_core.clock import SteppedClock
from client_core.game.fences import Fix
from client_core.game.standings import team_digest
from client_core.replica import Replica
from client_core.team_log import team_events
from client_core.transports.errors import TransportError
from client_core.transports.http import HttpTransport
from sync.initiator import Report

NOBODY = HttpTransport("http://127.0.0.1:9/sync/v1/a/b", timeout_s=1)


def visit(replica: Replica, number: int, minute: int) -> None:
    at_ms = START_MS + minute * 60_000
    fix = Fix(round(lon_of(number) * 1e7), round(LAT * 1e7), 5_000, at_ms)
    replica.check_in(number, at_ms=at_ms, fix=fix)


def sync(replica: Replica, node: LoopbackNode) -> Report:
    return replica.sync_once(HttpTransport(node.sync_url))


@pytest.fixture
def changed(new_device, tmp_path: Path, hq: LoopbackNode) -> Replica:
    """It visited A and B for RED with no network, then joined BLUE and visited C."""
    device = new_device("a", "RED")
    visit(device, 0, 1)
    visit(device, 1, 2)
    device.close()
    device = new_device("a", "BLUE")
    visit(device, 2, 3)
    return device


def test_it_starts_anew_in_the_new_team_and_says_what_of_the_old_is_not_sent(changed: Replica) -> None:
    assert (changed.result().team, changed.result().visited) == (TEAMS["BLUE"][0], (2,))
    assert (changed.status().unsent, len(changed.left_unsafe())) == (3, 1)


def test_everything_goes_out_and_counts_for_the_team_it_was_done_for(changed: Replica, hq: LoopbackNode) -> None:
    report = sync(changed, hq)
    assert (report.converged, report.sent) == (True, 3)
    assert hq.result("RED").visited == (0, 1)
    assert hq.result("BLUE").visited == (2,)
    assert changed.digest() == team_digest(hq.result("BLUE"))
    assert (changed.status().unsent, changed.status().safe, changed.left_unsafe()) == (0, 3, [])


def test_what_the_old_team_does_afterwards_is_not_shown_to_it(changed: Replica, new_device, hq: LoopbackNode) -> None:
    other = new_device("b", "RED")
    visit(other, 3, 5)
    sync(other, hq)
    sync(changed, hq)
    sync(changed, hq)
    seen = {event.author for event in team_events(changed.log, TEAMS["RED"][0])}
    assert seen == {changed.public_key}
    assert other.result().visited == (3,)
    sync(other, hq)
    assert other.result().visited == (0, 1, 3)


def test_what_hq_lost_of_the_old_team_is_brought_again(changed: Replica, hq: LoopbackNode) -> None:
    sync(changed, hq)
    assert changed.left_unsafe() == []
    forgetful = LoopbackNode()
    try:
        assert changed.sync_once(HttpTransport(forgetful.sync_url)).converged
        assert (forgetful.result("RED").visited, forgetful.result("BLUE").visited) == ((0, 1), (2,))
    finally:
        forgetful.close()


def test_a_bundle_carries_the_old_teams_events_too(changed: Replica, hq: LoopbackNode, tmp_path: Path) -> None:
    changed.export_bundle(tmp_path / "bundle")
    with Replica.join(tmp_path / "b.db", hq.url, "RED", clock=SteppedClock(START_MS)) as other:
        other.import_bundle(tmp_path / "bundle")
        assert other.result().visited == (0, 1)


def test_it_comes_back_and_goes_on_where_it_was(changed: Replica, new_device, hq: LoopbackNode) -> None:
    sync(changed, hq)
    changed.close()
    back = new_device("a", "RED")
    visit(back, 3, 9)
    assert back.result().visited == (0, 1, 3)
    assert sync(back, hq).converged
    assert hq.result("RED").visited == (0, 1, 3)
    assert back.status().incarnations == 1, "one stream a team, and each goes on"


def test_a_command_that_changes_the_team_beside_a_running_device_is_noticed(
    new_device, tmp_path: Path, hq: LoopbackNode
) -> None:
    running = new_device("a", "RED")
    visit(running, 0, 1)
    with Replica.join(tmp_path / "a.db", hq.url, "BLUE", clock=SteppedClock(START_MS)):
        pass
    visit(running, 2, 3)
    assert sync(running, hq).converged
    assert (hq.result("RED").visited, hq.result("BLUE").visited) == ((0,), (2,))


def test_without_a_network_nothing_is_lost_of_either(changed: Replica, hq: LoopbackNode) -> None:
    with pytest.raises(TransportError):
        changed.sync_once(NOBODY)
    assert changed.status().unsent == 3
    assert sync(changed, hq).sent == 3
