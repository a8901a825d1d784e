"""The directory: who may write and read what, as signed statements that stand alone.

    root ── authority key (by epoch) ──┬── enrolment of a device
                                       └── delegation to an edge ── enrolment of a device

A statement is bytes and the issuer's signature over their hash; nothing else
is needed to check it, so a device can carry the chain that enrols it to any
node. Whether the issuer had the right to say it is decided by folding the
whole set: order of arrival never matters, and a statement whose issuer is not
known yet simply waits. Kinds this version does not know are kept and passed on.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sync import ed25519
from sync.digest import STATEMENT, digest
from sync.ed25519 import SignatureCheck
from sync.errors import EnvelopeError
from sync.limits import STATEMENT_BYTES_MAX
from sync.stream import ALL, GameKey, Scope, StreamKey, covers, is_audience, is_scope, within

AUTHORITY = 1
DELEGATION = 2
ENROLMENT = 3


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """A claim as it came, and its issuer's 64-byte signature over `statement_id`."""

    body: bytes
    signature: bytes


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """What a statement's body says: the same six fields for every kind, known or not.

    `audience` says who may read the statement; `issuer` is a public key;
    `content` is the kind's own record.
    """

    kind: int
    tenant: bytes
    game: bytes
    audience: bytes
    issuer: bytes
    content: bytes


class Authority(msgspec.Struct, frozen=True, array_like=True):
    """The root's word that `key` speaks for the tenant from `epoch` on."""

    key: bytes
    epoch: int


class Delegation(msgspec.Struct, frozen=True, array_like=True):
    """An authority's word that `key` is an edge and may enrol its first `enrolments_max` devices."""

    key: bytes
    scope: Scope
    enrolments_max: int


class Enrolment(msgspec.Struct, frozen=True, array_like=True):
    """An authority's or edge's word that `key` may write and read the audiences of `scope`.

    `number` counts the issuer's enrolments from 0; an edge's beyond its
    delegation are void.
    """

    key: bytes
    scope: Scope
    number: int


Content = Authority | Delegation | Enrolment
_KINDS: dict[int, type[Content]] = {AUTHORITY: Authority, DELEGATION: Delegation, ENROLMENT: Enrolment}
_DECODE_CLAIM = msgspec.msgpack.Decoder(Claim)
_DECODERS = {kind: msgspec.msgpack.Decoder(content) for kind, content in _KINDS.items()}


def statement_id(body: bytes) -> bytes:
    """A statement's 32-byte identity, and the message its issuer signs."""
    return digest(STATEMENT, body)


def encode_claim(game: GameKey, audience: bytes, issuer: bytes, content: Content) -> bytes:
    """The body of a statement, ready to be signed by `issuer`."""
    kind = next(kind for kind, known in _KINDS.items() if isinstance(content, known))
    record = msgspec.msgpack.encode(content)
    return msgspec.msgpack.encode(Claim(kind, game.tenant, game.game, audience, issuer, record))


def check_statement(game: GameKey, statement: Statement) -> tuple[Claim, SignatureCheck]:
    """Check a statement's size, shape and place; hand out the signature left to verify.

    Raises `EnvelopeError` with the code `statement_malformed` or `wrong_game`.
    """
    if len(statement.body) > STATEMENT_BYTES_MAX:
        raise EnvelopeError("statement_malformed", f"{len(statement.body)} bytes, {STATEMENT_BYTES_MAX} are allowed")
    claim = read_claim(statement)
    if (claim.tenant, claim.game) != (game.tenant, game.game):
        raise EnvelopeError("wrong_game", "the statement was made for another game")
    sound = is_audience(claim.audience) and ed25519.is_public_key(claim.issuer)
    if not sound or not ed25519.is_signature(statement.signature):
        raise EnvelopeError("statement_malformed", "its audience, issuer or signature is not well-formed")
    return claim, SignatureCheck(claim.issuer, statement_id(statement.body), statement.signature)


def read_claim(statement: Statement) -> Claim:
    """Decode a statement's body; raises `EnvelopeError` where it is not six fields."""
    try:
        return _DECODE_CLAIM.decode(statement.body)
    except msgspec.DecodeError as error:
        raise EnvelopeError("statement_malformed", f"a statement does not decode: {error}") from error


class Directory:
    """The fold of a set of verified statements under one pinned root key.

    Without a root key nobody is known: every stream waits for its enrolment.
    """

    def __init__(self, root_key: bytes | None) -> None:
        self.root_key = root_key
        self._claims: list[tuple[Claim, Content]] = []
        self._reset()

    def _reset(self) -> None:
        self.authorities: dict[bytes, int] = {}
        self.edges: dict[bytes, Delegation] = {}
        self.scopes: dict[bytes, Scope] = {}
        self.enrolment_count_by_issuer: dict[bytes, int] = {}

    def add(self, statements: Iterable[Statement]) -> None:
        """Take in verified statements. The result depends on the set alone."""
        fresh = [known for known in map(_known_content, statements) if known is not None]
        self._claims += fresh
        if any(not isinstance(content, Enrolment) for _, content in fresh):
            self._reset()
            fresh = self._claims
        for wanted, apply in (
            (Authority, self._authority),
            (Delegation, self._delegation),
            (Enrolment, self._enrolment),
        ):
            for claim, content in fresh:
                if isinstance(content, wanted):
                    apply(claim, content)  # type: ignore[arg-type]  # narrowed by `wanted`, pair by pair

    def _authority(self, claim: Claim, content: Authority) -> None:
        if claim.issuer == self.root_key:
            self.authorities[content.key] = max(content.epoch, self.authorities.get(content.key, 0))

    def _delegation(self, claim: Claim, content: Delegation) -> None:
        if claim.issuer in self.authorities:
            known = self.edges.get(content.key)
            larger = known is None or (content.enrolments_max, content.scope) > (known.enrolments_max, known.scope)
            if larger:  # ties broken by the scope: the order of arrival must not matter
                self.edges[content.key] = content

    def _enrolment(self, claim: Claim, content: Enrolment) -> None:
        issued = self.enrolment_count_by_issuer.get(claim.issuer, 0)
        self.enrolment_count_by_issuer[claim.issuer] = max(issued, content.number + 1)
        edge = self.edges.get(claim.issuer)
        delegated = edge is not None and content.number < edge.enrolments_max and within(content.scope, edge.scope)
        if claim.issuer in self.authorities or delegated:
            known = self.scopes.get(content.key, ())
            both = ALL if ALL in (known, content.scope) else tuple(sorted({*known, *content.scope}))
            self.scopes[content.key] = both

    def is_issuer(self, public_key: bytes) -> bool:
        """Whether a key's statements count: the root, an authority or an edge."""
        return public_key == self.root_key or public_key in self.authorities or public_key in self.edges

    def scope_of(self, public_key: bytes) -> Scope:
        """What a key may write and read: everything for authorities and edges, else as enrolled."""
        if public_key in self.authorities:
            return ALL
        edge = self.edges.get(public_key)
        return edge.scope if edge is not None else self.scopes.get(public_key, ())

    def may_write(self, key: StreamKey) -> bool:
        """Whether a stream's key is enrolled for the stream's audience."""
        return covers(self.scope_of(key.public_key), key.audience)

    def may_read(self, public_key: bytes, scope: Scope) -> bool:
        """Whether a key may be shown everything in `scope`."""
        return bool(scope) and within(scope, self.scope_of(public_key))


def _known_content(statement: Statement) -> tuple[Claim, Content] | None:
    """The decoded claim where its kind is known and its record sound, else None."""
    claim = read_claim(statement)
    decoder = _DECODERS.get(claim.kind)
    try:
        content: Content | None = decoder.decode(claim.content) if decoder else None
    except msgspec.DecodeError:
        return None
    if content is None or not ed25519.is_public_key(content.key):
        return None
    if isinstance(content, Delegation | Enrolment) and not is_scope(content.scope):
        return None
    if isinstance(content, Enrolment) and content.number < 0:
        return None
    return claim, content
