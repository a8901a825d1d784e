"""What the commands of `wayfold decide` say they did, or would do."""

from __future__ import annotations

import click
import msgspec

from client_core.game.statuses import Status
from server.cli.output import print_json, print_table
from server.deciding.trial import Move, Moves
from server.open_game import OpenGame

LISTED_MAX = 200


class Done(msgspec.Struct, frozen=True):
    """What was decided in words, how many events were written and their ids (hex); what moves, where it was tried."""

    says: tuple[str, ...]
    written: int
    ids: tuple[str, ...]
    moves: tuple[Moves, ...] | None = None


def print_done(done: Done, *, as_json: bool) -> None:
    """Say it to people or programs."""
    if as_json:
        print_json(done)
        return
    for says, identity in zip(done.says, done.ids or ("",) * len(done.says), strict=False):
        click.echo(f"{says}{f'  [{identity[:12]}]' if identity else ''}")
    if done.moves is not None:
        print_moves(done.moves)
        click.echo("nothing was written: this was a dry run")


def print_when_it_counts(game: OpenGame) -> None:
    """Say, after something was written in a game that is final, that the result stays until it is amended."""
    if game.log.index.directory.finals():
        name = game.row.slug
        click.echo(
            f"the result is final: this counts once you amend it: wayfold finalise {name} --show, then --amend",
            err=True,
        )


def print_moves(moves: tuple[Moves, ...]) -> None:
    """Every line that moves, among all and by category."""
    for one in moves:
        among = "among all" if one.category is None else f"in category {one.category}"
        click.echo(f"{len(one.rows)} of {one.lines} lines move {among}")
        if one.rows:
            rows = [(row.who, row.name, _line(row, before=True), _line(row), row.why) for row in one.rows[:LISTED_MAX]]
            print_table(("who", "name", "from", "to", "why"), rows)
        if len(one.rows) > LISTED_MAX:
            click.echo(f"… and {len(one.rows) - LISTED_MAX} more; --json lists all")


def _line(move: Move, *, before: bool = False) -> str:
    place, score, status = move.place, move.score, move.status
    if before:
        if move.score_before is None or move.status_before is None:
            return "-"
        place, score, status = move.place_before, move.score_before, move.status_before
    shown = f"place {place}" if place is not None else str(status).replace("_", " ")
    playing = ", playing" if place is not None and status is Status.ACTIVE else ""
    return f"{shown}, {score} points{playing}"
