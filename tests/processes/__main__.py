"""`python -m tests.processes --minutes N --seed S`: real servers and devices, killed, paused and cut.

Ends with 1 where a promise broke.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from tests.processes.venue import Outcome, Venue


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.processes", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--keep", metavar="FOLDER", help="an empty folder for all files and logs")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.minutes:g} minutes", flush=True)
    if options.keep:
        Path(options.keep).mkdir(parents=True)
        return told(Venue(Path(options.keep), options.seed, print).run(options.minutes))
    with tempfile.TemporaryDirectory() as folder:
        return told(Venue(Path(folder), options.seed, print).run(options.minutes))


def told(outcome: Outcome) -> int:
    """Print what happened; the exit code."""
    kills = ", ".join(f"{name} {count}" for name, count in sorted(outcome.kills.items()))
    links = ", ".join(f"{kind} {count}" for kind, count in outcome.links.most_common())
    print(f"acknowledged check-ins: {outcome.acknowledged}; events at HQ: {outcome.events}")
    print(f"killed: {kills}; paused: {outcome.pauses}")
    print(f"connections: {links}")
    print(f"device commands: {outcome.commands}; sessions tried: {outcome.syncs}, whole: {outcome.synced}")
    print(f"settled in {outcome.settled_s:.1f} s; largest server: {outcome.memory_mib_max:.0f} MiB")
    for line in outcome.broken:
        print(f"BROKEN: {line}")
    print("every promise held" if not outcome.broken else "a promise broke")
    return int(bool(outcome.broken))


if __name__ == "__main__":
    sys.exit(main())
