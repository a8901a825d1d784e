"""What a device holds: read once, added to as it writes, read again when a session or a command brought more."""

from __future__ import annotations

from loopback import LAT, START_MS, TEAMS, LoopbackNode, lon_of

from client_core.game.actions import Said
from client_core.game.fences import Fix
from client_core.game.verdicts import Accepted
from client_core.replica import Replica
from client_core.team_log import desk_entries, team_events
from client_core.transports.http import HttpTransport

RED = TEAMS["RED"][0]


def visit(device: Replica, number: int, minute: int) -> object:
    at_ms = START_MS + minute * 60_000
    return device.check_in(number, at_ms=at_ms, fix=Fix(round(lon_of(number) * 1e7), round(LAT * 1e7), 5_000, at_ms))


def sync(device: Replica, node: LoopbackNode) -> None:
    assert device.sync_once(HttpTransport(node.sync_url)).converged


def test_what_a_device_writes_is_held_as_it_is_read_from_the_file(new_device) -> None:
    device = new_device("a")
    device.result()
    visit(device, 0, 1)
    device.record(Said(START_MS + 70_000, "we are on our way"))
    visit(device, 1, 2)
    assert device.holding.events() == team_events(device.log, RED)
    assert device.holding.entries() == desk_entries(device.log, RED)
    assert [one.said.text for one in device.words()] == ["we are on our way"]


def test_a_session_that_brings_nothing_makes_nothing_be_read_or_folded_again(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    before, result, anew = device.holding.events(), device.result(), device.holding.reckoning.anew
    sync(device, hq)
    assert device.counts().safe == 1, "what was signed and received for is known"
    assert device.holding.events() is before
    assert device.result() is result
    visit(device, 1, 2)
    sync(device, hq)
    assert device.result().visited == (0, 1)
    assert device.holding.reckoning.anew == anew


def test_what_a_teammate_did_is_there_after_a_session(new_device, hq: LoopbackNode) -> None:
    one, two = new_device("a"), new_device("b")
    visit(one, 0, 1)
    sync(one, hq)
    assert two.result().visited == ()
    sync(two, hq)
    assert two.result().visited == (0,)
    assert two.holding.entries() == desk_entries(two.log, RED)
    assert visit(two, 1, 2) == Accepted(10)
    assert two.result().visited == (0, 1)


def test_what_a_command_wrote_beside_it_is_not_hidden_by_what_is_written_next(new_device) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    device.result()
    with Replica.open(device._database.path) as beside:
        visit(beside, 1, 2)
    visit(device, 2, 3)
    assert device.result().visited == (0, 1, 2)
    assert device.holding.events() == team_events(device.log, RED)
