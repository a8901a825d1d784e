"""Reading a log as the rule book does: which team, and which events count for it."""

from __future__ import annotations

from collections.abc import Iterator

from client_core.game.actions import decode_action
from client_core.game.desk import Entry
from client_core.game.events import LoggedEvent
from client_core.game.teams import Team, read_teams
from sync.limits import SEGMENT_EVENTS_MAX
from sync.log import EventLog
from sync.placement import StreamState
from sync.stream import ALL, GAME, covers, team_audience


def team_of(log: EventLog, team: bytes, unregistered: Team) -> Team:
    """A team as servers registered it for the game to read, or `unregistered` where none did."""
    directory = log.index.directory
    speakers = [state for state in _states(log, GAME) if directory.scope_of(state.key.public_key) == ALL]
    return read_teams(event for state in speakers for event in _events(log, state)).get(team) or unregistered


def team_events(log: EventLog, team: bytes) -> list[LoggedEvent]:
    """A team's events that count: those of devices enrolled in it, every branch of them."""
    may_write = log.index.directory.may_write
    states = [state for state in _states(log, team_audience(team)) if may_write(state.key)]
    return [event for state in states for event in _events(log, state)]


def desk_entries(log: EventLog, team: bytes) -> list[Entry]:
    """What the staff's desk reads of one team and of what was written for everybody."""
    directory = log.index.directory
    return [
        Entry(event.id, event.author, scope == ALL, None if audience == GAME else team, decode_action(event.payload))
        for audience in (GAME, team_audience(team))
        for state in _states(log, audience)
        if covers(scope := directory.scope_of(state.key.public_key), audience)
        for event in _events(log, state)
    ]


def _states(log: EventLog, audience: bytes) -> list[StreamState]:
    return [state for state in log.index.streams.values() if state.key.audience == audience]


def _events(log: EventLog, state: StreamState) -> Iterator[LoggedEvent]:
    for branch in state.branches:
        for first_seq in range(branch.first_seq, branch.tip_seq + 1, SEGMENT_EVENTS_MAX):
            last_seq = min(first_seq + SEGMENT_EVENTS_MAX - 1, branch.tip_seq)
            for event in log.read(state.id, branch.number, first_seq, last_seq):
                if event.payload is not None:
                    yield LoggedEvent(state.id, event.seq, event.id, state.key.public_key, event.payload)
