"""What a venue does to nodes: two edges that both served one game, and everybody back at once after an outage."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
from loopback import START_MS
from served import Device, edge_code_of, found_tenant, opened, served, served_here, wayfold

from client_core.game.standings import game_digest
from client_core.game.teams import read_register
from server.join_codes import add_join_code
from server.scoreboard import fold_game, game_events


class Patient(Device):
    """A device that comes again as long as it is told that the node is busy."""

    asked_again = 0

    def exchange(self, body: bytes) -> bytes:
        while True:
            answer = self.client.post(self.path, content=body, headers={"Content-Type": "application/x-wayfold"})
            if answer.status_code != 503:
                assert answer.status_code == 200, answer.text
                content: bytes = answer.content
                return content
            assert answer.json()["code"] == "busy"
            assert int(answer.headers["Retry-After"]) > 0
            self.asked_again += 1
            time.sleep(0.05)


def digest_of(folder: Path) -> bytes:
    with opened(folder) as game:
        register = read_register(game.rules, game_events(game.log))
        return game_digest(fold_game(game.log, game.rules), game.rules, register)


def test_two_edges_that_both_served_one_game_come_to_one_score(tmp_path: Path) -> None:
    """A team with a phone at each edge; the edges never meet, and headquarters meets one after the other."""
    code = found_tenant(tmp_path / "hq")
    edges = [tmp_path / "north", tmp_path / "south"]
    with ExitStack() as nodes:
        hq = nodes.enter_context(served(tmp_path / "hq"))
        running = [
            nodes.enter_context(
                served(folder, "--upstream", hq.url, "--edge-code", edge_code_of(tmp_path / "hq")),
            )
            for folder in edges
        ]
        http = nodes.enter_context(httpx.Client(trust_env=False))
        ann = Device(http, "ann", running[0].url).join(code, "Foxes")
        for folder in edges:
            wayfold("sync-now", "park", "--data", str(folder), "--upstream", hq.url)
        with opened(edges[1]) as game:
            shared = add_join_code(game.log, game.key, game.board.teams[ann.answer.team], 5, START_MS).code
        bob = Device(http, "bob", running[1].url).join(shared)
        hq.kill()
        for device, letters in ((ann, "AB"), (bob, "AC")):
            for number, letter in enumerate(letters):
                device.check_in(letter, START_MS + 60_000 * (number + 1))
            device.sync()
        assert digest_of(edges[0]) != digest_of(edges[1]), "each knows its own half"
        hq.start()
        for folder in (*edges, *edges):
            wayfold("sync-now", "park", "--data", str(folder), "--upstream", hq.url)
        (line,) = hq.standings()["teams"]
        assert line["score"] == 30, "A is paid once, whoever of them was there"
        assert len({digest_of(folder) for folder in (tmp_path / "hq", *edges)}) == 1
        numbers = {running[0].standings()["teams"][0]["number"], running[1].standings()["teams"][0]["number"]}
        assert len(numbers) == 1


def test_a_herd_after_an_outage_is_drained_by_asking_some_to_come_again(tmp_path: Path) -> None:
    """Sixty phones come back at one moment to a node that lets eight wait: nobody is refused, nothing is lost."""
    code = found_tenant(tmp_path)
    with served_here(tmp_path, pushes_waiting_max=8) as client:
        devices = [Patient(client, f"p{number}") for number in range(60)]
        for device in devices:
            device.join(code)
            for number, letter in enumerate("ABC"):
                device.check_in(letter, START_MS + 60_000 * (number + 1))

        with ThreadPoolExecutor(60) as threads:
            verdicts = [report.verdicts for report in threads.map(Patient.sync, devices)]
        teams = client.get("/api/v1/acme/games/park/standings").json()["teams"]
    assert sum(told.get("stored", 0) for told in verdicts) == 180
    assert [team["score"] for team in teams] == [30] * 60
    assert sum(device.asked_again for device in devices) > 0, "some had to come again"
