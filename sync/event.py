"""Events: a fixed header that is hashed and chained, and a payload that can be erased.

The header is 137 bytes, big-endian, frozen for ever:

    offset  bytes  field
    0       1      version, 1
    1       16     tenant
    17      16     game
    33      32     stream id
    65      8      seq, from 0
    73      32     id of the event before (32 zero bytes at seq 0)
    105     32     payload hash

SHA-256 over the context string and the header is the event's identity. A hash
of the payload stands in the header, under a salt; the payload itself does not,
so erasing one leaves the chain whole.
"""

from __future__ import annotations

import hashlib
import struct

import msgspec

from sync.digest import EVENT, HASH_BYTES, SEGMENT, digest, payload_hash_of, salt_of
from sync.errors import LocalError
from sync.limits import PAYLOAD_BYTES_MAX, SEQ_MAX
from sync.stream import GameKey

HEADER = struct.Struct(">B16s16s32sQ32s32s")
HEADER_VERSION = 1
ORIGIN = bytes(HASH_BYTES)
"""What stands for "the event before" at seq 0."""


class Event(msgspec.Struct, frozen=True):
    """One event as a log holds it.

    `payload` is None where only its hash is held (a gap). The salt is derived
    from `seed`; where the seed was withdrawn, because another event of its run
    was erased, `salt` stands instead and `seed` is None.
    """

    stream: bytes
    seq: int
    previous: bytes
    id: bytes
    payload_hash: bytes
    payload: bytes | None
    seed: bytes | None
    salt: bytes | None = None


def header_prefix(game: GameKey, stream: bytes) -> bytes:
    """The context and the first 65 header bytes, the same for a whole stream."""
    return EVENT + bytes((HEADER_VERSION,)) + game.tenant + game.game + stream


def event_id(prefix: bytes, seq: int, previous: bytes, payload_hash: bytes) -> bytes:
    """An event's identity: SHA-256 of its header, from the stream's `header_prefix`."""
    return hashlib.sha256(prefix + seq.to_bytes(8, "big") + previous + payload_hash).digest()


def encode_header(game: GameKey, stream: bytes, seq: int, previous: bytes, payload_hash: bytes) -> bytes:
    """The 137 header bytes themselves, for golden files and other implementations."""
    return HEADER.pack(HEADER_VERSION, game.tenant, game.game, stream, seq, previous, payload_hash)


def seal(game: GameKey, stream: bytes, seq: int, previous: bytes, seed: bytes, payload: bytes) -> Event:
    """Make the next event of an own stream.

    `previous` is the head's id (`ORIGIN` at seq 0), `seed` the 16 random bytes
    of the run it will travel in. Raises `LocalError` beyond a limit.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise LocalError("payload_too_big", f"{len(payload)} bytes, at most {PAYLOAD_BYTES_MAX} are allowed")
    if not 0 <= seq <= SEQ_MAX:
        raise LocalError("seq_out_of_range", f"event number {seq} is not in 0..{SEQ_MAX}")
    payload_hash = payload_hash_of(salt_of(seed, seq), payload)
    identity = event_id(header_prefix(game, stream), seq, previous, payload_hash)
    return Event(stream, seq, previous, identity, payload_hash, payload, seed)


def head_message(game: GameKey, stream: bytes, seq: int, head: bytes) -> bytes:
    """What a stream's key signs: its head, and with it every event before."""
    return digest(SEGMENT, game.tenant, game.game, stream, seq.to_bytes(8, "big"), head)


def salt_for(event: Event) -> bytes | None:
    """The salt of an event's payload: given, derived from its seed, or None where neither is held."""
    if event.salt is not None:
        return event.salt
    return salt_of(event.seed, event.seq) if event.seed is not None else None


def intact(event: Event, prefix: bytes | None = None) -> Event:
    """The event as read from a store, without its payload where that no longer matches its hash.

    With the stream's `header_prefix`, a hash that was damaged beside a sound
    payload is made again from it: the event's id tells which of the two it was.
    """
    if event.payload is None:
        return event
    salt = salt_for(event)
    payload_hash = payload_hash_of(salt, event.payload) if salt is not None else None
    if payload_hash == event.payload_hash:
        return event
    if prefix and payload_hash and event_id(prefix, event.seq, event.previous, payload_hash) == event.id:
        return msgspec.structs.replace(event, payload_hash=payload_hash)
    return msgspec.structs.replace(event, payload=None)
