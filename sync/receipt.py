"""Receipts: a node's signed word that it holds a stream, without gaps, up to a head.

*custody* is an edge's or kiosk's word, *safe* the authority's. A receipt names
the head's hash, so it cannot be stretched over a fork; it is believed only
while the signer's present heads contain that head, so a restore takes it back.
"""

from __future__ import annotations

import msgspec

from sync import ed25519
from sync.digest import RECEIPT, digest
from sync.ed25519 import SignatureCheck
from sync.errors import EnvelopeError
from sync.stream import GameKey

CUSTODY = 1
SAFE = 2


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """A signed statement that `signer`'s store holds `stream` up to event `seq` with id `head`.

    `store` and `epoch` are 16 bytes each, `at_ms` is the signer's clock.
    """

    signer: bytes
    store: bytes
    epoch: bytes
    stream: bytes
    seq: int
    head: bytes
    level: int
    at_ms: int
    signature: bytes = b""


def receipt_message(game: GameKey, receipt: Receipt) -> bytes:
    """What the signer signs: every field but the signature."""
    numbers = receipt.seq.to_bytes(8, "big") + bytes((receipt.level,)) + receipt.at_ms.to_bytes(8, "big")
    parts = (receipt.store, receipt.epoch, receipt.stream, receipt.head, numbers)
    return digest(RECEIPT, game.tenant, game.game, receipt.signer, *parts)


def check_receipt(game: GameKey, receipt: Receipt) -> SignatureCheck:
    """Check a receipt's widths; hand out the signature left to verify.

    Raises `EnvelopeError` with the code `receipt_malformed`.
    """
    widths = (len(receipt.store), len(receipt.epoch), len(receipt.stream), len(receipt.head))
    numbers = 0 <= receipt.seq < 2**63 and 0 <= receipt.at_ms < 2**63 and receipt.level in (CUSTODY, SAFE)
    keys = ed25519.is_public_key(receipt.signer) and ed25519.is_signature(receipt.signature)
    if widths != (16, 16, 32, 32) or not numbers or not keys:
        raise EnvelopeError("receipt_malformed", "a receipt's widths, numbers or signature are not well-formed")
    return SignatureCheck(receipt.signer, receipt_message(game, receipt), receipt.signature)
