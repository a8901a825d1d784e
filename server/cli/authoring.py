"""`wayfold game new|check|schema`: writing a game before it is imported."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from client_core.game.content import Package
from client_core.game.geometry import spacing_mm
from client_core.game.publish import Draft, DraftError, Finding, publish
from server.authoring.asking import guesses
from server.authoring.building import read_game
from server.authoring.game_file import GameFile
from server.authoring.game_file import schema as game_schema
from server.authoring.in_force import rules_as_toml, rules_in_force
from server.authoring.places import SECRETS, keep_drawn
from server.authoring.presets import PRESETS
from server.authoring.starting import SAMPLES, write_sample, write_start
from server.authoring.telling import Told, counted, sentences
from server.cli.output import InputError, json_option, print_json, read_file
from server.clock import wall_clock
from server.formats.course_files import COURSE_BYTES_MAX, read_course_file
from server.formats.iof import is_iof, read_courses
from server.formats.kml import is_kml

SHOWN_MAX = 200


class Guess(msgspec.Struct, frozen=True):
    """How hard a challenge is to guess on a phone."""

    challenge: str
    guesses: str


class Checked(msgspec.Struct, frozen=True):
    """What `check` found in a game without faults."""

    name: str
    checkpoints: int
    challenges: list[Guess]
    warnings: tuple[Finding, ...]


class Faulty(msgspec.Struct, frozen=True):
    """What `check` found in a game with faults."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--preset", type=click.Choice(list(PRESETS)), default="score", show_default=True, help="Kind of game.")
@click.option(
    "--from", "course", type=click.Path(path_type=Path), help="Places of another program: GeoJSON, KML, KMZ, IOF XML."
)
@click.option("--sample", type=click.Choice(SAMPLES), help="A whole game to play as it is, instead.")
def new(folder: Path, preset: str, course: Path | None, sample: str | None) -> None:
    """Write a commented game to start from into DIR; nothing that is there is written over."""
    data = b"" if course is None else read_file(course, COURSE_BYTES_MAX)
    places = () if course is None else read_course_file(data, course.name)
    planned = read_courses(data, course.name) if course is not None and is_iof(data) and not is_kml(data) else None
    areas = [one.code for one in places if one.at is None]
    if areas:
        detail = f"{course} has areas ({', '.join(areas[:5])}): put the file into DIR and name it, checkpoints = "
        raise InputError("value_out_of_range", f'{detail}"{course.name if course else ""}"')
    try:
        now_ms = wall_clock()
        written = (
            write_sample(folder, sample, now_ms) if sample else write_start(folder, preset, now_ms, places, planned)
        )
    except OSError as error:
        raise InputError("file_unreadable", str(error)) from error
    for file in written:
        click.echo(f"{file} written")
    click.echo(f"next: wayfold game check {folder}")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--defaults", is_flag=True, help="Print every rule in force, written or not.")
@click.option("--briefing", is_flag=True, help="Print the rules as sentences for players.")
@json_option
def check(folder: Path, *, defaults: bool, briefing: bool, as_json: bool) -> None:
    """Look the game in DIR over: all faults at once, with file and line; how hard its answers are to guess."""
    draft, game, report = read_game(folder, wall_clock())
    if defaults and game is not None:
        if as_json:
            print_json(rules_in_force(game))
        else:
            click.echo("\n".join(rules_as_toml(game)))
        return
    if draft is None:
        if as_json:
            print_json(Faulty(tuple(report.errors), tuple(report.warnings)))
        raise DraftError(report.errors)
    package = publish(draft)
    if briefing:
        told = Told(package.name, sentences(package))
        if as_json:
            print_json(told)
        else:
            click.echo("\n".join(told.sentences))
        return
    _print_checked(package, report.warnings, as_json=as_json)


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of game.toml, for editors that complete and check it."""
    click.echo(game_schema().decode(), nl=False)


def draft_of(folder: Path, now_ms: int) -> Draft:
    """The draft of a folder; raises `DraftError` with everything that is wrong, and says what is doubtful on stderr."""
    return _draft_and_file(folder, now_ms)[0]


def imported(folder: Path, now_ms: int) -> Draft:
    """The same, and what was drawn for it is kept in the folder, so that posters stay right at the next import."""
    draft, game = _draft_and_file(folder, now_ms)
    try:
        drawn = keep_drawn(folder, game, draft)
    except OSError as error:
        detail = f"{folder / SECRETS} cannot be written, and drawn secrets have to be kept: {error.strerror}"
        raise InputError("file_unreadable", detail) from error
    if drawn:
        click.echo(f"  {drawn} secrets drawn and kept in {folder / SECRETS}", err=True)
    return draft


def _draft_and_file(folder: Path, now_ms: int) -> tuple[Draft, GameFile]:
    draft, game, report = read_game(folder, now_ms)
    if draft is None or game is None:
        raise DraftError(report.errors)
    for warning in report.warnings[:SHOWN_MAX]:
        click.echo(f"  {warning.where}: {warning.detail}", err=True)
    return draft, game


def _print_checked(package: Package, warnings: list[Finding], *, as_json: bool) -> None:
    asked = [Guess(challenge.code, guesses(challenge)) for challenge in package.challenges]
    if as_json:
        print_json(Checked(package.name, len(package.checkpoints), asked, tuple(warnings)))
        return
    for warning in warnings[:SHOWN_MAX]:
        click.echo(f"  {warning.where}: {warning.detail}")
    for guess in asked:
        click.echo(f"  challenge {guess.challenge}: {guess.guesses}")
    places, questions = counted(len(package.checkpoints), "checkpoint"), counted(len(asked), "challenge")
    click.echo(f"{package.name}: {places}, {questions}, no faults")
    area = _area(package)
    if area:
        click.echo(area)


def _area(package: Package) -> str:
    """Where the checkpoints lie, so that numbers which were all exchanged are seen; empty where none has a position."""
    metrics = [one.fence.metric for one in package.checkpoints if one.fence is not None]
    if not metrics:
        return ""
    west, east = min(one.lon_e7 for one in metrics), max(one.lon_e7 for one in metrics)
    south, north = min(one.lat_e7 for one in metrics), max(one.lat_e7 for one in metrics)
    across_km = spacing_mm(package.metric, (west, south), (east, north)) / 1_000_000
    lon, lat = (west + east) / 2e7, (south + north) / 2e7
    where = f"{abs(lat):.4f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.4f}° {'E' if lon >= 0 else 'W'}"
    return (
        f"They lie around {where}, {across_km:.1f} km across: https://www.openstreetmap.org/#map=14/{lat:.4f}/{lon:.4f}"
    )
