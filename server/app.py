"""The one composition root: settings in, a whole ASGI application out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from server.api import (
    blobs,
    bundles,
    cards,
    check_in,
    edges,
    gallery,
    games,
    health,
    kiosk,
    media,
    pages,
    player,
    staff,
    staff_photos,
    standings,
    sync,
)
from server.clock import Clock
from server.cross_origin import let_apps_in
from server.folder import Folder
from server.node import Node
from server.peer_limit import Buckets, limit_peers
from server.problems import answer_problem
from server.settings import Settings
from server.verifier import Verifier


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    verifier: Verifier | None = None,
    folder: Folder | None = None,
) -> Litestar:
    """The application of one node.

    `clock` is what tests replace; `verifier` and `folder` come from a program
    that could hire processes for them; the rest comes from the settings.
    """
    node = Node(settings, clock, verifier, folder)
    limits = settings.limits
    buckets = Buckets(limits.requests_per_s_max, limits.requests_burst_max)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        await node.start()
        try:
            yield
        finally:
            await node.stop()

    return Litestar(
        route_handlers=[
            health.health,
            *games.ROUTES,
            *standings.ROUTES,
            *edges.ROUTES,
            *bundles.ROUTES,
            sync.exchange,
            *staff.ROUTES,
            *staff_photos.ROUTES,
            *cards.ROUTES,
            *check_in.ROUTES,
            *kiosk.ROUTES,
            *blobs.ROUTES,
            *gallery.ROUTES,
            *media.ROUTES,
            *player.ROUTES,
            *pages.ROUTES,
        ],
        dependencies={"node": Provide(lambda: node, sync_to_thread=False, use_cache=True)},
        exception_handlers={Exception: answer_problem},
        middleware=[let_apps_in, *([limit_peers(buckets)] if limits.requests_per_s_max else [])],
        request_max_body_size=limits.body_bytes_max,
        openapi_config=OpenAPIConfig(
            title="Wayfold",
            use_handler_docstrings=True,
            version="0.1.0",
            path="/schema",
            render_plugins=[JsonRenderPlugin()],
        ),
        state=State({"node": node}),
        lifespan=[lifespan],
        logging_config=None,
        debug=False,
    )
