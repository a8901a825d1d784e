"""`wayfold demo`, whole: real processes, real outages, a killed edge, and files that agree afterwards."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from server.demo.audit import broken_receipts, digests, read_store
from server.demo.rehearsal import rehearse

SECONDS_MAX = 60
"""From the first process to the last file read; other tests may run beside it. Idle, it takes about 35 s."""
COMMAND = (sys.executable, "-c", "from server.entry import main; raise SystemExit(main())", "demo")


class Run(NamedTuple):
    folder: Path
    outcome: dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("demo")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYFOLD_")}
    played = subprocess.run(
        [*COMMAND, "--json", "--keep", str(folder)],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-4000:]
    return Run(folder, json.loads(played.stdout))


def test_hq_and_edge_fold_the_same_game(run: Run) -> None:
    assert run.outcome["digests"]["hq"] == run.outcome["digests"]["edge"]
    assert len(run.outcome["digests"]["hq"]) == 64


def test_every_team_is_the_same_at_hq_at_the_edge_and_on_its_device(run: Run) -> None:
    teams = run.outcome["digests"]["teams"]
    assert len(teams) == 13
    for team, nodes in teams.items():
        assert set(nodes) == {"hq", "edge", "device"}
        assert len(set(nodes.values())) == 1, team
        assert nodes["hq"]
    assert len({nodes["hq"] for nodes in teams.values()}) == 13


def test_nothing_is_lost_and_nothing_the_edge_acknowledged_is_missing_after_its_kill(run: Run) -> None:
    outcome = run.outcome
    assert outcome["lost"] == 0
    assert outcome["edge_kills"] == 1
    assert outcome["events_in_flight"] > 0
    assert outcome["acknowledged_before_kill"] > 0
    assert outcome["broken"] == 0


def test_links_cut_at_least_ten_sessions(run: Run) -> None:
    assert run.outcome["sessions_cut"] >= 10
    offline = run.outcome["offline_minutes"]
    assert len(offline) == 13
    assert sum(minutes > 1 for minutes in offline.values()) >= 11


def test_gps_found_the_punches_and_no_credit_is_wrong(run: Run) -> None:
    outcome = run.outcome
    assert outcome["expected"] == 217
    assert outcome["found"] >= 215
    assert outcome["wrong"] == 0


def test_the_devices_found_exactly_what_the_rule_book_finds_without_them(run: Run) -> None:
    rehearsed = [line.plain for line in rehearse()]
    assert [(t["result_id"], t["found"], tuple(t["passed"])) for t in run.outcome["tracks"]] == [
        (line.result_id, line.found, line.passed) for line in rehearsed
    ]


def test_it_is_played_within_a_minute(run: Run) -> None:
    assert run.outcome["seconds"] < SECONDS_MAX


def test_one_event_deleted_from_one_file_changes_that_files_digest(run: Run, tmp_path: Path) -> None:
    team = run.outcome["leaderboard"][0]["team"]
    store = tmp_path / "copy.db"
    shutil.copy(run.folder / "devices" / f"{team}.db", store)
    before = digests(read_store(store))[1][team]
    assert before == run.outcome["digests"]["teams"][team]["device"]
    with closing(sqlite3.connect(store)) as file, file:
        changed = file.execute(
            "DELETE FROM event WHERE (stream_no, branch, seq) IN (SELECT stream_no, branch, seq FROM event"
            " JOIN stream USING (stream_no) WHERE substr(audience, 1, 1) = CAST('t' AS BLOB) ORDER BY seq DESC LIMIT 1)"
        )
        assert changed.rowcount == 1
    assert digests(read_store(store))[1][team] != before


def test_the_audit_sees_an_acknowledged_event_that_the_edge_does_not_hold(run: Run, tmp_path: Path) -> None:
    edge = tmp_path / "edge.sqlite"
    shutil.copy(run.folder / "edge" / "tenants" / "highfield.sqlite", edge)
    held = read_store(edge)
    receipts = [
        receipt
        for device in sorted((run.folder / "devices").glob("*.db"))
        for receipt in read_store(device).receipts
        if receipt.signer in held.directory.edges
    ]
    assert receipts
    assert broken_receipts(held, receipts) == []
    with closing(sqlite3.connect(edge)) as file, file:
        file.execute("DELETE FROM event WHERE id = ?", (receipts[0].head,))
    assert receipts[0] in broken_receipts(read_store(edge), receipts)
