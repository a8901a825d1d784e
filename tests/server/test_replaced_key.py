"""An HQ whose file is older than its change of a stolen key: it notices, signs nothing, and says what to do."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import START_MS
from served import NOW_MS, Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import GamePublished
from client_core.game.roles import Role
from server import own_stream
from server.games import publish_draft
from server.problems import Problem
from server.staff import add_staff_code
from sync.bundle import export_bundle
from sync.effects import Append, Effect, Sign, run
from sync.receipt import SAFE, Receipt
from sync.stream import GAME

WAY_OUT = "wayfold tenant rotate-key TENANT --stolen"


def backed_up(folder: Path) -> Path:
    """A copy of the tenant's file, taken while nobody writes."""
    backup = folder / "backup.sqlite"
    with opened(folder) as game:
        game.file.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(folder / "tenants" / "acme.sqlite", backup)
    return backup


def put_back_without_a_word(folder: Path, backup: Path) -> None:
    """As when a machine is rolled back."""
    for suffix in ("-wal", "-shm"):
        (folder / "tenants" / f"acme.sqlite{suffix}").unlink(missing_ok=True)
    shutil.copyfile(backup, folder / "tenants" / "acme.sqlite")


class Venue:
    """HQ whose key was stolen and changed after the backup; ann's phone has heard of it, bob's code is unused."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, ("--data", str(folder))
        self.code = found_tenant(folder)
        with opened(folder) as game:
            self.stolen = game.key
            self.staff_code = add_staff_code(game.log, game.key, Role.SAFETY, "Finish desk", START_MS)
        with served_here(folder) as client:
            self.ann = Device(client, "ann").join(self.code)
            self.ann.check_in("A")
            self.ann.sync()
        self.backup = backed_up(folder)
        wayfold("tenant", "rotate-key", "acme", "--stolen", *self.data)
        with served_here(folder) as client:
            self.sync(client)
            assert not self.ann.log.index.directory.vouches(self.stolen.public_key)

    def sync(self, client: Any) -> None:
        self.ann.client = client
        assert self.ann.sync().converged

    def receipts(self) -> list[Receipt]:
        """The last receipts of what ann wrote."""
        found: list[Receipt] = self.ann.log.receipts(
            [s.id for s in self.ann.log.index.streams.values() if s.key == self.ann.stream]
        )
        return found


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    return Venue(tmp_path)


def test_an_hq_restored_from_before_its_key_was_stolen_signs_nothing_until_it_is_given_another(venue: Venue) -> None:
    wayfold("restore", "acme", str(venue.backup), *venue.data)
    before = venue.receipts()
    venue.ann.check_in("B")
    with served_here(venue.folder) as client:
        venue.sync(client)
        assert venue.receipts() == before, "nothing it signs would be believed, so it signs no receipt"
        health = client.get("/health").json()
        assert health["status"] == "healing"
        assert WAY_OUT in health["healing"][0]
        refused = Device(client, "bob").ask_to_join(venue.code)
        assert (refused.status_code, refused.json()["code"]) == (503, "healing")
        assert WAY_OUT in refused.json()["detail"]
        client.post("/acme/park/staff/enter", data={"code": venue.staff_code}, follow_redirects=False)
        assert WAY_OUT in client.get("/acme/park/staff").text
    assert WAY_OUT in wayfold("tenant", "heal", "acme", "--go", *venue.data).stdout
    for command in (
        ("edge-code", "park"),
        ("staff", "add", "park", venue.ann.key.public_key.hex()[:12], "40"),
        ("device", "revoke", "park", venue.ann.key.public_key.hex()[:12]),
        ("finalise", "park"),
        ("game", "publish", "park"),
    ):
        assert WAY_OUT in wayfold(*command, *venue.data, code=3).stderr, command
    told = wayfold("tenant", "rotate-key", "acme", "--stolen", *venue.data).stdout
    assert "epoch 3" in told, "the second key was lost with the file, and its epoch is taken"
    assert "take a backup now" in told
    wayfold("tenant", "heal", "acme", "--go", *venue.data)
    with served_here(venue.folder) as client:
        venue.sync(client)  # brings the new key
        venue.sync(client)  # and now its receipts are believed
        (receipt,) = venue.receipts()
        assert (receipt.level, receipt.seq) == (SAFE, 1)
        assert venue.ann.log.index.directory.vouches(receipt.signer)
        assert Device(client, "bob").ask_to_join(venue.code).status_code == 200
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["points"] == 20
        assert client.get("/health").json()["status"] == "ok"


def test_what_a_thief_signed_with_the_stolen_key_is_not_said_again_when_hq_heals(venue: Venue) -> None:
    wayfold("restore", "acme", str(venue.backup), *venue.data)
    with opened(venue.folder) as game:
        eve = own_stream.write(game.log.index, venue.stolen, GAME, [GamePublished(1, b"e" * 32)])
        game.log.append(eve)
    with served_here(venue.folder) as client:
        venue.sync(client)
    wayfold("tenant", "rotate-key", "acme", "--stolen", *venue.data)
    with opened(venue.folder) as game:
        directory = game.log.index.directory
        (bound,) = directory.bounds_of(venue.stolen.public_key)
        assert eve.own[0].events[0].id not in {pin.head for pin in bound.pins}, "what was pinned then stands"
        assert directory.is_authority(game.key.public_key)


def test_an_hq_rolled_back_without_a_word_heals_once_a_bundle_shows_it_its_later_key(
    venue: Venue, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(effect: Effect) -> object:
        assert isinstance(effect, Sign | Append)
        return venue.ann.key.sign(effect.message) if isinstance(effect, Sign) else venue.ann.log.append(effect.batch)

    put_back_without_a_word(venue.folder, venue.backup)
    with opened(venue.folder) as game:
        epoch = game.log.state.restore_epoch
        assert not game.log.healing
    bundle = venue.folder / "ann.wayfold"
    bundle.write_bytes(run(export_bundle(venue.ann.log, venue.ann.key.public_key, venue.ann.scope), answer))
    said = json.loads(wayfold("bundle", "import", str(bundle), "--json", *venue.data).stdout)
    assert said[0]["taken"]["statements_received"] > 0
    with opened(venue.folder) as game:
        assert game.key_is_replaced
        assert game.log.healing, "it lost something: what came between the backup and the change"
        assert game.log.state.restore_epoch != epoch
        with pytest.raises(Problem, match=WAY_OUT):
            own_stream.write(game.log.index, game.key, GAME, [GamePublished(1, b"p" * 32)])
        with pytest.raises(Problem, match=WAY_OUT):
            publish_draft(game.file, game.tenant, "park", NOW_MS)
    with caplog.at_level(logging.WARNING, "wayfold.node"), served_here(venue.folder) as client:
        client.get("/api/v1/acme/games/park/standings")
    assert sum(WAY_OUT in line for line in caplog.messages) == 1
