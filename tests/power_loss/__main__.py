"""`python -m tests.power_loss --minutes N --seed S`: break both stores' files until the time is up.

Ends with 1 where one gives way, and names the seed.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from tests.power_loss.copying import writing
from tests.power_loss.reopening import Lost, Reopened, reopen_all
from tests.power_loss.stores import STORES

INSTANTS_A_WRITER, CUTS = 12, 8


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.power_loss", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    until, seed = time.monotonic() + options.minutes * 60, options.seed
    instants, total = 0, Reopened(0, 0)
    print(f"from seed {seed}", flush=True)
    while time.monotonic() < until:
        try:
            found = one_writer(seed)
        except Lost as lost:
            print(f"seed {seed}: {lost}")
            return 1
        instants, total = instants + INSTANTS_A_WRITER, Reopened(*map(sum, zip(total, found, strict=True)))
        seed += 1
    print(f"{instants} instants to seed {seed - 1}, {total.breaks} breaks, {total.lied} of them of a disk that lied")
    print("nothing acknowledged was lost")
    return 0


def one_writer(seed: int) -> Reopened:
    """One writer of a kind and a checkpoint's distance that the seed chooses; raises `Lost`."""
    kind, pages = sorted(STORES)[seed % 2], (25, 60, 250, 1000)[seed // 2 % 4]
    draw, older, total = Random(seed), b"", Reopened(0, 0)
    with (
        tempfile.TemporaryDirectory() as folder,
        writing(kind, STORES[kind], Path(folder) / "written", seed, pages) as running,
    ):
        for _ in range(INSTANTS_A_WRITER):
            running.wait_for(draw.randint(1, 60))
            instant = running.instant()
            found = reopen_all(kind, STORES[kind], instant, older, Path(folder) / "again", draw, CUTS)
            total = Reopened(*map(sum, zip(total, found, strict=True)))
            older = instant.log
    return total


if __name__ == "__main__":
    sys.exit(main())
