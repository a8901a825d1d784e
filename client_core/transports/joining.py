"""Joining over HTTP: the request that enrols a device, and the package it then plays.

`asking_to_join` and `asking_for_package` are dialogues, whoever carries them;
`join` and `fetch_package` hold them over sockets, which a browser has not.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from client_core.game.content import PACKAGE_BYTES_MAX, package_hash
from client_core.game.joining import (
    JSON_MEDIA_TYPE,
    PACKAGE_MEDIA_TYPE,
    JoinAnswer,
    JoinRequest,
)
from client_core.transports.answers import expect
from client_core.transports.errors import TransportError
from client_core.transports.fetch import Asking, Fetch
from client_core.transports.link import Gate

ANSWER_BYTES_MAX = 256 * 1024
PACKAGE_TIMEOUT_MS = 300_000


class GameAddress(NamedTuple):
    """Where a game is served: the origin (with a path, where the node has one), the tenant's and the game's name."""

    origin: str
    tenant: str
    game: str

    @property
    def api(self) -> str:
        """The address under which the game's calls lie."""
        return f"{self.origin}/api/v1/{self.tenant}/games/{self.game}"

    @property
    def sync(self) -> str:
        """The address of its sessions."""
        return f"{self.origin}/sync/v1/{self.tenant}/{self.game}"


def game_address(url: str) -> GameAddress:
    """The game that an address means: that of its API, of its sessions, or `{origin}/{tenant}/{game}`.

    Raises `TransportError` (`address_malformed`).
    """
    parts = urlsplit(url.strip())
    names = [name for name in parts.path.split("/") if name]
    if names[-1:] == ["join"]:
        names.pop()
    if names[-5:-3] == ["api", "v1"] and names[-2] == "games":
        names[-5:] = [names[-3], names[-1]]
    elif names[-4:-2] == ["sync", "v1"]:
        names[-4:-2] = []
    if parts.scheme not in {"http", "https"} or not parts.netloc or len(names) < 2:
        raise TransportError(
            "address_malformed", f"{url!r} is not the address of a game: give http(s)://HOST/TENANT/GAME"
        )
    origin = "/".join([f"{parts.scheme}://{parts.netloc}", *names[:-2]])
    return GameAddress(origin, names[-2], names[-1])


def asking_to_join(address: GameAddress, request: JoinRequest) -> Asking[JoinAnswer]:
    """Ask to play; the answer's upstreams are absolute. Raises `TransportError`."""
    answer = yield Fetch(
        "POST",
        f"{address.api}/join",
        msgspec.json.encode(request),
        media_type=JSON_MEDIA_TYPE,
        accept=JSON_MEDIA_TYPE,
        bytes_max=ANSWER_BYTES_MAX,
    )
    try:
        joined = msgspec.json.decode(expect(answer, JSON_MEDIA_TYPE, address.api).body, type=JoinAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TransportError("not_wayfold", f"{address.api} answered something else than a joining: {error}") from error
    upstreams = tuple(urljoin(address.api, upstream) for upstream in joined.upstreams) or (address.sync,)
    return msgspec.structs.replace(joined, upstreams=upstreams)


def asking_for_package(address: GameAddress, hashed: bytes) -> Asking[bytes]:
    """The package of that hash. Raises `TransportError`; `not_wayfold` where the bytes are others."""
    answer = yield Fetch(
        "GET",
        f"{address.api}/package",
        accept=PACKAGE_MEDIA_TYPE,
        bytes_max=PACKAGE_BYTES_MAX,
        timeout_ms=PACKAGE_TIMEOUT_MS,
    )
    if package_hash(answer.body) != hashed:
        raise TransportError(
            "not_wayfold", f"{address.api}/package answered other bytes than the game was published as"
        )
    return answer.body


def join(address: GameAddress, request: JoinRequest, gate: Gate | None = None) -> JoinAnswer:
    """`asking_to_join` over sockets."""
    from client_core.transports.http import carry

    return carry(asking_to_join(address, request), gate)


def fetch_package(address: GameAddress, hashed: bytes, gate: Gate | None = None) -> bytes:
    """`asking_for_package` over sockets."""
    from client_core.transports.http import carry

    return carry(asking_for_package(address, hashed), gate)
