"""Signals on the staff page and by command: with numbers, for those who may see, read again only where it changed."""

from __future__ import annotations

import json
from pathlib import Path

from loopback import START_MS
from served import Device, found_tenant, opened, served_here, wayfold

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
