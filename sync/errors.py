"""The errors of the replication core, by whose fault they are.

    SyncError
    ├── LocalError      we broke a rule of this package: a bug here, never the peer's
    └── RemoteError     the peer, the link or a file gave us something unacceptable
        ├── FrameError      bytes that are no frame: cut, flipped, too big, unknown
        └── EnvelopeError   a run or statement whose hash, chain, signature or size is wrong

Each carries a stable `code` (a word for programs) and a sentence for people.
Nothing is stored from a frame that raised.
"""

from __future__ import annotations


class SyncError(Exception):
    """Any failure of replication; `code` is stable, the text is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class LocalError(SyncError):
    """We called something out of order or built something over a limit."""


class RemoteError(SyncError):
    """The other side sent something that the protocol does not allow."""


class FrameError(RemoteError):
    """Bytes that are not a whole, undamaged, bounded frame of this protocol."""


class EnvelopeError(RemoteError):
    """A run or statement that fails the envelope check and is refused whole."""
