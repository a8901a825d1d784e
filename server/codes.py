"""Codes that people type: join codes for devices, edge codes for servers.

Eight letters of Crockford's base 32 (no I, L, O, U), forty random bits, written
ABCD-EFGH. What is typed is forgiven: case, spaces, dashes, O for 0, I or L
for 1. Stored is a slow hash under the game's id, so whoever reads the store
cannot walk in; two letters stay readable, for the organiser's list.
"""

from __future__ import annotations

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = 8
RANDOM_BYTES = 5
HINT_LETTERS = 2
HASH_ROUNDS = 10_000
"""About 5 ms a try: 2^30 machine-hours for all codes of a game, and a join is not slow."""

_FORGIVEN = str.maketrans("OIL", "011", " -_.\t")
_CONTEXT = b"wayfold/1/code\x00"


def code_from(random: bytes) -> str:
    """The code that five random bytes spell."""
    number = int.from_bytes(random, "big")
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def normalise(typed: str) -> str | None:
    """The eight letters meant by what was typed, or None where it cannot be a code."""
    letters = typed.strip().upper().translate(_FORGIVEN)
    return letters if len(letters) == LETTERS and all(letter in ALPHABET for letter in letters) else None


def hint_of(code: str) -> str:
    """The part of a code that may be shown again."""
    return code[:HINT_LETTERS]


def hash_code(game: bytes, code: str) -> bytes | None:
    """The 32-byte hash under which a code is kept in a game, or None where it cannot be a code.

    Slow on purpose (`HASH_ROUNDS`); a server calls it in a thread.
    """
    letters = normalise(code)
    if letters is None:
        return None
    return hashlib.pbkdf2_hmac("sha256", letters.encode(), _CONTEXT + game, HASH_ROUNDS)
