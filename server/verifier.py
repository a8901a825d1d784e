"""Checking signatures in a process beside the event loop.

One signature takes longer than anything else the loop does for a push, and the
library keeps Python's lock meanwhile. A node with a core to spare therefore
hires a process that only verifies, while the loop decodes and hashes. To wake a
process costs a third of a signature, so what waits goes to it in pieces: a few
checks as soon as they are there, so that it works on them while the loop is
still in the same turn, and fewer when it has nothing else to do.
Without one (a single core, no `fork`), and when it dies or hangs, everything is verified
in the loop: slower, and with the same answers.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Sequence

import msgspec

from client_core.signing import verify
from server.hired import framed, hire
from sync.ed25519 import SignatureCheck

Checks = Sequence[SignatureCheck]

RECEIVED_BYTES_MAX = 1 << 16
WITHIN_S = 10.0
"""What waits comes back in a fraction of it; a process that takes longer hangs, and pushes would wait with it."""
PIECE_CHECKS = 8
"""Worth waking the process for: a turn of the loop that takes in many requests lasts as long as their signatures."""

_DECODER = msgspec.msgpack.Decoder(list[SignatureCheck])

log = logging.getLogger("wayfold.verifier")


def verify_all(checks: Checks) -> bytes:
    """One byte a check: 1 where its signature is good."""
    return bytes([verify(check.public_key, check.message, check.signature) for check in checks])


def _answer(question: bytes) -> bytes:
    return verify_all(_DECODER.decode(question))


class Verifier:
    """Verifies here, until a process is hired; its calls run in one event loop."""

    def __init__(self, link: socket.socket | None = None) -> None:
        self._link = link
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathered: list[tuple[Checks, asyncio.Future[bytes]]] = []
        self._gathered_checks = 0
        self._asked: deque[tuple[Checks, asyncio.Future[bytes]]] = deque()
        self._unsent = bytearray()
        self._received = bytearray()
        self._heard_at_s = 0.0
        self._overdue: asyncio.TimerHandle | None = None

    @classmethod
    def hired(cls) -> Verifier:
        """One with a process, where that helps. Call before any thread or event loop is started: it forks."""
        link = hire(_answer)
        if link is not None:
            link.setblocking(False)
        return cls(link)

    async def verify(self, checks: Checks) -> tuple[bool, ...]:
        """Whether each signature is good, in order."""
        if self._link is None or not checks:
            return tuple(map(bool, verify_all(checks)))
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._link, self._receive)
        if not self._gathered and not self._asked:
            self._loop.call_soon(self._ask_if_idle)
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._gathered.append((checks, answer))
        self._gathered_checks += len(checks)
        if self._gathered_checks >= PIECE_CHECKS:
            self._ask()
        return tuple(map(bool, await answer))

    def close(self) -> None:
        """Let the process go; who still waits is answered here."""
        if self._link is None:
            return
        if self._loop is not None:
            self._loop.remove_reader(self._link)
            self._loop.remove_writer(self._link)
        self._link.close()
        self._link = None
        if self._overdue is not None:
            self._overdue.cancel()
        for checks, answer in (*self._asked, *self._gathered):
            if not answer.done():
                answer.set_result(verify_all(checks))
        self._asked.clear()
        self._gathered.clear()

    def _ask_if_idle(self) -> None:
        """Send what was gathered, however little, where the process has nothing else to do."""
        if self._gathered and not self._asked:
            self._ask()

    def _ask(self) -> None:
        """Send what was gathered."""
        assert self._loop is not None
        question = msgspec.msgpack.encode([check for checks, _ in self._gathered for check in checks])
        if not self._asked:
            self._heard_at_s = self._loop.time()
        self._asked.extend(self._gathered)
        self._gathered.clear()
        self._gathered_checks = 0
        if self._overdue is None:
            self._overdue = self._loop.call_later(WITHIN_S, self._look_whether_it_hangs)
        self._unsent += framed(question)
        self._send()

    def _send(self) -> None:
        assert self._link is not None
        assert self._loop is not None
        try:
            del self._unsent[: self._link.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._lost()
            return
        if self._unsent:
            self._loop.add_writer(self._link, self._send)
        else:
            self._loop.remove_writer(self._link)

    def _receive(self) -> None:
        assert self._link is not None
        try:
            received = self._link.recv(RECEIVED_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._lost()
            return
        self._received += received
        while self._asked and len(self._asked[0][0]) <= len(self._received):
            checks, answer = self._asked.popleft()
            if not answer.done():
                answer.set_result(bytes(self._received[: len(checks)]))
            del self._received[: len(checks)]
        assert self._loop is not None
        self._heard_at_s = self._loop.time()
        self._ask_if_idle()

    def _look_whether_it_hangs(self) -> None:
        """Whatever is asked has `WITHIN_S` from the last answer on; look again when that is over."""
        self._overdue = None
        if not self._asked:
            return
        assert self._loop is not None
        left_s = self._heard_at_s + WITHIN_S - self._loop.time()
        if left_s <= 0:
            self._lost()
        else:
            self._overdue = self._loop.call_later(left_s, self._look_whether_it_hangs)

    def _lost(self) -> None:
        log.warning("the process that verifies signatures is gone or hangs; they are verified in the event loop")
        self.close()
