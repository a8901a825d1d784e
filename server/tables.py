"""Tables of results: by team or by member, of a category or format, as they are or as they would be.

A member's result is the fold of the team with that member alone: what the
others did does not count, what staff decided for the whole team does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from client_core.game.actions import Known, encode_action
from client_core.game.entrants import MemberRule, Presence
from client_core.game.events import LoggedEvent
from client_core.game.results import TeamResult
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold
from client_core.game.standings import Standing, standings
from client_core.game.statuses import Status
from client_core.game.teams import Register, Team, read_register
from server.names import minors_as_teams
from server.open_game import OpenGame
from server.pinned import Keep
from server.scoreboard import events_about, game_events, role_of
from sync.stream import GAME, team_audience

Further = Mapping[bytes, Sequence[Known]]
"""Actions by audience that are not in the log: what would be if they were."""


Places = dict[bytes, tuple[bytes, str, int | None]]
"""By the key of a result: the team, its name, and which member it is (None: the team)."""


class TableRow(msgspec.Struct, frozen=True):
    """A line: `bib` is a team's number, or `number.member`; `time_ms` None where there is none."""

    place: int | None
    bib: str
    team: str
    name: str
    categories: tuple[str, ...]
    points: int
    penalties: int
    score: int
    time_ms: int | None
    status: Status
    visited: tuple[str, ...]
    member: int | None = None
    missing: tuple[str, ...] = ()
    start_ms: int | None = None
    finish_ms: int | None = None


class Folded(msgspec.Struct, frozen=True):
    """Results of all teams or members by their keys, with the rules and the register they were folded by."""

    rules: Rules
    register: Register
    results: dict[bytes, TeamResult]
    places: Places


def table(
    game: OpenGame,
    *,
    by_member: bool = False,
    category: str | None = None,
    form: str | None = None,
    keep: Keep = list,
) -> list[TableRow]:
    """The lines in order, folded from what is to be kept of the store, as everybody may read them."""
    folded, named = fold_all(game, by_member=by_member, keep=keep), minors_as_teams(game)
    places = {key: (team, named.get(team, name), member) for key, (team, name, member) in folded.places.items()}
    return rows_of(msgspec.structs.replace(folded, places=places), category=category, form=form)


def rows_of(folded: Folded, *, category: str | None = None, form: str | None = None) -> list[TableRow]:
    """The lines in order: of all, of a category or of a format."""
    ordered = standings(folded.results.values(), folded.rules, folded.register, category=category, format=form)
    codes = [checkpoint.code for checkpoint in folded.rules.package.checkpoints]
    return [_row(row, *folded.places[row.result.team], codes) for row in ordered]


def fold_all(
    game: OpenGame,
    *,
    by_member: bool = False,
    further: Further | None = None,
    before: Folded | None = None,
    keep: Keep = list,
    keep_judged: bool = False,
) -> Folded:
    """Fold every team, or every member alone, from what is to be kept of the store and what is `further` supposed.

    What was folded `before` without it stands for teams that nothing further is
    about, unless it is about the game.
    """
    further = further or {}
    rules = alone(game.rules) if by_member else game.rules
    register = read_register(rules, [*keep(game_events(game.log)), *_supposed(game, GAME, further)])
    folded = Folded(rules, register, {}, {})
    for team in register.teams.values():
        touched = GAME in further or any(team_audience(one) in further for one in register.merged(team.id))
        kept = {k: p for k, p in before.places.items() if p[0] == team.id} if before and not touched else {}
        if before is not None and kept:
            folded.places.update(kept)
            folded.results.update({key: before.results[key] for key in kept})
            continue
        merged = sorted(register.merged(team.id))
        events = keep(events_about(game.log, register, team.id))
        events += [event for one in merged for event in _supposed(game, team_audience(one), further)]
        for key, place, result in fold_one(rules, register, team, events, by_member=by_member, keep_judged=keep_judged):
            folded.results[key], folded.places[key] = result, place
    return folded


def fold_one(
    rules: Rules,
    register: Register,
    team: Team,
    events: Sequence[LoggedEvent],
    *,
    by_member: bool,
    keep_judged: bool = False,
) -> Iterator[tuple[bytes, tuple[bytes, str, int | None], TeamResult]]:
    """A team's result, or that of each of its members where it has some, with what stands for it."""
    members = [note for note in register.members.get(team.id, ()) if note.active] if by_member else []
    if not members:
        yield team.id, (team.id, team.name, None), fold(rules, team, events, register, keep_judged=keep_judged)
    for note in members:
        only = msgspec.structs.replace(register, members={**register.members, team.id: (note,)})
        result = fold(rules, team, events, only, keep_judged=keep_judged)
        key = team.id + bytes([note.member])
        yield key, (team.id, team.name, note.member), msgspec.structs.replace(result, team=key)


def alone(rules: Rules) -> Rules:
    """The same rules, with each member scored alone."""
    package = msgspec.structs.replace(rules.package, members=MemberRule(Presence.LOWEST))
    return compile_rules(package)


def _supposed(game: OpenGame, audience: bytes, further: Further) -> list[LoggedEvent]:
    """Events that nobody wrote, at the end of a stream that is not there, in the role in which this node would."""
    role = role_of(game.log.index.directory, game.key.public_key)
    stream = hashlib.sha256(b"supposed" + audience).digest()
    payloads = [encode_action(action) for action in further.get(audience, ())]
    return [
        LoggedEvent(
            stream, seq, hashlib.sha256(stream + seq.to_bytes(4, "big") + payload).digest(), game.key.public_key,
            payload, role, audience[1:], b"",
        )
        for seq, payload in enumerate(payloads)
    ]  # fmt: skip


def _row(row: Standing, team: bytes, name: str, member: int | None, codes: list[str]) -> TableRow:
    result = row.result
    return TableRow(
        place=row.place,
        bib=str(result.number) if member is None else f"{result.number}.{member}",
        team=team.hex(),
        name=name,
        categories=result.categories,
        points=result.points,
        penalties=result.penalties,
        score=row.score,
        time_ms=result.time_ms,
        status=result.status,
        visited=tuple(codes[number] for number in result.visited),
        member=member,
        missing=tuple(codes[number] for number in result.missing if 0 <= number < len(codes)),
        start_ms=result.start_ms,
        finish_ms=result.finish_ms,
    )


def moves(before: Sequence[TableRow], after: Sequence[TableRow]) -> list[tuple[TableRow | None, TableRow]]:
    """The lines whose place, score or status differs, as (before, after), in the order of afterwards."""
    known = {row.bib: row for row in before}
    pairs = [(known.get(row.bib), row) for row in after]
    return [
        (old, new)
        for old, new in pairs
        if old is None or (old.place, old.score, old.status) != (new.place, new.score, new.status)
    ]
