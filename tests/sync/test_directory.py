"""What a set of statements adds up to. Sets are small and every order of them is tried."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from nodes import ROOT_KEY, enrolment_statement, key_of, stated

from sync.directory import Directory
from sync.limits import ROLE_MAX
from sync.statement import (
    Authority,
    Delegation,
    Enrolment,
    Erased,
    Erasure,
    Finalisation,
    Heads,
    Leaving,
    Pin,
    Revocation,
    Role,
    Statement,
    heads_digest,
    statement_id,
)
from sync.stream import ALL, GAME, STAFF, StreamKey, scope_of, team_audience

HQ, NEW_HQ, EDGE, PHONE, OTHER = (key_of(name) for name in ("hq", "new hq", "edge", "phone", "other"))
TEAM = team_audience(b"a" * 16)
SCOPE = scope_of(GAME, TEAM)
HASH = b"h" * 32
SAYS_HQ = stated(ROOT_KEY, Authority(HQ.public_key, 1))
SAYS_NEW_HQ = stated(ROOT_KEY, Authority(NEW_HQ.public_key, 2))
DELEGATES = stated(HQ, Delegation(EDGE.public_key, ALL, 2, b"i" * 16, role_max=20, from_ms=100, to_ms=200))
STREAM = StreamKey(PHONE.public_key, b"i" * 16, TEAM)


def identity(statement: Statement) -> bytes:
    return statement_id(statement.body)


def by_edge(key: bytes = PHONE.public_key, number: int = 0, **kept: object) -> Statement:
    return stated(EDGE, Enrolment(key, SCOPE, number, **{"incarnation": b"i" * 16, **kept}), TEAM)  # type: ignore[arg-type]


def said(directory: Directory) -> tuple[object, ...]:
    """Everything anybody asks of a directory."""
    keys = [key.public_key for key in (HQ, NEW_HQ, EDGE, PHONE, OTHER)]
    return (
        [(directory.scope_of(k), directory.role_of(k), directory.bounds_of(k), directory.vouches(k)) for k in keys],
        [(directory.is_issuer(k), directory.is_authority(k), directory.may_read(k, SCOPE)) for k in keys],
        [directory.next_enrolment(k) for k in keys],
        {stream: dict(directory.erased(stream)) for stream in directory.erased_streams()},
        directory.finals(),
        directory.conflicts(),
        directory.untimely(),
        directory.edges,
    )


def folded(*statements: Statement) -> Directory:
    """The directory of a set, which is the same in whatever order and portions it came."""
    results = []
    orders: Sequence[tuple[Statement, ...]] = list(permutations(statements))
    if len(statements) > 5:
        orders = orders[:: len(orders) // 120]
    directory = Directory(ROOT_KEY.public_key)
    for number, order in enumerate(orders):
        directory = Directory(ROOT_KEY.public_key)
        cut = number % (len(order) + 1)
        directory.add(order[:cut])
        for statement in order[cut:]:
            directory.add([statement])
        results.append(said(directory))
    assert all(result == results[0] for result in results)
    return directory


def test_an_edge_enrols_within_its_delegation_and_not_beyond() -> None:
    directory = folded(SAYS_HQ, DELEGATES, by_edge(), by_edge(OTHER.public_key, 2))
    assert directory.scope_of(PHONE.public_key) == SCOPE
    assert directory.may_write(STREAM)
    assert directory.scope_of(OTHER.public_key) == ()


def test_an_enrolment_of_another_incarnation_of_the_edge_waits_for_a_delegation_of_it() -> None:
    strange = by_edge(incarnation=b"j" * 16)
    assert folded(SAYS_HQ, DELEGATES, strange).scope_of(PHONE.public_key) == ()
    again = stated(HQ, Delegation(EDGE.public_key, ALL, 2, b"j" * 16))
    assert folded(SAYS_HQ, DELEGATES, strange, again).scope_of(PHONE.public_key) == SCOPE


def test_two_devices_at_one_number_both_play_and_are_shown_as_a_conflict() -> None:
    """What an edge does honestly after it was restored from a backup, and a thief with its key on purpose."""
    directory = folded(SAYS_HQ, DELEGATES, by_edge(), by_edge(OTHER.public_key))
    assert directory.conflicts() == {(EDGE.public_key, 0): frozenset({PHONE.public_key, OTHER.public_key})}
    assert directory.may_write(STREAM)
    assert directory.scope_of(OTHER.public_key) == SCOPE


def test_of_a_team_that_a_key_left_it_reads_nothing_until_it_is_enrolled_anew_and_may_write() -> None:
    first = by_edge()
    left = stated(EDGE, Leaving(PHONE.public_key, (identity(first),)))
    moved = folded(SAYS_HQ, DELEGATES, first, left)
    assert not moved.may_read(PHONE.public_key, SCOPE)
    assert moved.may_write(STREAM), "what it wrote before it left may still be on its way"
    assert moved.is_left(PHONE.public_key, identity(first))
    back = folded(SAYS_HQ, DELEGATES, first, left, by_edge(number=1))
    assert back.may_read(PHONE.public_key, SCOPE)


def test_what_strangers_say_of_leaving_counts_for_nothing_nor_what_is_said_of_another_key() -> None:
    first = by_edge()
    by_stranger = stated(OTHER, Leaving(PHONE.public_key, (identity(first),)))
    of_another = stated(HQ, Leaving(OTHER.public_key, (identity(first),)))
    assert folded(SAYS_HQ, DELEGATES, first, by_stranger, of_another).may_read(PHONE.public_key, SCOPE)


def test_an_enrolment_outside_the_hours_counts_and_is_flagged() -> None:
    late, in_time = by_edge(at_ms=201), by_edge(OTHER.public_key, 1, at_ms=200)
    directory = folded(SAYS_HQ, DELEGATES, late, in_time)
    assert directory.scope_of(PHONE.public_key) == SCOPE
    assert directory.untimely() == {identity(late)}


def test_a_role_is_given_by_an_authority_or_by_an_edge_up_to_its_rank() -> None:
    assert folded(SAYS_HQ, stated(HQ, Role(PHONE.public_key, 200))).role_of(PHONE.public_key) == 200
    given = [stated(EDGE, Role(PHONE.public_key, 20, 1)), stated(EDGE, Role(OTHER.public_key, 21))]
    directory = folded(SAYS_HQ, DELEGATES, *given)
    assert (directory.role_of(PHONE.public_key), directory.role_of(OTHER.public_key)) == (20, 0)
    assert (directory.role_of(HQ.public_key), directory.role_of(EDGE.public_key)) == (ROLE_MAX, 20)


def test_of_several_roles_the_authoritys_and_then_the_latest_number_holds() -> None:
    roles = [stated(HQ, Role(PHONE.public_key, 50, 0)), stated(HQ, Role(PHONE.public_key, 10, 1))]
    directory = folded(SAYS_HQ, DELEGATES, *roles, stated(EDGE, Role(PHONE.public_key, 20, 99)))
    assert directory.role_of(PHONE.public_key) == 10


def test_a_revoked_device_may_neither_write_nor_read_on_and_keeps_what_is_pinned() -> None:
    revoked = stated(HQ, Revocation(PHONE.public_key, (Pin(HASH, 4, HASH),)))
    directory = folded(SAYS_HQ, enrolment_statement(HQ, PHONE, SCOPE), revoked)
    assert not directory.may_write(STREAM)
    assert not directory.may_read(PHONE.public_key, SCOPE)
    assert directory.is_enrolled(STREAM)
    assert [pin for bound in directory.bounds_of(PHONE.public_key) for pin in bound.pins] == [Pin(HASH, 4, HASH)]


def test_nobody_but_root_and_authorities_revokes() -> None:
    revocations = [stated(key, Revocation(PHONE.public_key)) for key in (EDGE, OTHER, PHONE)]
    directory = folded(SAYS_HQ, DELEGATES, enrolment_statement(HQ, PHONE, SCOPE), *revocations)
    assert directory.may_write(STREAM)


def test_a_revoked_edge_keeps_the_enrolments_that_are_named_and_no_others() -> None:
    kept, lost = by_edge(), by_edge(OTHER.public_key, 1)
    revoked = stated(HQ, Revocation(EDGE.public_key, (), (identity(kept),)))
    directory = folded(SAYS_HQ, DELEGATES, kept, lost, revoked)
    assert directory.may_write(STREAM)
    assert directory.scope_of(OTHER.public_key) == ()
    assert not directory.vouches(EDGE.public_key)


def test_whoever_finds_a_revoked_edges_key_gains_nothing_by_using_a_number_that_was_kept() -> None:
    kept = by_edge()
    revoked = stated(HQ, Revocation(EDGE.public_key, (), (identity(kept),)))
    directory = folded(SAYS_HQ, DELEGATES, kept, by_edge(OTHER.public_key), revoked)
    assert directory.scope_of(OTHER.public_key) == ()


def test_several_revocations_leave_what_all_of_them_keep() -> None:
    first, second = by_edge(), by_edge(OTHER.public_key, 1)
    revocations = [
        stated(HQ, Revocation(EDGE.public_key, (), (identity(first), identity(second)))),
        stated(HQ, Revocation(EDGE.public_key, (), (identity(second),))),
    ]
    directory = folded(SAYS_HQ, DELEGATES, first, second, *revocations)
    assert (directory.scope_of(PHONE.public_key), directory.scope_of(OTHER.public_key)) == ((), SCOPE)


def test_a_revocation_that_amends_another_takes_its_place() -> None:
    strict = stated(HQ, Revocation(PHONE.public_key))
    mild = stated(HQ, Revocation(PHONE.public_key, (Pin(HASH, 4, HASH),), (), (identity(strict),)))
    directory = folded(SAYS_HQ, enrolment_statement(HQ, PHONE, SCOPE), strict, mild)
    assert directory.revocation_ids(PHONE.public_key) == (identity(mild),)


def test_what_an_older_authority_signed_stays_valid_after_a_rotation() -> None:
    directory = folded(SAYS_HQ, SAYS_NEW_HQ, enrolment_statement(HQ, PHONE, SCOPE), DELEGATES)
    assert directory.may_write(STREAM)
    assert directory.is_authority(HQ.public_key)
    assert directory.edges.keys() == {EDGE.public_key}


def test_a_newer_authority_bounds_an_older_ones_key_and_not_the_other_way_round() -> None:
    kept = enrolment_statement(HQ, PHONE, SCOPE)
    stolen = enrolment_statement(HQ, OTHER, SCOPE, 1)
    bound = stated(NEW_HQ, Revocation(HQ.public_key, (), (identity(kept),)))
    revenge = stated(HQ, Revocation(NEW_HQ.public_key))
    directory = folded(SAYS_HQ, SAYS_NEW_HQ, kept, stolen, bound, revenge)
    assert directory.may_write(STREAM)
    assert directory.scope_of(OTHER.public_key) == ()
    assert directory.is_authority(NEW_HQ.public_key)
    assert not directory.is_authority(HQ.public_key)
    assert not directory.vouches(HQ.public_key)


def test_a_stolen_authority_key_cannot_undo_revocations_with_those_it_signs_later() -> None:
    bound = stated(NEW_HQ, Revocation(HQ.public_key))
    by_thief = stated(HQ, Revocation(PHONE.public_key))
    enrolled = enrolment_statement(NEW_HQ, PHONE, SCOPE)
    directory = folded(SAYS_HQ, SAYS_NEW_HQ, enrolled, bound, by_thief)
    assert directory.may_write(STREAM)


def test_only_an_authority_erases_and_of_two_facts_every_node_takes_the_same() -> None:
    items = [Erased(HASH, 3, b"e" * 32, fact) for fact in (b"one", b"two")]
    directory = folded(SAYS_HQ, *(stated(HQ, Erasure((item,))) for item in items))
    assert directory.fact_of(HASH, 3, b"e" * 32) in (b"one", b"two")
    assert directory.fact_of(HASH, 3, b"other event" + bytes(21)) is None
    assert folded(SAYS_HQ, DELEGATES, stated(EDGE, Erasure((items[0],)))).erased_streams() == []


def test_two_finalisations_are_a_conflict_until_one_names_both() -> None:
    first = stated(HQ, Finalisation(1, HASH, HASH, b"1" * 32))
    second = stated(NEW_HQ, Finalisation(1, HASH, HASH, b"2" * 32))
    assert len(folded(SAYS_HQ, SAYS_NEW_HQ, first, second).finals()) == 2
    amended = stated(NEW_HQ, Finalisation(1, HASH, HASH, b"3" * 32, 1, (identity(first), identity(second))))
    finals = folded(SAYS_HQ, SAYS_NEW_HQ, first, second, amended).finals()
    assert [final.result for final in finals.values()] == [b"3" * 32]


def test_an_edge_finalises_only_where_its_delegation_says_so() -> None:
    final = stated(EDGE, Finalisation(1, HASH, HASH, HASH))
    assert folded(SAYS_HQ, DELEGATES, final).finals() == {}
    delegate = stated(HQ, Delegation(EDGE.public_key, ALL, 0, finalises=True))
    assert len(folded(SAYS_HQ, delegate, final).finals()) == 1


def test_the_heads_of_a_finalisation_are_whole_once_every_part_has_come() -> None:
    pins = [Pin(bytes((i,)) * 32, i, HASH) for i in range(3)]
    of = heads_digest(pins)
    parts = [stated(HQ, Heads(of, (pins[0],)), TEAM), stated(HQ, Heads(of, (pins[1], pins[2])), STAFF)]
    partly = folded(SAYS_HQ, parts[0]).final_heads(of)
    assert (partly.whole, dict(partly.by_stream)) == (False, {pins[0].stream: ((0, HASH),)})
    assert folded(SAYS_HQ, *parts).final_heads(of).whole


def test_a_statement_waits_for_whoever_makes_its_issuer_known() -> None:
    directory = Directory(ROOT_KEY.public_key)
    directory.add([by_edge(), DELEGATES])
    assert not directory.may_write(STREAM)
    directory.add([SAYS_HQ])
    assert directory.may_write(STREAM)


def test_the_revision_grows_with_everything_but_an_enrolment() -> None:
    directory = Directory(ROOT_KEY.public_key)
    directory.add([SAYS_HQ])
    before = directory.revision
    directory.add([enrolment_statement(HQ, PHONE, SCOPE)])
    assert directory.revision == before
    directory.add([stated(HQ, Role(PHONE.public_key, 3))])
    assert directory.revision > before


@pytest.mark.parametrize(
    "content",
    [
        Role(b"short", 1),
        Role(PHONE.public_key, -1),
        Delegation(EDGE.public_key, ALL, 2, b"seven b"),
        Enrolment(PHONE.public_key, SCOPE, -1),
        Enrolment(PHONE.public_key, SCOPE, 0, b"", b"short"),
        Enrolment(PHONE.public_key, SCOPE, 0, at_ms=-1),
        Revocation(PHONE.public_key, (Pin(b"short", 0, HASH),)),
        Erasure(()),
        Erasure((Erased(HASH, -1, HASH, b""),)),
        Finalisation(1, HASH, b"short", HASH),
        Heads(b"short", ()),
    ],
    ids=repr,
)
def test_a_record_that_does_not_fit_is_kept_and_worth_nothing(content) -> None:
    directory = folded(SAYS_HQ, enrolment_statement(HQ, PHONE, SCOPE), stated(HQ, content))
    assert said(directory) == said(folded(SAYS_HQ, enrolment_statement(HQ, PHONE, SCOPE)))
