"""The guide takes an organiser with an empty folder to a rogaine and a city hunt: its commands run as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from served import wayfold

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "write-a-game.md"


def test_every_command_of_the_guide_runs_from_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = {}
    for line in re.findall(r"^wayfold (.*)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE):
        words = shlex.split(line)
        stored = ("--data", str(tmp_path / "hq")) if words[:2] != ["game", "new"] and words[1] != "check" else ()
        said[line] = wayfold(*words, *stored).stdout
    assert "no faults" in said["game check ridge"]
    assert "Every started minute over the limit costs 10 points." in said["game check ridge --briefing"]
    assert 'points = "code rounded down to 10"' in said["game check ridge --defaults"]
    assert "challenge R31: cannot be guessed" in said["game check firenze"]
    assert "next: wayfold game publish firenze" in said["game import firenze"]
    assert "published as game" in said["game publish firenze"]
