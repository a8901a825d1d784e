"""`wayfold day check-in`: a check-in that staff write for a team or a member of it, as at a kiosk."""

from __future__ import annotations

from pathlib import Path

import click

from client_core.game.actions import ActionError
from client_core.game.roles import Role
from client_core.game.text import TextFault
from server import own_stream
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.deciding.naming import Names
from server.kiosk_check_in import Asked, Unsaid, note_check_in, what_it_came_to
from server.names import member_names
from server.problems import Problem
from sync.stream import team_audience


@click.command("check-in")
@click.argument("name", metavar="GAME")
@click.argument("who")
@click.argument("checkpoint")
@click.option("--at", "moment", default="now", show_default=True, help="When: 13:05 from a paper card.")
@click.option("--members", help="Which members of the team were there: 1,3.")
@click.option("--all", "everybody", is_flag=True, help="All members of the team were there.")
@click.option("--back", is_flag=True, help="They are back: nobody looks for them any more.")
@data_options
def check_in(
    name: str,
    who: str,
    checkpoint: str,
    *,
    moment: str,
    members: str | None,
    everybody: bool,
    back: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Check WHO in at CHECKPOINT of GAME, as a kiosk does: a badge, a team's number or name, or a member such as 7.2.

    CHECKPOINT is its code, or `finish` in a game without a finish checkpoint.
    """
    settings = settings_of(data_folder, settings_file)
    said = tuple(one.strip() for one in members.split(",")) if members else ()
    with open_published(settings, name) as game:
        names = Names(game, clock_of(settings)())
        noted = note_check_in(names, Asked(who, checkpoint, moment, said, everybody, back), Role.ORGANISER)
        if isinstance(noted, Unsaid):
            known = member_names(game)
            listed = ", ".join(f"{one} {known.get((noted.team.id, one), '')}".strip() for one in noted.members)
            detail = f"the game looks at each member: say whose it is with --members, or --all; there are {listed}"
            raise Problem("bad_request", detail)
        audience = team_audience(noted.team.id)
        try:
            game.log.append(own_stream.write(game.log.index, game.key, audience, noted.actions))
        except (ActionError, TextFault) as fault:
            raise Problem("bad_request", str(fault)) from fault
        game.refresh()
        for line in what_it_came_to(game, noted.team, noted.checkpoint, noted.at_ms):
            click.echo(f"{noted.team.number} {noted.team.name}: {line}")
