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
from server.problems import Problem
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


def missing_of(folder: BlobFolder, media: Iterable[Medium]) -> list[Medium]:
    """The media that are not here whole."""
    return [medium for medium in media if not folder.state(medium.hash).whole]


def check_room(folder: BlobFolder, media: Iterable[Medium], bytes_max: int) -> None:
    """Raise `Problem("busy")` where these would take more than a tenant's blobs may."""
    held, asked = folder.bytes_held(), sum(medium.size for medium in media)
    if held + asked > bytes_max:
        raise Problem("busy", f"{asked} bytes are missing, and {held} of {bytes_max} for blobs are taken already")


async def fetch_media(
    http: httpx.AsyncClient, url: str, folder: BlobFolder, media: Iterable[Medium], urgent: Callable[[], bool]
) -> None:
    """Fetch what this node lacks of a game's media, until something `urgent` waits; a piece that came is kept.

    `url` is the media address of the game there. Raises `UpstreamError`, at the
    end for those that the upstream lacks or holds damaged; `Problem` where one
    cannot be kept.
    """
    unfit: list[str] = []
    for medium in media:
        pace = Pace()
        state = await asyncio.to_thread(folder.state, medium.hash)
        while not state.whole and not urgent():
            began_s = time.monotonic()
            try:
                address = f"{url}/{medium.hash.hex()}"
                piece = await upstream.get_piece(http, address, medium.media_type, state.held, pace.piece_bytes)
            except UpstreamError as error:
                if error.code != "not_found":
                    raise
                unfit.append(f"{medium.name} has not arrived there")
                break
            pace.took(len(piece), time.monotonic() - began_s)
            held = state.held
            state = await asyncio.to_thread(folder.take, medium.hash, medium.size, held, piece)
            if not state.whole and state.held <= held:
                unfit.append(f"{medium.name} is damaged there")
                break
    if unfit:
        raise UpstreamError("waiting", f"{url}: {'; '.join(unfit)}")


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
