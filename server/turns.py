"""Turns of the event loop: how many sessions begin in each, so that none lasts long.

A loop looks for what has come in (answers of the verifier, commits, requests
for pages) only between its turns. Two hundred requests that arrive together
would make one turn of forty milliseconds, while the verifier and the writer
have nothing to do. So few begin in each turn and the others queue, in order.
"""

from __future__ import annotations

import asyncio
from collections import deque

BEGINNINGS_MAX = 16
"""Of 0.2 ms each; twice a piece of checks (`verifier.PIECE_CHECKS`), so that the verifier always has work."""


class Turns:
    """Lets `each_max` through in a turn of the loop that it is used in."""

    def __init__(self, each_max: int = BEGINNINGS_MAX) -> None:
        self._each_max = self._left = each_max
        self._queue: deque[asyncio.Future[None]] = deque()
        self._in_turn = False

    async def wait(self) -> None:
        """Go on in this turn where there is room, or in a later one."""
        if not self._in_turn:
            self._in_turn = True
            asyncio.get_running_loop().call_soon(self._next)
        if self._left > 0 and not self._queue:
            self._left -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(mine)
        await mine

    def _next(self) -> None:
        """A turn is over: let the next through."""
        self._left = self._each_max
        while self._queue and self._left > 0:
            waiting = self._queue.popleft()
            if not waiting.done():  # who was cancelled takes nobody's room
                waiting.set_result(None)
                self._left -= 1
        self._in_turn = self._left < self._each_max
        if self._in_turn:
            asyncio.get_running_loop().call_soon(self._next)
