"""`wayfold day nonce`: the code of time that a kiosk or edge shows, for phones without a network."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import segno

from server.cli.output import InputError, json_option, print_json
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.kiosk_time import Shown, code_now


@click.command()
@click.argument("name", metavar="GAME")
@click.option("--watch", is_flag=True, help="Go on showing, one code after the other, until stopped.")
@click.option("--qr", "picture", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a picture (SVG).")
@json_option
@data_options
def nonce(
    name: str,
    *,
    watch: bool,
    picture: Path | None,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Show the code of time of GAME: a phone without a network takes it as a witness that it was here not before.

    Everybody may see it. It changes every half minute; the staff page of a
    node shows it too.
    """
    settings = settings_of(data_folder, settings_file)
    clock = clock_of(settings)
    while True:
        with open_published(settings, name) as game:
            shown, batch = code_now(game, clock())
            if batch is not None:
                game.log.append(batch)
        _show(shown, picture, as_json=as_json)
        if not watch:
            return
        time.sleep(max(0.2, min(5.0, (shown.to_ms - clock()) / 1000)))


def _show(shown: Shown, picture: Path | None, *, as_json: bool) -> None:
    code = segno.make_qr(shown.code)
    if picture is not None:
        try:
            code.save(str(picture), kind="svg", scale=8)
        except OSError as error:
            raise InputError("file_unreadable", f"{picture} cannot be written: {error.strerror}") from error
    if as_json:
        print_json(shown)
        return
    if sys.stdout.isatty():
        code.terminal(compact=True)
    click.echo(shown.code)
