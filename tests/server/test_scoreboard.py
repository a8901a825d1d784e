"""The board of a game is kept up by a little at a time, and is always what folding everything from nothing gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from seeded_games import draw_game, results_of
from served import START_MS, Device, found_tenant, opened, served_here

from client_core.game.actions import CheckIn
from client_core.game.checkpoints import Method
from client_core.game.crossing import Crossed
from client_core.game.decisions import PointsAdjusted
from client_core.game.standings import game_digest, standings
from client_core.signing import SigningKey
from server import own_stream
from server.open_game import OpenGame
from server.scoreboard import Scoreboard, fold_game
from sync.stream import GAME, stream_id, team_audience


def test_standings_kept_up_by_a_little_are_those_of_everything_anew() -> None:
    told = 0
    for seed in range(24):
        drawn = draw_game(seed)
        kept, rng = Crossed(), Random(seed)
        events = sorted(drawn.events, key=lambda _: rng.random())
        for held in (0, len(events) // 3, len(events) // 2, len(events) - 1, len(events)):
            results = results_of(drawn._replace(events=events[:held]))
            table = standings(results, drawn.rules, drawn.register, before=kept)
            assert table == standings(results, drawn.rules, drawn.register), f"seed {seed}, {held} events"
            told += sum(len(row.extras) for row in table)
    assert told > 20, "hardly any game looked across teams"


def test_a_board_that_met_late_events_and_a_decision_agrees_with_everything_folded_anew(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        devices = [Device(client, name).join(code) for name in ("ann", "bob", "cid")]
        for number, device in enumerate(devices):
            device.check_in("A", START_MS + (number + 1) * 60_000)
            device.sync()
        with opened(tmp_path) as game:
            board = Scoreboard(game.log, game.rules)
            board.standings()
            key = SigningKey.from_seed(game.tenant.node_seed)
            late = own_stream.write(
                game.log.index, key, GAME, [PointsAdjusted(START_MS, "found the lost child", devices[1].answer.team, 7)]
            )
            game.log.append(late)
            board.catch_up([stream_id(own.key) for own in late.own])
            scores = sorted(row.score for row in board.standings())
            assert scores == [10, 10, 17]
            assert _table(board) == _table(Scoreboard(game.log, game.rules))
            assert _digest(game, board) == _digest(game, Scoreboard(game.log, game.rules))


def test_a_team_that_sends_little_by_little_is_folded_on_from_what_is_kept(tmp_path: Path) -> None:
    """Late ones too: a device that was away tells of what it did before what is held."""
    with _two_teams(tmp_path) as (game, teams):
        board = Scoreboard(game.log, game.rules)
        board.standings()
        for minute in (9, 5, 7, 3, 8):
            for number, team in enumerate(teams):
                _check_in(game, board, team, number, START_MS + minute * 60_000)
                assert _digest(game, board) == _digest(game, Scoreboard(game.log, game.rules))
        anew = [board.reckonings[team].anew for team in teams]
        assert max(anew) <= 2, "the first event of a stream may ask for all to be folded, the others do not"


def test_a_board_keeps_the_folds_of_the_latest_teams_and_no_more_events_than_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _two_teams(tmp_path) as (game, teams):
        board = Scoreboard(game.log, game.rules)
        board.standings()
        assert board.reckonings == {}, "who was folded once is not kept"
        for team in teams:
            _check_in(game, board, team, 0, START_MS + 60_000)
        assert list(board.reckonings) == teams
        monkeypatch.setattr("server.scoreboard.EVENTS_KEPT_MAX", sum(map(len, board.reckonings.values())))
        _check_in(game, board, teams[0], 0, START_MS + 120_000)
        assert list(board.reckonings) == [teams[0]]
        assert _digest(game, board) == _digest(game, Scoreboard(game.log, game.rules))


def test_the_fold_of_a_team_that_sends_its_whole_day_at_once_is_not_kept(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        team = Device(client, "ann").join(code).answer.team
    with opened(tmp_path) as game:
        board = Scoreboard(game.log, game.rules)
        board.standings()  # it is known and has sent nothing
        _check_in(game, board, team, 0, START_MS + 60_000)
        assert board.reckonings == {}
        _check_in(game, board, team, 0, START_MS + 120_000)
        assert list(board.reckonings) == [team]
        assert _digest(game, board) == _digest(game, Scoreboard(game.log, game.rules))


@contextmanager
def _two_teams(path: Path) -> Iterator[tuple[OpenGame, list[bytes]]]:
    """A game in which two teams checked in once."""
    code = found_tenant(path)
    with served_here(path) as client:
        devices = [Device(client, name).join(code) for name in ("ann", "bob")]
        for device in devices:
            device.check_in("A", START_MS + 60_000)
            device.sync()
        with opened(path) as game:
            yield game, [device.answer.team for device in devices]


def _check_in(game: OpenGame, board: Scoreboard, team: bytes, number: int, at_ms: int) -> None:
    """Staff saw the team at a checkpoint; the board is asked."""
    key = SigningKey.from_seed(game.tenant.node_seed)
    seen = CheckIn(Method.STAFF, None, at_ms, number)
    batch = own_stream.write(game.log.index, key, team_audience(team), [seen])
    game.log.append(batch)
    board.catch_up([stream_id(own.key) for own in batch.own])
    board.standings()


def _table(board: Scoreboard) -> list[tuple[int | None, int, bytes]]:
    return [(row.place, row.score, row.result.team) for row in board.standings()]


def _digest(game: OpenGame, board: Scoreboard) -> bytes:
    """The digest of what is held, which stands for the board's table only if the two agree."""
    results = fold_game(game.log, game.rules)
    anew = standings(results, game.rules, board.register)
    assert [(row.place, row.score, row.result.team) for row in anew] == _table(board)
    return game_digest(results, game.rules, board.register)
