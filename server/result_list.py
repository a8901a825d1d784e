"""A game's results as a list for other programs: classes, persons, teams, places, times and splits.

A team without listed members, or with one, is a person; one with more is a
team whose members stand with what each did alone and with the team's result.
Minors stand with their first name, who has no known name with the bib.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from client_core.game.actions import Member
from client_core.game.content import Package
from client_core.game.courses import order_of
from client_core.game.entrants import Sex
from client_core.game.events import LoggedEvent
from client_core.game.groups import Group, Mode
from client_core.game.results import TeamResult
from client_core.game.rules import Rules, is_ordered
from client_core.game.standings import Standing, standings
from client_core.game.statuses import PLACED, Status
from client_core.game.teams import Register, Team, read_register
from client_core.game.timing import IntervalStart, MassStart
from server.formats.iof_results import ClassResult, Entrant, Result, ResultList, Runner, Split
from server.names import member_names, minors_as_teams, public_name
from server.open_game import OpenGame
from server.pinned import Keep
from server.scoreboard import events_about, game_events
from server.splits import splits_of
from server.tables import alone, fold_one

SEXES = {Sex.FEMALE: "F", Sex.MALE: "M"}


class _Folded(NamedTuple):
    """A line's team, its member (None: the whole team) and, of a whole team, what each member did alone."""

    team: Team
    member: Member | None
    result: TeamResult
    members: tuple[tuple[Member, TeamResult], ...] = ()


class _Lists:
    def __init__(self, game: OpenGame, keep: Keep, *, by_member: bool) -> None:
        self.game, self.register = game, read_register(game.rules, keep(game_events(game.log)))
        self.rules = alone(game.rules) if by_member else game.rules
        self.names, self.called = member_names(game), minors_as_teams(game)
        self.folded: dict[bytes, _Folded] = {}
        for team in self.register.teams.values():
            events = keep(events_about(game.log, self.register, team.id))
            self.folded.update(self._fold(team, events, by_member=by_member))

    def _fold(self, team: Team, events: list[LoggedEvent], *, by_member: bool) -> Iterator[tuple[bytes, _Folded]]:
        notes = {note.member: note for note in self.register.members.get(team.id, ()) if note.active}
        each = alone(self.game.rules)
        single = [
            (notes[member], result)
            for _, (_, _, member), result in _fold(each, self.register, team, events, by_member=True)
            if member is not None
        ]
        if by_member and single:
            for note, result in single:
                yield result.team, _Folded(team, note, result)
            return
        ((key, _, result),) = _fold(self.rules, self.register, team, events, by_member=False)
        yield key, _Folded(team, None, result, tuple(single))

    def entrants(self, category: str | None) -> tuple[Entrant, ...]:
        """The lines of a category, or of all, in order."""
        results = [one.result for one in self.folded.values()]
        table = standings(results, self.rules, self.register, category=category)
        by_time = self.rules.package.ranking.by_time
        best = [r.result.time_ms for r in table if by_time and r.place == 1 and r.result.time_ms is not None]
        return tuple(self._entrant(row, self.folded[row.result.team], min(best, default=None)) for row in table)

    def _entrant(self, row: Standing, one: _Folded, best_ms: int | None) -> Entrant:
        result = row.result
        bib = str(result.number) if one.member is None else f"{result.number}.{one.member.member}"
        behind = None if best_ms is None or result.time_ms is None else result.time_ms - best_ms
        overall = self._result(result, one.team, bib, row.place, row.score, behind)
        if one.member is not None:
            return self._single(one.team, one.member, overall)
        if len(one.members) > 1:
            runners = tuple(
                self._runner(note, self._result(alone_, one.team, f"{bib}.{note.member}", None, alone_.score, None))
                for note, alone_ in one.members
            )
            return Entrant(self.called.get(one.team.id, one.team.name), runners, overall)
        if one.members:
            return self._single(one.team, one.members[0][0], overall)
        return Entrant(one.team.name, (Runner(one.team.name, overall),))

    def _single(self, team: Team, note: Member, result: Result) -> Entrant:
        """A person, with the team where that is not their own name: which is nobody's business of a minor."""
        runner = self._runner(note, result)
        own = self.names.get((note.team, note.member)) == team.name
        return Entrant(runner.name if own else self.called.get(team.id, team.name), (runner,))

    def _runner(self, note: Member, result: Result) -> Runner:
        name = public_name(self.names.get((note.team, note.member), ""), minor=note.minor)
        return Runner(name or result.bib, result, SEXES.get(note.sex, ""))

    def _result(
        self, result: TeamResult, team: Team, bib: str, place: int | None, score: int, behind_ms: int | None
    ) -> Result:
        course = _course(self.rules, result)
        return Result(
            bib=bib,
            status=result.status,
            place=place if result.status in PLACED else None,
            start_ms=result.start_ms,
            finish_ms=result.finish_ms,
            time_ms=result.time_ms if result.finish_ms is not None else None,
            behind_ms=behind_ms,
            score=None if self.rules.package.ranking.by_time else score,
            course="" if course is None else course.name,
            splits=_splits(self.rules, result, team, course),
        )


def result_list(
    game: OpenGame, now_ms: int, *, by_member: bool = False, category: str | None = None, keep: Keep = list
) -> ResultList:
    """The list of a game, of what is to be kept of it: every category a class, without categories one class."""
    lists = _Lists(game, keep, by_member=by_member)
    package = game.rules.package
    named = [(one.code, one.name or one.code) for one in package.categories if category in {None, one.code}]
    classes = [ClassResult(code, name, lists.entrants(code)) for code, name in named]
    if not package.categories:
        classes = [ClassResult(game.row.slug, package.name, lists.entrants(None))]
    waiting = {Status.ACTIVE, Status.INACTIVE, Status.FINISHED}
    return ResultList(
        name=package.name,
        zone=package.time_zone,
        starts_ms=_first_ms(package),
        ends_ms=package.closes_at_ms,
        created_ms=now_ms,
        complete=bool(lists.folded) and not any(one.result.status in waiting for one in lists.folded.values()),
        classes=tuple(classes),
    )


def _first_ms(package: Package) -> int:
    """When the first start."""
    if isinstance(package.start, MassStart):
        return package.start.at_ms
    return package.start.first_ms if isinstance(package.start, IntervalStart) else package.opens_at_ms


def _fold(
    rules: Rules, register: Register, team: Team, events: Sequence[LoggedEvent], *, by_member: bool
) -> list[tuple[bytes, tuple[bytes, str, int | None], TeamResult]]:
    return list(fold_one(rules, register, team, events, by_member=by_member, keep_judged=True))


def _course(rules: Rules, result: TeamResult) -> Group | None:
    """The line course that was to be run, where there is one."""
    seats = rules.seats_of(result.categories)
    courses = [
        group
        for number, group in enumerate(rules.package.groups)
        if group.legs
        and is_ordered(group)
        and group.mode is Mode.SPORT
        and (not group.categories or set(group.categories) & set(result.categories))
        and seats[group.legs[0].any_of[0]].group == number
    ]
    return courses[0] if len(courses) == 1 else None


def _splits(rules: Rules, result: TeamResult, team: Team, course: Group | None) -> tuple[Split, ...]:
    """The visits that count by time; of a line course each of its controls, visited or not."""
    start_ms = result.start_ms
    finish = rules.finish
    visits = [(one.at_ms, one.checkpoint) for one in splits_of(rules, result) if one.checkpoint != finish]
    spans = [
        (number, None if start_ms is None or at_ms is None or at_ms < start_ms else at_ms - start_ms)
        for at_ms, number in visits
    ]
    if course is None:
        return tuple(Split(rules.codes[number], span_ms) for number, span_ms in spans)
    on_it = {number for leg in course.legs for number in leg.any_of}
    waiting = [one for one in spans if one[0] in on_it]
    splits: list[Split] = []
    for position in order_of(course, team.id, team.number):
        any_of = course.legs[position].any_of
        if finish in any_of:
            continue
        if waiting and waiting[0][0] in any_of:
            number, span_ms = waiting.pop(0)
            splits.append(Split(rules.codes[number], span_ms))
        else:
            splits.append(Split(rules.codes[any_of[0]], missing=any_of[0] in result.missing))
    return tuple(splits)
