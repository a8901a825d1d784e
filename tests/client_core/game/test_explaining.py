"""Explanations in English: every code has a sentence with its numbers."""

from __future__ import annotations

import pytest
from games import FINISH, A, B, C, check_in, log, minutes, rules, team

from client_core.game.actions import CheckIn, Finish, Start
from client_core.game.checkpoints import Method
from client_core.game.explaining import FLOOR, LATE, Line, explain, sentence
from client_core.game.scoring import fold
from client_core.game.verdicts import Reason

GAME = rules()


def test_a_whole_game_is_explained_line_by_line() -> None:
    events = log(
        check_in(A, minutes(5)),
        check_in(A, minutes(6)),
        check_in(B, minutes(7), away_m=40),
        check_in(C, minutes(8), away_m=40),
        check_in(B, minutes(9), accuracy_dm=800),
        CheckIn(Method.QR, "x", minutes(10), B),
        check_in(FINISH, minutes(70.5)),
    )
    lines = explain(fold(GAME, team(), events))
    assert [(line.points, sentence(GAME, line)) for line in lines] == [
        (30, "checkpoint A"),
        (0, "checkpoint A: visited before"),
        (0, "checkpoint B: 40 m away, its fence reaches 25 m"),
        (0, "checkpoint C: 18 m away, outside its fence"),
        (0, "checkpoint B: the position was only known to 80 m, 50 m is needed"),
        (0, "checkpoint B: not the code that stands there"),
        (0, "checkpoint F"),
        (-55, "late by 11 started minutes, 5 points each"),
        (25, "a score is not less than zero"),
    ]
    assert [line.at_ms for line in lines[:2]] == [minutes(5), minutes(6)]
    assert [line.event for line in lines[:7]] == [event.id for event in events]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_of_its_own(reason: Reason) -> None:
    text = sentence(GAME, Line(reason, 0, (4, 2), b"e" * 32, A, minutes(1)))
    assert text
    assert reason not in text


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Start(minutes(1)), "the team had started already"),
        (Finish(minutes(1)), "this game ends at its finish checkpoint"),
        (CheckIn(Method.STAFF, None, minutes(1), A), "checkpoint A: check-ins by staff are not allowed here"),
        (check_in(77, minutes(1)), "there is no checkpoint number 77 in this game"),
        (b"\x91\x0f", "an action of kind 15, which this program is too old to know"),
        (b"", "not an action: damaged, or written by a faulty program"),
    ],
)
def test_what_is_no_visit_is_explained_too(action: object, text: str) -> None:
    (line,) = explain(fold(GAME, team(), log(action)))
    assert sentence(GAME, line) == text


def test_what_was_not_caused_by_an_event_names_none() -> None:
    lines = explain(fold(GAME, team(), log(check_in(FINISH, minutes(61)))))
    assert [(line.code, line.event, line.checkpoint) for line in lines[1:]] == [(LATE, None, None), (FLOOR, None, None)]
