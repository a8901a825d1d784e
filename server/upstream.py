"""An edge's way to one upstream: requests over HTTP, and what a failure means.

At a venue whatever answers first is often a portal, so nothing is believed but
a Wayfold node's own media types.
"""

from __future__ import annotations

import asyncio
from typing import Literal

import httpx
import msgspec

from client_core.game.joining import JSON_MEDIA_TYPE, PACKAGE_MEDIA_TYPE, SYNC_MEDIA_TYPE
from server.problems import MEDIA_TYPE
from sync.limits import BODY_BYTES_MAX

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 20.0
"""An answer of half a megabyte takes 8 s at 500 kbit/s."""
PACKAGE_BYTES_MAX = 64 * 1024 * 1024
JSON_BYTES_MAX = 256 * 1024
SHOWN_CHARS_MAX = 200
EXCHANGE_TIMEOUT_S = 120.0
"""For a whole exchange, however steadily it drips: an answer of half a megabyte takes 80 s at 50 kbit/s."""
PACKAGE_TIMEOUT_S = 600.0
"""For a whole package; the same rate, a few megabytes."""

State = Literal["ok", "waiting", "down", "slow", "not_wayfold", "refused", "busy", "fault"]


class UpstreamState(msgspec.Struct, frozen=True):
    """One game's way up: what the last try found, and when the next comes.

    `waiting` is before the first try, `fault` is this node's own. `detail` is a sentence for people.
    """

    tenant: str
    game: str
    url: str
    state: State
    detail: str
    ok_at_ms: int | None = None
    next_in_s: float | None = None


class UpstreamError(Exception):
    """An exchange with an upstream that failed. `retry_after_s` is its wish, 0 where it has none."""

    def __init__(self, state: State, detail: str, *, code: str = "", retry_after_s: float = 0.0) -> None:
        super().__init__(detail)
        self.state, self.detail, self.code, self.retry_after_s = state, detail, code or state, retry_after_s


class _Problem(msgspec.Struct, frozen=True):
    code: str
    detail: str = ""
    retry_after_s: float = 0.0


def client() -> httpx.AsyncClient:
    """The client all exchanges share; no redirects, no proxies from the environment, nothing compressed twice."""
    timeout = httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    http = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)
    http.headers.clear()  # each would travel with every idle session
    http.headers["Accept-Encoding"] = "identity"
    return http


async def exchange(http: httpx.AsyncClient, url: str, body: bytes) -> bytes:
    """One exchange of a session; raises `UpstreamError`."""
    return await _ask(http, url, SYNC_MEDIA_TYPE, BODY_BYTES_MAX, content=body, sent_as=SYNC_MEDIA_TYPE)


async def post_json(http: httpx.AsyncClient, url: str, value: object) -> bytes:
    """Post a value as JSON; returns the JSON answered; raises `UpstreamError`."""
    body = msgspec.json.encode(value)
    return await _ask(http, url, JSON_MEDIA_TYPE, JSON_BYTES_MAX, content=body, sent_as=JSON_MEDIA_TYPE)


async def post_bytes(http: httpx.AsyncClient, url: str, piece: bytes) -> bytes:
    """Post raw bytes; returns the JSON answered; raises `UpstreamError`."""
    return await _ask(http, url, JSON_MEDIA_TYPE, JSON_BYTES_MAX, content=piece, sent_as="application/octet-stream")


async def get_package(http: httpx.AsyncClient, url: str) -> bytes:
    """A package's bytes, not yet compared with any hash; raises `UpstreamError`."""
    return await _ask(http, url, PACKAGE_MEDIA_TYPE, PACKAGE_BYTES_MAX, timeout_s=PACKAGE_TIMEOUT_S)


async def get_piece(http: httpx.AsyncClient, url: str, media_type: str, offset: int, size: int) -> bytes:
    """Up to `size` bytes of a file from `offset` on; raises `UpstreamError`."""
    return await _ask(http, url, media_type, size, bytes_from=offset)


async def _ask(
    http: httpx.AsyncClient,
    url: str,
    media_type: str,
    bytes_max: int,
    *,
    content: bytes | None = None,
    sent_as: str = "",
    bytes_from: int | None = None,
    timeout_s: float = EXCHANGE_TIMEOUT_S,
) -> bytes:
    """Post `content`, or get where there is none; the body of the answer, of that type and at most so large.

    With `bytes_from` only that piece of it is asked for.
    """
    where = url
    try:
        headers = {"Content-Type": sent_as} if sent_as else {}
        if bytes_from is not None:
            headers["Range"] = f"bytes={bytes_from}-{bytes_from + bytes_max - 1}"
        method = "GET" if content is None else "POST"
        request = http.build_request(method, url, content=content, headers=headers)
        where = f"{request.url.scheme}://{request.url.netloc.decode()}"
        async with asyncio.timeout(timeout_s):
            response, body = await _read(http, request, where, bytes_max)
    except TimeoutError as error:
        raise UpstreamError("slow", f"{where} did not finish its answer within {timeout_s:g} s") from error
    except httpx.TimeoutException as error:
        if isinstance(error, httpx.ConnectTimeout):
            raise UpstreamError("down", f"{where} is not reached within {CONNECT_TIMEOUT_S:g} s") from error
        raise UpstreamError("slow", f"{where} did not answer within {ANSWER_TIMEOUT_S:g} s") from error
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        if "disconnected" in str(error) or "closed connection" in str(error):
            raise UpstreamError("down", f"{where} closed the connection in the middle of an exchange") from error
        raise UpstreamError("not_wayfold", f"{where} does not speak HTTP: {error}") from error
    except (httpx.TransportError, httpx.InvalidURL, OSError) as error:
        raise UpstreamError("down", f"{where} is not reached: {str(error) or type(error).__name__}") from error
    found = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if response.status_code != (httpx.codes.OK if bytes_from is None else httpx.codes.PARTIAL_CONTENT):
        raise _refusal(response, found, body, where)
    if found != media_type:
        said = found or "an unnamed type"
        raise UpstreamError("not_wayfold", f"{where} answered {said} where a Wayfold node answers {media_type}")
    return body


async def _read(
    http: httpx.AsyncClient, request: httpx.Request, where: str, bytes_max: int
) -> tuple[httpx.Response, bytes]:
    """Send a request and read the answer, but not more of it than is allowed."""
    try:
        response = await http.send(request, stream=True)
    except AttributeError as error:
        # A connection that is reset while it is made has no socket left that anyio could ask for its peer.
        raise httpx.ConnectError("the connection was reset while it was made") from error
    try:
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > bytes_max:
                raise UpstreamError("not_wayfold", f"{where} answered more than {bytes_max} bytes")
    finally:
        await response.aclose()
    return response, bytes(body)


def _refusal(response: httpx.Response, media_type: str, body: bytes, where: str) -> UpstreamError:
    """What an answer that is no 200 means."""
    if media_type == MEDIA_TYPE:
        try:
            problem = msgspec.json.decode(body, type=_Problem)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        else:
            state: State = "busy" if problem.code in {"busy", "rate_limited"} else "refused"
            detail = f"{where}: {problem.code}: {problem.detail}"[:SHOWN_CHARS_MAX]
            return UpstreamError(state, detail, code=problem.code, retry_after_s=problem.retry_after_s)
    if response.status_code in {502, 503, 504}:
        return UpstreamError("down", f"a gateway answers {response.status_code} for {where}")
    return UpstreamError("not_wayfold", f"{where} answered {response.status_code} as no Wayfold node does")
