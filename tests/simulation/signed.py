"""What stands signed in a file, held against the reference of the protocol: none of the product's code is asked."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import files
from .files import Node
from .start import GAMES

CONTEXT = b"wayfold/1/segment\x00"
_LAST_SIGNED = """
SELECT s.public_key, s.id, g.seq, e.id, g.signature, max(g.seq)
FROM signature g
JOIN stream s ON s.no = g.stream_no
JOIN event e ON e.stream_no = g.stream_no AND e.branch = g.branch AND e.seq = g.seq
GROUP BY g.stream_no, g.branch
"""


def unsound_signatures(server: Node, tenant: str) -> list[str]:
    """Of a server's streams those whose last signature is none over what the protocol says is signed."""
    game, found = GAMES[tenant], []
    for public_key, stream, seq, head, signature, _ in files.connection(server, tenant).execute(_LAST_SIGNED):
        signed = CONTEXT + game.tenant + game.game + stream + seq.to_bytes(8, "big") + head
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, hashlib.sha256(signed).digest())
        except InvalidSignature:
            found.append(f"number {seq} of stream {stream.hex()[:8]}")
    return found
