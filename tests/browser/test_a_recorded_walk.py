"""A recorded run walked through Firenze with the app in hand and no network, to the same digests everywhere.

The run is one of the shared data, a fix a second, put down in Firenze as one rigid piece. The browser's receiver says
its fixes forty times as fast as they were recorded; the app's clock is the real one, so it sees somebody very fast.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from moved_run import Beside, Position, length_m, metres, missed, moved_run
from phones import WAIT_MS, NewPhone, Phone
from pictures import OWNER, jpeg_size, png
from playwright.sync_api import expect
from served import WAYFOLD, ServedProcess, clean_environment, free_port, wayfold

RUN = "gpx/rg2_verulamium.gpx"
"""A run in park and streets of 36 minutes (MIT, rg2)."""
START: Position = (11.2610, 43.7690)
"""Santa Croce: the run stays on the map."""
RADIUS_M = 25
FIX_S = 1 / 40
ACCURACY_M = 8
SIDE_PX_MAX = 1600

CHALLENGES = """code,checkpoint,text,form,answer,points,tries,wrong,judged
Q1,1,Who wrote the Divine Comedy?,text,Dante,20,4,5,open
P2,2,The whole team with the river behind it,photo,,25,,,people
"""


def the_run() -> list[Position]:
    data = os.environ.get("WAYFOLD_DATA")
    if not data:
        pytest.skip("needs the recorded runs: set WAYFOLD_DATA to the folder of shared data")
    return moved_run(Path(data) / RUN, START)


def found_walk(folder: Path, hits: dict[str, int], misses: dict[str, Beside], run: list[Position]) -> str:
    """The sample's map with checkpoints along a run, published; a join code."""
    data, game = str(folder / "hq"), folder / "walk"
    wayfold("tenant", "add", "acme", "--data", data)
    wayfold("game", "new", str(game), "--sample", "firenze")
    places = {code: run[number] for code, number in hits.items()} | {code: one.at for code, one in misses.items()}
    rows = [f"{code},Place {code},10,{lon:.6f},{lat:.6f}" for code, (lon, lat) in places.items()]
    (game / "checkpoints.csv").write_text("\n".join(["code,name,points,lon,lat", *rows, ""]), "utf-8")
    (game / "challenges.csv").write_text(CHALLENGES, "utf-8")
    head, _, _ = (game / "game.toml").read_text("utf-8").partition("[group.hills]")
    credit = '[credit]\n"firenze.pmtiles" = "© OpenStreetMap contributors"\n'
    (game / "game.toml").write_text(head.replace('"30 m"', f'"{RADIUS_M} m"') + credit, "utf-8")
    wayfold("game", "import", str(game), "--data", data)
    wayfold("game", "publish", "walk", "--data", data)
    code: str = json.loads(wayfold("game", "join-code", "walk", "--json", "--data", data).stdout)["code"]
    return code


def walk(phone: Phone, run: list[Position], since: int, until: int) -> None:
    """Let the receiver say the fixes of a piece of the run, one after the other."""
    for lon, lat in run[since : until + 1]:
        began = time.monotonic()
        phone.stand_at(lon, lat, ACCURACY_M)
        time.sleep(max(0, FIX_S - (time.monotonic() - began)))  # the pace of the walk, not a wait for anything


def try_here(phone: Phone, code: str) -> str:
    """Tap a checkpoint and check in; what is said. The dialog stays open where it was refused."""
    phone.tab("List")
    phone.page.locator("button.checkpoint").filter(has=phone.page.get_by_text(code, exact=True)).click()
    phone.page.get_by_role("button", name="Check in here").click()
    said = phone.told()
    if not said.startswith("Counts"):
        phone.close_dialog()
    phone.page.locator(".told").get_by_role("button").click()
    return said


def answer_and_photograph(phone: Phone) -> None:
    """The riddle of the first place, right, and a picture for the second, larger than any that is kept."""
    phone.tab("Tasks")
    phone.page.locator("button.checkpoint", has_text="Q1").click()
    phone.page.locator("input[name=answer]").fill("dante")
    phone.page.get_by_role("button", name="Answer", exact=True).click()
    assert phone.told().startswith("Counts: 20 points")
    phone.page.locator("button.checkpoint", has_text="P2").click()
    taken = {"name": "team.png", "mimeType": "image/png", "buffer": png(2400, 1200, owner=OWNER)}
    phone.page.locator("input[type=file]").set_input_files(taken)
    expect(phone.page.locator("dialog")).to_have_count(0, timeout=WAIT_MS)
    phone.shot("walk-photo")


def digest_at(node: ServedProcess) -> str:
    told = httpx.get(f"{node.url}/api/v1/acme/games/walk/explain/Foxes", trust_env=False).json()
    return str(told["digest"])


def photos_at(node: ServedProcess) -> list[bytes]:
    """The JPEGs that a node holds whole."""
    files = (path for path in (node.folder / "tenants" / "acme.blobs").rglob("*") if path.is_file())
    return [content for content in (path.read_bytes() for path in files) if content.startswith(b"\xff\xd8")]


def test_the_run_is_moved_as_one_rigid_piece() -> None:
    run = the_run()
    data = Path(os.environ["WAYFOLD_DATA"])
    recorded = moved_run(data / RUN, (-0.34826229, 51.74649219))
    assert len(run) == 2166
    assert run[0] == pytest.approx(START, abs=1e-9)
    for a, b in ((0, 700), (300, 1500), (900, 2165)):
        assert metres(run[a], run[b]) == pytest.approx(metres(recorded[a], recorded[b]), rel=1e-6)
    assert length_m(run) == pytest.approx(length_m(recorded), rel=1e-6)


def test_a_recorded_run_walked_offline_comes_to_one_digest_on_phone_edge_and_hq(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    run = the_run()
    hits = {"1": 200, "2": 700, "3": 1200, "4": 1700}
    misses = {"8": missed(run, 450, RADIUS_M), "9": missed(run, 1000, RADIUS_M)}
    code = found_walk(tmp_path, hits, misses, run)
    edge_port = free_port()
    hq = ServedProcess(tmp_path / "hq", "--edge-url", f"http://127.0.0.1:{edge_port}").start()
    edge_code = json.loads(wayfold("edge-code", "walk", "--json", "--data", str(hq.folder)).stdout)["edge_code"]
    edge = ServedProcess(tmp_path / "edge", "--upstream", hq.url, "--edge-code", edge_code, port=edge_port)
    try:
        phone = new_phone("ann", hq.url).open()
        phone.stand_at(*run[0], ACCURACY_M)
        phone.join("acme/walk", code, "Foxes")
        phone.ready_for_offline()
        phone.allow_position()
        edge.start()
        edge.kill()
        phone.context.set_offline(True)
        digest = walk_and_die(phone, run, hits, misses, hq)
        come_home(phone, digest, edge, hq)
    finally:
        edge.stop()
        hq.stop()


def walk_and_die(
    phone: Phone, run: list[Position], hits: dict[str, int], misses: dict[str, Beside], hq: ServedProcess
) -> str:
    """The walk, offline, until server and browser are killed; the digest of the phone that was opened again."""
    phone.page.get_by_text("No network: you can play on.").wait_for()
    stops = sorted([(number, code) for code, number in hits.items()] + [(m.nearest, c) for c, m in misses.items()])
    here = 0
    for number, code in stops:
        walk(phone, run, here, number)
        here = number
        said = try_here(phone, code)
        if code in hits:
            assert said.startswith("Counts: 10 points"), (code, said)
        else:
            away_m = misses[code].away_m
            expected = f"m away; you must be within {RADIUS_M} m. Your position is good to ±{ACCURACY_M} m."
            assert said.endswith(expected), (code, said)
            assert abs(int(said.split()[0]) - away_m) < 1.5, (code, said, away_m)
        if code == "2":
            answer_and_photograph(phone)
    walk(phone, run, here, len(run) - 1)
    phone.tab("Map")
    phone.page.locator("#map[data-drawn=true]").wait_for()
    phone.shot("walk-map")
    score, ticks = phone.score(), phone.ticks()
    assert score == "60 points"
    hq.kill()
    phone.kill()
    phone.open()
    phone.page.locator(".playing").wait_for()
    expect(phone.page.locator("#ticks")).to_have_text(ticks, timeout=WAIT_MS)
    assert phone.score() == score
    phone.shot("walk-reopened")
    return phone.digest()


def come_home(phone: Phone, digest: str, edge: ServedProcess, hq: ServedProcess) -> None:
    """What waited goes to the edge, from there to headquarters, and all three fold the same."""
    edge.start()
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("with a server on its way")
    assert edge.standings("acme/games/walk")["teams"][0]["score"] == 60
    hq.start()
    relay = ("sync-now", "acme/walk", "--data", str(edge.folder), "--upstream", hq.url)
    subprocess.run([*WAYFOLD, *relay], check=True, env=clean_environment(), capture_output=True)
    assert hq.standings("acme/games/walk")["teams"][0]["score"] == 60
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("all safe")
    assert digest == phone.digest() == digest_at(edge) == digest_at(hq)
    phone.shot("walk-score")
    deadline = time.monotonic() + WAIT_MS / 1000
    while not photos_at(hq):
        assert time.monotonic() < deadline, "the photo does not reach headquarters"
        time.sleep(0.2)
    (photo,) = photos_at(hq)
    assert max(jpeg_size(photo)) == SIDE_PX_MAX
    assert b"Exif" not in photo
