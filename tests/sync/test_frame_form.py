"""A frame travels deflated where that makes it shorter, and is not tried where it cannot."""

from __future__ import annotations

import os

import pytest

from sync.frame import DEFLATED, PLAIN, PREFIX_BYTES, decode_frame, encode_frame
from sync.messages import Problem, Receipts
from sync.receipt import SAFE, Receipt

SIGNER, STORE = os.urandom(32), os.urandom(16)


def receipts(count: int) -> Receipts:
    return Receipts(
        tuple(
            Receipt(SIGNER, STORE, STORE, os.urandom(32), seq, os.urandom(32), SAFE, seq, os.urandom(64))
            for seq in range(count)
        )
    )


@pytest.mark.parametrize(
    ("message", "form"),
    [
        (receipts(1), PLAIN),
        (receipts(20), DEFLATED),
        (Problem("busy", "come back later"), PLAIN),
        (Problem("busy", "come back later, " * 10), DEFLATED),
    ],
)
def test_hashes_travel_as_they_are_until_something_repeats_and_words_are_deflated(message, form: int) -> None:
    frame = encode_frame(message)[PREFIX_BYTES:]
    assert frame[0] == form
    assert decode_frame(frame) == message
