"""`/play/`: the player's app. Page and service worker name a set; the set's files never change."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.params import FromPath, HeaderParameter

from server import player_app
from server.problems import Problem

AcceptEncoding = Annotated[str, HeaderParameter(name="Accept-Encoding")]
FOREVER = "public, max-age=31536000, immutable"


@get("/play", sync_to_thread=False, include_in_schema=False)
def app(accept_encoding: AcceptEncoding = "") -> Response[bytes]:
    """The app's one page, whatever it shows."""
    return _answer("index.html", accept_encoding, "no-cache")


@get("/play/service-worker.js", sync_to_thread=False, include_in_schema=False)
def service_worker(accept_encoding: AcceptEncoding = "") -> Response[bytes]:
    """What keeps the set for when there is no network."""
    return _answer("service-worker.js", accept_encoding, "no-cache")


@get("/play/set/{name:path}", sync_to_thread=True, include_in_schema=False)
def part(name: FromPath[str], accept_encoding: AcceptEncoding = "") -> Response[bytes]:
    """A file of the set."""
    return _answer(str(name).strip("/"), accept_encoding, FOREVER)


def _answer(name: str, accept_encoding: str, cache_control: str) -> Response[bytes]:
    if player_app.player_set() is None:
        raise Problem("not_found", player_app.ADVICE)
    served = player_app.read(name, brotli="br" in accept_encoding)
    if served is None:
        raise Problem("not_found", f"the player's app has no file {name[:80]!r}")
    headers = {
        "Cache-Control": cache_control,
        "Content-Security-Policy": player_app.security_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(self)",
        "Vary": "Accept-Encoding",
    }
    if served.encoding:
        headers["Content-Encoding"] = served.encoding
    return Response(served.content, media_type=served.media_type, headers=headers)


ROUTES: list[Any] = [app, service_worker, part]
