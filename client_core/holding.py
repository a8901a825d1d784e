"""Holding: what a device holds of its game and of its team, read from the log once and folded on from there.

It is read again when the log's index says that it is another: after a session,
a bundle, or what another process wrote to the file. What this device writes
itself is taken in as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from client_core.game.actions import Known
from client_core.game.desk import ON_THE_DESK, Entry
from client_core.game.events import LoggedEvent, Told
from client_core.game.foreseeing import Pen
from client_core.game.reckoning import Reckoning
from client_core.game.results import TeamResult
from client_core.game.rules import Rules
from client_core.game.scoring import fold
from client_core.game.standings import team_digest
from client_core.game.teams import Register, Team, read_register
from client_core.game.verdicts import Verdict
from client_core.team_log import entry_of, game_events, team_events
from sync.log import EventLog
from sync.placement import StreamState
from sync.stream import GAME, team_audience

_Mark = tuple[object, ...]
"""What the index says of the streams that are read here, so that two that are equal hold the same."""


class Holding:
    """Of one team; `unregistered` is how it is called as long as no node registered it."""

    def __init__(self, log: EventLog, rules: Rules, unregistered: Team) -> None:
        self._log, self._rules, self.unregistered = log, rules, unregistered
        self.reckoning = Reckoning(rules)
        self._mark: _Mark | None = None
        self._game: list[LoggedEvent] | None = None
        self._events: list[LoggedEvent] | None = None
        self._register: Register | None = None
        self._result: TeamResult | None = None
        self._entries: list[Entry] | None = None
        self._desk: list[Entry] = []

    def look(self) -> None:
        """Forget what was read where the log holds something else by now."""
        mark = self._read_mark()
        if mark != self._mark:
            self._game = self._events = self._register = self._result = self._entries = None
            self._mark = mark

    def take(self, written: Sequence[LoggedEvent]) -> None:
        """Hold with the rest what this device just wrote; `look` came before it was written."""
        if self._events is not None:
            self._events += written
        if self._entries is not None:
            self._enter(written)
        self._result = None
        self._mark = self._read_mark()

    def events(self) -> list[LoggedEvent]:
        """The team's events that count."""
        self.look()
        if self._events is None:
            self._events = team_events(self._log, self.unregistered.id)
        return self._events

    def register(self) -> Register:
        """What the game's own streams say to everybody."""
        self.look()
        if self._register is None:
            self._register = read_register(self._rules, self._game_events())
        return self._register

    def team(self) -> Team:
        """The team: as registered in the log, else as the join said."""
        return self.register().teams.get(self.unregistered.id) or self.unregistered

    def entries(self) -> list[Entry]:
        """The team's events and the game's, decoded."""
        self.look()
        if self._entries is None:
            self._entries, self._desk = [], []
            self._enter([*self._game_events(), *self.events()])
        return self._entries

    def desk(self) -> list[Entry]:
        """Those of them that lists of messages, alarms and words are made of."""
        self.entries()
        return self._desk

    def result(self) -> TeamResult:
        """The team's result."""
        self.look()
        if self._result is None:
            self._result = self.reckoning.fold(self.team(), self.events(), self.register())
        return self._result

    def told(self) -> Told:
        """The team's events as the fold read them, without those that staff moved to other teams."""
        return self.reckoning.told(self.team(), self.events(), self.register())

    def foresee(self, action: Known, pen: Pen) -> Verdict:
        """The verdict that an action would have now."""
        return self.reckoning.foresee(self.team(), self.events(), action, pen, self.register())

    def digest(self) -> bytes:
        """The digest of the team's result, read and folded anew: 32 bytes, equal on every node."""
        events = team_events(self._log, self.unregistered.id)
        register = read_register(self._rules, game_events(self._log))
        return team_digest(fold(self._rules, self.team(), events, register))

    def _game_events(self) -> list[LoggedEvent]:
        if self._game is None:
            self._game = game_events(self._log)
        return self._game

    def _enter(self, events: Sequence[LoggedEvent]) -> None:
        assert self._entries is not None
        found = [entry_of(self._log, event) for event in events]
        self._entries += found
        self._desk += [entry for entry in found if isinstance(entry.action, ON_THE_DESK)]

    def _read_mark(self) -> _Mark:
        index = self._log.index
        audiences = (GAME, team_audience(self.unregistered.id))
        states = [state for audience in audiences for state in index.streams_of(audience)]
        return (len(index.statement_audiences), *map(_shape, states))


def _shape(state: StreamState) -> _Mark:
    """What decides which events a stream gives; which of them are signed does not."""
    branches = tuple((one.number, one.first_seq, one.base, one.tip_seq, one.tip) for one in state.branches)
    return (state.id, state.dangling, state.bare, branches)
