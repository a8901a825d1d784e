"""Letting the player's app in from another origin: a phone that joined at HQ syncs with the edge at the venue.

An app keeps the origin it joined on, for its store lies there, and knows several
nodes. What a device asks of a node carries its own signatures and no cookie, so
any page may ask it (`*`), as any program may. Pages of staff are not among it.
"""

from __future__ import annotations

from collections.abc import Iterable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/sync/v1/", "/blob/v1/", "/api/v1/")
ALLOW = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, ETag"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
PREFLIGHT = [
    *ALLOW,
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"Content-Type, If-None-Match, Range"),
    (b"access-control-allow-private-network", b"true"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]
"""An app of a public origin may ask a node in a private network only where that node says so."""


def let_apps_in(app: ASGIApp) -> ASGIApp:
    """Middleware that answers preflights and lets answers of `OPEN_PATHS` be read by pages of any origin."""

    async def open_to_apps(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not _comes_from_a_page(scope):
            await app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": PREFLIGHT})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *ALLOW]
            await send(message)

        await app(scope, receive, sent)

    return open_to_apps


def _comes_from_a_page(scope: Scope) -> bool:
    """Whether a page asks for what is open; programs send no origin, and cost nothing here."""
    return _has_origin(scope["headers"]) and _whole_path(scope).startswith(OPEN_PATHS)


def _whole_path(scope: Scope) -> str:
    """The path as it was asked for; below a mount the rest stands alone."""
    raw = scope.get("raw_path", b"")
    return raw.decode("latin-1").partition("?")[0] if raw else scope["path"]


def _has_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"origin" for name, _ in headers)
