"""What a device writes beside the action itself: which heads of its team it knew."""

from __future__ import annotations

from loopback import LAT, START_MS, TEAMS, LoopbackNode, lon_of
from nodes import Node

from client_core.game.actions import CheckIn, MessageRead, Retired, Said, Sos, decode_action
from client_core.game.decisions import Acknowledged, MessageSent
from client_core.game.fences import Fix
from client_core.replica import Replica
from client_core.transports.http import HttpTransport
from server import own_stream as node_stream
from sync.placement import signed_heads
from sync.stream import GAME, team_audience


def visit(replica: Replica, number: int, minute: int) -> None:
    at_ms = START_MS + minute * 60_000
    replica.check_in(number, at_ms=at_ms, fix=Fix(round(lon_of(number) * 1e7), round(LAT * 1e7), 5_000, at_ms))


def sync(replica: Replica, hq: LoopbackNode) -> None:
    replica.sync_once(HttpTransport(hq.sync_url))


def seen_of(replica: Replica) -> list[tuple[bytes, ...] | None]:
    """What each check-in of the device's own says it knew."""
    own = [s for s in replica.log.index.streams.values() if s.key.public_key == replica.public_key]
    events = [event for state in own for event in replica.log.read(state.id, 0, 0, 99)]
    actions = [decode_action(event.payload or b"") for event in events]
    return [action.seen for action in actions if isinstance(action, CheckIn)]


def head_of(replica: Replica) -> bytes:
    """The head of the device's own stream."""
    (own,) = [s for s in replica.log.index.streams.values() if s.key.public_key == replica.public_key]
    ((_, head),) = signed_heads(own)
    return head


def staff_writes(node: Node, audience: bytes, *actions: object) -> None:
    node.log.append(node_stream.write(node.log.index, node.key, audience, actions))  # type: ignore[arg-type]


def test_a_device_alone_names_no_heads(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    sync(device, hq)
    visit(device, 1, 2)
    assert seen_of(device) == [None, None]


def test_a_check_in_names_the_heads_that_changed_since_the_last_one(new_device, hq: LoopbackNode) -> None:
    one, two = new_device("one"), new_device("two")
    visit(one, 0, 1)
    sync(one, hq)
    first_head = head_of(one)
    sync(two, hq)
    visit(two, 1, 2)
    visit(two, 2, 3)
    assert seen_of(two) == [(first_head,), None]
    one.record(Said(START_MS, "all well"))
    sync(one, hq)
    sync(two, hq)
    visit(two, 3, 5)
    assert seen_of(two) == [(first_head,), None, (head_of(one),)]


def test_a_device_that_was_closed_in_between_does_not_repeat_itself(new_device, hq: LoopbackNode) -> None:
    one, two = new_device("one"), new_device("two")
    visit(one, 0, 1)
    sync(one, hq)
    sync(two, hq)
    visit(two, 1, 2)
    two.close()
    with Replica.open(two._database.path) as again:
        visit(again, 2, 3)
        assert seen_of(again) == [(head_of(one),), None]


def test_a_call_for_help_reaches_staff_and_their_answer_comes_back(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    team = TEAMS["RED"][0]
    device.record(Sos(START_MS, "twisted ankle", 112_500_000, 437_700_000, 60, START_MS, 40))
    device.record(Said(START_MS, "at the bridge"))
    device.record(Retired(START_MS))
    sync(device, hq)
    (alarm,) = device.alarms()
    assert alarm.seen == ()
    staff_writes(hq.node, team_audience(team), Acknowledged(START_MS + 1, alarm.id, "a car is coming"))
    staff_writes(hq.node, GAME, MessageSent(START_MS + 2, "Thunder: come back"))
    sync(device, hq)
    (alarm,) = device.alarms()
    assert [seen.note for seen in alarm.seen] == ["a car is coming"]
    (notice,) = device.notices()
    assert (notice.message.text, notice.unread_by) == ("Thunder: come back", {team})
    device.record(MessageRead(START_MS + 3, notice.id))
    assert device.notices()[0].unread_by == frozenset()
    sync(device, hq)
    assert device.status().safe == 4
