"""Whose phone it is: asked when a device joins, said again when it is handed over, and put right by staff."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridged import BridgedPlayer
from loopback import START_MS
from served import DRAFT, NOW_MS, ServedProcess, found_tenant, served, wayfold

from client_core.game.entrants import MemberRule, Presence
from server.db.tenants import TenantFiles
from server.games import publish_draft, save_draft

TEAMS = """number,name,members,birth_years
7,Owls,Ada Alder|Ben Birch|Cem Cedar,1990|2015|1991
8,Solo,Dot Dell,1988
9,Unknown,,
"""
WHY = ("--reason", "seen by the referee")


class Venue:
    """A game in which the lowest member decides, served, with teams that were entered."""

    def __init__(self, folder: Path, node: ServedProcess) -> None:
        self.folder, self.url, self.data = folder, f"{node.url}/acme/owls", ("--data", str(folder / "hq"))

    def say(self, *command: str) -> Any:
        return json.loads(wayfold(*command, "--json", *self.data).stdout)

    def code(self, team: int) -> str:
        made = self.say("game", "join-code", "owls", "--team", str(team))
        return str(made["code"])

    def phone(self, store: str, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "client_core", *arguments, "--store", str(self.folder / f"{store}.db")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done

    def check_in(self, store: str, at: str, minute: int, *, code: int = 0) -> str:
        when = str(START_MS + minute * 60_000)
        done = self.phone(store, "check-in", at, "--code", at, "--at", when, code=code)
        return done.stdout + done.stderr

    def owls(self) -> tuple[int, list[str]]:
        """The team's score, and what of its checkpoints pays."""
        lines = self.say("explain", "owls", "7")["lines"]
        paid = [line["text"].removeprefix("checkpoint ") for line in lines if line["points"] > 0]
        team = next(one for one in self.say("standings", "owls")["leaderboard"]["teams"] if one["name"] == "Owls")
        return team["score"], paid


@pytest.fixture
def venue(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Venue]:
    folder = tmp_path / "hq"
    found_tenant(folder)
    rule = MemberRule(getattr(request, "param", Presence.LOWEST))
    tenants = TenantFiles(folder)
    with tenants.open("acme") as file:
        assert file.tenant is not None
        save_draft(file, "owls", msgspec.structs.replace(DRAFT, members=rule), NOW_MS)
        publish_draft(file, file.tenant, "owls", NOW_MS)
    tenants.close()
    (tmp_path / "teams.csv").write_text(TEAMS)
    wayfold("game", "teams", "owls", str(tmp_path / "teams.csv"), "--data", str(folder))
    with served(folder) as node:
        yield Venue(tmp_path, node)


def test_two_phones_of_a_team_join_as_a_member_each_and_the_team_has_its_lowest(venue: Venue) -> None:
    code = venue.code(7)
    asked = venue.phone("a", "join", venue.url, "--code", code, code=3).stderr
    assert "member_needed" in asked
    assert "1 Ada Alder, 2 Ben, 3 Cem Cedar" in asked, "of a minor the first name alone"
    assert venue.phone("a", "status", code=7).stderr, "nothing was joined"
    wrong = venue.phone("a", "join", venue.url, "--code", code, "--member", "4", code=3).stderr
    assert "the team has no member 4: it has 1 Ada Alder" in wrong
    joined = venue.phone("a", "join", venue.url, "--code", code, "--member", "1").stdout
    assert "this device plays for member 1" in joined
    venue.phone("b", "join", venue.url, "--code", code, "--member", "2", "--member", "3")
    venue.check_in("a", "A", 2)
    venue.check_in("a", "B", 5)
    venue.check_in("b", "A", 3)
    for phone in "ab":
        venue.phone(phone, "sync")
    assert venue.owls() == (10, ["A"])
    venue.phone("a", "sync")
    told = venue.phone("a", "check-in", "C", "--code", "C", "--at", str(START_MS + 7 * 60_000)).stdout
    assert told.startswith("checked in at C: 10 points"), "the player hears what it is for them"


def test_a_phone_is_handed_over_on_the_device_with_no_network(venue: Venue) -> None:
    venue.phone("a", "join", venue.url, "--code", venue.code(7), "--member", "1")
    venue.phone("b", "join", venue.url, "--code", venue.code(7), "--member", "3")
    for phone, code in ("aA", "aB", "bA", "bB"):
        venue.check_in(phone, code, 2)
    assert "no member 9: there are 1, 2, 3" in venue.phone("b", "members", "9", code=3).stderr
    assert "plays for member 2" in venue.phone("b", "members", "2").stdout
    venue.check_in("b", "A", 8)
    venue.phone("a", "sync")
    venue.phone("b", "sync")
    assert venue.owls() == (10, ["A"]), "member 2 has A alone, and what member 3 did before is not theirs"
    heard = {one["player"]: one["last_heard"]["at_ms"] for one in venue.say("day", "out", "owls")["people"]}
    assert {player: (at - START_MS) // 60_000 for player, at in heard.items()} == {"7.1": 2, "7.2": 8, "7.3": 2}


def test_staff_put_right_whose_phone_it_was_and_the_player_has_the_last_word(venue: Venue) -> None:
    for phone, member in ("a1", "b2", "c2"):
        venue.phone(phone, "join", venue.url, "--code", venue.code(7), "--member", member)
    for phone in "abc":
        venue.phone(phone, "sync")
        said = venue.check_in(phone, "A", 2, code=3 if phone == "c" else 0)
        venue.phone(phone, "sync")
    assert "already_visited" in said, "by another who says to be the same member"
    assert venue.owls() == (0, []), "nobody was member 3"
    key = json.loads(venue.phone("c", "status", "--json").stdout)["device"]
    done = venue.say("decide", "move-device", "owls", key[:12], "7.3", "--from", "0", *WHY)
    assert "on to member 3 of 7 Owls" in done["says"][0]
    assert venue.owls() == (10, ["A"])
    venue.say("decide", "undo", "owls", done["ids"][0], *WHY)
    assert venue.owls() == (0, [])
    both = venue.say("decide", "move-device", "owls", key[:12], "7", "--members", "2,3", "--from", "0", *WHY)
    assert "on to member 2 and 3 of 7 Owls" in both["says"][0]
    assert venue.owls() == (10, ["A"])
    unknown = wayfold("decide", "move-device", "owls", key[:12], "7.4", *WHY, *venue.data, code=3)
    assert "team 7 has no member 4" in unknown.stderr


def test_who_is_alone_in_a_team_is_not_asked_nor_is_a_team_of_unknown_members(venue: Venue) -> None:
    assert "plays for member 1" in venue.phone("a", "join", venue.url, "--code", venue.code(8)).stdout
    assert "plays for" not in venue.phone("b", "join", venue.url, "--code", venue.code(9)).stdout


@pytest.mark.parametrize("venue", [Presence.UNION], indirect=True)
def test_a_game_that_takes_any_visit_asks_nobody(venue: Venue) -> None:
    venue.phone("a", "join", venue.url, "--code", venue.code(7))
    venue.check_in("a", "A", 2)


@pytest.mark.parametrize("venue", [Presence.ALL], indirect=True)
def test_a_visit_of_all_is_made_of_the_phones_of_all(venue: Venue) -> None:
    venue.phone("a", "join", venue.url, "--code", venue.code(7), "--member", "1", "--member", "2")
    venue.phone("b", "join", venue.url, "--code", venue.code(7), "--member", "3")
    waits = venue.phone("a", "check-in", "A", "--code", "A", "--at", str(START_MS + 60_000), code=3).stderr
    assert "2 of the team there by then, 3 are needed; kept" in waits
    venue.phone("a", "sync")
    venue.phone("b", "sync")
    venue.check_in("b", "A", 2)
    venue.phone("b", "sync")
    assert venue.owls() == (10, ["A"])


def test_an_app_joins_sees_who_there_is_and_asks_its_player(venue: Venue, tmp_path: Path) -> None:
    app = BridgedPlayer(tmp_path / "app.db", START_MS, "app")
    asked: dict[str, Any] = {"url": venue.url, "code": venue.code(7), "public_key": app.key.public_key}
    opened = app.call("join", **asked)
    assert [(one.number, one.name) for one in opened.offered] == [(1, "Ada Alder"), (2, "Ben"), (3, "Cem Cedar")]
    app.call("sync")
    now = app.now()
    assert (now.members, now.plays_for, now.member_needed) == ((1, 2, 3), (), True)
    told = app.call("check_in", checkpoint=0, code="A", at_ms=START_MS + 1_000)
    assert (told.reason, told.kept) == ("member_unknown", True)
    app.call("play_for", members=(2,), at_ms=START_MS + 2_000)
    assert (app.now().plays_for, app.now().member_needed) == ((2,), False)
    assert app.call("check_in", checkpoint=0, code="A", at_ms=START_MS + 3_000).verdict == "accepted"
    assert app.call("open").offered == (), "names are kept nowhere"
    assert app.call("join", **asked, members=(1, 3)).home.team_number == 7
    assert app.now().plays_for == (1, 3)
    app.close()
