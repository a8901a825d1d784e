"""Sending blobs to a node: piece by piece, from where the node says it stands, and out of the way of events.

    ask     POST …/HASH?offset=0 with no bytes     how much of it is held there
    send    POST …/HASH?offset=N with a piece      the same answer

Nothing is remembered here of what was sent, so a node that lost a blob is
simply sent it again. A piece is about a second of the rate that was measured;
between two pieces the caller is asked whether something more urgent waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from client_core.game.joining import JSON_MEDIA_TYPE
from client_core.game.pictures import BlobState
from client_core.transports.answers import expect
from client_core.transports.errors import TransportError
from client_core.transports.http import TIMEOUT_S, Wire
from client_core.transports.link import Gate

BLOB_MEDIA_TYPE = "application/octet-stream"
PIECE_BYTES_MIN = 2 * 1024
PIECE_BYTES_FIRST = 16 * 1024
PIECE_BYTES_MAX = 256 * 1024
PIECE_S = 1.0
"""What a piece may take: so long an event waits behind it."""
STATE_BYTES_MAX = 1024

Urgent = Callable[[], bool]


class Kept(Protocol):
    """The blobs that are kept on this device (`store.blobs`)."""

    def names(self) -> list[bytes]:
        """The hashes of all blobs."""

    def size(self, name: bytes) -> int | None:
        """The bytes of a blob; None where it is not here."""

    def read(self, name: bytes, offset: int, count: int) -> bytes:
        """A piece of a blob."""


class BlobSender:
    """The way of one device's blobs to one node; `url` is the sync address of the game there."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, gate: Gate | None = None) -> None:
        self.url = url.replace("/sync/v1/", "/blob/v1/", 1)
        self._wire = Wire(self.url, timeout_s=timeout_s, gate=gate)
        self._piece_bytes = PIECE_BYTES_FIRST

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._wire.close()

    def send_all(self, blobs: Kept, urgent: Urgent) -> int:
        """Send what the node lacks, until something `urgent` waits; returns how many blobs it holds whole now.

        A blob that the node does not expect (its event is not there yet) waits
        for the next time. Raises `TransportError`.
        """
        whole = 0
        for name in blobs.names():
            if urgent():
                break
            whole += self.send(blobs, name, urgent)
        return whole

    def send(self, blobs: Kept, name: bytes, urgent: Urgent) -> bool:
        """Send one blob from where the node stands; whether it is whole there. Raises `TransportError`."""
        size = blobs.size(name) or 0
        try:
            state = self._post(name, 0, b"")
            while not state.whole and not urgent():
                offset = min(state.held, size)
                began_s = time.monotonic()
                piece = blobs.read(name, offset, self._piece_bytes)
                if not piece:
                    return False  # it holds as much as there is and does not call it whole: damaged there, asked anew
                state = self._post(name, offset, piece)
                self._measure(len(piece), time.monotonic() - began_s)
        except TransportError as error:
            if error.code == "blob_unexpected":
                return False
            raise
        return state.whole

    def _post(self, name: bytes, offset: int, piece: bytes) -> BlobState:
        path = f"/{name.hex()}?offset={offset}"
        answer = self._wire.request(
            "POST", path, piece, media_type=BLOB_MEDIA_TYPE, accept=JSON_MEDIA_TYPE, bytes_max=STATE_BYTES_MAX
        )
        try:
            return msgspec.json.decode(expect(answer, JSON_MEDIA_TYPE, self.url).body, type=BlobState)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise TransportError("not_wayfold", f"{self.url} does not say how much of a blob it holds") from error

    def _measure(self, size: int, took_s: float) -> None:
        """Set the next piece to what a second carries."""
        fits = int(size * PIECE_S / max(took_s, 0.001))
        self._piece_bytes = max(PIECE_BYTES_MIN, min(PIECE_BYTES_MAX, fits, 2 * self._piece_bytes))
