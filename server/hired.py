"""A process beside the event loop, hired for one kind of work: it answers questions until nobody is left to ask.

Python runs one thread at a time, so what takes long and needs nothing but its
question is given to a process that was forked before there were threads. It
ends by itself when the other end of its link is closed, whatever closed it.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

LENGTH_BYTES = 4
"""Before each question; how an answer ends is between those who asked and who answers."""
CORES_MIN = 2
"""On one core a second process would only take turns with the loop."""


def hire(answer: Callable[[bytes], bytes]) -> socket.socket | None:
    """Fork a process that answers; the link to it, or None where that does not help or cannot be.

    Call before any thread or event loop is started.
    """
    if not hasattr(os, "fork") or cores() < CORES_MIN:
        return None
    here, there = socket.socketpair()
    if os.fork() == 0:
        _serve(there, answer)
    there.close()
    return here


def framed(question: bytes) -> bytes:
    """A question as it is sent."""
    return len(question).to_bytes(LENGTH_BYTES, "big") + question


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _serve(link: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    """What the hired process does, until the other end of the link is closed; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # sent to the whole terminal: the server ends, and then this
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        silence = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(silence, number)
        os.closerange(3, link.fileno())
        os.closerange(link.fileno() + 1, 65_536)
        with link.makefile("rb") as asked:
            while length := asked.read(LENGTH_BYTES):
                link.sendall(answer(asked.read(int.from_bytes(length, "big"))))
        status = 0
    finally:
        os._exit(status)
