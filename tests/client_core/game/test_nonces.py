"""Codes of time: a chain that only its maker can go on with, read by whoever can hash."""

from __future__ import annotations

import pytest
from games import MINUTE_MS, START_MS
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.nonces import (
    NONCE_BYTES,
    NONCES_MAX,
    NonceChain,
    before,
    by_anchor,
    chain_of,
    place_at,
    read_nonce,
    shown_at,
    spell,
)

CODES = chain_of(b"s" * 32, 10)
CHAIN = NonceChain(START_MS, 30_000, 10, CODES[0])


def test_each_code_hashes_to_the_one_before_and_the_first_to_the_anchor() -> None:
    assert [before(code) for code in CODES[1:]] == CODES[:-1]
    assert len(set(CODES)) == 11


def test_a_code_says_when_it_was_shown() -> None:
    chains = by_anchor([CHAIN])
    assert [shown_at(chains, code) for code in CODES[1:]] == [START_MS + 30_000 * n for n in range(10)]
    assert shown_at(chains, CODES[0]) is None, "everybody knows the anchor"
    assert shown_at(chains, bytes(NONCE_BYTES)) is None
    assert shown_at({}, CODES[1]) is None


def test_codes_beyond_the_end_of_a_chain_say_nothing() -> None:
    longer = chain_of(b"s" * 32, NONCES_MAX)
    cut = by_anchor([NonceChain(START_MS, 30_000, 5, longer[0]), NonceChain(START_MS, 30_000, 9, b"a" * 12)])
    assert shown_at(cut, longer[5]) == START_MS + 120_000
    assert shown_at(cut, longer[6]) is None


def test_of_two_chains_with_one_anchor_every_node_takes_the_same() -> None:
    other = NonceChain(START_MS + MINUTE_MS, 30_000, 10, CODES[0])
    assert by_anchor([CHAIN, other]) == by_anchor([other, CHAIN]) == {CODES[0]: CHAIN}


@pytest.mark.parametrize(("after_ms", "place"), [(-1, 0), (0, 1), (29_999, 1), (30_000, 2), (300_000, 11)])
def test_the_code_that_is_shown_goes_on_with_the_clock(after_ms: int, place: int) -> None:
    assert place_at(CHAIN, START_MS + after_ms) == place


@given(code=st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES))
def test_what_was_spelled_is_read_again_however_it_is_typed(code: bytes) -> None:
    letters = spell(code)
    assert read_nonce(letters) == read_nonce(letters.lower().replace("-", " ")) == code
    assert read_nonce(letters.replace("0", "O").replace("1", "l")) == code


@pytest.mark.parametrize("typed", ["", "AB", "U" * 20, "Z" * 20, "A" * 21, "é" * 20, "0" * 19 + "\x00"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_nonce(typed) is None
