"""The media of a game: kept at import, served whole and in pieces, and taken along by an edge."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from served import found_tenant, served, wayfold

from client_core.game.pictures import blob_hash
from server.blobs import BlobFolder

FILM = b"\x00\x00\x00\x20ftypisom" + os.urandom(900_000)
NAME = blob_hash(FILM)
GAME = 'preset = "city-hunt"\nname = "Hunt"\nstart = 2026-06-06T10:00:00\nduration = "2 h"\n'


def publish(data: Path, folder: Path) -> str:
    """A game that shows a film, published; its id."""
    folder.mkdir()
    (folder / "game.toml").write_text(GAME)
    (folder / "checkpoints.csv").write_text("code,lon,lat\n31,11.2558,43.7731\n")
    (folder / "challenges.csv").write_text("checkpoint,text,answer,media\n31,Who?,Dante,film.mp4\n")
    (folder / "film.mp4").write_bytes(FILM)
    wayfold("game", "import", str(folder), "--slug", "hunt", "--data", str(data))
    published = json.loads(wayfold("game", "publish", "hunt", "--json", "--data", str(data)).stdout)
    found: str = published["id"]
    return found


def test_a_medium_is_served_whole_and_in_pieces_and_only_where_the_game_names_it(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    publish(tmp_path / "hq", tmp_path / "hunt")
    with served(tmp_path / "hq") as node, httpx.Client(trust_env=False) as client:
        address = f"{node.url}/api/v1/acme/games/hunt/media/{NAME.hex()}"
        whole = client.get(address)
        assert (whole.status_code, whole.content) == (200, FILM)
        assert whole.headers["Content-Type"] == "video/mp4"
        assert "immutable" in whole.headers["Cache-Control"]
        for asked, first, end in (("0-9", 0, 10), ("899000-", 899_000, len(FILM)), ("10-99999999", 10, len(FILM))):
            piece = client.get(address, headers={"Range": f"bytes={asked}"})
            assert (piece.status_code, piece.content) == (206, FILM[first:end])
            assert piece.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(FILM)}"
        for asked in ("bytes=9-3", f"bytes={len(FILM)}-", "bytes=0-1,5-6", "lines=1-2"):
            refused = client.get(address, headers={"Range": asked})
            assert refused.status_code == 400
            assert "Range" in refused.json()["detail"]
        assert client.get(address.replace("/hunt/", "/park/")).status_code == 404, "another game names it not"
        assert client.get(address[:-2]).status_code == 400
        for path in (tmp_path / "hq" / "tenants" / "acme.blobs").glob("*/*"):
            path.unlink()
        assert "not arrived" in client.get(address).json()["detail"]


def test_an_edge_takes_the_media_along_and_serves_them_without_hq(tmp_path: Path) -> None:
    hq_folder, edge_folder = tmp_path / "hq", tmp_path / "edge"
    found_tenant(hq_folder)
    game = publish(hq_folder, tmp_path / "hunt")
    code = wayfold("edge-code", "hunt", "--data", str(hq_folder)).stdout.split()[0]
    edge_folder.mkdir()
    settings = tmp_path / "edge.toml"
    with served(hq_folder) as hq:
        settings.write_text(f'upstreams = ["{hq.url}"]\nupstream_every_s = 0.3\nedge_code = "{code}"\n')
        held = BlobFolder(edge_folder / "tenants", "acme")
        with served(edge_folder, "--settings", str(settings)):
            deadline = time.monotonic() + 20
            while not held.state(NAME).held and time.monotonic() < deadline:
                time.sleep(0.02)
        # Stopped in the middle or at the end: the next start goes on with what is there.
        with served(edge_folder, "--settings", str(settings)):
            while not held.state(NAME).whole and time.monotonic() < deadline:
                time.sleep(0.05)
    with served(edge_folder, "--settings", str(settings)) as edge, httpx.Client(trust_env=False) as client:
        answer = client.get(f"{edge.url}/api/v1/acme/games/{game}/media/{NAME.hex()}")
        assert (answer.status_code, answer.content) == (200, FILM)


def test_an_edge_passes_over_a_medium_that_hq_lacks_or_holds_damaged_and_says_so(tmp_path: Path) -> None:
    hq_folder, edge_folder = tmp_path / "hq", tmp_path / "edge"
    found_tenant(hq_folder)
    publish(hq_folder, tmp_path / "hunt")
    code = wayfold("edge-code", "hunt", "--data", str(hq_folder)).stdout.split()[0]
    edge_folder.mkdir()
    settings = tmp_path / "edge.toml"
    film = hq_folder / "tenants" / "acme.blobs" / NAME.hex()[:2] / NAME.hex()
    film.write_bytes(FILM[:-1] + b"?")
    held = BlobFolder(edge_folder / "tenants", "acme")
    with served(hq_folder) as hq:
        settings.write_text(f'upstreams = ["{hq.url}"]\nupstream_every_s = 0.3\nedge_code = "{code}"\n')
        with served(edge_folder, "--settings", str(settings)) as edge:
            wait_for(lambda: "film.mp4 is damaged there" in edge.log.read_text())
            film.unlink()
            wait_for(lambda: "film.mp4 has not arrived there" in edge.log.read_text())
            assert not held.state(NAME).whole
            film.write_bytes(FILM)
            wait_for(lambda: held.state(NAME).whole)
        full = ["--settings", str(settings)]
        held.erase(NAME)
        settings.write_text(settings.read_text() + "[limits]\nblob_bytes_max = 1000\n")
        with served(edge_folder, *full) as edge:
            wait_for(lambda: "900012 bytes are missing" in edge.log.read_text())
            assert not held.state(NAME).held


def wait_for(what: Callable[[], bool], within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)
