"""What is folded in place of erased events: the same result, and nothing of anybody."""

from __future__ import annotations

import pytest
from drawn_days import Drawn, draw
from games import rules
from loopback import START_MS
from rule_laws import fold_game

from client_core.game.actions import Action, CheckIn, decode_action, encode_action
from client_core.game.checkpoints import Method
from client_core.game.decisions import Acknowledged, Decision, MessageSent, Whereabouts, WhereaboutsMarked
from client_core.game.events import LoggedEvent
from client_core.game.final import FinalRow, final_rows
from client_core.game.standings import standings
from server.facts import Facts
from server.retention import is_personal

SEEDS = range(200)
SLICE = 25


def rows(drawn: Drawn, events: list[LoggedEvent]) -> tuple[FinalRow, ...]:
    folded = fold_game(drawn, events)
    return final_rows(standings(folded.results.values(), drawn.game.rules, folded.register))


@pytest.mark.parametrize("first", SEEDS[::SLICE])
def test_a_drawn_game_ends_as_it_did_when_all_that_is_personal_was_erased(first: int) -> None:
    for seed in range(first, first + SLICE):
        drawn = draw(seed)
        register = fold_game(drawn, drawn.events).register
        decided = [one for event in drawn.events if isinstance(one := decode_action(event.payload), Decision)]
        facts = Facts(drawn.game.rules, b"seed of a node", decided)
        erased = []
        for event in drawn.events:
            action = decode_action(event.payload)
            fact = facts.of(action) if is_personal(action, register) else event.payload
            if fact:
                erased.append(event._replace(payload=fact))
        assert rows(drawn, erased) == rows(drawn, list(drawn.events)), f"seed {seed}"


def test_a_fix_that_was_too_poor_is_still_too_poor() -> None:
    poor = CheckIn(Method.GPS, None, START_MS, 0, 0, 0, 900)
    fact = decode_action(Facts(rules(), b"", ()).of(poor))
    assert isinstance(fact, CheckIn)
    assert fact.accuracy_dm in {900, None}
    assert (fact.lon_e7, fact.lat_e7) != (0, 0)


def test_what_a_device_had_seen_stays_as_far_as_there_is_room() -> None:
    heads = tuple(bytes([number]) * 32 for number in range(5))
    fact = decode_action(Facts(rules(), b"", ()).of(CheckIn(Method.QR, "A", START_MS, 0, seen=heads)))
    assert isinstance(fact, CheckIn)
    assert fact.seen == heads[-3:]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (MessageSent(START_MS, "Anna, come to the tent"), b""),
        (Acknowledged(START_MS, b"e" * 32, "Anna hurt her knee"), b""),
        (
            WhereaboutsMarked(START_MS, b"t" * 16, Whereabouts.OUT, 1, "over the ridge"),
            encode_action(WhereaboutsMarked(START_MS, b"t" * 16, Whereabouts.OUT, 1)),
        ),
    ],
)
def test_notes_and_messages_of_staff_leave_no_words(said: Action, expected: bytes) -> None:
    assert Facts(rules(), b"", ()).of(said) == expected
