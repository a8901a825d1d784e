"""`wayfold series standings`: the table of several games."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from server.cli.output import json_option, print_json, print_table
from server.cli.places import data_options, open_published, settings_of
from server.formats.stage_results import StageLine
from server.series_file import Scores, read_series
from server.series_games import stage_of_game


@click.group()
def series() -> None:
    """Series: several games, one table."""


@series.command("standings")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--group", help="Only those who stand in this group, with their places in it.")
@click.option("--full-names", is_flag=True, help="Minors with their whole name and birth year: not to be published.")
@json_option
@data_options
def series_standings(
    file: Path,
    group: str | None,
    *,
    full_names: bool,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """The table of the series that FILE (TOML) describes; names to confirm are listed below it.

    Its stages are games of this node, folded as they stand now, or files.
    Whoever was a minor in one of these games stands with the first name alone.
    """
    settings = settings_of(data_folder, settings_file)

    def stages_of(name: str, scores: Scores) -> Sequence[StageLine]:
        with open_published(settings, name) as game:
            return stage_of_game(game, scores)

    found = read_series(file, stages_of, full_names=full_names)
    if as_json:
        print_json(found)
        return
    lines = [line for line in found.lines if group is None or group in line.groups]
    click.echo(found.name)
    print_table(
        ("place", "name", "born", "groups", "total", *found.stages),
        [
            (
                line.place if group is None else line.groups[group],
                line.name,
                line.birth_year,
                ", ".join(f"{name}: {place}" for name, place in line.groups.items()),
                line.total,
                *line.points,
            )
            for line in lines
        ],
        numbers=("place", "total", *found.stages),
    )
    for name in found.to_confirm:
        click.echo(f"to confirm: {name}", err=True)
