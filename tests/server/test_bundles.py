"""Bundles at a node: files of devices without a network, by a command or over HTTP, whatever is wrong with them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import LAT, START_MS, lon_of
from nodes import key_of
from served import Device, clean_environment, edge_code_of, found_tenant, opened, served, served_here, wayfold

from server.cli import bundle as bundle_command
from sync.bundle import MAGIC, export_bundle
from sync.effects import Append, Effect, Sign, run
from sync.frame import encode_body
from sync.memory_log import MemoryLog
from sync.messages import Hello
from sync.stream import ALL, GameKey

ENTRY = (sys.executable, "-c", "from server.entry import main; raise SystemExit(main())")


def bundle_of(device: Device) -> bytes:
    """What the device would write to a file."""

    def answer(effect: Effect) -> object:
        if isinstance(effect, Sign):
            return device.key.sign(effect.message)
        assert isinstance(effect, Append)
        return device.log.append(effect.batch)

    return run(export_bundle(device.log, device.key.public_key, device.scope), answer)


def played(client: Any, code: str, name: str = "ann", letters: str = "AB", base: str = "") -> Device:
    device = Device(client, name, base).join(code, name)
    for number, letter in enumerate(letters):
        device.check_in(letter, START_MS + 60_000 * (number + 1))
    return device


def device_command(*arguments: str, store: Path) -> str:
    command = [sys.executable, "-m", "client_core", *arguments, "--store", str(store)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=clean_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def taken_of(*words: str, code: int = 0) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads(wayfold("bundle", "import", *words, "--json", code=code).stdout)
    return lines


@pytest.mark.parametrize("running", [True, False], ids=["beside a running server", "with no server running"])
def test_a_real_device_without_a_network_comes_home_by_file(tmp_path: Path, running: bool) -> None:
    code = found_tenant(tmp_path / "hq")
    store, file = tmp_path / "ann.db", tmp_path / "ann.wayfold"
    with served(tmp_path / "hq") as node:
        device_command("join", f"{node.url}/acme/park", "--code", code, "--team-name", "Foxes", store=store)
        for number, letter in enumerate("AB"):
            where = ("--lat", str(LAT), "--lon", str(lon_of(number)), "--accuracy", "5")
            device_command("check-in", letter, *where, "--at", str(START_MS + 60_000 * (number + 1)), store=store)
        device_command("bundle", "export", str(file), store=store)
        if not running:
            node.stop()
        words = [*ENTRY, "bundle", "import", str(file), "--data", str(tmp_path / "hq")]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=clean_environment())
        assert (done.returncode, done.stderr) == (0, "")
        assert "park: 2 events new" in done.stdout
        if not running:
            node.start()
        assert node.standings_of_first()["score"] == 20
        back = tmp_path / "back.wayfold"
        assert wayfold("bundle", "export", "park", str(back), "--data", str(tmp_path / "hq")).stdout
        device_command("bundle", "import", str(back), store=store)
        assert json.loads(device_command("status", "--json", store=store))["score"] == 20


def test_every_file_is_taken_in_however_many_others_are_unusable(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    found_tenant(tmp_path / "else")
    with served_here(tmp_path / "hq") as client:
        good, cut, flipped = (bundle_of(played(client, code, name, "ABCD" * 30)) for name in ("ann", "bob", "cat"))
        other = played(client, code, "dan")
        hello = Hello((1, 1), other.key.public_key, other.game.tenant, other.game.game, ALL)
    unknown = MAGIC + encode_body([Hello((1, 1), b"k" * 32, other.game.tenant, b"?" * 16, ALL)])
    foreign = MAGIC + encode_body([Hello((1, 1), b"k" * 32, b"?" * 16, other.game.game, ALL)])
    newer = MAGIC + encode_body([Hello((8, 9), b"k" * 32, other.game.tenant, other.game.game, ALL)])
    damaged = bytearray(flipped)
    damaged[-100] ^= 1
    files = {
        "none.txt": b"hello",
        "as-text": good.replace(b"\r\n", b"\n"),
        "empty": b"",
        "unknown": unknown,
        "foreign": foreign,
        "newer": newer,
        "cut": cut[: len(cut) - 40],
        "flipped": bytes(damaged),
        "only-greets": MAGIC + encode_body([hello]),
        "good": good,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    words = ("--data", str(tmp_path / "hq"))
    lines = taken_of(*(str(tmp_path / name) for name in files), str(tmp_path / "absent"), str(tmp_path), *words, code=6)
    said = {Path(line["file"]).name: line for line in lines}
    codes = {name: line["code"] for name, line in said.items() if "code" in line}
    assert codes == {
        "none.txt": "not_a_bundle",
        "as-text": "not_a_bundle",
        "empty": "not_a_bundle",
        "unknown": "game_unknown",
        "foreign": "bundle_elsewhere",
        "newer": "protocol_unsupported",
        "absent": "file_unreadable",
        tmp_path.name: "file_unreadable",
    }
    problems = {
        name: [p.partition(":")[0] for p in line["taken"]["problems"]] for name, line in said.items() if "taken" in line
    }
    assert problems == {
        "cut": ["frame_short", "bundle_cut"],
        "flipped": ["frame_damaged", "bundle_cut"],
        "only-greets": ["bundle_cut"],
        "good": [],
    }
    assert said["good"]["taken"]["received"] == 120
    assert said["good"]["taken"]["whole"]
    assert 0 < said["cut"]["taken"]["received"] <= 120
    again = taken_of(str(tmp_path / "good"), *words)
    assert (again[0]["taken"]["received"], again[0]["taken"]["duplicates"]) == (0, 120)
    text = wayfold("bundle", "import", str(tmp_path / "cut"), str(tmp_path / "none.txt"), *words, code=6)
    assert "bundle_cut" in text.stderr
    assert f"not_a_bundle: {tmp_path / 'none.txt'}" in text.stderr


def test_a_file_that_is_too_big_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found_tenant(tmp_path / "hq")
    monkeypatch.setattr(bundle_command, "BUNDLE_BYTES_MAX", 1000)
    (tmp_path / "big").write_bytes(MAGIC + bytes(2000))
    (line,) = taken_of(str(tmp_path / "big"), "--data", str(tmp_path / "hq"), code=6)
    assert (line["code"], "1000 bytes" in line["detail"]) == ("file_too_big", True)


def test_an_edge_without_a_network_is_carried_to_hq_in_a_file_and_its_teams_score(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, httpx.Client(trust_env=False) as client:
        settings = tmp_path / "edge.toml"
        edge_code = edge_code_of(tmp_path / "hq")
        settings.write_text(f'upstreams = ["{hq.url}"]\nupstream_every_s = 3600\nedge_code = "{edge_code}"\n')
        (tmp_path / "edge").mkdir()
        with served(tmp_path / "edge", "--settings", str(settings)) as edge:
            played(client, code, "ann", base=edge.url).sync()
        file = tmp_path / "edge.wayfold"
        given = json.loads(
            wayfold("bundle", "export", "park", str(file), "--data", str(tmp_path / "edge"), "--json").stdout
        )
        assert given["size_bytes"] == file.stat().st_size
        assert file.stat().st_mode & 0o777 == 0o600
        assert taken_of(str(file), "--data", str(tmp_path / "hq"))[0]["taken"]["whole"]
        team = hq.standings_of_first()
        assert (team["name"], team["score"], team["number"]) == ("ann", 20, 1001)


def test_a_bundle_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    found_tenant(tmp_path / "hq")
    absent = tmp_path / "no" / "folder" / "x.wayfold"
    said = wayfold("bundle", "export", "park", str(absent), "--data", str(tmp_path / "hq"), code=6).stderr
    assert "file_unwritable" in said
    assert "game_unknown" in wayfold("bundle", "export", "none", "x", "--data", str(tmp_path / "hq"), code=3).stderr


def test_a_page_that_is_open_hears_of_what_a_command_took_in_as_soon_as_the_node_does(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        file = tmp_path / "ann.wayfold"
        file.write_bytes(bundle_of(played(client, code)))
        node = client.app.state.node
        with node.game("acme", "park") as game:
            change = node.change_of(game)
        taken_of(str(file), "--data", str(tmp_path))
        assert not change.is_set()
        client.get("/api/v1/acme/games/park/standings").raise_for_status()
        assert change.is_set()


def hand_in(client: Any, data: bytes, game: str = "acme/games/park") -> httpx.Response:
    answer: httpx.Response = client.post(f"/api/v1/{game}/bundles", content=data)
    return answer


def test_a_bundle_is_handed_in_over_http_and_scores_at_once(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = played(client, code)
        taken = hand_in(client, bundle_of(device)).json()
        assert (taken["received"], taken["held"], taken["whole"], taken["problems"]) == (2, 0, True, [])
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["score"] == 20
        assert hand_in(client, bundle_of(device)).json()["duplicates"] == 2


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"hello", 400, "not_a_bundle"),
        (b"", 400, "not_a_bundle"),
        (MAGIC + encode_body([Hello((1, 1), b"k" * 32, b"t" * 16, b"g" * 16, ALL)]), 409, "bundle_elsewhere"),
        (MAGIC + encode_body([Hello((8, 9), b"k" * 32, b"t" * 16, b"g" * 16, ALL)]), 400, "protocol_unsupported"),
        (MAGIC + bytes(5000), 413, "body_too_big"),
    ],
)
def test_what_is_no_bundle_of_the_game_is_refused_by_name(tmp_path: Path, data: bytes, status: int, code: str) -> None:
    found_tenant(tmp_path)
    with served_here(tmp_path, bundle_bytes_max=4000) as client:
        answer = hand_in(client, data)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert hand_in(client, data, "acme/games/none").json()["code"] in {"game_unknown", "body_too_big"}


def test_a_game_of_another_tenant_takes_no_bundle_of_this_one(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    found_tenant(tmp_path, "other")
    with served_here(tmp_path) as client:
        answer = hand_in(client, bundle_of(played(client, code)), "other/games/park")
        assert (answer.status_code, answer.json()["code"]) == (409, "bundle_elsewhere")
        assert client.get("/api/v1/other/games/park/standings").json()["teams"] == []


def test_strangers_share_their_quota_by_file_too_and_the_organisers_command_has_none(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path, stranger_bytes_max=2_000) as client:
        ann = played(client, code)
        eve = Device(client, "eve")
        for name in ("answer", "game", "audience", "scope", "path"):
            setattr(eve, name, getattr(ann, name))
        eve.log = MemoryLog(ann.game, b"d" * 16, b"e" * 16)
        eve.stream = ann.stream.__class__(eve.key.public_key, b"i" * 16, ann.audience)
        for _ in range(40):
            eve.write(*[bytes(4000)] * 5)
        taken = hand_in(client, bundle_of(eve)).json()
        assert taken["left"] > 150
        assert taken["received"] == taken["held"] == 200 - taken["left"]
    (tmp_path / "eve").write_bytes(bundle_of(eve))
    (line,) = taken_of(str(tmp_path / "eve"), "--data", str(tmp_path))
    assert line["taken"]["left"] == 0
    with opened(tmp_path) as game:
        assert game.strangers.bytes_held > 200 * 4000, "payloads count as what they are"


def test_a_file_of_nothing_but_faults_is_told_in_few_words(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        whole = bundle_of(played(client, code))
        faults = ((1).to_bytes(4, "big") + b"?") * 30_000
        taken = hand_in(client, whole + faults).json()
        assert taken["received"] == 2
        game = game_of(tmp_path)
        hello = encode_body([Hello((1, 1), key_of("x").public_key, game.tenant, game.game, ALL)])
        taken = hand_in(client, MAGIC + hello + faults).json()
        assert len(taken["problems"]) <= 101


def game_of(folder: Path) -> GameKey:
    with opened(folder) as game:
        return game.log.game


def test_uploads_that_trickle_in_hold_up_nobody_elses_file(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as node, ExitStack() as slow:
        request = b"POST /api/v1/acme/games/park/bundles HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nWAYFOLD"
        for _ in range(4):
            caller = slow.enter_context(socket.create_connection(("127.0.0.1", node.port)))
            caller.sendall(request)
        with httpx.Client(trust_env=False) as client:
            device = played(client, code, base=node.url)
            address = f"{node.url}/api/v1/acme/games/park/bundles"
            answer = client.post(address, content=bundle_of(device))
            assert (answer.status_code, answer.json()["received"]) == (200, 2)
