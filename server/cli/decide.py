"""`wayfold decide ...`: what staff decide of results. Signed events with a reason, offline, each to be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from typing import Any, NamedTuple

import click
import msgspec

from client_core.game.actions import Known
from client_core.game.decisions import Decision, Neutralised, Undone
from server.cli.decide_table import import_table, near, neighbours
from server.cli.decide_telling import Done, print_done, print_when_it_counts
from server.cli.output import json_option, print_json, print_table
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.deciding.making import make
from server.deciding.naming import Names
from server.deciding.standing import (
    Ruled,
    by_audience,
    find_decisions,
    merges_of,
    read_decisions,
    undoing,
    with_sees,
    write,
)
from server.deciding.telling import words
from server.deciding.trial import try_out
from server.open_game import OpenGame
from server.problems import Problem
from sync.stream import GAME

ID_LETTERS = 12


class Bench(NamedTuple):
    """A game, its names and the decisions in it, at one moment."""

    game: OpenGame
    names: Names
    ruled: list[Ruled]


class Flags(msgspec.Struct, frozen=True):
    """What every decision takes beside what it says."""

    reason: str
    dry_run: bool
    by: str
    as_json: bool


@click.group()
def decide() -> None:
    """Decisions on results: each with a reason, offline, undoable; in bulk from a table."""


@contextmanager
def at_bench(name: str, data_folder: str | None, settings_file: Path | None) -> Iterator[Bench]:
    """Open a game to decide in it; raises `Problem`."""
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        yield Bench(game, Names(game, clock_of(settings)()), read_decisions(game))


def _flagged(run: Callable[..., None]) -> Callable[..., None]:
    """The options that every decision takes."""
    run = data_options(json_option(run))
    for option in (
        click.option(
            "--by", type=click.Choice(("team", "member")), default="team", help="Whose moves a dry run shows."
        ),
        click.option("--dry-run", is_flag=True, help="Show every place that would move, and write nothing."),
        click.option("--reason", required=True, help="Why; whom it concerns can read it."),
    ):
        run = option(run)
    return click.argument("name", metavar="GAME")(run)


def _decision(word: str, says: str, *parameters: Callable[[Any], Any], signed: bool = False) -> None:
    """Add the command of a decision; `signed`: it takes numbers that may begin with a minus."""

    def run(
        name: str,
        reason: str,
        *,
        dry_run: bool,
        by: str,
        as_json: bool,
        data_folder: str | None,
        settings_file: Path | None,
        **cells: Any,
    ) -> None:
        if cells.pop("draw", False):
            cells["teams"] = tuple(SystemRandom().sample(cells["teams"], len(cells["teams"])))
        if "unranked" in cells:
            cells["ranked"] = "no" if cells.pop("unranked") else "yes"
        texts = {cell: "|".join(v) if isinstance(v, tuple) else v for cell, v in cells.items() if v is not None}
        with at_bench(name, data_folder, settings_file) as bench:
            made = [with_sees(bench.ruled, one) for one in make(bench.names, word, texts, reason)]
            _finish(bench, by_audience(made), made, Flags(reason, dry_run, by, as_json))

    run.__doc__ = says
    for parameter in reversed(parameters):
        run = parameter(run)
    settings = {"ignore_unknown_options": True} if signed else {}
    decide.command(word, context_settings=settings)(_flagged(run))


def _finish(bench: Bench, actions: dict[bytes, list[Known]], made: Sequence[Decision], flags: Flags) -> None:
    """Try out or write, and say what was done."""
    says = [words(bench.names, one) for one in made]
    if flags.dry_run:
        whom = {audience[1:].hex(): "; ".join(says) for audience in actions if audience != GAME}
        of_all = "; ".join(says) if GAME in actions else ""
        moves = try_out(bench.game, actions, whom, of_all, by_member=flags.by == "member")
        print_done(Done(says=tuple(says), written=0, ids=(), moves=tuple(moves)), as_json=flags.as_json)
        return
    ids = write(bench.game, actions)
    print_done(Done(says=tuple(says), written=len(ids), ids=tuple(one.hex() for one in ids)), as_json=flags.as_json)
    print_when_it_counts(bench.game)


_team = click.argument("team")
_for_team = click.option("--team", help="For one team only: its number or name.")
_for_category = click.option("--category", help="For one category only.")
_at = click.argument("at", metavar="TIME")
_at_option = click.option("--at", metavar="TIME", help="From this time on: 13:05, or 2026-06-06T13:05. Else from now.")

_decision(
    "void",
    "CHECKPOINT (or a challenge) pays nobody, and nobody misses it in a course.",
    click.argument("checkpoint", required=False),
    click.option("--challenge", help="Void this challenge instead."),
    _for_team,
)
_decision(
    "grant",
    "TEAM (a number, a name, or number.member) was at CHECKPOINT, though no check-in says so.",
    _team,
    click.argument("checkpoint"),
    click.option("--at", metavar="TIME", help="When: 13:05. Left out where time does not matter."),
    click.option("--after", metavar="CHECKPOINT", help="In a course: after its visit of this checkpoint."),
)
_decision("take", "Visits of CHECKPOINT by TEAM do not count.", _team, click.argument("checkpoint"))
_decision(
    "points", "Give TEAM points, or take them: 5, -10. Several add up.", _team, click.argument("points"), signed=True
)
_decision(
    "time",
    "Take TIME (1:30, 90) off TEAM's elapsed time, or add it: -0:30. Several add up.",
    _team,
    click.argument("time"),
    signed=True,
)
_decision(
    "status",
    "TEAM has STATUS whatever its events say: disqualified, did_not_finish, ok …; derived takes that back.",
    _team,
    click.argument("status"),
)
_decision(
    "category",
    "TEAM stands in these categories and no others.",
    _team,
    click.argument("category", nargs=-1, required=True),
    click.option("--format", help="The format it plays; else as its categories say."),
)
_decision(
    "accept",
    "ANSWER to CHALLENGE is right, for every team.",
    click.argument("challenge"),
    click.argument("answer"),
)
_decision(
    "reject",
    "ANSWER to CHALLENGE is wrong, for every team.",
    click.argument("challenge"),
    click.argument("answer"),
)
_decision(
    "judge",
    "The answer or photo of this EVENT (first letters of its id) is right or wrong.",
    click.argument("event"),
    click.argument("verdict", type=click.Choice(("right", "wrong"))),
    click.option("--points", help="What it is worth instead of the challenge's points."),
)
_decision("merge", "TEAM and INTO are one team, before and from now on, under INTO.", _team, click.argument("into"))
_decision(
    "move-device",
    "What DEVICE (first letters of its key: wayfold device list) says from now on is about TEAM, or its member (7.2).",
    click.argument("device"),
    _team,
    click.option("--at", metavar="TIME", help="From its first event at or after this time: 13:05."),
    click.option("--from", "from", metavar="NUMBER", help="From this position in its stream on."),
    click.option("--members", metavar="NUMBERS", help="Several members of TEAM share it: 2,3."),
)
_decision(
    "start", "Everybody, a category or a team starts at TIME; beats every other start.", _at, _for_team, _for_category
)
_decision("end", "Everybody, a category or a team is to be back by TIME.", _at, _for_team, _for_category)
_decision(
    "stop",
    "The game is stopped at TIME: what is later does not count.",
    _at,
    _for_category,
    click.option("--unranked", is_flag=True, help="It closes without a result."),
)
_decision(
    "open", "The group is open from now on, for all or for a team.", click.argument("group"), _at_option, _for_team
)
_decision("pause", "Time counts for nothing from now on, until it is resumed.", _at_option, _for_team)
_decision(
    "neutralise",
    "Time counts for nothing FROM … UNTIL: for no limit, penalty, par time, hint delay or holding.",
    click.argument("at", metavar="FROM"),
    click.argument("until", metavar="UNTIL"),
    _for_team,
    click.option("--checkpoint", help="Only while waiting there, until the next visit."),
    click.option("--leg-to", help="With --checkpoint: the whole way from there to this one."),
)
_decision(
    "lots",
    "Among equals the TEAMs stand in this order.",
    click.argument("teams", metavar="TEAM...", nargs=-1, required=True),
    click.option("--draw", is_flag=True, help="Draw the order now."),
)


@decide.command()
@_flagged
@click.option("--at", metavar="TIME", help="The time counts again from here: 13:40. Else from now.")
@_for_team
def resume(
    name: str, reason: str, *, at: str | None, team: str | None, data_folder: str | None, settings_file: Path | None,
    **flags: Any,
) -> None:  # fmt: skip
    """End a pause that stands: of all, or of a team."""
    with at_bench(name, data_folder, settings_file) as bench:
        names = bench.names
        whom = None if team is None else names.team(team).id
        to_ms = names.now_ms if at is None else names.moment_ms(at)
        paused = [
            (one.id, one.action)
            for one in bench.ruled
            if one.state == "stands" and isinstance(one.action, Neutralised) and one.action.to_ms is None
        ]
        found = [(identity, note) for identity, note in paused if note.team == whom and note.checkpoint is None]
        if not found:
            raise Problem("bad_request", f"no pause{' of this team' if whom else ''} stands here: wayfold decide list")
        made: list[Decision] = []
        for identity, note in found:
            if to_ms <= note.from_ms:
                raise Problem("bad_request", f"the pause began at {names.clock(note.from_ms)}, later than that")
            made.append(Neutralised(names.now_ms, reason, note.from_ms, to_ms, whom, None, None, (identity,)))
        _finish(bench, by_audience(made), made, Flags(reason, **flags))


@decide.command()
@_flagged
@_team
def split(
    name: str, reason: str, *, team: str, data_folder: str | None, settings_file: Path | None, **flags: Any
) -> None:
    """TEAM stands for itself again: undoes its merges."""
    with at_bench(name, data_folder, settings_file) as bench:
        known = bench.names.team(team)
        found = merges_of(bench.ruled, known.id)
        if not found:
            raise Problem("bad_request", f"{known.number} {known.name} is merged into no team: wayfold decide list")
        _undo(bench, found, Flags(reason, **flags))


@decide.command()
@_flagged
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def undo(
    name: str, reason: str, *, ids: tuple[str, ...], data_folder: str | None, settings_file: Path | None, **flags: Any
) -> None:
    """Take back the decisions of these IDs (their first letters: wayfold decide list)."""
    with at_bench(name, data_folder, settings_file) as bench:
        _undo(bench, find_decisions(bench.ruled, ids), Flags(reason, **flags))


def _undo(bench: Bench, found: Sequence[Ruled], flags: Flags) -> None:
    actions = undoing(found, bench.names.now_ms, flags.reason)
    says = [f"undo: {words(bench.names, one.action)}" for one in found]
    if flags.dry_run:
        whom = {one.audience[1:].hex(): "undone" for one in found if one.audience != GAME}
        of_all = "undone" if GAME in actions else ""
        moves = try_out(bench.game, actions, whom, of_all, by_member=flags.by == "member")
        print_done(Done(says=tuple(says), written=0, ids=(), moves=tuple(moves)), as_json=flags.as_json)
        return
    ids = write(bench.game, actions)
    print_done(Done(says=tuple(says), written=len(ids), ids=tuple(i.hex() for i in ids)), as_json=flags.as_json)
    print_when_it_counts(bench.game)


@decide.command("list")
@click.argument("name", metavar="GAME")
@click.option("--standing", is_flag=True, help="Only those that stand.")
@click.option("--disputed", is_flag=True, help="Only those that lost to another one that did not know them.")
@click.option("--team", help="Only those about this team.")
@json_option
@data_options
def list_decisions(
    name: str, *, standing: bool, disputed: bool, team: str | None, as_json: bool, data_folder: str | None,
    settings_file: Path | None,
) -> None:  # fmt: skip
    """What was decided in GAME: what stands, what is undone, what lost to another decision, and why."""
    with at_bench(name, data_folder, settings_file) as bench:
        names = bench.names
        whom = None if team is None else names.team(team).id
        shown = [
            one
            for one in bench.ruled
            if not isinstance(one.action, Undone)
            and (not standing or one.state == "stands")
            and (not disputed or one.disputed)
            and (whom is None or whom in {getattr(one.action, "team", None), getattr(one.action, "into", None)})
        ]
        if as_json:
            print_json([_as_json(names, one) for one in shown])
            return
        if not shown:
            click.echo("nothing was decided here" if not bench.ruled else "no such decision here")
            return
        rows = [
            (
                one.id.hex()[:ID_LETTERS],
                names.clock(one.action.at_ms),
                words(names, one.action),
                _state(one),
                one.action.reason,
            )
            for one in shown
        ]
        print_table(("id", "at", "decision", "state", "reason"), rows)


def _state(one: Ruled) -> str:
    """What became of it, in a word, and by which others."""
    by = f" by {', '.join(other.hex()[:ID_LETTERS] for other in one.because)}" if one.because else ""
    return f"{'DISPUTED, ' if one.disputed else ''}{one.state}{by}"


def _as_json(names: Names, one: Ruled) -> dict[str, object]:
    team = getattr(one.action, "team", None)
    return {
        "id": one.id.hex(),
        "at_ms": one.action.at_ms,
        "decision": words(names, one.action),
        "team": None if team is None else team.hex(),
        "reason": one.action.reason,
        "state": one.state,
        "because": [other.hex() for other in one.because],
        "disputed": one.disputed,
        "role": one.role,
        "author": one.author.hex(),
    }


for command in (import_table, neighbours, near):
    decide.add_command(command)
