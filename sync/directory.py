"""The directory: who may write, read, enrol, decide and end what, folded from a set of signed statements.

    root ── authority key (by epoch) ──┬── enrolment of a device, role
                                       ├── revocation, erasure, finalisation
                                       └── delegation to an edge ── enrolment of a device, role, finalisation

What others ask of it:

    scope_of(key)                          the audiences a key was enrolled for
    may_read(key, scope)                   whether it may be shown them: enrolled, not revoked, and not left since
    enrolments_of(key) is_left(id)         a key's enrolments that count; whether it left the team of one
    may_write(stream_key)                  enrolled for that audience and not revoked: all of it counts
    role_of(key)                           a small number; `ROLE_MAX` for authorities, 0 for no role
    is_revoked(key) bounds_of(key)         the revocations that bound a key
    speaks_for_all(key)                    an organiser's node: a key that may write everything
    vouches(key)                           an authority or edge whose receipts are believed
    is_issuer(key)                         statements of this key can count
    erased(stream) fact_of(stream, seq, id)    what was erased of a stream, and what is folded instead
    finals()                               the finalisations in force: more than one is a conflict
    final_heads(digest)                    their heads by stream, as far as they are known here, and whether all are
    conflicts()                            enrolments by one issuer under one number: a restored or stolen edge
    untimely()                             enrolments outside their delegation's hours: flagged, never refused
    next_enrolment(key)                    incarnation, number and predecessor of an issuer's next enrolment
    revision                               grows with every change but an enrolment: look at everything anew

Whether one event counts depends on where it stands in its stream, which the
directory alone cannot know: ask `sync.standing`.

What always holds: the fold depends on the set of statements alone. A statement
whose issuer is not known yet simply waits, and so do kinds this version does
not know. Nothing here looks at a clock.

**Why an edge's enrolments count one by one.** An enrolment counts where its
number is below the delegation's and it names the pinned incarnation; two
devices at one number both count and are shown as a conflict. Ranking them, the
first N of all, would let a phone, which holds only its own team's statements,
come to another result than HQ, and would let a stolen edge key push honest
devices out by grinding smaller ids. So the limit binds an honest edge, the
conflict shows the other kind, and revoking it keeps what the organiser names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.limits import ROLE_MAX
from sync.revocation import Bounds, Mark
from sync.statement import (
    Authority,
    Delegation,
    Enrolment,
    Erasure,
    Finalisation,
    Heads,
    Known,
    Leaving,
    Pin,
    Revocation,
    Role,
    Statement,
    heads_digest,
    read_known,
)
from sync.stream import ALL, Scope, StreamKey, covers, within

_REFOLDING = (Authority, Delegation, Revocation)
"""Kinds after which earlier statements may be worth something else."""
_NOTHING: Mapping[Mark, bytes] = {}


class FinalHeads(NamedTuple):
    """The heads a finalisation names, by stream; `whole` where all are known here (a phone knows its team's)."""

    by_stream: dict[bytes, tuple[Mark, ...]]
    whole: bool


class Numbered(NamedTuple):
    """Where an issuer's next enrolment stands."""

    incarnation: bytes
    number: int
    previous: bytes


class Directory:
    """The fold of a set of verified statements under one pinned root key.

    Without a root key nobody is known: every stream waits for its enrolment.
    """

    def __init__(self, root_key: bytes | None) -> None:
        self.root_key = root_key
        self.revision = 0
        self._known: list[Known] = []
        self._reset()

    def _reset(self) -> None:
        self.authorities: dict[bytes, int] = {}
        self.edges: dict[bytes, Delegation] = {}
        self.scopes: dict[bytes, Scope] = {}
        self._given: dict[bytes, dict[bytes, Scope]] = {}
        self._left: set[tuple[bytes, bytes]] = set()
        self._delegations: dict[bytes, list[Delegation]] = {}
        self._bounds = Bounds()
        self._issued: dict[tuple[bytes, bytes], tuple[int, bytes]] = {}
        self._enrolled: dict[tuple[bytes, bytes, int], dict[bytes, bytes]] = {}
        self._untimely: set[bytes] = set()
        self._roles: dict[bytes, tuple[bool, int, int]] = {}
        self._erased: dict[bytes, dict[Mark, tuple[bytes, bytes]]] = {}
        self._facts: dict[bytes, dict[Mark, bytes]] = {}
        self._finals: dict[bytes, Finalisation] = {}
        self._heads: dict[bytes, set[Pin]] = {}

    def add(self, statements: Iterable[Statement]) -> None:
        """Take in verified statements. The result depends on the set alone."""
        fresh = [known for known in map(read_known, statements) if known is not None]
        self._known += fresh
        if any(isinstance(known.content, _REFOLDING) and self._rules(known.claim.issuer) for known in fresh):
            self._reset()
            fresh = self._known
            self._fold_issuers(fresh)
        if any(self._changes_more(known) for known in fresh):
            self.revision += 1
        for known in fresh:
            self._fold(known)

    def _rules(self, issuer: bytes) -> bool:
        """Whether an issuer may say who else may: what strangers say of it costs no look at everything."""
        return issuer == self.root_key or issuer in self.authorities

    def _changes_more(self, known: Known) -> bool:
        """Whether a statement may change what others are worth; what strangers state changes nothing."""
        return not isinstance(known.content, Enrolment | Heads | Leaving) and self.is_issuer(known.claim.issuer)

    def _fold_issuers(self, known: list[Known]) -> None:
        """Authorities by the root, bounds on them by newer epochs, delegations, bounds on everybody else."""
        for _, claim, content in known:
            if isinstance(content, Authority) and claim.issuer == self.root_key:
                self.authorities[content.key] = max(content.epoch, self.authorities.get(content.key, 0))
        revocations = [k for k in known if isinstance(k.content, Revocation)]
        self._bounds = Bounds.of(self.root_key, self.authorities, revocations)
        for statement in known:
            content = statement.content
            if isinstance(content, Delegation) and self._by_authority(statement):
                self._delegations.setdefault(content.key, []).append(content)
        for key, delegations in self._delegations.items():
            self.edges[key] = max(delegations, key=_largest)

    def _fold(self, known: Known) -> None:
        content = known.content
        if isinstance(content, Enrolment):
            self._enrolment(known, content)
        elif isinstance(content, Leaving):
            if self._by_authority(known) or self._by_edge(known):
                self._left.update((content.key, enrolment) for enrolment in content.enrolments)
        elif isinstance(content, Role):
            self._role(known, content)
        elif isinstance(content, Erasure) and self._by_authority(known):
            self._erasure(known.id, content)
        elif isinstance(content, Finalisation) and self._may_finalise(known):
            self._finals[known.id] = content
        elif isinstance(content, Heads) and self._may_finalise(known):
            self._heads.setdefault(content.of, set()).update(content.pins)

    def _by_authority(self, known: Known) -> bool:
        return known.claim.issuer in self.authorities and self._bounds.keep(known.claim.issuer, known.id)

    def _by_edge(self, known: Known) -> list[Delegation]:
        """The delegations of the issuer, where a revocation leaves it this statement."""
        issuer = known.claim.issuer
        return self._delegations.get(issuer, []) if self._bounds.keep(issuer, known.id) else []

    def _may_finalise(self, known: Known) -> bool:
        return self._by_authority(known) or any(d.finalises for d in self._by_edge(known))

    def _enrolment(self, known: Known, content: Enrolment) -> None:
        issuer = known.claim.issuer
        place = (issuer, content.incarnation)
        self._issued[place] = max(self._issued.get(place, (-1, b"")), (content.number, known.id))
        by_authority = self._by_authority(known)
        delegations = [d for d in self._by_edge(known) if _delegated(d, content)]
        if not by_authority and not delegations:
            return
        self.scopes[content.key] = _union(self.scopes.get(content.key, ()), content.scope)
        self._given.setdefault(content.key, {})[known.id] = content.scope
        if not by_authority:
            self._enrolled.setdefault((*place, content.number), {})[known.id] = content.key
            if not any(_timely(d, content.at_ms) for d in delegations):
                self._untimely.add(known.id)

    def _role(self, known: Known, content: Role) -> None:
        by_authority = self._by_authority(known)
        if by_authority or any(content.role <= d.role_max for d in self._by_edge(known)):
            given = (by_authority, content.number, content.role)
            self._roles[content.key] = max(given, self._roles.get(content.key, given))

    def _erasure(self, identity: bytes, content: Erasure) -> None:
        for item in content.items:
            of_stream = self._erased.setdefault(item.stream, {})
            mark = (item.seq, item.id)
            of_stream[mark] = max((identity, item.fact), of_stream.get(mark, (b"", b"")))
            self._facts.setdefault(item.stream, {})[mark] = of_stream[mark][1]

    def is_issuer(self, public_key: bytes) -> bool:
        """Whether a key's statements can count: the root, an authority or an edge."""
        return public_key == self.root_key or public_key in self.authorities or public_key in self.edges

    def vouches(self, public_key: bytes) -> bool:
        """Whether a key's receipts are believed: an authority's or edge's that was not revoked."""
        issuer = public_key in self.authorities or public_key in self.edges
        return issuer and not self._bounds.bind(public_key)

    def is_authority(self, public_key: bytes) -> bool:
        """Whether a key speaks for the tenant now: an authority that no newer one has bounded."""
        return public_key in self.authorities and not self._bounds.bind(public_key)

    def speaks_for_all(self, public_key: bytes) -> bool:
        """Whether a key is an organiser's node: it may write everything."""
        return self.scope_of(public_key) == ALL

    def is_revoked(self, public_key: bytes) -> bool:
        """Whether anything this key writes from now on is held for staff."""
        return self._bounds.bind(public_key)

    def bounds_of(self, public_key: bytes) -> tuple[Revocation, ...]:
        """The revocations of a key that are in force; only what all of them pin counts."""
        return self._bounds.of_key(public_key)

    def revocation_ids(self, public_key: bytes) -> tuple[bytes, ...]:
        """The ids of those revocations: what another one names to take their place."""
        return self._bounds.ids_of_key(public_key)

    def scope_of(self, public_key: bytes) -> Scope:
        """What a key was enrolled for: everything for authorities, their delegation for edges, revoked or not."""
        if public_key in self.authorities:
            return ALL
        edge = self.edges.get(public_key)
        return edge.scope if edge is not None else self.scopes.get(public_key, ())

    def is_enrolled(self, key: StreamKey) -> bool:
        """Whether a stream's key was enrolled for the stream's audience, revoked or not."""
        return covers(self.scope_of(key.public_key), key.audience)

    def may_write(self, key: StreamKey) -> bool:
        """Whether everything in a stream counts: its key is enrolled for the audience and not revoked."""
        return self.is_enrolled(key) and not self._bounds.bind(key.public_key)

    def may_read(self, public_key: bytes, scope: Scope) -> bool:
        """Whether a key may be shown everything in `scope`: of a team it left it may write what it wrote, not read."""
        return bool(scope) and within(scope, self._read_by(public_key)) and not self._bounds.bind(public_key)

    def _read_by(self, public_key: bytes) -> Scope:
        if public_key in self.authorities or public_key in self.edges:
            return self.scope_of(public_key)
        scope: Scope = ()
        for identity, given in self._given.get(public_key, {}).items():
            scope = scope if (public_key, identity) in self._left else _union(scope, given)
        return scope

    def enrolments_of(self, public_key: bytes) -> Mapping[bytes, Scope]:
        """A key's enrolments that count, by id, with what each is for."""
        return self._given.get(public_key, {})

    def is_left(self, public_key: bytes, enrolment: bytes) -> bool:
        """Whether a key left the team of one of its enrolments."""
        return (public_key, enrolment) in self._left

    def role_of(self, public_key: bytes) -> int:
        """What a key acts as: `ROLE_MAX` for authorities, as delegated for edges, else as given; 0 where it was not."""
        if public_key in self.authorities:
            return ROLE_MAX
        edge = self.edges.get(public_key)
        given = self._roles.get(public_key)
        return max(edge.role_max if edge is not None else 0, given[2] if given is not None else 0)

    def roles(self) -> dict[bytes, int]:
        """Every key that was given a role, with the role it has."""
        return {key: self.role_of(key) for key in self._roles}

    def erased(self, stream: bytes) -> Mapping[Mark, bytes]:
        """The erased events of a stream, each with the fact that is folded instead."""
        return self._facts.get(stream, _NOTHING)

    def erased_streams(self) -> list[bytes]:
        """The streams of which something was erased."""
        return sorted(self._facts)

    def fact_of(self, stream: bytes, seq: int, identity: bytes) -> bytes | None:
        """What is folded in place of an erased event (perhaps nothing: b""), or None where it was not erased."""
        return self._facts.get(stream, _NOTHING).get((seq, identity))

    def finals(self) -> dict[bytes, Finalisation]:
        """The finalisations in force, by id: those no other one amends. Several are a conflict for the authority."""
        amended = {identity for final in self._finals.values() for identity in final.amends}
        return {identity: final for identity, final in sorted(self._finals.items()) if identity not in amended}

    def final_heads(self, of: bytes) -> FinalHeads:
        """The heads behind a digest."""
        pins = self._heads.get(of, set())
        by_stream: dict[bytes, tuple[Mark, ...]] = {}
        for pin in sorted(pins):
            by_stream[pin.stream] = (*by_stream.get(pin.stream, ()), (pin.seq, pin.head))
        return FinalHeads(by_stream, heads_digest(pins) == of)

    def conflicts(self) -> dict[tuple[bytes, int], frozenset[bytes]]:
        """By issuer and number, the devices that were enrolled under one number of one incarnation."""
        found = ((place, frozenset(keys.values())) for place, keys in self._enrolled.items())
        return {(issuer, number): keys for (issuer, _, number), keys in found if len(keys) > 1}

    def untimely(self) -> frozenset[bytes]:
        """Ids of enrolments whose time lies outside their issuer's hours."""
        return frozenset(self._untimely)

    def enrolments_by(self, issuer: bytes) -> dict[bytes, bytes]:
        """The enrolments of an edge that count: their ids with the devices' keys."""
        places = (keys for place, keys in self._enrolled.items() if place[0] == issuer)
        return {identity: key for keys in places for identity, key in keys.items()}

    def next_enrolment(self, issuer: bytes) -> Numbered:
        """Where an issuer's next enrolment stands, as far as is known here."""
        edge = self.edges.get(issuer)
        incarnation = edge.incarnation if edge is not None and issuer not in self.authorities else b""
        number, previous = self._issued.get((issuer, incarnation), (-1, b""))
        return Numbered(incarnation, number + 1, previous)


def _largest(delegation: Delegation) -> tuple[object, ...]:
    """Of several delegations of one edge the one to show: decided by what they say, not by when they came."""
    hours = (delegation.from_ms or 0, delegation.to_ms or 0)
    flags = (delegation.role_max, delegation.finalises)
    return delegation.enrolments_max, delegation.scope, delegation.incarnation, flags, hours


def _delegated(delegation: Delegation, enrolment: Enrolment) -> bool:
    below = enrolment.number < delegation.enrolments_max
    pinned = enrolment.incarnation == delegation.incarnation
    return below and pinned and within(enrolment.scope, delegation.scope)


def _timely(delegation: Delegation, at_ms: int | None) -> bool:
    if at_ms is None:
        return True
    return (delegation.from_ms or 0) <= at_ms and (delegation.to_ms is None or at_ms <= delegation.to_ms)


def _union(first: Scope, second: Scope) -> Scope:
    return ALL if ALL in (first, second) else tuple(sorted({*first, *second}))
