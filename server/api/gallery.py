"""`GET /api/v1/{tenant}/games/{game}/gallery`: the photos that staff put into the gallery, and each of them.

It names no team and nobody: a photo, the challenge it answers, when. A report
(an event of any device of the game) takes one out at once, so nothing is cached.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from client_core.game.desk import Picture
from client_core.game.pictures import media_type_of
from server.blobs import BlobFolder
from server.gallery import in_gallery
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem


class PhotoInGallery(msgspec.Struct, frozen=True):
    """A photo that everybody may see: `id` is its event's in hex, by which it is fetched and reported."""

    id: str
    challenge: str
    at_ms: int


@get("/api/v1/{tenant:str}/games/{game:str}/gallery", sync_to_thread=False)
def gallery(node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str]) -> list[PhotoInGallery]:
    """The gallery, the latest first."""
    with node.game(tenant, game) as found:
        challenges = found.rules.package.challenges
        return [
            PhotoInGallery(one.id.hex(), challenges[one.photo.challenge].code, one.photo.at_ms)
            for one in _shown(node, found)
            if one.photo.challenge < len(challenges)
        ]


@get("/api/v1/{tenant:str}/games/{game:str}/gallery/{photo:str}")
async def photo_shown(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], photo: FromPath[str]
) -> Response[bytes]:
    """A photo of the gallery; `not_found` for any other, and where its bytes have not arrived here yet."""
    with node.game(tenant, game) as found:
        blob = next((one.photo.blob for one in _shown(node, found) if one.id.hex() == photo), None)
        content = None
        if blob is not None:
            content = await asyncio.to_thread(BlobFolder(node.tenants.folder, tenant).read, blob)
    if content is None:
        raise Problem("not_found", "this photo is not in the gallery, or has not arrived here yet")
    headers = {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type_of(content), headers=headers)


def _shown(node: Node, game: OpenGame) -> list[Picture]:
    return in_gallery(game, node.desk_of(game).view(node.clock()).pictures)


ROUTES: list[Any] = [gallery, photo_shown]
