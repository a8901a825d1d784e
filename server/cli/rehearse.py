"""`wayfold game rehearse`: a copy of a game to play through before the day, on real phones."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from client_core.game.ranges import NAME_BYTES_MAX
from server.authoring.values import ValueFault, time_of_text
from server.cli.output import InputError, json_option, print_json
from server.cli.places import clock_of, data_options, open_tenant, settings_of
from server.games import GameSummary, draft_named, publish_draft, save_draft
from server.simulating.moving import begins_ms, moved

SUFFIX = "-rehearsal"


@click.command()
@click.argument("name", metavar="GAME")
@click.option("--start", help="When it starts (2026-06-05T18:00); now where it is left out.")
@json_option
@data_options
def rehearse(
    name: str, start: str | None, *, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Publish a copy of the imported GAME that starts now, all its times moved along, as GAME-rehearsal.

    It has the places, rules and secrets of the game, so its posters are the
    same; its teams, codes and results are its own.
    """
    settings = settings_of(data_folder, settings_file)
    tenant, _, slug = name.rpartition("/")
    now_ms = clock_of(settings)()
    with open_tenant(settings, tenant or None) as (file, row):
        draft = draft_named(file, slug)
        at_ms = _at_ms(start, draft.time_zone) if start else now_ms
        copy = moved(draft, at_ms - begins_ms(draft))
        called = f"Rehearsal: {draft.name}"
        copy = msgspec.structs.replace(copy, name=called if len(called.encode()) <= NAME_BYTES_MAX else draft.name)
        save_draft(file, slug + SUFFIX, copy, now_ms)
        published = publish_draft(file, row, slug + SUFFIX, now_ms)
        summary = GameSummary(
            published.slug,
            published.name,
            "published",
            published.id.hex(),
            published.package_hash.hex(),
            published.published_at_ms,
        )
    if as_json:
        print_json(summary)
        return
    shown = datetime.fromtimestamp(at_ms // 1000, ZoneInfo(draft.time_zone)).strftime("%H:%M on %Y-%m-%d")
    click.echo(f"{slug}{SUFFIX} published, it starts at {shown}; next: wayfold game join-code {slug}{SUFFIX}")


def _at_ms(text: str, zone: str) -> int:
    try:
        return time_of_text(text, ZoneInfo(zone))
    except ValueFault as fault:
        raise InputError("value_out_of_range", f"--start: {fault}") from fault
