"""Rulings: what the decisions of staff add up to for one team.

    undo          a decision whose undoing stands does not hold; undoing cannot be undone
    sums          points and time credits add up; a thing is void while any void stands
    single value  one that `sees` another wins over it; among the rest the higher role, then the
                  stamp, then the id; who loses without having been seen is disputed
    scope         what is said of the team beats what is said of its category, that what is said of all

Decisions hold for everything, whenever they were made: staff speak of the game
as it was, not of what a device could know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from client_core.game.decisions import (
    AnswerAccepted,
    AnswerJudged,
    CategorySet,
    ChallengeVoided,
    CheckpointVoided,
    Decision,
    EndSet,
    GroupOpened,
    Neutralised,
    PointsAdjusted,
    StartSet,
    StatusSet,
    Stopped,
    TimeCredited,
    Undone,
    VisitGranted,
    VisitTaken,
)
from client_core.game.events import Decoded
from client_core.game.roles import Role
from client_core.game.verdicts import Accepted, Reason, Refused, Verdict

_COUNTED = Accepted(0)
_BY_KIOSKS = (AnswerJudged, VisitGranted)
"""What a kiosk may decide: it alone knows some answers, and reads cards."""


class Rulings(msgspec.Struct):
    """What holds for one team. By subject, each with the ids of the decisions it rests on."""

    voided: dict[int, tuple[bytes, ...]] = {}
    voided_challenges: dict[int, tuple[bytes, ...]] = {}
    granted: tuple[tuple[bytes, VisitGranted], ...] = ()
    taken: dict[tuple[int, int | None], tuple[bytes, ...]] = {}
    points: tuple[tuple[bytes, int], ...] = ()
    credits: tuple[tuple[bytes, int], ...] = ()
    accepted: dict[tuple[int, str], tuple[bytes, bool]] = {}
    judged: dict[bytes, tuple[bytes, AnswerJudged]] = {}
    end: tuple[bytes, int, bool] | None = None
    """The decision, the time to be back by, and whether it was said of this team or its category alone."""
    stop: tuple[bytes, int, bool] | None = None
    """The decision, when the game was stopped, and whether it is ranked."""
    start: tuple[bytes, int] | None = None
    neutral: tuple[tuple[bytes, Neutralised], ...] = ()
    statuses: dict[int | None, tuple[bytes, int]] = {}
    """By member (None: the team): the decision and the status' number."""
    opened: dict[int, tuple[bytes, int]] = {}
    """By group: the decision and from when it is open."""
    category_set: tuple[bytes, CategorySet] | None = None
    fates: dict[bytes, tuple[Verdict, tuple[bytes, ...]]] = {}
    """What became of each decision, and because of which others."""
    disputed: tuple[bytes, ...] = ()
    of_member: dict[bytes, int] = {}
    """Grants, points and credits that are about one member, and which."""

    @property
    def credit_ms(self) -> int:
        """The time taken off, all credits together."""
        return sum(credit_ms for _, credit_ms in self.credits)

    @property
    def untimed(self) -> frozenset[bytes]:
        """Grants that tell no time: when staff decided is no time of play."""
        return frozenset(decision for decision, grant in self.granted if grant.visit_ms is None)


NO_RULINGS = Rulings()


class Docket:
    """The decisions that concern one team, those undone struck out, by their kind."""

    def __init__(self, decisions: Iterable[Decoded], teams: frozenset[bytes]) -> None:
        self.teams = teams
        self.fates: dict[bytes, tuple[Verdict, tuple[bytes, ...]]] = {}
        self.disputed: list[bytes] = []
        self._by_kind: dict[type, list[Decoded]] = {}
        known = {event.id: event for event in decisions if isinstance(event.action, Decision)}
        events = sorted(known.values())
        undoings: dict[bytes, list[bytes]] = {}
        for event in events:
            self.fates[event.id] = (_COUNTED, ())
            if not _may_decide(event):
                self.fates[event.id] = (Refused(Reason.WRONG_ROLE, (event.role,)), ())
            elif isinstance(event.action, Undone):
                target = known.get(event.action.decision)
                if target is not None and target.role > event.role:
                    self.fates[event.id] = (Refused(Reason.WRONG_ROLE, (event.role,)), (target.id,))
                else:
                    undoings.setdefault(event.action.decision, []).append(event.id)
        for event in events:
            if self.fates[event.id][0] is not _COUNTED or isinstance(event.action, Undone):
                continue
            if event.id in undoings:
                self.fates[event.id] = (Refused(Reason.UNDONE), tuple(undoings[event.id]))
            else:
                self._by_kind.setdefault(type(event.action), []).append(event)

    def about(self, kind: type, **subject: object) -> list[Decoded]:
        """The decisions of a kind that concern the team, with these values in their fields."""
        return [
            event
            for event in self._by_kind.get(kind, ())
            if (whom := getattr(event.action, "team", None)) is None or whom in self.teams
            if all(getattr(event.action, name) == value for name, value in subject.items())
        ]

    def one(self, candidates: Sequence[Decoded]) -> Decoded | None:
        """Of decisions that set the same single value the one that holds; says what became of the others."""
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        seen = {one for event in candidates for one in event.action.sees}  # type: ignore[union-attr]  # they set a value
        standing = [event for event in candidates if event.id not in seen]
        winner = max(standing, key=lambda event: (event.role, event.action.at_ms, event.id))  # type: ignore[union-attr]  # decisions, all of them
        for event in candidates:
            if event is not winner:
                self.fates[event.id] = (Refused(Reason.OVERRULED), (winner.id,))
                if event.id not in seen:
                    self.disputed.append(event.id)
        return winner

    def nearest(self, kind: type, categories: frozenset[str]) -> tuple[Decoded, bool] | None:
        """The one of a kind that holds for the team: said of it, else of its category, else of all.

        And whether it was said of less than all.
        """
        found = self.about(kind)
        own = [event for event in found if getattr(event.action, "team", None) is not None]
        category = [event for event in found if getattr(event.action, "category", None) in categories]
        for scope, narrow in ((own, True), (category, True), (_said_of_all(found), False)):
            winner = self.one(scope)
            if winner is not None:
                return winner, narrow
        return None


def read_rulings(docket: Docket, categories: frozenset[str]) -> Rulings:
    """What holds for a team of these categories."""
    end, stop = docket.nearest(EndSet, categories), docket.nearest(Stopped, categories)
    start = docket.nearest(StartSet, categories)
    rulings = Rulings(
        voided=_ids_by(docket.about(CheckpointVoided), lambda action: action.checkpoint),
        voided_challenges=_ids_by(docket.about(ChallengeVoided), lambda action: action.challenge),
        granted=_named(docket.about(VisitGranted)),
        taken=_ids_by(docket.about(VisitTaken), lambda action: (action.checkpoint, action.member)),
        points=tuple((event.id, event.action.points) for event in _any(docket.about(PointsAdjusted))),
        credits=tuple((event.id, event.action.credit_ms) for event in _any(docket.about(TimeCredited))),
        accepted=_accepted(docket),
        judged=_judged(docket),
        end=None if end is None else (end[0].id, _any([end[0]])[0].action.back_by_ms, end[1]),
        start=None if start is None else (start[0].id, _any([start[0]])[0].action.start_ms),
        neutral=_neutral(docket),
        statuses=_statuses(docket),
        opened=_opened(docket),
        category_set=category_set(docket),
        fates=docket.fates,
        disputed=tuple(sorted(set(docket.disputed))),
        of_member={
            event.id: event.action.member
            for kind in (VisitGranted, PointsAdjusted, TimeCredited)
            for event in _any(docket.about(kind))
            if event.action.member is not None
        },
    )
    if stop is not None:
        action = _any([stop[0]])[0].action
        rulings.stop = (stop[0].id, action.stop_ms, action.ranked)
    return rulings


def rulings_of_member(rulings: Rulings, member: int) -> Rulings:
    """What holds where this member is scored alone: what is about another one does not, the own status does."""
    others = {identity: one for identity, one in rulings.of_member.items() if one != member}
    own = rulings.statuses.get(member)
    if not others and own is None:
        return rulings
    passed_over = {identity: (Refused(Reason.OTHER_MEMBER, (one,)), ()) for identity, one in others.items()}
    return msgspec.structs.replace(
        rulings,
        granted=tuple(row for row in rulings.granted if row[0] not in others),
        points=tuple(row for row in rulings.points if row[0] not in others),
        credits=tuple(row for row in rulings.credits if row[0] not in others),
        statuses=rulings.statuses if own is None else {**rulings.statuses, None: own},
        fates={**rulings.fates, **passed_over},
    )


def category_set(docket: Docket) -> tuple[bytes, CategorySet] | None:
    """The categories and format that staff put the team into, None where they did not."""
    winner = docket.one(docket.about(CategorySet))
    return None if winner is None else (winner.id, winner.action)  # type: ignore[return-value]  # of the kind asked for


def _may_decide(event: Decoded) -> bool:
    needed = Role.KIOSK if isinstance(event.action, _BY_KIOSKS) else Role.REFEREE
    return event.role >= needed


def _said_of_all(found: Sequence[Decoded]) -> list[Decoded]:
    return [
        event
        for event in found
        if getattr(event.action, "team", None) is None and getattr(event.action, "category", None) is None
    ]


def _any(events: Sequence[Decoded]) -> Sequence[Any]:
    """The same, where the kind that was asked for says what fields there are."""
    return events


def _ids_by(events: Sequence[Decoded], key: Callable[[Any], Any]) -> dict[Any, tuple[bytes, ...]]:
    found: dict[Any, tuple[bytes, ...]] = {}
    for event in events:
        subject = key(event.action)
        found[subject] = (*found.get(subject, ()), event.id)
    return found


def _named(events: Sequence[Decoded]) -> tuple[tuple[bytes, Any], ...]:
    return tuple((event.id, event.action) for event in events)


def _neutral(docket: Docket) -> tuple[tuple[bytes, Neutralised], ...]:
    """The intervals in force: all but those that a later note of the same thing has seen."""
    found = _any(docket.about(Neutralised))
    later = {one: event.id for event in found for one in event.action.sees}
    for event in found:
        if event.id in later:
            docket.fates[event.id] = (Refused(Reason.OVERRULED), (later[event.id],))
    return tuple((event.id, event.action) for event in found if event.id not in later)


def _each(docket: Docket, kind: type, key: Callable[[Any], Any]) -> dict[Any, Decoded]:
    """By subject the one decision of a kind that holds."""
    found: dict[Any, list[Decoded]] = {}
    for event in docket.about(kind):
        found.setdefault(key(event.action), []).append(event)
    return {subject: winner for subject, events in found.items() if (winner := docket.one(events)) is not None}


def _accepted(docket: Docket) -> dict[tuple[int, str], tuple[bytes, bool]]:
    found = _each(docket, AnswerAccepted, lambda action: (action.challenge, action.answer))
    return {subject: (event.id, _any([event])[0].action.right) for subject, event in found.items()}


def _judged(docket: Docket) -> dict[bytes, tuple[bytes, AnswerJudged]]:
    found = _each(docket, AnswerJudged, lambda action: action.event)
    return {subject: (event.id, _any([event])[0].action) for subject, event in found.items()}


def _statuses(docket: Docket) -> dict[int | None, tuple[bytes, int]]:
    found = _each(docket, StatusSet, lambda action: action.member)
    return {
        member: (event.id, status)
        for member, event in found.items()
        if (status := _any([event])[0].action.status) is not None
    }


def _opened(docket: Docket) -> dict[int, tuple[bytes, int]]:
    """Of several openings of a group the earliest holds: an opening is never taken back."""
    found: dict[int, tuple[int, bytes]] = {}
    for event in _any(docket.about(GroupOpened)):
        mine = (event.action.open_ms, event.id)
        found[event.action.group] = min(found.get(event.action.group, mine), mine)
    return {group: (identity, open_ms) for group, (open_ms, identity) in found.items()}
