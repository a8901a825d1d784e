"""`wayfold game teams`: teams, members, badges and starts from a table."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from server.authoring.tables import TABLE_BYTES_MAX
from server.card_import import write_all
from server.cli.output import json_option, print_json, progress, read_file
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.team_import import plan_teams


class Taken(msgspec.Struct, frozen=True):
    """What an import of teams did, or would do."""

    rows: int
    new_teams: int
    changed_teams: int
    members: int
    known_already: int
    written: int


@click.command()
@click.argument("name", metavar="GAME")
@click.argument("file", metavar="TABLE", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@json_option
@data_options
def teams(
    name: str, file: Path, *, dry_run: bool, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Register the teams of TABLE in GAME, with members, badges, categories and starts; nothing is written twice.

    TABLE is CSV with the columns number, name, members, birth_years, sexes,
    telephones, badges or cards, categories, format, start; only name is needed.
    Several values of a cell are parted by |.
    """
    settings = settings_of(data_folder, settings_file)
    data = read_file(file, TABLE_BYTES_MAX)
    with open_published(settings, name) as game, progress(f"reading {file.name}"):
        plan = plan_teams(game, data, file.name, clock_of(settings)())
        written = 0 if dry_run else write_all(game, plan.actions)
    taken = Taken(plan.rows, plan.new_teams, plan.changed_teams, plan.members, plan.known_already, written)
    if plan.unheard:
        click.echo(
            f"  {plan.unheard} members have neither badge nor card, and the game counts a visit only when the members "
            "were there: let phones say whose they are when they join (one may be several members'), or, where one "
            'phone counts for its whole team, write presence = "any" and publish again',
            err=True,
        )
    if as_json:
        print_json(taken)
        return
    done = "would be written" if dry_run else "written"
    click.echo(
        f"{taken.rows} lines: {taken.new_teams} new teams, {taken.changed_teams} changed teams and "
        f"{taken.members} members {done}; {taken.known_already} members known already"
    )
