"""`GET /api/v1/{tenant}/games/{game}/gallery`: the photos that staff put into the gallery, and each of them.

It names no team and nobody: a photo, the challenge it answers, when. A report
takes one out at once, so nothing is cached. It is an event: of any device of
the game, or of this node for somebody who looks at the page without a device.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from client_core.game.actions import Said
from client_core.game.desk import Picture
from client_core.game.pictures import media_type_of
from server.api.staff import Site, check_site
from server.blobs import BlobFolder
from server.gallery import in_gallery
from server.node import Node
from server.open_game import OpenGame
from server.peer_limit import peer_of
from server.problems import Problem
from sync.stream import STAFF


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


@post("/{tenant:str}/{game:str}/gallery/{photo:str}/report", include_in_schema=False)
async def report(
    request: Request[Any, Any, Any],
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    photo: FromPath[str],
    site: Site = None,
) -> Redirect:
    """Hide a photo, for anybody who looks at the gallery; one that is hidden already needs no further report."""
    check_site(site)
    with node.game(tenant, game) as found:
        shown = next((one for one in _shown(node, found) if one.id.hex() == photo), None)
        if shown is not None:
            wait_s = node.reports.take(peer_of(request.client.host) if request.client else "")
            if wait_s:
                said = "many photos were reported from this address: tell the organiser, or wait"
                raise Problem("rate_limited", said, retry_after_s=1 + int(wait_s))
            words = Said(node.clock(), "reported on the page of the gallery", shown.id)
            await node.writer.write_own(found, STAFF, [words])
    return Redirect(f"/{tenant}/{game}/gallery?reported=1", status_code=303)


def _shown(node: Node, game: OpenGame) -> list[Picture]:
    return in_gallery(game, node.desk_of(game).view(node.clock()).pictures)


ROUTES: list[Any] = [gallery, photo_shown, report]
