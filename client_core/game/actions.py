"""Actions: what event payloads hold.

A payload is one MessagePack array whose first element is the kind, a small
integer. Kinds below 16 are what players did, from 16 on what nodes write, from
32 on what staff decide (`decisions`). The order of the fields puts what rarely
changes first, so that zlib folds it together over a run (about 16 bytes a
check-in in runs of 100, signature, keys and salts included).

`seen`, the last field of what players do, are the ids of the heads of the
team's other streams that the device knew when it acted, written only when they
changed: what it could know decides what it may do and is charged for.

A kind this program does not know is `Unknown`: held, forwarded, worth nothing
here. A known kind that does not fit is `Malformed`. Neither is ever an error:
one bad event blocks nothing. Elements behind the known ones are ignored, as long
as they do not nest deep (`nesting`).

Actions hold nothing that could form a cycle, so Python's collector need not
look at the hundreds of thousands that a game has (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.checkpoints import Method
from client_core.game.decisions import Desk, Ruling
from client_core.game.entrants import PlaysFor, Sex
from client_core.game.fences import LatE7, LonE7
from client_core.game.keeping import AnswerKept
from client_core.game.nesting import SHORT_BYTES, nests_too_deep
from client_core.game.nonces import NonceChain, NonceTaken
from client_core.game.ranges import (
    ANSWER_BYTES_MAX,
    CODE_BYTES_MAX,
    NAME_BYTES_MAX,
    TEAM_NUMBER_MAX,
    ChallengeNumber,
    Code,
    Hash,
    MemberNumber,
    Name,
    Number,
    SpanMs,
    TeamId,
    Text,
    TimeMs,
)
from client_core.game.roles import Role
from client_core.game.text import check_characters, check_text
from client_core.game.unreadable import UNREADABLE

TEAM_ID_BYTES = 16
HASH_BYTES = 32
USES_MAX = 1_000_000
ACCURACY_DM_MAX = 100_000
"""10 km; a worse fix is said to be this bad."""
SEEN_MAX = 64
BLOB_BYTES_MAX = 64 * 1024 * 1024

AccuracyDm = Annotated[int, Meta(ge=0, le=ACCURACY_DM_MAX)]
Seen = Annotated[tuple[Hash, ...], Meta(max_length=SEEN_MAX)]
PublicKey = Hash


class CheckIn(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=0):
    """Somebody of the team was at a checkpoint, known by its number in the package.

    `code` is what was read or typed there, None for a check-in by position. The
    fix is where the device was closest, None where it did not know;
    `accuracy_dm` is its radius at 95 % in decimetres, rounded up. `at_ms` is the
    time of the visit, the closest moment: it was entered `before_ms` earlier and
    left `after_ms` later, where the device could tell. `member` says who, where
    several share a device, a badge or a paper card was read; None: the device's
    own. `view` is the id of the `HolderShown` event the player was looking at.
    """

    method: Method
    code: Code | None
    at_ms: TimeMs
    checkpoint: Number
    lon_e7: LonE7 | None = None
    lat_e7: LatE7 | None = None
    accuracy_dm: AccuracyDm | None = None
    before_ms: SpanMs | None = None
    after_ms: SpanMs | None = None
    member: MemberNumber | None = None
    view: Hash | None = None
    seen: Seen | None = None


class Start(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """The team starts its time, where the game lets teams do so."""

    at_ms: TimeMs
    seen: Seen | None = None


class Finish(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=2):
    """The team, or one member, says it is done, in a game without a finish checkpoint."""

    at_ms: TimeMs
    member: MemberNumber | None = None
    seen: Seen | None = None


class Continued(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=3):
    """The device goes on from this head in a new incarnation: it met events of its own stream that it did not hold."""

    stream: Hash
    seq: Annotated[int, Meta(ge=0)]
    head: Hash


class Answer(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=4):
    """The team answers a challenge: as typed; `secret` is what its QR code said, where the challenge is sealed."""

    at_ms: TimeMs
    challenge: ChallengeNumber
    text: Annotated[str, Meta(max_length=ANSWER_BYTES_MAX)]
    secret: Code | None = None
    seen: Seen | None = None


class ChallengeOpened(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=5):
    """The team read a challenge: its par time and hint delays run from here."""

    at_ms: TimeMs
    challenge: ChallengeNumber
    seen: Seen | None = None


class HintTaken(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=6):
    """The team looked at a hint, counted from 0, and pays what it costs, once however many devices look."""

    at_ms: TimeMs
    challenge: ChallengeNumber
    hint: Annotated[int, Meta(ge=0, lt=20)]
    seen: Seen | None = None


class Photo(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=7):
    """A photo as the answer to a challenge; the picture is the blob of this hash. Another one replaces it."""

    at_ms: TimeMs
    challenge: ChallengeNumber
    blob: Hash
    blob_bytes: Annotated[int, Meta(ge=0, le=BLOB_BYTES_MAX)]
    seen: Seen | None = None


class Retired(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=8):
    """The team, or one member, gives up playing. It is still out until somebody sees it back."""

    at_ms: TimeMs
    member: MemberNumber | None = None
    seen: Seen | None = None


class Sos(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=9):
    """Help is needed. Goes before everything else. The position is the last one known, taken at `fix_at_ms`."""

    at_ms: TimeMs
    text: Text = ""
    lon_e7: LonE7 | None = None
    lat_e7: LatE7 | None = None
    accuracy_dm: AccuracyDm | None = None
    fix_at_ms: TimeMs | None = None
    battery_percent: Annotated[int, Meta(ge=0, le=100)] | None = None


class Said(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=10):
    """Words of a team to staff; `about` is the message or photo it answers or reports."""

    at_ms: TimeMs
    text: Text
    about: Hash | None = None


class Consented(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=11):
    """A briefing or consent of this version was accepted for a member, by a guardian where `guardian`."""

    at_ms: TimeMs
    version: Name
    member: MemberNumber | None = None
    guardian: bool = False


class MessageRead(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=12):
    """The team saw this message of staff."""

    at_ms: TimeMs
    message: Hash


class TeamRegistered(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=16):
    """A team of the game. Written again for the same id, the later one holds (`at_ms`, then event id, decides).

    `categories` are those it was entered for; `format` the one it plays.
    """

    at_ms: TimeMs
    team: TeamId
    number: Annotated[int, Meta(ge=0, le=TEAM_NUMBER_MAX)]
    name: Name
    start_at_ms: TimeMs | None = None
    categories: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()
    format: Code | None = None


class GamePublished(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=17):
    """The game is played by the package of this hash, from `from_ms` on (None: from the start)."""

    at_ms: TimeMs
    package: Hash
    from_ms: TimeMs | None = None


class JoinCode(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=18):
    """Whoever knows the code of this hash may join: the team, or a new one where `team` is None."""

    at_ms: TimeMs
    code_hash: Hash
    team: TeamId | None
    uses_max: Annotated[int, Meta(ge=1, le=USES_MAX)]


class Witnessed(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=19):
    """The writer held this stream up to this head at `at_ms` by its own clock: everything before had happened."""

    at_ms: TimeMs
    stream: Hash
    seq: Annotated[int, Meta(ge=0)]
    head: Hash


class Member(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=20):
    """A player of a team, without a name: what categories ask for, and the device or badge that reports for them.

    Written again for the same number, the later one holds. `active` False: no
    longer of the team. `minor`: number or first name in public, no photo, no track.
    """

    at_ms: TimeMs
    team: TeamId
    member: MemberNumber
    birth_year: Annotated[int, Meta(ge=1900, le=2200)] | None = None
    sex: Sex = Sex.UNSTATED
    device: PublicKey | None = None
    badge: Code | None = None
    active: bool = True
    minor: bool = False
    person: Annotated[bytes, Meta(max_length=16)] = b""
    """Who this is across games of a series, 16 bytes the organiser confirmed; empty: unknown."""


class MemberNamed(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=21):
    """What is known of a player beyond the rules; stands in `staff` streams and can be erased."""

    at_ms: TimeMs
    team: TeamId
    member: MemberNumber
    name: Name
    telephone: Annotated[str, Meta(max_length=32)] = ""
    note: Text = ""


class HolderShown(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=22):
    """A node told players who holds a checkpoint, since when."""

    at_ms: TimeMs
    checkpoint: Number
    team: TeamId | None
    since_ms: TimeMs


class StaffCode(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=23):
    """Whoever knows the code of this hash may use the staff pages of a node as this role.

    Written again for the same hash, the later one holds; not `active`: no longer.
    """

    at_ms: TimeMs
    code_hash: Hash
    role: Role
    label: Name
    active: bool = True


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """An action of a kind that this program does not know."""

    kind: int


class Malformed(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are no action, with the reason for people."""

    reason: str


Played = (
    CheckIn
    | Start
    | Finish
    | Continued
    | Answer
    | ChallengeOpened
    | HintTaken
    | Photo
    | Retired
    | Sos
    | Said
    | Consented
    | MessageRead
    | NonceTaken
    | PlaysFor
)
"""What devices of a team write."""
Noted = (
    TeamRegistered
    | GamePublished
    | JoinCode
    | Witnessed
    | Member
    | MemberNamed
    | HolderShown
    | StaffCode
    | AnswerKept
    | NonceChain
)
"""What nodes write."""
Known = Played | Noted | Ruling | Desk
Action = Known | Unknown | Malformed

KINDS = frozenset({*range(15), *range(16, 26), *range(32, 55)})

_WITH_LINES = frozenset({"text", "note", "reason", "answer", "plain"})
"""Fields that may hold several lines."""

_ENCODER = msgspec.msgpack.Encoder()


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
    for field in action.__struct_fields__:
        value = getattr(action, field)
        for text in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
            if isinstance(text, str):
                check_characters(text, f"the {field}", lines=field in _WITH_LINES)
    payload = _ENCODER.encode(action)
    again = decode_action(payload)
    if isinstance(again, Malformed):
        raise ActionError(f"{type(action).__name__} cannot be encoded: {again.reason}")
    return payload


def decode_action(payload: bytes) -> Action:
    """The action of a payload; never raises."""
    if nests_too_deep(payload):
        return Malformed("nested too deep")
    try:
        return _decoder().decode(payload)
    except UNREADABLE as error:
        kind = _kind(payload)
        return Malformed(str(error)) if kind is None or kind in KINDS else Unknown(kind)


def decode_actions(payloads: Sequence[bytes]) -> list[Action]:
    """The actions of many payloads, in their order."""
    decode = _decoder().decode
    try:
        return [decode(p) if len(p) <= SHORT_BYTES else decode_action(p) for p in payloads]
    except UNREADABLE:
        return [decode_action(payload) for payload in payloads]


@cache
def _decoder() -> msgspec.msgpack.Decoder[Known]:
    """Of all kinds; made for the first payload, because it takes longer than all the rest of this module."""
    return msgspec.msgpack.Decoder(Known)


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
