"""`wayfold edge-code` at HQ, `wayfold sync-now` at an edge."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from server import upstream
from server.cli.output import json_option, print_json, progress
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.desk import Desk
from server.edges import add_edge_code
from server.open_game import OpenGame
from server.problems import Problem
from server.relay import Relay, RelayReport
from server.upstream import UpstreamError
from sync.batch import Batch, Outcome

ENROLMENTS_DEFAULT = 1000


class EdgeCode(msgspec.Struct, frozen=True):
    """An edge code as it is shown once: the code alone, and as `wayfold serve --edge-code` takes it."""

    code: str
    edge_code: str
    enrolments_max: int


@click.command("edge-code")
@click.argument("name", metavar="GAME")
@click.option(
    "--enrolments",
    type=click.IntRange(1, 1_000_000),
    default=ENROLMENTS_DEFAULT,
    show_default=True,
    help="How many devices the edge may enrol while HQ is away.",
)
@json_option
@data_options
def edge_code(
    name: str, enrolments: int, *, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Make a code that turns one server into an edge of GAME. It is shown once."""
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        code = add_edge_code(game, enrolments, clock_of(settings)())
    if as_json:
        print_json(EdgeCode(code.rpartition("/")[2], code, enrolments))
    else:
        click.echo(f"{code}\nat the venue: wayfold serve --upstream URL-OF-THIS-NODE --edge-code {code}")


@click.command("sync-now")
@click.argument("name", metavar="GAME")
@click.option(
    "--upstream", "upstreams", multiple=True, metavar="URL", help="The node to sync with (default: the setting)."
)
@json_option
@data_options
def sync_now(
    name: str, upstreams: tuple[str, ...], *, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Hold one session of this edge with its upstream, whether a server runs here or not."""
    settings = settings_of(data_folder, settings_file, upstreams=upstreams or None)
    if not settings.upstreams:
        raise Problem("bad_request", "say with whom: --upstream URL")
    with progress(f"syncing {name}"), open_published(settings, name) as game:
        try:
            report = asyncio.run(_once(game, settings.upstreams, clock_of(settings)()))
        except UpstreamError as error:
            raise Problem("upstream_down", error.detail) from error
    if as_json:
        print_json(report)
    else:
        state = "both hold the same" if report.converged else "not all is exchanged yet"
        click.echo(f"{report.url}: {report.sent} events sent, {report.received} received; {state}")
        for problem in report.problems:
            click.echo(f"  {problem}", err=True)


async def _once(game: OpenGame, urls: tuple[str, ...], now_ms: int) -> RelayReport:
    async def append(batch: Batch) -> Outcome:
        return game.log.append(batch)

    async with upstream.client() as http:
        relay = Relay(game.tenant.slug, game.row.slug, urls, 1.0)
        return await relay.run(http, game, append, now_ms, Desk(game).calling())
