"""`POST /sync/v1/…`: sessions that work, and every body that must not."""

from __future__ import annotations

import itertools
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar.testing import TestClient
from loopback import CODES, START_MS
from nodes import key_of
from served import Device, ServedProcess, found_tenant, opened, served_here

from client_core.game.scoring import Flag
from server import tenancy
from server.app import create_app
from server.settings import Settings
from sync.frame import decode_frame, encode_body, split_frames
from sync.limits import PROTOCOL_VERSION_MAX
from sync.memory_log import MemoryLog
from sync.messages import Data, Hello, Problem, Root, Statements, Verdicts, Want, Wanted
from sync.placement import BUSY, HELD, REFUSED, STORED
from sync.receipt import SAFE
from sync.runs import cut_runs
from sync.statement import Authority
from sync.stream import GAME, GameKey, stream_id

YEAR_MS = 366 * 86_400_000


def problems_in(answer: bytes) -> list[str]:
    return [m.code for frame in split_frames(answer) if isinstance(m := decode_frame(frame), Problem)]


def verdicts_in(answer: bytes) -> list[int]:
    found = [m for frame in split_frames(answer) if isinstance(m := decode_frame(frame), Verdicts)]
    return [verdict for message in found for _, _, spans in message.runs for _, verdict in spans]


def push_of(device: Device, game: GameKey | None = None) -> bytes:
    """A body that pushes what a device wrote, in a session that only greets."""
    device.sync_signatures()
    state = device.log.index.streams[stream_id(device.stream)]
    branch = state.branches[0]
    runs = tuple(cut_runs(device.log, state, branch, branch.first_seq, branch.head_seq))
    return encode_body([hello_of(device, game), Data(runs)])


def hello_of(device: Device, game: GameKey | None = None) -> Hello:
    game = game or device.game
    return Hello((1, PROTOCOL_VERSION_MAX), device.key.public_key, game.tenant, game.game, device.scope)


def test_check_ins_are_safe_once_answered_and_score_at_once(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "Foxes")
        device.check_in("A")
        device.check_in("B")
        report = device.sync()
        assert report.converged
        assert report.verdicts == {"stored": 2}
        receipts = device.log.receipts([stream_id(device.stream)])
        assert [(r.level, r.seq) for r in receipts] == [(SAFE, 1)]
        team = client.get("/api/v1/acme/games/park/standings").json()["teams"][0]
        assert (team["name"], team["score"]) == ("Foxes", 20)


def test_sending_again_what_was_sent_changes_nothing(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        device.check_in("A")
        body = push_of(device)
        assert verdicts_in(device.exchange(body)) == [STORED]
        before = client.get("/api/v1/acme/games/park/standings").json()["teams"]
        assert verdicts_in(device.exchange(body)) != [STORED]
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"] == before


@pytest.mark.parametrize(
    ("body", "word"),
    [(b"", "no_hello"), (b"hello", "frame_too_big"), (b"\x00\x00\x00\x06\x00\x00\x00\x00\x00\xff", "frame_damaged")],
)
def test_what_is_no_frame_is_named(tmp_path: Path, body: bytes, word: str) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        assert problems_in(Device(client, "ann").join(code).exchange(body)) == [word]


def test_a_body_cut_anywhere_stores_nothing_half(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        device.check_in("A")
        body = push_of(device)
        for length in range(0, len(body), 7):
            assert STORED not in verdicts_in(device.exchange(body[:length]))
        assert verdicts_in(device.exchange(body)) == [STORED]


def test_a_huge_body_is_turned_away_before_it_is_read(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path, body_bytes_max=100_000) as client:
        device = Device(client, "ann").join(code)
        refused = client.post(device.path, content=bytes(100_001))
        assert (refused.status_code, refused.json()["code"]) == (413, "body_too_big")


def test_a_flipped_bit_in_a_signature_refuses_that_run_alone(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann, bob = Device(client, "ann").join(code), Device(client, "bob").join(code)
        ann.check_in("A")
        bob.check_in("A")
        bodies = [[decode_frame(f) for f in split_frames(push_of(device))] for device in (ann, bob)]
        good, bad = (frames[1].runs[0] for frames in bodies)  # type: ignore[union-attr]
        flipped = bytes((bad.signature[0] ^ 1,)) + bad.signature[1:]
        answer = ann.exchange(
            encode_body([hello_of(ann), Data((msgspec.structs.replace(bad, signature=flipped), good))])
        )
        assert verdicts_in(answer) == [REFUSED, STORED]


def test_events_of_another_game_are_refused(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        device.check_in("A")
        other = GameKey(device.game.tenant, b"?" * 16)
        assert problems_in(device.exchange(push_of(device, other))) == ["wrong_game"]
        # Sealed for another game and sent under this game's name: the chain does not verify.
        device.game = other
        device.stream = device.stream.__class__(device.key.public_key, b"j" * 16, device.audience)
        device.write(b"\x93\x01\x01")
        with_lie = [decode_frame(f) for f in split_frames(push_of(device))]
        body = encode_body([hello_of(device, device.log.index.game), *with_lie[1:]])
        assert verdicts_in(device.exchange(body)) == [REFUSED]


def test_events_of_another_tenant_are_refused(tmp_path: Path) -> None:
    code, other_code = found_tenant(tmp_path), found_tenant(tmp_path, "other")
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        eve = Device(client, "eve").join(other_code, where="other/games/park")
        eve.check_in("A")
        body = push_of(eve)
        eve.path = ann.path
        assert problems_in(eve.exchange(body)) == ["wrong_game"]
        eve.path = ann.path.replace("acme", "other")
        refused = client.post(eve.path, content=body)
        assert refused.json()["code"] == "game_unknown"


def test_a_device_that_is_not_enrolled_is_held_and_does_not_score(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        stranger = Device(client, "eve")
        for name in ("answer", "game", "audience", "scope", "path", "log"):
            setattr(stranger, name, getattr(ann, name))
        stranger.stream = ann.stream.__class__(stranger.key.public_key, b"i" * 16, ann.audience)
        stranger.check_in("A")
        assert verdicts_in(stranger.exchange(push_of(stranger))) == [HELD]
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["score"] == 0


def test_strangers_share_a_quota_and_are_answered_busy_beyond_it(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path, stranger_bytes_max=2_000) as client:
        ann = Device(client, "ann").join(code)
        seen = []
        for number in range(8):
            stranger = Device(client, f"eve{number}")
            for name in ("answer", "game", "audience", "scope", "path"):
                setattr(stranger, name, getattr(ann, name))
            stranger.log = MemoryLog(ann.game, b"d" * 16, b"e" * 16)
            stranger.stream = ann.stream.__class__(stranger.key.public_key, b"i" * 16, ann.audience)
            stranger.write(bytes(300))
            seen += verdicts_in(stranger.exchange(push_of(stranger)))
        assert seen[0] == HELD
        assert seen[-1] == BUSY
        ann.check_in("A")
        assert ann.sync().verdicts == {"stored": 1}


def test_strangers_that_push_all_at_once_bring_no_more_than_the_quota(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path, stranger_bytes_max=20_000) as client:
        ann = Device(client, "ann").join(code)
        pushes = []
        for number in range(24):
            stranger = Device(client, f"eve{number}")
            for name in ("answer", "game", "audience", "scope", "path"):
                setattr(stranger, name, getattr(ann, name))
            stranger.log = MemoryLog(ann.game, b"d" * 16, b"e" * 16)
            stranger.stream = ann.stream.__class__(stranger.key.public_key, b"i" * 16, ann.audience)
            stranger.write(bytes(4_000))
            pushes.append(push_of(stranger))
        with ThreadPoolExecutor(24) as threads:
            seen = [verdict for answer in threads.map(ann.exchange, pushes) for verdict in verdicts_in(answer)]
    assert (seen.count(HELD), seen.count(BUSY)) == (4, 20)
    with opened(tmp_path) as game:
        assert 0 < game.strangers.bytes_held <= 20_000
        with game.strangers.lease(22_000) as first, game.strangers.lease(22_000) as second:
            assert (first.take(3_000), second.take(3_000), second.take(1_000)) == (True, False, True)
        assert game.strangers.promised == 0


def test_nobody_reads_without_showing_its_key(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
        device.check_in("A")
        device.sync()
        want = Want((Wanted(stream_id(device.stream), ()),), ())
        answer = device.exchange(encode_body([hello_of(device), Root(bytes(32), 1), want]))
        assert problems_in(answer) == ["not_enrolled"]


def test_a_node_whose_clock_plays_a_day_in_no_time_is_read_from_as_any_other(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    hours = itertools.count()
    settings = Settings(data_folder=str(tmp_path), node_name="test")
    with TestClient(create_app(settings, clock=lambda: START_MS + next(hours) * 3_600_000)) as client:
        ann = Device(client, "ann").join(code)
        assert ann.sync().converged
        assert {state.key.audience for state in ann.log.index.streams.values()} == {GAME}


def test_a_clock_a_year_ahead_is_kept_and_flagged(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "Foxes")
        device.check_in("A", START_MS + YEAR_MS)
        device.check_in("B")
        assert device.sync().verdicts == {"stored": 2}
        team = client.get("/api/v1/acme/games/park/standings").json()["teams"][0]
        assert team["flags"] == [Flag.CLOCK_AHEAD]
        assert team["score"] == 20


def test_bytes_that_are_no_action_block_nothing(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "Foxes")
        device.write(b"\xc1", b"\x92\x00\x00", b"\x92\x7f\x01")
        device.check_in("A")
        assert device.sync().verdicts == {"stored": 4}
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["score"] == 10


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    node = ServedProcess(tmp_path / "hq").start()
    with httpx.Client(trust_env=False) as client:
        device = Device(client, "ann", node.url).join(code, "Foxes")
        for letter in CODES[:3]:
            device.check_in(letter)
            assert device.sync().verdicts["stored"] == 1
        node.kill()
    with opened(tmp_path / "hq") as game:
        assert game.board.standings()[0].result.score == 30
    with sqlite3.connect(tmp_path / "hq/tenants/acme.sqlite") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()
    again = ServedProcess(tmp_path / "hq").start()
    with httpx.Client(trust_env=False) as client:
        device.client, device.path = client, device.path.replace(node.url, again.url)
        assert device.sync().converged
    assert again.stop() in {0, -15}


def test_statements_of_nobody_known_share_the_strangers_quota(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path, stranger_bytes_max=3_000) as client:
        ann = Device(client, "ann").join(code)
        for number in range(20):
            liar = key_of(f"liar{number}")
            statement = tenancy.issue(ann.game, GAME, liar, Authority(liar.public_key, 9))
            ann.exchange(encode_body([hello_of(ann), Statements((statement,))]))
        with opened(tmp_path) as game:
            assert 0 < game.strangers.bytes_held < 3_000 + 512
            assert len(game.log.index.directory.authorities) == 1


def test_a_game_scope_is_read_by_everybody_enrolled(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        Device(client, "bob").join(code)
        assert ann.sync().converged
        readable = {state.key.audience for state in ann.log.index.streams.values()}
        assert readable == {GAME}
