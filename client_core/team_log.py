"""Reading a log as the rule book does: which team, and which events count for it."""

from __future__ import annotations

from collections.abc import Iterator

from client_core.game.actions import decode_action
from client_core.game.desk import Entry
from client_core.game.events import LoggedEvent
from client_core.game.roles import Role
from sync.forks import forked_events
from sync.limits import SEGMENT_EVENTS_MAX
from sync.log import EventLog
from sync.placement import StreamState
from sync.standing import standing
from sync.stream import GAME, team_audience


def team_events(log: EventLog, team: bytes) -> list[LoggedEvent]:
    """A team's events that count: those of devices enrolled in it, every branch of them."""
    return [event for state in _states(log, team_audience(team)) for event in _events(log, state)]


def game_events(log: EventLog) -> list[LoggedEvent]:
    """What the game's own streams say to everybody, with the role of who says it."""
    return [event for state in _states(log, GAME) for event in _events(log, state)]


def desk_entries(log: EventLog, team: bytes) -> list[Entry]:
    """What the staff's desk reads of one team and of what was written for everybody."""
    return [entry_of(log, event) for event in (*game_events(log), *team_events(log, team))]


def entry_of(log: EventLog, event: LoggedEvent) -> Entry:
    """An event as the staff's desk reads it."""
    by_staff = log.index.directory.speaks_for_all(event.author)
    return Entry(event.id, event.author, by_staff, event.team or None, decode_action(event.payload))


def role_of(log: EventLog, author: bytes) -> int:
    """What the author of an event is, as the directory says."""
    directory = log.index.directory
    return directory.role_of(author) or (Role.ORGANISER if directory.speaks_for_all(author) else Role.PLAYER)


def _states(log: EventLog, audience: bytes) -> list[StreamState]:
    return log.index.streams_of(audience)


def _events(log: EventLog, state: StreamState) -> Iterator[LoggedEvent]:
    """The events of a stream that count; of an erased one the fact that is judged in its place."""
    directory = log.index.directory
    author, team = state.key.public_key, state.key.audience[1:]
    role = role_of(log, author)
    if len(state.branches) > 1:
        for said in forked_events(log, state):
            yield LoggedEvent(state.id, said.seq, said.id, author, said.payload, role, team, said.previous)
        return
    facts = directory.erased(state.id)
    for branch, first, last in standing(directory, state, log.find):
        for first_seq in range(first, last + 1, SEGMENT_EVENTS_MAX):
            for event in log.read(state.id, branch, first_seq, min(first_seq + SEGMENT_EVENTS_MAX - 1, last)):
                fact = facts.get((event.seq, event.id))
                payload = event.payload if fact is None else fact or None
                if payload is not None:  # an empty one counts as an event that nobody understands
                    yield LoggedEvent(state.id, event.seq, event.id, author, payload, role, team)
