"""Which Ed25519 keys and signatures are well-formed, decided before any library looks.

Libraries disagree on edge cases: a scalar S at or above the group order, a
point whose encoding is not reduced, a key or commitment of small order (which
lets one signature fit many messages). Two nodes with different libraries would
then store different events. So this check, on bytes alone, comes first and
refuses all of them (RFC 8032, section 5.1; Chalkias, Garillot, Nikolaenko:
Taming the many EdDSAs, 2020).

One difference is left, because it takes a scalar multiplication to see: a key
that its owner mixed with a small-order point, on which libraries with and
without the cofactor may disagree. OpenSSL and the browsers' libraries verify
without it, and only that owner's own stream is at stake.
"""

from __future__ import annotations

import msgspec

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
FIELD_PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

_ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL_ORDER_YS = frozenset((0, 1, FIELD_PRIME - 1, _ORDER_8_Y, FIELD_PRIME - _ORDER_8_Y))
"""The y coordinates of the eight points whose order divides 8."""

_Y_MASK = 2**255 - 1


class SignatureCheck(msgspec.Struct, frozen=True):
    """One signature to verify; the bytes have passed this module."""

    public_key: bytes
    message: bytes
    signature: bytes


def is_point(encoded: bytes) -> bool:
    """Whether 32 bytes encode a reduced y coordinate that is not of small order."""
    y = int.from_bytes(encoded, "little") & _Y_MASK
    return y < FIELD_PRIME and y not in SMALL_ORDER_YS


def is_public_key(public_key: bytes) -> bool:
    """Whether these bytes may stand as a public key."""
    return len(public_key) == PUBLIC_KEY_BYTES and is_point(public_key)


def is_signature(signature: bytes) -> bool:
    """Whether a signature has the right width, a reduced S and an acceptable R."""
    if len(signature) != SIGNATURE_BYTES or not is_point(signature[:32]):
        return False
    return int.from_bytes(signature[32:], "little") < GROUP_ORDER
