"""An edge whose program is older than a game's rule book: it says that it cannot score, and relays all the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from releases import older_release
from served import WAYFOLD, Device, clean_environment, edge_code_of, edge_of, found_tenant, served, until


@pytest.fixture
def older(tmp_path: Path) -> Path:
    return older_release(tmp_path / "older")


def test_a_node_that_does_not_know_the_rule_book_cannot_score_and_still_relays(tmp_path: Path, older: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, httpx.Client(trust_env=False, timeout=20) as http:
        edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq"))
        edge.release = older
        edge.start()
        try:
            ann = Device(http, "ann", hq.url).join(code, "Foxes")
            until(lambda: edge.get("/api/v1/acme/games/park/standings").status_code == 501)
            ann.path = ann.path.replace(hq.url, edge.url)
            ann.check_in("A")
            ann.check_in("B")
            ann.sync()
            until(lambda: hq.standings_of_first().get("score") == 20)

            said = edge.get("/api/v1/acme/games/park/standings").json()
            assert said["code"] == "cannot_score"
            assert "update it" in said["detail"]
            bob = Device(http, "bob", edge.url).ask_to_join(code, "Hawks")
            assert bob.json()["code"] == "cannot_score"
            command = (*WAYFOLD, "standings", "park", "--data", str(edge.folder))
            told = {"cwd": older, "env": clean_environment()}
            asked = subprocess.run(command, **told, capture_output=True, text=True, check=False)
            assert asked.returncode != 0
            assert "update it" in asked.stderr
            logged = edge.log.read_text()
            assert "acme/park is not scored here" in logged
            assert "Traceback" not in asked.stderr + logged
        finally:
            edge.stop()
        edge.release = None
        edge.start()  # the program was updated
        try:
            assert edge.standings()["teams"] == hq.standings()["teams"]
        finally:
            edge.stop()
