"""`wayfold game posters`: pages to print and to hang at checkpoints, and pages by which phones join."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from client_core.game.checkpoints import Method
from client_core.game.content import Package
from client_core.game.publish import Draft, publish
from client_core.game.teams import Team
from server.cli.output import InputError, json_option, print_json
from server.cli.places import clock_of, data_options, open_published, open_tenant, settings_of
from server.games import draft_named
from server.join_codes import add_join_code, play_link
from server.open_game import OpenGame
from server.posters import Poster, posters_page
from server.problems import Problem
from server.settings import Settings

OF = ("checkpoints", "join", "teams")
USES_OF_ALL = 1_000
USES_OF_TEAM = 20


class Written(msgspec.Struct, frozen=True):
    """What was written; `without_secret` are checkpoints whose QR code says what everybody can read on the map."""

    file: str
    pages: int
    without_secret: tuple[str, ...]


@click.command()
@click.argument("name", metavar="GAME")
@click.option(
    "--of",
    "what",
    type=click.Choice(OF),
    default="checkpoints",
    show_default=True,
    help="A page a checkpoint; one page by which new teams join; a page a registered team.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The HTML file; GAME-checkpoints.html where left out.")
@json_option
@data_options
def posters(
    name: str, what: str, out: Path | None, *, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Write pages to print for GAME: code, name and QR code of each checkpoint, or codes to join by.

    Pages of checkpoints are made from what was imported last, which must be what
    is published where the game is. They hold its secrets.
    """
    settings = settings_of(data_folder, settings_file)
    slug = name.rpartition("/")[2]
    out = out or Path(f"{slug}-{what}.html")
    if what == "checkpoints":
        made, package, bare = _of_checkpoints(settings, name)
    else:
        made, package = _of_joining(settings, name, teams=what == "teams")
        bare = ()
        if settings.public_url is None:
            detail = "set WAYFOLD_PUBLIC_URL to the address that phones reach, and print again"
            click.echo(f"  the codes lead to {settings.url}, which may be this machine only: {detail}", err=True)
    try:
        out.write_text(posters_page(package.name, package.language, made), encoding="utf-8")
    except OSError as error:
        raise InputError("file_unreadable", f"{out} cannot be written: {error.strerror}") from error
    if as_json:
        print_json(Written(str(out), len(made), bare))
        return
    if bare:
        click.echo(f"  without a secret, so that the code of the map is enough: {', '.join(bare[:20])}", err=True)
    click.echo(f"{out}: {len(made)} {'page' if len(made) == 1 else 'pages'} to print")


def _of_checkpoints(settings: Settings, name: str) -> tuple[list[Poster], Package, tuple[str, ...]]:
    tenant, _, slug = name.rpartition("/")
    with open_tenant(settings, tenant or None) as (file, _):
        draft = draft_named(file, slug)
    package = publish(draft)
    _check_published(settings, name, package)
    made, bare = checkpoint_posters(draft, package)
    if not made:
        raise Problem("bad_request", f"no checkpoint of {slug} is visited by qr or code, so nothing has to hang there")
    return made, package, bare


def checkpoint_posters(draft: Draft, package: Package) -> tuple[list[Poster], tuple[str, ...]]:
    """The posters of all checkpoints that are visited by QR or code, and the codes of those without a secret."""
    secrets = dict(draft.secrets)
    made, bare = [], []
    for checkpoint in package.checkpoints:
        methods = package.kinds[checkpoint.kind].methods
        if Method.QR not in methods and Method.CODE not in methods:
            continue
        says = secrets.get(checkpoint.code, checkpoint.code)
        if not checkpoint.secret:
            bare.append(checkpoint.code)
        typed = says if Method.CODE in methods else ""
        made.append(Poster(checkpoint.code, checkpoint.name, says, typed, ""))
    return made, tuple(bare)


def _check_published(settings: Settings, name: str, package: Package) -> None:
    """Raise `Problem` where phones play by other secrets than those that would be printed."""
    try:
        with open_published(settings, name) as game:
            played = {one.code: one.secret for one in game.rules.package.checkpoints}
    except Problem as problem:
        if problem.code in {"not_published", "game_unknown"}:
            return
        raise
    other = [one.code for one in package.checkpoints if played.get(one.code, one.secret) != one.secret]
    if other:
        detail = f"{name} was imported with other secrets since it was published ({', '.join(other[:5])})"
        raise Problem("bad_request", f"{detail}: publish it, then print")


def _of_joining(settings: Settings, name: str, *, teams: bool) -> tuple[list[Poster], Package]:
    now_ms = clock_of(settings)()
    with open_published(settings, name) as game:
        package = game.rules.package
        if not teams:
            return [_joining(settings, game, None, now_ms)], package
        known = sorted(game.board.teams.values(), key=lambda team: team.number)
        if not known:
            raise Problem("bad_request", f"{name} has no teams yet: wayfold game teams {name} TABLE registers them")
        return [_joining(settings, game, team, now_ms) for team in known], package


def _joining(settings: Settings, game: OpenGame, team: Team | None, now_ms: int) -> Poster:
    """A page with a new code: for a team, or for whoever makes one."""
    uses = USES_OF_ALL if team is None else USES_OF_TEAM
    code = add_join_code(game.log, game.key, team, uses, now_ms).code
    link = play_link(settings.url, game.tenant.slug, game.row.slug, code)
    sign, called = ("Join", "") if team is None else (str(team.number), team.name)
    return Poster(sign, called, link, code, link.partition("#")[0])
