"""From flags to a game: the settings of `wayfold game import`, with defaults that play."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec

from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import MassStart, SelfStart, Start, TimeLimit
from server.cli.output import InputError

F = TypeVar("F", bound=Callable[..., Any])

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
OPENS_BEFORE_MS = HOUR_MS
"""Devices are handed out and synced before a mass start."""
CLOSES_AFTER_MS = 12 * HOUR_MS
"""A day's game is over by then, late or not."""
SELF_START_OPEN_MS = 30 * 24 * HOUR_MS


class GameFlags(msgspec.Struct, frozen=True):
    """The flags as given. Times are local to `zone`; minutes, metres and points as named."""

    name: str | None
    zone: str
    start: str | None
    opens: str | None
    closes: str | None
    limit_min: int | None
    late_points: int
    late_max_min: int | None
    finish: str | None
    accuracy_m: float


def game_flags(command: F) -> F:
    """The options behind `GameFlags`."""
    options = (
        click.option("--name", help="The game's name; the short name where it is left out."),
        click.option("--zone", default="UTC", show_default=True, help="Time zone of the times, e.g. Europe/London."),
        click.option(
            "--start", help="All teams start at this time (2022-06-04T11:00). Without: each with its first check-in."
        ),
        click.option("--opens", help="Nothing counts before; an hour before the start where it is left out."),
        click.option("--closes", help="Nothing counts after; 12 hours after the limit where it is left out."),
        click.option("--limit", "limit_min", type=click.IntRange(1), help="Time limit in minutes."),
        click.option(
            "--late-points",
            type=click.IntRange(0),
            default=10,
            show_default=True,
            help="Points for a started minute over the limit.",
        ),
        click.option(
            "--late-max",
            "late_max_min",
            type=click.IntRange(0),
            help="Minutes over the limit after which nothing pays.",
        ),
        click.option("--finish", help="The code of the checkpoint that is the finish."),
        click.option(
            "--accuracy",
            "accuracy_m",
            type=click.FloatRange(1, 10_000),
            default=50.0,
            show_default=True,
            help="Worst accuracy of a position that counts, in metres.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def draft_from(checkpoints: tuple[DraftCheckpoint, ...], flags: GameFlags, slug: str, now_ms: int) -> Draft:
    """The draft of these checkpoints under these flags; raises `InputError`."""
    zone = _zone(flags.zone)
    limit_ms = (flags.limit_min or 0) * MINUTE_MS
    start: Start = SelfStart()
    opens_ms, closes_ms = now_ms, now_ms + SELF_START_OPEN_MS
    if flags.start:
        at_ms = _time_ms(flags.start, zone, "--start")
        start, opens_ms, closes_ms = MassStart(at_ms), at_ms - OPENS_BEFORE_MS, at_ms + limit_ms + CLOSES_AFTER_MS
    limit = None
    if flags.limit_min is not None:
        late_ms_max = None if flags.late_max_min is None else flags.late_max_min * MINUTE_MS
        limit = TimeLimit(limit_ms, flags.late_points, late_ms_max)
    return Draft(
        name=flags.name or slug,
        time_zone=flags.zone,
        opens_at_ms=_time_ms(flags.opens, zone, "--opens") if flags.opens else opens_ms,
        closes_at_ms=_time_ms(flags.closes, zone, "--closes") if flags.closes else closes_ms,
        start=start,
        checkpoints=checkpoints,
        finish_code=flags.finish,
        limit=limit,
        accuracy_mm_max=round(flags.accuracy_m * 1000),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError("value_out_of_range", f"--zone: {name!r} is no time zone, such as Europe/London") from error


def _time_ms(text: str, zone: ZoneInfo, flag: str) -> int:
    """A local time to milliseconds since the Unix epoch; an offset in the text wins over the zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError("value_out_of_range", f"{flag}: {text!r} is no time, such as 2022-06-04T11:00") from error
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)
