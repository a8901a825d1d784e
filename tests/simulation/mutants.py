"""`python -m tests.simulation.mutants`: plant every bug in a copy of the project, play worlds, and print who noticed.

What was found stands in `tests/simulation/caught.json`, mutant by mutant, so
that some can be hunted again, or further, without the others; the page
`docs/reference/mutants.md` is written from it. Exits with 1 where one of the
mutants that were hunted was caught by fewer than two seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypedDict

from .mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/reference/mutants.md"
CAUGHT = "tests/simulation/caught.json"
REST = "\n## "
"""Where the page's other sections begin, which stand as they are."""
PACKAGES = ("sync", "client_core", "server", "tests/simulation")
SEEDS_MAX = 1000
CAUGHT_MIN = 2


class Hunted(TypedDict):
    """What came of hunting a mutant: by seed the oracle that noticed it, and the last seed that was played."""

    seeds: dict[str, str]
    played: int


class Caught(NamedTuple):
    """A mutant, by seed the oracle that noticed it, and how many worlds were played."""

    mutation: Mutation
    oracle_by_seed: dict[int, str]
    played: int


def plant(root: Path, mutation: Mutation, folder: Path) -> None:
    """Copy the project and plant a bug. Raises `SystemExit` where an anchor is not there exactly once."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "assets")
        shutil.copytree(root / package, folder / package, ignore=ignored)
    for edit in mutation.edits:
        path = folder / edit.file
        text = path.read_text("utf-8")
        if (count := text.count(edit.anchor)) != 1:
            sys.exit(f"{mutation.name}: the anchor stands {count} times in {edit.file}:\n{edit.anchor}")
        path.write_text(text.replace(edit.anchor, edit.instead), "utf-8")


def hunt(root: Path, mutation: Mutation, first: int, last: int, until: int = CAUGHT_MIN) -> Caught:
    """Play worlds with a planted bug until so many seeds have noticed it."""
    with tempfile.TemporaryDirectory(prefix="wayfold-mutant-") as name:
        folder = Path(name)
        plant(root, mutation, folder)
        report = folder / "report.json"
        command = [sys.executable, "-m", "tests.simulation", "--seeds", f"{first}..{last}", "--report", str(report)]
        command += ["--until", str(until)]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(folder)}
        subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)
        told = json.loads(report.read_text()) if report.exists() else {"failures": [], "worlds": 0}
    noticed = {f["seed"]: f["oracle"] for f in told["failures"] if is_sound(root, f["seed"])}
    return Caught(mutation, noticed, told["worlds"])


@cache
def is_sound(root: Path, seed: int) -> bool:
    """Whether a world breaks no oracle with the project as it is: one that does proves nothing of a mutant."""
    command = [sys.executable, "-m", "tests.simulation", "--seeds", str(seed), "--until", "1"]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(root)}
    return subprocess.run(command, cwd=root, env=environment, check=False, capture_output=True).returncode == 0


def page(known: Mapping[str, Hunted]) -> str:
    """The table as a page of the reference."""
    lines = [
        "# Mutants",
        "",
        "Bugs that were planted in a copy of the core, one at a time, to see whether the [simulator](simulation.md)",
        "notices: which oracle did, with which seeds, and how far up from seed 1 it was looked for. Made by",
        "`python -m tests.simulation.mutants`; `make test` hunts one of them anew a day. A seed names a world only as",
        "long as the list of faults stays as it is.",
        "",
        "| mutant | what its author believed | oracle | first seed | second seed | looked up to |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for mutation in MUTATIONS:
        hunted = known.get(mutation.name, Hunted(seeds={}, played=0))
        nobody = "**nobody yet**" if hunted["played"] else "not hunted since worlds changed"
        oracles = ", ".join(dict.fromkeys(hunted["seeds"].values())) or nobody
        first, second = [*sorted(map(int, hunted["seeds"])), "", ""][:CAUGHT_MIN]
        cells = (mutation.name, mutation.belief, oracles, first, second, hunted["played"])
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def written(known: Mapping[str, Hunted], before: str) -> str:
    """The whole page: the table anew, the sections behind it as they were."""
    return page(known) + "".join(before.partition(REST)[1:])


def main(arguments: Sequence[str]) -> int:
    """Hunt all, or the named ones."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants")
    parser.add_argument("names", nargs="*", help="mutants by name; all where none is given")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds-max", type=int, default=SEEDS_MAX)
    parser.add_argument("--on", action="store_true", help="go on behind the last seed that was played")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project to plant in")
    asked = parser.parse_args(arguments)
    chosen = [m for m in MUTATIONS if not asked.names or m.name in asked.names]
    known: dict[str, Hunted] = json.loads((ROOT / CAUGHT).read_text("utf-8"))
    begun = {m.name: known[m.name] if asked.on and m.name in known else Hunted(seeds={}, played=0) for m in chosen}
    wanted = [m for m in chosen if len(begun[m.name]["seeds"]) < CAUGHT_MIN]

    def hunted(mutation: Mutation) -> Caught:
        before = begun[mutation.name]
        lacking = CAUGHT_MIN - len(before["seeds"])
        return hunt(asked.root, mutation, before["played"] + 1, asked.seeds_max, lacking)

    with ThreadPoolExecutor(asked.jobs) as pool:
        for done in as_completed([pool.submit(hunted, mutation) for mutation in wanted]):
            found = done.result()
            before = begun[found.mutation.name]
            seeds = before["seeds"] | {str(seed): oracle for seed, oracle in found.oracle_by_seed.items()}
            known[found.mutation.name] = begun[found.mutation.name] = Hunted(
                seeds=seeds, played=before["played"] + found.played
            )
            print(f"{found.mutation.name}: {seeds} in {before['played'] + found.played} worlds", flush=True)
            (ROOT / CAUGHT).write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")
    (ROOT / PAGE).write_text(written(known, (ROOT / PAGE).read_text("utf-8")), "utf-8")
    return int(any(len(begun[m.name]["seeds"]) < CAUGHT_MIN for m in chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
