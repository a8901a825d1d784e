"""The public page of a game, and the few files it needs. Everything comes from this server."""

from __future__ import annotations

from importlib import resources
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from client_core.game.explaining import explain, sentence
from client_core.game.lines import GRANTED, PAID
from server.api.standings import By
from server.gallery import in_gallery
from server.leaderboard import Ask
from server.names import minors_as_teams
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.team_names import find_entrant
from server.web.gallery_page import render_gallery
from server.web.leaderboard_page import render
from server.web.team_page import render_team

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
FORM_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'"),
}
"""For a page whose forms are sent to this server."""
STATIC_TYPES = {
    "leaderboard.css": "text/css",
    "leaderboard.js": "text/javascript",
    "staff.css": "text/css",
    "staff.js": "text/javascript",
}


@get("/{tenant:str}/{game:str}", sync_to_thread=False, include_in_schema=False)
def page(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    category: FromQuery[str | None] = None,
    format: FromQuery[str | None] = None,  # noqa: A002 - the field's word
    by: FromQuery[By] = "team",
    since: FromQuery[str | None] = None,
) -> Response[bytes]:
    """The leaderboard as a page; without JavaScript it is a still one. `since`: say what changed after that version."""
    with node.game(tenant, game) as found:
        shown = node.shown_of(found)
        board = shown.public(node.clock(), Ask(category, format, by == "member"))
        shown.remember(board)
        changes = None if since is None else shown.changes(board, since)
        body = render(board, found.rules.package, node.clock(), changes)
    return html(body)


@get("/{tenant:str}/{game:str}/team/{team:str}", sync_to_thread=False, include_in_schema=False)
def team_page(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], team: FromPath[str]
) -> Response[bytes]:
    """A team's splits, or a member's (`7.2`), as far as standings are shown."""
    with node.game(tenant, game) as found:
        body = splits_page(node, found, team, f"/{found.tenant.slug}/{found.row.slug}", everything=False)
    return html(body)


@get("/{tenant:str}/{game:str}/gallery", sync_to_thread=False, include_in_schema=False)
def gallery_page(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], reported: FromQuery[str | None] = None
) -> Response[bytes]:
    """The photos that staff let everybody see, each with a button that hides it; `reported`: thank for that."""
    with node.game(tenant, game) as found:
        home = f"/{found.tenant.slug}/{found.row.slug}"
        pictures = in_gallery(found, node.desk_of(found).view(node.clock()).pictures)
        address = f"/api/v1/{found.tenant.slug}/games/{found.row.id.hex()}/gallery"
        body = render_gallery(found.rules.package, pictures, address, home, reported=reported is not None)
    return html(body, FORM_HEADERS)


def splits_page(node: Node, game: OpenGame, name: str, back: str, *, everything: bool) -> str:
    """The page of a team or member; raises `Problem`."""
    team, member = find_entrant(game, name)
    looked = node.shown_of(game)
    result = looked.result(team, node.clock(), everything=everything, member=member)
    splits = looked.splits(result)
    shown = {split.checkpoint for split in splits}
    others = [
        (line, sentence(game.rules, line))
        for line in explain(result)
        if line.points and not (line.code in {PAID, GRANTED} and line.checkpoint in shown)
    ]
    bib = f"{team.number}" if member is None else f"{team.number}.{member}"
    called = team.name if everything else minors_as_teams(game).get(team.id, team.name)
    return render_team(game.rules.package, result, called, bib, splits, others, back)


def html(body: str, headers: dict[str, str] = PAGE_HEADERS) -> Response[bytes]:
    """A page that is asked for anew each time."""
    headers = {**headers, "Cache-Control": "no-cache"}
    return Response(body.encode(), media_type="text/html", headers=headers)


@get("/static/{name:str}", sync_to_thread=False, include_in_schema=False)
def static(name: FromPath[str]) -> Response[bytes]:
    """A style sheet or script of the pages."""
    media_type = STATIC_TYPES.get(name)
    if media_type is None:
        raise Problem("not_found", f"there is no file {name[:60]!r}")
    body = (resources.files("server.web") / "static" / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=media_type, headers=headers)


ROUTES: list[Any] = [page, team_page, gallery_page, static]
