"""`wayfold day ...`: what staff do while a game is played. Works at the venue with no uplink, beside a server."""

from __future__ import annotations

from pathlib import Path

import click

from client_core.game.count_out import Person, Sign
from client_core.game.decisions import Whereabouts, WhereaboutsMarked
from client_core.game.teams import Team
from server.cli.at_desk import AtDesk, at_desk
from server.cli.check_in import check_in
from server.cli.kiosk import nonce
from server.cli.messages import alarms, briefings, messages, say, seen
from server.cli.output import json_option, print_json, print_table
from server.cli.photos import photos
from server.cli.places import data_options
from server.cli.signals import signals
from server.cli.staff_code import code
from server.leaderboard import span_text
from server.not_met import no_team_yet
from server.problems import Problem
from server.team_names import find_team
from sync.stream import team_audience

WHERE = {where.name.lower(): where for where in Whereabouts}


@click.group()
def day() -> None:
    """The day: who is still out, calls for help, messages, photos."""


for _command in (alarms, briefings, check_in, code, messages, nonce, photos, say, seen, signals):
    day.add_command(_command)


@day.command()
@click.argument("name", metavar="GAME")
@click.option("--all", "everybody", is_flag=True, help="List those too who are back or were never out.")
@json_option
@data_options
def out(name: str, *, everybody: bool, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Who is still out in GAME, with the last sign of life; the longest overdue first."""
    with at_desk(name, data_folder, settings_file) as desk:
        shown = [p for p in desk.view.people if everybody or p.where is Whereabouts.OUT or p.contradicted]
        if as_json:
            print_json({"counts": desk.view.counts, "people": [_person_json(desk, person) for person in shown]})
            return
        tally = desk.view.counts
        click.echo(
            f"{tally.out} out ({tally.overdue} overdue), {tally.back} back, {tally.left} left, "
            f"{tally.briefed} briefed, {tally.expected} expected"
        )
        if not desk.view.people:
            click.echo(no_team_yet(desk.game), err=True)
        if shown:
            print_table(
                ("player", "name", "telephone", "where", "since", "last heard", "overdue", "note"),
                [_person_row(desk, person) for person in shown],
            )


@day.command()
@click.argument("name", metavar="GAME")
@click.argument("player")
@click.argument("where", type=click.Choice(tuple(WHERE)))
@click.option("--note", default="", help="Intended way, battery, who saw them.")
@data_options
def mark(name: str, player: str, where: str, *, note: str, data_folder: str | None, settings_file: Path | None) -> None:
    """Say where PLAYER (a team's number, or number.member) is: expected, briefed, out, back or left."""
    with at_desk(name, data_folder, settings_file) as desk:
        team, member = _player(desk, player)
        action = WhereaboutsMarked(desk.now_ms, team.id, WHERE[where], member, note)
        desk.write(team_audience(team.id), action)
        whole = member is None and any(p.team == team.id and p.member is not None for p in desk.view.people)
        bib = team.number if member is None else f"{team.number}.{member}"
        click.echo(f"{bib} {team.name}{', all members' if whole else ''}: {where}")


def _player(desk: AtDesk, player: str) -> tuple[Team, int | None]:
    """The team and member of `7` or `7.2`; raises `Problem("team_unknown")`."""
    number, dot, member = player.partition(".")
    if not dot or not member.isdecimal():
        return find_team(desk.game, player), None
    team = find_team(desk.game, number)
    known = sorted(p.member for p in desk.view.people if p.team == team.id and p.member is not None)
    if int(member) not in known:
        listed = ", ".join(f"{number}.{one}" for one in known) or "none are registered"
        raise Problem("team_unknown", f"team {number} has no member {member}; its members: {listed}")
    return team, int(member)


def _person_row(desk: AtDesk, person: Person) -> tuple[object, ...]:
    named = desk.view.names.get((person.team, person.member)) if person.member is not None else None
    where = person.where.name.lower()
    if person.contradicted:
        where += " (heard of since!)"
    elif person.retired:
        where += " (retired)"
    return (
        _label(person),
        named.name if named else desk.game.board.teams[person.team].name,
        named.telephone if named else "",
        where,
        desk.clock(person.since_ms),
        _heard(desk, person.sign),
        span_text(person.overdue_ms) if person.overdue_ms else "",
        person.note,
    )


def _person_json(desk: AtDesk, person: Person) -> dict[str, object]:
    named = desk.view.names.get((person.team, person.member)) if person.member is not None else None
    return {
        "player": _label(person),
        "team": person.team.hex(),
        "team_name": desk.game.board.teams[person.team].name,
        "name": named.name if named else None,
        "telephone": named.telephone if named else None,
        "where": person.where.name.lower(),
        "since_ms": person.since_ms,
        "due_ms": person.due_ms,
        "overdue_ms": person.overdue_ms,
        "retired": person.retired,
        "contradicted": person.contradicted,
        "note": person.note,
        "last_heard": person.sign,
    }


def _label(person: Person) -> str:
    return f"{person.number}" if person.member is None else f"{person.number}.{person.member}"


def _heard(desk: AtDesk, sign: Sign | None) -> str:
    if sign is None:
        return "never"
    what = sign.what.replace("_", "-")
    if sign.checkpoint is not None and sign.checkpoint < len(desk.game.rules.codes):
        what = f"{what} at {desk.game.rules.codes[sign.checkpoint]}"
    ago = span_text(desk.now_ms - sign.at_ms)
    battery = f", battery {sign.battery_percent} %" if sign.battery_percent is not None else ""
    return f"{desk.clock(sign.at_ms)} ({ago} ago): {what}{battery}"
