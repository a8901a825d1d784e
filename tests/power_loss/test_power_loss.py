"""The power goes at any moment: whatever was acknowledged is there, and the store goes on."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from random import Random

import pytest

from tests.power_loss.copying import writing
from tests.power_loss.reopening import Reopened, reopen_all
from tests.power_loss.stores import STORES

INSTANTS, CUTS = 3, 4


@pytest.mark.parametrize("checkpoint_pages", [40, 1000])
@pytest.mark.parametrize("kind", sorted(STORES))
def test_every_acknowledged_event_is_there_whatever_is_left_of_the_log(
    kind: str, checkpoint_pages: int, tmp_path: Path
) -> None:
    seed = int(os.environ.get("WAYFOLD_TEST_SEED") or secrets.randbelow(10**6))
    print(f"WAYFOLD_TEST_SEED={seed}")
    draw, store = Random(seed), STORES[kind]
    total = Reopened(0, 0)
    older = b""
    with writing(kind, store, tmp_path / "written", seed, checkpoint_pages) as running:
        for _ in range(INSTANTS):
            running.wait_for(draw.randint(1, 40))
            instant = running.instant()
            found = reopen_all(kind, store, instant, older, tmp_path / "again", draw, CUTS)
            total = Reopened(total.breaks + found.breaks, total.lied + found.lied)
            older = instant.log
        assert len(running.acknowledged()) > INSTANTS
    assert total.breaks >= 4 * INSTANTS
