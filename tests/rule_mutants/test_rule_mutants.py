"""Every planted bug has its place in the rule book as it is; some are planted in every run, and noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HUNT = """
import sys
from tests.rule_mutants.hunting import hunt, plant
from tests.rule_mutants.planted import BUGS
caught = hunt(BUGS[int(sys.argv[1])], 40)
print(len(caught.cases), len(caught.laws))
"""
PLACES = """
from pathlib import Path
from tests.rule_mutants.hunting import ROOT
from tests.rule_mutants.planted import BUGS
wrong = [b.belief for b in BUGS if (ROOT / "client_core/game" / f"{b.module}.py").read_text().count(b.anchor) != 1]
print(len(BUGS), wrong)
"""


def run(program: str, *arguments: str) -> str:
    """In a Python of its own, for this folder is no package for tests."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_bug_has_its_place_in_the_rule_book() -> None:
    count, wrong = run(PLACES).split(" ", 1)
    assert wrong.strip() == "[]"
    assert int(count) >= 20


@pytest.mark.parametrize("number", [0, 9, 32])
def test_a_planted_bug_is_noticed(number: int) -> None:
    cases, laws = map(int, run(HUNT, str(number)).split())
    assert cases + laws > 0
