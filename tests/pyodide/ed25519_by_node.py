"""Ed25519 in Pyodide under Node: real signatures by Node's OpenSSL, under the names that `client_core.signing` imports.

Imported inside Pyodide only.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import ed25519_of_node as node  # type: ignore[import-not-found]  # given by run_tests.mjs


class InvalidSignature(Exception):
    """A signature does not fit."""


class Ed25519PublicKey:
    """As much of it as is used."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != 32:
            raise ValueError("An Ed25519 public key is 32 bytes long")
        self._raw = raw

    from_public_bytes = classmethod(lambda cls, raw: cls(raw))

    def public_bytes_raw(self) -> bytes:
        return self._raw

    def verify(self, signature: bytes, message: bytes) -> None:
        if not node.verify(self._raw, message, signature):
            raise InvalidSignature


class Ed25519PrivateKey:
    """As much of it as is used."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    from_private_bytes = classmethod(lambda cls, seed: cls(seed))

    def public_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey(node.public_key(self._seed).to_bytes())

    def sign(self, message: bytes) -> bytes:
        signature: bytes = node.sign(self._seed, message).to_bytes()
        return signature


def _module(name: str, **contents: Any) -> None:
    module = ModuleType(name)
    module.__path__ = []  # type: ignore[attr-defined]
    for key, value in contents.items():
        setattr(module, key, value)
    sys.modules[name] = module


_module("cryptography")
_module("cryptography.exceptions", InvalidSignature=InvalidSignature)
for _name in ("hazmat", "hazmat.primitives", "hazmat.primitives.asymmetric"):
    _module(f"cryptography.{_name}")
_module(
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    Ed25519PrivateKey=Ed25519PrivateKey,
    Ed25519PublicKey=Ed25519PublicKey,
)
