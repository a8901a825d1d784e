"""Standings over HTTP: as JSON with an ETag, as a stream of changes, and explained line by line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream

from client_core.game.explaining import explain, sentence
from client_core.game.standings import team_digest
from client_core.game.teams import Team
from server.leaderboard import Leaderboard, leaderboard, version_of
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.scoreboard import fold_team
from server.team_names import find_team

HEARTBEAT_S = 15.0
"""Below the idle limits of proxies (30 s and more); also how late a page notices a lost connection."""
CHANGES_EVERY_S = 1.0
"""A page is not sent more often than people can read."""


class ExplainedLine(msgspec.Struct, frozen=True):
    """One line of an explanation: points, what for, when and by which event (hex)."""

    points: int
    code: str
    text: str
    at_ms: int | None
    event: str | None


class Explanation(msgspec.Struct, frozen=True):
    """Why a team has its score: the lines' points add up to it. `digest` is the team's, in hex."""

    team: str
    number: int
    name: str
    points: int
    penalties: int
    score: int
    status: str
    digest: str
    lines: tuple[ExplainedLine, ...]


@get("/api/v1/{tenant:str}/games/{game:str}/standings", sync_to_thread=False)
def standings(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match")] = None,
) -> Response[Leaderboard | None]:
    """The order of the teams; answered 304 where nothing changed since the ETag given."""
    with node.game(tenant, game) as found:
        etag = f'"{version_of(found)}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if if_none_match is not None and etag in if_none_match:
            return Response(None, status_code=304, headers=headers)
        return Response(leaderboard(found), headers=headers)


@get("/api/v1/{tenant:str}/games/{game:str}/explain/{team:str}", sync_to_thread=False)
def explanation(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], team: FromPath[str]
) -> Explanation:
    """Every point of a team, by its id, number or name; folded anew from the store."""
    with node.game(tenant, game) as found:
        return explain_team(found, find_team(found, team))


@get("/api/v1/{tenant:str}/games/{game:str}/events", sync_to_thread=False, include_in_schema=False)
def changes(node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str]) -> Stream:
    """The standings now and after every change, as server-sent events named `standings`."""
    if node.live_pages >= node.settings.limits.live_pages_max:
        raise Problem("busy", f"{node.live_pages} pages are live already", retry_after_s=30)
    with node.game(tenant, game):
        pass  # an unknown game is answered before the stream begins
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(_changes(node, tenant, game), media_type="text/event-stream", headers=headers)


async def _changes(node: Node, tenant: str, name: str) -> AsyncIterator[bytes]:
    node.live_pages += 1
    try:
        yield b"retry: 3000\n\n"
        sent = ""
        while not node.stopping:
            with node.game(tenant, name) as game:
                change = node.change_of(game)
                view = leaderboard(game)
            if view.version != sent:
                sent = view.version
                yield b"event: standings\nid: %s\ndata: %s\n\n" % (sent.encode(), msgspec.json.encode(view))
                await asyncio.sleep(CHANGES_EVERY_S)
            try:
                await asyncio.wait_for(change.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
    finally:
        node.live_pages -= 1


def explain_team(game: OpenGame, team: Team) -> Explanation:
    """A team's result with every line, folded from the store."""
    result = fold_team(game.log, game.rules, team)
    lines = tuple(
        ExplainedLine(
            line.points, line.code, sentence(game.rules, line), line.at_ms, line.event.hex() if line.event else None
        )
        for line in explain(result)
    )
    return Explanation(
        team=team.id.hex(),
        number=team.number,
        name=team.name,
        points=result.points,
        penalties=result.penalties,
        score=result.score,
        status=result.status,
        digest=team_digest(result).hex(),
        lines=lines,
    )


ROUTES: list[Any] = [standings, explanation, changes]
