"""Hashing: SHA-256, and a context string before everything that is hashed or signed.

The context makes a digest of one kind of thing useless as any other kind
(domain separation), so a signed head can never be replayed as a receipt.
"""

from __future__ import annotations

import hashlib

HASH_BYTES = 32
SALT_BYTES = 16
SEED_BYTES = 16

STREAM = b"wayfold/1/stream\x00"
EVENT = b"wayfold/1/event\x00"
PAYLOAD = b"wayfold/1/payload\x00"
SALT = b"wayfold/1/salt\x00"
SEGMENT = b"wayfold/1/segment\x00"
STATEMENT = b"wayfold/1/statement\x00"
RECEIPT = b"wayfold/1/receipt\x00"
READ = b"wayfold/1/read\x00"
NONCE = b"wayfold/1/nonce\x00"
ROW = b"wayfold/1/row\x00"
BUCKET = b"wayfold/1/bucket\x00"
ROOT = b"wayfold/1/root\x00"
BUNDLE = b"wayfold/1/bundle\x00"
HEADS = b"wayfold/1/heads\x00"

CONTEXTS = (STREAM, EVENT, PAYLOAD, SALT, SEGMENT, STATEMENT, RECEIPT, READ, NONCE, ROW, BUCKET, ROOT, BUNDLE, HEADS)


def digest(context: bytes, *parts: bytes) -> bytes:
    """SHA-256 (32 bytes) over the context string and the parts, in order.

    Parts are joined without separators: callers pass fixed-width parts, or one
    variable part last.
    """
    return hashlib.sha256(context + b"".join(parts)).digest()


def salt_of(seed: bytes, seq: int) -> bytes:
    """The 16-byte payload salt of event `seq` under a 16-byte seed.

    A keyed hash: seed and number have fixed widths, so SHA-256 over both is a
    pseudo-random function of the number. It keeps an erased payload from being
    guessed from its hash, at the cost of one seed a run.
    """
    return hashlib.sha256(SALT + seed + seq.to_bytes(8, "big")).digest()[:SALT_BYTES]


def payload_hash_of(salt: bytes, payload: bytes) -> bytes:
    """The hash (32 bytes) of a payload as it came, under its 16-byte salt."""
    return hashlib.sha256(PAYLOAD + salt + payload).digest()
