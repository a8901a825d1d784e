"""What no honest node of this version sends: messages out of place, and runs, statements and receipts that are forged.

Each is given to a real responder, a real initiator or an import, in a world
where events are at stake. Nothing of it may be stored, no event may be lost,
and the next undisturbed session has to bring both nodes together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from nodes import NONCE, ROOT_KEY, WORLD_GAME, enrolment_statement, key_of, run_of

from sync.bundle import MAGIC, import_bundle
from sync.effects import Append
from sync.frame import encode_body, encode_frame
from sync.messages import (
    MESSAGES,
    Asking,
    Buckets,
    Data,
    End,
    Hello,
    Message,
    Problem,
    Proof,
    Receipts,
    Root,
    Rows,
    Statements,
    Verdicts,
    Want,
    Wanted,
    Welcome,
)
from sync.receipt import SAFE, Receipt, receipt_message
from sync.responder import read_body
from sync.stream import ALL
from sync.transitions import TRANSITIONS
from sync.transitions import State as Reading
from tests.model.explore import Cell, Exploration, cells_of
from tests.model.laws import BrokenLaw
from tests.model.process import Process, begin
from tests.model.world import State, dial, hear, held_ids
from tests.model.worlds import World, worlds

DEVICE, HQ = 0, 1


class Blow(NamedTuple):
    """One hostile body: what it is, where its reader begins, and how many problems must be named at least."""

    name: str
    reading: Reading
    body: bytes
    problems_min: int


class Withstood(NamedTuple):
    """How many hostile bodies were tried, and the cells they went through."""

    blows: int
    cells: frozenset[Cell]


def withstand() -> Withstood:
    """Strike a small world with everything; raises `BrokenLaw` where it gives way."""
    world = worlds(small=True)[0]
    cells: set[Cell] = set()
    count = 0
    for blow in (*_out_of_place(world), *_forged(world), *_asked_for(world)):
        _strike(world, blow)
        cells |= cells_of(blow.reading, blow.body)
        count += 1
    return Withstood(count, frozenset(cells))


def _strike(world: World, blow: Blow) -> None:
    exploration = Exploration(world)
    state = at_stake(exploration)
    before = [held_ids(node.log) for node in state.nodes]
    state = _given(exploration, state, blow)
    if [held_ids(node.log) for node in state.nodes] != before:
        raise BrokenLaw(f"sound: {blow.name}: events were stored")
    told = _problems(blow)
    if told < blow.problems_min:
        raise BrokenLaw(f"sound: {blow.name}: nobody said what is wrong with it")
    try:
        exploration.settle(state)
    except BrokenLaw as law:
        raise BrokenLaw(f"{blow.name}: {law}") from law


def at_stake(exploration: Exploration) -> State:
    """A moment at which the device has sent one event and holds another that it has not."""
    state = exploration.world.beginning()
    for said in ("a writes", "a calls hq", "a COMMITs", "the request of a reaches", "hq COMMITs", "a writes"):
        state = next(step.after for step in exploration.actions.of(state) if step.said.startswith(said))
    return state._replace(calls=(), orphans=())


def _given(exploration: Exploration, state: State, blow: Blow) -> State:
    beings = exploration.world.beings
    if blow.reading is Reading.EXPECT_HELLO:
        return _finish(exploration, state, HQ, hear(beings[HQ], state.nodes[HQ], blow.body))
    device = state.nodes[DEVICE]
    if blow.reading is Reading.EXPECT_WELCOME:
        process = dial(beings[DEVICE], state.nodes[HQ], device)
        while isinstance(process.stand, Append):
            state, process = exploration.actions.commit(state, DEVICE, process)
        process = process.goes_on(state.nodes[DEVICE].log, blow.body)
    else:
        process = begin("", beings[DEVICE].key, lambda view: import_bundle(blow.body, view), device.log)
    return _finish(exploration, state, DEVICE, process)


def _finish(exploration: Exploration, state: State, number: int, process: Process) -> State:
    while isinstance(process.stand, Append):
        state, process = exploration.actions.commit(state, number, process)
    return state


def _problems(blow: Blow) -> int:
    body = blow.body.removeprefix(MAGIC)
    return len(read_body(body, blow.reading)[1]) if blow.problems_min else 0


def _out_of_place(world: World) -> Iterator[Blow]:
    """Every message in every state that has no cell for it."""
    samples = _samples(world)
    ways: dict[Reading, tuple[Reading, list[type[Message]]]] = {
        Reading.EXPECT_HELLO: (Reading.EXPECT_HELLO, []),
        Reading.EXPECT_HELLO_AFTER_PROOF: (Reading.EXPECT_HELLO, [Proof]),
        Reading.REQUEST_OPEN: (Reading.EXPECT_HELLO, [Hello]),
        Reading.EXPECT_WELCOME: (Reading.EXPECT_WELCOME, []),
        Reading.ANSWER_OPEN: (Reading.EXPECT_WELCOME, [Welcome]),
        Reading.EXPECT_BUNDLE_HELLO: (Reading.EXPECT_BUNDLE_HELLO, []),
        Reading.BUNDLE_OPEN: (Reading.EXPECT_BUNDLE_HELLO, [Hello]),
        Reading.CLOSED: (Reading.EXPECT_BUNDLE_HELLO, [Hello, End]),
    }
    for reading, (start, way) in ways.items():
        for kind in MESSAGES:
            if kind not in TRANSITIONS[reading]:
                # What follows the fault is sound, and still must not count.
                body = encode_body([*(samples[step] for step in way), samples[kind], samples[Data]])
                prefix = MAGIC if start is Reading.EXPECT_BUNDLE_HELLO else b""
                yield Blow(f"a {kind.__name__} at '{reading.value}'", start, prefix + body, 1)


def _forged(world: World) -> Iterator[Blow]:
    """Runs, statements and receipts that somebody made who had no right to, inside a sound request."""
    samples = _samples(world)
    run = run_of("a", [b"never written"])
    hello = samples[Hello]

    def request(name: str, *messages: Message) -> Blow:
        return Blow(name, Reading.EXPECT_HELLO, encode_body([hello, *messages]), 0)

    changed = msgspec.structs.replace(run, payloads=(b"another text ",))
    yield request("a run whose payload was changed", Data((changed,)))
    yield request("a run under another's key", Data((msgspec.structs.replace(run, key=run_of("b", [b"x"]).key),)))
    yield request(
        "a run moved to another number", Data((msgspec.structs.replace(run, first_seq=1, previous=b"p" * 32),))
    )
    yield request("a run with a signature of zeros", Data((msgspec.structs.replace(run, signature=bytes(64)),)))
    statement = enrolment_statement(key_of("hq"), key_of("thief"), ALL)
    forged = msgspec.structs.replace(statement, signature=key_of("thief").sign(b"something else"))
    yield request("an enrolment with another's signature", Statements((forged,)))
    torn = encode_frame(Data((run,)))
    yield Blow("a frame with a flipped bit", Reading.EXPECT_HELLO, encode_body([hello]) + _flipped(torn), 1)
    thief = key_of("thief")
    draft = Receipt(thief.public_key, b"s" * 16, b"e" * 16, b"t" * 32, 0, b"h" * 32, SAFE, 0)
    receipt = msgspec.structs.replace(draft, signature=thief.sign(receipt_message(WORLD_GAME, draft)))
    answer = encode_body([samples[Welcome], Receipts((receipt,))])
    yield Blow("a thief's word that everything is safe", Reading.EXPECT_WELCOME, answer, 0)
    yield Blow(
        "an answer with a forged run", Reading.EXPECT_WELCOME, encode_body([samples[Welcome], Data((changed,))]), 0
    )
    yield Blow("a refusal", Reading.EXPECT_WELCOME, encode_body([samples[Problem]]), 0)


def _asked_for(world: World) -> Iterator[Blow]:
    """Asking to be sent a stream, which other implementations may do, without a proof of who asks."""
    hello, root = _samples(world)[Hello], _samples(world)[Root]
    want = Want((Wanted(b"w" * 32, ()),), (b"i" * 32,))
    yield Blow("a want of somebody unproven", Reading.EXPECT_HELLO, encode_body([hello, root, want]), 0)


def _samples(world: World) -> dict[type[Message], Message]:
    """A sound one of each kind; its Data is of a stream that none of the world's nodes has."""
    device, hq = (being.key.public_key for being in world.beings[:2])
    scope = world.beings[DEVICE].scope
    return {
        Hello: Hello((1, 1), device, WORLD_GAME.tenant, WORLD_GAME.game, scope),
        Welcome: Welcome(1, hq, b"s" * 16, b"e" * 16, 0, 0, 0, NONCE, scope),
        Proof: Proof(NONCE, b"s" * 64),
        Root: Root(b"r" * 32, 0),
        Buckets: Buckets(bytes(4096)),
        Rows: Rows(b"", (), ()),
        Want: Want((), ()),
        Data: Data((run_of("somebody", [b"x"]),)),
        Statements: Statements((enrolment_statement(key_of("hq"), ROOT_KEY, ALL),)),
        Verdicts: Verdicts(()),
        Asking: Asking(()),
        Receipts: Receipts(()),
        Problem: Problem("busy", "come back later", 1_000),
        End: End(0, b"h" * 32),
    }


def _flipped(frame: bytes) -> bytes:
    return frame[:-1] + bytes((frame[-1] ^ 1,))


__all__ = ["Withstood", "withstand"]
