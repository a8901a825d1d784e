"""Signals on the staff page and by command: with numbers, for those who may see, read again only where it changed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loopback import START_MS
from served import Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import decode_action
from client_core.game.decisions import WhereaboutsMarked
from client_core.game.roles import Role
from client_core.game.signals import Kind
from server.signals import Signals
from server.staff import add_staff_code
from sync.stream import stream_id


def test_staff_see_signals_with_their_numbers_and_a_kiosk_does_not(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with opened(tmp_path) as game:
        codes = {
            role: add_staff_code(game.log, game.key, role, role.name, START_MS) for role in (Role.KIOSK, Role.SAFETY)
        }
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "Foxes <b>")
        device.check_in("A", START_MS + 60_000)
        device.check_in("C", START_MS + 61_000)
        device.check_in("B", START_MS + 62_000)
        device.sync()
        for role, shown in ((Role.SAFETY, True), (Role.KIOSK, False)):
            client.cookies.clear()
            client.post("/acme/park/staff/enter", data={"code": codes[role]})
            page = client.get("/acme/park/staff").text
            assert ("3 of 3 fixes lie at the very point" in page) is shown
            assert "Foxes <b>" not in page
    lines = json.loads(wayfold("day", "signals", "park", "--json", "--data", str(tmp_path)).stdout)
    assert Kind.EXACT in {line["kind"] for line in lines}
    assert {line["device"] for line in lines} == {device.key.public_key.hex()}
    assert "very point" in wayfold("day", "signals", "park", "--data", str(tmp_path)).stdout
    nothing = wayfold("day", "signals", "park", "--team", "99", "--data", str(tmp_path)).stdout
    assert nothing == "nothing unusual is known here\n"


def test_a_team_is_read_again_only_where_it_changed_and_a_look_has_an_end(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        for name in ("ann", "bob", "eve"):
            device = Device(client, name).join(code)
            for letter in "ABC":
                device.check_in(letter, START_MS + 60_000)
            device.sync()
    with opened(tmp_path) as game:
        signals = Signals(game)
        assert [signals.look(1).unread for _ in range(4)] == [2, 1, 0, 0]
        first = signals.look().teams
        assert [one.team.name for one in first] == ["ann", "bob", "eve"]
        game.board.catch_up([stream_id(device.stream)])
        again = signals.look().teams
        assert [one.signals is other.signals for one, other in zip(first, again, strict=True)] == [True, True, False]


def test_marks_of_staff_and_notes_of_the_node_in_one_stream_both_get_there(tmp_path: Path) -> None:
    """Twelve marks at once for one team, while the node notes what its phone brings."""
    code = found_tenant(tmp_path)
    with opened(tmp_path) as game:
        staff = add_staff_code(game.log, game.key, Role.SAFETY, "Desk", START_MS)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        device.check_in("A")
        device.sync()
        client.post("/acme/park/staff/enter", data={"code": staff})
        marks = [{"team": device.answer.team.hex(), "where": "out", "note": f"note {number}"} for number in range(12)]
        with ThreadPoolExecutor(12) as threads:
            answers = list(
                threads.map(lambda mark: client.post("/acme/park/staff/mark", data=mark, follow_redirects=False), marks)
            )
    assert {answer.status_code for answer in answers} <= {303, 503}
    done = sum(answer.status_code == 303 for answer in answers)
    with opened(tmp_path) as game:
        payloads = [
            payload
            for state in game.log.index.streams_of(device.audience)
            for _, _, payload in game.log.payloads(state.id, 0, 0)
        ]
    assert sum(isinstance(decode_action(payload), WhereaboutsMarked) for payload in payloads) == done >= 5
