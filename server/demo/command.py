"""`wayfold demo`: the command."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

import click
import msgspec
from rich.console import Console

from server.demo.plan import SPEED, make_plan
from server.demo.play import Play, Played
from server.demo.processes import DemoError
from server.demo.screen import Screen, show_outcome, show_plan

SEED = 2022
BROKEN, FAILED, STOPPED = 1, 2, 143


@click.command()
@click.option("--once", is_flag=True, help="End after the leaderboard instead of serving the page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout, and end.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Who gets which link, and when the edge dies.")
@click.option(
    "--speed", type=click.FloatRange(1, 2000), default=SPEED, show_default=True, help="Times as fast as it was."
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep all files in this empty folder; by default they are removed at the end.",
)
def demo(*, once: bool, as_json: bool, seed: int, speed: float, keep: Path | None) -> int:
    """Play a recorded event through 13 devices, an edge and HQ on this machine, and show the leaderboard.

    Exit status: 0; 1 where nodes disagree or something was lost; 2 where it could not be played.
    """
    progress = Console(stderr=True, quiet=as_json and not sys.stderr.isatty())
    with tempfile.TemporaryDirectory(prefix="wayfold-demo-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise click.UsageError(f"{folder} is not empty")
        try:
            return asyncio.run(_demo(folder, seed, speed, progress, once=once, as_json=as_json))
        except asyncio.CancelledError:
            return STOPPED
        except (DemoError, ExceptionGroup) as failure:
            for reason in _reasons(failure):
                click.echo(f"wayfold demo: {reason}", err=True)
            return FAILED


def _reasons(failure: Exception) -> list[DemoError]:
    """The failures of the demo's parts; raises again whatever else it was."""
    if isinstance(failure, DemoError):
        return [failure]
    assert isinstance(failure, ExceptionGroup)
    ours, others = failure.split(DemoError)
    if others is not None:
        raise others
    return [one for one in (ours.exceptions if ours else ()) if isinstance(one, DemoError)]


async def _demo(folder: Path, seed: int, speed: float, progress: Console, *, once: bool, as_json: bool) -> int:
    # Ended by whoever started it: take all processes along.
    playing = asyncio.current_task()
    assert playing is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    plan = make_plan(seed, speed)
    show_plan(progress, plan, seed)
    with Screen(progress) as screen:
        played = await Play(folder, plan, seed, screen.tell).run()
    if as_json:
        click.echo(msgspec.json.encode(played.outcome).decode())
    else:
        show_outcome(Console(), played.outcome)
        if not once:
            await _serve(played)
    return 0 if played.outcome.kept_promise else BROKEN


async def _serve(played: Played) -> None:
    """Show HQ's page until somebody stops it."""
    await played.hq.start(clock=played.clock)
    click.echo(f"\nThe leaderboard: {played.page}   (Ctrl-C ends)")
    try:
        await played.hq.ended()
    except asyncio.CancelledError:
        click.echo("stopped")
    finally:
        await played.hq.stop()
