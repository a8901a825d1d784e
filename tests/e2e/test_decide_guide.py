"""The guide to decisions, typed as it stands: every command does what the page says of it."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import served
from loopback import CODES, LAT, START_MS, lon_of
from newcomer import ROOT, blocks_of, commands_of
from served import Device, found_tenant, served_here, wayfold

from client_core.game.statuses import Status
from server.cli.decide import decide

GUIDE = ROOT / "docs" / "guides" / "decide.md"
MINUTE_MS = 60_000


@pytest.fixture
def staff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the game of the guide: Owls had A, B and, too late to be known, C on a track; Foxes A and D."""
    code = found_tenant(tmp_path / "wayfold-data")
    with served_here(tmp_path / "wayfold-data") as client:
        for name, visits in (("Owls", {"A": 2, "B": 10, "D": 40}), ("Foxes", {"A": 5, "D": 9})):
            device = Device(client, name).join(code)
            for place, at in visits.items():
                device.check_in(place, START_MS + at * MINUTE_MS)
            device.sync()
    (tmp_path / "jury.csv").write_text(blocks_of(GUIDE, "csv")[0])
    (tmp_path / "tracks").mkdir()
    at = datetime.fromtimestamp(START_MS / 1000 + 1500, UTC).isoformat()
    point = f'<trkpt lon="{lon_of(CODES.index("C"))}" lat="{LAT}"><time>{at}</time></trkpt>'
    (tmp_path / "tracks" / "Owls.gpx").write_text(f"<gpx><trk><trkseg>{point}</trkseg></trk></gpx>")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def say(*command: str) -> Any:
    return json.loads(wayfold(*command, "--json").stdout)


def lines() -> dict[str, tuple[int, str]]:
    return {one["name"]: (one["score"], one["status"]) for one in say("standings", "park")["leaderboard"]["teams"]}


def test_every_command_of_the_guide_does_what_the_page_says(staff: Path) -> None:
    assert lines() == {"Owls": (30, Status.ACTIVE), "Foxes": (20, Status.ACTIVE)}
    said: dict[str, str] = {}
    after: dict[str, dict[str, tuple[int, str]]] = {}
    for line in commands_of(GUIDE):
        decided = [one["id"] for one in say("decide", "list", "park")]
        keys = [one["key"] for one in say("device", "list", "park") if one["team"] == "Owls"]
        typed = line.replace("DECISION", decided[-1][:12] if decided else "").replace("DEVICE", keys[0][:12])
        program, *arguments = shlex.split(typed)
        assert program == "wayfold"
        said[line] = wayfold(*arguments).stdout
        after[line] = lines()
    steps = list(after)

    def step(beginning: str) -> dict[str, tuple[int, str]]:
        return after[next(one for one in steps if one.startswith(beginning))]

    assert "nothing was written" in next(iter(said.values()))
    assert step('wayfold decide void park B --reason "stolen at noon" --dry-run')["Owls"][0] == 30
    assert after[steps[1]]["Owls"][0] == 20
    assert step("wayfold decide grant")["Owls"][0] == 30
    assert step("wayfold decide take")["Foxes"][0] == 10
    assert step("wayfold decide points")["Foxes"][0] == 0
    assert step("wayfold decide status")["Foxes"] == (0, Status.DISQUALIFIED)
    assert "status disqualified for 2 Foxes" in said["wayfold decide list park"]
    assert step("wayfold decide undo")["Foxes"] == (0, Status.ACTIVE)
    assert step("wayfold decide move-device")["Owls"] == (20, Status.ACTIVE)
    assert "would be written" in said["wayfold decide import park jury.csv"]
    assert step("wayfold decide import park jury.csv --undo --write") == step("wayfold decide move-device")
    assert (staff / "c.csv").is_file()
    assert (staff / "near.csv").is_file()
    assert served.DRAFT.name in say("standings", "park")["leaderboard"]["name"]


def test_every_decision_there_is_stands_in_the_guide() -> None:
    page = GUIDE.read_text(encoding="utf-8")
    assert [word for word in decide.commands if f"`{word}`" not in page and f"decide {word}" not in page] == []
