"""The player's app as a node serves it: its policy, its files, and who may ask a node from another origin."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from litestar.testing import TestClient
from served import Device, found_tenant, served_here

from server import player_app
from server.app import create_app
from server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
APP = {"Origin": "https://play.example"}


@pytest.fixture(scope="module")
def built() -> player_app.PlayerSet:
    """What was built from the tree."""
    built = subprocess.run([sys.executable, ROOT / ".ci" / "player" / "build.py"], capture_output=True, check=False)
    player_app.player_set.cache_clear()
    found = player_app.player_set()
    if built.returncode or found is None:
        pytest.skip("the player's app cannot be built here")
    return found


def policy_of(header: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in header.split(";"))


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline_but_its_import_map(
    tmp_path: Path, built: player_app.PlayerSet
) -> None:
    found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        page = client.get("/play/")
        policy = policy_of(page.headers["Content-Security-Policy"])
        assert policy == {
            "default-src": "'none'",
            "script-src": f"'self' 'wasm-unsafe-eval' '{built.import_map}'",
            "style-src": "'self'",
            "img-src": "'self' data: blob:",
            "media-src": "'self' blob:",
            "worker-src": "'self'",
            "manifest-src": "'self'",
            "connect-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert addresses
        assert all(address.startswith("/play/set/") for address in addresses)
        assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)


def test_every_file_of_the_set_is_served_for_ever_under_the_policy_that_a_worker_inherits(
    tmp_path: Path, built: player_app.PlayerSet
) -> None:
    with served_here(tmp_path) as client:
        for name in ("worker/worker.js", "vendor/pyodide.asm.wasm", "python/app.zip", "words/en.json"):
            answer = client.get(f"/play/set/{built.stamp}/{name}")
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert len(answer.content) == built.files[name]


@pytest.mark.parametrize("name", ["../set.json", "..%2Fset.json", "%2e%2e/__init__.py", "nothing.js", "worker"])
def test_nothing_but_files_of_the_set_is_served(tmp_path: Path, built: player_app.PlayerSet, name: str) -> None:
    with served_here(tmp_path) as client:
        assert client.get(f"/play/set/{built.stamp}/{name}").status_code in {400, 404}
        assert client.get(f"/play/set/0000000000000000/{name}").status_code in {400, 404}


def test_an_app_of_another_origin_may_sync_and_read_and_staff_pages_stay_closed_to_it(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        asked = {**APP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        preflight = client.options("/sync/v1/acme/park", headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        assert preflight.headers["Access-Control-Allow-Private-Network"] == "true"
        assert "Access-Control-Allow-Credentials" not in preflight.headers
        device = Device(client, "ann").join(code)
        headers = {**APP, "Content-Type": "application/x-wayfold"}
        refused = client.post(device.path, content=b"no frame", headers=headers)
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
        standings = client.get("/api/v1/acme/games/park/standings", headers=APP)
        assert standings.headers["Access-Control-Allow-Origin"] == "*"
        for path in ("/acme/park", "/acme/park/staff", "/health"):
            assert "Access-Control-Allow-Origin" not in client.get(path, headers=APP).headers


def test_a_node_tells_its_devices_of_the_edges_and_lets_the_app_reach_them_alone(
    tmp_path: Path, built: player_app.PlayerSet
) -> None:
    code = found_tenant(tmp_path)
    settings = Settings(data_folder=str(tmp_path), edge_urls=("https://edge.example/base",))
    with TestClient(create_app(settings)) as client:
        policy = policy_of(client.get("/play/").headers["Content-Security-Policy"])
        assert policy["connect-src"] == "'self' https://edge.example"
        upstreams = Device(client, "ann").join(code).answer.upstreams
        assert len(upstreams) == 2
        assert upstreams[0].startswith("/sync/v1/acme/")
        assert upstreams[1].startswith("https://edge.example/base/sync/v1/acme/")


def test_a_node_without_the_app_says_how_to_build_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_app, "folder", lambda: tmp_path / "nothing")
    player_app.player_set.cache_clear()
    with served_here(tmp_path) as client:
        answer = client.get("/play/")
    player_app.player_set.cache_clear()
    assert answer.status_code == 404
    assert "make assets" in answer.json()["detail"]
