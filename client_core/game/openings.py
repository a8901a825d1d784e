"""Openings: what a device could know when it acted decides what it may do.

The team's events are walked in canonical order. For each check-in it is asked
whether its group was open in its causal past, and which leg of a hunt it fills;
for each answer whether its checkpoint had been visited. What is established so
stays: an opening is never taken back, not even by a visit that is voided later.
Visits that staff granted, and groups that they opened, are open to all.
"""

from __future__ import annotations

from bisect import insort
from typing import TypeVar

from client_core.game.challenges import Judged, Later
from client_core.game.clocking import Times
from client_core.game.courses import order_of
from client_core.game.groups import Advance, Answered, Atom, Earned, Group, Mode, Visited
from client_core.game.play import FIRST, Play, Visit
from client_core.game.rules import is_ordered
from client_core.game.verdicts import Reason, Refused

K = TypeVar("K")


class Openings:
    """What the team established so far, by the events that establish it, in canonical order."""

    def __init__(self, play: Play, times: Times) -> None:
        self.play, self.times = play, times
        self.visits: dict[int, list[bytes]] = {}
        self.right: dict[int, list[bytes]] = {}
        self.used: dict[int, dict[str, list[bytes]]] = {}
        """By challenge the different wrong answers; what nobody can judge on the spot stands as used up."""
        self.legs: dict[tuple[int, int], list[bytes]] = {}
        self.earned: list[tuple[bytes, int, int]] = []
        self._played: dict[int, bool] = {}
        self._orders: dict[tuple[int, bytes], tuple[int, ...]] = {}
        self._done: dict[tuple[int, tuple[int, ...], int], tuple[list[int], list[bytes]]] = {}
        """By group in order and chain: the first legs that are done for all that follows in the chain, as the number
        of events up to each leg, and those events."""
        self.late = False
        """Whether further events come after all were walked: they find their places among those that establish."""
        self.by_staff = frozenset(decision for decision, _ in play.rulings.granted)
        """Staff's word, which stands for everybody, among the events that establish something."""
        for decision, grant in play.rulings.granted:
            self.visits.setdefault(grant.checkpoint, []).append(decision)

    def detach(self, play: Play) -> None:
        """On a fresh copy: take copies of what this changes, so that the original stays as it is."""
        self.play = play
        self.visits, self.right, self.legs = self.visits.copy(), self.right.copy(), self.legs.copy()
        self.used = {challenge: answers.copy() for challenge, answers in self.used.items()}
        self.earned, self._done = self.earned.copy(), {}

    def take(self, visit: Visit) -> int | None:
        """Decide on a visit that is in time, and establish it: the rank it fills, -1: none; None: it was not open."""
        play, seat = self.play, self.play.seats.get(visit.checkpoint)
        rank = -1
        if self.late:
            self._done.clear()
        if seat is not None and seat.group in play.rules.gated:
            group = play.rules.package.groups[seat.group]
            opened = self.is_open(seat.group, visit)
            if opened is None and not self._plays(seat.group):
                play.refuse(visit.place, Refused(Reason.NOT_IN_FORMAT))
                return None
            if opened is None:
                judged = [by for by, *_ in (*play.rulings.judged.values(), *play.rulings.accepted.values())]
                play.refuse(visit.place, Refused(Reason.NOT_OPEN, (seat.group, -1)), *judged)
                return None
            if opened:
                play.because[visit.event] = opened
            if is_ordered(group) and group.mode is Mode.HUNT:
                order = self.order(seat.group, play.events[visit.place].team)
                found, following, why = self._rank(seat.group, group, order, seat.legs, visit)
                if found is None:
                    passed = Refused(Reason.OUT_OF_ORDER, (seat.group,))
                    early = Refused(Reason.NOT_OPEN, (seat.group, following))
                    play.refuse(visit.place, passed if group.skippable else early, *why)
                    return None
                rank = found
                self.establish(self.legs, (seat.group, order[rank]), visit.event)
                if why:
                    play.because[visit.event] = (*play.because.get(visit.event, ()), *why)
        self.establish(self.visits, visit.checkpoint, visit.event)
        points = play.rules.places[visit.checkpoint].points
        if points > 0:
            self.earn(visit.event, visit.checkpoint, points)
        return rank

    def establish(self, table: dict[K, list[bytes]], key: K, event: bytes) -> None:
        """Put an event among those of a table that establish the same, in canonical order."""
        if self.late:
            events = table[key] = [*table.get(key, ())]
            insort(events, event, key=self._place)
        else:
            table.setdefault(key, []).append(event)

    def earn(self, event: bytes, subject: int, points: int) -> None:
        """Note what an event is worth for openings by points: of a checkpoint, or of challenge n as -2 - n."""
        if self.late:
            insort(self.earned, (event, subject, points), key=lambda row: self._place(row[0]))
        else:
            self.earned.append((event, subject, points))

    def _place(self, event: bytes) -> int:
        return FIRST if event in self.by_staff else self.play.place_of(event)

    def is_open(self, number: int, visit: Visit) -> tuple[bytes, ...] | None:
        """The events by which a group was open for a visit; None where it was closed."""
        play = self.play
        group = play.rules.package.groups[number]
        if not self._plays(number):
            return None
        ruled = play.rulings.opened.get(number)
        why: tuple[bytes, ...] = ()
        if ruled is not None and visit.moment >= ruled[1]:
            why = (ruled[0],)
        elif group.opening:
            found = next((by for ands in group.opening if (by := self._all(ands, visit)) is not None), None)
            if found is None:
                return None
            why = found
        if number in play.rules.parents:
            parent, position = play.rules.parents[number]
            above = self.is_open(parent, visit)
            before = None if above is None else self._before(parent, position, visit)
            return None if above is None or before is None else (*why, *above, *before)
        return why

    def _plays(self, number: int) -> bool:
        """Whether the team's categories play a group, and the one around it."""
        known = self._played.get(number)
        if known is None:
            groups, parents = self.play.rules.package.groups, self.play.rules.parents
            mine = set(self.play.entered.categories)
            asked = [groups[one].categories for one in (number, *parents.get(number, ())[:1])]
            known = self._played[number] = all(not codes or mine & set(codes) for codes in asked)
        return known

    def knows(self, event: bytes, candidates: list[bytes]) -> bytes | None:
        """The first of the events that establish something which this one could know."""
        if not candidates:
            return None
        return candidates[0] if candidates[0] in self.by_staff else self.play.knowledge.first(event, candidates)

    def order(self, number: int, team: bytes) -> tuple[int, ...]:
        """The order of a group for the team that made an event: merged teams keep theirs."""
        team = team or self.play.team.id
        if (number, team) not in self._orders:
            known = self.play.register.teams.get(team, self.play.team)
            group = self.play.rules.package.groups[number]
            self._orders[number, team] = order_of(group, known.id, known.number)
        return self._orders[number, team]

    def _before(self, parent: int, position: int, visit: Visit) -> tuple[bytes, ...] | None:
        """The events that completed the groups before this one in the order around it; None where one lacks."""
        group = self.play.rules.package.groups[parent]
        if not is_ordered(group) or group.mode is not Mode.HUNT or group.skippable:
            return ()
        why: list[bytes] = []
        for other in self.order(parent, self.play.events[visit.place].team):
            if other == position:
                break
            done = self._completed(group.groups[other], visit)
            if done is None:
                return None
            why += done
        return tuple(why)

    def _completed(self, number: int, visit: Visit) -> tuple[bytes, ...] | None:
        """The events that completed a group of checkpoints, as far as the visit could know; None where it is not."""
        group = self.play.rules.package.groups[number]
        found: list[bytes] = []
        count = 0
        for leg in group.legs:
            by = self._leg_done(group, leg.any_of, visit, None)
            if by is not None:
                count += 1
                found += by
        return tuple(found) if count >= min(group.complete_count or len(group.legs), len(group.legs)) else None

    def _rank(
        self, number: int, group: Group, order: tuple[int, ...], legs: tuple[int, ...], visit: Visit
    ) -> tuple[int | None, int, tuple[bytes, ...]]:
        """The rank that a visit fills, None where none is open; the rank that is next; the events it rests on."""
        mine = sorted(order.index(leg) for leg in legs)
        if group.skippable:
            known = [r for r, leg in enumerate(order) if self.knows(visit.event, self.legs.get((number, leg), []))]
            latest = max(known, default=-1)
            rank = next((r for r in mine if r >= latest), None)
            by = self.knows(visit.event, self.legs[number, order[latest]]) if known else None
            return rank, latest + 1, () if by is None else (by,)
        again: int | None = None
        ends, settled = self._done.setdefault((number, order, self.play.knowledge.chain_of(visit.event)), ([], []))
        for rank in mine:
            if rank < len(ends):
                again = rank
                if not self.knows(visit.event, self.legs.get((number, order[rank]), [])):
                    return rank, rank, tuple(settled[: ends[rank - 1] if rank else 0])
        before, lasting = list(settled), True
        for rank, leg in enumerate(order[len(ends) :], len(ends)):
            done = self._leg_done(group, group.legs[leg].any_of, visit, self.legs.get((number, leg), []))
            if rank in mine:
                again = rank
                if done is None or not self.knows(visit.event, self.legs.get((number, leg), [])):
                    return rank, rank, tuple(before)
            if done is None:
                return again, rank, tuple(before)
            before += done
            lasting = lasting and done == self._doing(number, group, leg)
            if lasting:
                settled += done
                ends.append(len(settled))
        return again, len(order), tuple(before)

    def _doing(self, number: int, group: Group, leg: int) -> tuple[bytes, ...] | None:
        """What does a leg for whoever knows everything so far: nothing that comes later changes it. None: not plain."""
        play, any_of = self.play, group.legs[leg].any_of
        if any(one in play.rulings.voided for one in any_of):
            return next(play.rulings.voided[one] for one in any_of if one in play.rulings.voided)
        visits, filled = self.visits.get(any_of[0], []), self.legs.get((number, leg), [])
        by = visits[:1] if visits and visits[0] in self.by_staff else filled[:1]
        if group.advance is Advance.ANSWER:
            for challenge in play.rules.challenges_at.get(any_of[0], ()):
                right = play.rulings.voided_challenges.get(challenge) or self.right.get(challenge, [])[:1]
                if not right:
                    return None
                by = [*by, *right]
        return tuple(by)

    def _leg_done(
        self, group: Group, any_of: tuple[int, ...], visit: Visit, filled: list[bytes] | None
    ) -> tuple[bytes, ...] | None:
        """The events or decisions that did a leg, None where it is not done for all the visit could know."""
        play = self.play
        void = next((play.rulings.voided[one] for one in any_of if one in play.rulings.voided), None)
        if void is not None:
            return void
        for checkpoint in any_of:
            visits = self.visits.get(checkpoint, [])
            granted = bool(visits) and visits[0] in self.by_staff
            by = visits[0] if granted else self.knows(visit.event, visits if filled is None else filled)
            if by is None:
                continue
            if group.advance is Advance.VISIT:
                return (by,)
            answers = [self.settled(one, visit.event) for one in play.rules.challenges_at.get(checkpoint, ())]
            if None not in answers:
                return (by, *(one for found in answers for one in found or ()))
        return None

    def settled(self, challenge: int, event: bytes) -> tuple[bytes, ...] | None:
        """What answered a challenge rightly or used it up, as far as the event could know; None where nothing did."""
        void = self.play.rulings.voided_challenges.get(challenge)
        if void is not None:
            return void
        right = self.knows(event, self.right.get(challenge, []))
        if right is not None:
            return (right,)
        asked = self.play.rules.package.challenges[challenge]
        wrong = [by for ids in self.used.get(challenge, {}).values() if (by := self.knows(event, ids)) is not None]
        if isinstance(asked.key, Later | Judged):
            return tuple(wrong) or None
        return tuple(wrong) if asked.tries is not None and len(wrong) >= asked.tries else None

    def _all(self, ands: tuple[Atom, ...], visit: Visit) -> tuple[bytes, ...] | None:
        """The events that make all atoms true, None where one is not."""
        why: list[bytes] = []
        for atom in ands:
            found = self._atom(atom, visit)
            if found is None:
                return None
            why += [one for one in found if one]
        return tuple(why)

    def _atom(self, atom: Atom, visit: Visit) -> tuple[bytes, ...] | None:
        if isinstance(atom, Visited):
            by = self.knows(visit.event, self.visits.get(atom.checkpoint, []))
            return None if by is None else (by,)
        if isinstance(atom, Answered):
            by = self.knows(visit.event, self.right.get(atom.challenge, []))
            return None if by is None else (by,)
        if isinstance(atom, Earned):
            return self._earned(atom.points, visit)
        start = self.times.start
        if atom.absolute:
            return () if visit.at_ms >= atom.at_ms else None
        if start is None:
            return None
        known = self.times.known  # what a device saw open by the start it knew stays open when staff set a later one
        begun = start if known is None or start[0] <= known[0] else known
        if visit.at_ms < begun[0] + atom.at_ms:
            return None
        return (begun[1],) if begun[1] else ()

    def _earned(self, points: int, visit: Visit) -> tuple[bytes, ...] | None:
        """The events whose pay comes to so much; each checkpoint and challenge once."""
        total, seen, why = 0, set(), []
        for event, subject, worth in self.earned:
            if total >= points:
                break
            if subject not in seen and self.play.knowledge.knows(visit.event, event):
                seen.add(subject)
                total += worth
                why.append(event)
        return tuple(why) if total >= points else None
