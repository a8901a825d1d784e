"""Reading request bodies: bounded each, bounded all together, bounded in time.

Anybody may open connections and send bodies that never end. A body that comes
whole in one piece costs nothing here. One that comes in pieces takes room that
all unfinished bodies share; where there is none left, the one that began first
gives way: it has had the longest time to come. Whoever answers an unfinished
body closes the connection, or the rest of it would still be read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from litestar.enums import ScopeType
from litestar.types import Receive, Scope

from server.problems import Problem

UNFINISHED_BYTES_MAX = 64 * 1024 * 1024
"""Of all bodies that are not whole: as many as 64 of the largest, or 2,000 phones' first pieces."""
BODY_WITHIN_S = 120.0
"""Half a megabyte takes 84 s at 50 kbit/s."""
RETRY_AFTER_S = 2


class BodyRoom:
    """The room that unfinished bodies of one node share. In the event loop only.

    What a body was told to give back counts until it is given back: others wait
    for it, and their senders with them, for nothing more is read from either.
    """

    def __init__(self, bytes_max: int = UNFINISHED_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes_by_body: dict[asyncio.Timeout, int] = {}
        self._ending: set[asyncio.Timeout] = set()
        self._held = 0
        self._given_back = asyncio.Event()

    @property
    def bytes_held(self) -> int:
        """What all unfinished bodies hold."""
        return self._held

    async def grow(self, body: asyncio.Timeout, size: int) -> None:
        """A body has grown; where there is no room, those that began first end, and this one waits for theirs."""
        self._bytes_by_body[body] = self._bytes_by_body.get(body, 0) + size
        self._held += size
        while self._held > self._bytes_max and len(self._bytes_by_body) > 1:
            self._end_oldest()
            self._given_back.clear()
            await self._given_back.wait()

    def leave(self, body: asyncio.Timeout) -> None:
        """A body is whole or given up, and its pieces are nobody's any more."""
        self._held -= self._bytes_by_body.pop(body, 0)
        self._ending.discard(body)
        self._given_back.set()

    def _end_oldest(self) -> None:
        """Tell as many as it takes to end, those that began first, but never the last one that goes on."""
        over = self._held - self._bytes_max - sum(self._bytes_by_body[body] for body in self._ending)
        for body, held in list(self._bytes_by_body.items()):
            if over <= 0 or len(self._ending) + 1 == len(self._bytes_by_body):
                return
            if body not in self._ending:
                self._ending.add(body)
                over -= held
                if not body.expired():
                    body.reschedule(asyncio.get_running_loop().time())


async def read_body(
    scope: Scope, receive: Receive, bytes_max: int, room: BodyRoom, within_s: float = BODY_WITHIN_S
) -> bytes:
    """The body of a POST.

    Raises `Problem`: `method_not_allowed`; `body_too_big` as soon as it is;
    `busy` where it gave way to others or took too long; `bad_request` where the
    connection was closed before.
    """
    if scope["type"] != ScopeType.HTTP or scope["method"] != "POST":
        raise Problem("method_not_allowed", "this address takes a POST")
    part, more = await _receive(receive, bytes_max, bytes_max)
    if not more:
        return part
    parts, size = [part], len(part)
    try:
        async with asyncio.timeout(within_s) as body:
            try:
                await room.grow(body, size)
                while more:
                    part, more = await _receive(receive, bytes_max - size, bytes_max)
                    parts.append(part)
                    size += len(part)
                    await room.grow(body, len(part))
                return b"".join(parts)
            finally:
                parts.clear()  # an error's traceback would keep them
                room.leave(body)
    except TimeoutError as error:
        said = f"the body was not whole within {within_s:g} s, or gave way to others"
        raise Problem("busy", said, retry_after_s=RETRY_AFTER_S) from error


async def _receive(receive: Receive, bytes_left: int, bytes_max: int) -> tuple[bytes, bool]:
    """The next piece of a body, and whether more follow."""
    message: Any = await receive()
    if message["type"] == "http.disconnect":
        raise Problem("bad_request", "the connection was closed before the body was whole")
    part: bytes = message.get("body", b"")
    if len(part) > bytes_left:
        raise Problem("body_too_big", f"at most {bytes_max} bytes are taken at once")
    return part, bool(message.get("more_body", False))
