"""`POST /blob/v1/{tenant}/{game}/{hash}?offset=N`: a piece of a photo; and the photo for staff to look at.

Anybody may carry a piece, as anybody may carry events: it is taken where an
enrolled device announced its hash, and whole only where the hash is right.
"""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from client_core.game.pictures import PICTURE_BYTES_MAX, BlobState, media_type_of
from server.api.staff import MAY_SEE, Pass, allowed
from server.blobs import BlobFolder
from server.node import Node
from server.problems import Problem

HASH_BYTES = 32


@post("/blob/v1/{tenant:str}/{game:str}/{name:str}", status_code=200)
async def take(
    node: NamedDependency[Node],
    request: Request[Any, Any, Any],
    tenant: FromPath[str],
    game: FromPath[str],
    name: FromPath[str],
    offset: FromQuery[int] = 0,
) -> BlobState:
    """Take a piece of a blob from `offset` on; without a body, say how much is held."""
    if not 0 <= offset <= PICTURE_BYTES_MAX:
        raise Problem("bad_request", f"offset: 0 to {PICTURE_BYTES_MAX}")
    piece = await request.body()
    with node.game(tenant, game) as found:
        identity = identity_of(name)
        size = node.desk_of(found).announced(identity)
        if size is None:
            raise Problem("blob_unexpected", "no event of an enrolled device here names this blob yet: sync first")
        folder = BlobFolder(node.tenants.folder, tenant)
        async with node.blob_lock:
            if piece and folder.state(identity).held == 0:
                held = await asyncio.to_thread(folder.bytes_held)
                if held + size > node.settings.limits.blob_bytes_max:
                    raise Problem(
                        "busy", f"this node keeps {held} bytes of blobs and may keep no more", retry_after_s=600
                    )
            return await asyncio.to_thread(folder.take, identity, size, offset, piece)


@get("/{tenant:str}/{game:str}/staff/photo/{name:str}", include_in_schema=False)
async def photo(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    name: FromPath[str],
    staff_pass: Pass = None,
) -> Response[bytes]:
    """A photo, for staff."""
    with node.game(tenant, game) as found:
        allowed(found, staff_pass, None, MAY_SEE)
        identity = identity_of(name)
        announced = node.desk_of(found).announced(identity) is not None
        content = await asyncio.to_thread(BlobFolder(node.tenants.folder, tenant).read, identity) if announced else None
    if content is None:
        raise Problem("not_found", "this photo has not arrived here yet")
    headers = {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=3600",
    }
    return Response(content, media_type=media_type_of(content), headers=headers)


def identity_of(name: str) -> bytes:
    """The hash of an address; raises `Problem("bad_request")`."""
    try:
        identity = bytes.fromhex(name)
    except ValueError:
        identity = b""
    if len(identity) != HASH_BYTES:
        raise Problem("bad_request", "a blob is named by 64 hexadecimal digits")
    return identity


ROUTES: list[Any] = [take, photo]
