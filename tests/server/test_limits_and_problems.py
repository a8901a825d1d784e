"""Limits of one peer, and errors as RFC 9457 documents from one table on every route."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from served import found_tenant, served_here

from server.api.health import shown
from server.app import create_app
from server.peer_limit import PEERS_MAX, Buckets, peer_of
from server.problems import MEDIA_TYPE, PROBLEMS, Problem, from_exception
from server.settings import Settings
from server.upstream import UpstreamState


def test_a_peer_may_burst_and_then_gets_what_comes_back_a_second() -> None:
    now = [0.0]
    buckets = Buckets(10, 3, lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, pytest.approx(0.1)]
    assert buckets.take("b") == 0
    now[0] = 0.1
    assert [buckets.take("a") > 0 for _ in range(2)] == [False, True]
    now[0] = 1000
    assert [buckets.take("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_no_rate_means_no_limit() -> None:
    buckets = Buckets(0, 1)
    assert {buckets.take("a") for _ in range(100)} == {0}


def test_only_so_many_peers_are_remembered() -> None:
    buckets = Buckets(1, 1)
    for number in range(PEERS_MAX + 50):
        buckets.take(str(number))
    assert len(buckets._buckets) == PEERS_MAX


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("testclient", "other", False),
    ],
)
def test_a_subscriber_with_a_whole_ipv6_network_is_one_peer(one: str, other: str, same: bool) -> None:
    assert (peer_of(one) == peer_of(other)) is same


def test_an_edge_of_several_tenants_names_none_of_them_to_anybody() -> None:
    states = [
        UpstreamState(tenant, "g", "http://hq", "down", f"{tenant} is away") for tenant in ("acme", "other", "acme")
    ]
    assert shown(states[:1]) == tuple(states[:1])
    assert shown(states) == ()


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with served_here(tmp_path, requests_per_s_max=1, requests_burst_max=2) as client:
        answers = [client.get("/health") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["content-type"] == MEDIA_TYPE
        assert int(answers[2].headers["retry-after"]) == answers[2].json()["retry_after_s"] >= 1


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_code_is_a_whole_document(code: str) -> None:
    document = Problem(code, "what happened", retry_after_s=3).document()
    assert (document.code, document.status, document.title) == (code, *PROBLEMS[code])
    assert document.type == f"urn:wayfold:problem:{code}"
    assert re.fullmatch(r"[a-z_]+", code)
    assert 400 <= document.status < 600


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/nobody/games", 404, "tenant_unknown"),
        ("GET", "/api/v1/acme/games/nothing", 404, "game_unknown"),
        ("GET", "/api/v1/acme/games/" + "0" * 32, 404, "game_unknown"),
        ("GET", "/api/v1/acme/games/draft", 409, "not_published"),
        ("DELETE", "/health", 405, "method_not_allowed"),
        ("GET", "/sync/v1/acme/park", 405, "method_not_allowed"),
        ("POST", "/sync/v1/acme/nothing", 404, "game_unknown"),
        ("POST", "/sync/v1/acme", 404, "not_found"),
        ("POST", "/api/v1/acme/games/park/join", 400, "bad_request"),
        ("POST", "/api/v1/acme/games/park/sync-now", 400, "bad_request"),
        ("GET", "/acme/nothing", 404, "game_unknown"),
        ("GET", "/static/nothing", 404, "not_found"),
    ],
)
def test_errors_are_problem_documents_on_every_route(
    tmp_path: Path, method: str, path: str, status: int, code: str
) -> None:
    found_tenant(tmp_path)
    from served import DRAFT

    from server.db.tenants import TenantFiles
    from server.games import save_draft

    tenants = TenantFiles(tmp_path)
    with tenants.open("acme") as file:
        save_draft(file, "draft", DRAFT, 1)
    tenants.close()
    with served_here(tmp_path) as client:
        for accept in ("application/json", "application/x-msgpack", "text/html"):
            answer = client.request(method, path, headers={"Accept": accept})
            assert answer.headers["content-type"] == MEDIA_TYPE
            assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)


def test_a_fault_of_ours_tells_the_peer_nothing() -> None:
    problem = from_exception(RuntimeError("secret path /srv/keys"))
    assert (problem.code, problem.status) == ("internal", 500)
    assert "secret" not in problem.encode().decode()


def test_a_store_that_fails_in_a_request_is_no_fault_of_the_program_and_tells_the_peer_no_path() -> None:
    problem = from_exception(sqlite3.OperationalError("disk I/O error in /srv/acme.sqlite"))
    assert (problem.code, problem.status, problem.retry_after_s) == ("store_unusable", 503, 5)
    assert "/srv" not in problem.encode().decode()


def test_the_interface_is_described(tmp_path: Path) -> None:
    with served_here(tmp_path) as client:
        schema = client.get("/schema/openapi.json").json()
    assert schema["info"]["title"] == "Wayfold"
    paths = set(schema["paths"])
    assert {"/health", "/api/v1/{tenant}/games", "/api/v1/{tenant}/games/{game}/join"} <= paths
    for path in paths:
        for operation in schema["paths"][path].values():
            assert operation.get("description"), path


def test_one_call_makes_a_whole_node(tmp_path: Path) -> None:
    app = create_app(Settings(data_folder=str(tmp_path)))
    assert app.state.node.settings.level == "hq"
    app.state.node.tenants.close()
