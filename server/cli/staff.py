"""`wayfold staff add|list`: keys that act for the organiser, each with a role."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.output import json_option, print_json, print_table
from server.cli.places import data_options, open_published, settings_of
from server.revoking import devices, find_key, give_role
from sync.limits import ROLE_MAX

KEY_LETTERS = 12


@click.group()
def staff() -> None:
    """Keys that may decide, and how much."""


@staff.command()
@click.argument("name", metavar="GAME")
@click.argument("key")
@click.argument("role", type=click.IntRange(0, ROLE_MAX - 1))
@data_options
def add(name: str, key: str, role: int, *, data_folder: str | None, settings_file: Path | None) -> None:
    """Let KEY act as ROLE in GAME: a number, the higher decides. 0 takes the role back."""
    with open_published(settings_of(data_folder, settings_file), name) as game:
        found = find_key(game, key)
        give_role(game, found, role)
    click.echo(f"{found.hex()[:KEY_LETTERS]} " + (f"acts as {role}" if role else "has no role any more"))


@staff.command("list")
@click.argument("name", metavar="GAME")
@json_option
@data_options
def list_staff(name: str, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """List the keys of GAME that have a role."""
    with open_published(settings_of(data_folder, settings_file), name) as game:
        lines = [line for line in devices(game) if line.role]
    if as_json:
        print_json(lines)
    else:
        print_table(("key", "is", "role"), [(line.key[:KEY_LETTERS], line.kind, line.role) for line in lines])
