"""`wayfold finalise`: pin the result of a game, look at what was pinned, amend it."""

from __future__ import annotations

from pathlib import Path

import click

from client_core.game.final import FinalRow
from client_core.game.statuses import STATUS_BY_NUMBER
from server.cli.output import json_option, print_json, print_table, progress
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.desk import Desk
from server.finalising import FinalView, final_views, finalise
from server.leaderboard import elapsed_text
from server.open_game import OpenGame

CHECKED = {
    "agrees": "folded again here: the same result",
    "differs": "FOLDED AGAIN HERE: ANOTHER RESULT; look at wayfold game verify",
    "not_checked_here": "not checked here: this node does not hold all of its events",
}


@click.command("finalise")
@click.argument("name", metavar="GAME")
@click.option("--amend", is_flag=True, help="The game is final already: pin it anew, with what came in since.")
@click.option("--show", is_flag=True, help="Pin nothing; show what was pinned and what came in since.")
@json_option
@data_options
def finalise_command(
    name: str, *, amend: bool, show: bool, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Pin the result of GAME: what comes in later changes nothing until you amend."""
    settings = settings_of(data_folder, settings_file)
    with progress(f"folding {name}"), open_published(settings, name) as game:
        views = final_views(game) if show else [finalise(game, clock_of(settings)(), amend=amend)]
        if as_json:
            print_json([_as_json(view) for view in views])
            return
        if not views:
            click.echo("this game is not final: wayfold finalise pins its result")
        if len(views) > 1:
            click.echo("TWO FINAL RESULTS stand beside each other: settle it with wayfold finalise --amend")
        for view in views:
            _print(game, view)
        out = 0 if show else Desk(game).view(clock_of(settings)()).counts.out
        if out:
            click.echo(f"{out} still out: wayfold day out {name} says who", err=True)


def _print(game: OpenGame, view: FinalView) -> None:
    click.echo(f"final, number {view.number}: {len(view.rows)} teams, result {view.result[:16]}")
    click.echo(CHECKED[view.checked])
    if view.later_events:
        click.echo(f"{view.later_events} events came in since; lines that they would change: {len(view.moved)}")
        print_table(
            ("team", "name", "final", "with them"),
            [(m.number, _name(game, m.team), _line(m.final), _line(m.now)) for m in view.moved],
            numbers=("team",),
        )


def _name(game: OpenGame, team: bytes) -> str:
    known = game.board.teams.get(team)
    return known.name if known else team.hex()[:8]


def _line(row: FinalRow | None) -> str:
    if row is None:
        return "-"
    place = f"place {row.place}" if row.place is not None else str(STATUS_BY_NUMBER[row.status])
    return f"{place}, {row.score} points, {elapsed_text(row.time_ms)}"


def _as_json(view: FinalView) -> dict[str, object]:
    def row(one: FinalRow | None) -> dict[str, object] | None:
        if one is None:
            return None
        status = str(STATUS_BY_NUMBER[one.status])
        fields = ("number", "place", "score", "points", "penalties", "time_ms")
        return {"team": one.team.hex(), "status": status, **{name: getattr(one, name) for name in fields}}

    return {
        "id": view.id,
        "number": view.number,
        "at_ms": view.at_ms,
        "result": view.result,
        "checked": view.checked,
        "rows": [row(one) for one in view.rows],
        "later_events": view.later_events,
        "moved": [{"team": m.team.hex(), "final": row(m.final), "now": row(m.now)} for m in view.moved],
    }
