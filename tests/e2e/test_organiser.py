"""An organiser who has only the guide writes a city hunt and a rogaine, rehearses, runs, decides and finalises."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from newcomer import ROOT, Newcomer, blocks_of, commands_of

GUIDE = ROOT / "docs" / "guides" / "write-a-game.md"


@pytest.fixture
def organiser(tmp_path: Path) -> Iterator[Newcomer]:
    someone = Newcomer(tmp_path)
    try:
        yield someone
    finally:
        someone.leave()


def write_the_day(game: Path) -> None:
    """What the guide asks for: the organiser's own day, here one that began a minute ago."""
    began = (datetime.now(UTC) - timedelta(minutes=1)).astimezone(ZoneInfo("Europe/Rome")).replace(tzinfo=None)
    toml = (game / "game.toml").read_text()
    (game / "game.toml").write_text(re.sub(r"start = \S+", f"start = {began.isoformat('T', 'seconds')}", toml))


def test_the_guide_alone_leads_from_an_empty_folder_to_two_final_results(organiser: Newcomer) -> None:
    (table,) = blocks_of(GUIDE, "csv")
    (organiser.folder / "teams.csv").write_text(table)
    said: dict[str, str] = {}
    for line in commands_of(GUIDE):
        if line.startswith("python -m client_core check-in 31"):
            organiser.leave()  # the teams are out of reach of any network from here on
        if line == "python -m client_core sync --store foxes.db":
            organiser.type("wayfold serve --port 8000")
        said[line] = organiser.type(line)
        if line.startswith("wayfold game new") and "--preset" in line:
            write_the_day(organiser.folder / line.split()[3])
        if line == "wayfold game import firenze":
            with (organiser.folder / "firenze" / "secrets.csv").open() as secrets:
                organiser.codes["SECRET-OF-31"] = next(
                    r["secret"] for r in csv.DictReader(secrets) if r["code"] == "31"
                )
    assert "firenze: 4 checkpoints, 2 challenges, no faults" in said["wayfold game check firenze"]
    assert "Every started minute over the limit costs 5 points." in said["wayfold game check firenze --briefing"]
    assert 'fence = "city"' in said["wayfold game check firenze --defaults"]
    assert "50 teams, seed 1" in said["wayfold game simulate firenze"]
    assert ranking(said["wayfold standings firenze-rehearsal"]) == [("1", "Testers", "20")]
    assert ranking(said["wayfold standings firenze"]) == [("1", "Foxes", "40"), ("2", "Owls", "10")]
    explained = said["wayfold explain firenze Foxes"]
    assert "30 points - 0 penalties = 30" in explained
    assert said["wayfold finalise firenze"].startswith("final, number 0: 2 teams")
    final = list(csv.DictReader(said["wayfold standings firenze --format csv"].splitlines()))
    assert [(row["team"], row["score"]) for row in final] == [("Foxes", "30"), ("Owls", "15")]
    assert "2 new teams, 0 changed teams and 4 members written" in said["wayfold game teams ridge teams.csv"]
    assert ranking(said["wayfold standings ridge"])[0] == ("1", "Ridge Runners", "60")
    assert "did_not_finish" in said["wayfold standings ridge"]
    assert "no faults" in said["wayfold game check riddles"]
    assert {"firenze-checkpoints.html", "firenze-join.html", "ridge-teams.html"} <= {
        path.name for path in organiser.folder.iterdir()
    }


def ranking(table: str) -> list[tuple[str, str, str]]:
    """Place, team and score of the rows of a printed table."""
    rows = [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()]
    return [(row[0], row[2], row[3]) for row in rows if len(row) > 5 and row[1].isdigit()]


def test_a_rogaine_is_twelve_lines_and_a_city_hunt_twenty(organiser: Newcomer) -> None:
    for preset, most in (("rogaine", 12), ("city-hunt", 20)):
        organiser.type(f"wayfold game new {preset} --preset {preset}")
        lines = (organiser.folder / preset / "game.toml").read_text().splitlines()
        assert len(lines) <= most
    shown = next(block for block in blocks_of(GUIDE, "toml") if 'preset = "city-hunt"' in block)
    keys = {line.split("#")[0].split("=")[0].strip() for line in shown.splitlines()}
    written = (organiser.folder / "city-hunt" / "game.toml").read_text()
    assert all(key in written for key in keys), "the page shows what the command writes"
