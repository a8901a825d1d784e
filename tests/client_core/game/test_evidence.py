"""Time from evidence: intervals from what nodes saw, what a game's rule makes of them, and what is only flagged."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest
from games import FINISH, HOUR_MS, START_MS, A, B, check_in, log, minutes, rules, team

from client_core.game.actions import Finish, Known, Start, Witnessed
from client_core.game.checkpoints import FirstFinders
from client_core.game.decisions import VisitGranted
from client_core.game.events import LoggedEvent, decode_events, tell
from client_core.game.evidence import Evidence, clocks_of_nodes
from client_core.game.nonces import NonceChain, NonceTaken, chain_of
from client_core.game.results import Flag
from client_core.game.roles import Role
from client_core.game.scoring import TeamResult, fold
from client_core.game.teams import Register, read_register
from client_core.game.timing import Doubt, SelfStart, TimeLimit
from client_core.game.verdicts import Accepted, Reason

LIMIT_MS = 60 * 60_000


def played(doubt: Doubt = Doubt.TEAM, **changes: Any) -> Any:
    """The limit is an hour; five points a started minute more; check-ins beyond it pay nothing."""
    return rules(limit=TimeLimit(LIMIT_MS, 5, None, late_pays=False, doubt=doubt), **changes)


def by_node(*actions: Known, node: int = 90) -> list[LoggedEvent]:
    """What a node writes in the team's audience."""
    return [event._replace(role=Role.ORGANISER) for event in log(*actions, phone=node)]


def held(events: list[LoggedEvent], upto: int, at_ms: int, node: int = 90) -> list[LoggedEvent]:
    """A node's word that it held a phone's stream up to this number."""
    head = events[upto]
    return by_node(Witnessed(at_ms, head.stream, head.seq, head.id), node=node)


def knowing(action: Any, *heads: LoggedEvent) -> Any:
    return msgspec.structs.replace(action, seen=tuple(head.id for head in heads))


def verdict_of(result: TeamResult, event: LoggedEvent) -> Any:
    return next(verdict for identity, _, _, verdict in result.judged if identity == event.id)


def test_a_fast_clock_makes_nobody_late_where_a_node_held_the_event_in_time() -> None:
    phone = log(check_in(A, minutes(70)), check_in(FINISH, minutes(71)))
    alone = fold(played(), team(), phone)
    assert verdict_of(alone, phone[0]).reason is Reason.AFTER_LIMIT
    seen = fold(played(), team(), phone + held(phone, 1, minutes(50)))
    assert verdict_of(seen, phone[0]) == Accepted(30)
    assert (seen.score, seen.late_minutes, seen.finish_ms) == (30, 0, minutes(50))
    assert Flag.TIME_CONTRADICTED in seen.flags
    assert Flag.UNWITNESSED not in seen.flags


def test_a_finish_that_no_node_held_is_taken_at_its_word_and_flagged() -> None:
    result = fold(played(), team(), log(check_in(FINISH, minutes(40))))
    assert (result.finish_ms, Flag.UNWITNESSED in result.flags) == (minutes(40), True)


def test_what_was_held_later_than_told_changes_nothing_unless_the_game_wants_proof() -> None:
    phone = log(check_in(A, minutes(50)), check_in(FINISH, minutes(55)))
    seen = phone + held(phone, 1, minutes(90))
    for doubt in (Doubt.TEAM, Doubt.ESTIMATE):
        assert fold(played(doubt), team(), seen).late_minutes == 0
        assert fold(played(doubt), team(), seen).flags == fold(played(), team(), seen).flags
    proven = fold(played(Doubt.PROVEN), team(), seen)
    assert verdict_of(proven, phone[0]).reason is Reason.AFTER_LIMIT
    assert (proven.finish_ms, proven.late_minutes) == (minutes(90), 30)


def test_a_clock_set_back_gains_nothing_where_the_game_believes_nodes() -> None:
    """It had the word of a node of minute 65 when it wrote, and says minute 50."""
    first = log(check_in(A, minutes(5)))
    word = held(first, 0, minutes(65))
    later = log(knowing(check_in(B, minutes(50)), word[0]), Finish(minutes(51)), first_seq=1)
    events = first + word + later
    game = {"finish_code": None}
    assert fold(played(Doubt.TEAM, **game), team(), events).score == 50
    strict = fold(played(Doubt.ESTIMATE, **game), team(), events)
    assert verdict_of(strict, later[0]).reason is Reason.AFTER_LIMIT
    assert (strict.finish_ms, strict.late_minutes) == (minutes(65), 5)
    for doubt in Doubt:
        assert Flag.TIME_CONTRADICTED in fold(played(doubt, **game), team(), events).flags


def test_a_slow_clock_is_not_before_the_start_where_the_device_knew_a_nodes_later_word() -> None:
    first = log(NonceTaken(minutes(-30), bytes(12)))
    word = held(first, 0, minutes(2))
    later = log(knowing(check_in(A, minutes(-20)), word[0]), first_seq=1)
    assert fold(played(), team(), first + later).score == 0
    assert fold(played(), team(), first + word + later).score == 30


def test_a_slow_clock_that_nobody_bounds_is_before_the_start_until_staff_grant_the_visit() -> None:
    phone = log(check_in(A, minutes(-20)))
    seen = phone + held(phone, 0, minutes(3))  # by when it was held, which says nothing of not before
    alone = fold(played(), team(), seen)
    assert (alone.score, verdict_of(alone, phone[0]).reason) == (0, Reason.NOT_STARTED)
    granted = by_node(VisitGranted(minutes(30), "its clock was slow", team().id, A))
    assert fold(played(), team(), seen + granted).score == 30


def test_a_code_of_a_kiosk_says_not_before_and_needs_nothing_but_the_kiosks_first_word() -> None:
    codes = chain_of(b"s" * 32, 200)
    notes = [NonceChain(START_MS, 30_000, 200, codes[0])]
    register = read_register(played(), by_node(*notes))
    shown_ms = START_MS + 130 * 30_000
    phone = log(NonceTaken(minutes(30), codes[131]), check_in(A, minutes(31)), Finish(minutes(32)))
    assert Evidence(played(), tell(played(), phone), register).of(decode_events(played(), phone)[1]).low_ms == shown_ms
    strict = fold(played(Doubt.ESTIMATE, finish_code=None), team(), phone, register)
    assert (strict.finish_ms, strict.late_minutes, strict.score) == (shown_ms, 5, 0)
    assert Flag.TIME_CONTRADICTED in strict.flags
    assert verdict_of(strict, phone[0]) == Accepted(0)
    made_up = log(NonceTaken(minutes(30), b"x" * 12), check_in(A, minutes(31)), Finish(minutes(32)))
    assert fold(played(Doubt.ESTIMATE, finish_code=None), team(), made_up, register).late_minutes == 0


def test_a_code_before_its_time_cannot_be_told_from_a_made_up_one_by_anything_but_the_chain() -> None:
    """A player's own note of a chain is nothing: only nodes show codes."""
    codes = chain_of(b"s" * 32, 10)
    register = read_register(played(), log(NonceChain(START_MS, 30_000, 10, codes[0])))
    assert register.nonces == {}


def test_two_nodes_that_contradict_each_other_are_flagged_and_nothing_follows() -> None:
    """One node's word of minute 50 was known to what another says it held at minute 20."""
    first = log(check_in(A, minutes(5)))
    word = held(first, 0, minutes(50), node=91)
    later = log(knowing(check_in(FINISH, minutes(30)), word[0]), first_seq=1)
    other = held(later, 0, minutes(20), node=92)
    for doubt in Doubt:
        result = fold(played(doubt), team(), first + word + later + other)
        assert (result.finish_ms, result.score, result.late_minutes) == (minutes(30), 30, 0)
        assert Flag.TIME_CONTRADICTED in result.flags


def test_a_node_whose_clock_is_years_off_is_believed_by_nobody() -> None:
    phone = log(check_in(A, minutes(5)), check_in(FINISH, minutes(30)))
    for at_ms in (0, 86_400_000):
        result = fold(played(), team(), phone + held(phone, 1, at_ms))
        assert (result.finish_ms, result.score) == (minutes(30), 30)
        assert Flag.UNWITNESSED in result.flags


def test_a_nodes_wrong_clock_moves_nobodys_events_and_refuses_nothing() -> None:
    """Its word is three hours ahead; a phone that heard of it and one that did not stand in their own order."""
    first = log(check_in(A, minutes(5)), phone=1)
    word = held(first, 0, START_MS + 3 * HOUR_MS)
    heard = log(knowing(check_in(B, minutes(10)), word[0]), phone=1, first_seq=1)
    other = log(check_in(FINISH, minutes(20)), phone=2)
    result = fold(played(), team(), first + word + heard + other)
    assert (result.score, result.finish_ms) == (50, minutes(20))
    assert Flag.CLOCK_SET_BACK not in result.flags


def test_what_a_player_says_it_witnessed_is_worth_nothing() -> None:
    phone = log(check_in(A, minutes(70)))
    head = phone[0]
    lie = log(Witnessed(minutes(10), head.stream, head.seq, head.id), phone=2)
    assert verdict_of(fold(played(), team(), phone + lie), head).reason is Reason.AFTER_LIMIT


def test_of_a_fork_a_word_bounds_the_branch_it_names() -> None:
    common = log(check_in(A, minutes(1)))
    one = log(check_in(B, minutes(70)), first_seq=1, branch=1)
    two = log(check_in(B, minutes(75)), first_seq=1, branch=2)
    one, two = ([event._replace(previous=common[0].id) for event in branch] for branch in (one, two))
    result = fold(played(), team(), common + one + two + held(two, 0, minutes(40)))
    assert isinstance(verdict_of(result, two[0]), Accepted)
    assert verdict_of(result, one[0]).reason is Reason.AFTER_LIMIT


def test_the_order_in_which_evidence_came_changes_nothing() -> None:
    first = log(check_in(A, minutes(5)))
    word = held(first, 0, minutes(65), node=91)
    later = log(knowing(check_in(B, minutes(50)), word[0]), check_in(FINISH, minutes(52)), first_seq=1)
    parts = [first, word, later, held(later, 1, minutes(66), node=92)]
    found = {
        repr(fold(played(Doubt.ESTIMATE), team(), [event for part in order for event in part]))
        for order in permutations(parts)
    }
    assert len(found) == 1


def test_first_finders_whose_times_cannot_be_told_apart_are_bounded_by_both_ends() -> None:
    game = played()
    place = msgspec.structs.replace(game.places[A], pay=FirstFinders((10, 5)), plain=False)
    game = msgspec.structs.replace(game, places=(place, *game.places[1:]))
    first = log(Start(minutes(0)))
    word = held(first, 0, minutes(8), node=91)
    later = log(knowing(check_in(A, minutes(10)), word[0]), first_seq=1)
    (claim,) = fold(game, team(), first + word + later + held(later, 0, minutes(15), node=92)).claims
    assert (claim.low_ms, claim.at_ms, claim.high_ms) == (minutes(8), minutes(10), minutes(15))


@pytest.mark.parametrize(("back_ms", "found"), [(30_000, 0), (600_000, 1)])
def test_a_node_whose_clock_went_back_between_two_words_is_named(back_ms: int, found: int) -> None:
    phone = log(check_in(A, minutes(5)), check_in(B, minutes(6)))
    notes = [
        Witnessed(at, phone[n].stream, n, phone[n].id) for n, at in enumerate((minutes(50), minutes(50) - back_ms))
    ]
    back = clocks_of_nodes(decode_events(played(), by_node(*notes)))
    assert list(back.values()) == [back_ms] * found


def test_a_team_that_starts_itself_keeps_its_word_unless_the_game_believes_nodes() -> None:
    phone = log(Start(minutes(30)), check_in(FINISH, minutes(40)))
    seen = phone + held(phone, 0, minutes(6))
    assert fold(played(start=SelfStart()), team(start_ms=None), seen).start_ms == minutes(30)
    assert fold(played(Doubt.ESTIMATE, start=SelfStart()), team(start_ms=None), seen).start_ms == minutes(6)


def test_a_register_without_evidence_is_silent() -> None:
    assert Evidence(played(), tell(played(), log(check_in(A, minutes(1)))), Register()).silent


def test_a_clock_that_ticks_in_steps_of_100_ms_keeps_the_order_in_which_things_were_done() -> None:
    """Browsers that guard privacy round their clocks: the check-in before the finish has the finish's own time."""
    tick_ms = minutes(20) // 100 * 100
    events = log(check_in(A, tick_ms - 100), check_in(B, tick_ms), check_in(FINISH, tick_ms))
    for order in permutations(events):
        result = fold(played(), team(), order)
        assert (result.score, result.finish_ms, Flag.CLOCK_SET_BACK in result.flags) == (50, tick_ms, False)
    late = log(check_in(FINISH, tick_ms), check_in(B, tick_ms))
    assert fold(played(), team(), late).score == 0, "after the finish is after it, in the same tick too"
