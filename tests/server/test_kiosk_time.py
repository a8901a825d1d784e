"""A kiosk's code of time: the same from every program of a node, taken by a phone with no network, counted by all."""

from __future__ import annotations

import json
from pathlib import Path

from loopback import START_MS
from served import edge_code_of, found_tenant, opened, served, served_here, wayfold

from client_core.cli import main as device
from client_core.game.nonces import NONCES_MAX, read_nonce, shown_at
from client_core.game.roles import Role
from client_core.game.teams import read_register
from client_core.replica import Replica
from server.kiosk_time import EVERY_MS, code_now
from server.scoreboard import game_events
from server.staff import add_staff_code

CLOCK = f"{START_MS}@0*0.000001"
"""Half an hour into the game, and it hardly moves."""


def test_one_word_in_the_log_is_enough_for_half_a_day_of_codes(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    with opened(tmp_path) as game:
        first, batch = code_now(game, START_MS)
        assert batch is not None
        assert code_now(game, START_MS).batch is not None, "not stored yet, so not shown yet"
        game.log.append(batch)
        assert code_now(game, START_MS) == (first, None)
        later = code_now(game, START_MS + 10 * EVERY_MS + 5)
        assert (later.batch, later.shown.from_ms) == (None, START_MS + 10 * EVERY_MS)
        register = read_register(game.rules, game_events(game.log))
        letters = read_nonce(later.shown.code)
        assert letters is not None
        assert shown_at(register.nonces, letters) == later.shown.from_ms
        assert code_now(game, START_MS + NONCES_MAX * EVERY_MS).batch is not None, "the chain is at its end"
        assert code_now(game, START_MS - 1).batch is not None, "the clock was set back: a new chain, and an honest one"
    with opened(tmp_path) as again:
        assert code_now(again, START_MS + 10 * EVERY_MS) == (later.shown, None), "from another program of the node"


def test_the_command_and_the_kiosks_page_show_the_same_code(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    with opened(tmp_path) as game:
        code = add_staff_code(game.log, game.key, Role.KIOSK, "Kiosk", START_MS)
    words = ("day", "nonce", "park", "--data", str(tmp_path), "--json", "--qr", str(tmp_path / "code.svg"))
    shown = json.loads(wayfold(*words, WAYFOLD_CLOCK=CLOCK).stdout)
    assert (tmp_path / "code.svg").read_text().startswith("<?xml")
    with served_here(tmp_path, now_ms=shown["from_ms"] + 1) as client:
        assert client.get("/acme/park/staff/time").status_code == 403
        client.post("/acme/park/staff/enter", data={"code": code})
        page = client.get("/acme/park/staff/time").text
    assert shown["code"] in page
    assert 'http-equiv="refresh" content="30"' in page


def test_a_phone_without_a_network_takes_an_edges_code_and_headquarters_counts_it(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    store = tmp_path / "phone.db"
    with served(tmp_path / "hq") as hq:
        edge_code = edge_code_of(tmp_path / "hq")
        words = ("--data", str(tmp_path / "edge"), "--json")
        with served(tmp_path / "edge", "--upstream", hq.url, "--edge-code", edge_code):
            shown = json.loads(wayfold("day", "nonce", "park", *words, WAYFOLD_CLOCK=CLOCK).stdout)
            wayfold("sync-now", "park", *words, "--upstream", hq.url)
        assert device(["join", f"{hq.url}/acme/park", "--code", code, "--team-name", "ann", "--store", str(store)]) == 0
    told_ms = shown["from_ms"] - 3_600_000
    assert device(["nonce", shown["code"], "--at", str(told_ms), "--store", str(store)]) == 0
    assert device(["nonce", "ABC", "--store", str(store)]) == 3
    with Replica.open(store) as replica:
        assert replica.take_nonce(shown["code"], at_ms=told_ms) == shown["from_ms"]
        assert replica.counts().unsent == 2
        assert "time_contradicted" in replica.status().flags, "its owner sees that its clock is an hour slow"
