"""`GET /health`: is this node alive, and how does it stand with its upstream."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency

from server.node import Node


class Health(msgspec.Struct, frozen=True):
    """`status` is `ok`, or `degraded` where an edge does not reach its upstream and plays on alone."""

    status: str
    level: str
    node: str
    now_ms: int
    tenants: int
    pushes_waiting: int
    live_pages: int
    upstreams: tuple[object, ...] = ()


@get("/health", sync_to_thread=False)
def health(node: NamedDependency[Node]) -> Health:
    """Whether the node serves, and what it knows of its upstreams."""
    upstreams = node.upstream_states()
    return Health(
        status="ok" if all(state.state in {"ok", "waiting"} for state in upstreams) else "degraded",
        level=node.settings.level,
        node=node.settings.node_name,
        now_ms=node.clock(),
        tenants=len(node.tenants.slugs()),
        pushes_waiting=node.writer.waiting,
        live_pages=node.live_pages,
        upstreams=tuple(upstreams),
    )
