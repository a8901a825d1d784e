"""`wayfold series standings`: the table of several games."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.output import json_option, print_json, print_table
from server.series_file import read_series


@click.group()
def series() -> None:
    """Series: several games, one table."""


@series.command("standings")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--group", help="Only those who stand in this group, with their places in it.")
@json_option
def series_standings(file: Path, group: str | None, *, as_json: bool) -> None:
    """The table of the series that FILE (TOML) describes; names to confirm are listed below it."""
    found = read_series(file)
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
