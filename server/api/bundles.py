"""Bundles over HTTP: handing in a file for somebody who had no network."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.bodies import BodyRoom, read_body
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
        raise Problem("busy", "other bundles are being taken in", retry_after_s=RETRY_AFTER_S)
    async with node.bundle_turns:
        limits = node.settings.limits
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                room = BodyRoom(limits.bundle_bytes_max)  # of its own: few come at once, and each is large
                body = await read_body(request.scope, request.receive, limits.bundle_bytes_max, room)
        except TimeoutError as error:
            raise Problem("bad_request", f"the file did not arrive within {UPLOAD_TIMEOUT_S:g} s") from error
        with node.game(tenant, game) as found:
            quota_bytes = max(0, limits.stranger_bytes_max - found.strangers.bytes_held)
            return await receive_bundle(found, body, partial(node.writer.submit, found), quota_bytes)


ROUTES: list[Any] = [hand_in]
