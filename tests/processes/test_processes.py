"""Real servers and devices under every fault for a short while; `python -m tests.processes` goes on for longer."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tests.processes.__main__ import told
from tests.processes.venue import Venue

MINUTES = 0.25


def test_what_users_were_told_is_at_hq_and_everybody_folds_the_same(tmp_path: Path) -> None:
    seed = int(os.environ.get("WAYFOLD_TEST_SEED") or secrets.randbelow(10**6))
    print(f"WAYFOLD_TEST_SEED={seed}")
    outcome = Venue(tmp_path, seed, print).run(MINUTES)
    told(outcome)
    assert outcome.broken == []
    assert outcome.acknowledged > 5
    assert outcome.acknowledged <= outcome.events
    assert sum(outcome.links.values()) > outcome.links["relay"], "no link misbehaved"
