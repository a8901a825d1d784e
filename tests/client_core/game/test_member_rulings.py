"""What staff decide of one member counts for that member alone, where members are scored alone."""

from __future__ import annotations

import msgspec
import pytest
from games import FINISH, A, B, check_in, log, minutes, rules, team

from client_core.game.actions import CheckIn, Known, Member, decode_action, encode_action
from client_core.game.decisions import PointsAdjusted, StatusSet, TimeCredited, VisitGranted
from client_core.game.entrants import MemberRule, Presence
from client_core.game.events import LoggedEvent
from client_core.game.explaining import explain
from client_core.game.results import TeamResult
from client_core.game.roles import Role
from client_core.game.scoring import fold
from client_core.game.statuses import STATUS_NUMBERS, Status
from client_core.game.teams import Register
from client_core.game.verdicts import Reason

TEAM = team()


def of(member: int, checkpoint: int, at: float) -> CheckIn:
    return msgspec.structs.replace(check_in(checkpoint, minutes(at)), member=member)


PLAYED = (of(1, A, 5), of(2, A, 5), of(1, FINISH, 59), of(2, FINISH, 59))


def result(presence: Presence, members: tuple[int, ...], *decided: Known) -> TeamResult:
    """The team's result, or, with one member and `LOWEST`, that member's."""
    notes = tuple(Member(0, TEAM.id, number) for number in members)
    staff = [LoggedEvent(b"s" * 32, seq, bytes([seq]) * 32, b"k", encode_action(one), Role.REFEREE)
             for seq, one in enumerate(decided)]  # fmt: skip
    book = rules(members=MemberRule(presence))
    return fold(book, TEAM, [*log(*PLAYED), *staff], Register({TEAM.id: TEAM}, {TEAM.id: notes}))


@pytest.mark.parametrize(
    ("decided", "score_of_1", "score_of_2", "of_both_as_one"),
    [
        (PointsAdjusted(minutes(70), "litter", TEAM.id, -7, 2), 30, 23, 23),
        (PointsAdjusted(minutes(70), "litter", TEAM.id, -7), 23, 23, 23),
        (VisitGranted(minutes(70), "seen", TEAM.id, B, None, None, 1), 50, 30, 50),
        (TimeCredited(minutes(70), "came later", TEAM.id, -120_000, 2), 30, 25, 25),
        (TimeCredited(minutes(70), "came later", TEAM.id, -60_000, 2), 30, 30, 30),
    ],
)
def test_a_decision_of_a_member_is_that_members_alone(
    decided: Known, score_of_1: int, score_of_2: int, of_both_as_one: int
) -> None:
    alone = [result(Presence.LOWEST, (number,), decided) for number in (1, 2)]
    assert [one.score for one in alone] == [score_of_1, score_of_2]
    assert result(Presence.LOWEST, (1, 2), decided).score == min(score_of_1, score_of_2)
    assert result(Presence.UNION, (1, 2), decided).score == of_both_as_one
    for one in alone:
        assert sum(line.points for line in explain(one)) == one.score


def test_a_decision_of_another_member_says_why_it_changes_nothing() -> None:
    other = result(Presence.LOWEST, (1,), PointsAdjusted(minutes(70), "litter", TEAM.id, -7, 2))
    assert [line.values for line in explain(other) if line.code == Reason.OTHER_MEMBER and line.checkpoint is None] == [
        (2,)
    ]


def test_a_members_status_is_the_result_of_that_member() -> None:
    out = StatusSet(minutes(70), "cut the fence", TEAM.id, STATUS_NUMBERS[Status.DISQUALIFIED], 2)
    statuses = [result(Presence.LOWEST, members, out).status for members in ((1,), (2,), (1, 2))]
    assert statuses == [Status.OK, Status.DISQUALIFIED, Status.DISQUALIFIED]
    assert result(Presence.UNION, (1, 2), out).status is Status.OK


def test_payloads_written_before_members_could_be_named_mean_the_whole_team() -> None:
    for tag, kind in ((36, PointsAdjusted), (37, TimeCredited)):
        old = msgspec.msgpack.encode([tag, minutes(70), "as it was written", TEAM.id, -7])
        assert decode_action(old) == kind(minutes(70), "as it was written", TEAM.id, -7)


def test_a_grant_without_a_time_moves_neither_the_teams_time_nor_its_last_points() -> None:
    book, staff = rules(), b"s" * 32
    for visit_ms, time_ms in ((None, 5), (minutes(30), 30)):
        grant = VisitGranted(minutes(90), "its code was gone", TEAM.id, B, visit_ms)
        decided = LoggedEvent(staff, 0, b"d" * 32, b"k", encode_action(grant), Role.REFEREE)
        one = fold(book, TEAM, [*log(check_in(A, minutes(5))), decided])
        assert (one.score, one.time_ms, one.last_points_ms) == (50, time_ms * 60_000, minutes(time_ms))
