"""Answering: challenges, by the key (team, challenge, normalised answer).

    equal wrong answers   cost once, however many devices send them
    a right answer        pays if fewer than `tries` different wrong ones stand that are not causally after it
    wrong answers         never cost more than the budget; those made knowing that it was over cost nothing
    hints                 cost once; knowing the right answer they cost nothing
    photos, free text     the last one is judged, unless an earlier one was judged right

What is charged follows from what the device could know; what is paid from all
events together.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from typing import NamedTuple

from client_core.game.actions import Answer, ChallengeOpened, HintTaken, Photo
from client_core.game.answers import Outcome, judge_answer
from client_core.game.challenges import Challenge, Judged, Later
from client_core.game.clocking import Times, still_opens
from client_core.game.events import Decoded
from client_core.game.openings import Openings
from client_core.game.play import Play
from client_core.game.results import Flag
from client_core.game.timeline import counted_ms
from client_core.game.verdicts import Accepted, Charged, Reason, Refused, Remarked


class Given(NamedTuple):
    """An answer that may be given: where it stands, when, its key, whether it is right (None: nobody knows yet)."""

    place: int
    event: bytes
    at_ms: int
    key: str
    right: bool | None
    why: tuple[bytes, ...]
    points: int | None
    distance: int | None


class Settled:
    """What the answers to one challenge, or to all, come to."""

    __slots__ = ("costs", "distance", "last_points_ms", "points", "right", "waiting", "wrong")

    def __init__(self) -> None:
        self.points = self.costs = self.wrong = self.waiting = 0
        self.right = False
        self.last_points_ms: int | None = None
        self.distance: int | None = None
        """How far the number that counts is from the best one."""


class Answers:
    """What a team answered, asked for and read, gathered while its events are walked."""

    def __init__(self, play: Play, times: Times) -> None:
        self.play, self.times = play, times
        self.given: dict[int, list[Given]] = {}
        self.opened: dict[int, list[tuple[int, bytes, int]]] = {}
        """By challenge when it was read, by which event, and where that stands."""
        self.hints: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
        self.looks: dict[tuple[int, int], list[bytes]] = {}
        """By challenge and hint every event that asked for it, whatever became of it."""
        self.too_early: dict[int, list[bytes]] = {}
        """By checkpoint the answers that came before it was visited."""
        self.hint_costs = self.hints_taken = 0
        self.settled: dict[int, Settled] = {}

    def detach(self, play: Play) -> None:
        """On a fresh copy: take copies of what this changes, so that the original stays as it is."""
        self.play, self.settled = play, self.settled.copy()
        self.given = {challenge: given.copy() for challenge, given in self.given.items()}
        self.opened = {challenge: opened.copy() for challenge, opened in self.opened.items()}
        self.hints = {hint: taken.copy() for hint, taken in self.hints.items()}
        self.looks = {hint: looks.copy() for hint, looks in self.looks.items()}
        self.too_early = {checkpoint: early.copy() for checkpoint, early in self.too_early.items()}

    def consider(self, openings: Openings, place: int, event: Decoded) -> None:
        """Take the next event about a challenge: refuse what may not be, establish what is."""
        play, action = self.play, event.action
        assert isinstance(action, Answer | Photo | HintTaken | ChallengeOpened)
        number = action.challenge
        challenges = play.rules.package.challenges
        if number >= len(challenges):
            play.refuse(place, Refused(Reason.UNKNOWN_CHALLENGE, (number,)))
            return
        challenge = challenges[number]
        if isinstance(action, HintTaken):
            self.looks.setdefault((number, action.hint), []).append(event.id)
        void = play.rulings.voided_challenges.get(number)
        late = self._late(place, event)
        if late is not None and not still_opens(play, self.times, late[0], action.at_ms):
            play.refuse(place, late[0], *late[1])
            return
        if challenge.checkpoint is not None and challenge.checkpoint != play.rules.finish:
            by = openings.knows(event.id, openings.visits.get(challenge.checkpoint, []))
            if by is None:
                early = play.events_at(challenge.checkpoint)
                refused, why = late or (Refused(Reason.NOT_VISITED, (challenge.checkpoint,)), early)
                if late is None:
                    self.too_early.setdefault(challenge.checkpoint, []).append(event.id)
                play.refuse(place, refused, *why)
                return
            play.because[event.id] = (by,)
        if late is not None or void is not None:
            if isinstance(action, Answer | Photo):
                self._read(openings, place, event, action, challenge)  # what it opened stays open
            refused, why = late if late is not None else (Refused(Reason.CHALLENGE_VOIDED), void or ())
            play.refuse(place, refused, *why)
        elif isinstance(action, ChallengeOpened):
            self.opened.setdefault(number, []).append((action.at_ms, event.id, place))
        elif isinstance(action, HintTaken):
            self._hint(openings, place, event, action, challenge)
        else:
            given = self._read(openings, place, event, action, challenge)
            insort(self.given.setdefault(number, []), given)

    def settle(self, openings: Openings, numbers: Iterable[int]) -> None:
        """Pay and charge the answers to these challenges, when all events are known."""
        for number in numbers:
            challenge, given = self.play.rules.package.challenges[number], self.given[number]
            settled = self.settled[number] = Settled()
            if isinstance(challenge.key, Judged):
                self._judge_by_people(challenge, given, settled)
            else:
                self._pay(openings, number, challenge, given, settled)

    def _late(self, place: int, event: Decoded) -> tuple[Refused, tuple[bytes, ...]] | None:
        """Why an answer or hint is not in time: before the start, after the finish, the limit or the stop."""
        times, rules = self.times, self.play.rules
        at_ms: int = event.action.at_ms  # type: ignore[union-attr]  # everything played tells its time
        finish, stop = times.finish, self.play.rulings.stop
        if finish is not None and (self.play.moment(event), place) > (finish.at_ms, finish.place):
            return Refused(Reason.FINISHED, (finish.told_ms,)), (finish.event,)
        if not rules.believed_from_ms <= at_ms <= rules.believed_to_ms:
            return None
        if stop is not None and at_ms > stop[1]:
            return Refused(Reason.STOPPED, (stop[1],)), (stop[0],)
        why = (times.start[1],) if times.start is not None and times.start[1] else ()
        if at_ms < times.from_ms:
            return Refused(Reason.NOT_STARTED, (times.from_ms,)), why
        if at_ms > times.until_ms:
            end = (self.play.rulings.end[0],) if self.play.rulings.end is not None else ()
            return Refused(Reason.AFTER_LIMIT, (times.until_ms,)), (*why, *end)
        return None

    def _hint(self, openings: Openings, place: int, event: Decoded, action: HintTaken, challenge: Challenge) -> None:
        play, number, hint = self.play, action.challenge, action.hint
        if hint >= len(challenge.hints):
            play.refuse(place, Refused(Reason.HINT_UNKNOWN, (hint,)))
            return
        before = [identity for _, identity in self.hints.get((number, hint - 1), [])]
        first = openings.knows(event.id, before) if challenge.hints_in_order and hint else b""
        if first is None:
            play.refuse(place, Refused(Reason.HINT_OUT_OF_ORDER, (hint - 1,)))
            return
        opened = self._opened(number, challenge, openings, event.id, place)
        if opened is not None and challenge.hints[hint].delay_ms:
            passed = counted_ms(self.times.spans, opened[0], action.at_ms)
            if passed < challenge.hints[hint].delay_ms:
                to_be_had = opened[0] + challenge.hints[hint].delay_ms
                play.refuse(place, Refused(Reason.HINT_TOO_EARLY, (to_be_had,)), opened[1])
                return
        taken = self.hints.setdefault((number, hint), [])
        right = openings.knows(event.id, openings.right.get(number, []))
        if taken:
            play.refuse(place, Charged(Reason.HINT_TAKEN, 0, (hint,)), taken[0][1], *([first] if first else []))
        elif right is not None:
            play.refuse(place, Charged(Reason.HINT_TAKEN, 0, (hint,)), right, *([first] if first else []))
        else:
            cost = challenge.hints[hint].points
            play.refuse(
                place,
                Charged(Reason.HINT_TAKEN, cost, (hint,)),
                *([first] if first else []),
                *self.looks[number, hint][:-1],
            )
            self.hint_costs += cost
            self.hints_taken += 1
        taken.append((action.at_ms, event.id))

    def _read(
        self, openings: Openings, place: int, event: Decoded, action: Answer | Photo, challenge: Challenge
    ) -> Given:
        """What an answer is, as far as can be told; what it opens is open from here on."""
        play, number = self.play, action.challenge
        key, right, distance = "", None, None
        if isinstance(action, Answer):
            mark = judge_answer(challenge, action.text, action.secret)
            key, distance = mark.key, mark.distance
            right = None if mark.outcome is Outcome.UNKNOWN else mark.outcome is Outcome.RIGHT
        why: tuple[bytes, ...] = ()
        points = None
        ruled = play.rulings.judged.get(event.id)
        accepted = play.rulings.accepted.get((number, key))
        before = right
        if ruled is not None:
            why, right, points = (ruled[0],), ruled[1].right, ruled[1].points
        elif accepted is not None and key:
            why, right = (accepted[0],), accepted[1]
        automatic = isinstance(challenge.key, Judged) and challenge.key.automatic
        if right or before or automatic:
            openings.establish(openings.right, number, event.id)
            openings.earn(event.id, -2 - number, challenge.points)
        elif right is False or isinstance(challenge.key, Later | Judged):
            used = openings.used.setdefault(number, {})
            openings.establish(used, key or event.id.hex(), event.id)
        return Given(place, event.id, action.at_ms, key, right, why, points, distance)

    def _opened(
        self, number: int, challenge: Challenge, openings: Openings, event: bytes, place: int
    ) -> tuple[int, bytes] | None:
        """When the challenge was opened, for all the event knew: read by a device, else its checkpoint visited."""
        knows = self.play.knowledge.knows
        read = [one for one in self.opened.get(number, []) if one[2] < place and knows(event, one[1])]
        if read:
            return min(read)[:2]
        if challenge.checkpoint is None:
            return None
        by = openings.knows(event, openings.visits.get(challenge.checkpoint, []))
        if not by:
            return None
        visit = next((one for one in self.play.visits if one.event == by), None)
        return None if visit is None else (visit.at_ms, by)

    def _pay(self, openings: Openings, number: int, challenge: Challenge, given: list[Given], settled: Settled) -> None:
        """Of the answers that can be told right from wrong."""
        play = self.play
        rights = [one for one in given if one.right]
        wrongs: dict[str, list[Given]] = {}
        for one in given:
            if one.right is False:
                wrongs.setdefault(one.key, []).append(one)
        paid: Given | None = None
        for one in rights:
            against = [found for same in wrongs.values() if (found := self._against(one, same)) is not None]
            if paid is not None:
                play.refuse(one.place, Refused(Reason.ANSWERED_BEFORE), paid.event, *one.why)
            elif challenge.tries is not None and len(against) >= challenge.tries:
                tried = Refused(Reason.TRIES_USED, (len(against), challenge.tries))
                play.refuse(one.place, tried, *against, *one.why)
            else:
                paid = one
                missed = [before.event for before in rights if before.place < one.place]
                one = one._replace(why=(*one.why, *missed))  # noqa: PLW2901 - what paid nothing left it to this one
                self._reward(openings, number, challenge, one, settled)
        for one in given:
            if one.right is None:
                settled.waiting += 1
                play.refuse(one.place, Refused(Reason.AWAITS_JUDGING))
        if challenge.form.name == "NUMBER" and given:
            best = paid if paid is not None else given[-1]
            if best.distance is not None:
                settled.distance = best.distance
        self._charge(challenge, rights, wrongs, settled)
        ruled = tuple(dict.fromkeys(decision for one in given for decision in one.why))
        for one in given if ruled else ():
            play.because[one.event] = tuple(dict.fromkeys((*play.because.get(one.event, ()), *ruled)))

    def _against(self, right: Given, same: list[Given]) -> bytes | None:
        """The first of equal wrong answers that was not given knowing of the right one."""
        knows = self.play.knowledge.knows
        before = (wrong for wrong in same if wrong.place < right.place or not knows(wrong.event, right.event))
        return next((wrong.event for wrong in before), None)

    def _charge(
        self, challenge: Challenge, rights: list[Given], wrongs: dict[str, list[Given]], settled: Settled
    ) -> None:
        """What the different wrong answers cost, in canonical order, within the budget."""
        play, knows = self.play, self.play.knowledge.knows
        charged: list[Given] = []
        spent = 0
        for one in sorted(wrong for same in wrongs.values() for wrong in same):
            over = next((r for r in rights if r.place < one.place and knows(one.event, r.event)), None)
            same = next((w for w in charged if w.key == one.key), None)
            known = [w for w in charged if knows(one.event, w.event)]
            if over is not None:
                play.refuse(one.place, Refused(Reason.ANSWERED_BEFORE), over.event, *one.why)
            elif same is not None:
                play.refuse(one.place, Charged(Reason.WRONG_ANSWER, 0), same.event, *one.why)
            elif challenge.tries is not None and len(known) >= challenge.tries:
                tried = Refused(Reason.TRIES_USED, (len(known), challenge.tries))
                play.refuse(one.place, tried, *[w.event for w in known], *one.why)
            else:
                cost = min(challenge.wrong_points, challenge.wrong_points_max - spent)
                capped = [w.event for w in charged] if cost < challenge.wrong_points else []
                play.refuse(one.place, Charged(Reason.WRONG_ANSWER, cost), *capped, *one.why)
                spent += cost
                charged.append(one)
        settled.costs += spent
        settled.wrong += len(charged)

    def _reward(self, openings: Openings, number: int, challenge: Challenge, one: Given, settled: Settled) -> None:
        """Pay a right answer, and its speed."""
        why = [*self.play.because.get(one.event, ()), *one.why]
        points = challenge.points if one.points is None else one.points
        opened = self._opened(number, challenge, openings, one.event, one.place) if challenge.par_ms else None
        if opened is not None:
            used_ms = max(0, counted_ms(self.times.spans, opened[0], one.at_ms))
            points += challenge.speed_points * max(0, challenge.par_ms - used_ms) // challenge.par_ms
            why.append(opened[1])
        fast = points - (challenge.points if one.points is None else one.points)
        self.play.refuse(one.place, Remarked(points, -1, (fast,)) if fast else Accepted(points), *dict.fromkeys(why))
        settled.points += points
        settled.right = True
        settled.last_points_ms = one.at_ms

    def _judge_by_people(self, challenge: Challenge, given: list[Given], settled: Settled) -> None:
        """Of photos and free text one counts: the last judged right, else the last of all."""
        play = self.play
        assert isinstance(challenge.key, Judged)
        chosen = next((one for one in reversed(given) if one.right), given[-1])
        for one in given:
            if one is not chosen:
                judged = one.right is False
                reason = Reason.JUDGED_WRONG if judged else Reason.REPLACED
                why = one.why if judged else (chosen.event, *chosen.why, *one.why)
                play.refuse(one.place, Refused(reason), *why)
        if chosen.right is False:
            play.refuse(chosen.place, Refused(Reason.JUDGED_WRONG), *chosen.why)
        elif chosen.right or challenge.key.automatic:
            points = challenge.points if chosen.points is None else chosen.points
            play.refuse(chosen.place, Accepted(points), *play.because.get(chosen.event, ()), *chosen.why)
            settled.points += points
            settled.right = True
            settled.last_points_ms = chosen.at_ms
        else:
            settled.waiting += 1
            play.refuse(chosen.place, Refused(Reason.AWAITS_JUDGING))

    def total(self) -> Settled:
        """What all challenges come to together, the hints among the costs; the distances as their sum."""
        total, each = Settled(), self.settled.values()
        total.points, total.wrong = sum(one.points for one in each), sum(one.wrong for one in each)
        total.costs = self.hint_costs + sum(one.costs for one in each)
        total.waiting = sum(one.waiting for one in each)
        total.last_points_ms = max((one.last_points_ms for one in each if one.last_points_ms is not None), default=None)
        distances = [one.distance for one in each if one.distance is not None]
        total.distance = sum(distances) if distances else None
        return total

    def flags(self) -> set[Flag]:
        """What staff should look at."""
        return {Flag.AWAITS_JUDGING} if any(one.waiting for one in self.settled.values()) else set()
