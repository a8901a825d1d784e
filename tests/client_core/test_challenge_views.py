"""What a player is shown of challenges: what another answer and a hint would cost now, and until when speed pays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from bridged import BridgedPlayer
from loopback import DRAFT, START_MS, LoopbackNode

from client_core.calls import ChallengeView
from client_core.game.answers import answer_hash
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Judged
from client_core.game.publish import publish

TOWER, GATE, GAMBLE = range(3)
MINUTE_MS = 60_000
SALT = b"s" * 16
SEVEN = Hashed(SALT, (answer_hash(SALT, "seven"),))
CHALLENGES = (
    Challenge(
        *("tower", "Tower", "How many bells?", 0, Form.TEXT, SEVEN, 40),
        tries=3,
        wrong_points=5,
        wrong_points_max=8,
        par_ms=10 * MINUTE_MS,
        speed_points=20,
        hints=(Hint("Listen at noon", 3), Hint("More than six", 5, delay_ms=2 * MINUTE_MS)),
    ),
    Challenge("gate", "Gate", "All of you under it", 0, Form.PHOTO, Judged(), 25),
    Challenge(
        *("gamble", "Gamble", "Anywhere", None, Form.TEXT, SEVEN, 10),
        par_ms=MINUTE_MS,
        speed_points=5,
        hints=(Hint("one"), Hint("two")),
        hints_in_order=False,
    ),
)
JPEG = b"\xff\xd8" + b"\xff\xdb\x00\x04\x00\x01" + b"\xff\xda\x00\x04\x01\x01picture\xff\xd9"


@pytest.fixture
def player(tmp_path: Path) -> Iterator[BridgedPlayer]:
    """It visited the checkpoint where all is asked a second after the start."""
    node = LoopbackNode(package=publish(msgspec.structs.replace(DRAFT, challenges=CHALLENGES)))
    made = BridgedPlayer(tmp_path / "a.db", START_MS, "a")
    made.join(node.url, "RED")
    made.call("check_in", checkpoint=0, code="A", at_ms=START_MS + 1_000)
    yield made
    made.close()
    node.close()


def shown(player: BridgedPlayer, number: int) -> ChallengeView:
    return next(one for one in player.now().challenges if one.number == number)


def answer(player: BridgedPlayer, text: str, after_ms: int, number: int = TOWER) -> None:
    player.call("answer", challenge=number, text=text, at_ms=START_MS + after_ms)


def test_tries_and_the_price_of_a_wrong_answer_are_those_that_are_left(player: BridgedPlayer) -> None:
    found = []
    for after_ms, text in enumerate(("", "five", "FIVE!", "six", "eight"), 2_000):
        if text:
            answer(player, text, after_ms)
        found.append((shown(player, TOWER).tries_left, shown(player, TOWER).wrong_points))
    # The same once more costs no try; the budget of 8 leaves 3 after the first 5, and nothing after that.
    assert found == [(3, 5), (2, 3), (2, 3), (1, 0), (0, 0)]
    assert shown(player, GAMBLE).tries_left is None


def test_the_time_for_speed_runs_from_reading_else_from_the_visit_and_anywhere_not_before_it_is_read(
    player: BridgedPlayer,
) -> None:
    assert shown(player, TOWER).par_ends_ms == START_MS + 1_000 + 10 * MINUTE_MS
    assert shown(player, GAMBLE).par_ends_ms is None
    for number in (TOWER, GAMBLE):
        player.call("open_challenge", challenge=number, at_ms=START_MS + 61_000)
    tower = shown(player, TOWER)
    assert (tower.par_ends_ms, tower.par_ms) == (START_MS + 61_000 + 10 * MINUTE_MS, 10 * MINUTE_MS)
    assert shown(player, GAMBLE).par_ends_ms == START_MS + 61_000 + MINUTE_MS
    # Half of it is over: half of the 20 points for speed are what the rule book pays.
    outcome = player.call("answer", challenge=TOWER, text="seven", at_ms=START_MS + 61_000 + 5 * MINUTE_MS)
    assert (outcome.points, tower.speed_points) == (50, 20)


def test_a_hint_tells_its_price_and_from_when_it_may_be_had_exactly_when_the_rule_book_gives_it(
    player: BridgedPlayer,
) -> None:
    player.call("open_challenge", challenge=TOWER, at_ms=START_MS + 2_000)
    first, second = shown(player, TOWER).hints
    assert (first.text, first.points, first.from_ms, first.comes_later) == (None, 3, None, False)
    assert (second.text, second.points, second.from_ms, second.comes_later) == (None, 5, START_MS + 122_000, True)
    player.call("hint", challenge=TOWER, hint=0, at_ms=START_MS + 3_000)
    first, second = shown(player, TOWER).hints
    assert (first.text, second.comes_later) == ("Listen at noon", False)
    early = player.call("hint", challenge=TOWER, hint=1, at_ms=(second.from_ms or 0) - 1)
    taken = player.call("hint", challenge=TOWER, hint=1, at_ms=second.from_ms)
    assert (early.reason, taken.reason, taken.points) == ("hint_too_early", "hint_taken", 5)


def test_hints_in_no_order_can_all_be_had_at_once(player: BridgedPlayer) -> None:
    player.call("hint", challenge=GAMBLE, hint=1, at_ms=START_MS + 3_000)
    assert [(hint.text, hint.comes_later) for hint in shown(player, GAMBLE).hints] == [(None, False), ("two", False)]


def test_a_photo_waits_for_people(player: BridgedPlayer) -> None:
    assert not shown(player, GATE).waiting
    player.call("photo", challenge=GATE, content=JPEG, at_ms=START_MS + 3_000)
    assert (shown(player, GATE).waiting, shown(player, GATE).answered) == (True, False)
