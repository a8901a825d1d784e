"""The staff page: nobody gets in without a code, and what is done on it is in the log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import START_MS
from served import DRAFT, Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import MemberNamed, Said, Sos, encode_action
from client_core.game.roles import Role
from server import own_stream
from server.desk import Desk
from server.staff import add_staff_code, staff_codes
from sync.stream import STAFF

PAGE = "/acme/park/staff"


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Any]:
    """A node with one team that called for help, and codes for a kiosk and for safety."""
    join_code = found_tenant(tmp_path)
    with opened(tmp_path) as game:
        kiosk = add_staff_code(game.log, game.key, Role.KIOSK, "Gate", START_MS)
        safety = add_staff_code(game.log, game.key, Role.SAFETY, "Finish desk", START_MS)
    with served_here(tmp_path) as client:
        device = Device(client, "<Owls>").join(join_code)
        device.check_in("A")
        device.write(
            encode_action(Sos(START_MS, "ankle <b>", 112_500_000, 437_700_000, 50)), encode_action(Said(START_MS, "hi"))
        )
        device.sync()
        client.folder, client.kiosk, client.safety, client.device = tmp_path, kiosk, safety, device
        yield client


def enter(client: Any, code: str) -> Any:
    client.cookies.clear()
    return client.post(f"{PAGE}/enter", data={"code": code}, follow_redirects=False)


def test_without_a_code_there_is_a_door_and_nothing_behind_it(venue: Any) -> None:
    shown = venue.get(PAGE)
    assert shown.status_code == 200
    assert "Staff code" in shown.text
    assert "Owls" not in shown.text
    for act in ("mark", "seen", "say", "undo"):
        assert venue.post(f"{PAGE}/{act}", data={"text": "x"}).json()["code"] == "staff_only"


def test_a_wrong_code_is_told_and_a_right_one_opens_the_page(venue: Any) -> None:
    refused = enter(venue, "AAAA-AAAA")
    assert refused.status_code == 403
    assert "check the letters" in refused.text
    answer = enter(venue, venue.safety)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"Path={PAGE}" in cookie
    shown = venue.get(PAGE)
    assert "(1) SOS!" in shown.text
    assert "43.77000, 11.25000 ±5 m" in shown.text
    assert "&lt;Owls&gt;" in shown.text
    assert "<b>" not in shown.text
    assert shown.headers["cache-control"] == "no-store"


def test_a_pass_that_was_altered_or_made_elsewhere_opens_nothing(venue: Any) -> None:
    enter(venue, venue.safety)
    value = venue.cookies["wayfold_staff"].strip('"')
    venue.cookies.clear()
    for forged in (value[:-4] + "AAA=", "", "%%%", value[4:], "A" * 300):
        assert "Staff code" in venue.get(PAGE, headers={"Cookie": f"wayfold_staff={forged}"}).text


def test_a_kiosk_sees_who_is_out_and_neither_names_nor_calls_for_help(venue: Any) -> None:
    with opened(venue.folder) as game:
        named = MemberNamed(START_MS, venue.device.answer.team, 0, "Ada", "+39 055 1")
        game.log.append(own_stream.write(game.log.index, game.key, STAFF, [named]))
    enter(venue, venue.kiosk)
    shown = venue.get(PAGE).text
    assert "1 out" in shown
    assert "SOS" not in shown
    assert "43.77" not in shown
    assert "Ada" not in shown
    assert venue.post(f"{PAGE}/say", data={"text": "hello"}).json()["code"] == "staff_only"


def test_a_position_is_shown_to_safety_alone_and_only_while_somebody_is_out(tmp_path: Path) -> None:
    join_code, (lon, lat) = found_tenant(tmp_path), DRAFT.checkpoints[0].at
    with opened(tmp_path) as game:
        codes = [add_staff_code(game.log, game.key, role, "Desk", START_MS) for role in (Role.KIOSK, Role.SAFETY)]
    with served_here(tmp_path) as client:
        device = Device(client, "Owls").join(join_code)
        device.check_in("A")
        device.sync()
        position, seen = f"{lat:.5f}, {lon:.5f}", []
        for code in codes:
            enter(client, code)
            seen.append(position in client.get(PAGE).text)
        wayfold("day", "mark", "park", "Owls", "back", "--data", str(tmp_path))
        assert [*seen, position in client.get(PAGE).text] == [False, True, False]


def test_marking_seeing_and_saying_are_in_the_log_under_the_label(venue: Any) -> None:
    enter(venue, venue.safety)
    team = venue.device.answer.team.hex()
    event = re.findall(r'name="event" value="([0-9a-f]{64})"', venue.get(PAGE).text)[0]
    for act, data in (
        ("mark", {"team": team, "member": "", "where": "back", "note": "by car"}),
        ("seen", {"team": team, "event": event, "note": "on our way"}),
        ("say", {"team": "", "text": "Thunder", "urgent": "on"}),
    ):
        answer = venue.post(f"{PAGE}/{act}", data=data, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    shown = venue.get(PAGE).text
    assert "0 out" in shown
    assert "Finish desk: on our way" in shown
    with opened(venue.folder) as game:
        view = Desk(game).view(START_MS)
    assert (view.people[0].note, view.notices[0].message.urgent) == ("Finish desk: by car", True)


@pytest.mark.parametrize(
    ("act", "data", "says"),
    [
        ("mark", {"team": "Nobody", "where": "back"}, "team_unknown"),
        ("mark", {"team": "1", "where": "gone"}, "bad_request"),
        ("mark", {"team": "1", "where": "back", "member": "x"}, "bad_request"),
        ("mark", {"team": "1", "where": "back", "member": "99999"}, "bad_request"),
        ("seen", {"team": "1", "event": "xyz"}, "bad_request"),
        ("seen", {"team": "1", "event": "ab"}, "bad_request"),
        ("say", {"text": "   "}, "bad_request"),
        ("say", {"text": "x" * 5000}, "bad_request"),
    ],
)
def test_bad_forms_are_refused_and_write_nothing(venue: Any, act: str, data: dict[str, str], says: str) -> None:
    enter(venue, venue.safety)
    with opened(venue.folder) as game:
        before = game.log.state.commit_seq
    assert venue.post(f"{PAGE}/{act}", data=data).json()["code"] == says
    with opened(venue.folder) as game:
        assert game.log.state.commit_seq == before


def test_a_form_from_another_site_is_refused(venue: Any) -> None:
    enter(venue, venue.safety)
    answer = venue.post(f"{PAGE}/say", data={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.json()["code"] == "staff_only"


def test_a_code_that_was_taken_back_ends_every_pass_made_with_it(venue: Any) -> None:
    enter(venue, venue.safety)
    assert "SOS" in venue.get(PAGE).text
    data = ("--data", str(venue.folder))
    listed = json.loads(wayfold("day", "code", "park", "--list", "--json", *data).stdout)
    (hashed,) = [row["code_hash"] for row in listed if row["label"] == "Finish desk"]
    assert wayfold("day", "code", "park", "--take-back", hashed, *data).stdout == "Finish desk: taken back\n"
    assert "Staff code" in venue.get(PAGE).text
    assert enter(venue, venue.safety).status_code == 403
    wayfold("day", "code", "park", "--take-back", "ffff", *data, code=3)


def test_a_code_made_on_the_command_line_opens_the_page_of_a_running_node(venue: Any) -> None:
    data = ("--data", str(venue.folder))
    made = json.loads(wayfold("day", "code", "park", "--label", "Ada's desk", "--json", *data).stdout)
    assert enter(venue, made["code"].lower()).status_code == 303
    assert "Ada&#x27;s desk (safety)" in venue.get(PAGE).text
    with opened(venue.folder) as game:
        assert len(staff_codes(game.log)) == 3


def test_decisions_and_device_moves_stand_on_the_page_and_referees_undo_them(venue: Any) -> None:
    data = ("--data", str(venue.folder))
    (line,) = [one for one in json.loads(wayfold("device", "list", "park", "--json", *data).stdout) if one["team"]]
    wayfold("game", "join-code", "park", "--team", "Bears", *data)
    wayfold("decide", "move-device", "park", line["key"][:8], "Bears", "--from", "0", "--reason", "swapped <b>", *data)
    with opened(venue.folder) as game:
        referee = add_staff_code(game.log, game.key, Role.REFEREE, "Jury", START_MS)
    enter(venue, venue.kiosk)
    assert "move device" not in venue.get(PAGE).text
    enter(venue, venue.safety)
    shown = venue.get(PAGE).text
    assert f"move device {line['key'][:12]} of 1 &lt;Owls&gt; from number 0 on to 2 Bears" in shown
    assert "swapped &lt;b&gt;" in shown
    assert "staff/undo" not in shown
    enter(venue, referee)
    decision = re.search(r'name="decision" value="([0-9a-f]{64})"', venue.get(PAGE).text)
    assert decision
    sent = {"decision": decision[1], "reason": ""}
    assert venue.post(f"{PAGE}/undo", data=sent).json()["code"] == "bad_request"
    venue.post(f"{PAGE}/undo", data=sent | {"reason": "no, it was not"})
    (told,) = json.loads(wayfold("decide", "list", "park", "--json", *data).stdout)
    assert told["state"] == "undone"
    enter(venue, venue.safety)
    assert venue.post(f"{PAGE}/undo", data=sent | {"reason": "x"}).json()["code"] == "staff_only"
