"""Statements: what the directory is made of, each standing alone.

A statement is bytes and its issuer's signature over their hash; nothing else is
needed to check it, so a device can carry the chain that enrols it to any node.
What a statement is worth is not decided here but by folding all of them
(`sync.directory`).

Decoding is strict and frozen: a body or record with more elements than its kind
has is unsound. Nothing that a decoder would have to skip can stand in one, so
whether it is sound never depends on how deep something nests or how much room
the reader's stack had left; what a later version wants to add is another kind.

    kind  record         issuer            says
    1     Authority      root              this key speaks for the tenant, from an epoch on
    2     Delegation     authority         this key is an edge: what it may enrol, give and finalise
    3     Enrolment      authority, edge   this key may write and read these audiences
    4     Role           authority, edge   this key acts as so much: a small number the game gives a meaning
    5     Revocation     root, authority   of this key only what is pinned here counts
    6     Erasure        authority         the payloads of these events are gone for ever; these facts stand for them
    7     Finalisation   authority, edge   the game is over: rules, set of events, result
    8     Heads          authority, edge   a part of the set of events that a finalisation names by its digest
    9     Leaving        authority, edge   by these enrolments this key reads nothing any more; it may write
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from sync import ed25519
from sync.digest import HASH_BYTES, HEADS, STATEMENT, digest
from sync.ed25519 import SignatureCheck
from sync.errors import EnvelopeError
from sync.limits import (
    AMENDS_MAX,
    ERASED_IN_STATEMENT_MAX,
    FACT_BYTES_MAX,
    HEADS_IN_STATEMENT_MAX,
    KEPT_IN_STATEMENT_MAX,
    LEFT_IN_STATEMENT_MAX,
    PINS_IN_STATEMENT_MAX,
    ROLE_MAX,
    SEQ_MAX,
    STATEMENT_BYTES_MAX,
)
from sync.stream import ID_BYTES, GameKey, Scope, is_audience, is_scope

AUTHORITY = 1
DELEGATION = 2
ENROLMENT = 3
ROLE = 4
REVOCATION = 5
ERASURE = 6
FINALISATION = 7
HEADS_PART = 8
LEAVING = 9


class Statement(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A claim as it came, and its issuer's 64-byte signature over `statement_id`."""

    body: bytes
    signature: bytes


class Claim(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
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


class Pin(NamedTuple):
    """An event of a stream: 32-byte stream id, number, 32-byte event id. It stands for all its ancestors."""

    stream: bytes
    seq: int
    head: bytes


class Authority(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The root's word that `key` speaks for the tenant from `epoch` on.

    What keys of older epochs signed stays valid; an authority of a newer epoch
    may bound them by a `Revocation`.
    """

    key: bytes
    epoch: int


class Delegation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An authority's word that `key` is an edge and may enrol devices, numbered from 0, below `enrolments_max`.

    Its enrolments name `incarnation` (16 bytes, or none for no pinning). It may
    give roles up to `role_max` and, where `finalises`, finalise the game. From
    and to are times by the edge's own clock: an enrolment outside is flagged,
    never refused.
    """

    key: bytes
    scope: Scope
    enrolments_max: int
    incarnation: bytes = b""
    role_max: int = 0
    finalises: bool = False
    from_ms: int | None = None
    to_ms: int | None = None


class Enrolment(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An authority's or edge's word that `key` may write and read the audiences of `scope`.

    `number` counts the issuer's enrolments of one `incarnation` from 0 and
    `previous` is the id of the one before, so that two at one number (a
    restored edge, or a stolen key) are seen to be two. `at_ms` is the issuer's
    clock.
    """

    key: bytes
    scope: Scope
    number: int
    incarnation: bytes = b""
    previous: bytes = b""
    at_ms: int | None = None


class Role(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a key acts as. Of several of an issuer's the greatest `number` holds."""

    key: bytes
    role: int
    number: int = 0


class Revocation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Of everything `key` signed only this counts: the ancestors of `pins`, and its statements named in `keeps`.

    The rest is held for staff. Several revocations of a key intersect. One
    that names another's id in `amends` takes its place.
    """

    key: bytes
    pins: tuple[Pin, ...] = ()
    keeps: tuple[bytes, ...] = ()
    amends: tuple[bytes, ...] = ()


class Erased(NamedTuple):
    """An event whose payload is gone for ever, and the game's own record that is folded in its place (may be empty)."""

    stream: bytes
    seq: int
    id: bytes
    fact: bytes


class Erasure(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The payloads of these events are erased wherever they are met."""

    items: tuple[Erased, ...]


class Finalisation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The game is over: rule set, package, set of events (`heads`, see `heads_digest`) and result, by their hashes.

    `number` counts the finalisations of a game from 0; `amends` are the ids of
    those this one takes the place of. Two that stand beside each other are a
    conflict until one names both.
    """

    rule_set: int
    package: bytes
    heads: bytes
    result: bytes
    number: int = 0
    amends: tuple[bytes, ...] = ()
    at_ms: int | None = None


class Heads(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A part of the heads whose digest is `of`: those of streams of one audience."""

    of: bytes
    pins: tuple[Pin, ...]


class Leaving(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`key` left the teams that these of its enrolments (ids) are of: it is shown nothing of them from now on.

    What it writes there counts as before, for it may have written it before it
    left. Whoever comes back is enrolled anew.
    """

    key: bytes
    enrolments: tuple[bytes, ...]


Content = Authority | Delegation | Enrolment | Role | Revocation | Erasure | Finalisation | Heads | Leaving
KINDS: dict[int, type[Content]] = {
    AUTHORITY: Authority,
    DELEGATION: Delegation,
    ENROLMENT: Enrolment,
    ROLE: Role,
    REVOCATION: Revocation,
    ERASURE: Erasure,
    FINALISATION: Finalisation,
    HEADS_PART: Heads,
    LEAVING: Leaving,
}
_KIND_BY_TYPE = {content: kind for kind, content in KINDS.items()}
_DECODE_CLAIM = msgspec.msgpack.Decoder(Claim)
_DECODERS = {kind: msgspec.msgpack.Decoder(content) for kind, content in KINDS.items()}
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, SystemError)
"""What decoding raises: a record may also nest without end, hold text that is none, or, where numbers are of 32 bits
(in browsers), claim a map of 2^30 entries, which msgspec skips with no error set."""


class Known(NamedTuple):
    """A statement of a known kind whose record is sound."""

    id: bytes
    claim: Claim
    content: Content


def statement_id(body: bytes) -> bytes:
    """A statement's 32-byte identity, and the message its issuer signs."""
    return digest(STATEMENT, body)


def heads_digest(pins: Iterable[Pin]) -> bytes:
    """The 32-byte digest of a set of heads, in whatever parts it travels."""
    return digest(HEADS, *(pin.stream + pin.seq.to_bytes(8, "big") + pin.head for pin in sorted(set(pins))))


def encode_claim(game: GameKey, audience: bytes, issuer: bytes, content: Content) -> bytes:
    """The body of a statement, ready to be signed by `issuer`."""
    record = msgspec.msgpack.encode(content)
    kind = _KIND_BY_TYPE[type(content)]
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
    except _UNREADABLE as error:
        raise EnvelopeError("statement_malformed", f"a statement does not decode: {error}") from error


def read_known(statement: Statement) -> Known | None:
    """The decoded statement where its kind is known and its record sound, else None: it is kept and passed on."""
    claim = read_claim(statement)
    decoder = _DECODERS.get(claim.kind)
    try:
        content: Content | None = decoder.decode(claim.content) if decoder else None
    except _UNREADABLE:
        return None
    if content is None or not _is_sound(content):
        return None
    return Known(statement_id(statement.body), claim, content)


def _is_sound(content: Content) -> bool:
    """Widths, numbers and counts of a record: the same on every node, so that all fold the same set."""
    if isinstance(content, Erasure):
        return 0 < len(content.items) <= ERASED_IN_STATEMENT_MAX and all(
            _is_pin(Pin(item.stream, item.seq, item.id)) and len(item.fact) <= FACT_BYTES_MAX for item in content.items
        )
    if isinstance(content, Heads):
        return (
            len(content.pins) <= HEADS_IN_STATEMENT_MAX and _are_hashes(content.of) and all(map(_is_pin, content.pins))
        )
    if isinstance(content, Finalisation):
        numbers = _is_number(content.rule_set) and _is_number(content.number) and _is_time(content.at_ms)
        named = _are_hashes(content.package, content.heads, content.result, *content.amends)
        return numbers and named and len(content.amends) <= AMENDS_MAX
    return ed25519.is_public_key(content.key) and _is_sound_of_key(content)


def _is_sound_of_key(content: Authority | Delegation | Enrolment | Role | Revocation | Leaving) -> bool:
    if isinstance(content, Delegation):
        sized = len(content.incarnation) in (0, ID_BYTES) and 0 <= content.role_max <= ROLE_MAX
        return sized and is_scope(content.scope) and _is_time(content.from_ms) and _is_time(content.to_ms)
    if isinstance(content, Enrolment):
        sized = len(content.incarnation) in (0, ID_BYTES) and len(content.previous) in (0, HASH_BYTES)
        return sized and is_scope(content.scope) and _is_number(content.number) and _is_time(content.at_ms)
    if isinstance(content, Role):
        return 0 <= content.role <= ROLE_MAX and _is_number(content.number)
    if isinstance(content, Revocation):
        counted = len(content.pins) <= PINS_IN_STATEMENT_MAX and len(content.amends) <= AMENDS_MAX
        counted = counted and len(content.keeps) <= KEPT_IN_STATEMENT_MAX
        return counted and _are_hashes(*content.keeps, *content.amends) and all(map(_is_pin, content.pins))
    if isinstance(content, Leaving):
        return 0 < len(content.enrolments) <= LEFT_IN_STATEMENT_MAX and _are_hashes(*content.enrolments)
    return _is_number(content.epoch)


def _are_hashes(*items: bytes) -> bool:
    return all(len(item) == HASH_BYTES for item in items)


def _is_pin(pin: Pin) -> bool:
    return len(pin.stream) == HASH_BYTES and len(pin.head) == HASH_BYTES and _is_number(pin.seq)


def _is_number(number: int) -> bool:
    return 0 <= number <= SEQ_MAX


def _is_time(at_ms: int | None) -> bool:
    return at_ms is None or _is_number(at_ms)
