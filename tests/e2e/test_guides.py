"""The guide's commands, typed as they stand on the page by somebody in an empty folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from newcomer import ROOT, Newcomer, commands_of

GUIDE = ROOT / "docs" / "guides" / "run-a-game.md"
CONTROLS = ROOT / "server" / "demo" / "data" / "highfield-2022" / "controls.geojson"


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    shutil.copy(CONTROLS, tmp_path / "park.geojson")
    someone = Newcomer(tmp_path)
    try:
        yield someone
    finally:
        someone.leave()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide hands a file in with curl")
def test_the_guides_commands_lead_from_an_empty_folder_to_the_leaderboard(newcomer: Newcomer) -> None:
    said = {line: newcomer.type(line) for line in commands_of(GUIDE)}
    assert len(said) >= 18
    standings = next(text for line, text in said.items() if line.startswith("wayfold standings"))
    assert ",Foxes,10,10,0," in standings
    explained = next(text for line, text in said.items() if line.startswith("wayfold explain"))
    assert "10 points - 0 penalties = 10" in explained
    page = httpx.get(f"http://127.0.0.1:{newcomer.ports['8000']}/acme/park", trust_env=False)
    assert "Foxes" in page.text
    assert (newcomer.folder / "edge" / "tenants").is_dir()
