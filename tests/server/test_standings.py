"""Standings as JSON, as a stream, as a page, explained; and how complete and old they are."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import msgspec
from loopback import START_MS
from served import NOW_MS, Device, found_tenant, opened, served, served_here, wayfold

from client_core.game.standings import team_digest
from server.leaderboard import Leaderboard, elapsed_text
from server.scoreboard import fold_game
from sync.frame import encode_body
from sync.messages import Data, Hello, Root
from sync.runs import cut_runs
from sync.stream import StreamKey, stream_id

MINUTE_MS = 60_000


def test_teams_stand_in_order_with_places_shared_by_equals(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        for name, letters in {"ann": "AB", "bob": "AB", "cid": "A", "dan": ""}.items():
            device = Device(client, name).join(code)
            for letter in letters:
                device.check_in(letter)
            device.sync()
        board = client.get("/api/v1/acme/games/park/standings").json()
        assert [(t["place"], t["name"], t["score"]) for t in board["teams"]] == [
            (1, "ann", 20),
            (1, "bob", 20),
            (3, "cid", 10),
            (None, "dan", 0),
        ]
        assert (board["devices_heard"], board["devices"], board["provisional"]) == (3, 4, True)
        assert board["as_of_ms"] == NOW_MS


def test_points_minus_penalties_is_the_score_and_every_line_adds_up(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "Foxes")
        device.check_in("A")
        device.check_in("A")
        device.check_in("FIN", START_MS + 46 * MINUTE_MS + 1)
        device.sync()
        for name in ("Foxes", "1", device.answer.team.hex()):
            explained = client.get(f"/api/v1/acme/games/park/explain/{name}").json()
            assert explained["points"] - explained["penalties"] == explained["score"] == 0
            assert sum(line["points"] for line in explained["lines"]) == explained["score"]
            assert [line["points"] for line in explained["lines"]] == [10, 0, 10, -20]
        assert client.get("/api/v1/acme/games/park/explain/nobody").json()["code"] == "team_unknown"


def test_the_command_explains_in_the_time_of_the_place_in_which_decisions_are_given_too(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "Foxes")
        device.check_in("A", START_MS)
        device.sync()
    said = wayfold("explain", "park", "Foxes", "--data", str(tmp_path)).stdout
    assert "11:00:00  checkpoint A" in said, "in London in June, an hour ahead of UTC"


def test_what_did_not_change_is_not_sent_again(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        first = client.get("/api/v1/acme/games/park/standings")
        again = client.get("/api/v1/acme/games/park/standings", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        Device(client, "ann").join(code)
        after = client.get("/api/v1/acme/games/park/standings", headers={"If-None-Match": first.headers["etag"]})
        assert after.status_code == 200
        assert len(after.json()["teams"]) == 1


def test_a_score_kept_current_equals_one_folded_anew(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        for letter, minutes in (("B", 9), ("A", 4), ("C", 30), ("B", 2), ("FIN", 47)):
            device.check_in(letter, START_MS + minutes * MINUTE_MS)
            device.sync()
        kept = client.get("/api/v1/acme/games/park/standings").json()["teams"][0]
        with opened(tmp_path) as game:
            result = fold_game(game.log, game.rules)[0]
        assert (kept["points"], kept["penalties"], kept["time_ms"]) == (result.points, result.penalties, result.time_ms)
        explained = client.get("/api/v1/acme/games/park/explain/1").json()
        assert explained["digest"] == team_digest(result).hex()


def test_a_second_incarnation_and_a_fork_are_folded_into_the_same_team(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        device.check_in("A")
        device.sync()
        device.stream = StreamKey(device.key.public_key, b"j" * 16, device.audience)
        device.check_in("A")
        device.check_in("B")
        device.sync()
        clone = Device(client, "ann").join(code)  # the same key, a store that forgot: it writes number 0 again
        clone.check_in("C")
        clone.sync()
        team = client.get("/api/v1/acme/games/park/standings").json()["teams"][0]
        assert team["score"] == 30


def test_a_piece_that_came_before_its_past_counts_together_with_it(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        for letter in "AB":
            device.check_in(letter)
            device.sync_signatures()
        state = device.log.index.streams[stream_id(device.stream)]
        later = cut_runs(device.log, state, state.branches[0], 1, 1)
        hello = Hello((1, 1), device.key.public_key, device.game.tenant, device.game.game, device.scope)
        device.exchange(encode_body([hello, Data(tuple(later)), Root(bytes(32), 0)]))
        device.sync()
        team = client.get("/api/v1/acme/games/park/standings").json()["teams"][0]
        assert team["score"] == 20


def test_events_that_came_before_their_enrolment_count_once_it_is_there(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code, "Foxes")
        ann.check_in("A")
        ann.sync()
    with opened(tmp_path) as game:
        statements = [s for s in game.log.statements() if ann.key.public_key in s.body]
        assert len(statements) == 1
        game.log.writer.execute("DELETE FROM statement WHERE body = ?", (statements[0].body,))
        game.log.writer.execute("UPDATE log SET commit_seq = commit_seq + 1")
    with served_here(tmp_path) as client:
        ann.client = client
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["score"] == 0
        ann.check_in("B")
        ann.sync()
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["score"] == 20


def test_a_live_page_is_told_at_once_and_only_then(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as node, httpx.Client(trust_env=False) as client:
        boards: list[Leaderboard] = []
        first = threading.Event()

        def watch() -> None:
            url = f"{node.url}/api/v1/acme/games/park/events"
            with httpx.stream("GET", url, timeout=20, trust_env=False) as stream:
                assert stream.headers["content-type"].startswith("text/event-stream")
                for line in stream.iter_lines():
                    if line.startswith("data: "):
                        boards.append(msgspec.json.decode(line[6:], type=Leaderboard))
                        first.set()
                    if boards and boards[-1].events:
                        return

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert first.wait(10)
        assert node.health()["live_pages"] == 1
        device = Device(client, "ann", node.url).join(code, "Foxes")
        device.check_in("A")
        device.sync()
        watcher.join(10)
        assert not watcher.is_alive()
        assert (boards[0].teams, boards[-1].teams[0].score) == ((), 10)
        assert len(boards) <= 4  # joined, synced: not one for every heartbeat


def test_the_page_works_without_a_script_and_takes_nothing_from_elsewhere(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "<script>alert(1)</script>")
        device.check_in("A")
        device.sync()
        page = client.get("/acme/park")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        assert "Five in a row &lt;b&gt;" in page.text
        assert "1 of 1 devices heard" in page.text
        assert "http://" not in page.text
        assert "https://" not in page.text
        for name in ("leaderboard.css", "leaderboard.js"):
            assert f"/static/{name}" in page.text
            assert client.get(f"/static/{name}").status_code == 200


def test_a_page_of_no_game_is_a_problem(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        assert client.get("/acme/nowhere").json()["code"] == "game_unknown"
        assert client.get("/static/../settings.py").status_code == 404
        assert client.get("/static/settings.py").json()["code"] == "not_found"


def test_elapsed_times_are_written_as_people_read_them() -> None:
    assert [elapsed_text(ms) for ms in (None, 0, 61_999, 3_600_000, 36_061_000)] == [
        "-",
        "0:00",
        "1:01",
        "1:00:00",
        "10:01:01",
    ]


def test_a_team_that_calls_itself_by_anothers_number_is_not_taken_for_it(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        for device, team in (("ann", "2"), ("bob", "Foxes"), ("cat", "Hawks"), ("dan", "Hawks")):
            Device(client, device).join(code, team)
        explained = client.get("/api/v1/acme/games/park/explain/2").json()
        assert (explained["number"], explained["name"]) == (2, "Foxes")
        twice = client.get("/api/v1/acme/games/park/explain/Hawks")
        assert (twice.status_code, twice.json()["code"]) == (404, "team_unknown")
        assert "say which number, 3, 4" in twice.json()["detail"]
