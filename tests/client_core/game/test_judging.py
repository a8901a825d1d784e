"""Verdicts, as tables: one row a case. The evidence of a check-in alone, and then what the team did before."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from games import (
    CLOSES_MS,
    FINISH,
    HOUR_MS,
    LAT_E7,
    LON_E7,
    OPENS_MS,
    START_MS,
    A,
    B,
    C,
    check_in,
    log,
    minutes,
    rules,
    team,
)
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.actions import CheckIn, Continued, Finish, Known, Start
from client_core.game.answers import secret_hash
from client_core.game.checkpoints import Hours, Method, NoAccuracy
from client_core.game.foreseeing import Pen, foresee
from client_core.game.judging import weigh
from client_core.game.roles import Role
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold
from client_core.game.timing import MassStart, SelfStart, StartList, TimeLimit
from client_core.game.verdicts import REASON_NUMBERS, Accepted, Reason, Refused, Remarked, Verdict

AT = minutes(10)
DAY_MS = 24 * HOUR_MS
_ACTIONS = (
    check_in(A, AT),
    check_in(A, AT, away_m=90),
    check_in(B, AT + 5),
    check_in(FINISH, AT + 9),
    check_in(C, AT + 11),
    Start(AT),
    Finish(AT + 10),
)


def verdict_on(game: Rules, action: Known, *before: Known, start_ms: int | None = START_MS) -> Verdict:
    """What the fold says of an action that comes after these, of the same phone."""
    return fold(game, team(start_ms=start_ms), log(*before, action)).judged[-1][3]


def with_kind(**changes: Any) -> Rules:
    """The game with another kind of checkpoint."""
    package = rules().package
    kind = msgspec.structs.replace(package.kinds[0], **changes)
    return compile_rules(msgspec.structs.replace(package, kinds=(kind,)))


@pytest.mark.parametrize(
    ("changes", "action", "role", "reason"),
    [
        ({}, check_in(A, AT), Role.PLAYER, None),
        ({"no_accuracy": NoAccuracy.COUNT}, check_in(A, AT), Role.PLAYER, None),
        ({"no_accuracy": NoAccuracy.REFUSE}, check_in(A, AT), Role.PLAYER, Reason.ACCURACY_UNKNOWN),
        ({"no_accuracy": NoAccuracy.REFUSE}, check_in(A, AT, accuracy_dm=10), Role.PLAYER, None),
        ({"accuracy_mm_max": 5_000}, check_in(A, AT, accuracy_dm=51), Role.PLAYER, Reason.ACCURACY_TOO_POOR),
        ({"methods": (Method.STAFF,)}, CheckIn(Method.STAFF, None, AT, A), Role.PLAYER, Reason.WRONG_ROLE),
        ({"methods": (Method.STAFF,)}, CheckIn(Method.STAFF, None, AT, A), Role.KIOSK, Reason.WRONG_ROLE),
        ({"methods": (Method.STAFF,)}, CheckIn(Method.STAFF, None, AT, A), Role.SAFETY, None),
        ({"methods": (Method.KIOSK,)}, CheckIn(Method.KIOSK, None, AT, A), Role.PLAYER, Reason.WRONG_ROLE),
        ({"methods": (Method.KIOSK,)}, CheckIn(Method.KIOSK, None, AT, A), Role.KIOSK, None),
        ({"methods": (Method.PAPER,)}, CheckIn(Method.PAPER, None, AT, A), Role.PLAYER, Reason.WRONG_ROLE),
        ({"methods": (Method.PAPER,)}, CheckIn(Method.PAPER, None, AT, A), 255, None),
        ({"methods": (Method.QR,)}, check_in(A, AT), Role.PLAYER, Reason.METHOD_NOT_ALLOWED),
        ({"dwell_ms": 5_000}, check_in(A, AT), Role.PLAYER, Reason.DWELL_TOO_SHORT),
        ({"dwell_ms": 5_000}, CheckIn(Method.QR, "A", AT, A), Role.PLAYER, None),
    ],
)
def test_the_evidence_of_a_check_in(changes: dict[str, Any], action: CheckIn, role: int, reason: Reason | None) -> None:
    refused = weigh(with_kind(**changes), action, role)
    assert (None if refused is None else refused.reason) == reason


@pytest.mark.parametrize(
    ("before_ms", "after_ms", "enough"),
    [(None, None, False), (5_000, None, True), (2_000, 3_000, True), (2_000, 2_999, False), (None, 5_000, True)],
)
def test_a_visit_by_position_has_to_last(before_ms: int | None, after_ms: int | None, enough: bool) -> None:
    action = msgspec.structs.replace(check_in(A, AT), before_ms=before_ms, after_ms=after_ms)
    assert (weigh(with_kind(dwell_ms=5_000), action, Role.PLAYER) is None) == enough


@pytest.mark.parametrize(("read", "right"), [("rose", True), ("Rose", True), ("A", False), ("", False), (None, False)])
def test_a_secret_code_is_known_by_its_hash(read: str | None, right: bool) -> None:
    package = rules().package
    first = msgspec.structs.replace(package.checkpoints[0], secret=secret_hash("A", "rose"))
    game = compile_rules(msgspec.structs.replace(package, checkpoints=(first, *package.checkpoints[1:])))
    assert (weigh(game, CheckIn(Method.CODE, read, AT, A), Role.PLAYER) is None) == right


@pytest.mark.parametrize(
    ("hours", "open_"),
    [((), True), (((0, 5),), False), (((5, 15),), True), (((0, 5), (10, 10)), True), (((11, 99),), False)],
)
def test_a_checkpoint_counts_in_its_hours(hours: tuple[tuple[int, int], ...], open_: bool) -> None:
    game = with_kind(hours=tuple(Hours(minutes(low), minutes(high)) for low, high in hours))
    found = verdict_on(game, check_in(A, AT))
    assert found == (Accepted(30) if open_ else Refused(Reason.CLOSED, (AT,)))


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        (check_in(A, AT), Accepted(30)),
        (check_in(A, AT, away_m=24), Accepted(30)),
        (check_in(A, AT, away_m=26), Refused(Reason.OUTSIDE_FENCE, (26_000, 25_000))),
        (check_in(C, AT, away_m=22), Accepted(10)),
        (check_in(C, AT, away_m=30), Refused(Reason.OUTSIDE_FENCE, (7_778, 0))),
        (check_in(FINISH, AT), Accepted(0)),
        (check_in(A, AT, accuracy_dm=500), Accepted(30)),
        (check_in(A, AT, accuracy_dm=501), Refused(Reason.ACCURACY_TOO_POOR, (50_100, 50_000))),
        (check_in(A, AT, away_m=90, accuracy_dm=501), Refused(Reason.ACCURACY_TOO_POOR, (50_100, 50_000))),
        (check_in(4, AT), Refused(Reason.UNKNOWN_CHECKPOINT, (4,))),
        (check_in(199_999, AT), Refused(Reason.UNKNOWN_CHECKPOINT, (199_999,))),
        (check_in(A, START_MS), Accepted(30)),
        (check_in(A, START_MS - 1), Refused(Reason.NOT_STARTED, (START_MS,))),
        (check_in(A, CLOSES_MS), Accepted(30)),
        (check_in(A, CLOSES_MS + 1), Refused(Reason.AFTER_LIMIT, (CLOSES_MS,))),
        (check_in(FINISH, CLOSES_MS + 1), Accepted(0)),
        (check_in(A, CLOSES_MS + 365 * DAY_MS), Accepted(30)),
        (check_in(A, OPENS_MS - 365 * DAY_MS), Accepted(30)),
        (check_in(A, 0), Accepted(30)),
        (CheckIn(Method.GPS, None, AT, A), Refused(Reason.NO_POSITION)),
        (CheckIn(Method.GPS, None, AT, A, LON_E7[A], None), Refused(Reason.NO_POSITION)),
        (CheckIn(Method.CODE, "A", AT, A), Accepted(30)),
        (CheckIn(Method.QR, "A", AT, A), Accepted(30)),
        (CheckIn(Method.QR, "B", AT, A), Refused(Reason.WRONG_CODE)),
        (CheckIn(Method.QR, "a", AT, A), Refused(Reason.WRONG_CODE)),
        (CheckIn(Method.CODE, None, AT, A), Refused(Reason.WRONG_CODE)),
        (CheckIn(Method.CODE, "A", AT, A, LON_E7[C], LAT_E7), Accepted(30)),
        (CheckIn(Method.STAFF, None, AT, A, LON_E7[A], LAT_E7), Refused(Reason.METHOD_NOT_ALLOWED, (4,))),
        (CheckIn(Method.KIOSK, "A", AT, A), Refused(Reason.METHOD_NOT_ALLOWED, (3,))),
        (CheckIn(Method.PAPER, None, AT, A), Refused(Reason.METHOD_NOT_ALLOWED, (5,))),
        (Start(AT), Refused(Reason.ALREADY_STARTED, (START_MS,))),
        (Finish(AT), Refused(Reason.FINISH_IS_A_CHECKPOINT, (FINISH,))),
        (Continued(b"s" * 32, 4, b"h" * 32), Refused(Reason.NOT_THIS_TEAM)),
    ],
)
def test_one_action_of_a_team_that_has_started(action: Known, verdict: Accepted | Refused) -> None:
    assert verdict_on(rules(), action) == verdict


@pytest.mark.parametrize(
    ("before", "action", "verdict"),
    [
        (check_in(A, AT), check_in(A, AT), Refused(Reason.ALREADY_VISITED)),
        (check_in(A, AT, away_m=500), check_in(A, AT), Accepted(30)),
        (check_in(A, AT), check_in(B, AT), Accepted(20)),
        (check_in(FINISH, AT), check_in(B, AT + 1), Refused(Reason.FINISHED, (AT,))),
        (check_in(FINISH, AT), check_in(B, AT), Refused(Reason.FINISHED, (AT,))),
        (check_in(FINISH, AT), check_in(FINISH, AT + 1), Refused(Reason.FINISHED, (AT,))),
        (check_in(FINISH, AT), check_in(9, AT + 1), Refused(Reason.UNKNOWN_CHECKPOINT, (9,))),
    ],
)
def test_what_the_team_did_before_decides(before: Known, action: Known, verdict: Refused) -> None:
    assert verdict_on(rules(), action, before) == verdict


@pytest.mark.parametrize(
    ("start", "listed_ms", "starts_ms"),
    [
        (StartList(), START_MS, START_MS),
        (StartList(), None, None),
        (MassStart(OPENS_MS + 5), None, OPENS_MS + 5),
        (MassStart(OPENS_MS + 5), START_MS, START_MS),
        (SelfStart(), None, None),
        (SelfStart(), START_MS, None),
    ],
)
def test_when_a_team_starts(start: Any, listed_ms: int | None, starts_ms: int | None) -> None:
    assert fold(rules(start=start), team(start_ms=listed_ms), []).start_ms == starts_ms


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        (Start(OPENS_MS), Remarked(0, 1)),
        (Start(OPENS_MS - 1), Refused(Reason.NOT_STARTED, (OPENS_MS,))),
        (Start(OPENS_MS - 365 * DAY_MS), Remarked(0, 1)),
        (check_in(A, OPENS_MS), Accepted(30)),
        (check_in(A, OPENS_MS - 1), Refused(Reason.NOT_STARTED, (OPENS_MS,))),
        (check_in(FINISH, AT), Refused(Reason.NOT_STARTED, (OPENS_MS,))),
    ],
)
def test_a_team_that_starts_itself_has_not_started_yet(action: Known, verdict: Accepted | Refused) -> None:
    game = rules(start=SelfStart())
    assert verdict_on(game, action, start_ms=None) == verdict


@pytest.mark.parametrize(
    ("limit", "at_ms", "pays"),
    [
        (None, CLOSES_MS, True),
        (TimeLimit(60_000, 5, None), CLOSES_MS, True),
        (TimeLimit(60_000, 5, 0), START_MS + 60_000, True),
        (TimeLimit(60_000, 5, 0), START_MS + 60_001, False),
        (TimeLimit(60_000, 5, 30_000), START_MS + 90_000, True),
        (TimeLimit(60_000, 5, 30_000), START_MS + 90_001, False),
        (TimeLimit(99 * HOUR_MS, 5, 0), CLOSES_MS + 1, False),
    ],
)
def test_the_last_moment_that_pays(limit: TimeLimit | None, at_ms: int, pays: bool) -> None:
    game = rules(limit=limit)
    assert isinstance(verdict_on(game, check_in(A, at_ms)), Accepted) == pays


@pytest.mark.parametrize(
    ("before", "action", "verdict"),
    [
        ((), Finish(AT), Remarked(0, 2)),
        ((), Finish(START_MS - 1), Refused(Reason.NOT_STARTED, (START_MS,))),
        ((Finish(AT),), Finish(AT + 1), Refused(Reason.FINISHED, (AT,))),
        ((), check_in(FINISH, AT), Accepted(0)),
    ],
)
def test_without_a_finish_checkpoint_the_team_says_when_it_is_done(
    before: tuple[Known, ...], action: Known, verdict: Accepted | Refused
) -> None:
    game = rules(finish_code=None)
    assert verdict_on(game, action, *before) == verdict


@given(actions=st.lists(st.sampled_from(_ACTIONS), max_size=6), action=st.sampled_from(_ACTIONS))
def test_what_a_phone_is_told_before_it_writes_is_what_every_node_says_after(
    actions: list[Known], action: Known
) -> None:
    game = rules()
    events = log(*actions)
    told = foresee(game, team(), events, action, Pen(log(action)[0].stream, len(events), b"phone 0"))
    assert told == fold(game, team(), log(*actions, action)).judged[-1][3]


def test_reasons_keep_their_numbers_and_words() -> None:
    """They stand in digests and in other programs: new ones are only added at the end."""
    assert list(REASON_NUMBERS.values()) == list(range(1, 1 + len(Reason)))
    assert [str(reason) for reason in REASON_NUMBERS] == [
        *("unknown_checkpoint", "not_started", "finished", "after_limit", "already_visited", "method_not_allowed"),
        *("no_position", "accuracy_too_poor", "outside_fence", "wrong_code", "already_started"),
        *("finish_is_a_checkpoint", "not_this_team", "unknown_kind", "malformed", "wrong_role"),
        *("accuracy_unknown", "closed", "dwell_too_short", "member_unknown", "not_all_there", "not_open"),
        *("not_in_format", "out_of_order", "leg_filled", "count_reached", "visit_voided", "withdrawn", "stopped"),
        *("no_team_start", "unknown_challenge", "challenge_voided", "not_visited", "wrong_answer"),
        *("answered_before", "tries_used", "wrong_secret", "awaits_judging", "judged_wrong", "replaced"),
        *("hint_taken", "hint_unknown", "hint_too_early", "hint_out_of_order", "blocked", "overruled", "undone"),
        "other_member",
    ]
