"""The list of `docs/reference/measured.md`: after which late events a kept fold folds everything from nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import pytest

from bench.full_game import HOUR_MS, MINUTE_MS, STARTS_MS, TEAM, full_rules, late_day
from client_core.game.actions import (
    Answer,
    ChallengeOpened,
    CheckIn,
    Consented,
    Finish,
    HintTaken,
    Known,
    Member,
    MessageRead,
    Photo,
    Said,
    Sos,
    Start,
    Witnessed,
    decode_action,
    encode_action,
)
from client_core.game.checkpoints import Method
from client_core.game.content import Package
from client_core.game.decisions import PointsAdjusted
from client_core.game.entrants import MemberRule, PlaysFor, Presence
from client_core.game.events import LoggedEvent
from client_core.game.explaining import explain
from client_core.game.nonces import NonceTaken
from client_core.game.reckoning import FEW, Reckoning
from client_core.game.roles import Role
from client_core.game.rules import compile_rules
from client_core.game.scoring import fold
from client_core.game.timing import Doubt

FULL = full_rules()
OF_TEAM, REGISTER, HELD, LATE = late_day(FULL)
AWAY = LATE[0]
"""The first event of the phone that was away; its stream goes on from `BEFORE`."""
BEFORE = max(event for event in HELD if event.stream == AWAY.stream)
AT_MS = STARTS_MS + 6 * HOUR_MS
NODE, STAFF, STRANGER = (hashlib.sha256(name).digest() for name in (b"a node of the venue", b"staff", b"a fifth phone"))


def wrote(action: Known, stream: bytes = AWAY.stream, seq: int | None = None, role: int = Role.PLAYER) -> LoggedEvent:
    """The next event of a stream."""
    if seq is None:
        seq = max((event.seq for event in HELD if event.stream == stream), default=-1) + 1
    payload = encode_action(action)
    return LoggedEvent(
        stream, seq, hashlib.sha256(stream + bytes([seq % 251]) + payload).digest(), stream, payload, role, TEAM
    )


def visit(number: int = 0, seen: tuple[bytes, ...] | None = None) -> CheckIn:
    return CheckIn(Method.QR, f"C{number}", AT_MS, number, seen=seen)


def note(of: LoggedEvent, later_ms: int, seq: int) -> LoggedEvent:
    """A node held this event, so much later than its phone says that it happened."""
    at_ms = getattr(decode_action(of.payload), "at_ms", 0) + later_ms
    return wrote(Witnessed(at_ms, of.stream, of.seq, of.id), NODE, seq, Role.ORGANISER)


def proven(package: Package) -> Package:
    assert package.limit is not None
    return msgspec.structs.replace(package, limit=msgspec.structs.replace(package.limit, doubt=Doubt.PROVEN))


def lowest(package: Package) -> Package:
    return msgspec.structs.replace(package, members=MemberRule(Presence.LOWEST))


class Case(NamedTuple):
    """What comes late, to whom holds what; `anew`: all is folded from nothing then."""

    happens: str
    anew: bool
    late: Sequence[LoggedEvent]
    held: Sequence[LoggedEvent] = HELD
    package: Package = FULL.package


MIDDLE = [event for event in HELD if event.stream == AWAY.stream][40]
FIRST_NOTE = note(BEFORE, MINUTE_MS, 0)
CASES = (
    Case("a check-in", False, [wrote(visit())]),
    Case("the check-ins of half an hour", False, LATE[:FEW]),
    Case("a right answer", False, [wrote(Answer(AT_MS, 0, "Brunelleschi"))]),
    Case("a wrong answer", False, [wrote(Answer(AT_MS, 0, "Michelangelo"))]),
    Case("a photo", False, [wrote(Photo(AT_MS + 4 * HOUR_MS, 7, bytes(32), 200_000))]),
    Case("a challenge is read", False, [wrote(ChallengeOpened(AT_MS, 2))]),
    Case("words to staff", False, [wrote(Said(AT_MS, "we are lost"))]),
    Case("a call for help", False, [wrote(Sos(AT_MS, ""))]),
    Case("a message was read", False, [wrote(MessageRead(AT_MS, bytes(32)))]),
    Case("a briefing was accepted", False, [wrote(Consented(AT_MS, "1", guardian=False))]),
    Case("a note of a node that fits", False, [note(MIDDLE, MINUTE_MS, 1)], [*HELD, FIRST_NOTE]),
    Case("a decision of staff", True, [wrote(PointsAdjusted(AT_MS, "", TEAM, 5), STAFF, None, Role.REFEREE)]),
    Case("a note about a member", True, [wrote(Member(AT_MS, TEAM, 3, 1990), STAFF, None, Role.ORGANISER)]),
    Case("whose phone it is", True, [wrote(PlaysFor(AT_MS, (1,)))]),
    Case("a hint", True, [wrote(HintTaken(AT_MS, 0, 0))]),
    Case("a code of time", True, [wrote(NonceTaken(AT_MS, bytes(12)))]),
    Case("the first event of a device", True, [wrote(visit(), STRANGER)]),
    Case("the first note of a node", True, [FIRST_NOTE]),
    Case("what others had seen before it came", True, [AWAY], [*HELD, wrote(visit(0, (AWAY.id,)), HELD[0].stream)]),
    Case("what fills a gap", True, [MIDDLE], [event for event in HELD if event != MIDDLE]),
    Case("a start that moves the times", True, [wrote(Start(STARTS_MS - 1_000))]),
    Case("a finish that moves the times", True, [wrote(Finish(AT_MS))]),
    Case("a note that contradicts a check-in", True, [note(AWAY, -10 * MINUTE_MS, 1)], [*HELD, AWAY, FIRST_NOTE]),
    Case(
        "a note where deadlines go by notes", True, [note(AWAY, 1, 1)], [*HELD, AWAY, FIRST_NOTE], proven(FULL.package)
    ),
    Case("a team whose lowest member counts", True, [wrote(visit())], HELD, lowest(FULL.package)),
    Case("a photo from before the others of its challenge", True, [wrote(Photo(AT_MS, 7, bytes(32), 200_000))]),
    Case("more than a few at once", True, LATE[: FEW + 1]),
)


@pytest.mark.parametrize("case", CASES, ids=[case.happens.replace(" ", "_") for case in CASES])
def test_what_comes_late_is_folded_as_the_page_says(case: Case) -> None:
    rules = compile_rules(case.package)
    reckoning = Reckoning(rules)
    reckoning.fold(OF_TEAM, case.held, REGISTER)
    kept = reckoning.fold(OF_TEAM, [*case.held, *case.late], REGISTER)
    fresh = fold(rules, OF_TEAM, [*case.held, *case.late], REGISTER)
    assert kept == fresh
    assert explain(kept) == explain(fresh)
    assert (reckoning.anew > 1) is case.anew
