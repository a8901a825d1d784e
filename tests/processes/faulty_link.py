"""A TCP link that misbehaves: it drops, delays, goes half-open, cuts, flips bits, and answers in the server's name.

One listener before one server. Each connection draws what happens to it from
the link's mood; a clean link only relays. Threads, because it must misbehave
under the feet of real processes and nothing else.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from random import Random
from typing import NamedTuple

PIECE_BYTES = 16 * 1024
HALF_OPEN_S = 6.0
ENDLESS_PIECES_MAX = 400

CLEAN: dict[str, int] = {"relay": 1}
BAD: dict[str, int] = {
    "relay": 5,
    "drop": 2,
    "delay": 2,
    "cut the request": 2,
    "cut the answer": 4,
    "flip a bit up": 2,
    "flip a bit down": 2,
    "half-open": 1,
    "500": 1,
    "html": 1,
    "nothing": 1,
    "half an answer": 1,
    "endless": 1,
}
DEAD: dict[str, int] = {"refuse": 1}
"""What happens to a connection, and how often."""

HTML = b"<html><body>Welcome to the station's network. Please accept our terms.</body></html>"
CANNED = {
    "500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\noops",
    "html": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(HTML), HTML),
    "nothing": b"",
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Type: application/x-wayfold\r\nContent-Length: 90000\r\n\r\n\0\0\0",
}


class Fate(NamedTuple):
    """What a connection will meet: a kind, and after how many bytes."""

    kind: str
    after_bytes: int


class FaultyLink:
    """Listens on a port of this machine and relays to another, as its mood has it."""

    def __init__(self, port: int, seed: int) -> None:
        self._target = ("127.0.0.1", port)
        self._draw = Random(seed)
        self._lock = threading.Lock()
        self._mood = CLEAN
        self.met: Counter[str] = Counter()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listening.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def become(self, mood: dict[str, int]) -> None:
        """Change the mood; connections that are open are cut, as when a network changes."""
        with self._lock:
            self._mood = mood
            open_now = list(self._open)
        for end in open_now:
            _shut(end)

    def close(self) -> None:
        """Listen no more."""
        _shut(self._listening)
        self._listening.close()
        self.become(DEAD)

    def _serve(self) -> None:
        while True:
            try:
                guest, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._guest, args=(guest,), daemon=True).start()

    def _fate(self) -> Fate:
        with self._lock:
            kind = self._draw.choices(list(self._mood), list(self._mood.values()))[0]
            self.met[kind] += 1
            return Fate(kind, self._draw.choice((0, 20, 200, 700, 3_000, 20_000)))

    def _guest(self, guest: socket.socket) -> None:
        fate = self._fate()
        with guest, suppress(OSError):
            self._hold(guest)
            try:
                self._treat(guest, fate)
            finally:
                self._let_go(guest)

    def _treat(self, guest: socket.socket, fate: Fate) -> None:
        if fate.kind in ("refuse", "drop"):
            guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not a farewell
        elif fate.kind in CANNED:
            guest.recv(PIECE_BYTES)
            guest.sendall(CANNED[fate.kind])
        elif fate.kind == "endless":
            guest.recv(PIECE_BYTES)
            guest.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-wayfold\r\n\r\n")
            for _ in range(ENDLESS_PIECES_MAX):
                guest.sendall(bytes(PIECE_BYTES))
        elif fate.kind == "half-open":
            guest.recv(PIECE_BYTES)
            time.sleep(HALF_OPEN_S)
        else:
            self._relay(guest, fate)

    def _relay(self, guest: socket.socket, fate: Fate) -> None:
        with socket.create_connection(self._target, 5) as server:
            self._hold(server)
            try:
                up = threading.Thread(target=self._pump, args=(guest, server, fate, "up"), daemon=True)
                up.start()
                self._pump(server, guest, fate, "down")
                up.join(30)
            finally:
                self._let_go(server)

    def _pump(self, source: socket.socket, sink: socket.socket, fate: Fate, way: str) -> None:
        """Carry one direction to its end, or to what the fate has for it."""
        passed = 0
        cuts = fate.kind == ("cut the request" if way == "up" else "cut the answer")
        flips = fate.kind == f"flip a bit {way}"
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                if fate.kind == "delay":
                    time.sleep(0.3)
                if cuts and passed + len(piece) > fate.after_bytes:
                    sink.sendall(piece[: fate.after_bytes - passed])
                    _shut(source)
                    break
                if flips and passed <= fate.after_bytes < passed + len(piece):
                    at = fate.after_bytes - passed
                    piece = piece[:at] + bytes((piece[at] ^ 4,)) + piece[at + 1 :]
                sink.sendall(piece)
                passed += len(piece)
        _shut(sink)

    def _hold(self, end: socket.socket) -> None:
        with self._lock:
            self._open.add(end)

    def _let_go(self, end: socket.socket) -> None:
        with self._lock:
            self._open.discard(end)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
