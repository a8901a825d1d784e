"""Bundles over HTTP: handing in a file for somebody who had no network.

A turn is taken only by a file that is whole: one that trickles in holds up
nobody. Files that are not whole share a room of their own, in which the one
that began first gives way.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.bodies import read_body
from server.bundles import BundleTaken, receive_bundle
from server.node import Node
from server.problems import Problem

UPLOAD_TIMEOUT_S = 120.0
"""16 MiB at 1 Mbit/s; slower than that, the file goes to the machine by other means."""
RETRY_AFTER_S = 10


@post("/api/v1/{tenant:str}/games/{game:str}/bundles", status_code=200, request_max_body_size=None)
async def hand_in(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], request: Request[Any, Any, Any]
) -> BundleTaken:
    """Take in a bundle, the file's bytes being the body. What is sound in it is stored, the rest is named."""
    if node.bundle_turns.locked():
        raise _busy()
    limits = node.settings.limits
    body = await read_body(
        request.scope, request.receive, limits.bundle_bytes_max, node.bundle_bodies, UPLOAD_TIMEOUT_S
    )
    if node.bundle_turns.locked():
        raise _busy()
    async with node.bundle_turns:
        with node.game(tenant, game) as found, found.strangers.lease(limits.stranger_bytes_max) as lease:
            return await receive_bundle(found, body, lease.through(partial(node.writer.submit, found)), lease)


def _busy() -> Problem:
    return Problem("busy", "other bundles are being taken in", retry_after_s=RETRY_AFTER_S)


ROUTES: list[Any] = [hand_in]
