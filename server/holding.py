"""Holding: a node tells players who holds a captured checkpoint, whenever that changes.

What it tells (`actions.HolderShown`) stands in its own stream for everybody, so
phones know it offline, and a check-in names what its player was shown: only
that binds (`crossing`). Nothing is told where players do not see the standings
live, nor once the game is final.

Several nodes may tell. Each goes by what it holds and by what any of them told
last, and tells only what is newer; that somebody lost a place again by a
decision of staff is told by the authority alone, so that no two nodes contradict each
other in turns.
"""

from __future__ import annotations

from client_core.game.actions import HolderShown, Known
from client_core.game.checkpoints import Capture
from client_core.game.crossing import holder_told, holders
from client_core.game.rules import Rules
from server import own_stream
from server.open_game import OpenGame
from sync.batch import Batch
from sync.stream import GAME

TELL_AFTER_S = 2.0
"""What comes in meanwhile is told together: a phone that brings its whole day changes nothing a hundred times."""


def has_captures(rules: Rules) -> bool:
    """Whether any checkpoint of the game can be held."""
    return any(isinstance(rules.places[number].pay, Capture) for number in rules.crossing)


def untold(game: OpenGame, now_ms: int) -> Batch | None:
    """What players are not told yet of who holds what, by what is folded here; None where there is nothing."""
    showing = game.rules.package.showing
    if game.log.index.directory.finals() or game.key_is_replaced or not showing.tells_holders(now_ms):
        return None
    shown = game.board.register.shown
    held = holders(game.rules, game.board.results(), shown, now_ms)
    actions: list[Known] = []
    for number in sorted(game.rules.crossing):
        if not isinstance(game.rules.places[number].pay, Capture):
            continue
        team, since_ms = held.get(number, (None, now_ms))
        told = holder_told(shown, number)
        before = None if told is None else told[1]
        if is_news(team, since_ms, before, by_authority=game.is_authority):
            at_ms = now_ms if before is None else max(now_ms, before.at_ms + 1)
            actions.append(HolderShown(at_ms, number, team, since_ms))
    return own_stream.write(game.log.index, game.key, GAME, actions) if actions else None


def is_news(team: bytes | None, since_ms: int, told: HolderShown | None, *, by_authority: bool) -> bool:
    """Whether a node that finds this holder tells it, where players were `told` that one last."""
    if told is None or told.team is None:
        return team is not None and (told is None or by_authority or since_ms > told.since_ms)
    if (team, since_ms) == (told.team, told.since_ms):
        return False
    return by_authority or (team is not None and since_ms > told.since_ms)
