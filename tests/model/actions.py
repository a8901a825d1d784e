"""Everything that can happen next in a state, each as a sentence and the state after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sync.batch import Outcome
from sync.bundle import export_bundle, import_bundle
from sync.effects import Append, Exchange
from sync.errors import RemoteError, SyncError
from sync.messages import Welcome
from sync.responder import read_body
from sync.transitions import State as Reading
from tests.model.laws import BrokenLaw, check_answer, check_growth, check_outcome
from tests.model.process import Done, Process, begin
from tests.model.world import Being, Call, Ledger, Node, Served, State, dial, guard, hear, stored, write
from tests.model.worlds import World

Met = Callable[[Reading, bytes], None]
"""Told each body that is read, and where its reader began."""


class Step(NamedTuple):
    """One action: what happened, and what the world is then."""

    said: str
    after: State


class Actions:
    """The actions of one world."""

    def __init__(self, world: World, ledger: Ledger, met: Met) -> None:
        self.world, self.ledger, self.met = world, ledger, met
        self.beings, self.chains = world.beings, world.chains()

    def of(self, state: State) -> Iterator[Step]:
        """Every action that this state allows."""
        yield from self._writing(state)
        yield from self._calling(state)
        for call in state.calls:
            yield from self._calls(state, call)
        for served in state.orphans:
            yield self._orphan(state, served)
        yield from self._carrying(state)
        if state.faults_left:
            yield from self._faults(state)

    def _name(self, node: int) -> str:
        return self.beings[node].name

    def _writing(self, state: State) -> Iterator[Step]:
        for number, (being, node) in enumerate(zip(self.beings, state.nodes, strict=True)):
            if node.written < being.writes:
                yield Step(f"{being.name} writes", put(state, number, write(being, node, self.ledger)))

    def _calling(self, state: State) -> Iterator[Step]:
        busy = {(call.initiator, call.responder) for call in state.calls}
        for caller, peer in self.world.links:
            if state.sessions_left and (caller, peer) not in busy:
                process = dial(self.beings[caller], state.nodes[peer], state.nodes[caller])
                after = state._replace(sessions_left=state.sessions_left - 1)
                call = Call(caller, peer, process, "")
                yield Step(f"{self._name(caller)} calls {self._name(peer)}", self._stand(after, None, call))

    def _calls(self, state: State, call: Call) -> Iterator[Step]:
        """What a session's next step can be, undisturbed; and how its bytes may fare."""
        caller, peer = self._name(call.initiator), self._name(call.responder)
        if call.stage == "storing":
            yield Step(f"{caller} COMMITs what it heard", self._commit_caller(state, call))
        elif call.stage == "going":
            assert isinstance(call.process.stand, Exchange)
            body = call.process.stand.body
            yield Step(f"the request of {caller} reaches {peer}", self._arrive(state, call, body))
            if state.faults_left and "half" in self.world.kinds:
                half = self._arrive(_faulty(state), call, body[: len(body) // 2])
                yield Step(f"half of the request of {caller} reaches {peer}", half)
            if state.faults_left and "twice" in self.world.kinds:
                yield Step(f"the request of {caller} reaches {peer} an extra time", self._twice(state, call, body))
        elif call.stage == "there":
            yield Step(f"{peer} COMMITs what {caller} sent", self._commit_peer(state, call))
        else:
            yield Step(f"the answer of {peer} reaches {caller}", self._back(state, call, call.answer))
            if state.faults_left and "half" in self.world.kinds:
                half = self._back(_faulty(state), call, call.answer[: len(call.answer) // 2])
                yield Step(f"half of the answer of {peer} reaches {caller}", half)
        if state.faults_left and "cut" in self.world.kinds:
            yield Step(f"the connection of {caller} and {peer} is cut", _cut(_faulty(state), call))

    def _stand(self, state: State, old: Call | None, call: Call) -> State:
        """The session where its process came to stand; gone where it ended."""
        stand = call.process.stand
        calls = tuple(c for c in state.calls if c is not old)
        if isinstance(stand, Done):
            return state._replace(calls=calls)
        stage = "storing" if isinstance(stand, Append) else "going"
        return state._replace(calls=(*calls, call._replace(stage=stage, serving=None, answer=b"")))

    def commit(self, state: State, number: int, process: Process) -> tuple[State, Process]:
        being, node = self.beings[number], state.nodes[number]
        assert isinstance(process.stand, Append)
        batch = process.stand.batch
        node = guard(being, node, process.stand)
        try:
            after, outcome = stored(node, batch)
        except (AssertionError, LookupError, SyncError) as error:
            raise BrokenLaw(f"sound: {being.name} cannot store what it checked: {error!r}") from error
        assert isinstance(outcome, Outcome)
        check_outcome(being, node.log, batch, outcome, self.chains)
        check_growth(being, node.log, after.log)
        return put(state, number, after), process.goes_on(after.log, outcome)

    def _commit_caller(self, state: State, call: Call) -> State:
        after, process = self.commit(state, call.initiator, call.process)
        return self._stand(after, call, call._replace(process=process))

    def _arrive(self, state: State, call: Call, body: bytes) -> State:
        self.met(Reading.EXPECT_HELLO, body)
        serving = hear(self.beings[call.responder], state.nodes[call.responder], body)
        return self._serve(state, call, call._replace(serving=serving), body)

    def _commit_peer(self, state: State, call: Call) -> State:
        assert call.serving is not None
        assert isinstance(call.process.stand, Exchange)
        after, serving = self.commit(state, call.responder, call.serving)
        return self._serve(after, call, call._replace(serving=serving), call.process.stand.body)

    def _serve(self, state: State, old: Call, call: Call, body: bytes) -> State:
        """Where the responder came to stand: before a COMMIT, or with its answer ready."""
        assert call.serving is not None
        calls = tuple(c for c in state.calls if c is not old)
        if not isinstance(call.serving.stand, Done):
            return state._replace(calls=(*calls, call._replace(stage="there")))
        answer = call.serving.stand.value
        self.check_answer(state.nodes[call.responder], self.beings[call.responder], body, answer)
        return state._replace(calls=(*calls, call._replace(stage="coming", serving=None, answer=answer)))

    def check_answer(self, node: Node, being: Being, body: bytes, answer: bytes) -> None:
        asked, _ = read_body(body, Reading.EXPECT_HELLO)
        told, problems = read_body(answer, Reading.EXPECT_WELCOME)
        assert not problems, "a node's own answer is sound"
        check_answer(being, node.log, asked, told, self.ledger)

    def _back(self, state: State, call: Call, answer: bytes) -> State:
        self.met(Reading.EXPECT_WELCOME, answer)
        node = state.nodes[call.initiator]
        told, _ = read_body(answer, Reading.EXPECT_WELCOME)
        stores = {message.store for message in told if isinstance(message, Welcome)}
        node = node._replace(met=node.met | stores)
        process = call.process.goes_on(node.log, answer)
        return self._stand(put(state, call.initiator, node), call, call._replace(process=process))

    def _twice(self, state: State, call: Call, body: bytes) -> State:
        serving = hear(self.beings[call.responder], state.nodes[call.responder], body)
        return _orphaned(_faulty(state), call.responder, serving)

    def _orphan(self, state: State, served: Served) -> Step:
        after, process = self.commit(state, served.node, served.process)
        rest = tuple(o for o in state.orphans if o is not served)
        after = _orphaned(after._replace(orphans=rest), served.node, process)
        return Step(f"{self._name(served.node)} COMMITs what nobody waits for", after)

    def _carrying(self, state: State) -> Iterator[Step]:
        """A bundle is written, and taken in; `half` of it where the disk was full."""
        for writer, reader in self.world.carries:
            being = self.beings[writer]
            if state.sessions_left:
                start = begin(
                    f"{being.name} exports",
                    being.key,
                    lambda view, being=being: export_bundle(view, being.key.public_key, being.scope),
                    state.nodes[writer].log,
                )
                after, data = self._run(state._replace(sessions_left=state.sessions_left - 1), writer, start)
                assert isinstance(data, bytes)
                yield Step(f"{being.name} writes a bundle", after._replace(files=((writer, data),)))
            for owner, data in state.files:
                if owner == writer:
                    yield self._import(state, reader, data, "a bundle")
                    if state.faults_left and "half" in self.world.kinds:
                        yield self._import(_faulty(state), reader, data[: len(data) // 2], "half a bundle")

    def _import(self, state: State, reader: int, data: bytes, what: str) -> Step:
        being = self.beings[reader]
        self.met(Reading.EXPECT_BUNDLE_HELLO, data)
        start = begin(
            f"{being.name} imports",
            being.key,
            lambda view: import_bundle(data, view, being.scope),
            state.nodes[reader].log,
        )
        after, report = self._run(state, reader, start)
        if isinstance(report, RemoteError) and what == "a bundle":
            raise BrokenLaw(f"converging: {being.name} refuses a sound bundle: {report}")
        return Step(f"{being.name} takes in {what}", after)

    def _run(self, state: State, number: int, process: Process) -> tuple[State, object]:
        """A session without a peer, to its end."""
        while isinstance(process.stand, Append):
            state, process = self.commit(state, number, process)
        assert isinstance(process.stand, Done)
        return state, process.stand.value

    def _faults(self, state: State) -> Iterator[Step]:
        for number, node in enumerate(state.nodes):
            works = any(number in (c.initiator, c.responder) for c in state.calls)
            works = works or any(o.node == number for o in state.orphans)
            if "kill" in self.world.kinds and works:
                yield Step(f"{self._name(number)} is killed", _killed(_faulty(state), number))
            if "restore" in self.world.kinds:
                for past in dict.fromkeys([*node.past[:1], *node.past[-1:]]):
                    restored = node._replace(log=past[0], incarnation=past[1], past=())
                    ago = len(node.past) - node.past.index(past)
                    said = f"{self._name(number)} comes back as it was {ago} COMMITs ago"
                    yield Step(said, put(_killed(_faulty(state), number), number, restored))


def put(state: State, number: int, node: Node) -> State:
    """The state with one node exchanged."""
    return state._replace(nodes=(*state.nodes[:number], node, *state.nodes[number + 1 :]))


def _faulty(state: State) -> State:
    return state._replace(faults_left=state.faults_left - 1)


def _cut(state: State, call: Call) -> State:
    """The caller gives up; the peer goes on with what it has begun."""
    after = state._replace(calls=tuple(c for c in state.calls if c is not call))
    return _orphaned(after, call.responder, call.serving) if call.serving is not None else after


def _orphaned(state: State, node: int, process: Process) -> State:
    """Work nobody waits for any more, unless it is done."""
    if isinstance(process.stand, Done):
        return state
    return state._replace(orphans=(*state.orphans, Served(node, process)))


def _killed(state: State, number: int) -> State:
    """A node's process ends: its sessions, and what it was about to COMMIT."""
    for call in state.calls:
        if call.initiator == number:
            state = _cut(state, call)
    calls = tuple(call for call in state.calls if call.responder != number)
    return state._replace(calls=calls, orphans=tuple(o for o in state.orphans if o.node != number))
