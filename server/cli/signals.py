"""`wayfold day signals`: what staff may want to look at, with its numbers."""

from __future__ import annotations

from pathlib import Path

import click

from client_core.game.signals import signal_sentence
from server.cli.output import json_option, print_json, print_table
from server.cli.places import data_options, open_published, settings_of
from server.signals import Signals

KEY_LETTERS = 12


@click.command()
@click.argument("name", metavar="GAME")
@click.option("--team", "number", type=int, help="Of the team with this number only.")
@json_option
@data_options
def signals(
    name: str, number: int | None, *, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """What to look at in GAME: speeds, fixes and clocks that are unusual. Numbers, never verdicts: no score changes."""
    with open_published(settings_of(data_folder, settings_file), name) as game:
        look = Signals(game).look(len(game.board.teams))
    rows = [(one.team, signal) for one in look.teams if number in {None, one.team.number} for signal in one.signals]
    if as_json:
        print_json(
            [
                {
                    "team": team.number,
                    "team_name": team.name,
                    "kind": str(signal.kind),
                    "device": signal.author.hex(),
                    "events": [event.hex() for event in signal.events],
                    "values": signal.values,
                    "sentence": signal_sentence(signal),
                }
                for team, signal in rows
            ]
        )
    elif not rows:
        click.echo("nothing unusual is known here")
    else:
        print_table(
            ("team", "device", "what", "in words"),
            [
                (f"{team.number} {team.name}", signal.author.hex()[:KEY_LETTERS], signal.kind, signal_sentence(signal))
                for team, signal in rows
            ],
        )
