"""Folding teams in a process beside the event loop.

When many teams have sent something at once (the venue's network is back, a
server starts), folding their scores is the longest work there is, and it needs
nothing but events. A node with a core to spare hires a process that folds some
of the teams while the loop folds others. It is told the game's package and what
its own streams say once, and a piece of teams with their events at a time.
Without it, and when it dies or hangs, every team is folded in the loop: slower,
and with the same results.
"""

from __future__ import annotations

import logging
import pickle
import select
import socket
from collections.abc import Callable, Iterable, Sequence

import msgspec

from client_core.game.content import decode_package
from client_core.game.events import LoggedEvent
from client_core.game.results import TeamResult
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold
from client_core.game.teams import Register, read_register
from server.hired import framed, hire

WITHIN_S = 10.0
"""A piece comes back in a fraction of it; a process that takes longer hangs."""
LENGTH_BYTES = 4
"""Before each answer."""

log = logging.getLogger("wayfold.folder")


class Question(msgspec.Struct, array_like=True):
    """Teams to fold, each by its id with the events about it; the game only where it is not the one told last."""

    package: bytes | None
    said: list[LoggedEvent]
    """What the game's own streams say."""
    teams: list[tuple[bytes, list[LoggedEvent]]]


class Asked:
    """A piece that is away. `results` is None until it is done, and for ever where nobody folded it."""

    __slots__ = ("is_done", "results")

    def __init__(self) -> None:
        self.is_done = False
        self.results: list[TeamResult] | None = None


class Folder:
    """Folds nothing until a process is hired. Its calls come from one thread, and at most one piece is away."""

    def __init__(self, link: socket.socket | None = None) -> None:
        self._link = link
        self._away: Asked | None = None
        self._register: Register | None = None
        """What the process was told last."""

    @classmethod
    def hired(cls) -> Folder:
        """One with a process, where that helps. Call before any thread or event loop is started: it forks."""
        link = hire(_Hand().answer)
        if link is not None:
            link.settimeout(WITHIN_S)
        return cls(link)

    @property
    def is_free(self) -> bool:
        """Whether a piece can be asked for."""
        if self._away is not None:
            self._receive(0.0)
        return self._link is not None and self._away is None

    def ask(
        self,
        package: bytes,
        register: Register,
        said: Callable[[], Iterable[LoggedEvent]],
        teams: Sequence[tuple[bytes, list[LoggedEvent]]],
    ) -> Asked:
        """Have a piece folded by the rules of a package and a register, which was read from what `said` gives."""
        assert self._link is not None
        assert self._away is None
        known, self._register = register is self._register, register
        question = Question(None if known else package, [] if known else list(said()), list(teams))
        asked = self._away = Asked()
        try:
            self._link.sendall(framed(msgspec.msgpack.encode(question)))
        except OSError:
            self._lost()
        return asked

    def wait(self, asked: Asked) -> None:
        """Return when a piece is done or nobody will fold it."""
        if not asked.is_done:
            self._receive(WITHIN_S)
        if not asked.is_done:
            self._lost()

    def close(self) -> None:
        """Let the process go."""
        if self._away is not None:
            self._away.is_done = True
        self._away = None
        if self._link is not None:
            self._link.close()
        self._link = None

    def _receive(self, within_s: float) -> None:
        """Take in the answer to what is away, if it begins to come within that time."""
        if self._link is None or self._away is None or not select.select([self._link], [], [], within_s)[0]:
            return
        try:
            results = self._read(self._read_length())
        except OSError:
            self._lost()
            return
        self._away.results, self._away.is_done = pickle.loads(results), True  # noqa: S301 - from our own process
        self._away = None

    def _read_length(self) -> int:
        return int.from_bytes(self._read(LENGTH_BYTES), "big")

    def _read(self, size: int) -> bytes:
        assert self._link is not None
        received = bytearray()
        while len(received) < size:
            part = self._link.recv(size - len(received))
            if not part:
                raise ConnectionResetError
            received += part
        return bytes(received)

    def _lost(self) -> None:
        log.warning("the process that folds scores is gone or hangs; they are folded in the event loop")
        self.close()


class _Hand:
    """The hired process's own state: the game it was told last."""

    def __init__(self) -> None:
        self._decoder = msgspec.msgpack.Decoder(Question)
        self._rules: Rules | None = None
        self._register = Register()

    def answer(self, question: bytes) -> bytes:
        results: list[TeamResult] | None
        try:
            results = self._fold(self._decoder.decode(question))
        except Exception:  # noqa: BLE001 - the loop folds them then, and says in the log what is wrong
            results = None
        told = pickle.dumps(results, pickle.HIGHEST_PROTOCOL)
        return len(told).to_bytes(LENGTH_BYTES, "big") + told

    def _fold(self, asked: Question) -> list[TeamResult]:
        if asked.package is not None:
            self._rules = compile_rules(decode_package(asked.package))
            self._register = read_register(self._rules, asked.said)
        rules, register = self._rules, self._register
        assert rules is not None
        return [fold(rules, register.teams[team], events, register, keep_judged=False) for team, events in asked.teams]
