"""The scores of one game, kept current by the shared fold.

A team's events are those of streams in its audience whose keys are enrolled
there; teams are what the organiser's nodes (those that may write everything)
registered in `game` streams, where every device reads them too. New events
of a stream are folded on from where its team's fold stands, when somebody looks
or in pieces beside (`fold_some`), so that no push waits for it; whatever else
happened (a fork, a gap that was filled, a piece before its predecessors, an
enrolment that came late) folds that team anew from the store. Nothing here is
stored: it can be made again from the log at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from client_core.game.events import LoggedEvent
from client_core.game.rules import Rules
from client_core.game.scoring import TeamFold, TeamResult, fold
from client_core.game.standings import Standing, standings
from client_core.game.teams import Team, read_teams
from server.db.event_log import GameLog
from sync.placement import StreamState
from sync.segment import Segment
from sync.standing import may_count, standing
from sync.stream import GAME, team_audience

_TEAM_PREFIX = team_audience(b"")

_Shape = tuple[tuple[int, int], tuple[tuple[int, bytes], ...]]
"""What must not have changed for a fold to go on: the one branch (number, first event) and the gaps."""


UNFOLDED_EVENTS_MAX = 20_000
"""So many are kept in memory until they are folded; beyond, folding reads them from the store again."""
PIECE_EVENTS = 500
"""Folded at once: about a millisecond, in which nobody else is served."""


class Scoreboard:
    """Results by team. Belongs to the thread that reads the log's index."""

    def __init__(self, log: GameLog, rules: Rules) -> None:
        self.log, self.rules = log, rules
        self.version = 0
        self.rebuild()

    def rebuild(self) -> None:
        """Fold everything anew from the store."""
        self.index = self.log.index
        self.teams: dict[bytes, Team] = read_teams(organiser_events(self.log, GAME))
        self._folds: dict[bytes, TeamFold] = {}
        self._results: dict[bytes, TeamResult] = {}
        self._shapes: dict[bytes, _Shape] = {}
        self._next_seqs: dict[bytes, int] = {}
        self._unfolded: dict[bytes, list[Segment]] = {}
        """Streams with events that are not folded yet, and the segments that brought them."""
        self._unfolded_events = 0
        self._standings: list[Standing] | None = None
        for team in self.teams.values():
            self._refold(team)
        self.waiting: set[bytes] = set()
        """Teams whose enrolled devices sent events and that nobody registered yet."""
        self._note_waiting(self.index.streams.values())
        self.version += 1

    def catch_up(self, streams: Iterable[bytes], segments: Iterable[Segment] = ()) -> None:
        """Fold what a commit brought in these streams; `segments` are those it stored, in their order."""
        if self.index is not self.log.index:
            self.rebuild()
            return
        brought: dict[bytes, list[Segment]] = {}
        for segment in segments:
            brought.setdefault(segment.stream, []).append(segment)
        directory = self.index.directory
        for stream in streams:
            state = self.index.streams[stream]
            if not directory.may_write(state.key) and not may_count(directory, state):
                continue
            if state.key.audience == GAME and directory.speaks_for_all(state.key.public_key):
                self._read_teams()
            elif state.key.audience[:1] == _TEAM_PREFIX:
                self._note(state, brought.get(stream, ()))
        self.version += 1
        self._standings = None

    def admit(self, keys: Iterable[bytes]) -> None:
        """Fold the teams of keys that were just enrolled: what they wrote before counts from now on."""
        keys = frozenset(keys)
        if self.index is not self.log.index:
            self.rebuild()
            return
        streams = [state for state in self.index.streams.values() if state.key.public_key in keys]
        audiences = {state.key.audience for state in streams}
        if GAME in audiences:
            self._read_teams()
        for audience in audiences:
            if (team := self.teams.get(audience[1:])) is not None:
                self._refold(team)
        self._note_waiting(streams)
        self.version += 1
        self._standings = None

    def fold_some(self) -> bool:
        """Fold on a piece of what came; whether there is more."""
        folded = 0
        while self._unfolded and folded < PIECE_EVENTS:
            stream = next(iter(self._unfolded))
            segments = self._unfolded.pop(stream)
            folded += sum(len(segment.ids) for segment in segments) or PIECE_EVENTS
            self._fold_on(self.index.streams[stream], segments)
        self._unfolded_events = max(0, self._unfolded_events - folded) if self._unfolded else 0
        return bool(self._unfolded)

    def results(self) -> list[TeamResult]:
        """Every registered team's result, without what was judged."""
        while self.fold_some():
            pass
        for team, state in self._folds.items():
            if team not in self._results:
                self._results[team] = state.result()
        return list(self._results.values())

    def standings(self) -> list[Standing]:
        """The results in order, with places."""
        if self._standings is None:
            self._standings = standings(self.results())
        return self._standings

    def _read_teams(self) -> None:
        teams = read_teams(organiser_events(self.log, GAME))
        changed = [team for team in teams.values() if team != self.teams.get(team.id)]
        self.teams = teams
        self.waiting -= teams.keys()
        for team in changed:
            self._refold(team)

    def _note_waiting(self, streams: Iterable[StreamState]) -> None:
        directory = self.index.directory
        self.waiting |= {
            state.key.audience[1:]
            for state in streams
            if state.key.audience[:1] == _TEAM_PREFIX
            and state.key.audience[1:] not in self.teams
            and may_count(directory, state)
        }

    def _note(self, state: StreamState, segments: Sequence[Segment]) -> None:
        """Remember that a stream is to be folded on."""
        if state.key.audience[1:] not in self.teams:
            self.waiting.add(state.key.audience[1:])
            return  # folded when its registration comes
        self._unfolded.setdefault(state.id, []).extend(segments)
        self._unfolded_events += sum(len(segment.ids) for segment in segments)
        if self._unfolded_events > UNFOLDED_EVENTS_MAX:
            self._unfolded = {stream: [] for stream in self._unfolded}
            self._unfolded_events = 0

    def _fold_on(self, state: StreamState, segments: Sequence[Segment]) -> None:
        team = self.teams.get(state.key.audience[1:])
        if team is None:
            self.waiting.add(state.key.audience[1:])
            return  # folded when its registration comes
        shape = _shape_of(state)
        first_seq = self._next_seqs.get(state.id, 0)
        known = self._shapes.get(state.id)
        directory = self.index.directory
        plain = directory.may_write(state.key) and not directory.erased(state.id)
        if not plain or shape is None or (known != shape if state.id in self._next_seqs else shape[1]):
            self._refold(team)
            return
        if _continue(segments, first_seq, state.branches[0].tip_seq):
            events = [event for segment in segments for event in _segment_events(segment)]
        else:
            number, author = shape[0][0], state.key.public_key
            events = [
                LoggedEvent(state.id, seq, identity, author, payload)
                for seq, identity, payload in self.log.payloads(state.id, number, first_seq)
            ]
        if not self._folds[team.id].take(events):
            self._refold(team)
            return
        self._keep(state)
        self._results.pop(team.id, None)

    def _refold(self, team: Team) -> None:
        state = TeamFold(self.rules, team, keep_judged=False)
        streams = team_streams(self.log, team.id)
        state.take([event for stream in streams for event in stream_events(self.log, stream)])
        for stream in streams:
            self._keep(stream)
        self._folds[team.id] = state
        self._results.pop(team.id, None)
        self._standings = None

    def _keep(self, state: StreamState) -> None:
        """Remember up to where a stream is folded, where its fold may go on from there."""
        shape = _shape_of(state)
        if shape is None:
            self._shapes.pop(state.id, None)
        else:
            self._shapes[state.id] = shape
        self._next_seqs[state.id] = state.branches[0].tip_seq + 1


def fold_game(log: GameLog, rules: Rules) -> list[TeamResult]:
    """Every registered team's result with all that was judged, folded from the store alone.

    What digests and explanations are made of.
    """
    teams = read_teams(organiser_events(log, GAME))
    return [fold_team(log, rules, team) for team in teams.values()]


def fold_team(log: GameLog, rules: Rules, team: Team) -> TeamResult:
    """One team's result with all that was judged, folded from the store alone."""
    streams = team_streams(log, team.id)
    return fold(rules, team, (event for stream in streams for event in stream_events(log, stream)))


def team_streams(log: GameLog, team: bytes) -> list[StreamState]:
    """The streams whose events may belong to a team: enrolled in its audience."""
    audience, directory = team_audience(team), log.index.directory
    return [s for s in log.index.streams.values() if s.key.audience == audience and may_count(directory, s)]


def organiser_events(log: GameLog, audience: bytes) -> Iterator[LoggedEvent]:
    """The events of the organiser's nodes in an audience: of keys that may write everything."""
    speaks_for_all = log.index.directory.speaks_for_all
    for state in log.index.streams.values():
        if state.key.audience == audience and speaks_for_all(state.key.public_key):
            yield from stream_events(log, state)


def stream_events(log: GameLog, state: StreamState) -> Iterator[LoggedEvent]:
    """The events of a stream that count and have a payload, in all branches; of an erased one its judged fact."""
    author = state.key.public_key
    for branch, first_seq, last_seq in standing(log.index.directory, state, log.find):
        for seq, identity, payload in log.payloads(state.id, branch, first_seq, last_seq):
            yield LoggedEvent(state.id, seq, identity, author, payload)


def _shape_of(state: StreamState) -> _Shape | None:
    """None where a stream is no plain chain from its start."""
    if len(state.branches) != 1 or state.dangling or state.branches[0].first_seq != 0:
        return None
    branch = state.branches[0]
    return (branch.number, branch.first_seq), state.bare


def _continue(segments: Sequence[Segment], first_seq: int, tip_seq: int) -> bool:
    """Whether these segments are all that came since `first_seq`: then their rows need not be read again."""
    for segment in segments:
        if segment.first_seq != first_seq:
            return False
        first_seq = segment.last_seq + 1
    return bool(segments) and first_seq == tip_seq + 1


def _segment_events(segment: Segment) -> Iterator[LoggedEvent]:
    stream, author = segment.stream, segment.key.public_key
    for seq, identity, payload in zip(count(segment.first_seq), segment.ids, segment.payloads, strict=False):
        if payload is not None:
            yield LoggedEvent(stream, seq, identity, author, payload)
