"""`/play/`: the player's app. Page and service worker name a set; the set's files never change."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from server import player_app
from server.node import Node
from server.problems import Problem

AcceptEncoding = Annotated[str, HeaderParameter(name="Accept-Encoding")]
FOREVER = "public, max-age=31536000, immutable"


@get("/play", sync_to_thread=False, include_in_schema=False)
def app(node: NamedDependency[Node], accept_encoding: AcceptEncoding = "") -> Response[bytes]:
    """The app's one page, whatever it shows."""
    return _answer(node, "index.html", accept_encoding, "no-cache")


@get("/play/service-worker.js", sync_to_thread=False, include_in_schema=False)
def service_worker(node: NamedDependency[Node], accept_encoding: AcceptEncoding = "") -> Response[bytes]:
    """What keeps the set for when there is no network."""
    return _answer(node, "service-worker.js", accept_encoding, "no-cache")


@get("/play/set/{name:path}", sync_to_thread=True, include_in_schema=False)
def part(node: NamedDependency[Node], name: FromPath[str], accept_encoding: AcceptEncoding = "") -> Response[bytes]:
    """A file of the set."""
    return _answer(node, str(name).strip("/"), accept_encoding, FOREVER)


def _answer(node: Node, name: str, accept_encoding: str, cache_control: str) -> Response[bytes]:
    if player_app.player_set() is None:
        raise Problem("not_found", player_app.ADVICE)
    served = player_app.read(name, brotli="br" in accept_encoding)
    if served is None:
        raise Problem("not_found", f"the player's app has no file {name[:80]!r}")
    headers = {
        "Cache-Control": cache_control,
        "Content-Security-Policy": player_app.security_policy(_others(node)),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(self)",
        "Vary": "Accept-Encoding",
    }
    if served.encoding:
        headers["Content-Encoding"] = served.encoding
    return Response(served.content, media_type=served.media_type, headers=headers)


def _others(node: Node) -> tuple[str, ...]:
    """The origins of the other nodes that the app may sync with."""
    found = (urlsplit(url) for url in (*node.settings.edge_urls, *node.settings.upstreams))
    return tuple(dict.fromkeys(f"{parts.scheme}://{parts.netloc}" for parts in found))


ROUTES: list[Any] = [app, service_worker, part]
