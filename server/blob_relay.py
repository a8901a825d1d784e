"""An edge's photos on their way to HQ: after a session, piece by piece, and out of the way of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

import httpx
import msgspec

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
    piece_bytes = PIECE_BYTES_FIRST
    whole = 0
    for name in names:
        if urgent():
            break
        content = await asyncio.to_thread(folder.read, name)
        if content is None:
            continue
        try:
            state = await _post(http, url, name, 0, b"")
            while not state.whole and state.held < len(content) and not urgent():
                piece = content[state.held : state.held + piece_bytes]
                began_s = time.monotonic()
                state = await _post(http, url, name, state.held, piece)
                fits = int(len(piece) * PIECE_S / max(time.monotonic() - began_s, 0.001))
                piece_bytes = max(PIECE_BYTES_MIN, min(PIECE_BYTES_MAX, fits, 2 * piece_bytes))
        except UpstreamError as error:
            if error.code != "blob_unexpected":
                raise
            continue  # its event has not arrived there; the next session brings it
        whole += state.whole
    return whole


async def _post(http: httpx.AsyncClient, url: str, name: bytes, offset: int, piece: bytes) -> BlobState:
    address = f"{url}/{name.hex()}?offset={offset}"
    try:
        return msgspec.json.decode(await upstream.post_bytes(http, address, piece), type=BlobState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamError("not_wayfold", f"{url} does not say how much of a blob it holds") from error
