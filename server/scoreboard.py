"""The scores of one game, folded when somebody looks.

A team's events are those of streams in its audience whose keys are enrolled
there; what the game's own streams say to everybody (teams, members, decisions
of staff) is read into a register. A commit only marks whose scores it touches;
they are folded from the store when results are asked for, or one by one beside.
Kept is a result a team, and of the teams that sent something lately the fold
itself (`reckoning`), up to a number of events, so memory grows with teams alone.
Where many teams wait, a hired process folds some of those that come for the
first time (`folder`), while others are folded here.
Nothing here is stored: it can be made again from the log at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import NamedTuple

from client_core.game.crossing import Crossed
from client_core.game.events import LoggedEvent
from client_core.game.reckoning import Reckoning
from client_core.game.results import Flag
from client_core.game.roles import Role
from client_core.game.rules import Rules
from client_core.game.scoring import TeamResult, fold
from client_core.game.standings import Standing, standings
from client_core.game.teams import Register, Team, read_register
from server.db.event_log import GameLog
from server.folder import Asked, Folder
from sync.directory import Directory
from sync.forks import forked_events
from sync.placement import StreamState
from sync.segment import Segment
from sync.standing import may_count, standing
from sync.stream import GAME, team_audience

EVENTS_KEPT_MAX = 20_000
"""Of one game, some 40 MB: the folds of a hundred teams in a game of 200 events a team."""
PIECE_TEAMS, PIECE_EVENTS = 16, 1_000
"""Folded by the hired process at once: at most so many teams, and no further one beyond so many events; some 3 ms."""
_TEAM_PREFIX = team_audience(b"")


class _Away(NamedTuple):
    """Teams that the hired process folds, by the register of then."""

    asked: Asked
    register: Register
    teams: tuple[bytes, ...]


class Scoreboard:
    """Results by team. Belongs to the thread that reads the log's index."""

    def __init__(self, log: GameLog, rules: Rules, package: bytes = b"", folder: Folder | None = None) -> None:
        self.log, self.rules = log, rules
        self._package, self._folder = package, folder or Folder()
        self.version = self.beside = 0
        """`beside`: how many teams the hired process has folded."""
        self.rebuild()

    def rebuild(self) -> None:
        """Forget every score: all are folded anew from the store."""
        self.index = self.log.index
        self.waiting: set[bytes] = set()
        """Teams whose enrolled devices sent events and that nobody registered yet."""
        self._results: dict[bytes, TeamResult] = {}
        self.reckonings: dict[bytes, Reckoning] = {}
        """The folds of teams that sent something lately, the latest last."""
        self._events_kept = 0
        self._heard: set[bytes] = set()
        """Teams that were folded with events: of most that send all they have at once, nothing comes after it."""
        self._away: _Away | None = None
        self._standings: list[Standing] | None = None
        self._crossed = Crossed()
        self._read_register()
        self._note_waiting(self.index.streams.values())
        self.version += 1

    def catch_up(self, streams: Iterable[bytes], segments: Iterable[Segment] = ()) -> None:  # noqa: ARG002 - the store is read when it is asked for
        """Mark what a commit in these streams touches."""
        if self.index is not self.log.index:
            self.rebuild()
            return
        self._touch(self.index.streams[stream] for stream in streams)

    def admit(self, keys: Iterable[bytes]) -> None:
        """Mark the teams of keys that were just enrolled: what they wrote before counts from now on."""
        keys = frozenset(keys)
        if self.index is not self.log.index:
            self.rebuild()
            return
        self._touch(state for state in self.index.streams.values() if state.key.public_key in keys)

    def fold_some(self) -> bool:
        """Fold one team of those that were touched, and have others folded beside; whether there are more."""
        self._fold_beside()
        team = next(iter(self._touched), None)
        if team is not None:
            self._touched.discard(team)
            known = self.teams.get(team)
            if known is not None:
                self._results[team] = self._fold(known, list(events_about(self.log, self.register, team)))
        return bool(self._touched or self._away)

    @property
    def away(self) -> tuple[bytes, ...]:
        """The teams that the hired process folds."""
        return self._away.teams if self._away is not None else ()

    def _fold_beside(self) -> None:
        """Take what the hired process has folded, and give it more while there is enough for both."""
        if self._away is not None:
            if not self._touched:
                self._folder.wait(self._away.asked)
            elif not (self._folder.is_free or self._away.asked.is_done):
                return
            self._take(self._away)
            self._away = None
        if len(self._touched) > 2 * PIECE_TEAMS and self._folder.is_free:
            teams = self._piece()
            if teams:
                asked = self._folder.ask(self._package, self.register, partial(game_events, self.log), teams)
                self._away = _Away(asked, self.register, tuple([team for team, _ in teams]))
                self._touched.difference_update(self._away.teams)

    def _piece(self) -> list[tuple[bytes, list[LoggedEvent]]]:
        """Teams that come for the first time, with their events."""
        piece: list[tuple[bytes, list[LoggedEvent]]] = []
        count = 0
        for team in self._touched:
            if team in self.teams and team not in self._heard and team not in self.reckonings:
                events = list(events_about(self.log, self.register, team))
                piece.append((team, events))
                count += len(events)
            if len(piece) == PIECE_TEAMS or count >= PIECE_EVENTS:
                break
        return piece

    def _take(self, away: _Away) -> None:
        """Take in results, except of teams that were touched again; where nobody folded them they wait here."""
        results = away.asked.results
        if results is None or away.register is not self.register:
            self._touched.update(away.teams)
            return
        self._heard.update(result.team for result in results if result.events)
        self._results.update({one.team: one for one in results if one.team not in self._touched})
        self.beside += len(results)

    def _fold(self, team: Team, events: list[LoggedEvent]) -> TeamResult:
        """One team's result; from the second time on that it has events its fold is kept, as long as there is room."""
        kept = self.reckonings.pop(team.id, None)
        if kept is None and team.id not in self._heard:
            self._heard |= {team.id} if events else set()
            return fold(self.rules, team, events, self.register, keep_judged=False)
        reckoning = self.reckonings[team.id] = kept or Reckoning(self.rules)
        self._events_kept -= len(reckoning)
        result = reckoning.fold(team, events, self.register, keep_judged=False)
        self._events_kept += len(reckoning)
        while self._events_kept > EVENTS_KEPT_MAX:
            self._events_kept -= len(self.reckonings.pop(next(iter(self.reckonings))))
        return result

    def results(self) -> list[TeamResult]:
        """Every registered team's result, without what was judged."""
        while self.fold_some():
            pass
        return [self._results[team] for team in self.teams]

    def standings(self) -> list[Standing]:
        """The results in order, with places."""
        if self._standings is None or self._touched or self._away:
            self._standings = standings(self.results(), self.rules, self.register, before=self._crossed)
        return self._standings

    def teams_flagged(self, flag: Flag) -> set[bytes]:
        """The teams whose result, as it was folded last, has this flag."""
        return {team for team, result in self._results.items() if flag in result.flags}

    @property
    def teams(self) -> dict[bytes, Team]:
        """The registered teams by id."""
        return self.register.teams

    def _touch(self, states: Iterable[StreamState]) -> None:
        directory, states = self.index.directory, list(states)
        read_again = False
        for state in states:
            if not may_count(directory, state):
                continue
            if state.key.audience == GAME:
                read_again = True
            elif state.key.audience[:1] == _TEAM_PREFIX:
                self._touched |= self._about(state)
        if read_again:
            self._read_register()
        self._note_waiting(states)
        self.version += 1
        self._standings = None

    def _about(self, state: StreamState) -> set[bytes]:
        """The teams whose score a stream's events may change."""
        team = state.key.audience[1:]
        moved = {to for _, to in self.register.homes.get(state.id, ())}
        return {self.register.roots.get(one, one) for one in {team, *moved}} | {team}

    def _read_register(self) -> None:
        """Read what the game's streams say; touch the teams for which it changed anything."""
        before: Register | None = getattr(self, "register", None)
        self.register = read_register(self.rules, game_events(self.log))
        everybody = set(self.register.teams)
        if before is None or not self._results:
            self._touched = everybody
        elif _said_of_all(before) == _said_of_all(self.register):
            changed = {
                team
                for team in everybody
                if before.teams.get(team) != self.register.teams[team]
                or before.members.get(team) != self.register.members.get(team)
            }
            self._touched |= changed
        else:
            self._touched = everybody
        self._results = {team: result for team, result in self._results.items() if team in everybody}
        self.waiting -= everybody

    def _note_waiting(self, streams: Iterable[StreamState]) -> None:
        directory = self.index.directory
        self.waiting |= {
            state.key.audience[1:]
            for state in streams
            if state.key.audience[:1] == _TEAM_PREFIX
            and state.key.audience[1:] not in self.register.teams
            and may_count(directory, state)
        }


def _said_of_all(register: Register) -> tuple[object, ...]:
    return register.decisions, register.shown, register.witnesses, register.nonces


def fold_game(log: GameLog, rules: Rules) -> list[TeamResult]:
    """Every registered team's result with all that was judged, folded from the store alone.

    What digests and explanations are made of.
    """
    register = read_register(rules, game_events(log))
    return [fold(rules, team, events_about(log, register, team.id), register) for team in register.teams.values()]


def fold_team(log: GameLog, rules: Rules, team: Team) -> TeamResult:
    """One team's result with all that was judged, folded from the store alone."""
    register = read_register(rules, game_events(log))
    return fold(rules, team, events_about(log, register, team.id), register)


def game_events(log: GameLog) -> Iterator[LoggedEvent]:
    """What the streams for everybody say, with the role of who says it."""
    for state in audience_streams(log, GAME):
        yield from stream_events(log, state)


def events_about(log: GameLog, register: Register, team: bytes) -> Iterator[LoggedEvent]:
    """The events that may be about a team: of its streams, of teams merged into it, of devices moved to it."""
    states = [state for one in sorted(register.merged(team)) for state in team_streams(log, one)]
    held = {state.id for state in states}
    moved = [s for s, moves in register.homes.items() if any(to in register.merged(team) for _, to in moves)]
    states += [log.index.streams[s] for s in moved if s not in held and s in log.index.streams]
    return chain.from_iterable(stream_events(log, state) for state in states)


def team_streams(log: GameLog, team: bytes) -> list[StreamState]:
    """The streams whose events may belong to a team: enrolled in its audience."""
    return audience_streams(log, team_audience(team))


def audience_streams(log: GameLog, audience: bytes) -> list[StreamState]:
    """The streams of an audience of which something may count."""
    directory = log.index.directory
    return [state for state in log.index.streams_of(audience) if may_count(directory, state)]


def organiser_events(log: GameLog, audience: bytes) -> Iterator[LoggedEvent]:
    """The events of the organiser's nodes in an audience: of keys that may write everything."""
    speaks_for_all = log.index.directory.speaks_for_all
    for state in log.index.streams_of(audience):
        if speaks_for_all(state.key.public_key):
            yield from stream_events(log, state)


def stream_events(log: GameLog, state: StreamState) -> Iterator[LoggedEvent]:
    """The events of a stream that count and have a payload, in all branches; of an erased one its judged fact."""
    author, audience = state.key.public_key, state.key.audience
    role, team = role_of(log.index.directory, author), audience[1:]
    if len(state.branches) > 1:
        for said in forked_events(log, state):
            yield LoggedEvent(state.id, said.seq, said.id, author, said.payload, role, team, said.previous)
        return
    for branch, first_seq, last_seq in standing(log.index.directory, state, log.find):
        rows = log.payloads(state.id, branch, first_seq, last_seq)
        yield from [
            LoggedEvent(state.id, seq, identity, author, payload, role, team) for seq, identity, payload in rows
        ]


def role_of(directory: Directory, author: bytes) -> int:
    """What an author may say: as the directory gives it; an organiser's node without a role speaks as the organiser."""
    return directory.role_of(author) or (Role.ORGANISER if directory.speaks_for_all(author) else Role.PLAYER)
