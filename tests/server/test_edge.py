"""An edge at the venue: real servers, real outages, and devices that must reach HQ whatever happens."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import LoopbackNode
from served import Device, ServedProcess, edge_code_of, edge_of, found_tenant, free_port, opened, served, until, wayfold

from client_core.game.standings import game_digest
from server import upstream
from server.db.tenants import TenantFiles
from server.edges import become_edge
from server.problems import Problem
from server.scoreboard import fold_game
from server.upstream import UpstreamError
from sync.receipt import CUSTODY, SAFE
from sync.stream import ALL, stream_id


@contextmanager
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as http:
        yield http


def digest_of(folder: Path) -> bytes:
    with opened(folder) as game:
        return game_digest(fold_game(game.log, game.rules))


def state_of(edge: ServedProcess) -> dict[str, Any]:
    found: dict[str, Any] = edge.health()["upstreams"][0]
    return found


def test_device_edge_and_hq_agree_to_the_byte(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, client() as http:
        edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start()
        ann = Device(http, "ann", edge.url).join(code, "Foxes")
        bob = Device(http, "bob", hq.url).join(code, "Hawks")
        assert (ann.answer.team_number, bob.answer.team_number) == (1001, 1)
        for device, letters in ((ann, "AB"), (bob, "C")):
            for letter in letters:
                device.check_in(letter)
            device.sync()
        own = stream_id(ann.stream)
        assert {r.level for r in ann.log.receipts([own])} == {CUSTODY}
        until(lambda: len(hq.standings()["teams"]) == 2 and hq.standings()["teams"][0]["score"] == 20)
        until(lambda: edge.standings()["teams"] == hq.standings()["teams"])
        ann.sync()
        assert SAFE in {r.level for r in ann.log.receipts([own])}
        assert state_of(edge)["state"] == "ok"
        edge.stop()
    assert digest_of(tmp_path / "edge") == digest_of(tmp_path / "hq")


def test_a_device_may_use_edge_and_hq_in_any_order(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, client() as http:
        edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start()
        ann = Device(http, "ann", edge.url).join(code, "Foxes")
        at = {"edge": ann.path, "hq": ann.path.replace(edge.url, hq.url)}
        for letter, node in zip("ABCD", ("hq", "edge", "hq", "edge"), strict=True):
            ann.check_in(letter)
            ann.path = at[node]
            assert ann.sync().converged
        until(lambda: hq.standings()["teams"][0]["score"] == 40)
        until(lambda: edge.standings()["teams"] == hq.standings()["teams"])
        edge.stop()


def test_an_edge_enrols_while_hq_is_away_is_destroyed_and_its_devices_still_score_at_hq(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    hq = ServedProcess(tmp_path / "hq").start()
    edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq"), every_s=60).start()
    hq.kill()
    with client() as http:
        ann = Device(http, "ann", edge.url).join(code, "Foxes")
        ann.check_in("A")
        ann.check_in("B")
        edge.kill()
        for file in (tmp_path / "edge" / "tenants").iterdir():
            file.unlink()
        again = ServedProcess(tmp_path / "hq").start()
        ann.path = ann.path.replace(edge.url, again.url)
        assert ann.sync().converged
        with opened(tmp_path / "hq") as game:
            assert game.log.index.directory.scope_of(ann.key.public_key) == ann.scope
        team = until(again.standings_of_first)
        assert (team["team"], team["score"], team["number"]) == (ann.answer.team.hex(), 20, 1)
        again.stop()


def test_a_registration_that_turns_up_after_all_wins_over_the_authoritys(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    hq = ServedProcess(tmp_path / "hq").start()
    edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq"), every_s=3600).start()
    with client() as http:
        ann = Device(http, "ann", edge.url).join(code, "Foxes")
        ann.check_in("A")
        ann.path = ann.path.replace(edge.url, hq.url)
        ann.sync()
        assert until(hq.standings_of_first)["name"] == "Team 1"
        http.post(f"{edge.url}/api/v1/acme/games/park/sync-now").raise_for_status()
        team = hq.standings_of_first()
        assert (team["name"], team["number"], team["score"]) == ("Foxes", 1001, 10)
        assert edge.standings()["teams"] == [team]
    edge.stop()
    hq.stop()


def test_an_edge_goes_on_when_hq_is_gone_and_catches_up_when_it_is_back(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    hq = ServedProcess(tmp_path / "hq").start()
    edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start()
    with client() as http:
        hq.kill()
        ann = Device(http, "ann", edge.url).join(code, "Foxes")
        ann.check_in("A")
        ann.sync()
        down = until(lambda: (s := state_of(edge))["state"] == "down" and s)
        assert "is not reached" in down["detail"]
        assert edge.health()["status"] == "degraded"
        assert edge.standings()["teams"][0]["score"] == 10
        hq.start()
        until(lambda: hq.standings()["teams"] and hq.standings()["teams"][0]["score"] == 10)
        assert until(lambda: edge.health()["status"] == "ok")
        edge.stop()
        hq.stop()


def test_an_edge_that_is_killed_and_started_again_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, client() as http:
        edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq"), every_s=60).start()
        ann = Device(http, "ann", edge.url).join(code, "Foxes")
        ann.check_in("A")
        ann.sync()
        edge.kill()
        edge.start()
        assert edge.standings()["teams"][0]["score"] == 10
        report = http.post(f"{edge.url}/api/v1/acme/games/park/sync-now").json()
        assert report["converged"]
        assert hq.standings()["teams"][0]["score"] == 10
        edge.stop()


def test_an_edge_is_synced_by_hand_while_its_server_runs_or_not(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, client() as http:
        edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq"), every_s=3600).start()
        ann = Device(http, "ann", edge.url).join(code, "Foxes")
        ann.check_in("A")
        ann.sync()
        words = ("sync-now", "park", "--upstream", hq.url, "--data", str(tmp_path / "edge"), "--json")
        assert json.loads(wayfold(*words).stdout)["sent"] >= 2
        assert hq.standings()["teams"][0]["score"] == 10
        edge.stop()
        assert json.loads(wayfold(*words).stdout)["converged"]


def test_an_edge_enrols_no_more_devices_than_hq_delegated(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, client() as http:
        edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq", "--enrolments", "2")).start()
        answers = [Device(http, name, edge.url).ask_to_join(code) for name in "abc"]
        assert [answer.status_code for answer in answers] == [200, 200, 409]
        assert answers[2].json()["code"] == "devices_full"
        edge.stop()


def test_an_edge_code_makes_one_edge_and_no_second(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq:
        code = edge_code_of(tmp_path / "hq")
        first = edge_of(hq, tmp_path, code).start()
        second = edge_of(hq, tmp_path, code, "second").start()
        assert state_of(first)["state"] == "ok"
        refused = state_of(second)
        assert refused["state"] == "refused"
        assert "edge_code_unknown" in refused["detail"]
        with opened(tmp_path / "hq") as game:
            assert len(game.log.index.directory.edges) == 1
            assert set(game.log.index.directory.edges.values()).pop().scope == ALL
        first.stop()
        second.stop()


def test_an_edge_makes_no_edges_and_publishes_nothing(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq:
        edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start().stop()
    said = wayfold("edge-code", "park", "--data", str(tmp_path / "edge"), code=3).stderr
    assert "not_the_authority" in said
    assert "not_the_authority" in wayfold("game", "publish", "park", "--data", str(tmp_path / "edge"), code=3).stderr


@pytest.mark.parametrize(
    ("mode", "state", "words"),
    [
        ("html", "not_wayfold", "text/html"),
        ("json", "not_wayfold", "application/json"),
        ("redirect", "not_wayfold", "302"),
        ("garbage", "down", "closed the connection"),
        ("huge", "not_wayfold", "more than"),
        ("cut", "down", "closed the connection"),
        ("busy", "busy", "busy: come back"),
        ("problem", "refused", "game_unknown"),
        ("gateway", "down", "a gateway answers 502"),
        ("slow", "slow", "did not answer within"),
    ],
)
def test_an_upstream_that_misbehaves_is_named_for_what_it_is(
    tmp_path: Path,
    mode: str,
    state: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(upstream, "ANSWER_TIMEOUT_S", 0.3)
    found_tenant(tmp_path)
    portal = LoopbackNode()
    portal.mode = mode
    try:
        said = wayfold("sync-now", "park", "--upstream", portal.origin, "--data", str(tmp_path), code=5).stderr
    finally:
        portal.close()
    assert words in said
    assert "upstream_down" in said
    assert f"acme/park: upstream {state}:" in caplog.text


def test_an_upstream_that_never_answers_holds_up_nobody(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    hq = ServedProcess(tmp_path / "hq").start()
    edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start()
    hq.kill()
    hole = socket.create_server(("127.0.0.1", hq.port))
    swallowed: list[socket.socket] = []
    stop = threading.Event()

    def swallow() -> None:
        hole.settimeout(0.1)
        while not stop.is_set():
            try:
                swallowed.append(hole.accept()[0])
            except TimeoutError:
                continue

    thread = threading.Thread(target=swallow)
    thread.start()
    try:
        until(lambda: swallowed)
        with client() as http:
            began = time.monotonic()
            ann = Device(http, "ann", edge.url).join(code, "Foxes")
            ann.check_in("A")
            assert ann.sync().verdicts == {"stored": 1}
            assert edge.standings()["teams"][0]["score"] == 10
            assert time.monotonic() - began < 5
    finally:
        stop.set()
        thread.join()
        for one in [*swallowed, hole]:
            one.close()
        edge.stop()


def test_an_edge_without_its_hq_starts_and_says_what_it_waits_for(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    code = edge_code_of(tmp_path / "hq")
    port = free_port()
    edge = edge_of(f"http://127.0.0.1:{port}", tmp_path, code).start()
    assert state_of(edge)["state"] == "down"
    hq = ServedProcess(tmp_path / "hq", port=port).start()
    until(lambda: state_of(edge)["state"] == "ok")
    assert edge.standings()["name"].startswith("Five in a row")
    edge.stop()
    hq.stop()


def test_an_edge_becomes_one_of_a_game_that_was_published_again_under_the_same_name(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq:
        edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start().stop()
        published = json.loads(wayfold("game", "publish", "park", "--json", "--data", str(tmp_path / "hq")).stdout)[
            "id"
        ]
        with served_again(hq, tmp_path, edge_code_of(tmp_path / "hq")) as edge:
            games = httpx.get(f"{edge.url}/api/v1/acme/games", trust_env=False).json()
            assert games[0]["id"] == published
            assert len(games) == 2
            assert {state["state"] for state in edge.health()["upstreams"]} == {"ok"}


def test_an_edge_started_again_with_its_old_code_goes_on_whether_hq_knows_the_code_or_not(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq:
        code = edge_code_of(tmp_path / "hq")
        edge_of(hq, tmp_path, code).start().stop()
        wayfold("game", "publish", "park", "--data", str(tmp_path / "hq"))  # its codes are others
        with served_again(hq, tmp_path, code) as edge:
            assert [state["state"] for state in edge.health()["upstreams"]] == ["ok"]


def test_a_second_code_lets_the_same_edge_enrol_more_devices(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, client() as http:
        with served_again(hq, tmp_path, edge_code_of(tmp_path / "hq", "--enrolments", "1")) as edge:
            answers = [Device(http, name, edge.url).ask_to_join(code) for name in "ab"]
            assert [answer.status_code for answer in answers] == [200, 409]
            assert "new edge code" in answers[1].json()["detail"]
        with served_again(hq, tmp_path, edge_code_of(tmp_path / "hq", "--enrolments", "2")) as edge:
            until(lambda: state_of(edge)["state"] == "ok")
            answers = [Device(http, name, edge.url).ask_to_join(code) for name in "bcd"]
            assert [answer.status_code for answer in answers] == [200, 200, 409]


def test_a_tenant_of_the_same_name_elsewhere_is_another_tenant(tmp_path: Path) -> None:
    for folder in ("hq", "other"):
        found_tenant(tmp_path / folder)
    with served(tmp_path / "hq") as hq, served(tmp_path / "other") as other:
        edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start().stop()
        with opened(tmp_path / "edge") as game:
            first = game.row.id
        with served_again(other, tmp_path, edge_code_of(tmp_path / "other")) as edge:
            games = httpx.get(f"{edge.url}/api/v1/acme/games", trust_env=False).json()
            assert [game["id"] for game in games] == [first.hex()]
            assert "another tenant is called 'acme' here" in state_of(edge)["detail"]


def test_hq_does_not_become_an_edge_of_itself(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    found_tenant(tmp_path / "other")
    with served(tmp_path / "other") as other:
        code = edge_code_of(tmp_path / "other")
        with served_again(other, tmp_path, code, "hq") as node:
            assert "is the HQ of 'acme'" in state_of(node)["detail"]
    with opened(tmp_path / "other") as game:
        assert game.log.index.directory.edges == {}


@pytest.mark.parametrize(
    "code", ["acme/park", "../acme/park/CODE", "a\x00b/park/CODE", "acme/../CODE", "acme/p?x=1/CODE"]
)
def test_a_code_that_is_none_asks_nobody_and_leaves_no_file(tmp_path: Path, code: str) -> None:
    tenants = TenantFiles(tmp_path)
    with pytest.raises(Problem) as caught:
        asyncio.run(become_edge(tenants, "http://127.0.0.1:1", code, 1))
    assert caught.value.code == "bad_request"
    assert [path.name for path in tmp_path.iterdir()] == ["tenants"]


def test_a_registration_that_was_cut_goes_on_with_its_key_and_half_a_key_is_none(tmp_path: Path) -> None:
    tenants = TenantFiles(tmp_path)
    pending = tmp_path / "edge-acme.key"
    seeds = []
    for damage in (None, None, b"", b"half"):
        if damage is not None:
            pending.write_bytes(damage)
        with pytest.raises(UpstreamError):
            asyncio.run(become_edge(tenants, "http://127.0.0.1:1", "acme/park/CODE", 1))
        seeds.append(pending.read_bytes())
    assert seeds[0] == seeds[1]
    assert {len(seed) for seed in seeds} == {32}
    assert pending.stat().st_mode & 0o777 == 0o600


@contextmanager
def served_again(hq: ServedProcess, tmp_path: Path, code: str, name: str = "edge") -> Iterator[ServedProcess]:
    edge = edge_of(hq, tmp_path, code, name).start()
    try:
        yield edge
    finally:
        edge.stop()
