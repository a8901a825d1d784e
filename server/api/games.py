"""Games over HTTP: listing, one game, its package, joining."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, JSONBody

from client_core.game.joining import PACKAGE_MEDIA_TYPE, JoinAnswer, JoinRequest
from server.games import GameSummary, list_games
from server.node import Node


class GameDescription(msgspec.Struct, frozen=True):
    """A game as anybody may see it: no codes, no positions. Ids and hashes are hex, times since the Unix epoch."""

    id: str
    tenant: str
    tenant_id: str
    slug: str
    name: str
    time_zone: str
    opens_at_ms: int
    closes_at_ms: int
    limit_ms: int | None
    checkpoints: int
    package_hash: str
    root_key: str
    published_at_ms: int


@get("/api/v1/{tenant:str}/games", sync_to_thread=False)
def games(node: NamedDependency[Node], tenant: FromPath[str]) -> list[GameSummary]:
    """The published games of a tenant, the latest first."""
    with node.tenants.open(tenant) as file, file.reading() as session:
        return list_games(session, drafts=False)


@get("/api/v1/{tenant:str}/games/{game:str}", sync_to_thread=False)
def game(node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str]) -> GameDescription:
    """One game, by its short name or its id."""
    with node.game(tenant, game) as found:
        row, package = found.row, found.rules.package
        return GameDescription(
            id=row.id.hex(),
            tenant=tenant,
            tenant_id=found.tenant.id.hex(),
            slug=row.slug,
            name=package.name,
            time_zone=package.time_zone,
            opens_at_ms=package.opens_at_ms,
            closes_at_ms=package.closes_at_ms,
            limit_ms=package.limit.limit_ms if package.limit else None,
            checkpoints=len(package.checkpoints),
            package_hash=row.package_hash.hex(),
            root_key=found.tenant.root_public.hex(),
            published_at_ms=row.published_at_ms,
        )


@get("/api/v1/{tenant:str}/games/{game:str}/package", sync_to_thread=False, media_type=PACKAGE_MEDIA_TYPE)
def package(node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str]) -> Response[bytes]:
    """The package's bytes as published; its hash is its ETag."""
    with node.game(tenant, game) as found:
        headers = {"ETag": f'"{found.row.package_hash.hex()}"', "Cache-Control": "public, max-age=60"}
        return Response(found.package_bytes, media_type=PACKAGE_MEDIA_TYPE, headers=headers)


@post("/api/v1/{tenant:str}/games/{game:str}/join", status_code=200, media_type=MediaType.JSON)
async def join(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], data: JSONBody[JoinRequest]
) -> JoinAnswer:
    """Enrol a device by a join code. Asked again with the same key, the answer is the same."""
    with node.game(tenant, game) as found:
        return await node.joiner.join(found, data, node.sync_addresses(found), node.clock())


ROUTES: list[Any] = [games, game, package, join]
