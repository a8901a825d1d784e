"""Play: one team's events, read once and laid out for the phases of the fold, and what the phases find.

The phases (`clocking`, `openings`, `paying`, `answering`) read it and write
verdicts into it; `scoring` runs them in order and adds up.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from copy import copy
from operator import attrgetter
from typing import Any

import msgspec

from client_core.game.actions import (
    Answer,
    ChallengeOpened,
    CheckIn,
    Finish,
    HintTaken,
    Malformed,
    Member,
    Photo,
    Retired,
    Start,
    Unknown,
)
from client_core.game.carrying import Carriers
from client_core.game.checkpoints import Method
from client_core.game.decisions import Decision
from client_core.game.entering import Entered
from client_core.game.entrants import PlaysFor
from client_core.game.events import Decoded, Told
from client_core.game.evidence import UNKNOWN, Evidence, Interval, told_wrongly
from client_core.game.judging import weigh
from client_core.game.knowing import Knowledge
from client_core.game.lines import Line
from client_core.game.nonces import NonceTaken
from client_core.game.results import Because, Flag
from client_core.game.roles import Role
from client_core.game.rules import Rules
from client_core.game.rulings import Rulings
from client_core.game.teams import Register, Team
from client_core.game.timing import Doubt
from client_core.game.verdicts import Accepted, Reason, Refused, Verdict

SET_BACK_MS = 60_000
"""A clock that falls back by more than a minute was set; less is a correction by the network."""

_GPS = Method.GPS
FIRST = -(1 << 80)
"""A place before those of all events."""
Who = frozenset[int] | None
"""The members an event is about; None: the whole team."""
NOTHING = Accepted(0)


_ROWS: dict[type, str] = {
    Answer: "asked",
    Photo: "asked",
    HintTaken: "asked",
    ChallengeOpened: "asked",
    Start: "starts",
    Finish: "finishes",
    Retired: "retired",
}
"""Where an event that is no check-in is laid out."""


class Visit(msgspec.Struct, frozen=True, order=True, gc=False):
    """A check-in whose evidence holds. `moment` is its time in the order of play, `place` its place in the log.

    For what a phone says the moment never goes back along its chain, whatever
    its clock does; a kiosk that reads a card tells of the past.
    """

    moment: int
    place: int
    event: bytes
    checkpoint: int
    at_ms: int
    who: Who


by_place = attrgetter("place")


class Closing:
    """What is decided when all events were walked and paid for, and anew with every further event."""

    __slots__ = ("because", "extras", "flags", "verdicts")

    def __init__(self) -> None:
        self.verdicts: dict[int, Verdict] = {}
        self.because: Because = {}
        self.flags: set[Flag] = set()
        self.extras: list[Line] = []


class Play:
    """The working state of one fold."""

    def __init__(
        self,
        rules: Rules,
        team: Team,
        told: Told,
        knowledge: Knowledge,
        register: Register,
        rulings: Rulings,
        entered: Entered,
        members: tuple[Member, ...],
        evidence: Evidence,
        carriers: Carriers,
    ) -> None:
        self.rules, self.team, self.told, self.knowledge = rules, team, told, knowledge
        self._events: dict[int, Decoded] = {}
        self.register, self.rulings, self.entered, self.members = register, rulings, entered, members
        self.seats = rules.seats_of(entered.categories)
        self.evidence, self.carriers = evidence, carriers
        self.verdicts: dict[int, Verdict] = {}
        """By place, of all that does not simply count."""
        self.because: Because = {}
        self.walked: Because = {}
        """`because`, as it was when all events had been walked."""
        self.closing = Closing()
        self.visits: list[Visit] = []
        self.starts: list[tuple[int, Decoded]] = []
        self.finishes: list[tuple[int, Decoded]] = []
        self.retired: list[tuple[int, Decoded]] = []
        self.asked: list[tuple[int, Decoded]] = []
        """Answers, photos, hints and openings of challenges, with their places."""
        self.flags: set[Flag] = set()
        self.played, self.only_played = 0, told.only_played
        self.in_order = True
        """Whether the visits stand in the order of their moments; what a kiosk tells of the past may not."""
        self._visits_at: dict[int, list[Visit]] | None = None
        self._ids_at: dict[int, tuple[bytes, ...]] = {}
        self._places: dict[bytes, int] = {}
        limit = entered.limit
        self.doubt = Doubt.TEAM if limit is None else limit.doubt

    def detach(self, told: Told) -> None:
        """On a fresh copy: take copies of what this changes, so that the original stays as it is."""
        self.told, self.knowledge, self.evidence = told, copy(self.knowledge), copy(self.evidence)
        self.knowledge.detach()
        self.evidence.detach(told)
        self._events, self._places, self._ids_at = self._events.copy(), self._places.copy(), self._ids_at.copy()
        self._visits_at = None if self._visits_at is None else self._visits_at.copy()
        self.verdicts, self.because, self.walked = self.verdicts.copy(), self.because.copy(), self.walked.copy()
        self.visits, self.asked, self.flags = self.visits.copy(), self.asked.copy(), self.flags.copy()
        self.starts, self.finishes, self.retired = self.starts.copy(), self.finishes.copy(), self.retired.copy()

    @property
    def events(self) -> dict[int, Decoded]:
        """The events by place, laid out when they are first asked for: a plain game never does."""
        if not self._events:
            self._events = dict(zip(self.told.places, self.told.events, strict=True))
        return self._events

    def refuse(self, place: int, refused: Verdict, *because: bytes) -> None:
        """Set an event's verdict, and what it rests on besides what it rested on before."""
        self.verdicts[place] = refused
        if because:
            event = self.events[place].id
            before = self.because.get(event)
            self.because[event] = because if before is None else tuple(dict.fromkeys((*before, *because)))

    def reset(self, event: bytes) -> None:
        """Forget what was decided on an event when all were known: it is decided again."""
        if event in self.walked:
            self.because[event] = self.walked[event]
        else:
            self.because.pop(event, None)

    def take(self, place: int, event: Decoded) -> Visit | None:
        """Lay out an event that comes late; the visit that it makes."""
        if self._events:
            self._events[place] = event
        if self._places:
            self._places[event.id] = place
        count = len(self.visits)
        self.read([(place, event)])
        if len(self.visits) == count:
            return None
        visit = self.visits.pop()
        insort(self.visits, visit, key=by_place)
        if self._visits_at is not None:
            at = self._visits_at[visit.checkpoint] = [*self._visits_at.get(visit.checkpoint, ())]
            insort(at, visit, key=by_place)
            self._ids_at.pop(visit.checkpoint, None)
        return visit

    def overrule(self, place: int, verdict: Verdict, *because: bytes) -> None:
        """The same, for this closing alone."""
        self.closing.verdicts[place] = verdict
        if because:
            event = self.events[place].id
            before = self.rests_on(event)
            self.closing.because[event] = tuple(dict.fromkeys((*before, *because))) if before else because

    def rests_on(self, event: bytes) -> tuple[bytes, ...]:
        """What the verdict on an event rests on, as far as it is decided."""
        return self.closing.because.get(event) or self.because.get(event, ())

    def place_of(self, event: bytes) -> int:
        """Where an event of the team stands; a decision on everybody comes before all."""
        if not self._places:
            self._places = {one.id: place for place, one in zip(self.told.places, self.told.events, strict=True)}
        return self._places.get(event, FIRST)

    def read(self, rows: Iterable[tuple[int, Decoded]]) -> None:
        """Weigh the evidence of check-ins, and sort the other events by what they are."""
        rules, verdicts, fates, visits = self.rules, self.verdicts, self.rulings.fates, self.visits
        from_ms, to_ms, sure = rules.believed_from_ms, rules.believed_to_ms, rules.sure
        simple, watched, set_back = not self.members, not self.evidence.silent, False
        before = len(visits)
        for place, event in rows:
            action = event.action
            if type(action) is CheckIn:
                at_ms, order_ms, role = action.at_ms, event.order_ms, event.role
                believed = from_ms <= at_ms <= to_ms
                if not believed or (not set_back and at_ms < order_ms - SET_BACK_MS):
                    self._flag(order_ms, at_ms)
                    set_back = set_back or believed
                if watched and not role and told_wrongly(at_ms, self.evidence.of(event)):
                    self.flags.add(Flag.TIME_CONTRADICTED)
                    watched = False  # once is enough
                number, accuracy_dm, known = action.checkpoint, action.accuracy_dm, sure.get(action.checkpoint)
                holds = (  # nearly every check-in's evidence, without a call
                    known is not None
                    and accuracy_dm is not None
                    and (lon_e7 := action.lon_e7) is not None
                    and (lat_e7 := action.lat_e7) is not None
                    and accuracy_dm <= known[4]
                    and action.method is _GPS
                    and (
                        (known[0] <= lon_e7 <= known[2] and known[1] <= lat_e7 <= known[3])
                        or (dx := known[7] * (lon_e7 - known[5])) * dx + (dy := known[8] * (lat_e7 - known[6])) * dy
                        <= known[9]
                    )
                )
                if not holds:
                    refused = weigh(rules, action, role)
                    if refused is not None:
                        verdicts[place] = refused
                        self.played += 1
                        continue
                    if accuracy_dm is None and action.method is _GPS:
                        self.flags.add(Flag.NO_ACCURACY)
                moment = order_ms
                if role and believed:
                    moment, self.in_order = at_ms, False
                who = None if simple else self._who(event, action.member)
                visits.append(Visit(moment, place, event.id, number, at_ms, who))
            elif event.id in fates:
                verdicts[place], because = fates[event.id]
                if because:
                    self.because[event.id] = because
            else:
                self._other(place, event, action)
        self.played += len(visits) - before

    def _other(self, place: int, event: Decoded, action: Any) -> None:
        rows = _ROWS.get(type(action))
        if rows is not None:
            getattr(self, rows).append((place, event))
            self.played += 1
            self._flag(event.order_ms, action.at_ms)
            if not event.role and told_wrongly(action.at_ms, self.seen(place)):
                self.flags.add(Flag.TIME_CONTRADICTED)
        elif type(action) is NonceTaken:
            if told_wrongly(action.at_ms, self.seen(place)):
                self.flags.add(Flag.TIME_CONTRADICTED)
        elif isinstance(action, Unknown):
            self.verdicts[place] = Refused(Reason.UNKNOWN_KIND, (action.kind,))
        elif isinstance(action, Malformed):
            self.verdicts[place] = Refused(Reason.MALFORMED)
        elif type(action) is PlaysFor:
            pass  # it counts, and shows in what it says of others
        elif isinstance(action, Decision):
            self.verdicts[place] = Refused(Reason.WRONG_ROLE, (event.role,))
        else:
            self.verdicts[place] = Refused(Reason.NOT_THIS_TEAM)

    def _flag(self, order_ms: int, at_ms: int) -> None:
        """The event's own time is not the one it is sorted by: say what is wrong with its clock."""
        if at_ms > self.rules.believed_to_ms:
            self.flags.add(Flag.CLOCK_AHEAD)
        elif at_ms < self.rules.believed_from_ms:
            self.flags.add(Flag.CLOCK_BEHIND)
        elif at_ms < order_ms - SET_BACK_MS:
            self.flags.add(Flag.CLOCK_SET_BACK)

    def is_timed(self, event: Decoded) -> bool:
        """Whether the time that a device told of an event is held against what nodes saw."""
        action = event.action
        return event.role < Role.KIOSK and (type(action) in {CheckIn, NonceTaken} or type(action) in _ROWS)

    def seen(self, place: int) -> Interval:
        """Between which moments nodes saw the event at this place happen; what they write themselves is not doubted."""
        event = self.events[place]
        return UNKNOWN if event.role >= Role.KIOSK else self.evidence.of(event)

    def moment(self, event: Decoded) -> int:
        """When an event stands in the order of play; see `Visit`."""
        at_ms: int = getattr(event.action, "at_ms", event.order_ms)
        believed = self.rules.believed_from_ms <= at_ms <= self.rules.believed_to_ms
        return at_ms if event.role and believed else event.order_ms

    def visits_at(self, checkpoint: int) -> list[Visit]:
        """The check-ins at a checkpoint whose evidence holds, whatever becomes of them, in canonical order."""
        if self._visits_at is None:
            self._visits_at = {}
            for visit in self.visits:
                self._visits_at.setdefault(visit.checkpoint, []).append(visit)
        return self._visits_at.get(checkpoint, [])

    def events_at(self, checkpoint: int) -> tuple[bytes, ...]:
        """The same, by their ids."""
        found = self._ids_at.get(checkpoint)
        if found is None:
            found = self._ids_at[checkpoint] = tuple([visit.event for visit in self.visits_at(checkpoint)])
        return found

    def who(self, event: Decoded) -> Who:
        """Whom an event is about."""
        if not self.members:
            return None
        return self._who(event, getattr(event.action, "member", None))

    def _who(self, event: Decoded, member: int | None) -> Who:
        """The member that is named; else those whom the device reports for; else all, where staff saw them."""
        carriers = self.carriers
        if member is not None:
            return carriers.named(member)
        if event.role >= Role.KIOSK:
            return None
        if carriers.silent:
            return carriers.noted(event.author)
        who, why = carriers.of(event)
        if why:
            self.because[event.id] = tuple(dict.fromkeys((*self.because.get(event.id, ()), *why)))
        return who
