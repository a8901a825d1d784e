"""`wayfold erase`: a person asks to be forgotten."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.output import InputError, print_table
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.erasing import erase, events_of_key, events_of_member, find_events
from server.retention import counted, day_of, events_of_people, kept_until_ms
from server.revoking import check_authority, find_key
from server.team_names import find_team


@click.command("erase")
@click.argument("name", metavar="GAME")
@click.option("--event", "events", multiple=True, metavar="ID", help="An event, by the first letters of its id.")
@click.option("--device", "device", metavar="KEY", help="Everything a device wrote (wayfold device list).")
@click.option("--player", metavar="TEAM:NUMBER", help="What is known of a player: name, telephone, notes.")
@click.option(
    "--everybody", is_flag=True, help="All that is known of people, as after the time that the game keeps it."
)
@click.option("--dry-run", is_flag=True, help="Erase nothing: say what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask: there is no way back.")
@data_options
def erase_command(
    name: str,
    events: tuple[str, ...],
    device: str | None,
    player: str | None,
    *,
    everybody: bool,
    dry_run: bool,
    yes: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Erase what a person wrote or what is known of them in GAME, everywhere and for good.

    Scores stay as they are: of each event only what it counted for is kept. Every
    phone, edge and backup does the same when it next meets this HQ.
    """
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        found = find_events(game, events)
        if device:
            found += events_of_key(game, find_key(game, device))
        if player:
            team, _, number = player.rpartition(":")
            if not number.isascii() or not number.isdigit():
                raise InputError("value_out_of_range", f"--player: {player!r} is not TEAM:NUMBER")
            found += events_of_member(game, find_team(game, team).id, int(number))
        if everybody:
            until_ms = kept_until_ms(game.rules.package, game.row.published_at_ms)
            already = "the time is over" if clock_of(settings)() >= until_ms else "HQ erases it by itself then"
            click.echo(f"kept until {day_of(until_ms)}: {already}")
            found = events_of_people(game)
        if everybody and not found:
            click.echo("nothing here says anything of a person")
            return
        if not found:
            raise InputError(
                "value_out_of_range", "nothing was found to erase: say --event, --device, --player or --everybody"
            )
        if everybody or dry_run:
            print_table(("kind", "events"), list(counted(found).items()), numbers=("events",))
        if dry_run:
            check_authority(game)
            return
        if not yes:
            click.confirm(f"Erase {len(found)} events for good?", abort=True, err=True)
        count = erase(game, found)
    click.echo(f"{count} events erased here; phones and edges follow as they sync")
