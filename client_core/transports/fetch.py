"""Requests as values, for those who cannot wait inside Python: a browser's `fetch` answers by promise.

A dialogue with a node is a generator. It yields a `Fetch` and goes on when it
is sent the `Answer`. `http.carry` answers over sockets at once; a page fetches,
and what came of it is put in as `Fetched`, which `read` turns into the same
`Answer` or the same `TransportError`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from client_core.game.joining import SYNC_MEDIA_TYPE
from client_core.transports.answers import Answer, media_type_of, raise_refusal
from client_core.transports.errors import TransportError
from sync.limits import BODY_BYTES_MAX

TIMEOUT_MS = 20_000
"""For a whole exchange, as `http.TIMEOUT_S`."""

T = TypeVar("T")


class Fetch(msgspec.Struct, frozen=True):
    """One request: to be carried without cookies, without following redirects, past every cache.

    The answer is given up after `timeout_ms`, or when it exceeds `bytes_max`.
    """

    method: Literal["GET", "POST"]
    url: str
    body: bytes = b""
    media_type: str = ""
    accept: str = ""
    bytes_max: int = BODY_BYTES_MAX
    timeout_ms: int = TIMEOUT_MS


class Fetched(msgspec.Struct, frozen=True):
    """What came of a request. `status` 0: nothing did, and `failure` says why.

    A browser tells no page why a connection failed, so `down` is all of: no
    network, no such host, a bad certificate, a node that does not let this
    origin in.
    """

    status: Annotated[int, Meta(ge=0, le=999)] = 0
    reason: Annotated[str, Meta(max_length=200)] = ""
    content_type: Annotated[str, Meta(max_length=200)] = ""
    retry_after: Annotated[str, Meta(max_length=200)] | None = None
    body: bytes = b""
    failure: Literal["", "down", "slow", "too_big", "redirect"] = ""


Asking = Generator[Fetch, Answer, T]
"""A dialogue with a node; raises `TransportError`."""


def exchange(url: str, body: bytes) -> Fetch:
    """The request that carries one exchange of a session to the node at its sync address."""
    return Fetch("POST", url, body, SYNC_MEDIA_TYPE)


def read(fetch: Fetch, fetched: Fetched) -> Answer:
    """The answer to a request, or the `TransportError` that it means."""
    parts = urlsplit(fetch.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if fetched.failure == "slow":
        raise TransportError("upstream_slow", f"{origin} did not answer within {fetch.timeout_ms / 1000:g} s")
    if fetched.failure == "too_big" or len(fetched.body) > fetch.bytes_max:
        raise TransportError("answer_too_big", f"{origin} answered more than {fetch.bytes_max} bytes")
    if fetched.failure == "redirect":
        raise TransportError("not_wayfold", f"{origin} sends elsewhere: a portal, perhaps")
    if fetched.failure or not fetched.status:
        raise TransportError("upstream_down", f"{origin} is not reached")
    answer = Answer(fetched.status, media_type_of(fetched.content_type), fetched.body)
    if answer.status >= 300:
        raise_refusal(answer, origin, reason=fetched.reason, retry_after=fetched.retry_after, place=None)
    return answer
