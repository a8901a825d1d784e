"""Signatures in a world: the real ones, each computed once where nine nodes in one process would do it nine times.

What was signed here with a key is known to be good under that key; everything
else is really checked, and remembered for the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import client_core.sessions
import server.verifier
from client_core import signing
from client_core.signing import SigningKey

from .replacing import replaced


@contextmanager
def remembered_signatures() -> Iterator[None]:
    """Remember keys by their seeds, and verdicts by key, message and signature."""
    good_by_check: dict[tuple[bytes, bytes, bytes], bool] = {}
    key_by_seed: dict[bytes, SigningKey] = {}
    really_sign = SigningKey.sign

    def sign(key: SigningKey, message: bytes) -> bytes:
        signature = really_sign(key, message)
        good_by_check[key.public_key, message, signature] = True
        return signature

    def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
        check = public_key, message, signature
        good = good_by_check.get(check)
        if good is None:
            good = good_by_check[check] = signing.verify(*check)
        return good

    def from_seed(seed: bytes) -> SigningKey:
        if seed not in key_by_seed:
            key_by_seed[seed] = SigningKey(seed)
        return key_by_seed[seed]

    with (
        replaced(SigningKey, "sign", sign),
        replaced(SigningKey, "from_seed", from_seed),
        replaced(server.verifier, "verify", verify),
        replaced(client_core.sessions, "verify", verify),
    ):
        yield
