"""Actions: what event payloads hold.

A payload is one MessagePack array whose first element is the kind, a small
integer. Kinds below 16 are what people did, from 16 on what servers write. The
order of the fields puts what rarely changes first, so that zlib folds it
together over a run (about 16 bytes a check-in in runs of 100, signature, keys
and salts included).

A kind this program does not know is `Unknown`: held, forwarded, worth nothing
here. A known kind that does not fit is `Malformed`. Neither is ever an error:
one bad event blocks nothing. Elements behind the known ones are ignored, which
leaves room for the heads a device had seen (`seen`) and for a round.

Actions hold no containers, so Python's collector of cycles need not look at
the hundreds of thousands that a game has (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.content import CODE_BYTES_MAX, NAME_BYTES_MAX, Code, Method, Name, Number, TimeMs
from client_core.game.fences import LatE7, LonE7
from client_core.game.text import check_text

TEAM_ID_BYTES = 16
HASH_BYTES = 32
TEAM_NUMBER_MAX = 1_000_000
USES_MAX = 1_000_000
ACCURACY_DM_MAX = 100_000
"""10 km; a worse fix is said to be this bad."""

TeamId = Annotated[bytes, Meta(min_length=TEAM_ID_BYTES, max_length=TEAM_ID_BYTES)]
Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
AccuracyDm = Annotated[int, Meta(ge=0, le=ACCURACY_DM_MAX)]


class CheckIn(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=0):
    """Somebody of the team was at a checkpoint, known by its number in the package.

    `code` is what was read or typed there, None for a check-in by position. The
    fix is where the device was, None where it did not know; `accuracy_dm` is its
    radius at 95 % in decimetres, rounded up.
    """

    method: Method
    code: Code | None
    at_ms: TimeMs
    checkpoint: Number
    lon_e7: LonE7 | None = None
    lat_e7: LatE7 | None = None
    accuracy_dm: AccuracyDm | None = None


class Start(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """The team starts its time, where the game lets teams do so."""

    at_ms: TimeMs


class Finish(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=2):
    """The team says it is done, in a game without a finish checkpoint."""

    at_ms: TimeMs


class Continued(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=3):
    """The device goes on from this head in a new incarnation: it met events of its own stream that it did not hold."""

    stream: Hash
    seq: Annotated[int, Meta(ge=0)]
    head: Hash


class TeamRegistered(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=16):
    """A team of the game. Written again for the same id, the later one holds (`at_ms`, then event id, decides)."""

    at_ms: TimeMs
    team: TeamId
    number: Annotated[int, Meta(ge=0, le=TEAM_NUMBER_MAX)]
    name: Name
    start_at_ms: TimeMs | None = None


class GamePublished(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=17):
    """The game is played by the package of this hash."""

    at_ms: TimeMs
    package: Hash


class JoinCode(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=18):
    """Whoever knows the code of this hash may join: the team, or a new one where `team` is None."""

    at_ms: TimeMs
    code_hash: Hash
    team: TeamId | None
    uses_max: Annotated[int, Meta(ge=1, le=USES_MAX)]


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """An action of a kind that this program does not know."""

    kind: int


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are no action, with the reason for people."""

    reason: str


Known = CheckIn | Start | Finish | Continued | TeamRegistered | GamePublished | JoinCode
Action = Known | Unknown | Malformed

KINDS = frozenset({0, 1, 2, 3, 16, 17, 18})

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Known] = msgspec.msgpack.Decoder(Known)


class ActionError(Exception):
    """An action made here that no receiver would understand: a bug, or input that was not checked."""


def encode_action(action: Known) -> bytes:
    """The payload of an action made here.

    Refuses what no receiver would: `TextFault` for text that may not enter a
    game, `ActionError` for a number out of its range or a width that is wrong.
    """
    if isinstance(action, TeamRegistered):
        check_text(action.name, "the team's name", NAME_BYTES_MAX)
    elif isinstance(action, CheckIn) and action.code is not None:
        check_text(action.code, "the code", CODE_BYTES_MAX)
    payload = _ENCODER.encode(action)
    again = decode_action(payload)
    if isinstance(again, Malformed):
        raise ActionError(f"{type(action).__name__} cannot be encoded: {again.reason}")
    return payload


def decode_action(payload: bytes) -> Action:
    """The action of a payload; never raises."""
    try:
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        kind = _kind(payload)
        return Malformed(str(error)) if kind is None or kind in KINDS else Unknown(kind)


def decode_actions(payloads: Sequence[bytes]) -> list[Action]:
    """The actions of many payloads, in their order."""
    decode = _DECODER.decode
    try:
        return [decode(payload) for payload in payloads]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [decode_action(payload) for payload in payloads]


def accuracy_dm(accuracy_mm: int | None) -> int | None:
    """A fix's accuracy as a check-in carries it: decimetres, rounded up, bounded."""
    return None if accuracy_mm is None else min(ACCURACY_DM_MAX, -(-max(0, accuracy_mm) // 100))


def _kind(payload: bytes) -> int | None:
    """The first element of an array whose first element is a non-negative integer; else None."""
    first = payload[0] if payload else 0
    if 0x91 <= first <= 0x9F:
        at = 1
    elif first in {0xDC, 0xDD}:
        at = 3 if first == 0xDC else 5
    else:
        return None
    marker = payload[at] if len(payload) > at else 0xFF
    if marker < 0x80:
        return marker
    width = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}.get(marker, 0)
    digits = payload[at + 1 : at + 1 + width]
    return int.from_bytes(digits, "big") if width and len(digits) == width else None
