"""`wayfold day alarms|seen|say|messages|briefings`: what staff and teams tell each other, and who has read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from client_core.game.decisions import Acknowledged, MessageSent
from client_core.game.desk import Alarm, Notice, Words
from server.cli.at_desk import ID_LETTERS, AtDesk, at_desk, the_one
from server.cli.output import json_option, print_json, print_table
from server.cli.places import data_options
from server.problems import Problem
from server.team_names import find_team
from sync.stream import GAME, team_audience


@click.command()
@click.argument("name", metavar="GAME")
@json_option
@data_options
def alarms(name: str, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Calls for help in GAME; those nobody has seen first."""
    with at_desk(name, data_folder, settings_file) as desk:
        if as_json:
            print_json([_alarm_json(desk, alarm) for alarm in desk.view.alarms])
            return
        if not desk.view.alarms:
            click.echo("no calls for help are known here")
            return
        rows = [
            (a.id.hex()[:ID_LETTERS], desk.number(a.team), desk.clock(a.sos.at_ms), _place(a.sos), a.sos.text, _seen(a))
            for a in desk.view.alarms
        ]
        print_table(("id", "team", "at", "where", "words", "seen"), rows)


@click.command()
@click.argument("name", metavar="GAME")
@click.argument("event", metavar="ID")
@click.option("--note", default="", help="What is being done; the team reads it.")
@data_options
def seen(name: str, event: str, *, note: str, data_folder: str | None, settings_file: Path | None) -> None:
    """Say that staff know of the call for help or words with this ID; the team's phones show it."""
    with at_desk(name, data_folder, settings_file) as desk:
        listed: list[Alarm | Words] = [*desk.view.alarms, *desk.view.words]
        found = the_one(event, listed, "call for help or message of a team")
        desk.write(team_audience(found.team), Acknowledged(desk.now_ms, found.id, note))
        click.echo(f"{desk.number(found.team)} will read: seen by staff{f', {note}' if note else ''}")


@click.command()
@click.argument("name", metavar="GAME")
@click.argument("text")
@click.option("--team", "team_name", help="For one team only: its number or name.")
@click.option("--category", help="For one category only.")
@click.option("--urgent", is_flag=True, help="Phones sound and show it first.")
@data_options
def say(
    name: str,
    text: str,
    *,
    team_name: str | None,
    category: str | None,
    urgent: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Send TEXT to everybody in GAME, to a category or to a team."""
    with at_desk(name, data_folder, settings_file) as desk:
        if team_name and category:
            raise Problem("bad_request", "a message is for a team or a category, not both")
        known = {c.code for c in desk.game.rules.package.categories}
        if category and category not in known:
            raise Problem("bad_request", f"no category {category!r}; there are {', '.join(sorted(known)) or 'none'}")
        team = find_team(desk.game, team_name) if team_name else None
        action = MessageSent(desk.now_ms, text, team.id if team else None, category, urgent)
        desk.write(team_audience(team.id) if team else GAME, action)
        click.echo(f"sent to {desk.number(team.id) if team else category or 'everybody'}")


@click.command()
@click.argument("name", metavar="GAME")
@json_option
@data_options
def messages(name: str, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Messages of staff with who has not read them, and what teams said."""
    with at_desk(name, data_folder, settings_file) as desk:
        if as_json:
            said = [_words_json(desk, line) for line in desk.view.words]
            print_json({"messages": [_notice_json(desk, n) for n in desk.view.notices], "words": said})
            return
        rows = [
            (desk.clock(n.message.at_ms), n.message.text, f"{len(n.read_by)} of {len(n.teams)}", _unread(desk, n))
            for n in desk.view.notices
        ]
        print_table(("sent", "message", "read by", "not seen by"), rows)
        lines = [
            (w.id.hex()[:ID_LETTERS], desk.clock(w.said.at_ms), desk.number(w.team), w.said.text, _seen(w))
            for w in desk.view.words
        ]
        if lines:
            print_table(("id", "at", "team", "said", "seen"), lines)


@click.command()
@click.argument("name", metavar="GAME")
@json_option
@data_options
def briefings(name: str, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Who accepted what is read before playing, and who has not yet."""
    with at_desk(name, data_folder, settings_file) as desk:
        rows = [_briefing_json(desk, one.version, consent=one.consent) for one in desk.game.rules.package.briefings]
        if as_json:
            print_json({"briefings": rows})
            return
        if not rows:
            click.echo("this game has no briefing", err=True)
            return
        print_table(
            ("version", "must", "accepted by", "by a guardian", "not yet"),
            [
                (
                    row["version"],
                    "yes" if row["consent"] else "",
                    f"{len(row['accepted'])} of {len(row['accepted']) + len(row['missing'])}",
                    ", ".join(str(one["number"]) for one in row["accepted"] if one["by_guardian"]),
                    ", ".join(str(one["number"]) for one in row["missing"]),
                )
                for row in rows
            ],
        )


def _briefing_json(desk: AtDesk, version: str, *, consent: bool) -> dict[str, Any]:
    accepted = desk.view.accepted[version]
    teams = sorted(desk.game.board.teams.values(), key=lambda team: team.number)
    named = [(team, {"number": team.number, "name": team.name}) for team in teams]
    return {
        "version": version,
        "consent": consent,
        "accepted": [
            {**who, "at_ms": found.at_ms, "devices": found.devices, "by_guardian": found.by_guardian}
            for team, who in named
            if (found := accepted.get(team.id)) is not None
        ],
        "missing": [who for team, who in named if team.id not in accepted],
    }


def _place(where: Any) -> str:
    if where.lon_e7 is None or where.lat_e7 is None:
        return "position unknown"
    near = f" ±{-(-where.accuracy_dm // 10)} m" if where.accuracy_dm is not None else ""
    return f"{where.lat_e7 / 1e7:.5f}, {where.lon_e7 / 1e7:.5f}{near}"


def _seen(one: Alarm | Words) -> str:
    if not one.seen:
        return "by nobody yet"
    return "; ".join(seen.note or "seen" for seen in one.seen)


def _unread(desk: AtDesk, notice: Notice) -> str:
    teams = desk.game.board.teams
    numbers = sorted(teams[team].number for team in notice.unread_by if team in teams)
    listed = ", ".join(map(str, numbers[:20]))
    return f"{listed} and {len(numbers) - 20} more" if len(numbers) > 20 else listed


def _alarm_json(desk: AtDesk, alarm: Alarm) -> dict[str, object]:
    return {"id": alarm.id.hex(), "team": desk.number(alarm.team), "sos": alarm.sos, "seen": alarm.seen}


def _notice_json(desk: AtDesk, notice: Notice) -> dict[str, object]:
    return {
        "id": notice.id.hex(),
        "at_ms": notice.message.at_ms,
        "text": notice.message.text,
        "urgent": notice.message.urgent,
        "not_seen_by": sorted(desk.number(team) for team in notice.unread_by),
    }


def _words_json(desk: AtDesk, line: Words) -> dict[str, object]:
    return {
        "id": line.id.hex(),
        "at_ms": line.said.at_ms,
        "team": desk.number(line.team),
        "text": line.said.text,
        "seen": line.seen,
    }
