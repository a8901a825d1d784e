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
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from client_core.game.joining import JSON_MEDIA_TYPE
from client_core.game.pictures import BlobState
from client_core.transports.answers import expect
from client_core.transports.errors import TransportError
from client_core.transports.fetch import TIMEOUT_MS, Asking, Fetch
from client_core.transports.link import Gate

BLOB_MEDIA_TYPE = "application/octet-stream"
PIECE_BYTES_MIN = 2 * 1024
PIECE_BYTES_FIRST = 16 * 1024
PIECE_BYTES_MAX = 256 * 1024
PIECE_S = 1.0
"""What a piece may take: so long an event waits behind it."""
STATE_BYTES_MAX = 1024

Urgent = Callable[[], bool]
T = TypeVar("T")


class Kept(Protocol):
    """The blobs that are kept on this device (`store.blobs`)."""

    def names(self) -> list[bytes]:
        """The hashes of all blobs."""

    def size(self, name: bytes) -> int | None:
        """The bytes of a blob; None where it is not here."""

    def read(self, name: bytes, offset: int, count: int) -> bytes:
        """A piece of a blob."""


class Pace:
    """How large the next piece is: what a second carried last."""

    def __init__(self) -> None:
        self.piece_bytes = PIECE_BYTES_FIRST

    def measure(self, size: int, took_s: float) -> None:
        """Set the next piece to what a second carries."""
        fits = int(size * PIECE_S / max(took_s, 0.001))
        self.piece_bytes = max(PIECE_BYTES_MIN, min(PIECE_BYTES_MAX, fits, 2 * self.piece_bytes))


def sending_all(url: str, blobs: Kept, urgent: Urgent, pace: Pace) -> Asking[int]:
    """Send what a node lacks, until something `urgent` waits; comes to how many blobs it holds whole now.

    `url` is the sync address of the game there. A blob that the node does not
    expect (its event is not there yet) waits for the next time. Raises
    `TransportError`.
    """
    whole = 0
    for name in blobs.names():
        if urgent():
            break
        whole += yield from sending(url, blobs, name, urgent, pace)
    return whole


def sending(url: str, blobs: Kept, name: bytes, urgent: Urgent, pace: Pace) -> Asking[bool]:
    """Send one blob from where the node stands; whether it is whole there. Raises `TransportError`."""
    size = blobs.size(name) or 0
    try:
        state = yield from _posting(url, name, 0, b"")
        while not state.whole and not urgent():
            offset = min(state.held, size)
            began_s = time.monotonic()
            piece = blobs.read(name, offset, pace.piece_bytes)
            if not piece:
                return False  # it holds as much as there is and does not call it whole: damaged there, asked anew
            state = yield from _posting(url, name, offset, piece)
            pace.measure(len(piece), time.monotonic() - began_s)
    except TransportError as error:
        if error.code == "blob_unexpected":
            return False
        raise
    return state.whole


def _posting(url: str, name: bytes, offset: int, piece: bytes) -> Asking[BlobState]:
    place = url.replace("/sync/v1/", "/blob/v1/", 1)
    answer = yield Fetch(
        "POST",
        f"{place}/{name.hex()}?offset={offset}",
        piece,
        BLOB_MEDIA_TYPE,
        JSON_MEDIA_TYPE,
        bytes_max=STATE_BYTES_MAX,
    )
    try:
        return msgspec.json.decode(expect(answer, JSON_MEDIA_TYPE, place).body, type=BlobState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TransportError("not_wayfold", f"{place} does not say how much of a blob it holds") from error


class BlobSender:
    """The way of one device's blobs to one node over a socket; `url` is the sync address of the game there."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_MS / 1000, gate: Gate | None = None) -> None:
        from client_core.transports.http import Wire

        parts = urlsplit(url)
        self.url = url
        self._wire = Wire(f"{parts.scheme}://{parts.netloc}", timeout_s=timeout_s, gate=gate)
        self._pace = Pace()

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._wire.close()

    def send_all(self, blobs: Kept, urgent: Urgent) -> int:
        """`sending_all` to this node. Raises `TransportError`."""
        return self._carry(sending_all(self.url, blobs, urgent, self._pace))

    def send(self, blobs: Kept, name: bytes, urgent: Urgent) -> bool:
        """`sending` to this node. Raises `TransportError`."""
        return self._carry(sending(self.url, blobs, name, urgent, self._pace))

    def _carry(self, asking: Asking[T]) -> T:
        from client_core.transports.http import carry

        return carry(asking, wire=self._wire)
