"""A slice of fresh worlds in every test run, and every world that ever failed; seeds are printed, and can be set."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLICES = 4
SEEDS_IN_SLICE = 3
FIRST_SEED = int(os.environ.get("WAYFOLD_SIMULATION_SEED") or time.time_ns() // 1_000_000_000)
"""Of the fresh worlds: the time in seconds, so that no two runs play the same; or as the variable says."""
CAUGHT = Path(__file__).with_name("caught.json")
EASY_SEEDS = 8
KNOWN = [
    int(line.split()[0])
    for line in Path(__file__).with_name("failed_seeds.txt").read_text().splitlines()
    if line[0] != "#"
]


def play(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the simulator as people do."""
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("part", range(SLICES))
def test_fresh_worlds_break_no_oracle(part: int) -> None:
    first = FIRST_SEED // SLICES * SLICES + part * SEEDS_IN_SLICE
    seeds = f"{first}..{first + SEEDS_IN_SLICE - 1}"
    print(f"seeds {seeds}; again with WAYFOLD_SIMULATION_SEED={FIRST_SEED}")
    played = play("--seeds", seeds)
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize("seed", KNOWN)
def test_a_world_that_once_failed_is_sound(seed: int) -> None:
    played = play("--seeds", str(seed))
    assert played.returncode == 0, played.stdout + played.stderr


def test_a_seed_gives_the_same_world_every_time(tmp_path: Path) -> None:
    reports = []
    for number in range(2):
        path = tmp_path / f"{number}.json"
        assert play("--seeds", "7", "--report", str(path)).returncode == 0
        reports.append(json.loads(path.read_text()) | {"cpu_s": 0})
    assert reports[0] == reports[1]
    assert reports[0]["events"] > 200


def test_what_makes_no_sense_is_said_with_what_there_is() -> None:
    played = play("--seeds", "1", "--faults", "earthquake")
    assert played.returncode == 2
    assert "no such fault: earthquake" in played.stderr
    assert "torn_write" in played.stderr


def test_every_anchor_of_a_mutant_stands_in_the_code_exactly_once() -> None:
    code = "from tests.simulation.mutations import MUTATIONS as m; import json; print(json.dumps(m))"
    listed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    mutations = json.loads(listed.stdout)
    assert len(mutations) >= 20
    wrong = [
        (name, file, anchor)
        for name, _, edits in mutations
        for file, anchor, _ in edits
        if (ROOT / file).read_text("utf-8").count(anchor) != 1
    ]
    assert wrong == []


def test_the_mutant_whose_turn_it_is_today_is_noticed_again() -> None:
    """One a day of those that two of the first worlds noticed: hunted anew, whatever worlds those are by now."""
    known = json.loads(CAUGHT.read_text("utf-8"))
    easy = sorted(name for name, one in known.items() if len(one["seeds"]) >= 2 and one["played"] <= EASY_SEEDS)
    assert easy
    name = easy[FIRST_SEED // 86_400 % len(easy)]
    code = (
        "import sys; from tests.simulation.mutants import ROOT, hunt; from tests.simulation.mutations import MUTATIONS;"
        "found = hunt(ROOT, next(m for m in MUTATIONS if m.name == sys.argv[1]), 1, int(sys.argv[2]), 1);"
        "print(found.oracle_by_seed); sys.exit(not found.oracle_by_seed)"
    )
    words = [sys.executable, "-c", code, name, str(5 * EASY_SEEDS)]
    hunted = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"{name}: {hunted.stdout}")
    assert hunted.returncode == 0, f"{name} lives on in {5 * EASY_SEEDS} worlds: {hunted.stdout}{hunted.stderr}"


def test_the_page_of_mutants_says_what_was_found() -> None:
    code = (
        "import json; from tests.simulation.mutants import *;"
        "text = (ROOT / PAGE).read_text('utf-8');"
        "sys.exit(written(json.loads((ROOT / CAUGHT).read_text('utf-8')), text) != text)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, f"write it anew: python -m tests.simulation.mutants --on {told.stderr}"


def test_the_page_of_the_simulator_lists_every_fault() -> None:
    code = "from tests.simulation.running import STATES_BY_FAULT as s; print(*s)"
    listed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    text = (ROOT / "docs" / "reference" / "simulation.md").read_text("utf-8")
    assert set(listed.stdout.split()) == set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
