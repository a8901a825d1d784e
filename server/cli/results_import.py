"""`wayfold results import`: read-out cards and result files of other programs into a game's log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import msgspec

from server.card_import import day_of, plan_cards, write_all
from server.cli.output import InputError, json_option, print_json
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.formats.cards import FILE_BYTES_MAX, Card, Day, local_ms
from server.formats.readers import READERS, read_cards
from server.open_game import OpenGame


@click.group()
def results() -> None:
    """Results: cards and tables of other programs."""


@results.command("import")
@click.argument("name", metavar="GAME")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(tuple(READERS)), help="How the files are written; else by look.")
@click.option("--start", help="Elapsed times count from here (2017-06-04T12:00); else from the game's mass start.")
@click.option("--category", help="The category of all cards in files that name none.")
@click.option("--team", help="Whose the one card is, in a file that does not say (GPX): 2, or 395.1.")
@click.option("--encoding", help="Of text files: cp1251, latin-1; else UTF-8 or Windows-1251 by look.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@json_option
@data_options
def import_results(
    name: str,
    files: tuple[Path, ...],
    *,
    form: str | None,
    start: str | None,
    category: str | None,
    team: str | None,
    encoding: str | None,
    dry_run: bool,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Write what the cards in FILEs say into GAME, as check-ins by kiosk; nothing is written twice.

    A recorded track (GPX) gives check-ins by position, as a phone would have made them.
    """
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        day = msgspec.structs.replace(_day(game, start), encoding=encoding, category=category, team=team)
        cards: list[Card] = []
        for file in files:
            cards += read_cards(_bytes(file), str(file), day, form)
        plan = plan_cards(game, cards, clock_of(settings)())
        written = 0 if dry_run else write_all(game, plan.actions)
    found = {
        "cards": plan.cards,
        "new_teams": plan.teams,
        "new_members": plan.members,
        "check_ins": plan.check_ins,
        "others": plan.others,
        "known_already": plan.known,
        "unknown_codes": plan.unknown_codes,
        "written": written,
    }
    if as_json:
        print_json(found)
        return
    done = "would be written" if dry_run else "written"
    click.echo(
        f"{plan.cards} cards: {plan.teams} new teams, {plan.members} new members, {plan.check_ins} check-ins and "
        f"{plan.others} starts, finishes and statuses {done}; {plan.known} known already"
    )
    for code, count in sorted(plan.unknown_codes.items()):
        click.echo(f"  {count} punches of {code!r}, which is no checkpoint of the game, were passed over", err=True)


def _day(game: OpenGame, start: str | None) -> Day:
    day = day_of(game)
    if start is None:
        return day
    try:
        return msgspec.structs.replace(day, start_ms=local_ms(datetime.fromisoformat(start), day.zone))
    except ValueError as error:
        detail = f"--start: {start!r} is no time, such as 2017-06-04T12:00"
        raise InputError("value_out_of_range", detail) from error


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InputError("file_unreadable", f"{file} cannot be read: {error.strerror}") from error
