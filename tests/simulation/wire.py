"""Reading and rewriting what travels, with eyes of its own: for the model that listens, and for peers who lie.

Shares no code with `sync`: frames are taken apart by the published description,
messages stay plain lists, the tag first.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

HELLO, WELCOME, PROOF, ROOT, BUCKETS, ROWS, WANT, DATA, STATEMENTS, VERDICTS, ASKING, RECEIPTS, PROBLEM = range(1, 14)
STORED, DUPLICATE, HELD, REFUSED, FORK, BUSY = range(6)
ACKNOWLEDGED = (STORED, DUPLICATE, HELD, FORK)

Message = list[Any]
Change = Callable[[Message], Message | None]
"""What somebody on the way makes of a message; None takes it out."""

decode = msgspec.msgpack.Decoder().decode
_ENCODE = msgspec.msgpack.Encoder().encode


def frames(body: bytes) -> list[bytes]:
    """The whole frames of a body, each with its length in front."""
    found, at = [], 0
    while at + 4 <= len(body):
        end = at + 4 + int.from_bytes(body[at : at + 4], "big")
        if end > len(body):
            break
        found.append(body[at:end])
        at = end
    return found


@lru_cache(maxsize=64)
def plain(frame: bytes) -> bytes | None:
    """A frame's message in MessagePack, or None where the frame is damaged."""
    form, checksum, carried = frame[4:5], frame[5:9], frame[9:]
    if zlib.crc32(form + carried).to_bytes(4, "big") != checksum:
        return None
    try:
        return zlib.decompress(carried, -15) if form == b"\x01" else carried
    except zlib.error:
        return None


def messages(body: bytes) -> list[Message]:
    """The messages of the sound frames of a body, in order."""
    found = []
    for frame in frames(body):
        inflated = plain(frame)
        if inflated is not None:
            try:
                found.append(decode(inflated))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
    return found


def framed(message: Message) -> bytes:
    """A sound frame of a message, not deflated."""
    carried = b"\x00" + _ENCODE(message)
    checksum = zlib.crc32(carried).to_bytes(4, "big")
    return (len(carried) + 4).to_bytes(4, "big") + carried[:1] + checksum + carried[1:]


def rewritten(body: bytes, change: Change) -> bytes:
    """A body whose messages somebody on the way changed or (None) took out."""
    changed = [change(message) for message in messages(body)]
    return b"".join(framed(message) for message in changed if message is not None)


def payload_hash(run: Message, position: int) -> bytes | None:
    """What a relay that withholds a payload sends in its place; None where the salt does not travel plainly."""
    at = 0
    for count, value in run[5]:
        if at <= position < at + abs(count):
            if count > 0 and len(value) == 16:
                number = (run[1] + position).to_bytes(8, "big")
                salt = sha256(b"wayfold/1/salt\x00" + value + number).digest()[:16]
                return sha256(b"wayfold/1/payload\x00" + salt + run[3][position]).digest()
            return None
        at += abs(count)
    return None
