"""`wayfold game simulate`: a rehearsal on synthetic teams before anybody walks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from client_core.game.content import Package
from client_core.game.publish import Draft, publish
from server.authoring.values import ValueFault, distance_mm, span_ms
from server.cli.authoring import draft_of
from server.cli.output import InputError, json_option, print_json, print_table, read_file
from server.cli.places import clock_of, data_options, open_tenant, settings_of, tenant_option
from server.games import draft_named
from server.problems import Problem
from server.settings import Settings
from server.simulating.ground import MATRIX_BYTES_MAX, Ground, ground_of, read_matrix
from server.simulating.rehearsal import Habits, Outcome, Told, rehearse

TEAMS_MAX = 2_000
CROWDS_SHOWN = 15
NEVER_SHOWN = 30
MM_S_A_KM_H = 1_000_000 / 3_600


@click.command()
@click.argument("game", metavar="DIR|GAME")
@click.option("--teams", type=click.IntRange(1, TEAMS_MAX), default=50, show_default=True, help="So many teams play.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same rehearsal.")
@click.option(
    "--speed",
    nargs=2,
    type=click.FloatRange(0.5, 30),
    default=(4.0, 8.0),
    show_default=True,
    help="Speeds of the slowest and the fastest team, km/h.",
)
@click.option(
    "--detour",
    type=click.FloatRange(1, 5),
    default=1.3,
    show_default=True,
    help="A way is so many times as long as the straight line.",
)
@click.option("--distances", type=click.Path(path_type=Path), help="A table of ways in metres instead, by codes.")
@click.option("--stop", default="30 s", show_default=True, help="How long a visit takes.")
@click.option("--think", default="90 s", show_default=True, help="How long a challenge takes.")
@click.option("--length", help='The best round within this length, such as "5 km", instead of within the limit.')
@tenant_option
@json_option
@data_options
def simulate(
    game: str,
    teams: int,
    seed: int,
    speed: tuple[float, float],
    detour: float,
    distances: Path | None,
    stop: str,
    think: str,
    length: str | None,
    tenant: str | None,
    *,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Rehearse a game on synthetic teams: crowds, lateness, the best round, what nobody visits.

    Give the folder of a game, or the name of one that was imported.
    """
    if speed[0] > speed[1]:
        raise InputError("value_out_of_range", f"--speed: the slowest, {speed[0]}, is faster than {speed[1]}")
    try:
        habits = Habits(
            teams=teams,
            seed=seed,
            slow_mm_s=round(speed[0] * MM_S_A_KM_H),
            fast_mm_s=round(speed[1] * MM_S_A_KM_H),
            stop_ms=span_ms(stop),
            think_ms=span_ms(think),
        )
        length_mm = None if length is None else distance_mm(length)
    except ValueFault as fault:
        raise InputError("value_out_of_range", str(fault)) from fault
    package = publish(_draft(game, settings_of(data_folder, settings_file), tenant))
    ground = _ground(package, detour, distances)
    with _progress() as told:
        outcome = rehearse(package, ground, habits, length_mm=length_mm, told=told)
    if as_json:
        print_json(outcome)
    else:
        _print(outcome, package)


def _draft(game: str, settings: Settings, tenant: str | None) -> Draft:
    """The draft of a folder, or of a game that was imported."""
    if Path(game).is_dir():
        return draft_of(Path(game), clock_of(settings)())
    path, _, slug = game.rpartition("/")
    try:
        with open_tenant(settings, tenant or path or None) as (file, _):
            return draft_named(file, slug)
    except Problem as problem:
        if problem.code not in {"tenant_unknown", "game_unknown"}:
            raise
        raise Problem(problem.code, f"there is no folder {game}, and {problem.detail}") from problem


def _ground(package: Package, detour: float, distances: Path | None) -> Ground:
    if distances is None:
        return ground_of(package, round(detour * 100))
    data = read_file(distances, MATRIX_BYTES_MAX)
    return ground_of(package, 100, read_matrix(data, distances.name, [one.code for one in package.checkpoints]))


@contextmanager
def _progress() -> Iterator[Told | None]:
    """A bar on stderr, where somebody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, part: bar.update(task, description=what, completed=part)


def _print(outcome: Outcome, package: Package) -> None:
    zone = ZoneInfo(package.time_zone)
    rows = [
        (
            one.code,
            one.name,
            one.teams,
            f"{one.percent} %",
            one.at_once,
            one.busiest,
            None if one.busiest_ms is None else datetime.fromtimestamp(one.busiest_ms // 1000, zone).strftime("%H:%M"),
        )
        for one in sorted(outcome.checkpoints, key=lambda one: (-one.at_once, -one.teams))[:CROWDS_SHOWN]
    ]
    columns = ("code", "name", "teams", "of all", "at once", "in a minute", "busiest at")
    print_table(columns, rows, numbers=("teams", "of all", "at once", "in a minute"))
    if len(outcome.checkpoints) > len(rows):
        click.echo(f"({len(outcome.checkpoints) - len(rows)} more checkpoints, less crowded: --json shows all)")
    click.echo("")
    for line in told_in_words(outcome):
        click.echo(line)


def told_in_words(outcome: Outcome) -> list[str]:
    """What came of a rehearsal, a sentence a line."""
    low, middle, high = outcome.scores
    short, usual, long_ = (_clock(one) for one in outcome.times_ms)
    near, way, far = (f"{metres / 1000:.1f}" for metres in outcome.lengths_m)
    told = [
        f"{outcome.teams} teams, seed {outcome.seed}: scores from {low} to {high}, the middle one {middle}.",
        f"They played from {short} to {long_}, the middle one {usual}, and went {near} to {far} km, middle {way} km.",
    ]
    if outcome.reachable is not None:
        best = outcome.reachable
        told.append(
            f"The best found: {best.score} points in {best.length_m / 1000:.2f} km, {len(best.codes)} visits: "
            f"{' '.join(best.codes)}."
        )
    else:
        told.append("The best round was not searched: there are too many checkpoints, or none fits the length.")
    late = f"{outcome.late} of {outcome.teams} teams came late"
    told.append(f"{late}, the latest by {outcome.late_minutes_max} min." if outcome.late else f"{late}.")
    told.append(f"Statuses: {', '.join(f'{count} {status}' for status, count in outcome.by_status.items())}.")
    if outcome.never_visited:
        share = 100 * len(outcome.never_visited) // len(outcome.checkpoints)
        shown = ", ".join(outcome.never_visited[:NEVER_SHOWN])
        more = len(outcome.never_visited) - NEVER_SHOWN
        rest = f" and {more} more" if more > 0 else ""
        told.append(f"Never visited: {shown}{rest} ({share} % of the checkpoints).")
    else:
        told.append("Every checkpoint that pays was visited by somebody.")
    if outcome.refused:
        told.append(f"What the rules refused: {', '.join(f'{n} {why}' for why, n in outcome.refused.items())}.")
    if outcome.placeless:
        told.append(f"Without a position, taken to be in the middle: {', '.join(outcome.placeless)}.")
    return told


def _clock(span: int) -> str:
    minutes = span // 60_000
    return f"{minutes // 60}:{minutes % 60:02d} h"
