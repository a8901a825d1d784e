"""Teams from a table: registered, with members, badges, categories and starts, before anybody has a phone.

A plan says what would be written and is written whole or not at all. What
stands in the log already is not written again, so a table may be imported as
often as it grows. Nobody is taken out because a line is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from client_core.game.actions import Known, Member, MemberNamed, TeamRegistered, decode_action
from client_core.game.entrants import Presence, Sex
from client_core.game.publish import DraftError, Finding
from client_core.game.ranges import CODE_BYTES_MAX, MEMBERS_MAX, NAME_BYTES_MAX, TEAM_NUMBER_MAX
from client_core.game.teams import Team
from client_core.game.text import TextFault, check_text
from client_core.signing import random_bytes
from server.authoring.reading import Report, meant
from server.authoring.tables import TEAM_COLUMNS, Row, parse_table
from server.authoring.values import ValueFault, time_ms, whole
from server.card_import import day_of
from server.names import is_minor
from server.open_game import OpenGame
from server.scoreboard import organiser_events
from sync.stream import GAME, ID_BYTES, STAFF

SEXES = {"": Sex.UNSTATED, "f": Sex.FEMALE, "w": Sex.FEMALE, "m": Sex.MALE, "x": Sex.OTHER, "d": Sex.OTHER}
TELEPHONE_CHARACTERS_MAX = 32
_OF_DAY = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


class TeamPlan(msgspec.Struct):
    """What an import would write, by audience, and what it counted."""

    actions: dict[bytes, list[Known]] = {}
    rows: int = 0
    new_teams: int = 0
    changed_teams: int = 0
    members: int = 0
    known_already: int = 0
    unheard: int = 0
    """Members without badge, card or device, in a game that asks for each member at every visit."""


def plan_teams(game: OpenGame, data: bytes, file: str, now_ms: int) -> TeamPlan:
    """What this table would write; raises `DraftError` with everything that keeps it out, by line."""
    report = Report({})
    rows = parse_table(data, file, TEAM_COLUMNS, report, needed=("name",))
    work = _Import(game, report, now_ms)
    for row in rows:
        work.take(row)
    if report.errors:
        raise DraftError(report.errors)
    work.plan.rows = len(rows)
    return work.plan


class _Import:
    def __init__(self, game: OpenGame, report: Report, now_ms: int) -> None:
        self.game, self.report, self.now_ms = game, report, now_ms
        self.package = game.rules.package
        self.plan = TeamPlan(actions={})
        register = game.board.register
        self.by_number = {team.number: team for team in register.teams.values()}
        self.by_name: dict[str, list[Team]] = {}
        for team in register.teams.values():
            self.by_name.setdefault(team.name, []).append(team)
        self.members = register.members
        self.names = _names(game)
        self.taken: dict[int, str] = {}
        self.badges: dict[str, str] = {}
        self.category_by_name = {name: one.code for one in self.package.categories for name in (one.name, one.code)}
        self.next_number = max([game.row.team_number_first - 1, *self.by_number]) + 1

    def take(self, row: Row) -> None:
        """Plan one line."""
        faults: list[str] = []
        team = self._team(row, faults)
        notes, named = self._members(row, team, faults)
        self.report.errors += [Finding("value_malformed", row.where, fault) for fault in faults]
        if faults:
            return
        known = self.by_number.get(team.number)
        if team != known:
            self.plan.new_teams += known is None
            self.plan.changed_teams += known is not None
            self._write(
                GAME,
                TeamRegistered(
                    self.now_ms, team.id, team.number, team.name, team.start_at_ms, team.categories, team.format
                ),
            )
        if self.package.members.presence in {Presence.ALL, Presence.K_OF_N}:
            self.plan.unheard += sum(one.badge is None for one in notes)
        before = {one.member: msgspec.structs.replace(one, at_ms=0) for one in self.members.get(team.id, ())}
        for note in notes:
            held = before.get(note.member)
            # A device that joined meanwhile stays the member's.
            kept = note if held is None else msgspec.structs.replace(note, device=held.device, person=held.person)
            if msgspec.structs.replace(kept, at_ms=0) != held:
                self.plan.members += 1
                self._write(GAME, kept)
            else:
                self.plan.known_already += 1
        for one in named:
            held_name = self.names.get((team.id, one.member))
            if held_name is None or (held_name.name, held_name.telephone) != (one.name, one.telephone):
                self._write(STAFF, one)

    def _team(self, row: Row, faults: list[str]) -> Team:
        name = row.of("name")
        try:
            check_text(name, "the team's name", NAME_BYTES_MAX)
        except TextFault as fault:
            faults.append(fault.detail)
        number = self._number(row, name, faults)
        first = self.taken.setdefault(number, row.where)
        if first != row.where:
            faults.append(f"number {number} stands in {first} too")
        known = self.by_number.get(number)
        categories = tuple(
            dict.fromkeys(filter(None, (self._category(one, faults) for one in row.list_of("categories"))))
        )
        played = row.of("format") or None
        formats = [one.code for one in self.package.formats]
        if played is not None and played not in formats:
            faults.append(f"there is no format {played!r}{meant(played, formats)}")
        start_ms = self._start_ms(row.of("start"), faults)
        if known is None:
            return Team(random_bytes(ID_BYTES), number, name, start_ms, categories, played)
        return Team(
            known.id,
            number,
            name,
            known.start_at_ms if start_ms is None else start_ms,
            categories or known.categories,
            played or known.format,
        )

    def _number(self, row: Row, name: str, faults: list[str]) -> int:
        """The number that is written; else that of the one team of this name, or the next free one."""
        if row.of("number"):
            try:
                number = whole(row.of("number"), "number")
            except ValueFault as fault:
                faults.append(str(fault))
                return -1 - len(self.taken)
            if not 1 <= number <= TEAM_NUMBER_MAX:
                faults.append(f"number is {number}: 1 to {TEAM_NUMBER_MAX} are allowed")
            return number
        same = [team for team in self.by_name.get(name, ()) if team.number not in self.taken]
        if same:
            return same[0].number
        while self.next_number in self.taken:
            self.next_number += 1
        return self.next_number

    def _category(self, name: str, faults: list[str]) -> str | None:
        if name not in self.category_by_name:
            there = [one.code for one in self.package.categories]
            faults.append(f"there is no category {name!r}{meant(name, there) if there else ': the game has none'}")
        return self.category_by_name.get(name)

    def _start_ms(self, text: str, faults: list[str]) -> int | None:
        """A start such as 10:32, on the day of the game, or a whole date and time."""
        if not text:
            return None
        zone = ZoneInfo(self.package.time_zone)
        of_day = _OF_DAY.fullmatch(text)
        try:
            if of_day is None:
                return time_ms(datetime.fromisoformat(text), zone)
            day = datetime.fromtimestamp(day_of(self.game).start_ms / 1000, UTC).astimezone(zone)
            hour, minute, second = (int(part or 0) for part in of_day.groups())
            return time_ms(day.replace(hour=hour, minute=minute, second=second, microsecond=0, tzinfo=None), zone)
        except (ValueError, ValueFault):
            faults.append(f"start is {text!r}: a time is needed, such as 10:32 or 2026-06-06T10:32:00")
            return None

    def _members(self, row: Row, team: Team, faults: list[str]) -> tuple[list[Member], list[MemberNamed]]:
        """The members of a line, numbered from 1; a card or badge alone is that of member 1."""
        names, badges = _parts(row, "members"), _parts(row, "badges")
        cards = _parts(row, "cards")
        if badges and cards:
            faults.append("it has badges and cards: a member has one of them, so use one column")
        badges = badges or cards
        count = max(len(names), len(badges), len(_parts(row, "birth_years")), len(_parts(row, "sexes")))
        if count >= MEMBERS_MAX:
            faults.append(f"{count} members; a team has at most {MEMBERS_MAX - 1}")
            return [], []
        years, sexes, telephones = (_parts(row, column) for column in ("birth_years", "sexes", "telephones"))
        notes, named = [], []
        for place in range(count):
            badge = _at(badges, place) or None
            year = self._year(_at(years, place), faults)
            sex = _at(sexes, place).lower()[:1]
            if sex not in SEXES:
                faults.append(f"sex is {_at(sexes, place)!r}: f, m or x is needed")
            if badge is not None:
                self._badge(badge, row.where, faults)
            minor = is_minor(year, self.package.opens_at_ms)
            notes.append(
                Member(self.now_ms, team.id, place + 1, year, SEXES.get(sex, Sex.UNSTATED), badge=badge, minor=minor)
            )
            name, telephone = _at(names, place), _at(telephones, place)
            if name or telephone:
                named.append(self._named(team, place + 1, name or f"{team.number}.{place + 1}", telephone, faults))
        return notes, named

    def _named(self, team: Team, member: int, name: str, telephone: str, faults: list[str]) -> MemberNamed:
        try:
            check_text(name, "a member's name", NAME_BYTES_MAX)
        except TextFault as fault:
            faults.append(fault.detail)
        if len(telephone) > TELEPHONE_CHARACTERS_MAX:
            faults.append(f"the telephone {telephone!r} has more than {TELEPHONE_CHARACTERS_MAX} characters")
        return MemberNamed(self.now_ms, team.id, member, name, telephone)

    def _year(self, text: str, faults: list[str]) -> int | None:
        if not text:
            return None
        if not re.fullmatch(r"(19|20)[0-9]{2}", text):
            faults.append(f"birth year is {text!r}: four digits are needed, such as 1984")
            return None
        return int(text)

    def _badge(self, badge: str, where: str, faults: list[str]) -> None:
        try:
            check_text(badge, "a badge", CODE_BYTES_MAX)
        except TextFault as fault:
            faults.append(fault.detail)
        first = self.badges.setdefault(badge, where)
        if first != where:
            faults.append(f"badge {badge!r} stands in {first} too: each is one member's")

    def _write(self, audience: bytes, action: Known) -> None:
        self.plan.actions.setdefault(audience, []).append(action)


def _parts(row: Row, column: str) -> list[str]:
    """The values of a cell in their places: an empty one between two | stays empty, behind the last | there is none."""
    return [part.strip() for part in row.of(column).rstrip("| \t").split("|")] if row.of(column).strip("| \t") else []


def _at(parts: list[str], place: int) -> str:
    return parts[place] if place < len(parts) else ""


def _names(game: OpenGame) -> Mapping[tuple[bytes, int], MemberNamed]:
    """What staff streams say members are called; the later note holds."""
    found: dict[tuple[bytes, int], MemberNamed] = {}
    for event in organiser_events(game.log, STAFF):
        note = decode_action(event.payload)
        if isinstance(note, MemberNamed):
            held = found.get((note.team, note.member))
            if held is None or note.at_ms >= held.at_ms:
                found[note.team, note.member] = note
    return found
