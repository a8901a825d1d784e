"""Codes of time: what a kiosk without a network shows, and a phone without one takes as a witness.

A kiosk commits once, in its `game` stream, to a chain of codes (`NonceChain`):
hashing a code gives the one before it, and hashing the first gives the anchor.
It shows one after another, each for `every_ms`. Whoever knows the code at place
n therefore knows it no earlier than the kiosk showed it, and nobody could make
it up: from the anchor no code can be computed. The fold only hashes and
compares, so every platform comes to the same answer without a signature to
check, and it does not matter whether the kiosk is ever heard of again
(`docs/why/time.md`).

A code says "not before". It never says "not after": it can be photographed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import Hash, TimeMs

CONTEXT = b"wayfold/1/nonce-chain\x00"
NONCE_BYTES = 12
"""96 bits: whoever tries a thousand million a second for a year has one chance in 2^41. Twenty letters to type."""
NONCES_MAX = 1_440
"""Half a day of half minutes; then a kiosk begins another chain. Bounds what one code costs to look up."""
NONCES_TAKEN_MAX = 64
"""A team's codes that are looked up, in canonical order; more say nothing new and would cost every fold."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = 20

_READ = {letter: value for value, letter in enumerate(ALPHABET)}
_READ |= {chr(ord(letter) + 32): value for letter, value in _READ.items() if letter > "9"}
_READ |= {"O": 0, "o": 0, "I": 1, "i": 1, "L": 1, "l": 1}
_BETWEEN = frozenset(" -_.\t")

NonceBytes = Annotated[bytes, Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]


class NonceChain(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=25):
    """The writer shows `count` codes, the n-th (from 1) `n - 1` times `every_ms` after `at_ms`, by its own clock."""

    at_ms: TimeMs
    every_ms: Annotated[int, Meta(ge=10_000, le=3_600_000)]
    count: Annotated[int, Meta(ge=1, le=NONCES_MAX)]
    anchor: NonceBytes


class NonceTaken(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=13):
    """A device read this code off a kiosk: what it writes from here on was not before the kiosk showed it."""

    at_ms: TimeMs
    code: NonceBytes
    seen: Annotated[tuple[Hash, ...], Meta(max_length=64)] | None = None


def before(code: bytes) -> bytes:
    """The code before this one; of the first the anchor."""
    return hashlib.sha256(CONTEXT + code).digest()[:NONCE_BYTES]


def chain_of(seed: bytes, count: int) -> list[bytes]:
    """The anchor and `count` codes after it, from 32 secret bytes."""
    code = hashlib.sha256(CONTEXT + seed).digest()[:NONCE_BYTES]
    codes = [code]
    for _ in range(count):
        codes.append(before(codes[-1]))
    return codes[::-1]


def place_at(chain: NonceChain, now_ms: int) -> int:
    """The place of the code that is shown now, from 1; 0 before the first, more than `count` after the last."""
    return max(0, (now_ms - chain.at_ms) // chain.every_ms + 1)


def shown_at(chains: Mapping[bytes, NonceChain], code: bytes) -> int | None:
    """When a kiosk showed this code, by its clock; None where it is of none of these chains (by anchor)."""
    longest = max((chain.count for chain in chains.values()), default=0)
    for place in range(1, longest + 1):
        code = before(code)
        chain = chains.get(code)
        if chain is not None:
            return chain.at_ms + (place - 1) * chain.every_ms if place <= chain.count else None
    return None


def by_anchor(chains: Iterable[NonceChain]) -> dict[bytes, NonceChain]:
    """The chains by their anchors; of two with one anchor the one that says the earlier time."""
    found: dict[bytes, NonceChain] = {}
    for chain in chains:
        known = found.get(chain.anchor)
        if known is None or msgspec.structs.astuple(chain) < msgspec.structs.astuple(known):
            found[chain.anchor] = chain
    return found


def spell(code: bytes) -> str:
    """The twenty letters of a code, as a kiosk shows them."""
    number = int.from_bytes(code, "big")
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(5 * LETTERS - 5, -1, -5))
    return "-".join(letters[at : at + 5] for at in range(0, LETTERS, 5))


def read_nonce(typed: str) -> bytes | None:
    """The code meant by what was typed or scanned; None where it cannot be one."""
    letters = [letter for letter in typed if letter not in _BETWEEN]
    if len(letters) != LETTERS or any(letter not in _READ for letter in letters):
        return None
    number = 0
    for letter in letters:
        number = number << 5 | _READ[letter]
    return number.to_bytes(13, "big")[1:] if number < 1 << 8 * NONCE_BYTES else None
