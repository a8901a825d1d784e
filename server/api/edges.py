"""Edges over HTTP: registering at HQ, and an edge's session with its upstream by hand."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from server.edges import EdgeAnswer, EdgeRequest, admit_edge
from server.node import Node
from server.problems import Problem
from server.relay import RelayReport
from server.upstream import UpstreamError


@post("/api/v1/{tenant:str}/games/{game:str}/edges", status_code=200)
async def register(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], data: JSONBody[EdgeRequest]
) -> EdgeAnswer:
    """Make the node that shows an edge code an edge of the game. At HQ."""
    with node.game(tenant, game) as found:
        return await admit_edge(found, node.writer, data)


@post("/api/v1/{tenant:str}/games/{game:str}/sync-now", status_code=200)
async def sync_now(node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str]) -> RelayReport:
    """One session of this edge with its upstream, now."""
    if node.relaying is None:
        raise Problem("bad_request", "this node has no upstream: it is started with --upstream URL")
    try:
        return await node.relaying.sync_now(tenant, game)
    except UpstreamError as error:
        raise Problem("upstream_down", error.detail) from error


ROUTES: list[Any] = [register, sync_now]
