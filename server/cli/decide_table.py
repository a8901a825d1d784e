"""`wayfold decide import|neighbours|near`: decisions in bulk, and the tables of whom a doubt concerns."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from client_core.game.actions import Known
from client_core.game.decisions import Decision
from client_core.game.publish import DraftError
from server.cli.decide_telling import print_moves, print_when_it_counts
from server.cli.output import InputError, json_option, print_json, progress
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.deciding.decision_table import Line, read_decision_table
from server.deciding.making import audience_of
from server.deciding.naming import Names
from server.deciding.standing import Ruled, read_decisions, same, undoing, with_sees, write
from server.deciding.trial import Moves, try_out
from server.deciding.witnesses import Seen, came_near, visited_both
from server.formats.cards import FILE_BYTES_MAX
from server.open_game import OpenGame
from sync.stream import GAME

HEADER = ("decision", "team", "checkpoint", "at", "after", "reason")


class Bulk(msgspec.Struct, frozen=True):
    """What a table comes to: rows, those passed over and odd ones, decisions that are new, stand already or twice."""

    rows: int
    passed_over: tuple[str, ...]
    notes: tuple[str, ...]
    decisions: int
    known_already: int
    repeated: int
    written: int
    ids: tuple[str, ...]
    moves: tuple[Moves, ...]


@click.command("import")
@click.argument("name", metavar="GAME")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--write", "really", is_flag=True, help="Write it; else only what would move is shown.")
@click.option("--undo", "take_back", is_flag=True, help="Take back what stands of what FILE says.")
@click.option("--pass-over", is_flag=True, help="List the rows that are faulty, and go on without them.")
@click.option("--reason", default="", help="The reason of rows that give none; else their place in FILE.")
@click.option("--by", type=click.Choice(("team", "member")), default="team", help="Whose places are shown.")
@click.option("--encoding", help="Of the file: cp1251, latin-1; else UTF-8 or Windows-1251 by look.")
@json_option
@data_options
def import_table(
    name: str,
    file: Path,
    *,
    really: bool,
    take_back: bool,
    pass_over: bool,
    reason: str,
    by: str,
    encoding: str | None,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Show every place that the decisions in FILE (CSV) would move in GAME; with --write, decide them.

    A row is a decision (columns decision, team, checkpoint, after, reason …), or, with columns team and
    between, a visit that is granted: 44-63-70. What stands already is not written twice.
    """
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        names = Names(game, clock_of(settings)())
        lines, faults = read_decision_table(names, read_bytes(file), file.name, reason, encoding)
        if faults and not pass_over:
            raise DraftError(faults)
        ruled = read_decisions(game)
        plan = (
            _plan_undo(names, lines, ruled, reason or f"{file.name} taken back") if take_back else _plan(lines, ruled)
        )
        with progress("folding the game as it is and as it would be"):
            moves = try_out(game, plan.actions, plan.why, plan.of_all, by_member=by == "member")
        ids = write(game, plan.actions) if really and plan.actions else []
        if ids:
            print_when_it_counts(game)
    count = sum(map(len, plan.actions.values()))
    bulk = Bulk(
        rows=len(lines) + len(faults),
        passed_over=tuple(f"{one.where}: {one.detail}" for one in faults),
        notes=tuple(f"{file.name}, row {line.row}: {line.note}" for line in lines if line.note),
        decisions=count,
        known_already=plan.known,
        repeated=plan.repeated,
        written=len(ids),
        ids=tuple(one.hex() for one in ids),
        moves=tuple(moves),
    )
    if as_json:
        print_json(bulk)
        return
    print_moves(bulk.moves)
    for text in bulk.notes:
        click.echo(f"  {text}", err=True)
    for text in bulk.passed_over:
        click.echo(f"  passed over: {text}", err=True)
    what = "undoings" if take_back else "decisions"
    others = f"{plan.known} {'do not stand' if take_back else 'stand already'}, {plan.repeated} are said twice"
    done = f"{count} {what} {'written' if really else 'would be written'}"
    click.echo(f"{bulk.rows} rows ({len(faults)} passed over): {done}; {others}")
    if not really:
        click.echo("nothing was written: say --write to decide so")


class _Plan(msgspec.Struct):
    """What is to be written by audience, and why by team (hex)."""

    actions: dict[bytes, list[Known]] = {}
    why: dict[str, str] = {}
    of_all: str = ""
    known: int = 0
    repeated: int = 0

    def add(self, audience: bytes, action: Known, row: int) -> None:
        self.actions.setdefault(audience, []).append(action)
        if audience == GAME:
            self.of_all += f"{', ' if self.of_all else 'row '}{row}"
        else:
            team = audience[1:].hex()
            self.why[team] = f"{self.why[team]}, {row}" if team in self.why else f"row {row}"


def _plan(lines: Iterable[Line], ruled: list[Ruled]) -> _Plan:
    """What is new in the lines."""
    plan, said = _Plan(), set[Decision]()
    standing = {same(one.action) for one in ruled if one.state == "stands"}
    for line in lines:
        for one in line.decisions:
            key = same(one)
            if key in said:
                plan.repeated += 1
            elif key in standing:
                plan.known += 1
            else:
                plan.add(audience_of(one), with_sees(ruled, one), line.row)  # type: ignore[arg-type]  # each is one of `Known`
            said.add(key)
    return plan


def _plan_undo(names: Names, lines: Iterable[Line], ruled: list[Ruled], reason: str) -> _Plan:
    """What of the lines stands and is to be taken back."""
    plan, said = _Plan(), set[Decision]()
    for line in lines:
        for one in line.decisions:
            key = same(one)
            found = [r for r in ruled if r.state in {"stands", "overruled"} and same(r.action) == key]
            plan.repeated += key in said
            plan.known += key not in said and not found
            if key not in said:
                for audience, actions in undoing(found, names.now_ms, reason).items():
                    for action in actions:
                        plan.add(audience, action, line.row)
            said.add(key)
    return plan


@click.command()
@click.argument("name", metavar="GAME")
@click.argument("checkpoint")
@click.option("--between", nargs=2, required=True, metavar="A B", help="The two checkpoints around it.")
@click.option("--in-a-row", is_flag=True, help="Only who went from one right to the other.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The CSV to write, for decide import.")
@click.option("--by", type=click.Choice(("team", "member")), default="team", help="Grant it to teams, or to members.")
@click.option("--reason", required=True, help="Why; it stands in every row.")
@json_option
@data_options
def neighbours(
    name: str,
    checkpoint: str,
    *,
    between: tuple[str, str],
    in_a_row: bool,
    out: Path,
    by: str,
    reason: str,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """List all who visited both neighbours of CHECKPOINT and not itself, as a table for decide import."""
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        names = Names(game, clock_of(settings)())
        number, (one, two) = names.checkpoint(checkpoint), map(names.checkpoint, between)
        seen = visited_both(game, number, one, two, in_a_row=in_a_row, by_member=by == "member")
        _write_grants(game, out, seen, checkpoint, reason)
    _say(seen, out, f"visited {between[0]} and {between[1]} and not {checkpoint}", as_json=as_json)


@click.command()
@click.argument("name", metavar="GAME")
@click.argument("checkpoint")
@click.argument("tracks", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--within", "within_m", type=click.IntRange(1, 5_000), default=50, show_default=True, help="Metres.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The CSV to write, for decide import.")
@click.option("--reason", required=True, help="Why; it stands in every row.")
@json_option
@data_options
def near(
    name: str,
    checkpoint: str,
    tracks: Path,
    *,
    within_m: int,
    out: Path,
    reason: str,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """List all whose track came near CHECKPOINT and who lack it, as a table for decide import.

    FOLDER has GPX files named by team or player: 7.gpx, 7.2.gpx, Owls.gpx.
    """
    settings = settings_of(data_folder, settings_file)
    with open_published(settings, name) as game:
        names = Names(game, clock_of(settings)())
        seen = came_near(names, names.checkpoint(checkpoint), tracks, within_m * 1000)
        _write_grants(game, out, seen, checkpoint, reason)
    _say(seen, out, f"came within {within_m} m of {checkpoint} without having it", as_json=as_json)


def read_bytes(file: Path) -> bytes:
    """The file, but not more of it than readers take; raises `InputError`."""
    try:
        with file.open("rb") as source:
            return source.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InputError("file_unreadable", f"{file} cannot be read: {error.strerror}") from error


def _write_grants(game: OpenGame, out: Path, seen: list[Seen], checkpoint: str, reason: str) -> None:
    """The table of grants; a file that is there is not written over."""
    try:
        with out.open("x", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(HEADER)
            for one in seen:
                after = "" if one.after is None else game.rules.codes[one.after]
                note = f"{reason}; {one.note}" if one.note else reason
                writer.writerow(("grant", one.bib, checkpoint, one.at or "", after, note))
    except FileExistsError as error:
        raise InputError("file_unreadable", f"{out} is there already: name another file") from error
    except OSError as error:
        raise InputError("file_unreadable", f"{out} cannot be written: {error.strerror}") from error


def _say(seen: list[Seen], out: Path, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(out), "found": seen})
        return
    click.echo(f"{len(seen)} {what}; {out} lists them, look it over and: wayfold decide import GAME {out}")
