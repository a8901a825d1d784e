"""`wayfold standings` and `wayfold explain`: folded from the store, whether a server runs or not."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from client_core.game.final import final_rows, result_hash
from client_core.game.standings import game_digest, team_digest
from server.api.standings import Explanation, explain_team
from server.cli.output import json_option, print_json, print_table, progress
from server.cli.places import clock_of, data_options, now_option, open_published, settings_of
from server.deciding.naming import Names
from server.formats.iof_results import write_result_list
from server.leaderboard import Leaderboard, TeamLine, elapsed_text
from server.local_time import clock_text, zone_of
from server.not_met import no_team_yet
from server.open_game import OpenGame
from server.pinned import kept
from server.problems import Problem
from server.result_list import result_list
from server.scoreboard import fold_game
from server.shown import Shown
from server.tables import TableRow, table
from server.team_names import find_team
from server.web.leaderboard_page import heard_text, state_text

COLUMNS = ("place", "number", "team", "score", "points", "penalty", "time", "status")
FORMS = ("table", "json", "csv", "iof")
NUMBERS = ("place", "number", "score", "points", "penalty", "time")


class StandingsReport(msgspec.Struct, frozen=True):
    """Standings with the digests (hex) by which nodes compare what they computed: the game's and each team's.

    `result` covers places, scores, times and statuses alone, as finalising pins them: it is the same
    again when decisions are undone, while `digest` covers every event, those too that no longer count.
    """

    digest: str
    result: str
    digest_by_team: dict[str, str]
    leaderboard: Leaderboard


@click.command()
@click.argument("name", metavar="GAME")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--iof", "as_iof", is_flag=True, help="The same as --format iof: IOF XML 3.0, with splits.")
@click.option("--by", type=click.Choice(("team", "member")), help="Whose places: each member may be scored alone.")
@click.option("--category", help="Only those who stand in this category, with their places in it.")
@click.option("--played", metavar="FORMAT", help="Only those who play this format of the game (4h, 8h).")
@now_option
@data_options
def standings(
    name: str,
    form: str,
    *,
    as_json: bool,
    as_iof: bool,
    by: str | None,
    category: str | None,
    played: str | None,
    now: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """The order of the teams of GAME, or of its members, folded from this node's store.

    Of a final game that is the result as it was pinned.
    """
    settings = settings_of(data_folder, settings_file)
    if as_iof or form == "iof":
        with progress(f"folding {name}"), open_published(settings, name) as game:
            _check_category(game, category)
            by_member, keep = by == "member", kept(game, now=now)
            found = result_list(game, clock_of(settings)(), by_member=by_member, category=category, keep=keep)
        click.echo(write_result_list(found).decode(), nl=False)
        return
    if by is not None or category is not None or played is not None:
        with progress(f"folding {name}"), open_published(settings, name) as game:
            _check_category(game, category)
            form_played = None if played is None else Names(game, 0).format(played)
            keep = kept(game, now=now)
            rows = table(game, by_member=by == "member", category=category, form=form_played, keep=keep)
        _print_rows(rows, "json" if as_json else form)
        return
    with progress(f"folding {name}"), open_published(settings, name) as game:
        game.changed_at_ms = clock_of(settings)()
        results = fold_game(game.log, game.rules)
        shown = Shown(game)
        how = shown.organisers(now=now)
        board, result = shown.everybody(how), result_hash(final_rows(shown.rows_as(how))).hex()
    if as_json or form == "json":
        by_team = {result.team.hex(): team_digest(result).hex() for result in results}
        register = game.board.register
        digest = game_digest(results, game.rules, register).hex()
        print_json(StandingsReport(digest, result, by_team, board))
    elif form == "csv":
        click.echo(to_csv(board), nl=False)
    else:
        click.echo(f"{board.name}: {state_text(board)}; {heard_text(board, game.changed_at_ms)}")
        print_table(COLUMNS, [_row(team) for team in board.teams], numbers=NUMBERS)
        if not results:
            click.echo(no_team_yet(game), err=True)
        if board.lines_moved:
            click.echo(f"what came in since the result was pinned: wayfold finalise {name} --show")


@click.command()
@click.argument("name", metavar="GAME")
@click.argument("team")
@now_option
@json_option
@data_options
def explain(
    name: str, team: str, *, now: bool, as_json: bool, data_folder: str | None, settings_file: Path | None
) -> None:
    """Every point of TEAM (name, number or id) in GAME, line by line; of a final game as it was pinned."""
    with open_published(settings_of(data_folder, settings_file), name) as game:
        explained = explain_team(game, find_team(game, team), now=now)
        zone = zone_of(game.rules.package.time_zone)
    if as_json:
        print_json(explained)
    else:
        _print_explanation(explained, zone)


def _check_category(game: OpenGame, category: str | None) -> None:
    known = [found.code for found in game.rules.package.categories]
    if category is not None and category not in known:
        raise Problem("bad_request", f"no category {category!r}; there are {', '.join(known) or 'none'}")


def _print_rows(rows: list[TableRow], form: str) -> None:
    """Lines of teams or members, in the form asked for."""
    if form == "json":
        print_json(rows)
        return
    lines = [(r.place, r.bib, r.name, r.score, r.points, r.penalties, elapsed_text(r.time_ms), r.status) for r in rows]
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for line in lines:
            name = f"'{line[2]}" if str(line[2])[:1] in {*"=+-@\t\r"} else line[2]  # no formula in a spreadsheet
            writer.writerow(("" if line[0] is None else line[0], line[1], name, *line[3:]))
        click.echo(text.getvalue(), nl=False)
        return
    print_table(COLUMNS, lines, numbers=NUMBERS)


def to_csv(board: Leaderboard) -> str:
    """The standings as CSV (RFC 4180), one line a team; times in seconds."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("place", "number", "team", "score", "points", "penalty", "time_s", "status"))
    for team in board.teams:
        time_s = "" if team.time_ms is None else team.time_ms // 1000
        place = "" if team.place is None else team.place
        name = f"'{team.name}" if team.name[:1] in "=+-@\t\r" else team.name  # no formula in a spreadsheet
        writer.writerow((place, team.number, name, team.score, team.points, team.penalties, time_s, team.status))
    return text.getvalue()


def _row(team: TeamLine) -> tuple[object, ...]:
    time = elapsed_text(team.time_ms)
    return (team.place, team.number, team.name, team.score, team.points, team.penalties, time, team.status)


def _print_explanation(explained: Explanation, zone: ZoneInfo) -> None:
    """The lines, with the time where the game is: the one that decisions are given in."""
    click.echo(f"{explained.name} (#{explained.number}), {explained.status}")
    rows = [
        (f"{line.points:+d}" if line.points else "0", _clock(line.at_ms, zone), line.text) for line in explained.lines
    ]
    print_table(("points", "at", "for"), rows, numbers=("points",))
    click.echo(f"{explained.points} points - {explained.penalties} penalties = {explained.score}")


def _clock(at_ms: int | None, zone: ZoneInfo) -> str:
    return "" if at_ms is None else clock_text(at_ms, zone, str(at_ms), "%H:%M:%S")
