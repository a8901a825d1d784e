"""Standings over HTTP: as JSON with an ETag, as a stream of changes, and explained line by line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter
from litestar.response import Stream

from client_core.game.explaining import explain, sentence
from client_core.game.lines import Line
from client_core.game.results import TeamResult
from client_core.game.standings import team_digest
from client_core.game.teams import Team
from server.leaderboard import Ask, Leaderboard
from server.names import minors_as_teams
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.shown import Changes, Shown
from server.splits import Split
from server.team_names import find_entrant, find_team

log = logging.getLogger("wayfold.server")

By = Literal["team", "member"]
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
    category: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002 - the field's word
    by: FromQuery[By] = "team",
    if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match")] = None,
) -> Response[Leaderboard | None]:
    """The order of the teams or members as it is shown to all; answered 304 where nothing changed since the ETag."""
    with node.game(tenant, game) as found:
        shown = node.shown_of(found)
        board = shown.public(node.clock(), Ask(category, format, by == "member"))
        shown.remember(board)
        return answer(board, if_none_match)


@get("/api/v1/{tenant:str}/games/{game:str}/standings/changes", sync_to_thread=False)
def standings_changes(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    since: FromQuery[str],
    category: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002 - the field's word
    by: FromQuery[By] = "team",
) -> Changes:
    """The lines that changed since a `version` that this node showed not long ago."""
    with node.game(tenant, game) as found:
        shown = node.shown_of(found)
        board = shown.public(node.clock(), Ask(category, format, by == "member"))
        shown.remember(board)
        return shown.changes(board, since)


@get("/api/v1/{tenant:str}/games/{game:str}/explain/{team:str}", sync_to_thread=False)
def explanation(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], team: FromPath[str]
) -> Explanation:
    """Every point of a team, by its id, number or name, as far as standings are shown; folded anew from the store."""
    with node.game(tenant, game) as found:
        whose = find_team(found, team)
        shown, now_ms = node.shown_of(found), node.clock()
        result = shown.result(whose, now_ms, everything=False)
        return explained(found, whose, result, shown.extras(whose, now_ms))


@get("/api/v1/{tenant:str}/games/{game:str}/splits/{team:str}", sync_to_thread=False)
def splits(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], team: FromPath[str]
) -> tuple[Split, ...]:
    """A team's visits, or a member's (`7.2`), with leg times and running totals, as far as standings are shown."""
    with node.game(tenant, game) as found:
        whose, member = find_entrant(found, team)
        shown = node.shown_of(found)
        return shown.splits(shown.result(whose, node.clock(), everything=False, member=member))


@get("/api/v1/{tenant:str}/games/{game:str}/events", sync_to_thread=False, include_in_schema=False)
def changes(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    category: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002 - the field's word
    by: FromQuery[By] = "team",
) -> Stream:
    """The standings now and after every change, as server-sent events named `standings`."""
    ask = Ask(category, format, by == "member")
    return stream_of(node, tenant, game, lambda found: node.shown_of(found).public(node.clock(), ask))


def answer(board: Leaderboard, if_none_match: str | None) -> Response[Leaderboard | None]:
    """Standings with their ETag, or that nothing changed since."""
    etag = f'"{board.version}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if if_none_match is not None and etag in if_none_match:
        return Response(None, status_code=304, headers=headers)
    return Response(board, headers=headers)


def stream_of(node: Node, tenant: str, game: str, look: Callable[[OpenGame], Leaderboard]) -> Stream:
    """A page's stream of what `look` sees, after every change; raises `Problem`."""
    if node.live_pages >= node.settings.limits.live_pages_max:
        raise Problem("busy", f"{node.live_pages} pages are live already", retry_after_s=30)
    with node.game(tenant, game) as found:
        look(found)  # what is asked in vain is answered before the stream begins
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(_changes(node, tenant, game, look), media_type="text/event-stream", headers=headers)


async def _changes(node: Node, tenant: str, name: str, look: Callable[[OpenGame], Leaderboard]) -> AsyncIterator[bytes]:
    node.live_pages += 1
    try:
        yield b"retry: 3000\n\n"
        sent = ""
        while not node.stopping:
            with node.game(tenant, name) as game:
                change = node.change_of(game)
                view = look(game)
            if view.version != sent:
                sent = view.version
                yield b"event: standings\nid: %s\ndata: %s\n\n" % (sent.encode(), msgspec.json.encode(view))
                await asyncio.sleep(CHANGES_EVERY_S)
            try:
                await asyncio.wait_for(change.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
    except Problem as problem:
        log.info("a live page of %s ends: %s", name, problem.detail)  # its pass was taken back, or the game is gone
    finally:
        node.live_pages -= 1


def explain_team(game: OpenGame, team: Team, *, now: bool = False) -> Explanation:
    """A team's result with every line, folded from the store; of a final game as it was pinned, unless `now` is asked.

    It is the organiser's: what players are shown does not matter.
    """
    shown = Shown(game)
    how = shown.organisers(now=now)
    return explained(game, team, shown.result_as(how, team), shown.extras_as(how, team))


def explained(game: OpenGame, team: Team, result: TeamResult, extras: tuple[Line, ...] = ()) -> Explanation:
    """The lines of a result that was folded with what it judged, and those that rest on what other teams did."""
    given = sum(line.points for line in extras)
    lines = tuple(
        ExplainedLine(
            line.points, line.code, sentence(game.rules, line), line.at_ms, line.event.hex() if line.event else None
        )
        for line in (*explain(result), *extras)
    )
    return Explanation(
        team=team.id.hex(),
        number=team.number,
        name=minors_as_teams(game).get(team.id, team.name),
        points=result.points + given,
        penalties=result.penalties,
        score=result.score + given,
        status=result.status,
        digest=team_digest(result).hex(),
        lines=lines,
    )


ROUTES: list[Any] = [standings, standings_changes, explanation, splits, changes]
