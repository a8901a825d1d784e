"""The small worlds that are explored: who is in them, who may call whom, and how much may happen.

Each has at most three events and is the smallest that meets its case. `links`
are `(initiator, responder)`; `faults` is how many cuts, halves, duplicates,
kills and restores one history may have, in any order and at any place.
"""

from __future__ import annotations

from typing import NamedTuple

from nodes import ROOT_KEY, authority_statement, enrolment_statement, key_of

from sync.batch import Batch
from sync.statement import Statement, statement_id
from sync.stream import ALL, GAME, scope_of, team_audience
from tests.model.laws import Chains
from tests.model.world import Being, Node, State, empty_log, incarnation_of

RED = team_audience(b"R" * 16)
BLUE = team_audience(b"B" * 16)


class World(NamedTuple):
    """One small world and its bounds.

    `knows` says by name whose chain of enrolment each node holds at the
    beginning. `carries` are `(from, to)` over which a bundle may be carried.
    `rows_direct_max` is the core's constant, scaled down where a world is to
    compare by buckets as large ones do.
    """

    name: str
    beings: tuple[Being, ...]
    links: tuple[tuple[int, int], ...]
    knows: dict[str, tuple[str, ...]]
    sessions: int
    faults: int
    kinds: frozenset[str]
    carries: tuple[tuple[int, int], ...] = ()
    rows_direct_max: int = 64

    def chains(self) -> Chains:
        """By public key, the ids of the statements that enrol it."""
        return {b.key.public_key: frozenset(statement_id(s.body) for s in _chain(b)) for b in self.beings}

    def beginning(self) -> State:
        """The first state."""
        by_name = {being.name: being for being in self.beings}
        nodes = []
        for being in self.beings:
            log = empty_log(being.name, ROOT_KEY.public_key)
            known = dict.fromkeys(s for name in self.knows[being.name] for s in _chain(by_name[name]))
            log.append(Batch(statements=tuple(known)))
            nodes.append(Node(log, incarnation_of(being, 0)))
        return State(tuple(nodes), sessions_left=self.sessions, faults_left=self.faults)


def _chain(being: Being) -> tuple[Statement, ...]:
    hq = key_of("hq")
    if being.is_authority:
        return (authority_statement(being.key),)
    return (authority_statement(hq), enrolment_statement(hq, being.key, being.scope, 0))


ANY = frozenset({"cut", "half", "twice", "kill", "restore"})


def _device(name: str, writes: int, team: bytes = RED, clone_of: str = "") -> Being:
    return Being(name, scope_of(GAME, team), team, writes=writes, clone_of=clone_of)


def _hq(writes: int) -> Being:
    return Being("hq", ALL, GAME, is_authority=True, writes=writes)


def _edge() -> Being:
    return Being("edge", ALL, GAME)


def worlds(*, small: bool = False) -> list[World]:
    """All of them, in the full bounds or in those a test has time for."""
    a, b = _device("a", 2), _device("b", 1, BLUE)
    less = 1 if small else 0
    shorter = _device("a", 2 - less)
    return [
        World(
            "a device and its server, everything that can go wrong",
            (a, _hq(1)),
            ((0, 1),),
            {"a": ("hq", "a"), "hq": ("hq", "a")},
            sessions=2,
            faults=2 - less,
            kinds=ANY,
        ),
        World(
            "a device nobody knows yet",
            (shorter, _hq(1)),
            ((0, 1),),
            {"a": ("hq", "a"), "hq": ("hq",)},
            sessions=2 - less,
            faults=1,
            kinds=ANY,
        ),
        World(
            "device, edge and server",
            (shorter, _edge(), _hq(1)),
            ((0, 1), (1, 2)),
            {"a": ("hq", "a"), "edge": ("hq", "edge"), "hq": ("hq", "edge", "a")},
            sessions=2,
            faults=1 - less,
            kinds=frozenset({"cut", "restore"}),
        ),
        World(
            "two teams at one server",
            (_device("a", 2), b, _hq(0)),
            ((0, 2), (1, 2)),
            {"a": ("hq", "a"), "b": ("hq", "b"), "hq": ("hq", "a", "b")},
            sessions=2,
            faults=1 - less,
            kinds=frozenset({"cut", "kill"}),
        ),
        World(
            "a device and its clone",
            (_device("a", 1), _device("copy", 1, clone_of="a"), _hq(1)),
            ((0, 2), (1, 2)),
            {"a": ("hq", "a"), "copy": ("hq", "a"), "hq": ("hq", "a")},
            sessions=2,
            faults=1 - less,
            kinds=frozenset({"cut", "twice"}),
        ),
        World(
            "compared by buckets, as large games are",
            (_device("a", 2), _hq(1)),
            ((0, 1),),
            {"a": ("hq", "a"), "hq": ("hq",)},
            sessions=2 - less,
            faults=1,
            kinds=frozenset({"cut", "restore"}),
            rows_direct_max=0,
        ),
        World(
            "by file, and by wire beside it",
            (shorter, _hq(1)),
            ((0, 1),),
            {"a": ("hq", "a"), "hq": ("hq",)},
            sessions=2,
            faults=1 - less,
            kinds=frozenset({"half", "restore"}),
            carries=((0, 1), (1, 0)) if small else ((0, 1),),
        ),
    ]
