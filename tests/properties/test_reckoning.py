"""A fold that is kept says what a fold from nothing says, after every event, whatever comes late.

Beside the law that drawn games are held to (`rule_laws`): the games of the golden folds event by event, and days
on which it matters that little is folded anew.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from seeded_games import Drawn, draw_game

from bench.full_game import CHALLENGES, MINUTE_MS, full_rules, late_day
from client_core.game.actions import (
    Answer,
    ChallengeOpened,
    CheckIn,
    Finish,
    Photo,
    Retired,
    Said,
    Witnessed,
    decode_action,
    encode_action,
)
from client_core.game.answering import Answers, Settled
from client_core.game.events import LoggedEvent, Told
from client_core.game.evidence import Evidence
from client_core.game.explaining import explain
from client_core.game.foreseeing import Pen, foresee
from client_core.game.growing import Growing
from client_core.game.knowing import Knowledge
from client_core.game.openings import Openings
from client_core.game.phases import Phases
from client_core.game.play import Closing, Play
from client_core.game.reckoning import Reckoning
from client_core.game.roles import Role
from client_core.game.scoring import fold
from client_core.game.teams import Register, Team

SEEDS, SLICES = 60, 4
LIES_AT = 9
"""The note that says of an event that it was held before it happened."""


def arriving(drawn: Drawn, team: Team, dice: random.Random) -> list[LoggedEvent]:
    """The events as they come in: each stream in its order, the streams in turns; now and then in any order."""
    moved = drawn.register.roots or drawn.register.homes
    streams: dict[bytes, list[LoggedEvent]] = defaultdict(list)
    for event in sorted(event for event in drawn.events if moved or event.team == team.id):
        streams[event.stream].append(event)
    turns = [stream for stream, rows in streams.items() for _ in rows]
    dice.shuffle(turns)
    arrived = [streams[stream].pop(0) for stream in turns]
    return arrived if dice.random() < 0.8 else dice.sample(arrived, len(arrived))


@pytest.mark.parametrize("part", range(SLICES))
def test_seeded_games_come_to_the_same_event_by_event(part: int) -> None:
    folds = anew = 0
    for seed in range(part, SEEDS, SLICES):
        drawn, dice = draw_game(seed), random.Random(seed)
        for team in drawn.register.teams.values():
            arrived, reckoning = arriving(drawn, team, dice), Reckoning(drawn.rules)
            for count in range(1, len(arrived) + 1):
                held = [*arrived[:count], *dice.choices(arrived[:count], k=dice.choice([0, 0, 2]))]
                kept, fresh = reckoning.fold(team, held, drawn.register), fold(drawn.rules, team, held, drawn.register)
                assert kept == fresh, f"seed {seed}, team {team.number}, {count} events"
                assert explain(kept) == explain(fresh), f"seed {seed}, team {team.number}, {count} events"
            folds, anew = folds + len(arrived), anew + reckoning.anew
    assert anew < 0.6 * folds, "most events are taken in without folding all anew"


def test_a_phone_that_was_away_since_noon_brings_its_events_and_nothing_is_folded_anew() -> None:
    rules = full_rules()
    team, register, held, late = late_day(rules)
    reckoning = Reckoning(rules)
    reckoning.fold(team, held, register)
    for event in late[:40]:
        held.append(event)
        assert reckoning.fold(team, held, register) == fold(rules, team, held, register)
    assert reckoning.anew == 1


def test_what_nodes_note_of_late_events_is_taken_in_too() -> None:
    """Notes that say nothing against the phone; where one does, all is folded anew and says so."""
    rules = full_rules()
    team, register, held, late = late_day(rules)
    reckoning, notes = Reckoning(rules), 0
    reckoning.fold(team, held, register)
    for event in late[:40]:
        held.append(event)
        assert reckoning.fold(team, held, register) == fold(rules, team, held, register)
        if event.seq % 3 == 0:
            if notes == LIES_AT:
                assert reckoning.anew == 2, "the first note of a node asks for all to be folded, the others do not"
            at_ms = getattr(decode_action(event.payload), "at_ms", 0) + (-10 if notes == LIES_AT else 1) * MINUTE_MS
            held.append(_note(notes, Witnessed(at_ms, event.stream, event.seq, event.id), team))
            notes += 1
            kept, fresh = reckoning.fold(team, held, register), fold(rules, team, held, register)
            assert kept == fresh
            assert explain(kept) == explain(fresh)
            assert (reckoning.anew > 2) == (notes > LIES_AT), "a time that is contradicted is judged with all others"
    assert notes > LIES_AT + 1


def _note(seq: int, note: Witnessed, team: Team) -> LoggedEvent:
    """What a node writes into a stream of its own for the team."""
    key = hashlib.sha256(b"a node of the venue").digest()
    identity = hashlib.sha256(key + bytes([seq])).digest()
    return LoggedEvent(key, seq, identity, key, encode_action(note), Role.ORGANISER, team.id)


def test_an_event_that_reads_otherwise_or_is_gone_is_noticed() -> None:
    """Erased, or its author revoked: nothing of what was kept stands for it any longer."""
    rules = full_rules()
    team, register, held, _ = late_day(rules)
    reckoning = Reckoning(rules)
    whole = reckoning.fold(team, held, register)
    at = next(number for number, event in enumerate(held) if number > 200 and event.role == 0)
    without = held[:at] + held[at + 1 :]
    otherwise = [*without, held[at]._replace(payload=b"\xc1")]
    for events in (without, otherwise, [*without, held[at]._replace(author=bytes(32))]):
        assert reckoning.fold(team, events, register) == fold(rules, team, events, register) != whole
    assert reckoning.fold(team, held, register) == whole
    assert reckoning.anew == 5


def test_another_register_is_noticed() -> None:
    rules = full_rules()
    team, register, held, _ = late_day(rules)
    reckoning = Reckoning(rules)
    for known in (register, Register(), register):
        assert reckoning.fold(team, held, known) == fold(rules, team, held, known)
    assert reckoning.anew == 3


def test_what_is_foreseen_leaves_what_is_kept_as_it_was() -> None:
    """What a phone does next, and what else it could do then: down to the last table nothing changes."""
    rules = full_rules()
    team, register, held, late = late_day(rules)
    reckoning, told = Reckoning(rules), Counter[str]()
    reckoning.fold(team, held, register)
    for number, event in enumerate(late[:90]):
        pen, action = Pen(event.stream, event.seq, event.author), decode_action(event.payload)
        if number % 9 == 0:
            at_ms, challenge = getattr(action, "at_ms", 0) + MINUTE_MS, number // 9 * 4 % CHALLENGES
            further = (
                Answer(at_ms, challenge, "Brunelleschi"),
                Answer(at_ms, challenge, "Michelangelo"),
                Photo(at_ms, 7, bytes(32), 200_000),
                ChallengeOpened(at_ms, challenge),
                Finish(at_ms),
                Said(at_ms, "we are lost"),
                Retired(at_ms, None),
            )
            reckoning.foresee(team, held, action, pen, register)  # what is made when it is first asked for
            for one in (action, *further):
                before, anew = laid_open(reckoning), reckoning.anew
                verdict = reckoning.foresee(team, held, one, pen, register)
                assert verdict == foresee(rules, team, held, one, pen, register)
                assert {**laid_open(reckoning), "anew": anew} == before
                told[type(one).__name__] += 1
        held.append(event)
        assert reckoning.fold(team, held, register) == fold(rules, team, held, register) or number % 9
    assert len(told) >= 7


def test_a_check_in_is_foreseen_without_folding_what_came_before() -> None:
    rules = full_rules()
    team, register, held, late = late_day(rules)
    reckoning = Reckoning(rules)
    for event in late[:20]:
        action, pen = decode_action(event.payload), Pen(event.stream, event.seq, event.author)
        assert isinstance(action, CheckIn)
        assert reckoning.foresee(team, held, action, pen, register) == foresee(rules, team, held, action, pen, register)
        held.append(event)
    assert reckoning.anew == 1


def laid_open(thing: object) -> Any:
    """All that an object of the rule book holds, copied, as far as it can be changed."""
    if isinstance(thing, dict):
        return {key: laid_open(value) for key, value in thing.items()}
    if isinstance(thing, list | set):
        return [laid_open(value) for value in thing] if isinstance(thing, list) else set(thing)
    if type(thing) in {Reckoning, Growing, Phases, Play, Knowledge, Evidence, Openings, Answers, Settled, Closing}:
        names = getattr(thing, "__slots__", None) or vars(thing)
        return {name: laid_open(getattr(thing, name)) for name in names}
    if isinstance(thing, Told):
        return [laid_open(part) for part in thing]
    return thing


def test_what_was_returned_once_does_not_change_when_more_comes() -> None:
    rules = full_rules()
    team, register, held, late = late_day(rules)
    reckoning = Reckoning(rules)
    before = reckoning.fold(team, held, register)
    lines = explain(before)
    reckoning.fold(team, [*held, late[0]], register)
    assert before == fold(rules, team, held, register)
    assert explain(before) == lines
