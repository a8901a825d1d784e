"""An edge's photos on their way to HQ, and a game's media on theirs to the edge: piece by piece, after events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

import httpx
import msgspec

from client_core.game.media import Medium
from client_core.game.pictures import BlobState
from server import upstream
from server.blobs import BlobFolder
from server.upstream import UpstreamError

PIECE_BYTES_MIN = 2 * 1024
PIECE_BYTES_FIRST = 16 * 1024
PIECE_BYTES_MAX = 256 * 1024
PIECE_S = 1.0
"""What a piece may take: so long an event waits behind it."""


async def send_blobs(
    http: httpx.AsyncClient, url: str, folder: BlobFolder, names: Iterable[bytes], urgent: Callable[[], bool]
) -> int:
    """Send what this node holds whole and the upstream lacks, until something `urgent` waits.

    `url` is the blob address of the game there. Returns how many it holds whole
    now. Raises `UpstreamError`; what was sent stays there.
    """
    pace, whole = Pace(), 0
    for name in names:
        if urgent():
            break
        content = await asyncio.to_thread(folder.read, name)
        if content is None:
            continue
        try:
            state = await _post(http, url, name, 0, b"")
            while not state.whole and state.held < len(content) and not urgent():
                piece = content[state.held : state.held + pace.piece_bytes]
                began_s = time.monotonic()
                state = await _post(http, url, name, state.held, piece)
                pace.took(len(piece), time.monotonic() - began_s)
        except UpstreamError as error:
            if error.code != "blob_unexpected":
                raise
            continue  # its event has not arrived there; the next session brings it
        whole += state.whole
    return whole


async def fetch_media(
    http: httpx.AsyncClient, url: str, folder: BlobFolder, media: Iterable[Medium], urgent: Callable[[], bool]
) -> None:
    """Fetch what this node lacks of a game's media, until something `urgent` waits; a piece that came is kept.

    `url` is the media address of the game there. Raises `UpstreamError`, `Problem` where it cannot be kept.
    """
    for medium in media:
        state = await asyncio.to_thread(folder.state, medium.hash)
        pace = Pace()
        while not state.whole and not urgent():
            address = f"{url}/{medium.hash.hex()}"
            began_s = time.monotonic()
            try:
                piece = await upstream.get_piece(http, address, medium.media_type, state.held, pace.piece_bytes)
            except UpstreamError as error:
                if error.code != "not_found":
                    raise
                break  # it has not arrived there itself
            if not piece:
                raise UpstreamError("not_wayfold", f"{url} sends nothing of {medium.name} from byte {state.held} on")
            pace.took(len(piece), time.monotonic() - began_s)
            state = await asyncio.to_thread(folder.take, medium.hash, medium.size, state.held, piece)


class Pace:
    """How large the next piece is: what about a second carries."""

    def __init__(self) -> None:
        self.piece_bytes = PIECE_BYTES_FIRST

    def took(self, size: int, seconds: float) -> None:
        """A piece of that size took so long."""
        fits = int(size * PIECE_S / max(seconds, 0.001))
        self.piece_bytes = max(PIECE_BYTES_MIN, min(PIECE_BYTES_MAX, fits, 2 * self.piece_bytes))


async def _post(http: httpx.AsyncClient, url: str, name: bytes, offset: int, piece: bytes) -> BlobState:
    address = f"{url}/{name.hex()}?offset={offset}"
    try:
        return msgspec.json.decode(await upstream.post_bytes(http, address, piece), type=BlobState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamError("not_wayfold", f"{url} does not say how much of a blob it holds") from error
