"""Standings for staff: all there is, whatever players are shown. The same pages, behind the pass."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import CookieParameter, FromPath, FromQuery
from litestar.response import Stream

from client_core.game.roles import Role
from server.api.pages import PAGE_HEADERS, splits_page
from server.api.standings import By, stream_of
from server.leaderboard import Ask, Leaderboard
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.staff import COOKIE, read_pass
from server.web.leaderboard_page import render

HEADERS = {**PAGE_HEADERS, "Cache-Control": "no-store"}
Pass = Annotated[str | None, CookieParameter(name=COOKIE)]


@get("/{tenant:str}/{game:str}/staff/standings", sync_to_thread=False, include_in_schema=False)
def page(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    category: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002 - the field's word
    by: FromQuery[By] = "team",
    since: FromQuery[str | None] = None,
    staff_pass: Pass = None,
) -> Response[bytes]:
    """The leaderboard as staff see it."""
    with node.game(tenant, game) as found:
        _check(found, staff_pass)
        shown = node.shown_of(found)
        board = shown.staff(Ask(category, format, by == "member"))
        shown.remember(board)
        changes = None if since is None else shown.changes(board, since)
        body = render(board, found.rules.package, node.clock(), changes, for_staff=True)
    return Response(body.encode(), media_type="text/html", headers=HEADERS)


@get("/{tenant:str}/{game:str}/staff/standings.json", sync_to_thread=False, include_in_schema=False)
def as_json(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    category: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002 - the field's word
    by: FromQuery[By] = "team",
    staff_pass: Pass = None,
) -> Response[Leaderboard]:
    """The same as JSON."""
    with node.game(tenant, game) as found:
        _check(found, staff_pass)
        return Response(node.shown_of(found).staff(Ask(category, format, by == "member")), headers=HEADERS)


@get("/{tenant:str}/{game:str}/staff/standings/events", sync_to_thread=False, include_in_schema=False)
def changes(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    category: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002 - the field's word
    by: FromQuery[By] = "team",
    staff_pass: Pass = None,
) -> Stream:
    """The same after every change, for as long as the pass holds."""
    ask = Ask(category, format, by == "member")

    def look(found: OpenGame) -> Leaderboard:
        _check(found, staff_pass)
        return node.shown_of(found).staff(ask)

    return stream_of(node, tenant, game, look)


@get("/{tenant:str}/{game:str}/staff/team/{team:str}", sync_to_thread=False, include_in_schema=False)
def team(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    team: FromPath[str],
    staff_pass: Pass = None,
) -> Response[bytes]:
    """A team's splits as staff see them."""
    with node.game(tenant, game) as found:
        _check(found, staff_pass)
        back = f"/{found.tenant.slug}/{found.row.slug}/staff/standings"
        body = splits_page(node, found, team, back, everything=True)
    return Response(body.encode(), media_type="text/html", headers=HEADERS)


def _check(game: OpenGame, staff_pass: str | None) -> None:
    """Raise `Problem("staff_only")` without a pass that holds."""
    code = read_pass(game, staff_pass)
    if code is None or code.role < Role.KIOSK:
        raise Problem("staff_only", "open the staff page of this game and enter a code")


ROUTES: list[Any] = [page, as_json, changes, team]
