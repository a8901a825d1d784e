"""`GET /health`: is this node alive, and how does it stand with its upstream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from litestar import get
from litestar.di import NamedDependency

from server.node import Node
from server.upstream import UpstreamState


class Health(msgspec.Struct, frozen=True):
    """`status` is `ok`, `degraded` where an edge does not reach its upstream and plays on alone, or `healing`.

    `healing` says, of the games that are open, why HQ does not sign in some of
    them and what to do; nothing where it signs in all.

    `upstream_games` counts the games of an edge by how they stand with the next
    node up. `upstreams` has an entry for each, unless several tenants share the
    edge: no tenant is shown another's.
    """

    status: str
    level: str
    node: str
    now_ms: int
    tenants: int
    pushes_waiting: int
    live_pages: int
    upstream_games: dict[str, int]
    upstreams: tuple[UpstreamState, ...] = ()
    healing: tuple[str, ...] = ()


@get("/health", sync_to_thread=False)
def health(node: NamedDependency[Node]) -> Health:
    """Whether the node serves, and what it knows of its upstreams."""
    upstreams, healing = node.upstream_states(), node.why_healing()
    well = all(state.state in {"ok", "waiting"} for state in upstreams)
    return Health(
        status="healing" if healing else "ok" if well else "degraded",
        level=node.settings.level,
        node=node.settings.node_name,
        now_ms=node.clock(),
        tenants=len(node.tenants.slugs()),
        pushes_waiting=node.writer.waiting,
        live_pages=node.live_pages,
        upstream_games=dict(Counter(state.state for state in upstreams)),
        upstreams=shown(upstreams),
        healing=healing,
    )


def shown(upstreams: Sequence[UpstreamState]) -> tuple[UpstreamState, ...]:
    """What anybody may see of an edge's ways up."""
    return tuple(upstreams) if len({state.tenant for state in upstreams}) <= 1 else ()
