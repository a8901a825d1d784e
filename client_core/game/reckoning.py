"""Reckoning: the fold of one team, kept, so that a late event costs little.

What it says is always what `scoring.fold` says of the same events. It looks at
everything it is given: where an event is missing that it holds, or reads
otherwise (it was erased, its author has another role), or the register is
another one, it folds anew; so it does where a further event may change what was
decided (`phases`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy

from client_core.game.actions import Known
from client_core.game.events import LoggedEvent, Told, tell
from client_core.game.foreseeing import Pen, foresee, next_event
from client_core.game.growing import Growing
from client_core.game.phases import Phases
from client_core.game.results import TeamResult
from client_core.game.rules import Rules
from client_core.game.scoring import NO_REGISTER, about_team, begin, remarked, result_of
from client_core.game.teams import Register, Team
from client_core.game.verdicts import Verdict

FEW = 16
"""More events than these at once are folded with all others: that costs no more than taking in each by itself."""


class Reckoning:
    """Belongs to one team; keeps its events, decoded, with what the fold made of them: about 1.6 kB an event."""

    __slots__ = ("_events", "_given", "_growing", "_of", "_result", "_rules", "_units", "anew")

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.anew = 0
        """How often all was folded from nothing."""
        self._of: tuple[Team, Register] | None = None
        self._given: list[LoggedEvent] = []
        """What was handed in last, in its order."""
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
        self._hold(team, events, register)
        if self._result is None or self._result[0] != keep_judged:
            self._result = (keep_judged, result_of(self._units, keep_judged=keep_judged))
        return self._result[1]

    def told(self, team: Team, events: Iterable[LoggedEvent], register: Register = NO_REGISTER) -> Told:
        """The events as the fold read them."""
        self._hold(team, events, register)
        return self._units[0].play.told

    def foresee(
        self, team: Team, events: Sequence[LoggedEvent], action: Known, pen: Pen, register: Register = NO_REGISTER
    ) -> Verdict:
        """The verdict of an action that comes next; see `foreseeing.foresee`, which is asked where this cannot tell.

        A copy of what is kept takes in the event that the action would be.
        """
        event = next_event(team, events, action, pen)
        if register.home(event, team.id) == team.id:
            self._hold(team, events, register)
            if len(self._units) == 1:
                growing, unit = copy(self._grown()), copy(self._units[0])
                growing.detach()
                unit.detach(growing.told)
                grown = growing.take(event)
                if grown is not None and unit.take(grown, growing):
                    return remarked(grown.event.action, unit.verdict(grown))
        self.anew += 1
        return foresee(self._rules, team, events, action, pen, register)

    def _hold(self, team: Team, events: Iterable[LoggedEvent], register: Register) -> None:
        """Keep exactly these events, and what the fold makes of them."""
        given = list(about_team(team, events, register))
        if self._of != (team, register) or not self._take(given):
            self._begin(team, given, register)
        self._given = given

    def _begin(self, team: Team, given: list[LoggedEvent], register: Register) -> None:
        self.anew += 1
        held = _by_id(given)
        self._units = begin(self._rules, team, tell(self._rules, held.values()), register)
        self._of, self._events = (team, register), held
        self._growing = self._result = None

    def _take(self, given: list[LoggedEvent]) -> bool:
        """Take in what came since; False where all has to be folded anew."""
        fresh = self._fresh(given)
        if fresh is None or len(fresh) > FEW or len(self._units) != 1:
            return False
        for event in sorted(fresh):
            grown = self._grown().take(event)
            if grown is None or not self._units[0].take(grown, self._grown()):
                return False
            self._events[event.id] = event
            self._result = None
        return True

    def _fresh(self, given: list[LoggedEvent]) -> list[LoggedEvent] | None:
        """What is not kept yet of these; None where one that is kept is missing or reads otherwise."""
        kept, before = self._events, len(self._given)
        goes_on = given[:before] == self._given  # most callers hand in the list they had, and what came since
        held = _by_id(given[before:] if goes_on else given)
        fresh = [event for identity, event in held.items() if identity not in kept]
        if not goes_on and len(held) - len(fresh) < len(kept):
            return None
        otherwise = any(kept.get(identity, event) != event for identity, event in held.items())
        return None if otherwise else fresh

    def _grown(self) -> Growing:
        """What takes further events into what was told; made when the first one comes."""
        if self._growing is None:
            self._growing = Growing(self._rules, self._units[0].play.told)
        return self._growing


def _by_id(events: Iterable[LoggedEvent]) -> dict[bytes, LoggedEvent]:
    """The events without doubles; of those that differ the one that is first in the order of chains."""
    events = list(events)
    found = {event.id: event for event in events}
    return found if len(found) == len(events) else {event.id: event for event in sorted(events, reverse=True)}
