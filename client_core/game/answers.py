"""Answers: how they are compared, and what can be said of one with the means at hand.

    open    judged wherever the package is; the hash can be guessed there, an interval is readable
    sealed  judged with the secret of the checkpoint's QR code, which travels in the answer
    later   `Outcome.UNKNOWN` here; a node with the sealed part of the game judges (`sealed_part`)

What an answer *is* is its `key`: equal keys are the same answer, however often
and from whichever phone it came. Everything is integers and SHA-256, so that
every platform says the same.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from functools import lru_cache

import msgspec

from client_core.game.challenges import Challenge, Form, Hashed, Interval, Judged, Key, Later, Sealed
from client_core.game.folding import fold
from client_core.game.numbers import DECIMALS_MAX, parse_numbers, scaled, written
from client_core.game.unreadable import UNREADABLE

ANSWER_CONTEXT = b"wayfold/1/answer\x00"
SECRET_CONTEXT = b"wayfold/1/secret\x00"
SEAL_CONTEXT = b"wayfold/1/seal\x00"
CHECK_CONTEXT = b"wayfold/1/seal-check\x00"

STRETCH_BYTES = 1 << 16
"""What one guess of a secret makes everybody hash, the attacker too: 0.1 ms here, 0.5 ms in a browser.

One call over repeated input costs a player's Python what it costs an attacker's
C (iterated and salted S2K, RFC 9580, section 3.7.1.3). A graphics card that
makes 2 * 10^10 plain hashes a second tries 2 * 10^7 secrets: 4 digits last no
time, the 16 characters that publication draws (80 bits) 10^9 years.
"""
STRETCHED_KEPT = 16_384
"""Secrets in memory, 3 MB: a fold asks again and again for the same few."""


class Outcome(IntEnum):
    """What is known of an answer."""

    WRONG = 0
    RIGHT = 1
    UNKNOWN = 2
    """Not to be told with what is at hand: no secret, judged later, or judged by people."""


class Mark(msgspec.Struct, frozen=True):
    """An answer, judged: its `key`, and for a number how far it is from the best one, in millionths (else None)."""

    outcome: Outcome
    key: str
    distance: int | None = None


def normalise(text: str) -> str:
    """The text as answers are compared, by the table pinned in the rule set (`folding`)."""
    return fold(text)


def answer_key(form: Form, text: str) -> str:
    """What makes two answers to a challenge of this form the same one.

    Numbers are compared as numbers (what is none stands behind a question mark),
    lists line by line, everything else folded.
    """
    if form is Form.NUMBER:
        numbers = parse_numbers(text)
        return written(numbers[0]) if numbers else f"?{fold(text)}"
    if form is Form.ORDER:
        return "\n".join(fold(line) for line in text.split("\n"))
    return fold(text)


def judge_answer(challenge: Challenge, text: str, secret: str | None = None) -> Mark:
    """What can be said of an answer with the public part of a game; `secret` is what the QR code said."""
    return judge_key(challenge.form, challenge.key, text, secret)


def judge_key(form: Form, key: Key, text: str, secret: str | None = None) -> Mark:
    """The same with another key in place of the challenge's own: the plain one of the sealed part."""
    if isinstance(key, Sealed):
        opened = None if secret is None else unseal(key, secret)
        return Mark(Outcome.UNKNOWN, answer_key(form, text)) if opened is None else judge_key(form, opened, text)
    if isinstance(key, Interval):
        return _judge_number(key, text)
    said = answer_key(form, text)
    if isinstance(key, Hashed):
        return Mark(Outcome(answer_hash(key.salt, said) in key.hashes), said)
    if isinstance(key, Judged) and key.automatic:
        return Mark(Outcome.RIGHT, said)
    assert isinstance(key, Judged | Later)
    return Mark(Outcome.UNKNOWN, said)


def answer_hash(salt: bytes, key: str) -> bytes:
    """The hash (32 bytes) by which a package knows a right answer, of its `answer_key`."""
    return hashlib.sha256(ANSWER_CONTEXT + salt + key.encode("utf-8", "surrogatepass")).digest()


def secret_message(code: str, secret: str) -> bytes:
    """What is hashed for the secret of the checkpoint `code`: case, spaces and signs do not matter."""
    return SECRET_CONTEXT + code.encode("utf-8", "surrogatepass") + b"\x00" + _secret(secret)


def secret_hash(code: str, secret: str) -> bytes:
    """How a package knows a checkpoint's secret (`Checkpoint.secret`, 32 bytes), so that it does not tell it."""
    return stretched(secret_message(code, secret))


def seal(key: Hashed | Interval, secret: str, salt: bytes) -> Sealed:
    """A key that only the secret opens. `salt` (16 bytes) is random and used once: it also makes the key stream."""
    master = stretched(SEAL_CONTEXT + salt + _secret(secret))
    plain = msgspec.msgpack.encode(key)
    return Sealed(salt, _mixed(master, plain), _check(master, salt, plain))


def unseal(sealed: Sealed, secret: str) -> Hashed | Interval | None:
    """What was sealed, or None where the secret is another one or the box is damaged."""
    return _unsealed(sealed.salt, sealed.box, sealed.check, _secret(secret))


@lru_cache(maxsize=STRETCHED_KEPT)
def stretched(message: bytes) -> bytes:
    """SHA-256 over the message, repeated to `STRETCH_BYTES` and its length: guessing a secret costs that much."""
    block = message * (STRETCH_BYTES // len(message) + 1)
    return hashlib.sha256(block[:STRETCH_BYTES] + len(message).to_bytes(4, "big")).digest()


@lru_cache(maxsize=STRETCHED_KEPT)
def _unsealed(salt: bytes, box: bytes, check: bytes, secret: bytes) -> Hashed | Interval | None:
    master = stretched(SEAL_CONTEXT + salt + secret)
    plain = _mixed(master, box)
    if _check(master, salt, plain) != check:
        return None
    try:
        return _KEYS.decode(plain)
    except UNREADABLE:  # sealed by a program that knew more kinds of keys
        return None


def _judge_number(key: Interval, text: str) -> Mark:
    """Right if any reading of it is; 1,234 has two."""
    numbers = parse_numbers(text)
    if not numbers:
        return Mark(Outcome.WRONG, answer_key(Form.NUMBER, text))
    low, high, right = (bound * 10 ** (DECIMALS_MAX - key.decimals) for bound in (key.low, key.high, key.right))
    within = [number for number in numbers if low <= scaled(number) <= high]
    taken = min(within or numbers, key=lambda number: abs(scaled(number) - right))
    distance = -(-abs(scaled(taken) - right) // 10 ** (DECIMALS_MAX - 6))
    return Mark(Outcome(bool(within)), written(taken), distance)


def _secret(secret: str) -> bytes:
    """A secret as it is compared: typed in another case or with other dashes it is the same."""
    return (fold(secret) or secret).encode("utf-8", "surrogatepass")


def _mixed(master: bytes, data: bytes) -> bytes:
    """The data under the key stream SHA-256(master, counter); the same again undoes it."""
    counters = range(-(-len(data) // 32))
    stream = b"".join(hashlib.sha256(master + number.to_bytes(4, "big")).digest() for number in counters)
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def _check(master: bytes, salt: bytes, plain: bytes) -> bytes:
    """A keyed hash over all of it: nested, so that nobody can lengthen what it holds."""
    inner = hashlib.sha256(CHECK_CONTEXT + master + salt + plain).digest()
    return hashlib.sha256(CHECK_CONTEXT + master + inner).digest()


_KEYS: msgspec.msgpack.Decoder[Hashed | Interval] = msgspec.msgpack.Decoder(Hashed | Interval)
