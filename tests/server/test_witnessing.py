"""Nodes note what they held when: at most once in five minutes a stream, a finish at once, and pushes pay nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from loopback import START_MS
from served import Device, edge_code_of, found_tenant, opened, served, served_here, wayfold

from client_core.game.actions import Witnessed, decode_action
from client_core.game.results import Flag
from client_core.game.scoring import fold
from client_core.game.teams import read_register
from server import witnessing
from server.app import create_app
from server.clock import wall_clock
from server.open_game import OpenGame
from server.scoreboard import events_about, game_events
from server.settings import Settings
from server.witnessing import NOTES_MAX, WITNESS_EVERY_MS, Witness
from sync.bundle import export_bundle
from sync.effects import Append, Effect, Sign, run
from sync.stream import stream_id, team_audience

MINUTE_MS = 60_000


class Clock:
    """A clock that stands where a test puts it."""

    now_ms = START_MS + MINUTE_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnessing, "WITNESS_AFTER_S", 0.05)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def code(tmp_path: Path) -> str:
    return found_tenant(tmp_path)


@pytest.fixture
def client(tmp_path: Path, clock: Clock, code: str) -> Iterator[TestClient[Any]]:
    settings = Settings(data_folder=str(tmp_path), node_name="test")
    with TestClient(create_app(settings, clock=clock)) as client:
        yield client


def notes_in(game: OpenGame, team: bytes) -> list[Witnessed]:
    """What organiser's nodes noted of a team, in the order of their streams."""
    found = []
    for state in game.log.index.streams_of(team_audience(team)):
        if game.log.index.directory.speaks_for_all(state.key.public_key):
            actions = [decode_action(payload) for _, _, payload in game.log.payloads(state.id, 0, 0)]
            found += [action for action in actions if isinstance(action, Witnessed)]
    return found


def notes(folder: Path, team: bytes, count: int = 0) -> list[Witnessed]:
    """The same from a node's file, as soon as there are so many, or what there is after a while."""
    deadline = time.monotonic() + 5
    while True:
        with opened(folder) as game:
            found = notes_in(game, team)
        if len(found) >= count > 0 or time.monotonic() > deadline or count == 0:
            return found
        time.sleep(0.02)


def settle() -> None:
    """Long enough for several turns of the notes, each of which would write what is due."""
    time.sleep(0.4)


def test_what_a_device_brought_is_noted_soon_with_the_time_it_came(
    tmp_path: Path, client: TestClient[Any], code: str, clock: Clock
) -> None:
    device = Device(client, "ann").join(code)
    device.check_in("A")
    device.check_in("B")
    device.sync()
    clock.now_ms += 30_000
    (note,) = notes(tmp_path, device.answer.team, 1)
    state = device.log.index.streams[stream_id(device.stream)]
    head = state.branches[0]
    assert note == Witnessed(START_MS + MINUTE_MS, state.id, head.tip_seq, head.tip)


def test_a_stream_is_noted_once_in_five_minutes_and_then_as_it_was_last(
    tmp_path: Path, client: TestClient[Any], code: str, clock: Clock
) -> None:
    device = Device(client, "ann").join(code)
    for number in range(4):
        device.check_in("A", START_MS + number)
        device.sync()
        settle()
        clock.now_ms += MINUTE_MS
    assert [note.seq for note in notes(tmp_path, device.answer.team)] == [0]
    clock.now_ms += WITNESS_EVERY_MS
    first, second = notes(tmp_path, device.answer.team, 2)
    assert (second.seq, second.at_ms) == (3, first.at_ms + 3 * MINUTE_MS), "the time it came, not the time of the note"


def test_a_finish_is_noted_at_once(tmp_path: Path, client: TestClient[Any], code: str, clock: Clock) -> None:
    device = Device(client, "ann").join(code)
    device.check_in("A")
    device.sync()
    notes(tmp_path, device.answer.team, 1)
    clock.now_ms += MINUTE_MS
    device.check_in("FIN", START_MS + 90_000)
    device.sync()
    assert [note.seq for note in notes(tmp_path, device.answer.team, 2)] == [0, 1]
    (line,) = client.get("/api/v1/acme/games/park/standings").json()["teams"]
    assert "unwitnessed" not in line["flags"]


def test_a_finish_told_by_a_fast_clock_counts_from_when_the_node_held_it(
    tmp_path: Path, client: TestClient[Any], code: str, clock: Clock
) -> None:
    device = Device(client, "ann").join(code)
    clock.now_ms = START_MS + 40 * MINUTE_MS
    device.check_in("A", START_MS + 80 * MINUTE_MS)
    device.check_in("FIN", START_MS + 81 * MINUTE_MS)
    device.sync()
    notes(tmp_path, device.answer.team, 1)
    (line,) = client.get("/api/v1/acme/games/park/standings").json()["teams"]
    assert (line["score"], line["time_ms"]) == (20, 40 * MINUTE_MS)
    assert Flag.TIME_CONTRADICTED in line["flags"]


def test_the_device_folds_the_same_as_soon_as_it_has_the_note_and_later_knows_it(
    tmp_path: Path, client: TestClient[Any], code: str
) -> None:
    device = Device(client, "ann").join(code)
    device.check_in("A")
    device.sync()
    (note,) = notes(tmp_path, device.answer.team, 1)
    assert device.sync().received == 1
    assert note.stream == stream_id(device.stream)
    authors = {state.key.public_key for state in device.log.index.streams_of(device.audience)}
    assert len(authors) == 2, "its own stream, and the node's beside it"


def test_streams_of_strangers_and_of_the_organiser_are_not_noted(
    tmp_path: Path, client: TestClient[Any], code: str
) -> None:
    device = Device(client, "ann").join(code)
    stranger = Device(client, "eve")
    for name in ("answer", "game", "audience", "scope", "path", "log"):
        setattr(stranger, name, getattr(device, name))
    stranger.stream = device.stream.__class__(stranger.key.public_key, b"i" * 16, device.audience)
    stranger.check_in("A")
    stranger.sync()
    settle()
    assert notes(tmp_path, device.answer.team) == []


def test_what_an_edge_noted_headquarters_does_not_note_again(tmp_path: Path, code: str) -> None:
    with ExitStack() as nodes:
        hq = nodes.enter_context(served(tmp_path))
        words = ("--upstream", hq.url, "--edge-code", edge_code_of(tmp_path))
        edge = nodes.enter_context(served(tmp_path / "edge", *words))
        http = nodes.enter_context(httpx.Client(trust_env=False))
        device = Device(http, "ann", edge.url).join(code)
        device.check_in("A")
        device.sync()
        (note,) = notes(tmp_path / "edge", device.answer.team, 1)
        wayfold("sync-now", "park", "--data", str(tmp_path / "edge"), "--upstream", hq.url)
        time.sleep(2 * 2.0 + 0.5)
        assert notes(tmp_path, device.answer.team, 1) == [note]


def test_a_team_folds_the_same_at_headquarters_from_the_notes_in_its_log(
    tmp_path: Path, client: TestClient[Any], code: str
) -> None:
    device = Device(client, "ann").join(code)
    device.check_in("FIN", START_MS + 90_000)
    device.sync()
    notes(tmp_path, device.answer.team, 1)
    with opened(tmp_path) as game:
        register = read_register(game.rules, game_events(game.log))
        events = events_about(game.log, register, device.answer.team)
        result = fold(game.rules, register.teams[device.answer.team], events, register)
    assert Flag.UNWITNESSED not in result.flags
    assert (result.events, len(result.judged)) == (1, 1), "a note is evidence, nothing that was done"


def test_a_herd_is_noted_in_batches_and_what_was_not_stored_waits_again(
    tmp_path: Path, client: TestClient[Any], code: str
) -> None:
    devices = [Device(client, f"p{number}").join(code) for number in range(NOTES_MAX + 3)]
    for device in devices:
        device.check_in("A")
        device.sync()
    settle()
    assert all(len(notes(tmp_path, device.answer.team, 1)) == 1 for device in devices)
    with opened(tmp_path) as game:
        witness = Witness(game)
        streams = [stream_id(device.stream) for device in devices]
        witness.hear(streams, START_MS)
        due = witness.due(START_MS)
        assert len(due) == NOTES_MAX
        batch = witness.batch(due)
        assert len(batch.own) == NOTES_MAX
        witness.again(batch)
        assert sorted(witness.due(START_MS)) == sorted(witness.due(START_MS))
        assert len(witness.batch([*witness._held_at]).own) == len(devices)


def test_what_a_file_brings_is_noted_by_the_command_that_takes_it_in(tmp_path: Path, code: str) -> None:
    def answer(effect: Effect) -> object:
        assert isinstance(effect, Sign | Append)
        return device.key.sign(effect.message) if isinstance(effect, Sign) else device.log.append(effect.batch)

    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
    device.check_in("A")
    device.check_in("FIN", START_MS + 90_000)
    file = tmp_path / "ann.wayfold"
    file.write_bytes(run(export_bundle(device.log, device.key.public_key, device.scope), answer))
    clock = f"{START_MS + MINUTE_MS}@{wall_clock()}*1"
    for _ in range(2):
        wayfold("bundle", "import", str(file), "--data", str(tmp_path), WAYFOLD_CLOCK=clock)
        (note,) = notes(tmp_path, device.answer.team)
        assert (note.stream, note.seq) == (stream_id(device.stream), 1)
        assert START_MS + MINUTE_MS <= note.at_ms < START_MS + 6 * MINUTE_MS, "by the node's clock"
