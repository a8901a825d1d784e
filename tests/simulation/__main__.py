"""`python -m tests.simulation --seeds A..B`: play worlds, count what struck them, and show how one broke.

Exits with 1 where an oracle broke, with 3 where a fault met a state too seldom
(from 1,000 seeds on), with 2 for arguments that make no sense.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from .report import Report
from .running import STATES_BY_FAULT, Outcome, Worlds, play
from .shrinking import shrink

CHUNK_SEEDS = 8
TRACE_LINES = 60


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for."""
    asked = _parse(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of bytes are walked in the same order only under a fixed seed
        command = [sys.executable, "-m", "tests.simulation", *arguments]
        return subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, check=False).returncode
    first, last = asked.seeds
    report = Report(first, last, asked.faults)
    began = time.monotonic()
    for outcome in _outcomes(asked):
        report.add(outcome)
        if outcome.oracle:
            print(f"seed {outcome.seed}: {outcome.oracle}: {outcome.detail}", flush=True)
            if len(report.failures) == asked.until:
                break
    print(report.table())
    print(report.summary())
    print(f"{time.monotonic() - began:.0f} s by the wall")
    if asked.report:
        report.write(asked.report)
    if report.failures and not asked.until:
        _explain(asked, report.failures[0])
    if report.failures:
        return 1
    return 3 if report.thin_cells() and not asked.without else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    def seeds(text: str) -> tuple[int, int]:
        first, _, last = text.partition("..")
        return int(first), int(last or first)

    def names(text: str) -> list[str]:
        found = [name for name in text.split(",") if name]
        if unknown := [name for name in found if name not in STATES_BY_FAULT]:
            raise argparse.ArgumentTypeError(
                f"no such fault: {', '.join(unknown)}; there are {', '.join(STATES_BY_FAULT)}"
            )
        return found

    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Play simulated worlds.")
    parser.add_argument("--seeds", type=seeds, required=True, metavar="A..B", help="the first and the last seed")
    parser.add_argument("--faults", type=names, default=[], metavar="NAME,...", help="only these faults")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the counts as JSON")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--until", type=int, default=0, metavar="N", help="stop after N failures, explain none")
    parser.add_argument("--without", default="", metavar="N,...", help="leave out strikes by number (one seed)")
    parser.add_argument("--trace", action="store_true", help="print the whole trace (one seed)")
    asked = parser.parse_args(arguments)
    asked.without = [int(number) for number in asked.without.split(",") if number]
    if asked.seeds[0] > asked.seeds[1] or ((asked.without or asked.trace) and asked.seeds[0] != asked.seeds[1]):
        parser.error("--seeds goes upward; --without and --trace are for one seed")
    return asked


def _outcomes(asked: argparse.Namespace) -> Iterator[Outcome]:
    first, last = asked.seeds
    chunks = [range(at, min(at + CHUNK_SEEDS, last + 1)) for at in range(first, last + 1, CHUNK_SEEDS)]
    if asked.jobs <= 1:
        for seed in range(first, last + 1):
            yield from play((seed,), asked.faults, asked.without)
        return
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(play, chunk, asked.faults, asked.without) for chunk in chunks]:
            yield from future.result()


def _explain(asked: argparse.Namespace, failed: Outcome) -> None:
    """How the first failure came about, with as few strikes as it takes, and how to see it again."""
    worlds = Worlds()
    smallest, without = shrink(worlds, failed, asked.faults) if not asked.without else (failed, asked.without)
    worlds.close()
    lines = smallest.trace if asked.trace else smallest.trace[-TRACE_LINES:]
    print(f"\nThe end of the trace of seed {smallest.seed}:", *lines, sep="\n  ")
    print("\nStrikes it takes:", *smallest.plan, sep="\n  ")
    print(f"\nseed {smallest.seed}: {smallest.oracle}: {smallest.detail}\n\nSee it again, with the whole trace:")
    narrowed = f" --faults {','.join(asked.faults)}" if asked.faults else ""
    left_out = f" --without {','.join(map(str, without))}" if without else ""
    print(f"  python -m tests.simulation --seeds {smallest.seed}{narrowed}{left_out} --trace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
