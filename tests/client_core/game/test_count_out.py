"""Who is still out: a table of marks and signs, and where each leaves a player."""

from __future__ import annotations

import hashlib
import random

import pytest
from games import START_MS, check_in, minutes

from client_core.game.actions import Action, Finish, Member, Retired, Sos, Start
from client_core.game.count_out import Person, TeamSheet, count_out, counts
from client_core.game.decisions import Whereabouts, WhereaboutsMarked
from client_core.game.desk import Entry
from client_core.game.entrants import PlaysFor
from client_core.game.teams import Team

TEAM = Team(b"T" * 16, 7, "Owls", START_MS)
PHONE = b"P" * 32
OTHER_PHONE = b"Q" * 32
SHEET = TeamSheet(TEAM, due_ms=minutes(60))


def heard(action: Action, author: bytes = PHONE) -> Entry:
    """Something a phone of the team wrote."""
    return Entry(hashlib.sha256(repr((action, author)).encode()).digest(), author, False, TEAM.id, action)


def mark(where: Whereabouts, minute: float, member: int | None = None, *, by_staff: bool = True) -> Entry:
    """A mark on the list."""
    action = WhereaboutsMarked(minutes(minute), TEAM.id, where, member)
    return Entry(hashlib.sha256(repr(action).encode()).digest(), b"K" * 32, by_staff, TEAM.id, action)


def one(*entries: Entry, now: float = 30) -> Person:
    """The only line of the list."""
    (person,) = count_out([SHEET], entries, minutes(now))
    return person


W = Whereabouts


@pytest.mark.parametrize(
    ("entries", "where", "contradicted"),
    [
        ([], W.EXPECTED, False),
        ([mark(W.BRIEFED, -5)], W.BRIEFED, False),
        ([mark(W.BRIEFED, -5), heard(Start(minutes(0)))], W.OUT, False),
        ([heard(check_in(0, minutes(4)))], W.OUT, False),
        ([mark(W.OUT, 0), mark(W.BACK, 50)], W.BACK, False),
        ([mark(W.BACK, 50), mark(W.OUT, 55)], W.OUT, False),
        ([heard(Start(minutes(0))), heard(Finish(minutes(40)))], W.OUT, False),
        ([heard(Retired(minutes(9)))], W.OUT, False),
        ([mark(W.LEFT, 50)], W.LEFT, False),
        ([mark(W.BACK, 50), heard(check_in(1, minutes(55)))], W.BACK, True),
        ([mark(W.BACK, 50, by_staff=False), heard(Start(minutes(0)))], W.OUT, False),
    ],
)
def test_the_last_mark_holds_and_only_people_bring_anybody_back(
    entries: list[Entry], where: Whereabouts, contradicted: bool
) -> None:
    person = one(*entries)
    assert (person.where, person.contradicted) == (where, contradicted)


def test_who_was_heard_of_since_they_were_back_stands_right_after_who_is_out() -> None:
    teams = [Team(bytes([number]) * 16, number, "Owls", START_MS) for number in (1, 2, 3)]

    def marked(team: Team, where: Whereabouts, minute: float) -> Entry:
        action = WhereaboutsMarked(minutes(minute), team.id, where)
        return Entry(hashlib.sha256(repr(action).encode()).digest(), b"K" * 32, True, team.id, action)

    since = Entry(b"s" * 32, PHONE, False, teams[1].id, check_in(1, minutes(55)))
    entries = [since, marked(teams[0], W.BACK, 50), marked(teams[1], W.BACK, 50), marked(teams[2], W.OUT, 0)]
    people = count_out([TeamSheet(team, due_ms=minutes(60)) for team in teams], entries, minutes(58))
    assert [person.number for person in people] == [3, 2, 1]


def test_a_list_is_the_same_in_whatever_order_its_events_came() -> None:
    entries = [mark(W.BRIEFED, -5), heard(Start(minutes(0))), heard(check_in(0, minutes(4))), mark(W.BACK, 50)]
    shuffled = entries * 2
    random.Random(5).shuffle(shuffled)
    assert one(*entries) == one(*shuffled)


def test_a_mark_of_one_member_says_nothing_about_the_other() -> None:
    sheet = TeamSheet(TEAM, (Member(0, TEAM.id, 0), Member(0, TEAM.id, 1)), minutes(60))
    people = count_out([sheet], [mark(W.OUT, 0), mark(W.BACK, 50, member=1)], minutes(70))
    assert [(p.member, p.where) for p in people] == [(0, W.OUT), (1, W.BACK)]
    assert people[0].overdue_ms == 10 * 60_000
    assert people[1].overdue_ms == 0


def test_a_phone_is_a_sign_of_the_member_it_belongs_to_and_else_of_all() -> None:
    sheet = TeamSheet(TEAM, (Member(0, TEAM.id, 0, device=PHONE), Member(0, TEAM.id, 1)))
    by_member = {p.member: p for p in count_out([sheet], [heard(Start(minutes(1)))], minutes(9))}
    assert (by_member[0].where, by_member[1].where) == (W.OUT, W.EXPECTED)
    by_member = {p.member: p for p in count_out([sheet], [heard(Start(minutes(1)), OTHER_PHONE)], minutes(9))}
    assert (by_member[0].where, by_member[1].where) == (W.OUT, W.OUT)


def test_a_phone_that_says_whose_it_is_is_a_sign_of_them_from_there_on_and_saying_it_is_none() -> None:
    sheet = TeamSheet(TEAM, (Member(0, TEAM.id, 1, device=PHONE), Member(0, TEAM.id, 2)))
    said = heard(PlaysFor(minutes(5), (2,)))
    assert {p.where for p in count_out([sheet], [said], minutes(9))} == {W.EXPECTED}
    entries = [said, heard(check_in(0, minutes(3))), heard(check_in(1, minutes(8)))]
    heard_ms = {p.member: p.sign and p.sign.at_ms for p in count_out([sheet], entries, minutes(9))}
    assert heard_ms == {1: minutes(3), 2: minutes(8)}


def test_the_last_sign_of_life_tells_what_where_and_when() -> None:
    person = one(heard(check_in(0, minutes(4))), heard(Sos(minutes(6), "", 112_500_000, 437_700_000, 50, None, 12)))
    assert person.sign is not None
    assert (person.sign.what, person.sign.at_ms, person.sign.battery_percent) == ("sos", minutes(6), 12)
    assert (person.sign.lon_e7, person.sign.lat_e7) == (112_500_000, 437_700_000)


def test_who_is_overdue_and_longest_unheard_stands_first() -> None:
    teams = [Team(bytes([n]) * 16, n, f"Team {n}", START_MS) for n in range(1, 5)]
    sheets = [TeamSheet(team, due_ms=minutes(60 if team.number != 4 else 30)) for team in teams]

    def start(team: Team, minute: float) -> Entry:
        return Entry(team.id * 2, PHONE, False, team.id, Start(minutes(minute)))

    entries = [start(teams[0], 9), start(teams[1], 3), start(teams[3], 20)]
    people = count_out(sheets, entries, minutes(45))
    assert [person.number for person in people] == [4, 2, 1, 3]
    tally = counts(people)
    assert (tally.out, tally.expected, tally.overdue, tally.back) == (3, 1, 1, 0)
