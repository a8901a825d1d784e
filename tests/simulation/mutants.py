"""`python -m tests.simulation.mutants`: plant every bug in a copy of the project, play worlds, and print who noticed.

Writes `docs/reference/mutants.md`. Exits with 1 where a mutant was caught by
fewer than two seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from .mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/reference/mutants.md"
RULE_BOOK = "## Mutants of the rule book"
"""Where the page's other section begins, which `tests.rule_mutants` writes."""
PACKAGES = ("sync", "client_core", "server", "tests/simulation")
SEEDS_MAX = 1000
CAUGHT_MIN = 2


class Caught(NamedTuple):
    """A mutant, and by seed the oracle that noticed it."""

    mutation: Mutation
    oracle_by_seed: dict[int, str]
    played: int


def plant(root: Path, mutation: Mutation, folder: Path) -> None:
    """Copy the project and plant a bug. Raises `SystemExit` where an anchor is not there exactly once."""
    for package in PACKAGES:
        shutil.copytree(root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in mutation.edits:
        path = folder / edit.file
        text = path.read_text("utf-8")
        if (count := text.count(edit.anchor)) != 1:
            sys.exit(f"{mutation.name}: the anchor stands {count} times in {edit.file}:\n{edit.anchor}")
        path.write_text(text.replace(edit.anchor, edit.instead), "utf-8")


def hunt(root: Path, mutation: Mutation, seeds_max: int) -> Caught:
    """Play worlds with a planted bug until two seeds have noticed it."""
    with tempfile.TemporaryDirectory(prefix="wayfold-mutant-") as name:
        folder = Path(name)
        plant(root, mutation, folder)
        report = folder / "report.json"
        command = [sys.executable, "-m", "tests.simulation", "--seeds", f"1..{seeds_max}", "--report", str(report)]
        command += ["--until", str(CAUGHT_MIN)]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(folder)}
        subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)
        told = json.loads(report.read_text()) if report.exists() else {"failures": [], "worlds": 0}
    return Caught(mutation, {f["seed"]: f["oracle"] for f in told["failures"]}, told["worlds"])


def page(found: Sequence[Caught]) -> str:
    """The table as a page of the reference."""
    lines = [
        "# Mutants",
        "",
        "Bugs that were planted in a copy of the core, one at a time, to see whether the [simulator](simulation.md)",
        "notices: which oracle did, and with which seeds. Made by `python -m tests.simulation.mutants`.",
        "",
        "| mutant | what its author believed | oracle | seeds | worlds played |",
        "| --- | --- | --- | --- | --- |",
    ]
    for caught in found:
        oracles = ", ".join(dict.fromkeys(caught.oracle_by_seed.values())) or "**nobody**"
        seeds = ", ".join(map(str, caught.oracle_by_seed))
        lines.append(f"| {caught.mutation.name} | {caught.mutation.belief} | {oracles} | {seeds} | {caught.played} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Hunt all, or the named ones (then no page is written)."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants")
    parser.add_argument("names", nargs="*", help="mutants by name; all where none is given")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds-max", type=int, default=SEEDS_MAX)
    parser.add_argument("--root", type=Path, default=ROOT, help="the project to plant in")
    asked = parser.parse_args(arguments)
    chosen = [m for m in MUTATIONS if not asked.names or m.name in asked.names]
    with ThreadPoolExecutor(asked.jobs) as pool:
        found = []
        for caught in pool.map(lambda mutation: hunt(asked.root, mutation, asked.seeds_max), chosen):
            print(f"{caught.mutation.name}: {caught.oracle_by_seed} in {caught.played} worlds", flush=True)
            found.append(caught)
    if not asked.names:
        kept = (ROOT / PAGE).read_text("utf-8").partition(RULE_BOOK)
        (ROOT / PAGE).write_text(page(found).rstrip() + "\n\n" + "".join(kept[1:]), "utf-8")
    return int(any(len(caught.oracle_by_seed) < CAUGHT_MIN for caught in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
