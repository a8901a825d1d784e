"""`wayfold day ...`: what staff do while a game is played. Works at the venue with no uplink, beside a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from client_core.game.actions import ActionError, Known
from client_core.game.count_out import Person, Sign
from client_core.game.decisions import (
    Acknowledged,
    MessageSent,
    Whereabouts,
    WhereaboutsMarked,
)
from client_core.game.desk import Alarm, Notice, Words
from client_core.game.teams import Team
from client_core.game.text import TextFault
from server import own_stream
from server.cli.check_in import check_in
from server.cli.kiosk import nonce
from server.cli.output import json_option, print_json, print_table
from server.cli.places import clock_of, data_options, open_published, settings_of
from server.cli.signals import signals
from server.cli.staff_code import code
from server.desk import Desk, DeskView
from server.gallery import showing
from server.leaderboard import span_text
from server.not_met import no_team_yet
from server.open_game import OpenGame
from server.problems import Problem
from server.team_names import find_team
from sync.stream import GAME, team_audience

ID_LETTERS = 12
"""So much of an event's id is shown and asked for; two alike are told apart by typing more."""
WHERE = {where.name.lower(): where for where in Whereabouts}


class AtDesk(NamedTuple):
    """A game with its desk, at one moment."""

    game: OpenGame
    view: DeskView
    zone: ZoneInfo
    now_ms: int

    def clock(self, at_ms: int | None) -> str:
        """A time of the day where the game is."""
        if at_ms is None:
            return "-"
        try:
            return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self.zone).strftime("%H:%M")
        except (ValueError, OverflowError, OSError):  # a device may claim any time
            return str(at_ms)

    def number(self, team: bytes) -> str:
        """A team's number and name."""
        known = self.game.board.teams.get(team)
        return f"{known.number} {known.name}" if known else team.hex()[:8]

    def write(self, audience: bytes, action: Known) -> None:
        """Put it into this node's stream of the audience, durably; raises `Problem("bad_request")`."""
        try:
            batch = own_stream.write(self.game.log.index, self.game.key, audience, [action])
        except (ActionError, TextFault) as fault:
            raise Problem("bad_request", str(fault)) from fault
        self.game.log.append(batch)


@contextmanager
def at_desk(name: str, data_folder: str | None, settings_file: Path | None) -> Iterator[AtDesk]:
    """Open a game at its desk; raises `Problem`."""
    settings = settings_of(data_folder, settings_file)
    now_ms = clock_of(settings)()
    with open_published(settings, name) as game:
        yield AtDesk(game, Desk(game).view(now_ms), _zone(game.rules.package.time_zone), now_ms)


@click.group()
def day() -> None:
    """The day: who is still out, calls for help, messages, photos."""


day.add_command(check_in)
day.add_command(code)
day.add_command(nonce)
day.add_command(signals)


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


@day.command()
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


@day.command()
@click.argument("name", metavar="GAME")
@click.argument("event", metavar="ID")
@click.option("--note", default="", help="What is being done; the team reads it.")
@data_options
def seen(name: str, event: str, *, note: str, data_folder: str | None, settings_file: Path | None) -> None:
    """Say that staff know of the call for help or words with this ID; the team's phones show it."""
    with at_desk(name, data_folder, settings_file) as desk:
        listed: list[Alarm | Words] = [*desk.view.alarms, *desk.view.words]
        found = _one(event, listed, "call for help or message of a team")
        desk.write(team_audience(found.team), Acknowledged(desk.now_ms, found.id, note))
        click.echo(f"{desk.number(found.team)} will read: seen by staff{f', {note}' if note else ''}")


@day.command()
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


@day.command()
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


@day.command()
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


@day.command()
@click.argument("name", metavar="GAME")
@click.option("--show", metavar="ID", help="Show this photo in the gallery.")
@click.option("--hide", metavar="ID", help="Take this photo out of the gallery.")
@click.option("--teams", is_flag=True, help="Say whose they are; without, who judges does not know.")
@json_option
@data_options
def photos(
    name: str,
    *,
    show: str | None,
    hide: str | None,
    teams: bool,
    as_json: bool,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """The photos of teams; those that wait for a decision first. A report hides a photo at once."""
    with at_desk(name, data_folder, settings_file) as desk:
        for event, shown in ((show, True), (hide, False)):
            if event is not None:
                picture = _one(event, desk.view.pictures, "photo")
                desk.write(GAME, showing(desk.game, picture, desk.now_ms, shown=shown))
                click.echo(f"photo {picture.id.hex()[:ID_LETTERS]}: {'shown' if shown else 'hidden'}")
        if show is None and hide is None:
            _print_photos(desk, teams=teams, as_json=as_json)


def _print_photos(desk: AtDesk, *, teams: bool, as_json: bool) -> None:
    challenges = desk.game.rules.package.challenges
    rows = [
        {
            "id": p.id.hex(),
            **({"team": desk.number(p.team)} if teams else {}),
            "challenge": challenges[p.photo.challenge].code if p.photo.challenge < len(challenges) else "?",
            "at_ms": p.photo.at_ms,
            "shown": p.shown,
            "reports": len(p.reports),
            "blob": p.photo.blob.hex(),
        }
        for p in desk.view.pictures
    ]
    if as_json:
        print_json(rows)
        return
    whose = ("team",) if teams else ()
    print_table(
        ("id", *whose, "challenge", "gallery", "reports"),
        [
            (
                str(r["id"])[:ID_LETTERS],
                *(r[column] for column in whose),
                r["challenge"],
                "shown" if r["shown"] else "not shown",
                r["reports"],
            )
            for r in rows
        ],
        numbers=("reports",),
    )


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


def _one(event: str, listed: Any, what: str) -> Any:
    """The one thing of a list whose id begins so; raises `Problem("bad_request")`."""
    found = [one for one in listed if one.id.hex().startswith(event.lower())]
    if len(found) == 1:
        return found[0]
    wrong = "no" if not found else "more than one"
    raise Problem("bad_request", f"{wrong} {what} here has an id that begins with {event[:64]!r}: list them first")


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


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
