"""Running worlds: one seed from its files to its verdict, many seeds in processes, a failing one with fewer faults."""

from __future__ import annotations

import gc
import logging
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterable, Sequence
from multiprocessing.util import Finalize
from pathlib import Path
from random import Random

import msgspec

from . import link_faults, node_faults, organising, plan
from .calm import calm_down
from .clocks import WorldLoop
from .model import RESUMES, Broken
from .playing import begin
from .start import make_start
from .striking import FAULTS
from .world import World, seeded_bytes, virtual

assert link_faults
assert node_faults
assert organising
STATES_BY_FAULT = {name: fault.states for name, fault in FAULTS.items()}


class Outcome(msgspec.Struct):
    """What became of one world."""

    seed: int
    oracle: str = ""
    detail: str = ""
    events: int = 0
    sessions: int = 0
    strikes: dict[str, int] = {}
    took_s: float = 0.0
    trace: list[str] = []
    plan: list[str] = []


class Worlds:
    """Runs worlds one after another in this process; their files live in memory where the machine has such a place."""

    def __init__(self) -> None:
        shared = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="wayfold-worlds-", dir=shared if shared.is_dir() else None))
        Finalize(self, self.close_folder, (self._folder,), exitpriority=1)  # at the end of a pool's process too
        self._start = self._folder / "start"
        self._start.mkdir()
        logging.getLogger("wayfold").addHandler(logging.NullHandler())
        logging.getLogger("wayfold").propagate = False
        loop = WorldLoop()
        with seeded_bytes(Random("start")):
            make_start(self._start, loop)
        loop.close()
        gc.freeze()  # what is there now is there for good: a world's rubbish is looked for once, when it is over
        gc.disable()

    def close(self) -> None:
        """Remove every file."""
        self.close_folder(self._folder)

    @staticmethod
    def close_folder(folder: Path) -> None:
        """Remove what may be left of a folder."""
        shutil.rmtree(folder, ignore_errors=True)

    def run(self, seed: int, faults: Sequence[str] = (), without: Sequence[int] = ()) -> Outcome:
        """Play one world; `without` leaves out strikes by number."""
        strikes = [s for s in plan.draw(seed, STATES_BY_FAULT, faults) if s.number not in without]
        folder = self._folder / f"world-{seed}"
        folder.mkdir()
        began = time.process_time()
        world = World(seed, strikes, self._start, folder)
        outcome = Outcome(seed, plan=[str(strike) for strike in strikes])
        handler = _Errors(world.errors)
        logging.getLogger("wayfold").addHandler(handler)
        try:
            with virtual(world):
                world.open()
                try:
                    begin(world)
                    world.pass_time(plan.GAME_MS)
                    calm_down(world)
                except Broken as broken:
                    outcome.oracle, outcome.detail = broken.oracle, broken.detail
                except Exception as error:  # noqa: BLE001  # whatever the code under test raises is a finding
                    outcome.oracle, outcome.detail = RESUMES, f"{type(error).__name__}: {error}"
                    world.trace += traceback.format_exc().splitlines()
                world.close()
        finally:
            logging.getLogger("wayfold").removeHandler(handler)
            shutil.rmtree(folder, ignore_errors=True)
        gc.collect()
        outcome.events, outcome.sessions = len(world.model.written), world.sessions
        outcome.strikes = {f"{fault}/{state}": n for (fault, state), n in world.strikes_by_cell.items()}
        outcome.trace = world.trace + world.errors
        outcome.took_s = time.process_time() - began
        return outcome


class _Errors(logging.Handler):
    """What the code under test logs as an error, for the trace."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines += self.format(record).splitlines()


_here: list[Worlds] = []
"""This process's worlds: their files of the start are made once."""


def play(seeds: Iterable[int], faults: Sequence[str] = (), without: Sequence[int] = ()) -> list[Outcome]:
    """Play some worlds in this process; what a pool's process is given to do."""
    if not _here:
        _here.append(Worlds())
    return [_here[0].run(seed, faults, without) for seed in seeds]
