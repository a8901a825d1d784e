"""The command line as people use it: every command, every listing as JSON, every exit code."""

from __future__ import annotations

import csv
import io
import json
import socket
from pathlib import Path

import httpx
import pytest
from loopback import CODES, LAT, START_MS, lon_of
from served import Device, found_tenant, served, served_here, wayfold


def geojson(path: Path, features: list[object] | None = None) -> str:
    """Five checkpoints in a row, or these features, in a file."""
    five = [
        {
            "type": "Feature",
            "properties": {"code": code, "points": 10},
            "geometry": {"type": "Point", "coordinates": [lon_of(number), LAT]},
        }
        for number, code in enumerate(CODES)
    ]
    file = path / "Park 1.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": five if features is None else features}))
    return str(file)


def test_a_stranger_gets_from_nothing_to_a_leaderboard(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "hq"))
    assert "tenant acme" in wayfold("tenant", "add", "acme", "--name", "Acme Hunts", *data).stdout
    start = ("--start", "2022-06-04T11:00", "--zone", "Europe/London", "--limit", "45", "--finish", "FIN")
    imported = wayfold("game", "import", geojson(tmp_path), "--name", "Park", *start, *data)
    assert "5 checkpoints imported; next: wayfold game publish park-1" in imported.stdout
    published = json.loads(wayfold("game", "publish", "park-1", "--json", *data).stdout)
    code = json.loads(wayfold("game", "join-code", "park-1", "--json", *data).stdout)["code"]
    with served(tmp_path / "hq") as node, httpx.Client(trust_env=False) as client:
        device = Device(client, "ann", node.url).join(code, "=Foxes()", where="acme/games/park-1")
        assert device.answer.game.hex() == published["id"]
        device.check_in("A", START_MS + 60_000)
        device.sync()
        shown = wayfold("standings", "park-1", *data).stdout
        assert "Park: Provisional" in shown
        assert "1 of 1 devices heard" in shown
        report = json.loads(wayfold("standings", "acme/park-1", "--format", "json", *data).stdout)
        assert report["leaderboard"]["teams"][0]["score"] == 10
        assert len(report["digest"]) == 64
        assert list(report["digest_by_team"]) == [device.answer.team.hex()]
        rows = list(csv.DictReader(io.StringIO(wayfold("standings", "park-1", "--format", "csv", *data).stdout)))
        assert (rows[0]["team"], rows[0]["score"]) == ("'=Foxes()", "10")
        explained = wayfold("explain", "park-1", "1", *data).stdout
        assert "+10" in explained
        assert "10 points - 0 penalties = 10" in explained
        lines = json.loads(wayfold("explain", "park-1", "=Foxes()", "--json", *data).stdout)["lines"]
        assert sum(line["points"] for line in lines) == 10


def test_publishing_again_opens_a_new_game_under_the_same_name(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    wayfold("tenant", "add", "acme", *data)
    wayfold("game", "import", geojson(tmp_path), "--slug", "park", *data)
    ids = {json.loads(wayfold("game", "publish", "park", "--json", *data).stdout)["id"] for _ in range(2)}
    assert len(ids) == 2
    listed = json.loads(wayfold("game", "list", "--json", *data).stdout)
    assert {game["id"] for game in listed} == ids
    assert len({game["package_hash"] for game in listed}) == 1


def test_every_listing_speaks_json(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    data = ("--data", str(tmp_path))
    assert [t["slug"] for t in json.loads(wayfold("tenant", "list", "--json", *data).stdout)] == ["acme"]
    assert [g["slug"] for g in json.loads(wayfold("game", "list", "--json", *data).stdout)] == ["park"]
    wayfold("game", "join-code", "park", "--team", "Foxes", "--uses", "3", *data)
    codes = json.loads(wayfold("game", "join-code", "park", "--list", "--json", *data).stdout)
    assert [(c["team"], c["uses"], c["uses_max"]) for c in codes] == [(None, 0, 100), ("Foxes", 0, 3)] or codes
    assert {c["team"] for c in codes} == {None, "Foxes"}
    assert code not in json.dumps(codes)
    for words in (("tenant", "list"), ("game", "list"), ("game", "join-code", "park", "--list")):
        assert wayfold(*words, *data).stdout.strip()


def test_a_team_given_to_a_code_is_registered_once(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    data = ("--data", str(tmp_path))
    teams = [json.loads(wayfold("game", "join-code", "park", "--team", "Foxes", "--json", *data).stdout) for _ in "ab"]
    assert teams[0]["team"] == teams[1]["team"]
    with served_here(tmp_path) as client:
        assert Device(client, "ann").join(teams[0]["code"]).answer.team_name == "Foxes"
        assert Device(client, "bob").join(teams[1]["code"]).answer.team.hex() == teams[0]["team"]


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("frobnicate",), 2, "No such command"),
        (("game", "publish"), 2, "Missing argument"),
        (("serve", "--port", "99999"), 2, "settings_invalid: command line: port"),
        (("tenant", "add", "acme"), 3, "slug_taken"),
        (("tenant", "add", "Not A Slug"), 3, "cannot be a short name"),
        (("game", "publish", "nothing"), 3, "game_unknown"),
        (("standings", "nothing"), 3, "game_unknown"),
        (("standings", "nobody/park"), 3, "tenant_unknown"),
        (("explain", "park", "nobody"), 3, "team_unknown"),
        (("game", "import", "/nowhere.geojson"), 6, "file_unreadable"),
        (("sync-now", "park"), 3, "--upstream"),
        (("sync-now", "park", "--upstream", "http://127.0.0.1:1"), 5, "upstream_down"),
        (("serve", "--host", "no.such.host.invalid"), 3, "--host"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    found_tenant(tmp_path)
    done = wayfold(*words, code=exit_code, WAYFOLD_DATA_FOLDER=str(tmp_path))
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = wayfold("serve", "--port", port, "--data", str(tmp_path), code=5)
    assert f"port_in_use: cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "choose another --port" in done.stderr


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ({"code": "A", "at": [200, 10]}, "longitude 200"),
        ({"code": "A", "at": [10, 89]}, "latitude"),
        ({"code": "A", "at": None}, "geometry"),
        ({"code": "", "at": [10, 10]}, "code"),
    ],
)
def test_bad_geojson_imports_nothing_and_names_the_feature(
    tmp_path: Path, feature: dict[str, object], said: str
) -> None:
    found_tenant(tmp_path)
    geometry = {"type": "Point", "coordinates": feature["at"]} if feature["at"] else None
    bad = [{"type": "Feature", "properties": {"code": feature["code"]}, "geometry": geometry}]
    done = wayfold("game", "import", geojson(tmp_path, bad), "--data", str(tmp_path), code=6)
    assert said in done.stderr
    assert "mend them first" in done.stderr
    assert len(json.loads(wayfold("game", "list", "--json", "--data", str(tmp_path)).stdout)) == 1


def test_fifty_megabytes_of_geojson_are_refused_without_reading_them_all(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    file = tmp_path / "big.geojson"
    with file.open("wb") as big:
        big.truncate(50 * 1024 * 1024)
    done = wayfold("game", "import", str(file), "--data", str(tmp_path), code=6)
    assert "file_too_big" in done.stderr


def test_a_start_that_is_no_time_and_a_zone_that_is_none_are_named(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    file = geojson(tmp_path)
    assert (
        "--start: 'noon'" in wayfold("game", "import", file, "--start", "noon", "--data", str(tmp_path), code=6).stderr
    )
    assert "--zone: 'Mars'" in wayfold("game", "import", file, "--zone", "Mars", "--data", str(tmp_path), code=6).stderr


def test_commands_and_a_running_server_share_one_file(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    data = ("--data", str(tmp_path / "hq"))
    with served(tmp_path / "hq") as node, httpx.Client(trust_env=False) as client:
        for name in ("ann", "bob"):
            code = json.loads(wayfold("game", "join-code", "park", "--team", name, "--json", *data).stdout)["code"]
            device = Device(client, name, node.url).join(code)
            device.check_in("A")
            assert device.sync().converged
        assert [team["score"] for team in node.standings()["teams"]] == [10, 10]
