"""Decoding statements: strict, and the same however much of its stack the reader has left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from nodes import ROOT_KEY, key_of, stated

from sync.errors import EnvelopeError
from sync.statement import Authority, Claim, Enrolment, Revocation, Statement, read_claim, read_known
from sync.stream import ALL

KEY = key_of("hq").public_key
NESTED = b"\x91" * 60 + b"\xc0"
"""An array in an array, sixty times: sound where the stack has room, an error where it has not."""


def at_depth(depth: int, call: Callable[[], Any]) -> Any:
    """What a call answers from that deep in the stack."""
    return call() if depth == 0 else at_depth(depth - 1, call)


@pytest.mark.parametrize("content", [Authority(KEY, 1), Enrolment(KEY, ALL, 0), Revocation(KEY)])
def test_a_record_with_more_than_its_kind_has_is_kept_and_worth_nothing_at_every_depth(content: Any) -> None:
    plain = stated(ROOT_KEY, content)
    claim = read_claim(plain)
    fields = len(msgspec.structs.fields(content))
    assert read_known(plain) is not None
    longer = bytes([0x90 + fields + 1]) + claim.content[1:] + NESTED
    statement = Statement(msgspec.msgpack.encode(msgspec.structs.replace(claim, content=longer)), plain.signature)
    assert [at_depth(depth, lambda: read_known(statement)) for depth in (0, 400, 800)] == [None, None, None]


def test_a_body_with_a_seventh_field_is_malformed_at_every_depth() -> None:
    plain = stated(ROOT_KEY, Authority(KEY, 1))
    fields = len(msgspec.structs.fields(Claim))
    statement = Statement(bytes([0x90 + fields + 1]) + plain.body[1:] + NESTED, plain.signature)

    def code() -> str:
        with pytest.raises(EnvelopeError) as caught:
            read_claim(statement)
        return caught.value.code

    assert [at_depth(depth, code) for depth in (0, 400, 800)] == ["statement_malformed"] * 3
