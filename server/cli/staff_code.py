"""`wayfold day code`: codes that open the staff page of a node."""

from __future__ import annotations

from pathlib import Path

import click

from client_core.game.ranges import NAME_BYTES_MAX
from client_core.game.roles import Role
from client_core.game.text import TextFault, check_text
from server.cli.output import json_option, print_json, print_table
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.problems import Problem
from server.staff import add_staff_code, staff_codes, take_back

ROLES = {role.name.lower(): role for role in Role if role is not Role.PLAYER}
HASH_LETTERS = 12


@click.command()
@click.argument("name", metavar="GAME")
@click.option("--role", type=click.Choice(tuple(ROLES)), default="safety", show_default=True, help="What it allows.")
@click.option("--label", default="staff", show_default=True, help="Whose it is; stands in what they write.")
@click.option("--list", "listing", is_flag=True, help="List the codes there are instead of making one.")
@click.option("--take-back", "gone", metavar="HASH", help="The code with this hash holds no longer.")
@json_option
@data_options
def code(
    name: str,
    role: str,
    label: str,
    *,
    listing: bool,
    gone: str | None,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Make a code that opens the staff page of GAME. It is shown once and kept hashed."""
    settings = settings_of(data_folder, settings_file)
    now_ms = clock_of(settings)()
    with open_published(settings, name) as game:
        known = staff_codes(game.log)
        if listing:
            rows = [
                (c.code_hash.hex()[:HASH_LETTERS], c.role.name.lower(), c.label, "holds" if c.active else "taken back")
                for c in known
            ]
            if as_json:
                print_json([dict(zip(("code_hash", "role", "label", "state"), row, strict=True)) for row in rows])
            else:
                print_table(("code's hash", "role", "label", "state"), rows)
            return
        if gone is not None:
            found = [c for c in known if c.code_hash.hex().startswith(gone.lower()) and c.active]
            if len(found) != 1:
                raise Problem("staff_code_unknown", f"{len(found)} codes that hold have a hash beginning with {gone!r}")
            take_back(game.log, game.key, found[0], now_ms)
            click.echo(f"{found[0].label}: taken back")
            return
        try:
            check_text(label, "label", NAME_BYTES_MAX)
        except TextFault as fault:
            raise Problem("bad_request", fault.detail) from fault
        made = add_staff_code(game.log, game.key, ROLES[role], label, now_ms)
        place = f"/{game.tenant.slug}/{game.row.slug}/staff"
    if as_json:
        print_json({"code": made, "role": role, "label": label, "page": place})
    else:
        click.echo(f"{made}  ({role}, {label}): open {place} on the node at hand and type it")
