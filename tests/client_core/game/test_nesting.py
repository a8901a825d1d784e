"""What nests deep is malformed for everybody, however much of its stack a reader has left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.actions import CheckIn, Malformed, decode_action, decode_actions, encode_action
from client_core.game.checkpoints import Method
from client_core.game.nesting import LEVELS_MAX, SHORT_BYTES, nests_too_deep

VISIT = CheckIn(Method.CODE, "A", 1_700_000_000_000, 3)
PLAIN = encode_action(VISIT)


def at_depth(depth: int, call: Callable[[], Any]) -> Any:
    return call() if depth == 0 else at_depth(depth - 1, call)


def with_more(*more: bytes) -> bytes:
    """The action with these elements behind its own."""
    return bytes([PLAIN[0] + len(more)]) + PLAIN[1:] + b"".join(more)


@pytest.mark.parametrize("levels", [40, 200, 900, 4_000])
def test_a_deep_element_behind_the_known_ones_is_malformed_at_every_depth(levels: int) -> None:
    payload = with_more(b"\xc4\x64" + bytes(100), b"\x91" * levels + b"\xc0")
    found = [at_depth(depth, lambda: decode_action(payload)) for depth in (0, 300, 700)]
    assert found == [Malformed("nested too deep")] * 3
    assert decode_actions([PLAIN, payload, PLAIN]) == [VISIT, found[0], VISIT]


@pytest.mark.parametrize("opener", [0x81, 0x91, 0xDC, 0xDD, 0xDE, 0xDF])
@pytest.mark.parametrize("levels", [LEVELS_MAX - 1, LEVELS_MAX, LEVELS_MAX + 1])
def test_the_limit_is_the_same_whatever_opens_and_whatever_fills(opener: int, levels: int) -> None:
    """Text that looks like arrays counts for nothing, and few openers among many bytes are seen at once."""
    count = {0xDC: b"\x00\x01", 0xDD: b"\x00\x00\x00\x01", 0xDE: b"\x00\x01", 0xDF: b"\x00\x00\x00\x01"}
    key = b"\xc0" if opener in {0x81, 0xDE, 0xDF} else b""
    deep = (bytes([opener]) + count.get(opener, b"") + key) * levels + b"\xc0"
    for filler in (b"\xc4\x64" + bytes(100), b"\xc4\x64" + b"\x91" * 100):
        assert nests_too_deep(b"\x92" + filler + deep) == (levels + 1 > LEVELS_MAX)


def test_what_a_later_version_may_add_is_left_alone() -> None:
    payload = with_more(b"\xc4\x64" + bytes(100), b"\x91" * (LEVELS_MAX - 1) + b"\xc0")
    assert decode_action(payload) == VISIT
    short = with_more(b"\x91" * (SHORT_BYTES - len(PLAIN)))
    assert at_depth(700, lambda: decode_action(short[:-1] + b"\xc0")) == VISIT


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.binary(max_size=300)
    | st.text(max_size=40)
    | st.floats(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.integers(0, 2**63), inner, max_size=18),
    max_leaves=40,
)


def levels_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(levels_of, value.values()), default=0) if value else 0
    if isinstance(value, list):
        return 1 + max(map(levels_of, value), default=0) if value else 0
    return 0


@given(value=values, around=st.integers(0, 40))
def test_the_levels_are_counted_as_they_are(value: object, around: int) -> None:
    for _ in range(around):
        value = [value, bytes(SHORT_BYTES)]
    assert nests_too_deep(msgspec.msgpack.encode(value)) is (levels_of(value) > LEVELS_MAX)


@given(value=st.binary(max_size=400))
def test_any_bytes_have_an_answer(value: bytes) -> None:
    assert nests_too_deep(value) in {True, False}
