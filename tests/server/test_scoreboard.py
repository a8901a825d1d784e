"""The board of a game is kept up by a little at a time, and is always what folding everything from nothing gives."""

from __future__ import annotations

from random import Random

from seeded_games import draw_game, results_of

from client_core.game.crossing import Crossed
from client_core.game.standings import standings


def test_standings_kept_up_by_a_little_are_those_of_everything_anew() -> None:
    for seed in range(60):
        drawn = draw_game(seed)
        kept, rng = Crossed(), Random(seed)
        events = sorted(drawn.events, key=lambda _: rng.random())
        for held in (0, len(events) // 3, len(events) // 2, len(events) - 1, len(events)):
            results = results_of(drawn._replace(events=events[:held]))
            table = standings(results, drawn.rules, drawn.register, before=kept)
            assert table == standings(results, drawn.rules, drawn.register), f"seed {seed}, {held} events"
