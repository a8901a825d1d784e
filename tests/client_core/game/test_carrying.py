"""For which members a device reports: as it says itself, from where it says so on; staff put it right."""

from __future__ import annotations

import msgspec
import pytest
from games import FINISH, A, B, C, check_in, log, minutes, rules, team

from client_core.game.actions import CheckIn, Known, Member, encode_action
from client_core.game.decisions import DeviceMoved, Undone
from client_core.game.entrants import MemberRule, PlaysFor, Presence
from client_core.game.events import LoggedEvent
from client_core.game.explaining import explain, rests_on
from client_core.game.foreseeing import Pen, foresee
from client_core.game.results import TeamResult
from client_core.game.roles import Role
from client_core.game.scoring import fold
from client_core.game.teams import Register, Team, read_register
from client_core.game.verdicts import Accepted, Reason, Refused

TEAM, OTHER = team(1), team(2)
LOWEST, ALL = rules(members=MemberRule(Presence.LOWEST)), rules(members=MemberRule(Presence.ALL))
NOTES = (Member(0, TEAM.id, 1), Member(0, TEAM.id, 2))


def plays_for(at: float, *members: int) -> PlaysFor:
    return PlaysFor(minutes(at), members)


def staff(*said: Known) -> list[LoggedEvent]:
    return [
        LoggedEvent(b"s" * 32, seq, bytes([seq]) * 32, b"staff", encode_action(one), Role.REFEREE)
        for seq, one in enumerate(said)
    ]


def register(*said: Known, notes: tuple[Member, ...] = NOTES) -> Register:
    found = read_register(LOWEST, staff(*said))
    return msgspec.structs.replace(found, teams={TEAM.id: TEAM, OTHER.id: OTHER}, members={TEAM.id: notes})


def of_phones(*phones: tuple[Known, ...]) -> list[LoggedEvent]:
    return [event for number, said in enumerate(phones) for event in log(*said, phone=number)]


def visited(result: TeamResult) -> str:
    return "".join("ABCF"[number] for number in result.visited)


def test_two_phones_of_a_team_are_a_member_each_and_the_team_has_the_lower_result() -> None:
    both = of_phones(
        (plays_for(0, 1), check_in(A, minutes(5)), check_in(B, minutes(9)), check_in(FINISH, minutes(30))),
        (plays_for(0, 2), check_in(A, minutes(6)), check_in(FINISH, minutes(31))),
    )
    result = fold(LOWEST, TEAM, both, register())
    assert (visited(result), result.score) == ("AF", 30)
    other = [line for line in explain(result) if line.code == Reason.OTHER_MEMBER]
    assert len(other) == 3
    assert sum(line.points for line in explain(result)) == result.score


def test_all_members_are_there_once_every_phone_was() -> None:
    first = of_phones((plays_for(0, 1), check_in(A, minutes(5))), (plays_for(0, 2), check_in(B, minutes(5))))
    assert visited(fold(ALL, TEAM, first, register())) == ""
    then = [*first, *log(check_in(A, minutes(7)), phone=1, first_seq=2)]
    result = fold(ALL, TEAM, then, register())
    assert visited(result) == "A"
    (paid,) = (line for line in explain(result) if line.points)
    said = {event.id for event in then if event.seq == 0}
    assert said <= rests_on(explain(result), paid), "a visit rests on what says who was there"


def test_a_phone_handed_over_is_the_next_members_from_there_on_and_changes_nothing_before() -> None:
    handed = (plays_for(0, 1), check_in(A, minutes(5)), plays_for(6, 2), check_in(B, minutes(9)))
    results = {m: fold(LOWEST, TEAM, of_phones(handed), register(notes=(NOTES[m - 1],))) for m in (1, 2)}
    assert {m: visited(result) for m, result in results.items()} == {1: "A", 2: "B"}


def test_several_members_share_a_phone() -> None:
    shared = of_phones((plays_for(0, 1, 2), check_in(A, minutes(5))))
    assert visited(fold(ALL, TEAM, shared, register())) == "A"
    assert fold(LOWEST, TEAM, shared, register()).score == 30


def test_what_a_node_noted_of_a_device_holds_until_the_device_says_otherwise() -> None:
    notes = (NOTES[0], msgspec.structs.replace(NOTES[1], device=b"phone 0"))
    said = (check_in(A, minutes(5)), plays_for(6, 1), check_in(B, minutes(9)))
    of_each = {m: visited(fold(LOWEST, TEAM, of_phones(said), register(notes=(notes[m - 1],)))) for m in (1, 2)}
    assert of_each == {1: "B", 2: "A"}


def test_a_phone_that_is_nobodys_pays_nobody_and_says_so() -> None:
    for said in ((check_in(A, minutes(5)),), (plays_for(0), check_in(A, minutes(5))), (plays_for(0, 9), CHECK)):
        result = fold(LOWEST, TEAM, of_phones(said), register())
        assert visited(result) == ""
        assert [line.code for line in explain(result) if line.checkpoint == A] == [Reason.MEMBER_UNKNOWN]


CHECK: CheckIn = check_in(A, minutes(5))
WRONG = (plays_for(0, 1), check_in(A, minutes(5)), check_in(B, minutes(9)))


def moved(members: tuple[int, ...], *, at: float, from_seq: int = 0, to: Team = TEAM) -> DeviceMoved:
    return DeviceMoved(minutes(at), "the wrong one was chosen", log(CHECK)[0].stream, from_seq, to.id, members)


@pytest.mark.parametrize(
    ("more", "decided", "of_1", "of_2"),
    [
        ((), (moved((2,), at=20),), "", "AB"),
        ((), (moved((2,), at=20, from_seq=2),), "A", "B"),
        ((plays_for(21, 1), check_in(C, minutes(22))), (moved((2,), at=20),), "C", "AB"),
        ((), (moved((2,), at=20), Undone(minutes(25), "no", b"\x00" * 32)), "AB", ""),
        ((), (moved((), at=20),), "AB", ""),
        ((), (moved((2,), at=20, to=OTHER),), "", ""),
    ],
)
def test_staff_put_right_whose_phone_it_was(
    more: tuple[Known, ...], decided: tuple[Known, ...], of_1: str, of_2: str
) -> None:
    told = register(*decided)
    events = of_phones((*WRONG, *more))
    for member, expected in ((1, of_1), (2, of_2)):
        one = msgspec.structs.replace(told, members={TEAM.id: (NOTES[member - 1],)})
        assert visited(fold(LOWEST, TEAM, events, one)) == expected


def test_a_member_is_told_what_a_visit_is_for_them_though_the_team_has_anothers_result() -> None:
    ahead = of_phones((plays_for(0, 1), check_in(A, minutes(5))), (plays_for(0, 2),))
    pen = Pen(ahead[0].stream, 2, b"phone 0")
    assert foresee(LOWEST, TEAM, ahead, check_in(B, minutes(9)), pen, register()) == Accepted(20)
    stranger = Pen(b"x" * 32, 0, b"phone 7")
    told = foresee(LOWEST, TEAM, ahead, check_in(B, minutes(9)), stranger, register())
    assert told == Refused(Reason.MEMBER_UNKNOWN, (-1,))


def test_a_phone_whose_stream_staff_gave_to_another_team_is_told_what_its_visits_are_for_that_one() -> None:
    events = [event._replace(team=TEAM.id) for event in log(check_in(A, minutes(5)))]
    pen = Pen(events[0].stream, 1, b"phone 0")
    for given in (register(moved((), at=20, from_seq=1, to=OTHER)), register(moved((), at=20, from_seq=1, to=team(9)))):
        assert foresee(rules(), TEAM, events, check_in(B, minutes(9)), pen, given) == Accepted(20)
        assert foresee(rules(), TEAM, events, check_in(A, minutes(9)), pen, given) == Accepted(30)
    back = register(moved((), at=20, from_seq=1, to=OTHER), moved((), at=21, from_seq=1))
    told = foresee(rules(), TEAM, events, check_in(A, minutes(9)), pen, back)
    assert told == Refused(Reason.ALREADY_VISITED), "and given back, it is as before"


def test_the_answer_is_the_same_in_every_order_and_twice() -> None:
    events = of_phones((plays_for(0, 1), CHECK, plays_for(6, 2), check_in(B, minutes(9))), (plays_for(0, 2), CHECK))
    once = fold(ALL, TEAM, events, register())
    assert fold(ALL, TEAM, [*reversed(events), *events], register()) == once
