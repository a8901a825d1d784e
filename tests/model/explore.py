"""Breadth first through every state of a small world; the first way found to a broken law is a shortest one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sync.initiator
import sync.responder
from sync.effects import Append, Exchange
from sync.initiator import Report
from sync.messages import Message
from sync.responder import read_body
from sync.stream import meet
from sync.transitions import TRANSITIONS
from sync.transitions import State as Reading
from tests.model.actions import Actions
from tests.model.laws import ROUNDS_MAX, BrokenLaw, check_roots, offered
from tests.model.process import Done, fingerprint
from tests.model.world import Ledger, State, dial, hear
from tests.model.worlds import World

Cell = tuple[Reading, type[Message]]


class Found(NamedTuple):
    """A broken law: the law, and the steps that lead there from the beginning."""

    law: str
    trace: list[str]


class Explored(NamedTuple):
    """What an exploration saw. `found` is None where every law held in every state."""

    states: int
    transitions: int
    settled: int
    depth: int
    cells: frozenset[Cell]
    found: Found | None


class Exploration:
    """One world, explored once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger()
        self.cells: set[Cell] = set()
        self._bodies: set[tuple[Reading, bytes]] = set()
        self._settled: set[tuple[bytes, ...]] = set()
        self.actions = Actions(world, self.ledger, self._met)
        self._came_from: dict[bytes, tuple[bytes, str]] = {}

    def run(self) -> Explored:
        """Visit every state; stops at the first broken law."""
        with _scaled(self.world.rows_direct_max):
            return self._run()

    def _run(self) -> Explored:
        first = self.world.beginning()
        start = first.fingerprint()
        waiting: deque[tuple[State, bytes, int]] = deque([(first, start, 0)])
        self._came_from[start] = (b"", "")
        transitions = depth = 0
        found = None
        while waiting and found is None:
            state, name, depth = waiting.popleft()
            try:
                for step in self.actions.of(state):
                    transitions += 1
                    after = step.after.fingerprint()
                    if after not in self._came_from:
                        self._came_from[after] = (name, step.said)
                        self._check(step.after)
                        waiting.append((step.after, after, depth + 1))
            except BrokenLaw as law:
                found = Found(str(law), self._trace(name, state))
        cells = frozenset(self.cells)
        return Explored(len(self._came_from), transitions, len(self._settled), depth, cells, found)

    def _trace(self, name: bytes, state: State) -> list[str]:
        """How this state was reached, and which of its actions breaks the law."""
        said: list[str] = []
        try:
            for step in self.actions.of(state):
                last = step.said
                self._check(step.after)
        except BrokenLaw:
            said = [last] if last else []
        while self._came_from[name][0]:
            name, before = self._came_from[name]
            said.insert(0, before)
        return said

    def _check(self, state: State) -> None:
        check_roots(self.world.beings, state.nodes)
        logs = tuple(fingerprint(node.log) + node.incarnation for node in state.nodes)
        if logs not in self._settled:
            try:
                self.settle(state._replace(calls=(), orphans=()))
            except BrokenLaw as law:
                raise BrokenLaw(f"{law} (in sessions that nobody disturbs, from there on)") from law
            self._settled.add(logs)

    def settle(self, state: State) -> None:
        """*converging*: sessions that nobody disturbs, over each link until nothing moves."""
        offers = [node.log for node in state.nodes]
        for _ in range(len(self.world.links) + 1):
            for caller, peer in self.world.links:
                state = self._undisturbed(state, caller, peer)
        for caller, peer in self.world.links:
            scope = meet(self.world.beings[caller].scope, self.world.beings[peer].scope)
            mine, theirs = (offered(state.nodes[n].log, scope) for n in (caller, peer))
            names = f"{self.world.beings[caller].name} and {self.world.beings[peer].name}"
            if mine != theirs:
                raise BrokenLaw(f"converging: after sessions without a fault {names} do not hold the same")
            before = offered(offers[caller], scope)[0] | offered(offers[peer], scope)[0]
            if not before <= mine[0]:
                raise BrokenLaw(f"converging: {names} agree, and {len(before - mine[0])} events are gone")

    def _undisturbed(self, state: State, caller: int, peer: int) -> State:
        beings = self.world.beings
        process = dial(beings[caller], state.nodes[peer], state.nodes[caller])
        for _ in range(4 * ROUNDS_MAX):
            if isinstance(process.stand, Append):
                state, process = self.actions.commit(state, caller, process)
            elif isinstance(process.stand, Exchange):
                body = process.stand.body
                self._met(Reading.EXPECT_HELLO, body)
                serving = hear(beings[peer], state.nodes[peer], body)
                while isinstance(serving.stand, Append):
                    state, serving = self.actions.commit(state, peer, serving)
                assert isinstance(serving.stand, Done)
                self.actions.check_answer(state.nodes[peer], beings[peer], body, serving.stand.value)
                self._met(Reading.EXPECT_WELCOME, serving.stand.value)
                process = process.goes_on(state.nodes[caller].log, serving.stand.value)
            else:
                break
        said = process.stand.value if isinstance(process.stand, Done) else "goes on for ever"
        if not isinstance(said, Report) or not said.converged:
            names = f"{beings[caller].name} and {beings[peer].name}"
            raise BrokenLaw(f"converging: an undisturbed session of {names} ends as {said}")
        return state

    def _met(self, reading: Reading, body: bytes) -> None:
        """Note which cells of the transition table this body walks through."""
        if (reading, body) in self._bodies:
            return
        self._bodies.add((reading, body))
        self.cells |= cells_of(reading, body)


def cells_of(reading: Reading, body: bytes) -> set[Cell]:
    """The cells a body's messages take its reader through."""
    if reading is Reading.EXPECT_BUNDLE_HELLO:
        body = body.partition(b"\r\n")[2]
    cells: set[Cell] = set()
    for message in read_body(body, reading)[0]:
        cells.add((reading, type(message)))
        reading = TRANSITIONS[reading][type(message)]
    return cells


@contextmanager
def _scaled(rows_direct_max: int) -> Iterator[None]:
    """The core with its limit for comparing rows directly scaled down to a small world's size."""
    kept = sync.initiator.ROWS_DIRECT_MAX
    sync.initiator.ROWS_DIRECT_MAX = sync.responder.ROWS_DIRECT_MAX = rows_direct_max
    try:
        yield
    finally:
        sync.initiator.ROWS_DIRECT_MAX = sync.responder.ROWS_DIRECT_MAX = kept
