"""`wayfold splits`: a team's visits in the order of their times, with legs and running totals."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.output import json_option, print_json, print_table
from server.cli.places import clock_of, data_options, now_option, open_published, settings_of
from server.deciding.naming import Names
from server.deciding.telling import span_words
from server.shown import Shown
from server.team_names import find_entrant


@click.command()
@click.argument("name", metavar="GAME")
@click.argument("team")
@now_option
@json_option
@data_options
def splits(
    name: str, team: str, *, now: bool, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """The visits of TEAM (a number, a name, or number.member) in GAME, with leg times and running totals.

    Of a final game those that were pinned.
    """
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        now_ms = clock_of(settings)()
        names, shown = Names(game, now_ms), Shown(game)
        whose, member = find_entrant(game, team)
        found = shown.splits(shown.result(whose, now_ms, everything=now or shown.pinned() is None, member=member))
        if as_json:
            print_json(found)
            return
        rows = [
            (
                one.code,
                names.clock(one.at_ms),
                None if one.leg_ms is None else span_words(one.leg_ms),
                None if one.total_ms is None else span_words(one.total_ms),
                one.points,
                one.total_points,
                "granted by staff" if one.granted else "",
            )
            for one in found
        ]
    columns = ("checkpoint", "at", "leg", "time", "points", "sum", "note")
    print_table(columns, rows, numbers=("at", "leg", "time", "points", "sum"))
