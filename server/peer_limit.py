"""A rate limit by peer: a token bucket for each address, in memory.

A node serves phones that may all share one address at a venue, so the default
is generous; it is there against a loop gone wild, not against people.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from server.problems import MEDIA_TYPE, Problem

PEERS_MAX = 10_000
"""Buckets kept; the one that was quiet longest is dropped, and starts full again."""


class Buckets:
    """Token buckets by peer. `per_s` tokens come back a second, up to `burst`; 0 a second is no limit."""

    def __init__(self, per_s: float, burst: int, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._monotonic_s = per_s, burst, monotonic_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, peer: str) -> float:
        """Take a token; 0, or the seconds until there is one."""
        if not self._per_s:
            return 0.0
        now_s = self._monotonic_s()
        tokens, at_s = self._buckets.pop(peer, (float(self._burst), now_s))
        tokens = min(float(self._burst), tokens + (now_s - at_s) * self._per_s)
        wait_s = 0.0 if tokens >= 1 else (1 - tokens) / self._per_s
        self._buckets[peer] = (tokens - 1 if tokens >= 1 else tokens, now_s)
        if len(self._buckets) > PEERS_MAX:
            self._buckets.popitem(last=False)
        return wait_s


def peer_of(address: str) -> str:
    """Whom an address counts for: itself, or (IPv6) its network of 64 bits, which one subscriber has to itself."""
    try:
        parsed = ip_address(address)
    except ValueError:  # a socket's path, a test's name
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))


def limit_peers(buckets: Buckets) -> Callable[[ASGIApp], ASGIApp]:
    """Middleware that answers 429 to a peer without tokens."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            client = scope.get("client")
            wait_s = buckets.take(peer_of(client[0]) if client else "")
            if not wait_s:
                await app(scope, receive, send)
                return
            problem = Problem("rate_limited", "this address asks more often than it may", retry_after_s=1 + int(wait_s))
            body = problem.encode()
            headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
            headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers().items()]
            await send({"type": "http.response.start", "status": problem.status, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": False})

        return limited

    return wrap
