"""Decisions on answers, photos, categories, formats and groups, by their commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import served
from loopback import START_MS
from served import DRAFT, Device, found_tenant, served_here, wayfold

from client_core.game.actions import Answer, Photo, encode_action
from client_core.game.answers import answer_hash, answer_key
from client_core.game.challenges import Challenge, Form, Hashed, Judged
from client_core.game.entrants import Category, Format
from client_core.game.groups import Group, Leg
from client_core.game.timing import TimeLimit

MINUTE_MS = 60_000
SALT = bytes(16)
WHY = ("--reason", "the jury said so")
RIDDLE = Challenge(
    "Q1", "Riddle", "Who?", None, Form.TEXT, Hashed(SALT, (answer_hash(SALT, answer_key(Form.TEXT, "Dante")),)), 30
)
PICTURE = Challenge("P1", "Picture", "Smile", None, Form.PHOTO, Judged(), 20)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Owls answered `Dante Alighieri` and sent a photo; Foxes answered `Dante`."""
    changes: dict[str, Any] = {
        "challenges": (RIDDLE, PICTURE),
        "categories": (Category("M", "Men", assigned_only=True),),
        "formats": (Format("short", "Short", limit=TimeLimit(10 * MINUTE_MS, 0, 0)),),
        "groups": (Group("north", "North", legs=(Leg((2,)), Leg((3,)))),),
    }
    monkeypatch.setattr(served, "DRAFT", msgspec.structs.replace(DRAFT, **changes))
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        for name, text in (("Owls", "Dante Alighieri"), ("Foxes", "Dante")):
            device = Device(client, name).join(code)
            device.check_in("A", START_MS + MINUTE_MS)
            device.write(encode_action(Answer(START_MS + 2 * MINUTE_MS, 0, text)))
            if name == "Owls":
                device.write(encode_action(Photo(START_MS + 3 * MINUTE_MS, 1, b"\x07" * 32, 80_000)))
            device.sync()
    return ("--data", str(tmp_path))


def say(data: tuple[str, str], *command: str) -> Any:
    return json.loads(wayfold(*command, "--json", *data).stdout)


def scores(data: tuple[str, str]) -> dict[str, int]:
    return {one["name"]: one["score"] for one in say(data, "standings", "park")["leaderboard"]["teams"]}


def decide(data: tuple[str, str], word: str, *rest: str) -> Any:
    return say(data, "decide", word, "park", *rest, *WHY)


def test_an_answer_is_accepted_for_all_and_rejected_again(data: tuple[str, str]) -> None:
    assert scores(data) == {"Foxes": 40, "Owls": 10}
    done = decide(data, "accept", "Q1", "DANTE  Alighieri")
    assert done["says"] == ["accept 'dantealighieri' at challenge Q1"]
    assert scores(data) == {"Foxes": 40, "Owls": 40}
    decide(data, "reject", "Q1", "Dante")
    assert scores(data) == {"Foxes": 10, "Owls": 40}
    decide(data, "reject", "Q1", "dante alighieri")
    assert scores(data) == {"Foxes": 10, "Owls": 10}
    told = {one["decision"]: one["state"] for one in say(data, "decide", "list", "park")}
    assert told["accept 'dantealighieri' at challenge Q1"] == "overruled"


def test_a_challenge_is_voided(data: tuple[str, str]) -> None:
    decide(data, "void", "--challenge", "Q1")
    assert scores(data) == {"Foxes": 10, "Owls": 10}
    both = wayfold("decide", "void", "park", "A", "--challenge", "Q1", *WHY, *data, code=3)
    assert "say which checkpoint, or which challenge" in both.stderr


def test_a_photo_is_judged_by_the_letters_of_its_id(data: tuple[str, str]) -> None:
    (photo,) = say(data, "day", "photos", "park")
    decide(data, "judge", photo["id"][:10], "right")
    assert scores(data)["Owls"] == 30
    decide(data, "judge", photo["id"][:10], "right", "--points", "5")
    assert scores(data)["Owls"] == 15
    decide(data, "judge", photo["id"][:10], "wrong")
    assert scores(data)["Owls"] == 10
    states = [one["state"] for one in say(data, "decide", "list", "park")]
    assert states == ["overruled", "overruled", "stands"]
    assert "no answer or photo" in wayfold("decide", "judge", "park", "ffffffff", "right", *WHY, *data, code=3).stderr
    assert "at least 6 letters" in wayfold("decide", "judge", "park", "f", "right", *WHY, *data, code=3).stderr


def test_a_team_is_put_into_a_category_and_a_format(data: tuple[str, str]) -> None:
    decide(data, "category", "Owls", "M", "--format", "short")
    assert [one["name"] for one in say(data, "standings", "park", "--category", "M")] == ["Owls"]
    assert [one["name"] for one in say(data, "standings", "park", "--played", "short")] == ["Owls"]
    wrong = wayfold("decide", "category", "park", "Owls", "M", "--format", "long", *WHY, *data, code=3)
    assert "no format 'long': there are short" in wrong.stderr


def test_a_group_is_opened_and_an_interval_neutralised_and_both_are_told(data: tuple[str, str]) -> None:
    assert (
        "open group north at 11:05:00 for 1 Owls"
        in decide(data, "open", "north", "--at", "11:05", "--team", "1")["says"]
    )
    done = decide(data, "neutralise", "11:05", "11:10", "--checkpoint", "A", "--leg-to", "B")
    assert done["says"] == ["neutralise 11:05:00 to 11:10:00 from A to B"]
    wrong = wayfold("decide", "neutralise", "park", "11:05", "11:10", "--leg-to", "B", *WHY, *data, code=3)
    assert "a leg goes from a checkpoint" in wrong.stderr
