"""`GET /api/v1/{tenant}/games/{game}/media/{hash}`: the map and what challenges show, whole or a piece of it.

Immutable, because it is named by its hash: a device that lost its connection
goes on where it was, and nobody asks twice.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream

from server.api.blobs import identity_of
from server.blobs import BlobFolder
from server.node import Node
from server.problems import Problem

PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{1,12})?\Z")

Range = Annotated[str | None, HeaderParameter(name="Range")]


@get("/api/v1/{tenant:str}/games/{game:str}/media/{name:str}")
async def medium(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    name: FromPath[str],
    byte_range: Range = None,
) -> Stream:
    """A medium of the game's package, by its hash; `Range: bytes=FROM-[TO]` gives a piece of it."""
    identity = identity_of(name)
    with node.game(tenant, game) as found:
        known = next((one for one in found.rules.package.media if one.hash == identity), None)
    if known is None:
        raise Problem("not_found", "the package of this game names no such medium")
    folder = BlobFolder(node.tenants.folder, tenant)
    if not (await asyncio.to_thread(folder.state, identity)).whole:
        raise Problem("not_found", f"{known.name} has not arrived here yet: ask again later")
    first, end = _piece(byte_range, known.size)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Length": str(end - first),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{name.lower()}"',
        "X-Content-Type-Options": "nosniff",
    }
    if byte_range is not None:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{known.size}"
    status = 200 if byte_range is None else 206
    return Stream(_read(folder, identity, first, end), media_type=known.media_type, headers=headers, status_code=status)


def _piece(byte_range: str | None, size: int) -> tuple[int, int]:
    """First byte and the one after the last; raises `Problem("bad_request")` where there is no such piece."""
    if byte_range is None:
        return 0, size
    found = _RANGE.match(byte_range.strip())
    first = int(found[1]) if found else size
    end = min(int(found[2]) + 1, size) if found and found[2] else size
    if first >= end:
        raise Problem("bad_request", f"Range: one piece within {size} bytes, such as bytes=0-65535")
    return first, end


async def _read(folder: BlobFolder, identity: bytes, first: int, end: int) -> AsyncIterator[bytes]:
    while first < end:
        piece = await asyncio.to_thread(folder.read_piece, identity, first, min(PIECE_BYTES, end - first))
        if not piece:
            return  # deleted meanwhile: the answer ends short, and whoever asked sees it
        yield piece
        first += len(piece)


ROUTES: list[Any] = [medium]
