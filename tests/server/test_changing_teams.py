"""A phone that changes teams at a venue: an edge without an uplink enrols it anew, headquarters scores both teams."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from loopback import CODES, LAT, START_MS, lon_of
from nodes import key_of
from served import Device, ServedProcess, edge_code_of, found_tenant, opened, served, served_here, wayfold

from client_core.cli import main as device
from client_core.game.actions import TeamRegistered
from server import own_stream, tenancy
from server.join_codes import add_join_code
from sync.batch import Batch
from sync.initiator import Initiating
from sync.statement import Delegation, Enrolment
from sync.stream import ALL, GAME, scope_of, stream_id, team_audience


def check_in(store: Path, code: str, minute: int) -> None:
    at_ms = START_MS + minute * 60_000
    number = CODES.index(code)
    where = ("--lat", str(LAT), "--lon", f"{lon_of(number):.7f}", "--accuracy", "5")
    assert device(["check-in", code, *where, "--at", str(at_ms), "--store", str(store)]) == 0


def scores(hq: ServedProcess) -> dict[str, int]:
    return {line["name"]: line["score"] for line in hq.standings()["teams"]}


def test_it_plays_on_for_the_new_team_and_its_unsent_events_count_for_the_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = found_tenant(tmp_path / "hq")
    store = tmp_path / "phone.db"
    with ExitStack() as nodes:
        hq = nodes.enter_context(served(tmp_path / "hq"))
        words = ("--upstream", hq.url, "--edge-code", edge_code_of(tmp_path / "hq"))
        edge = nodes.enter_context(served(tmp_path / "edge", *words))
        http = nodes.enter_context(httpx.Client(trust_env=False))
        hawks = Device(http, "ann", edge.url).join(code, "Hawks").answer.team
        with opened(tmp_path / "edge") as game:
            to_hawks = add_join_code(game.log, game.key, game.board.teams[hawks], 5, START_MS).code
        address = f"{edge.url}/acme/park"
        assert device(["join", address, "--code", code, "--team-name", "Foxes", "--store", str(store)]) == 0
        check_in(store, "A", 1)
        check_in(store, "B", 2)
        capsys.readouterr()
        assert device(["join", address, "--code", to_hawks, "--store", str(store)]) == 0
        assert "leaves team" in capsys.readouterr().out
        check_in(store, "C", 3)
        assert device(["sync", "--store", str(store)]) == 0
        wayfold("sync-now", "park", "--data", str(tmp_path / "edge"), "--upstream", hq.url)
        assert scores(hq) == {"Hawks": 10, "Foxes": 20}
        assert device(["sync", "--upstream", f"{hq.url}/sync/v1/acme/{game.row.id.hex()}", "--store", str(store)]) == 0
        assert "3 safe, 0 in custody, 0 unsent" in capsys.readouterr().out
        assert device(["status", "--json", "--store", str(store)]) == 0
        status = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (status["team"]["name"], status["score"], status["safe"]) == ("Hawks", 10, 3)
    with opened(tmp_path / "hq") as game:
        (scope,) = [scope for key, scope in game.log.index.directory.scopes.items() if key.hex() == status["device"]]
        foxes = next(team.id for team in game.board.teams.values() if team.name == "Foxes")
        assert scope == scope_of(GAME, team_audience(foxes), team_audience(hawks))


def test_put_back_from_before_the_change_it_sends_what_it_writes_and_reads_again_once_it_joins_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = found_tenant(tmp_path / "hq")
    store, backup = tmp_path / "phone.db", tmp_path / "backup.db"
    with ExitStack() as nodes:
        hq = nodes.enter_context(served(tmp_path / "hq"))
        http = nodes.enter_context(httpx.Client(trust_env=False))
        hawks = Device(http, "ann", hq.url).join(code, "Hawks").answer.team
        with opened(tmp_path / "hq") as game:
            to_hawks = add_join_code(game.log, game.key, game.board.teams[hawks], 5, START_MS).code
        address = f"{hq.url}/acme/park"
        assert device(["join", address, "--code", code, "--team-name", "Foxes", "--store", str(store)]) == 0
        check_in(store, "A", 1)
        assert device(["sync", "--store", str(store)]) == 0
        shutil.copyfile(store, backup)
        assert device(["join", address, "--code", to_hawks, "--store", str(store)]) == 0
        assert device(["sync", "--store", str(store)]) == 0
        shutil.copyfile(backup, store)
        check_in(store, "B", 2)
        capsys.readouterr()
        assert device(["sync", "--store", str(store)]) == 5
        assert "not_enrolled" in capsys.readouterr().err
        assert scores(hq) == {"Foxes": 20, "Hawks": 0}
        assert device(["join", address, "--code", to_hawks, "--store", str(store)]) == 0
        check_in(store, "C", 3)
        assert device(["sync", "--store", str(store)]) == 0
        assert "3 safe, 0 in custody, 0 unsent" in capsys.readouterr().out
        assert scores(hq) == {"Foxes": 20, "Hawks": 10}


def test_who_left_a_team_is_shown_nothing_of_it_by_a_program_of_its_own_and_what_it_wrote_still_goes_out(
    tmp_path: Path,
) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code, "Hawks")
        bob, spy = Device(client, "bob").join(code, "Foxes"), Device(client, "bob")
        with opened(tmp_path) as game:
            to_foxes = add_join_code(game.log, game.key, game.board.teams[bob.answer.team], 5, START_MS).code
            to_hawks = add_join_code(game.log, game.key, game.board.teams[ann.answer.team], 5, START_MS).code
        mate = Device(client, "mate").join(to_foxes)
        spy.__dict__ |= bob.__dict__  # the same key and store, and it goes on asking for its former team
        bob.check_in("A")
        Device(client, "bob").join(to_hawks)

    def shown() -> tuple[bool, set[str], bool]:
        """What the spy is told: whether the roots met, the problems, and whether it holds what its mate wrote."""
        report = spy.sync(Initiating(spy.key.public_key, spy.scope))
        return report.converged, {p.code for p in report.problems}, stream_id(mate.stream) in spy.log.index.streams

    with served_here(tmp_path) as client:
        mate.client = spy.client = client
        mate.check_in("B")
        mate.sync()
        assert shown() == (False, {"not_enrolled"}, False)
        lines = client.get("/api/v1/acme/games/park/standings").json()["teams"]
        assert {line["name"]: line["score"] for line in lines} == {"Hawks": 0, "Foxes": 20}, "its own still counts"
    wayfold("tenant", "rotate-key", "acme", "--stolen", "--data", str(tmp_path))
    with served_here(tmp_path) as client:
        spy.client = client
        assert shown() == (False, {"not_enrolled"}, False), "enrolments said again by a new key are left as well"
        again = Device(client, "bob").join(to_foxes)
        assert again.answer.team == mate.answer.team
        assert shown() == (True, set(), True), "who comes back is enrolled anew"


def test_the_list_of_devices_says_which_teams_a_key_is_in_and_which_number_was_given_twice(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    edge, phones = key_of("edge"), [key_of("one"), key_of("two"), key_of("three")]
    with opened(tmp_path) as game:
        teams = [TeamRegistered(START_MS, bytes([n]) * 16, n, name) for n, name in ((1, "Foxes"), (2, "Hawks"))]
        audiences = [team_audience(team.team) for team in teams]
        game.log.append(own_stream.write(game.log.index, game.key, GAME, teams))
        statements = [tenancy.issue(game.log.game, GAME, game.key, Delegation(edge.public_key, ALL, 9))]
        for number, key, audience in ((0, phones[0], 1), (0, phones[1], 1), (1, phones[2], 1), (2, phones[2], 0)):
            content = Enrolment(key.public_key, scope_of(GAME, audiences[audience]), number)
            statements.append(tenancy.issue(game.log.game, audiences[audience], edge, content))
        game.log.append(Batch(statements=tuple(statements)))
    lines = json.loads(wayfold("device", "list", "park", "--json", "--data", str(tmp_path)).stdout)
    found = {line["key"]: (line["team"], line["doubled"]) for line in lines if line["kind"] == "device"}
    said = [("Hawks", True), ("Hawks", True), ("Foxes, Hawks", False)]
    assert found == {key.public_key.hex(): line for key, line in zip(phones, said, strict=True)}
    shown = wayfold("device", "list", "park", "--data", str(tmp_path)).stdout
    assert shown.count("number given twice") == 2
