"""`wayfold day photos`: the photos of teams, and which of them everybody may see."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.at_desk import ID_LETTERS, AtDesk, at_desk, the_one
from server.cli.output import json_option, print_json, print_table
from server.cli.places import data_options
from server.gallery import showing
from sync.stream import GAME


@click.command()
@click.argument("name", metavar="GAME")
@click.option("--show", metavar="ID", help="Show this photo in the gallery.")
@click.option("--hide", metavar="ID", help="Take this photo out of the gallery.")
@click.option("--teams", is_flag=True, help="Say whose they are; without, who judges does not know.")
@json_option
@data_options
def photos(
    name: str,
    *,
    show: str | None,
    hide: str | None,
    teams: bool,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """The photos of teams; those that wait for a decision first. A report hides a photo at once."""
    with at_desk(name, data_folder, settings_file) as desk:
        for event, shown in ((show, True), (hide, False)):
            if event is not None:
                picture = the_one(event, desk.view.pictures, "photo")
                desk.write(GAME, showing(desk.game, picture, desk.now_ms, shown=shown))
                click.echo(f"photo {picture.id.hex()[:ID_LETTERS]}: {'shown' if shown else 'hidden'}")
        if show is None and hide is None:
            _print_photos(desk, teams=teams, as_json=as_json)


def _print_photos(desk: AtDesk, *, teams: bool, as_json: bool) -> None:
    challenges = desk.game.rules.package.challenges
    rows = [
        {
            "id": p.id.hex(),
            **({"team": desk.number(p.team)} if teams else {}),
            "challenge": challenges[p.photo.challenge].code if p.photo.challenge < len(challenges) else "?",
            "at_ms": p.photo.at_ms,
            "shown": p.shown,
            "reports": len(p.reports),
            "blob": p.photo.blob.hex(),
        }
        for p in desk.view.pictures
    ]
    if as_json:
        print_json(rows)
        return
    whose = ("team",) if teams else ()
    print_table(
        ("id", *whose, "challenge", "gallery", "reports"),
        [
            (
                str(r["id"])[:ID_LETTERS],
                *(r[column] for column in whose),
                r["challenge"],
                "shown" if r["shown"] else "not shown",
                r["reports"],
            )
            for r in rows
        ],
        numbers=("reports",),
    )
