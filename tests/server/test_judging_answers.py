"""Answers that only headquarters and edges can judge are judged there, once, and their keys never leave them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client_core.game.actions import Answer, Known, TeamRegistered, decode_action
from client_core.game.challenges import Hashed, Later
from client_core.game.decisions import AnswerJudged
from server import own_stream
from server.authoring.building import read_game
from server.db.tenants import TenantFiles
from server.games import find_game, publish_draft, save_draft
from server.judging_answers import judge_waiting, kept_keys
from server.open_game import OpenGame
from server.scoreboard import stream_events, team_streams
from server.tenancy import new_tenant
from sync.stream import GAME, STAFF, covers, scope_of, team_audience

TEAM = b"t" * 16
NOW_MS = 1_780_732_900_000


@pytest.fixture
def game(tmp_path: Path) -> Iterator[OpenGame]:
    """A published game with one challenge that is judged later, and a team that answered twice."""
    path = tmp_path
    (path / "game.toml").write_text('name = "Park"\nstart = 2026-06-06T08:00:00Z\n')
    (path / "checkpoints.csv").write_text("code,lon,lat\n1,11.25,43.77\n")
    (path / "challenges.csv").write_text("code,checkpoint,text,answer,judged\nR1,1,Who?,Beatrice,later\n")
    draft, _, report = read_game(path, NOW_MS)
    assert draft is not None, report.errors
    files = TenantFiles(path / "data")
    row = new_tenant("acme", "Acme", NOW_MS)
    files.add(row)
    with files.open("acme") as file:
        assert file.tenant is not None
        save_draft(file, "park", draft, NOW_MS)
        publish_draft(file, file.tenant, "park", NOW_MS)
        with file.reading() as session:
            found = find_game(session, "park")
            session.expunge(found)
        game = OpenGame(file, file.tenant, found)
        write(game, GAME, [TeamRegistered(NOW_MS, TEAM, 1, "Foxes")])
        answers = [Answer(NOW_MS, 0, "Laura"), Answer(NOW_MS, 0, "beatrice!")]
        write(game, team_audience(TEAM), answers)
        yield game
    files.close()


def write(game: OpenGame, audience: bytes, actions: list[Known]) -> None:
    """Append in the node's own name, and follow."""
    game.log.append(own_stream.write(game.log.index, game.key, audience, actions))
    game.refresh()
    game.board.rebuild()


def rulings(game: OpenGame) -> list[bool]:
    """What was judged, in the order of the team's streams."""
    events = (event for state in team_streams(game.log, TEAM) for event in stream_events(game.log, state))
    return [action.right for event in events if isinstance(action := decode_action(event.payload), AnswerJudged)]


def test_answers_that_wait_are_judged_once(game: OpenGame) -> None:
    teams = list(game.board.teams.values())
    (batch,) = judge_waiting(game, teams, NOW_MS)
    game.log.append(batch)
    assert rulings(game) == [False, True]
    assert judge_waiting(game, teams, NOW_MS) == []


def test_the_keys_stand_in_staff_streams_which_no_device_holds_and_in_no_package(game: OpenGame) -> None:
    keys = kept_keys(game)
    assert list(keys) == [0]
    key = keys[0]
    assert isinstance(key, Hashed)
    holders = set()
    for state in game.log.index.streams.values():
        for event in stream_events(game.log, state):
            if key.salt in event.payload or b"Beatrice" in event.payload:
                holders.add(state.key.audience)
    assert holders == {STAFF}
    assert not covers(scope_of(GAME, team_audience(TEAM)), STAFF)
    assert key.salt not in game.package_bytes
    assert b"Beatrice" not in game.package_bytes
    assert isinstance(game.rules.package.challenges[0].key, Later)
