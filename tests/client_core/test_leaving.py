"""Leaving a game deletes nothing: store, keys and queue stay, a tenant's for itself, until what was done is sent."""

from __future__ import annotations

from pathlib import Path

from loopback import LAT, START_MS, LoopbackNode, lon_of
from served import found_tenant, served

from client_core.cli import main as device
from client_core.clock import SteppedClock
from client_core.game.fences import Fix
from client_core.replica import Replica
from client_core.transports.http import HttpTransport
from server.db.tenants import TenantFiles
from server.games import publish_draft


def visit(replica: Replica, number: int, minute: int) -> None:
    at_ms = START_MS + minute * 60_000
    replica.check_in(number, at_ms=at_ms, fix=Fix(round(lon_of(number) * 1e7), round(LAT * 1e7), 5_000, at_ms))


def publish_again(folder: Path) -> bytes:
    """Publish the same draft once more, as the real game; its id."""
    tenants = TenantFiles(folder)
    with tenants.open("acme") as file:
        assert file.tenant is not None
        identity = publish_draft(file, file.tenant, "park", START_MS).id
    tenants.close()
    return identity


def test_what_was_done_in_a_game_is_still_there_after_another_was_joined_and_left(tmp_path: Path) -> None:
    """One file, two accounts: tenants of two servers. Each has its own key and its own queue."""
    code_one, code_two = found_tenant(tmp_path / "one"), found_tenant(tmp_path / "two", "other")
    store = tmp_path / "phone.db"
    with served(tmp_path / "one") as one, served(tmp_path / "two") as two:
        addresses = {code_one: f"{one.url}/acme/park", code_two: f"{two.url}/other/park"}
        keys = {}
        for code, address in addresses.items():
            assert device(["join", address, "--code", code, "--team-name", "ann", "--store", str(store)]) == 0
            with Replica.open(store) as replica:
                keys[code] = replica.public_key
                visit(replica, len(keys) - 1, 1)
                assert replica.status().unsent == 1
        assert len(set(keys.values())) == 2, "one key pair a tenant"
        assert one.standings_of_first()["score"] == 0
        for code, address in addresses.items():
            assert device(["join", address, "--code", code, "--team-name", "ann", "--store", str(store)]) == 0
            with Replica.open(store) as replica:
                assert replica.public_key == keys[code], "the same device as before"
                assert (replica.result().score, replica.status().unsent) == (10, 0), "sent with the first session"
        assert one.standings_of_first()["score"] == 10
        assert two.standings("other/games/park")["teams"][0]["score"] == 10


def test_a_bundle_brings_home_what_a_left_game_still_holds(new_device, hq: LoopbackNode, tmp_path: Path) -> None:
    phone = new_device("a", "RED")
    visit(phone, 0, 1)
    phone.export_bundle(tmp_path / "bundle")
    with Replica.join(tmp_path / "b.db", hq.url, "RED", clock=SteppedClock(START_MS)) as other:
        other.import_bundle(tmp_path / "bundle")
        other.sync_once(HttpTransport(hq.sync_url))
    assert hq.result("RED").visited == (0,)
    assert phone.status().unsent == 1, "it knows of no receipt yet, and keeps what it has"


def test_a_rehearsal_promoted_to_the_real_game_counts_for_nothing(tmp_path: Path) -> None:
    """Published anew, a game is another game: what the rehearsal's phones still send stays the rehearsal's."""
    code = found_tenant(tmp_path / "hq")
    store = tmp_path / "phone.db"
    with served(tmp_path / "hq") as hq:
        assert device(["join", f"{hq.url}/acme/park", "--code", code, "--team-name", "ann", "--store", str(store)]) == 0
        with Replica.open(store) as replica:
            visit(replica, 0, 1)
            rehearsal = replica.membership.game
        assert device(["sync", "--store", str(store)]) == 0
        assert hq.standings_of_first()["score"] == 10
        real = publish_again(tmp_path / "hq")
        assert real != rehearsal
        assert hq.standings(f"acme/games/{real.hex()}")["teams"] == []
        with Replica.open(store) as replica:
            visit(replica, 1, 2)
        assert device(["sync", "--store", str(store)]) == 0, "what belongs to the rehearsal goes to the rehearsal"
        assert hq.standings(f"acme/games/{real.hex()}")["teams"] == []
        assert hq.standings(f"acme/games/{rehearsal.hex()}")["teams"][0]["score"] == 20
        address = f"{hq.url}/sync/v1/acme/{real.hex()}"
        assert device(["sync", "--upstream", address, "--store", str(store)]) == 5
        assert hq.standings(f"acme/games/{real.hex()}")["teams"] == []
