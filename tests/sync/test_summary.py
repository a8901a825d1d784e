"""Roots of a summary are remembered, and are those of what it holds all the same."""

from __future__ import annotations

from random import Random

from sync.stream import ALL, GAME, STAFF, scope_of, team_audience
from sync.summary import SCOPES_KEPT_MAX, Summary

AUDIENCES = (GAME, STAFF, team_audience(b"r" * 16), team_audience(b"b" * 16))
SCOPES = (ALL, scope_of(GAME), scope_of(GAME, AUDIENCES[2]), scope_of(*AUDIENCES))


def test_a_root_follows_every_change_in_every_scope_and_equals_that_of_a_summary_made_anew() -> None:
    rng, kept = Random(5), Summary()
    rows: dict[bytes, tuple[bytes, bytes]] = {}
    roots = set()
    for _ in range(60):
        identity = rng.choice([*rows, rng.randbytes(32)])
        audience = rows[identity][0] if identity in rows else rng.choice(AUDIENCES)
        rows[identity] = (audience, rng.randbytes(32))
        kept.put(identity, *rows[identity])
        anew = Summary()
        for known, row in rows.items():
            anew.put(known, *row)
        for scope in SCOPES:
            assert kept.root(scope) == kept.root(scope) == anew.root(scope)
        roots.add(kept.root(ALL))
    assert len(roots) == 60


def test_however_many_scopes_peers_name_few_roots_are_kept() -> None:
    kept = Summary()
    kept.put(b"i" * 32, GAME, b"h" * 32)
    for number in range(3 * SCOPES_KEPT_MAX):
        kept.root((b"%d" % number,))
    assert len(kept._root_by_scope) <= SCOPES_KEPT_MAX
