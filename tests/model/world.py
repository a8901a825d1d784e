"""A small world: two or three nodes, their logs, and the sessions that are under way between them.

A `State` is frozen; every action gives another one. What the nodes do is done
by the real core (`sync`); what is true is kept beside it, in a `Ledger` that
shares no code with it: which events were ever written, and what each follows.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

from nodes import NONCE, WORLD_GAME, key_of

from client_core.signing import SigningKey
from sync.batch import Batch, HeadSignature, OwnEvents
from sync.event import ORIGIN, head_message, seal
from sync.initiator import Initiating, initiate
from sync.memory_log import MemoryLog
from sync.receipt import CUSTODY, SAFE
from sync.responder import Responding, respond
from sync.stream import Scope, StreamKey, stream_id
from tests.model.process import Append, Process, begin, clone, fingerprint

NOW_MS = 1_000


class Being(NamedTuple):
    """What never changes of a node.

    `writes` is how many events it may write; `clone_of` names the node it is a
    copy of.
    """

    name: str
    scope: Scope
    audience: bytes
    is_authority: bool = False
    writes: int = 0
    clone_of: str = ""

    @property
    def key(self) -> SigningKey:
        """Its key; a clone's is that of its original."""
        return _key(self.clone_of or self.name)


_key = cache(key_of)


class Node(NamedTuple):
    """A node as it is now. `past` are its earlier logs and incarnations, for restores.

    `written` and `drawn` count events and incarnations ever made: a restore
    does not take them back, as dice do not fall twice alike.
    """

    log: MemoryLog
    incarnation: bytes
    written: int = 0
    drawn: int = 0
    met: frozenset[bytes] = frozenset()
    past: tuple[tuple[MemoryLog, bytes], ...] = ()


class Call(NamedTuple):
    """A session between two nodes, by their numbers.

    `stage` is where it stands: `storing` (the initiator before a COMMIT),
    `going` (the request is on its way), `there` (the responder before a
    COMMIT), `coming` (the answer is on its way).
    """

    initiator: int
    responder: int
    process: Process
    stage: str
    serving: Process | None = None
    answer: bytes = b""


class Served(NamedTuple):
    """A responder's work whose caller has gone: the request came twice, or the connection was cut."""

    node: int
    process: Process


class State(NamedTuple):
    """The world at one moment. `files` are bundles lying about, by who wrote them."""

    nodes: tuple[Node, ...]
    calls: tuple[Call, ...] = ()
    orphans: tuple[Served, ...] = ()
    files: tuple[tuple[int, bytes], ...] = ()
    sessions_left: int = 0
    faults_left: int = 0

    def fingerprint(self) -> bytes:
        """Two states of one fingerprint go on in the same way."""
        seen = hashlib.sha256(b"%d %d" % (self.sessions_left, self.faults_left))
        for node in self.nodes:
            seen.update(fingerprint(node.log))
            seen.update(node.incarnation + b"%d %d" % (node.drawn, node.written))
            seen.update(b"".join(sorted(node.met)))
            if self.faults_left:
                seen.update(b"".join(fingerprint(log) + incarnation for log, incarnation in node.past))
        for call in sorted(map(_call_text, self.calls)):
            seen.update(call.encode())
        for orphan in sorted(f"o {o.node} {o.process.fingerprint()}" for o in self.orphans):
            seen.update(orphan.encode())
        for writer, data in self.files:
            seen.update(b"%d" % writer + hashlib.sha256(data).digest())
        return seen.digest()


def _call_text(call: Call) -> str:
    serving = call.serving.fingerprint() if call.serving else ""
    answer = hashlib.sha256(call.answer).hexdigest()
    return f"c {call.initiator} {call.responder} {call.stage} {call.process.fingerprint()} {serving} {answer}"


class Written(NamedTuple):
    """An event as its writer made it; `previous` is the id it follows, empty for a stream's first."""

    stream: bytes
    seq: int
    previous: bytes
    payload: bytes


class Ledger:
    """What is true, beside the core: every event ever written, by id, and its id by payload (all payloads differ)."""

    def __init__(self) -> None:
        self.events: dict[bytes, Written] = {}
        self.id_by_payload: dict[bytes, bytes] = {}

    def note(self, identity: bytes, written: Written) -> None:
        """An event was written. The same one again, in another branch of the exploration, changes nothing."""
        assert self.events.setdefault(identity, written) == written
        assert self.id_by_payload.setdefault(written.payload, identity) == identity

    def past_of(self, identity: bytes) -> set[bytes]:
        """An event and all it follows."""
        found: set[bytes] = set()
        while identity:
            found.add(identity)
            identity = self.events[identity].previous
        return found


def held_ids(log: MemoryLog) -> dict[bytes, tuple[bytes, int]]:
    """Stream and number by id of all events held whole, read from the log's dictionaries."""
    return {
        event.id: (stream, seq)
        for stream, branches in log._events.items()
        for rows in branches.values()
        for seq, event in rows.items()
        if event.payload is not None
    }


def empty_log(name: str, root_key: bytes) -> MemoryLog:
    """A node's log before anything happened."""
    return MemoryLog(WORLD_GAME, hashlib.sha256(name.encode()).digest()[:16], b"e" * 16, root_key)


def stored(node: Node, batch: Batch) -> tuple[Node, object]:
    """The node after a COMMIT of this batch, and the outcome."""
    log = clone(node.log)
    outcome = log.append(batch)
    if fingerprint(log) == fingerprint(node.log):
        return node, outcome
    return node._replace(log=log, past=(*node.past, (node.log, node.incarnation))), outcome


def write(being: Being, node: Node, ledger: Ledger) -> Node:
    """The node writes its next event where its log says its stream ends, as devices and servers do."""
    key = StreamKey(being.key.public_key, node.incarnation, being.audience)
    stream = stream_id(key)
    state = node.log.index.streams.get(stream)
    seq, previous = (state.branches[0].tip_seq + 1, state.branches[0].tip) if state else (0, ORIGIN)
    where = previous.hex()[:8] if state else "-"
    wrote = f"{being.name} writes {node.written + 1} as number {seq} after {where}"
    payload = f"{wrote} in {node.incarnation.hex()[:8]}".encode()
    event = seal(WORLD_GAME, stream, seq, previous, b"s" * 16, payload)
    ledger.note(event.id, Written(stream, seq, previous if seq else b"", payload))
    signatures: tuple[HeadSignature, ...] = ()
    if being.is_authority:  # servers sign in the same COMMIT, devices when they send
        branch = state.branches[0].number if state else 0
        signature = being.key.sign(head_message(WORLD_GAME, stream, seq, event.id))
        signatures = (HeadSignature(stream, branch, seq, event.id, signature),)
    node, _ = stored(node, Batch(own=(OwnEvents(key, (event,)),), signatures=signatures))
    return node._replace(written=node.written + 1)


def dial(being: Being, peer: Node, node: Node) -> Process:
    """A session this node opens with a peer."""
    store = peer.log.state.store_id
    me = Initiating(being.key.public_key, being.scope, store if store in node.met else b"")
    return begin(f"{being.name} initiates", being.key, lambda view: initiate(view, me), node.log)


def hear(being: Being, node: Node, body: bytes) -> Process:
    """A request reaches this node."""
    level = SAFE if being.is_authority else CUSTODY
    me = Responding(being.key.public_key, NOW_MS, (NONCE,), level, being.scope)
    name = f"{being.name} answers {hashlib.sha256(body).hexdigest()}"
    return begin(name, being.key, lambda view: respond(body, view, me), node.log)


def guard(being: Being, node: Node, effect: Append) -> Node:
    """The product's rule: who is shown own events it does not hold goes on in a new incarnation, and says so first."""
    mine = StreamKey(being.key.public_key, node.incarnation, being.audience)
    held = held_ids(node.log)
    for segment in effect.batch.segments:
        if segment.key == mine and not held.keys() >= set(segment.ids):
            return node._replace(incarnation=incarnation_of(being, node.drawn + 1), drawn=node.drawn + 1)
    return node


def incarnation_of(being: Being, number: int) -> bytes:
    """The incarnations a node draws, one after another; a clone starts with its original's."""
    name = (being.clone_of or being.name) if number == 0 else being.name
    return hashlib.sha256(f"{name} is born {number}".encode()).digest()[:16]
