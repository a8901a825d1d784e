"""Planting a bug in a copy of the rule book, and hearing what notices it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .planted import Bug

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "mutants.md"
BEGIN = "## Mutants of the rule book"
SEEDS = 60
"""Drawn games a law is asked about; a bug of the fold that breaks one breaks it often."""


class Caught(NamedTuple):
    """A bug, the cases that came out otherwise, and by law the first seed that broke it."""

    bug: Bug
    cases: list[str]
    laws: dict[str, int]


def plant(bug: Bug, folder: Path) -> None:
    """Copy what plays, and plant a bug. Raises `ValueError` where its anchor is not there exactly once."""
    shutil.copytree(ROOT / "client_core", folder / "client_core", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "client_core" / "game" / f"{bug.module}.py"
    text = path.read_text("utf-8")
    if (count := text.count(bug.anchor)) != 1:
        raise ValueError(f"{bug.belief}: the anchor stands {count} times in {bug.module}: {bug.anchor}")
    path.write_text(text.replace(bug.anchor, bug.instead), "utf-8")


def hunt(bug: Bug, seeds: int = SEEDS) -> Caught:
    """Plant a bug, and ask the tables and the laws."""
    with tempfile.TemporaryDirectory(prefix="wayfold-rule-mutant-") as name:
        folder = Path(name)
        plant(bug, folder)
        tests = ROOT / "tests"
        paths = (folder, tests / "rule_book", tests / "properties", ROOT)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, str(Path(__file__).with_name("judge.py")), str(seeds)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ValueError(f"{bug.belief}: the copy does not run:\n{done.stderr}")
        told = json.loads(done.stdout)
        if not told["of"].startswith(name):
            raise ValueError(f"{bug.belief}: another rule book was asked, {told['of']}")
        return Caught(bug, told["cases"], told["laws"])


def section(caught: Sequence[Caught]) -> str:
    """The section of the page."""
    lines = [
        BEGIN,
        "",
        "Bugs planted in a copy of `client_core/game`, one at a time, to see whether the [cases](rules.md) or the laws",
        "that drawn games keep notice. Made by `python -m tests.rule_mutants`; a few are planted in every test run.",
        "",
        "| what its author believed | where | cases that come out otherwise | laws broken |",
        "| --- | --- | --- | --- |",
    ]
    for one in caught:
        first = f"{len(one.cases)}, such as *{one.cases[0].replace('|', '/')}*" if one.cases else "none"
        laws = "; ".join(f"{law} (seed {seed})" for law, seed in one.laws.items()) or "none"
        lines.append(f"| {one.bug.belief} | `{one.bug.module}` | {first} | {laws} |")
    return "\n".join(lines) + "\n"
