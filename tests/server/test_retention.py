"""Personal data is kept as long as the game promised, and not a look longer; results are kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import served
from litestar.testing import TestClient
from loopback import START_MS
from served import NOW_MS, Device, found_tenant, opened, wayfold

from client_core.game.actions import CheckIn, Member, MemberNamed, Photo, Said, Sos, encode_action
from client_core.game.challenges import Challenge, Form, Judged
from client_core.game.checkpoints import Method
from client_core.game.final import FinalRow
from client_core.game.pictures import blob_hash
from server import own_stream
from server.app import create_app
from server.db.tenants import TenantFiles
from server.finalising import counting_heads, final_views, finalise, rows_within
from server.restoring import restore
from server.retention import DAY_MS, events_of_people
from server.settings import Settings
from sync.stream import GAME, STAFF

SECRETS = [b"Ottilie Wildermuth", b"+49 7071 4711", b"under the bridge, Ottilie", b"badge-90210", b"\xab\x01face\x02"]
PICTURE = b"\xff\xd8\xff\xe0" + b"\xab\x01face\x02" * 500
CLOSES_MS = served.DRAFT.closes_at_ms
DUE_MS = CLOSES_MS + served.DRAFT.retention_days * DAY_MS
GATE = Challenge("gate", "Gate", "All of you under it", 0, Form.PHOTO, Judged(), 25)


class Served:
    """A node in this process whose clock and timer a test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now_ms = folder, NOW_MS
        app = create_app(Settings(data_folder=str(folder), node_name="test"), clock=lambda: self.now_ms)
        self.client: TestClient[Any] = TestClient(app)

    def look(self, times: int = 2) -> None:
        """The timer looks."""
        for _ in range(times):
            self.client.blocking_portal.call(self.client.app.state.node.retention.tick)


def held(folder: Path) -> list[tuple[str, bytes]]:
    """The secrets that stand anywhere in the node's files."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [(path.name, secret) for path in files for secret in SECRETS if secret in path.read_bytes()]


def rows(folder: Path) -> tuple[FinalRow, ...]:
    with opened(folder) as game:
        return rows_within(game, counting_heads(game))


def play(server: Served, code: str) -> Device:
    """A team whose every trace says something of a person."""
    owl = Device(server.client, "Ottilie Wildermuth").join(code)
    owl.write(encode_action(Photo(START_MS, 0, blob_hash(PICTURE), len(PICTURE))))
    for letter in "AB":
        owl.check_in(letter)
    owl.write(encode_action(CheckIn(Method.GPS, None, START_MS + 60_000, 0, 112_512_345, 437_712_345, 40)))
    owl.write(encode_action(Sos(START_MS + 1, "under the bridge, Ottilie", 112_500_000, 437_700_000)))
    owl.write(encode_action(Said(START_MS + 2, "under the bridge, Ottilie")))
    owl.sync()
    server.client.post(f"/blob/v1/acme/park/{blob_hash(PICTURE).hex()}?offset=0", content=PICTURE)
    with opened(server.folder) as game:
        member = Member(START_MS, owl.answer.team, 1, 1990, badge="badge-90210", person=b"p" * 16)
        named = MemberNamed(START_MS, owl.answer.team, 1, "Ottilie Wildermuth", "+49 7071 4711", "asthma")
        game.log.append(own_stream.write(game.log.index, game.key, GAME, [member]))
        game.log.append(own_stream.write(game.log.index, game.key, STAFF, [named]))
        finalise(game, NOW_MS)
    return owl


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(served, "DRAFT", msgspec.structs.replace(served.DRAFT, challenges=(GATE,)))
    return found_tenant(tmp_path)


def test_what_is_known_of_people_is_gone_from_every_byte_when_its_time_is_over(tmp_path: Path, code: str) -> None:
    server = Served(tmp_path)
    with server.client:
        play(server, code)
        before = rows(tmp_path)
        assert {secret for _, secret in held(tmp_path)} == set(SECRETS)
        server.now_ms = DUE_MS - 1
        server.look()
        assert {secret for _, secret in held(tmp_path)} == set(SECRETS), "not a millisecond earlier"
        server.now_ms = DUE_MS
        server.look()
        (line,) = server.client.get("/api/v1/acme/games/park/standings").json()["teams"]
        assert (line["name"], line["points"]) == ("1", 20)
    assert held(tmp_path) == []
    assert rows(tmp_path) == before
    with opened(tmp_path) as game:
        assert [view.checked for view in final_views(game)] == ["agrees"], "the pinned result is still checked"
        assert events_of_people(game) == []


def test_what_comes_in_after_the_time_is_erased_too(tmp_path: Path, code: str) -> None:
    server = Served(tmp_path)
    with server.client:
        owl = play(server, code)
        server.now_ms = DUE_MS
        server.look()
        owl.write(encode_action(Said(START_MS + 3, "under the bridge, Ottilie")))
        owl.sync()
        assert held(tmp_path) != []
        server.look()
    assert held(tmp_path) == []


def test_a_clock_that_is_ahead_at_one_look_erases_nothing(tmp_path: Path, code: str) -> None:
    server = Served(tmp_path)
    with server.client:
        play(server, code)
        for ahead_ms in (DUE_MS, NOW_MS, DUE_MS):
            server.now_ms = ahead_ms
            server.look(1)
    assert {secret for _, secret in held(tmp_path)} == set(SECRETS)


def test_a_backup_that_is_put_back_forgets_by_itself(tmp_path: Path, code: str) -> None:
    server = Served(tmp_path)
    with server.client:
        play(server, code)
    backup = tmp_path / "backup.sqlite"
    shutil.copyfile(tmp_path / "tenants" / "acme.sqlite", backup)
    wayfold("erase", "park", "--everybody", "--yes", "--data", str(tmp_path))
    assert {name for name, _ in held(tmp_path)} == {"backup.sqlite"}
    restore(TenantFiles(tmp_path), "acme", backup)
    backup.unlink()
    assert held(tmp_path) != []
    again = Served(tmp_path)
    again.now_ms = DUE_MS
    with again.client:
        wayfold("tenant", "heal", "acme", "--go", "--data", str(tmp_path))
        again.look()
    assert held(tmp_path) == []


def test_a_team_of_several_keeps_its_name(tmp_path: Path, code: str) -> None:
    server = Served(tmp_path)
    with server.client:
        owls = Device(server.client, "Owls").join(code)
        with opened(tmp_path) as game:
            notes = [Member(START_MS, owls.answer.team, number, 1990) for number in (1, 2)]
            game.log.append(own_stream.write(game.log.index, game.key, GAME, notes))
        server.now_ms = DUE_MS
        server.look()
        assert server.client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["name"] == "Owls"


def test_the_command_says_what_would_go_and_erases_it_before_its_time(tmp_path: Path, code: str) -> None:
    server = Served(tmp_path)
    with server.client:
        play(server, code)
    before = rows(tmp_path)
    dry = wayfold("erase", "park", "--everybody", "--dry-run", "--data", str(tmp_path)).stdout
    assert "MemberNamed" in dry
    assert "CheckIn" in dry
    assert {secret for _, secret in held(tmp_path)} == set(SECRETS)
    said = wayfold("erase", "park", "--everybody", "--yes", "--data", str(tmp_path)).stdout
    assert "events erased here" in said
    assert held(tmp_path) == []
    assert rows(tmp_path) == before
    again = wayfold("erase", "park", "--everybody", "--yes", "--data", str(tmp_path)).stdout
    assert "nothing here says anything of a person" in again
