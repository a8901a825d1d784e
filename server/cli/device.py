"""`wayfold device list|revoke`: who may write in a game, and a phone or edge that was lost, stolen or burned."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.output import json_option, print_json, print_table
from server.cli.places import data_options, open_published, settings_of
from server.revoking import DeviceLine, devices, find_key, revoke

KEY_LETTERS = 12


@click.group()
def device() -> None:
    """The keys that may write in a game, and taking that back."""


@device.command("list")
@click.argument("name", metavar="GAME")
@json_option
@data_options
def list_devices(name: str, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """List every key of GAME: what it is, its team, and whether it was revoked or used in two places."""
    with open_published(settings_of(data_folder, settings_file), name) as game:
        lines = devices(game)
    if as_json:
        print_json(lines)
        return
    rows = [
        (
            line.key[:KEY_LETTERS],
            line.kind,
            line.team,
            line.events,
            _note(line),
        )
        for line in lines
    ]
    print_table(("key", "is", "team", "events", "note"), rows, numbers=("events",))


def _note(line: DeviceLine) -> str | None:
    words = (("revoked", line.revoked), ("copied", line.forked), ("number given twice", line.doubled))
    return ", ".join(word for word, said in words if said) or None


@device.command("revoke")
@click.argument("name", metavar="GAME")
@click.argument("key")
@click.option("--keep-nothing", is_flag=True, help="Hold all it ever wrote, not only what comes from now on.")
@data_options
def revoke_device(
    name: str, key: str, *, keep_nothing: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Hold what a device or edge writes from now on. KEY: the first letters of its key (wayfold device list).

    What HQ holds of it now counts on; what comes later is kept and waits. Said
    again later, what has come in until then counts too.
    """
    with open_published(settings_of(data_folder, settings_file), name) as game:
        found = find_key(game, key)
        revoke(game, found, keep_nothing=keep_nothing)
    kept = "nothing of it counts" if keep_nothing else "what is here of it counts on"
    click.echo(f"{found.hex()[:KEY_LETTERS]} revoked: {kept}, what comes later is held")
