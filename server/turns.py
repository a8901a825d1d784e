"""Turns of the event loop: how many sessions begin in each, so that none lasts long, and when none is under way.

A loop looks for what has come in (answers of the verifier, commits, requests
for pages) only between its turns. Two hundred requests that arrive together
would make one turn of forty milliseconds, while the verifier and the writer
have nothing to do. So few begin in each turn and the others queue, in order.
What can wait for a moment without any (scores nobody asks for) asks here too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType

BEGINNINGS_MAX = 16
"""Of 0.2 ms each; twice a piece of checks (`verifier.PIECE_CHECKS`), so that the verifier always has work."""


class Turns:
    """A context for each session, in the loop that it is used in: `each_max` enter it in a turn."""

    def __init__(self, each_max: int = BEGINNINGS_MAX) -> None:
        self._each_max = self._left = each_max
        self._queue: deque[asyncio.Future[None]] = deque()
        self._in_turn = False
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def __aenter__(self) -> None:
        """Begin in this turn where there is room, or in a later one."""
        self._under_way += 1
        self._quiet.clear()
        if not self._in_turn:
            self._in_turn = True
            asyncio.get_running_loop().call_soon(self._next)
        if self._left > 0 and not self._queue:
            self._left -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(mine)
        try:
            await mine
        except BaseException:  # who gave up is not under way
            self._end()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """The session is over."""
        self._end()

    async def quiet(self, within_s: float) -> None:
        """Let others go first: return when no session is under way, or after `within_s`."""
        if self._quiet.is_set():
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(within_s):
                await self._quiet.wait()
        except TimeoutError:
            return

    def _end(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._quiet.set()

    def _next(self) -> None:
        """A turn is over: let the next begin."""
        self._left = self._each_max
        while self._queue and self._left > 0:
            waiting = self._queue.popleft()
            if not waiting.done():  # who was cancelled takes nobody's room
                waiting.set_result(None)
                self._left -= 1
        self._in_turn = self._left < self._each_max
        if self._in_turn:
            asyncio.get_running_loop().call_soon(self._next)
