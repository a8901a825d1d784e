"""One synthetic team's game: where it goes next, how long it takes, and the events its phone writes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import msgspec

from client_core.game.actions import Answer, CheckIn, Finish, Known, Photo, Start, encode_action
from client_core.game.challenges import Form
from client_core.game.checkpoints import Method
from client_core.game.courses import order_of
from client_core.game.entering import Entered
from client_core.game.events import LoggedEvent
from client_core.game.groups import Answered, Atom, Earned, Free, Group, Mode, Visited
from client_core.game.roles import Role
from client_core.game.rules import Rules
from client_core.game.teams import Team
from client_core.game.timeline import starts_itself
from client_core.game.timing import CheckInStart
from server.simulating.ground import Ground

RIGHT = "right"
"""The answer that is right to every challenge of a rehearsal; see `rehearsal.opened_up`."""
TRIES_PATIENT = 6
"""Where a game bounds no tries, a team has found the answer by then."""
READ_OUT_MS = 10_000
"""How long a team stands at the finish; its time ended when it came."""
_BEST_FIRST = (Method.GPS, Method.QR, Method.CODE, Method.KIOSK, Method.STAFF, Method.PAPER)


class Walker(msgspec.Struct, frozen=True):
    """A team as drawn. Speeds in millimetres a second; it plans with the one it believes in.

    `plan` is the order it set out with (empty: none), `picks` how it chooses
    otherwise: `nearest`, `richest`, `wandering`, or `none`: it goes by its plan alone. `right_percent`: how likely an
    answer is right. `even`: nothing is left to the dice.
    """

    team: Team
    entered: Entered
    start_ms: int
    speed: int
    believed: int
    plan: tuple[int, ...]
    picks: str
    stop_ms: int
    think_ms: int
    right_percent: int
    seed: int
    even: bool = False


class Stay(msgspec.Struct, frozen=True):
    """A team stood at a checkpoint from one time to another."""

    checkpoint: int
    from_ms: int
    to_ms: int


class Walk(msgspec.Struct):
    """What a team did: the events of its phone, where it stood when, how far it went and when it was done."""

    walker: Walker
    events: list[LoggedEvent]
    stays: list[Stay]
    length_mm: int
    done_ms: int


def walk(rules: Rules, ground: Ground, walker: Walker) -> Walk:
    """Play a team's game."""
    return _Walking(rules, ground, walker).play()


def worth_of(rules: Rules, number: int) -> int:
    """What a checkpoint and its challenges pay at most, as far as its points tell beforehand."""
    asked = rules.challenges_at.get(number, ())
    return rules.places[number].points + sum(rules.package.challenges[one].points for one in asked)


class _Walking:
    def __init__(self, rules: Rules, ground: Ground, walker: Walker) -> None:
        self.rules, self.ground, self.walker = rules, ground, walker
        self.seats = rules.seats_of(walker.entered.categories)
        self.dice = random.Random(walker.seed)  # noqa: S311 - a rehearsal that can be seen again, no secret
        self.at, self.now_ms, self.length_mm = ground.start, walker.start_ms, 0
        self.visited: dict[int, int] = {}
        """By checkpoint when it was left."""
        self.right: set[int] = set()
        self.earned = 0
        self.events: list[LoggedEvent] = []
        self.stays: list[Stay] = []
        self.stream = hashlib.sha256(b"rehearsal" + walker.team.id).digest()
        self.worth = [worth_of(rules, number) for number in range(len(rules.places))]
        self.wanted = self._wanted()
        self.end_ms = self._end_ms()

    def play(self) -> Walk:
        anywhere = [n for n, one in enumerate(self.rules.package.challenges) if one.checkpoint is None]
        if isinstance(self.walker.entered.start, CheckInStart):
            self._stand(self.ground.start, ask=False)
        elif starts_itself(self.walker.entered.start, self.walker.team.start_at_ms):
            self._write(Start(self.now_ms))
            self.now_ms += 1_000
        while (following := self._next()) is not None:
            self._go(following)
            self._stand(following)
            while anywhere and self.now_ms + self.walker.think_ms < self.end_ms:
                self._solve(anywhere.pop())
        if self.rules.finish >= 0:
            self._go(self.rules.finish)
            self._stand(self.rules.finish, ask=False)
        else:
            self._write(Finish(self.now_ms))
        return Walk(self.walker, self.events, self.stays, self.length_mm, self.now_ms)

    def _next(self) -> int | None:
        """Where to go now; None: to the finish. Waits where only time opens what is left."""
        while True:
            there = [number for number in self._open() if self._in_time(number)]
            if self.walker.picks == "none":
                there = [number for number in there if number in self.walker.plan]
            if there:
                return self._pick(there)
            wait_ms = min((at for at in self._openings_ahead() if at > self.now_ms), default=None)
            if wait_ms is None or wait_ms >= self.end_ms:
                return None
            self.now_ms = wait_ms

    def _pick(self, there: list[int]) -> int:
        planned = next((number for number in self.walker.plan if number in there), None)
        if planned is not None:
            return planned
        ways = self.ground.ways_mm[self.at]
        if self.walker.picks == "richest":
            return max(there, key=lambda number: (max(1, self.worth[number]) / max(1_000, ways[number]), -number))
        by_way = sorted(there, key=lambda number: (ways[number], number))
        return by_way[0] if self.walker.picks == "nearest" else self.dice.choice(by_way[:4])

    def _in_time(self, number: int) -> bool:
        """Whether it believes to be back in time from there, and finds it open."""
        there_ms = self.now_ms + self._believed_ms(self.at, number)
        back_ms = self._believed_ms(number, self.ground.finish) if self.rules.finish >= 0 else 0
        hours = self.rules.places[number].hours
        is_open = not hours or any(one.from_ms <= there_ms <= one.to_ms for one in hours)
        return is_open and there_ms + self._stay_ms(number) + back_ms <= self.end_ms

    def _open(self) -> Iterator[int]:
        """What it may visit now, wants to, and has not yet."""
        groups, seats = self.rules.package.groups, self.seats
        for number in self.wanted:
            if number in self.visited:
                continue
            seat = seats.get(number)
            if seat is None:
                yield number
                continue
            group = groups[seat.group]
            if self._is_open(seat.group) and (isinstance(group.order, Free) or number in self._following(group)):
                yield number

    def _following(self, group: Group) -> tuple[int, ...]:
        """The checkpoints that fill the next leg of an order."""
        for leg in order_of(group, self.walker.team.id, self.walker.team.number):
            filled = [one for one in group.legs[leg].any_of if one in self.visited]
            if not filled:
                return group.legs[leg].any_of
        return ()

    def _is_open(self, number: int) -> bool:
        group = self.rules.package.groups[number]
        if group.categories and not set(group.categories) & set(self.walker.entered.categories):
            return False
        if group.opening and not any(all(map(self._holds, ands)) for ands in group.opening):
            return False
        if number not in self.rules.parents:
            return True
        parent, position = self.rules.parents[number]
        return self._is_open(parent) and self._before_done(parent, position)

    def _before_done(self, parent: int, position: int) -> bool:
        group = self.rules.package.groups[parent]
        if isinstance(group.order, Free) or group.mode is not Mode.HUNT or group.skippable:
            return True
        order = order_of(group, self.walker.team.id, self.walker.team.number)
        for other in order[: order.index(position)]:
            inner = self.rules.package.groups[group.groups[other]]
            done = sum(any(one in self.visited for one in leg.any_of) for leg in inner.legs)
            if done < min(inner.complete_count or len(inner.legs), len(inner.legs)):
                return False
        return True

    def _holds(self, atom: Atom) -> bool:
        if isinstance(atom, Visited):
            return atom.checkpoint in self.visited
        if isinstance(atom, Answered):
            return atom.challenge in self.right
        if isinstance(atom, Earned):
            return self.earned >= atom.points
        return self.now_ms >= atom.at_ms + (0 if atom.absolute else self.walker.start_ms)

    def _openings_ahead(self) -> Iterator[int]:
        """When time alone will open something that is wanted."""
        for group in self.rules.package.groups:
            for atom in (one for ands in group.opening for one in ands):
                if not isinstance(atom, Visited | Answered | Earned):
                    yield atom.at_ms + (0 if atom.absolute else self.walker.start_ms)
        for number in self.wanted:
            if number not in self.visited:
                yield from (one.from_ms for one in self.rules.places[number].hours)

    def _wanted(self) -> list[int]:
        """What is worth a visit: it pays, asks, opens something, or stands in an order."""
        package, rules = self.rules.package, self.rules
        needed = {
            number
            for group in package.groups
            if not isinstance(group.order, Free) or group.complete_points > 0
            for leg in group.legs
            for number in leg.any_of
        }
        atoms = [atom for group in package.groups for ands in group.opening for atom in ands]
        needed |= {atom.checkpoint for atom in atoms if isinstance(atom, Visited)}
        paying = self.walker.entered.checkpoints
        return [
            number
            for number, worth in enumerate(self.worth)
            if number != rules.finish and (worth > 0 or number in needed) and (paying is None or number in paying)
        ]

    def _end_ms(self) -> int:
        """When it means to be done: the end of its limit, or else of the game."""
        limit, start_ms = self.walker.entered.limit, self.walker.start_ms
        ends = [self.rules.closes_ms]
        if limit is not None:
            ends += [start_ms + limit.limit_ms] if limit.limit_ms is not None else []
            ends += [limit.back_by_ms] if limit.back_by_ms is not None else []
        return min(ends)

    def _believed_ms(self, a: int, b: int) -> int:
        return self.ground.ways_mm[a][b] * 1000 // self.walker.believed

    def _stay_ms(self, number: int) -> int:
        asked = len(self.rules.challenges_at.get(number, ()))
        return max(self.walker.stop_ms, self.rules.places[number].dwell_ms) + asked * self.walker.think_ms

    def _go(self, number: int) -> None:
        way_mm = self.ground.ways_mm[self.at][number]
        spread = 100 if self.walker.even else self.dice.randint(85, 130)
        self.now_ms += way_mm * 10 * spread // self.walker.speed
        self.length_mm += way_mm
        self.at = number

    def _stand(self, number: int, *, ask: bool = True) -> None:
        """Arrive, check in, solve what is asked, and leave."""
        from_ms, place = self.now_ms, self.rules.places[number]
        last = number == self.rules.finish
        dwell_ms = 0 if last else place.dwell_ms
        self.now_ms += dwell_ms
        self._check_in(number, dwell_ms)
        self.visited[number] = self.now_ms
        self.earned += max(0, place.points)
        spread = 100 if self.walker.even else self.dice.randint(50, 150)
        self.now_ms += max(1_000, (READ_OUT_MS if last else self.walker.stop_ms) * spread // 100)
        for challenge in self.rules.challenges_at.get(number, ()) if ask else ():
            self._solve(challenge)
        self.stays.append(Stay(number, from_ms, self.now_ms))

    def _solve(self, number: int) -> None:
        challenge = self.rules.package.challenges[number]
        patience = challenge.tries or TRIES_PATIENT
        for attempt in range(patience):
            spread = 100 if self.walker.even else self.dice.randint(50, 150)
            self.now_ms += max(1_000, self.walker.think_ms * spread // 100 // (1 + attempt))
            knows = self.walker.even or self.dice.randrange(100) < self.walker.right_percent
            knows = knows or (challenge.tries is None and attempt == patience - 1)
            if challenge.form is Form.PHOTO:
                self._write(Photo(self.now_ms, number, hashlib.sha256(self.stream).digest(), 1))
                knows = True
            else:
                self._write(Answer(self.now_ms, number, RIGHT if knows else f"wrong {attempt}"))
            if knows:
                self.right.add(number)
                self.earned += challenge.points
                break

    def _check_in(self, number: int, dwell_ms: int) -> None:
        place = self.rules.places[number]
        method = next(one for one in _BEST_FIRST if one in place.methods and (one or place.fence is not None))
        role = Role.PLAYER
        code, lon_e7, lat_e7, accuracy_dm = None, None, None, None
        if method is Method.GPS:
            (lon_e7, lat_e7), accuracy_dm = self.ground.positions[number], min(50, place.accuracy_dm_max)
        elif method in {Method.QR, Method.CODE}:
            code = place.code
        else:
            role = Role.ORGANISER
        before_ms = dwell_ms if method is Method.GPS and dwell_ms else None
        self._write(CheckIn(method, code, self.now_ms, number, lon_e7, lat_e7, accuracy_dm, before_ms), role)

    def _write(self, action: Known, role: Role = Role.PLAYER) -> None:
        seq, payload = len(self.events), encode_action(action)
        identity = hashlib.sha256(self.stream + seq.to_bytes(4, "big") + payload).digest()
        self.events.append(LoggedEvent(self.stream, seq, identity, self.stream, payload, role, self.walker.team.id))
