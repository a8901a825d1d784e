"""Nodes for tests: real keys from seeds, real logs in memory, a driver that answers effects at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from client_core.signing import SigningKey, verify
from sync.batch import Batch, OwnEvents
from sync.effects import Append, Effect, Exchange, Random, Session, Sign, Verify, run
from sync.event import ORIGIN, Event, head_message, seal
from sync.initiator import Initiating, Report, initiate
from sync.intake import Quota
from sync.log import EventLog
from sync.memory_log import MemoryLog
from sync.receipt import CUSTODY, SAFE
from sync.responder import Responding, respond
from sync.runs import sign_tails
from sync.segment import Run, Segment, check_run, make_run
from sync.statement import (
    Authority,
    Content,
    Delegation,
    Enrolment,
    Statement,
    encode_claim,
    statement_id,
)
from sync.stream import ALL, GAME, GameKey, Scope, StreamKey, stream_id

T = TypeVar("T")
WORLD_GAME = GameKey(b"T" * 16, b"G" * 16)
ROOT_KEY = SigningKey(b"r" * 32)
NONCE = b"n" * 16


def key_of(name: str) -> SigningKey:
    """A signing key that is the same in every run."""
    return SigningKey(hashlib.sha256(name.encode()).digest())


def state_of(statement_body: bytes, key: SigningKey) -> Statement:
    """A statement signed by its issuer."""
    return Statement(statement_body, key.sign(statement_id(statement_body)))


def authority_statement(key: SigningKey) -> Statement:
    """The root's word for an authority key."""
    body = encode_claim(WORLD_GAME, GAME, ROOT_KEY.public_key, Authority(key.public_key, 1))
    return state_of(body, ROOT_KEY)


def enrolment_statement(issuer: SigningKey, key: SigningKey, scope: Scope, number: int = 0) -> Statement:
    """An issuer's word for a device."""
    audience = scope[-1] if scope != ALL else GAME
    body = encode_claim(WORLD_GAME, audience, issuer.public_key, Enrolment(key.public_key, scope, number))
    return state_of(body, issuer)


def stated(issuer: SigningKey, content: Content, audience: bytes = GAME) -> Statement:
    """Any statement of an issuer."""
    return state_of(encode_claim(WORLD_GAME, audience, issuer.public_key, content), issuer)


def delegation_statement(issuer: SigningKey, key: SigningKey, enrolments_max: int = 50, **kept: Any) -> Statement:
    """An authority's word for an edge that may do everything."""
    return stated(issuer, Delegation(key.public_key, ALL, enrolments_max, **kept))


@dataclass
class Node:
    """One node of a test: a key, a log, its streams by audience."""

    name: str
    log: EventLog
    scope: Scope = ALL
    level: int = CUSTODY
    incarnation: bytes = b"i" * 16
    quota_bytes: int | None = None
    clock_ms: int = 1_000
    sent: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = key_of(self.name)

    def stream(self, audience: bytes = GAME) -> StreamKey:
        return StreamKey(self.key.public_key, self.incarnation, audience)

    def write(self, *payloads: bytes, audience: bytes = GAME, seed: bytes = b"s" * 16) -> bytes:
        """Append own events; returns the stream's id."""
        key = self.stream(audience)
        identity = stream_id(key)
        state = self.log.index.streams.get(identity)
        seq, previous = (state.branches[0].tip_seq, state.branches[0].tip) if state else (-1, ORIGIN)
        events = []
        for payload in payloads:
            event = seal(WORLD_GAME, identity, seq + 1, previous, seed, payload)
            events.append(event)
            seq, previous = event.seq, event.id
        self.log.append(Batch(own=(OwnEvents(key, tuple(events)),)))
        if self.level == SAFE:  # servers sign at once, devices when they send
            self.log.append(Batch(signatures=self.drive(sign_tails(self.log, self.key.public_key))))
        return identity

    def answer(self, effect: Effect, exchange: Callable[[bytes], bytes] | None = None) -> object:
        """Answer one effect with real keys and this node's log."""
        if isinstance(effect, Sign):
            return self.key.sign(effect.message)
        if isinstance(effect, Verify):
            return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
        if isinstance(effect, Append):
            return self.log.append(effect.batch)
        if isinstance(effect, Random):
            return b"\x07" * effect.size
        assert isinstance(effect, Exchange)
        assert exchange is not None
        return exchange(effect.body)

    def drive(self, session: Session[T], exchange: Callable[[bytes], bytes] | None = None) -> T:
        return run(session, lambda effect: self.answer(effect, exchange))

    def respond(self, body: bytes) -> bytes:
        """Answer a request as this node."""
        quota = None if self.quota_bytes is None else Quota(self.quota_bytes)
        me = Responding(self.key.public_key, self.clock_ms, (NONCE,), self.level, self.scope, quota)
        return self.drive(respond(body, self.log, me))

    def sync(
        self,
        peer: Node,
        link: Callable[[bytes, Callable[[bytes], bytes]], bytes] | None = None,
        urgent: frozenset[bytes] = frozenset(),
    ) -> Report:
        """Hold one session with a peer, over a link that may misbehave."""

        def exchange(body: bytes) -> bytes:
            self.sent.append(body)
            return link(body, peer.respond) if link else peer.respond(body)

        me = Initiating(self.key.public_key, self.scope, peer.log.state.store_id, urgent=urgent)
        return self.drive(initiate(self.log, me), exchange)

    def root(self, scope: Scope | None = None) -> bytes:
        return self.log.index.summary.root(scope or self.scope)


def memory_node(name: str, scope: Scope = ALL, level: int = CUSTODY) -> Node:
    """A node with an empty log in memory under the world's root key."""
    store = hashlib.sha256(b"store" + name.encode()).digest()[:16]
    return Node(name, MemoryLog(WORLD_GAME, store, b"e" * 16, ROOT_KEY.public_key), scope, level)


def authority(name: str = "hq") -> Node:
    """An authority that knows itself."""
    node = memory_node(name, level=SAFE)
    node.log.append(Batch(statements=(authority_statement(node.key),)))
    return node


def enrolled(hq: Node, name: str, scope: Scope, number: int = 0) -> Node:
    """A device that carries the chain which enrols it."""
    node = memory_node(name, scope)
    chain = (authority_statement(hq.key), enrolment_statement(hq.key, node.key, scope, number))
    node.log.append(Batch(statements=chain))
    return node


def sealed(
    name: str,
    payloads: Sequence[bytes],
    first_seq: int = 0,
    previous: bytes = ORIGIN,
    *,
    audience: bytes = GAME,
    seed: bytes = b"s" * 16,
) -> tuple[StreamKey, list[Event], bytes]:
    """Events of a key in a row, and the signature over the last: what a run is made of."""
    key = key_of(name)
    stream_key = StreamKey(key.public_key, b"i" * 16, audience)
    events: list[Event] = []
    for payload in payloads:
        event = seal(WORLD_GAME, stream_id(stream_key), first_seq + len(events), previous, seed, payload)
        events.append(event)
        previous = event.id
    last = events[-1]
    return stream_key, events, key.sign(head_message(WORLD_GAME, last.stream, last.seq, last.id))


def run_of(name: str, payloads: Sequence[bytes], first_seq: int = 0, previous: bytes = ORIGIN, **kept: bytes) -> Run:
    """A signed run of a key, as it travels."""
    key, events, signature = sealed(name, payloads, first_seq, previous, **kept)
    return make_run(key, events, signature)


def segment_of(run: Run) -> Segment:
    """A run as a log takes it in."""
    return check_run(WORLD_GAME, run)[0]


def bare(run: Run, *positions: int) -> Run:
    """The run with some payloads left out, as a peer sends it that lacks them."""
    segment = segment_of(run)
    events = [segment.event(i) for i in range(len(segment.ids))]
    kept: list[Event] = [
        msgspec.structs.replace(e, payload=None) if i in positions else e for i, e in enumerate(events)
    ]
    return make_run(run.key, kept, run.signature)


def delegated(hq: Node, name: str, enrolments_max: int = 50) -> Node:
    """An edge: it carries the authority's delegation, and so does HQ."""
    node = memory_node(name, ALL)
    chain = (authority_statement(hq.key), delegation_statement(hq.key, node.key, enrolments_max))
    node.log.append(Batch(statements=chain))
    hq.log.append(Batch(statements=chain))
    return node
