"""The one CPython adapter around Ed25519: keys, signatures and random bytes.

Everything else in this distribution asks for signatures as effects; in a
browser WebCrypto stands here instead, and there is no `cryptography`. That is
why it is imported where it is used.
"""

from __future__ import annotations

import secrets

SEED_BYTES = 32


class SigningKey:
    """A node's Ed25519 key pair; `seed` (32 bytes) is all of it and is secret."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a signing key is made from {SEED_BYTES} bytes, not {len(seed)}")
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self.seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key from the system's random source."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key of a stored 32-byte seed."""
        return cls(seed)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over a message."""
        return self._private.sign(message)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is good; `sync.ed25519` has looked at the bytes before."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def random_bytes(size: int) -> bytes:
    """Unpredictable bytes from the system."""
    return secrets.token_bytes(size)
