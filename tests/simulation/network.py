"""Carrying one exchange from an initiator to a responder: over links that are down, through faults that strike."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from client_core.game.joining import SYNC_MEDIA_TYPE
from client_core.transports.errors import TransportError

from .devices import DeviceNode
from .servers import Answered, Request, ServerNode

PROBLEM_MEDIA_TYPE = "application/problem+json"


class Down(Exception):
    """Nothing came back. `code` is a device's: `link_down`, `link_cut`, `upstream_down`, `upstream_slow`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Exchange(NamedTuple):
    """One request: who asks whom for which tenant's game, at which path."""

    initiator: DeviceNode | ServerNode
    responder: ServerNode
    tenant: str
    path: str


Carry = Callable[[Exchange, bytes], Answered]


def place_of(url: str) -> tuple[str, str, str]:
    """Server, tenant and path of an address of the world."""
    parts = urlsplit(url)
    server = (parts.hostname or "").removesuffix(".sim")
    path = parts.path.removeprefix("/sync/v1")
    return server, path.strip("/").split("/")[0], path


def for_device(answered: Answered, url: str) -> bytes:
    """An answer as a device's transport gives it; raises `TransportError`."""
    if answered.status >= 300:
        if answered.media_type == PROBLEM_MEDIA_TYPE:
            try:
                problem = msgspec.json.decode(answered.body)
                told = problem["code"], problem["detail"], int(problem.get("retry_after_s", 0) * 1000)
            except (msgspec.DecodeError, KeyError):
                raise TransportError("not_wayfold", f"{url} answered a problem that was cut or damaged") from None
            raise TransportError(*told)
        if answered.status in {502, 503, 504}:
            raise TransportError("upstream_down", f"a gateway answers for {url}")
    if answered.media_type != SYNC_MEDIA_TYPE:
        raise TransportError("not_wayfold", f"{url} answered {answered.media_type}")
    return answered.body


def for_relay(request: Request, carried: Callable[[], Answered]) -> None:
    """Answer a relay's request, or fail it as a socket would."""
    if request.answer.done():
        return
    try:
        answered = carried()
    except Down as down:
        kinds = {"upstream_slow": httpx.ReadTimeout, "link_cut": httpx.RemoteProtocolError}
        said = "Server disconnected without sending a response." if down.code == "link_cut" else down.code
        error = kinds.get(down.code, httpx.ConnectError)(said)
        if not request.answer.done():
            request.answer.set_exception(error)
        return
    if not request.answer.done():
        headers = {"Content-Type": answered.media_type}
        request.answer.set_result(httpx.Response(answered.status, headers=headers, stream=_Whole(answered.body)))


class _Whole(httpx.AsyncByteStream):
    """A body that is there at once and can be read raw."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self):
        yield self._body
