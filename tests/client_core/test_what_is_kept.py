"""What a device keeps of what it refuses: all that others, staff or the team may make count, and all that costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from bridged import BridgedPlayer
from loopback import DRAFT, START_MS, LoopbackNode

from client_core.game.answers import answer_hash
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Judged, Later
from client_core.game.publish import publish
from client_core.game.verdicts import Accepted, Charged, Covered, Reason, Refused, Verdict, is_kept

TEXT, PHOTO, LATER = range(3)
SALT = b"s" * 16
CHALLENGES = (
    Challenge(
        *("tower", "Tower", "How many bells?", 0, Form.TEXT, Hashed(SALT, (answer_hash(SALT, "seven"),)), 40),
        tries=2,
        wrong_points=5,
        wrong_points_max=20,
        hints=(Hint("Listen at noon", 3),),
    ),
    Challenge("gate", "Gate", "All of you under it", 0, Form.PHOTO, Judged(), 25),
    Challenge("oak", "Oak", "Which year?", 0, Form.TEXT, Later(), 15),
)
JPEG = b"\xff\xd8" + b"\xff\xdb\x00\x04\x00\x01" + b"\xff\xda\x00\x04\x01\x01picture\xff\xd9"


@pytest.fixture
def asked_at() -> Iterator[LoopbackNode]:
    node = LoopbackNode(package=publish(msgspec.structs.replace(DRAFT, challenges=CHALLENGES)))
    yield node
    node.close()


@pytest.fixture
def player(asked_at: LoopbackNode, tmp_path: Path) -> Iterator[BridgedPlayer]:
    """It has visited the checkpoint where all is asked."""
    made = BridgedPlayer(tmp_path / "a.db", START_MS, "a")
    made.join(asked_at.url, "RED")
    made.call("check_in", checkpoint=0, code="A", at_ms=START_MS + 1_000)
    yield made
    made.close()


def test_wrong_answers_cost_on_the_phone_and_at_the_node(player: BridgedPlayer, asked_at: LoopbackNode) -> None:
    told = [
        player.call("answer", challenge=TEXT, text=text, at_ms=START_MS + 2_000 + at)
        for at, text in enumerate(("five", "six", "seven"))
    ]
    assert [(one.verdict, one.reason, one.points, one.kept) for one in told] == [
        ("charged", "wrong_answer", 5, True),
        ("charged", "wrong_answer", 5, True),
        ("refused", "tries_used", 0, True),
    ]
    assert player.now().score == 0  # 10 for the visit, 10 for two wrong answers
    player.call("sync", url=asked_at.sync_url)
    assert (asked_at.result("RED").wrong, asked_at.result("RED").penalties) == (2, 10)


def test_a_hint_is_shown_once_it_is_taken_and_costs_what_it_says(player: BridgedPlayer, asked_at: LoopbackNode) -> None:
    taken = player.call("hint", challenge=TEXT, hint=0, at_ms=START_MS + 2_000)
    assert (taken.verdict, taken.points, taken.kept) == ("charged", 3, True)
    assert [hint.text for hint in player.now().challenges[TEXT].hints] == ["Listen at noon"]
    player.call("sync", url=asked_at.sync_url)
    assert (asked_at.result("RED").hints, asked_at.result("RED").penalties) == (1, 3)


def test_what_people_or_headquarters_judge_is_kept_and_reaches_them(
    player: BridgedPlayer, asked_at: LoopbackNode
) -> None:
    photo = player.call("photo", challenge=PHOTO, content=JPEG, at_ms=START_MS + 2_000)
    year = player.call("answer", challenge=LATER, text="1873", at_ms=START_MS + 3_000)
    assert [(one.reason, one.kept) for one in (photo, year)] == [("awaits_judging", True)] * 2
    assert player.now().photos_waiting == 1
    player.call("sync", url=asked_at.sync_url)
    assert [v.reason for *_, v in asked_at.result("RED").judged if isinstance(v, Refused)] == [
        Reason.AWAITS_JUDGING
    ] * 2


def test_what_another_phone_of_the_team_covers_is_kept_once_and_called_kept(
    player: BridgedPlayer, asked_at: LoopbackNode, tmp_path: Path
) -> None:
    """What becomes of the other phone's visit is not known yet; a repetition of one's own adds nothing."""
    player.call("sync", url=asked_at.sync_url)
    other = BridgedPlayer(tmp_path / "b.db", START_MS, "b")
    other.join(asked_at.url, "RED")
    other.call("sync", url=asked_at.sync_url)
    for kept in (True, False):
        told = other.call("check_in", checkpoint=0, code="A", at_ms=START_MS + 2_000)
        assert (told.verdict, told.reason, told.kept) == ("refused", "already_visited", kept)
        assert other.now().safety.unsent == 1
    other.close()


@pytest.mark.parametrize(
    ("verdict", "kept"),
    [
        (Accepted(0), True),
        (Charged(Reason.WRONG_ANSWER, 0), True),
        (Refused(Reason.NOT_ALL_THERE, (1, 2)), True),
        (Refused(Reason.OTHER_MEMBER, (2,)), True),
        (Refused(Reason.OUT_OF_ORDER, (0,)), True),
        (Refused(Reason.OUTSIDE_FENCE, (1, 2)), False),
        (Refused(Reason.WRONG_CODE), False),
        (Refused(Reason.ALREADY_VISITED), False),
        (Covered(Reason.ALREADY_VISITED), True),
    ],
)
def test_evidence_that_is_good_is_kept_and_what_can_be_done_better_is_not(verdict: Verdict, kept: bool) -> None:
    assert isinstance(verdict, get_args(Verdict))
    assert is_kept(verdict) is kept
