"""`wayfold game new|check|schema`: writing a game before it is imported."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from client_core.game.content import Package
from client_core.game.publish import Draft, DraftError, Finding, publish
from server.authoring.asking import guesses
from server.authoring.building import read_game
from server.authoring.game_file import schema as game_schema
from server.authoring.presets import PRESETS
from server.authoring.starting import SAMPLES, write_sample, write_start
from server.authoring.telling import Told, rules_in_force, sentences
from server.cli.output import InputError, json_option, print_json
from server.clock import wall_clock

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


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--preset", type=click.Choice(list(PRESETS)), default="score", show_default=True, help="Kind of game.")
@click.option("--sample", type=click.Choice(SAMPLES), help="A whole game to play as it is, instead.")
def new(folder: Path, preset: str, sample: str | None) -> None:
    """Write a commented game to start from into DIR; nothing that is there is written over."""
    try:
        now_ms = wall_clock()
        written = write_sample(folder, sample, now_ms) if sample else write_start(folder, preset, now_ms)
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
        rules = rules_in_force(game)
        if as_json:
            print_json(rules)
        else:
            for name, value in rules.items():
                click.echo(f"{name} = {msgspec.json.encode(value).decode()}")
        return
    if draft is None:
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
    draft, _, report = read_game(folder, now_ms)
    if draft is None:
        raise DraftError(report.errors)
    for warning in report.warnings[:SHOWN_MAX]:
        click.echo(f"  {warning.where}: {warning.detail}", err=True)
    return draft


def _print_checked(package: Package, warnings: list[Finding], *, as_json: bool) -> None:
    asked = [Guess(challenge.code, guesses(challenge)) for challenge in package.challenges]
    if as_json:
        print_json(Checked(package.name, len(package.checkpoints), asked, tuple(warnings)))
        return
    for warning in warnings[:SHOWN_MAX]:
        click.echo(f"  {warning.where}: {warning.detail}")
    for guess in asked:
        click.echo(f"  challenge {guess.challenge}: {guess.guesses}")
    click.echo(f"{package.name}: {len(package.checkpoints)} checkpoints, {len(asked)} challenges, no faults")
