"""The player's app as it was built: one hashed set of files, and the two that name it.

The set is built by `make assets` and lies in `server/web/assets`, or in the
wheel. Where it is missing a node runs without the app and says so.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

import msgspec

ADVICE = "the player's app is not built here: run `make assets` in a clone"

MEDIA_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "mjs": "text/javascript",
    "png": "image/png",
    "svg": "image/svg+xml",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
    "zip": "application/zip",
}


class PlayerSet(msgspec.Struct, frozen=True):
    """What was built: the set's name, the hash of the page's import map, the digest of our sources, sizes by name."""

    stamp: str
    import_map: str
    sources: str
    files: dict[str, int]


class Served(NamedTuple):
    """A file to answer with; `encoding` is `br` where it is the compressed one beside it."""

    content: bytes
    media_type: str
    encoding: str


def folder() -> Traversable:
    """Where the set lies."""
    return resources.files("server.web") / "assets"


@cache
def player_set() -> PlayerSet | None:
    """What was built, read once; None where nothing was."""
    described = folder() / "set.json"
    if not described.is_file():
        return None
    return msgspec.json.decode(described.read_bytes(), type=PlayerSet)


def read(name: str, *, brotli: bool) -> Served | None:
    """A file of the assets by its name, or None. Nothing is compressed on the fly."""
    found = player_set()
    if found is None:
        return None
    stamp, _, inner = name.partition("/")
    if name not in {"index.html", "service-worker.js"} and (stamp != found.stamp or inner not in found.files):
        return None
    media_type = MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    packed = folder().joinpath(f"{name}.br")
    if brotli and packed.is_file():
        return Served(packed.read_bytes(), media_type, "br")
    return Served(folder().joinpath(name).read_bytes(), media_type, "")


def security_policy(connect: tuple[str, ...] = ()) -> str:
    """What the app's page may load and reach: this server, and the origins of edges in `connect`."""
    found = player_set()
    hashed = f" '{found.import_map}'" if found is not None else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'wasm-unsafe-eval'{hashed}",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "worker-src 'self'",
            "manifest-src 'self'",
            " ".join(("connect-src 'self'", *connect)),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
