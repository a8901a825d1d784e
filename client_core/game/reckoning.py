"""Reckoning: the fold of one team, kept, so that a late event costs little.

What it says is always what `scoring.fold` says of the same events. It looks at
everything it is given: where an event is missing that it holds, or reads
otherwise (it was erased, its author has another role), or the register is
another one, it folds anew; so it does where a further event may change what was
decided (`phases`).
"""

from __future__ import annotations

from collections.abc import Iterable

from client_core.game.events import LoggedEvent, tell
from client_core.game.growing import Growing
from client_core.game.phases import Phases
from client_core.game.results import TeamResult
from client_core.game.rules import Rules
from client_core.game.scoring import NO_REGISTER, about_team, begin, result_of
from client_core.game.teams import Register, Team

FEW = 16
"""More events than these at once are folded with all others: that costs no more than taking in each by itself."""


class Reckoning:
    """Belongs to one team; keeps its events, decoded, with what the fold made of them: about 1.6 kB an event."""

    __slots__ = ("_events", "_growing", "_of", "_result", "_rules", "_units", "anew")

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.anew = 0
        """How often all was folded from nothing."""
        self._of: tuple[Team, Register] | None = None
        self._events: dict[bytes, LoggedEvent] = {}
        self._units: list[Phases] = []
        self._growing: Growing | None = None
        self._result: tuple[bool, TeamResult] | None = None

    def __len__(self) -> int:
        """How many events are kept."""
        return len(self._events)

    def fold(
        self,
        team: Team,
        events: Iterable[LoggedEvent],
        register: Register = NO_REGISTER,
        *,
        keep_judged: bool = True,
    ) -> TeamResult:
        """The result of the team from all its events; see `scoring.fold`."""
        held = _by_id(about_team(team, events, register))
        if self._of != (team, register) or not self._take(held):
            self._begin(team, held, register)
        if self._result is None or self._result[0] != keep_judged:
            self._result = (keep_judged, result_of(self._units, keep_judged=keep_judged))
        return self._result[1]

    def _begin(self, team: Team, held: dict[bytes, LoggedEvent], register: Register) -> None:
        self.anew += 1
        self._units = begin(self._rules, team, tell(self._rules, held.values()), register)
        self._of, self._events = (team, register), held
        self._growing = self._result = None

    def _take(self, held: dict[bytes, LoggedEvent]) -> bool:
        """Take in what came since; False where all has to be folded anew."""
        fresh = [held[identity] for identity in held.keys() - self._events.keys()]
        if len(fresh) > FEW or len(self._units) != 1:
            return False
        if not self._events.items() <= held.items():
            return False
        for event in sorted(fresh):
            if self._growing is None:
                self._growing = Growing(self._rules, self._units[0].play.told)
            grown = self._growing.take(event)
            if grown is None or not self._units[0].take(grown, self._growing):
                return False
            self._events[event.id] = event
            self._result = None
        return True


def _by_id(events: Iterable[LoggedEvent]) -> dict[bytes, LoggedEvent]:
    """The events without doubles; of those that differ the one that is first in the order of chains."""
    events = list(events)
    found = {event.id: event for event in events}
    return found if len(found) == len(events) else {event.id: event for event in sorted(events, reverse=True)}
