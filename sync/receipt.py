"""Receipts: a node's signed word that it holds a stream, without gaps, up to a head.

*custody* is an edge's or kiosk's word, *safe* the authority's. A receipt names
the head's hash, so it cannot be stretched over a fork; it is believed only
while the signer's present heads contain that head, so a restore takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sync import ed25519
from sync.digest import RECEIPT, digest
from sync.ed25519 import SignatureCheck
from sync.errors import EnvelopeError
from sync.placement import Find, StreamState, branch_of
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


def displaced(held: Iterable[Receipt], receipt: Receipt, state: StreamState | None, find: Find) -> list[Receipt] | None:
    """What a receipt takes the place of among those held of its stream, store and level; None: it is not kept itself.

    A log keeps one for each branch: a receipt says nothing of the other side of
    a fork. Of one branch the greater (seq, at_ms) stays. One of another restore
    epoch takes the place of all, unless it is older and came late.
    """
    branch = branch_of(state, (receipt.seq, receipt.head), find) if state is not None else None
    dropped: list[Receipt] = []
    for old in held:
        if (old.store, old.level) != (receipt.store, receipt.level):
            continue
        if old.epoch != receipt.epoch:
            if old.at_ms > receipt.at_ms:
                return None
            dropped.append(old)
        elif state is None or old.head == receipt.head or branch_of(state, (old.seq, old.head), find) == branch:
            if (old.seq, old.at_ms) > (receipt.seq, receipt.at_ms):
                return None
            dropped.append(old)
    return dropped


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
