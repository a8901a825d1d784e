"""The day at the staff's desk, by its commands, beside a node and devices that sync with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loopback import HOUR_MS, START_MS
from served import Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import Consented, Member, MemberNamed, MessageRead, Photo, Said, Sos, encode_action
from client_core.game.decisions import PhotoShown, Whereabouts, WhereaboutsMarked
from client_core.game.roles import Role
from client_core.game.showing import Briefing
from server import own_stream
from server.desk import Desk
from server.staff import add_staff_code
from sync.stream import STAFF, stream_id, team_audience


def settings(folder: Path) -> tuple[str, ...]:
    return ("--data", str(folder))


def at_venue(folder: Path, *payloads: bytes, check_in: bool = True) -> Device:
    """A team's device that wrote this and synced."""
    code = found_tenant(folder)
    with served_here(folder) as client:
        device = Device(client, "Owls").join(code)
        if check_in:
            device.check_in("A")
        if payloads:
            device.write(*payloads)
        device.sync()
    return device


def test_who_is_out_is_listed_until_a_person_says_back(tmp_path: Path) -> None:
    data = settings(tmp_path)
    at_venue(tmp_path)
    out = wayfold("day", "out", "park", *data).stdout
    assert out.startswith("1 out (")
    assert "check-in at A" in out
    assert wayfold("day", "mark", "park", "Owls", "back", "--note", "by car", *data).stdout == "1 Owls: back\n"
    listed = json.loads(wayfold("day", "out", "park", "--all", "--json", *data).stdout)
    assert listed["counts"]["back"] == 1
    (person,) = listed["people"]
    assert (person["where"], person["note"], person["last_heard"]["what"]) == ("back", "by car", "check_in")


def test_a_mark_by_a_device_brings_nobody_back(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "Owls").join(code)
        device.check_in("A")
        marked = WhereaboutsMarked(START_MS + HOUR_MS, device.answer.team, Whereabouts.BACK)
        device.write(encode_action(marked))
        device.sync()
    (person,) = json.loads(wayfold("day", "out", "park", "--json", *settings(tmp_path)).stdout)["people"]
    assert person["where"] == "out"


def test_members_are_counted_one_by_one_with_their_names(tmp_path: Path) -> None:
    device = at_venue(tmp_path)
    team = device.answer.team
    with opened(tmp_path) as game:
        members = [Member(START_MS, team, 1), Member(START_MS, team, 2)]
        game.log.append(own_stream.write(game.log.index, game.key, team_audience(team), members))
        named = MemberNamed(START_MS, team, 2, "Ada", "+39 055 1")
        game.log.append(own_stream.write(game.log.index, game.key, STAFF, [named]))
    data = settings(tmp_path)
    assert wayfold("day", "mark", "park", "1.1", "back", *data).stdout == "1.1 Owls: back\n"
    out = wayfold("day", "out", "park", *data).stdout
    assert "1.2" in out
    assert "Ada" in out
    assert "1.1" not in out
    said = wayfold("day", "mark", "park", "1.9", "back", *data, code=3)
    assert "1.1, 1.2" in said.stderr


def test_a_call_for_help_stays_open_until_staff_have_seen_it(tmp_path: Path) -> None:
    data = settings(tmp_path)
    sos = Sos(START_MS, "twisted ankle", 112_500_000, 437_700_000, 55, START_MS, 12)
    device = at_venue(tmp_path, encode_action(sos), encode_action(Said(START_MS, "by the bridge")))
    shown = wayfold("day", "alarms", "park", *data).stdout
    assert "43.77000, 11.25000 ±6 m" in shown
    assert "by nobody yet" in shown
    with opened(tmp_path) as game:
        assert Desk(game).calling() == {stream_id(device.stream)}
    (alarm,) = json.loads(wayfold("day", "alarms", "park", "--json", *data).stdout)
    wayfold("day", "seen", "park", alarm["id"][:8], "--note", "a car is coming", *data)
    assert "a car is coming" in wayfold("day", "alarms", "park", *data).stdout
    assert "by the bridge" in wayfold("day", "messages", "park", *data).stdout
    with opened(tmp_path) as game:
        assert Desk(game).calling() == frozenset()
    with served_here(tmp_path) as client:
        device.client = client
        report = device.sync()
        assert report.received == 1
    assert "no call for help" in wayfold("day", "seen", "park", "ffffffff", *data, code=3).stderr


def test_a_message_names_who_has_not_seen_it(tmp_path: Path) -> None:
    data = settings(tmp_path)
    device = at_venue(tmp_path)
    assert "sent to everybody" in wayfold("day", "say", "park", "Thunder: come back", "--urgent", *data).stdout
    listed = json.loads(wayfold("day", "messages", "park", "--json", *data).stdout)
    assert listed["messages"][0]["not_seen_by"] == ["1 Owls"]
    with opened(tmp_path) as game:
        (notice,) = Desk(game).view(START_MS).notices
    device.write(encode_action(MessageRead(START_MS, notice.id)))
    with served_here(tmp_path) as client:
        device.client = client
        device.sync()
    listed = json.loads(wayfold("day", "messages", "park", "--json", *data).stdout)
    assert listed["messages"][0]["not_seen_by"] == []


def test_staff_see_who_accepted_a_briefing_in_its_version_and_who_has_not_yet(tmp_path: Path) -> None:
    data, briefings = settings(tmp_path), (Briefing("1", "Mind the road."), Briefing("2", "We keep it.", consent=True))
    code = found_tenant(tmp_path, briefings=briefings)
    with served_here(tmp_path) as client:
        owls, foxes = Device(client, "Owls").join(code), Device(client, "Foxes").join(code)
        accepted = [Consented(START_MS, version, guardian=version == "2") for version in ("0", "2")]
        owls.write(*map(encode_action, accepted))
        foxes.check_in("A")
        for device in (owls, foxes):
            device.sync()
    listed = json.loads(wayfold("day", "briefings", "park", "--json", *data).stdout)["briefings"]
    assert [(one["version"], one["consent"]) for one in listed] == [("1", False), ("2", True)]
    assert [team["name"] for team in listed[0]["missing"]] == ["Owls", "Foxes"]  # version 0 is no longer read
    assert [(team["name"], team["by_guardian"]) for team in listed[1]["accepted"]] == [("Owls", True)]
    assert [team["name"] for team in listed[1]["missing"]] == ["Foxes"]
    assert "1 of 2" in wayfold("day", "briefings", "park", *data).stdout
    with opened(tmp_path) as game:
        staff = add_staff_code(game.log, game.key, Role.SAFETY, "Desk", START_MS)
    with served_here(tmp_path) as client:
        client.post("/acme/park/staff/enter", data={"code": staff})
        page = client.get("/acme/park/staff").text
    assert "Accepted by 1 of 2 teams, 1 by a guardian. Not yet: #2." in page


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--category", "kids"), "no category 'kids'"),
        (("--team", "Nobody"), "no team here"),
        (("--team", "Owls", "--category", "kids"), "not both"),
    ],
)
def test_a_message_to_nobody_is_refused(tmp_path: Path, flags: tuple[str, ...], says: str) -> None:
    at_venue(tmp_path)
    assert says in wayfold("day", "say", "park", "hello", *flags, *settings(tmp_path), code=3).stderr


def test_a_message_that_is_too_long_is_refused_in_a_sentence(tmp_path: Path) -> None:
    at_venue(tmp_path)
    assert "bad_request" in wayfold("day", "say", "park", "x" * 5_000, *settings(tmp_path), code=3).stderr


def test_a_photo_is_shown_by_staff_alone(tmp_path: Path) -> None:
    data = settings(tmp_path)
    photo = Photo(START_MS, 0, b"\x07" * 32, 80_000)
    device = at_venue(tmp_path, encode_action(photo))
    (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
    device.write(encode_action(PhotoShown(START_MS + 1, bytes.fromhex(listed["id"]), True)))
    with served_here(tmp_path) as client:
        device.client = client
        device.sync()
    (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
    assert listed["shown"] is False
    wayfold("day", "photos", "park", "--show", listed["id"], *data)
    (listed,) = json.loads(wayfold("day", "photos", "park", "--json", *data).stdout)
    assert listed["shown"] is True
    wayfold("day", "photos", "park", "--hide", listed["id"], *data)
    assert "not shown" in wayfold("day", "photos", "park", *data).stdout


def test_a_desk_that_stays_open_reads_on_where_it_was(tmp_path: Path) -> None:
    device = at_venue(tmp_path)
    with opened(tmp_path) as game:
        desk = Desk(game)
        before = desk.view(START_MS + HOUR_MS)
        marks = [WhereaboutsMarked(START_MS + n, device.answer.team, Whereabouts.OUT) for n in range(3)]
        for action in marks:
            game.log.append(own_stream.write(game.log.index, game.key, team_audience(device.answer.team), [action]))
            desk.view(START_MS + HOUR_MS)
        assert desk.view(START_MS + HOUR_MS) == Desk(game).view(START_MS + HOUR_MS) != before
