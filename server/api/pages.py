"""The public page of a game, and the few files it needs. Everything comes from this server."""

from __future__ import annotations

from importlib import resources
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.leaderboard import leaderboard
from server.node import Node
from server.problems import Problem
from server.web.leaderboard_page import render

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
STATIC_TYPES = {
    "leaderboard.css": "text/css",
    "leaderboard.js": "text/javascript",
    "staff.css": "text/css",
    "staff.js": "text/javascript",
}


@get("/{tenant:str}/{game:str}", sync_to_thread=False, include_in_schema=False)
def page(node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str]) -> Response[bytes]:
    """The leaderboard as a page; without JavaScript it is a still one."""
    with node.game(tenant, game) as found:
        body = render(leaderboard(found), found.rules.package, node.clock()).encode()
    headers = {**PAGE_HEADERS, "Cache-Control": "no-cache"}
    return Response(body, media_type="text/html", headers=headers)


@get("/static/{name:str}", sync_to_thread=False, include_in_schema=False)
def static(name: FromPath[str]) -> Response[bytes]:
    """A style sheet or script of the pages."""
    media_type = STATIC_TYPES.get(name)
    if media_type is None:
        raise Problem("not_found", f"there is no file {name[:60]!r}")
    body = (resources.files("server.web") / "static" / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=media_type, headers=headers)


ROUTES: list[Any] = [page, static]
