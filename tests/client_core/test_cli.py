"""The device on a command line, as processes of their own: what is acknowledged survives a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import CODES, LAT, START_MS, LoopbackNode, lon_of

from client_core.replica import Replica
from client_core.transports.http import HttpTransport

PACE_S = 50  # from one checkpoint to the next, at 2 m/s


def run(*arguments: str, store: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "client_core", *arguments, "--store", str(store)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def track(path: Path, *, hdop: float = 1.0) -> Path:
    """A walk past all checkpoints at one fix a second, starting with the game."""
    lines = ['<gpx version="1.1"><trk><trkseg>']
    for second in range(PACE_S * (len(CODES) - 1) + 20):
        lon = lon_of(0) + (lon_of(1) - lon_of(0)) * second / PACE_S
        stamp = f"2022-06-04T10:{second // 60:02d}:{second % 60:02d}Z"
        lines.append(f'<trkpt lon="{lon:.7f}" lat="{LAT}"><time>{stamp}</time><hdop>{hdop}</hdop></trkpt>')
    path.write_text("\n".join([*lines, "</trkseg></trk></gpx>"]))
    return path


def told(output: str, event: str) -> list[dict]:
    return [line for line in map(json.loads, output.splitlines()) if line["event"] == event]


def test_a_device_joins_plays_syncs_and_shows_that_it_is_safe(hq: LoopbackNode, tmp_path: Path) -> None:
    store = tmp_path / "d.db"
    joined = run("join", hq.url, "--code", "RED", "--team-name", "The Reds", store=store)
    assert joined.returncode == 0, joined.stderr
    assert "The Reds" in joined.stdout
    at = str(START_MS + 1000)
    here = ("--lat", str(LAT), "--lon", str(lon_of(0)), "--accuracy", "5", "--at", at)
    assert run("check-in", "A", *here, store=store).returncode == 0
    assert run("check-in", "B", *here, store=store).returncode == 3
    assert run("check-in", "B", "--code", "B", "--at", at, store=store).returncode == 0
    assert run("check-in", "C", "--code", "B", "--at", at, store=store).returncode == 3
    assert run("check-in", "Z", *here, store=store).returncode == 3
    assert run("sync", store=store).returncode == 0
    status = json.loads(run("status", "--json", store=store).stdout)
    assert (status["score"], status["visited"], status["safe"], status["unsent"]) == (20, ["A", "B"], 2, 0)
    assert hq.result("RED").score == 20


def test_a_replay_walks_the_fences_and_ends_safe(hq: LoopbackNode, tmp_path: Path) -> None:
    store = tmp_path / "d.db"
    run("join", hq.url, "--code", "RED", store=store)
    path = track(tmp_path / "t.gpx")
    done = run("replay", str(path), "--sync-every", "30", "--events", "json", store=store)
    assert done.returncode == 0, done.stderr
    accepted = [line["checkpoint"] for line in told(done.stdout, "check_in") if line["verdict"] == "accepted"]
    assert accepted == list(CODES)
    (last,) = told(done.stdout, "done")
    assert (last["score"], last["safe"], last["unsent"], last["in_custody"]) == (50, 5, 0, 0)
    assert hq.result("RED").score == 50


def test_what_a_teammates_phone_covers_is_kept_and_said_to_be(hq: LoopbackNode, tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{name}.db" for name in "abc")
    for store in (first, second, third):
        run("join", hq.url, "--code", "RED", store=store)
    for code in CODES[:4]:
        assert run("check-in", code, "--code", code, "--at", str(START_MS + 1_000), store=first).returncode == 0
    for store in (first, second, third):
        assert run("sync", store=store).returncode == 0
    again = ("check-in", "A", "--code", "A", "--at", str(START_MS + 2_000))
    assert "kept for the staff to see" in run(*again, store=second).stderr
    assert "kept" not in run(*again, store=second).stderr, "a repetition of its own"
    assert json.loads(run("status", "--json", store=second).stdout)["unsent"] == 1
    walked = told(run("replay", str(track(tmp_path / "t.gpx")), "--events", "json", store=third).stdout, "check_in")
    assert [(line["verdict"], line["recorded"]) for line in walked[:4]] == [("already_visited", True)] * 4


def test_no_check_in_is_made_from_bad_fixes(hq: LoopbackNode, tmp_path: Path) -> None:
    store = tmp_path / "d.db"
    run("join", hq.url, "--code", "RED", store=store)
    path = track(tmp_path / "t.gpx", hdop=40)
    done = run("replay", str(path), "--events", "json", store=store)
    assert told(done.stdout, "check_in") == []


def test_a_link_that_is_down_keeps_a_device_from_syncing_and_the_rest_comes_home(
    hq: LoopbackNode, tmp_path: Path
) -> None:
    store = tmp_path / "d.db"
    run("join", hq.url, "--code", "RED", store=store)
    path, link = track(tmp_path / "t.gpx"), tmp_path / "link.json"
    link.write_text('[{"duration_ms": 60000, "bandwidth_kbps": 10}, {"duration_ms": 20000, "bandwidth_kbps": 900}]')
    options = ("--link", str(link), "--sync-every", "10", "--until", str(START_MS + 3_600_000), "--events", "json")
    done = run("replay", str(path), *options, store=store)
    (last,) = told(done.stdout, "done")
    assert last["offline_ms"] > 100_000
    assert last["safe"] == 5
    assert all((line["at_ms"] - START_MS) % 80_000 >= 60_000 for line in told(done.stdout, "sync"))


@pytest.mark.parametrize("kill_after", [1, 3])
def test_what_was_acknowledged_survives_kill_9_in_the_middle_of_a_replay(
    hq: LoopbackNode, tmp_path: Path, kill_after: int
) -> None:
    store = tmp_path / "d.db"
    run("join", hq.url, "--code", "RED", store=store)
    path = track(tmp_path / "t.gpx")
    command = [sys.executable, "-m", "client_core", "replay", str(path), "--speed", "100", "--sync-every", "7"]
    with subprocess.Popen([*command, "--events", "json", "--store", str(store)], stdout=subprocess.PIPE) as device:
        acknowledged: list[int] = []
        assert device.stdout is not None
        for line in device.stdout:
            facts = json.loads(line)
            if facts["event"] == "check_in" and facts["verdict"] == "accepted":
                acknowledged.append(facts["number"])
            if len(acknowledged) == kill_after:
                device.kill()
                break
        device.wait(10)
    with Replica.open(store) as again:
        assert set(acknowledged) <= set(again.result().visited)
        assert again.sync_once(HttpTransport(hq.sync_url)).converged
        assert again.counts().safe == again.counts().events >= kill_after
    done = run("replay", str(path), "--sync-every", "60", "--events", "json", store=store)
    assert told(done.stdout, "done")[0]["score"] == 50
    assert hq.result("RED").score == 50


def test_bundles_carry_a_device_home(hq: LoopbackNode, tmp_path: Path) -> None:
    away, courier, bundle = tmp_path / "a.db", tmp_path / "c.db", str(tmp_path / "x.wfb")
    for store in (away, courier):
        run("join", hq.url, "--code", "RED", store=store)
    run("replay", str(track(tmp_path / "t.gpx")), store=away)
    assert run("bundle", "export", bundle, store=away).returncode == 0
    assert run("bundle", "import", bundle, store=courier).returncode == 0
    assert run("sync", store=courier).returncode == 0
    assert hq.result("RED").score == 50


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("status",), 4, "store_unreachable"),
        (("join", "http://127.0.0.1:9/a/b", "--code", "X"), 5, "upstream_down"),
        (("join", "somewhere", "--code", "X"), 5, "address_malformed"),
        (("replay", "none.gpx"), 6, "gpx_missing"),
        (("replay",), 2, "usage"),
    ],
)
def test_every_failure_has_an_exit_code_and_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run(*arguments, store=tmp_path / "d.db")
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_joined_nothing_says_so(hq: LoopbackNode, tmp_path: Path) -> None:
    store = tmp_path / "d.db"
    assert run("join", hq.url, "--code", "WRONG", store=store).returncode == 5
    done = run("status", store=store)
    assert done.returncode == 7
    assert "not_joined" in done.stderr


@pytest.mark.skipif("WAYFOLD_DATA" not in os.environ, reason="needs the recorded tracks in $WAYFOLD_DATA")
def test_the_malformed_recording_is_refused_with_its_line(hq: LoopbackNode, tmp_path: Path) -> None:
    store = tmp_path / "d.db"
    run("join", hq.url, "--code", "RED", store=store)
    done = run("replay", str(Path(os.environ["WAYFOLD_DATA"], "gpx", "bad.gpx")), store=store)
    assert done.returncode == 6
    assert "gpx_bad_position" in done.stderr
    assert "bad.gpx:5" in done.stderr


def test_a_refused_check_in_says_in_a_sentence_how_far_away_the_checkpoint_is(hq: LoopbackNode, tmp_path: Path) -> None:
    store = tmp_path / "d.db"
    run("join", hq.url, "--code", "RED", store=store)
    with Replica.open(store) as replica:
        code = replica.rules.codes[0]
    done = run("check-in", code, "--lat", "10", "--lon", "10", "--accuracy", "5", store=store)
    assert done.returncode == 3
    assert f"refused: outside_fence: checkpoint {code}: " in done.stderr
    assert " m away, its fence reaches " in done.stderr


def test_a_call_for_help_says_that_it_is_not_sent_before_the_next_sync(hq: LoopbackNode, tmp_path: Path) -> None:
    store = tmp_path / "d.db"
    run("join", hq.url, "--code", "RED", store=store)
    said = run("sos", "ankle", "--lat", "43.77", "--lon", "11.25", "--accuracy", "8", "--battery", "9", store=store)
    assert said.returncode == 0, said.stderr
    assert "emergency number: 112" in said.stdout
    assert "43.77000, 11.25000" in said.stdout
    assert "NOT SENT YET" in said.stdout
    assert run("say", "at the bridge", store=store).returncode == 0
    assert run("retire", store=store).returncode == 0
    assert "not seen by staff yet" in run("messages", store=store).stdout
    assert run("sos", "--battery", "200", store=store).returncode == 3
    assert run("sync", store=store).returncode == 0
    assert json.loads(run("status", "--json", store=store).stdout)["safe"] >= 3
