"""Teams folded in a process beside the event loop, or in the loop: with the same results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from seeded_games import draw_game
from served import START_MS, found_tenant, opened

from client_core.game.actions import CheckIn, TeamRegistered
from client_core.game.checkpoints import Method
from client_core.game.content import encode_package
from client_core.game.results import TeamResult
from client_core.game.scoring import fold
from client_core.signing import SigningKey
from server import own_stream
from server.folder import Folder
from server.open_game import OpenGame
from server.scoreboard import PIECE_TEAMS, Scoreboard
from sync.stream import GAME, stream_id, team_audience

TEAMS = 5 * PIECE_TEAMS
_HIRING = """
import os, signal, sys
sys.path[:0] = sys.argv[2:]
from server import folder, hired as hiring

hiring.cores = lambda: 2  # on a machine of one core nothing would be hired
hired = folder.Folder.hired()
assert hired.is_free
child = int(os.popen(f"pgrep -P {os.getpid()}").read().split()[0])
import test_folder as here
"""
DRAWN = """
for seed in range(60):
    here.assert_folds_alike(hired, seed)
hired.close()
print("all as in the loop")
"""
BOARD = """
with here.opened(here.Path(sys.argv[1])) as game:
    board = here.board_of(game, hired)
    assert board.fold_some() and board.away, "some are folded beside"
    while board.fold_some():
        pass
    assert board.away == () and board.beside >= here.PIECE_TEAMS, "the process took its share"
    assert here.results_of(board) == here.results_alone(game)

    board.rebuild()
    board.fold_some()
    away, waiting = board.away[0], board.away[1:]
    here.see(game, board, away, 1)  # touched again while it is away
    assert here.results_of(board) == here.results_alone(game)

    board.rebuild()
    board.fold_some()
    here.register(game, board, here.TEAMS + 1)  # the register is another one now
    assert here.results_of(board) == here.results_alone(game)
print("all as in the loop")
"""
DIES = """
with here.opened(here.Path(sys.argv[1])) as game:
    board = here.board_of(game, hired)
    board.fold_some()
    assert board.away
    os.kill(child, signal.SIGKILL)
    assert here.results_of(board) == here.results_alone(game)
    board.rebuild()
    assert here.results_of(board) == here.results_alone(game)
print("all as in the loop")
"""
HANGS = """
folder.WITHIN_S = 0.3
with here.opened(here.Path(sys.argv[1])) as game:
    os.kill(child, signal.SIGSTOP)
    board = here.board_of(game, hired)
    board.fold_some()
    assert board.away
    assert here.results_of(board) == here.results_alone(game)
    os.kill(child, signal.SIGKILL)
print("all as in the loop")
"""
FAILS = """
from client_core.game.teams import Register
drawn = here.draw_game(1)
asked = hired.ask(b"no package", drawn.register, lambda: drawn.said, [])
hired.wait(asked)
assert asked.is_done and asked.results is None, "what it cannot fold is for the loop to say"
here.assert_folds_alike(hired, 2)
print("all as in the loop")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is hired where processes do not fork")
@pytest.mark.parametrize("script", [DRAWN, FAILS], ids=["drawn", "fails"])
def test_a_hired_process_folds_every_kind_of_game_as_the_loop_would(script: str, tmp_path: Path) -> None:
    assert_runs(script, tmp_path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is hired where processes do not fork")
@pytest.mark.parametrize("script", [BOARD, DIES, HANGS], ids=["helps", "dies", "hangs"])
def test_a_board_comes_to_the_same_results_whatever_becomes_of_the_process(script: str, tmp_path: Path) -> None:
    found_tenant(tmp_path)
    with opened(tmp_path) as game:
        board = Scoreboard(game.log, game.rules)
        register(game, board, *range(1, TEAMS + 1))
        for number in range(1, TEAMS):  # the last has sent nothing
            see(game, board, _team(number), number % 5)
    assert_runs(script, tmp_path)


def test_without_a_process_nothing_is_folded_beside(tmp_path: Path) -> None:
    folder = Folder()
    assert not folder.is_free
    found_tenant(tmp_path)
    with opened(tmp_path) as game:
        board = Scoreboard(game.log, game.rules, game.package_bytes, folder)
        register(game, board, *range(1, TEAMS + 1))
        assert len(board.results()) == TEAMS
        assert board.beside == 0


def assert_runs(script: str, data: Path) -> None:
    """In an interpreter of its own: what forks may not have been run by threads."""
    here = Path(__file__).parent
    paths = [str(data), str(here), str(here.parent / "support")]
    command = [sys.executable, "-c", _HIRING + script, *paths]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert ran.stdout == "all as in the loop\n", ran.stderr


def assert_folds_alike(folder: Folder, seed: int) -> None:
    """The teams of a drawn game, folded beside and here."""
    drawn = draw_game(seed)
    teams = [
        (team, [event for event in drawn.events if drawn.register.home(event, team) in drawn.register.merged(team)])
        for team in drawn.register.teams
    ]
    asked = folder.ask(encode_package(drawn.rules.package), drawn.register, lambda: drawn.said, teams)
    folder.wait(asked)
    alone = [fold(drawn.rules, drawn.register.teams[t], e, drawn.register, keep_judged=False) for t, e in teams]
    assert asked.results == alone, f"seed {seed}"


def board_of(game: OpenGame, folder: Folder) -> Scoreboard:
    """A board of a game that has a process to help."""
    return Scoreboard(game.log, game.rules, game.package_bytes, folder)


def results_of(board: Scoreboard) -> list[TeamResult]:
    """What a board shows of each team."""
    return sorted(board.results(), key=lambda one: one.number)


def results_alone(game: OpenGame) -> list[TeamResult]:
    """What one shows that folds everything itself."""
    return results_of(Scoreboard(game.log, game.rules))


def register(game: OpenGame, board: Scoreboard, *numbers: int) -> None:
    """Teams are registered."""
    key = SigningKey.from_seed(game.tenant.node_seed)
    actions = [TeamRegistered(START_MS, _team(number), number, f"Team {number}") for number in numbers]
    batch = own_stream.write(game.log.index, key, GAME, actions)
    game.log.append(batch)
    board.catch_up([stream_id(own.key) for own in batch.own])


def see(game: OpenGame, board: Scoreboard, team: bytes, checkpoint: int) -> None:
    """Staff saw a team at a checkpoint."""
    key = SigningKey.from_seed(game.tenant.node_seed)
    batch = own_stream.write(
        game.log.index, key, team_audience(team), [CheckIn(Method.STAFF, None, START_MS + 60_000, checkpoint)]
    )
    game.log.append(batch)
    board.catch_up([stream_id(own.key) for own in batch.own])


def _team(number: int) -> bytes:
    return number.to_bytes(16, "big")
