"""HTTP with the standard library: one request, bounded in time and size, and what its answer means.

A request goes out in pieces and is read in pieces, and between them the
device's own link (`link.Gate`) is asked: when it closes, the connection is
closed in the middle, as a lost radio link would.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from client_core.game.joining import SYNC_MEDIA_TYPE
from client_core.transports.answers import Answer, expect, media_type_of, raise_refusal
from client_core.transports.errors import TransportError
from client_core.transports.fetch import Asking, Fetch
from client_core.transports.link import Gate
from sync.limits import BODY_BYTES_MAX

TIMEOUT_S = 20.0
"""For a whole exchange; an answer of half a megabyte takes 8 s at 500 kbit/s."""
PIECE_BYTES = 1024
"""What is sent or read before the link is asked again: 160 ms at 50 kbit/s."""

T = TypeVar("T")


class HttpTransport:
    """A session's way to one upstream: each exchange is one POST.

    The connection is kept from one exchange to the next and closed by `close`.
    `timeout_s` bounds one exchange.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, gate: Gate | None = None) -> None:
        self.url = url
        self._wire = Wire(url, timeout_s=timeout_s, gate=gate)

    def exchange(self, body: bytes) -> bytes:
        """Carry a session's bytes over and bring the answer back; raises `TransportError`."""
        answer = self._wire.request("POST", "", body, media_type=SYNC_MEDIA_TYPE, bytes_max=BODY_BYTES_MAX)
        try:
            return expect(answer, SYNC_MEDIA_TYPE, self.url).body
        except TransportError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._wire.close()


class Wire:
    """A connection to one origin, made when needed and made again where the other side had closed it."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, gate: Gate | None = None) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1:
            raise TransportError("address_malformed", f"{url!r} is not an http or https address")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._secure, self._host, self._port, self._path = parts.scheme == "https", parts.hostname, port, parts.path
        self._timeout_s, self._gate = timeout_s, gate
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(
        self, method: str, path: str, body: bytes = b"", *, media_type: str = "", accept: str = "", bytes_max: int
    ) -> Answer:
        """One request to the address's path with `path` added; raises `TransportError`.

        All requests of this program may be repeated without harm, so one that a
        kept connection did not take is sent again on a new one.
        """
        if self._gate is not None and self._gate.closes_in_s() <= 0:
            self.close()
            raise TransportError("link_down", "this device is offline")
        deadline = time.monotonic() + self._timeout_s
        headers = {"Accept": accept} if accept else {}  # each header travels with every idle session
        headers["Content-Length"] = str(len(body))
        if media_type:
            headers["Content-Type"] = media_type
        kept = self._connection is not None
        try:
            try:
                return self._once(method, (self._path + path) or "/", headers, body, bytes_max, deadline)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not kept:
                    raise
                self.close()
                return self._once(method, (self._path + path) or "/", headers, body, bytes_max, deadline)
        except TransportError:
            self.close()
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise self._meaning(error) from error

    def _once(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, bytes_max: int, deadline: float
    ) -> Answer:
        connection = self._connection or self._connect(deadline)
        self._connection = connection
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        for start in range(0, len(body), PIECE_BYTES):
            piece = body[start : start + PIECE_BYTES]
            self._pass(connection, len(piece), deadline)
            connection.send(piece)
        self._pass(connection, 0, deadline)
        response = connection.getresponse()
        pieces: list[bytes] = []
        size = 0
        while piece := response.read1(PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > bytes_max:
                raise TransportError("answer_too_big", f"{self._origin} answered more than {bytes_max} bytes")
            self._pass(connection, len(piece), deadline)
        response.close()  # the reply, not the connection: read to its end, it frees the next request
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        if response.will_close:
            self.close()
        said = response.headers
        answer = Answer(response.status, media_type_of(said.get("Content-Type")), b"".join(pieces))
        if answer.status >= 300:
            retry_after, place = said.get("Retry-After"), said.get("Location")
            raise_refusal(answer, self._origin, reason=response.reason, retry_after=retry_after, place=place)
        return answer

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        timeout_s = self._left_s(deadline)
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout_s, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)

    def _pass(self, connection: http.client.HTTPConnection, size: int, deadline: float) -> None:
        """Take the link's time for some bytes; give the next step only the time that is left."""
        if self._gate is not None and size:
            self._gate.carry(size)
        left_s = self._left_s(deadline)
        if connection.sock is not None:
            connection.sock.settimeout(left_s)

    def _left_s(self, deadline: float) -> float:
        left_s = deadline - time.monotonic()
        open_s = self._gate.closes_in_s() if self._gate is not None else left_s
        if open_s <= 0:
            raise TransportError("link_cut", "this device went offline in the middle of an exchange")
        if left_s <= 0:
            raise TransportError("upstream_slow", f"{self._origin} did not answer within {self._timeout_s:g} s")
        return max(0.001, min(left_s, open_s))

    def _meaning(self, error: Exception) -> TransportError:
        if self._gate is not None and self._gate.closes_in_s() <= 0:
            return TransportError("link_cut", "this device went offline in the middle of an exchange")
        if isinstance(error, TimeoutError):
            return TransportError("upstream_slow", f"{self._origin} did not answer within {self._timeout_s:g} s")
        if isinstance(error, ssl.SSLError):
            return TransportError("upstream_insecure", f"{self._origin} is not who it should be: {error}")
        if isinstance(error, http.client.BadStatusLine | http.client.LineTooLong | ValueError) and not isinstance(
            error, http.client.RemoteDisconnected
        ):
            return TransportError("not_wayfold", f"{self._origin} does not speak HTTP")
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return TransportError("upstream_down", f"{self._origin} is not reached: {said}")


def carry(asking: Asking[T], gate: Gate | None = None, wire: Wire | None = None) -> T:
    """Answer what a dialogue asks for over sockets, request by request; returns what it comes to.

    `wire` is a connection to the one origin of all its requests, else each has
    its own. What fails is raised inside the dialogue: a `TransportError`.
    """

    def answer(fetch: Fetch) -> Answer:
        parts = urlsplit(fetch.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        way = wire or Wire(f"{parts.scheme}://{parts.netloc}", timeout_s=fetch.timeout_ms / 1000, gate=gate)
        try:
            return way.request(
                fetch.method,
                path,
                fetch.body,
                media_type=fetch.media_type,
                accept=fetch.accept,
                bytes_max=fetch.bytes_max,
            )
        finally:
            if wire is None:
                way.close()

    try:
        fetch = next(asking)
        while True:
            try:
                said = answer(fetch)
            except TransportError as error:
                fetch = asking.throw(error)
            else:
                fetch = asking.send(said)
    except StopIteration as stop:
        found: T = stop.value
        return found
