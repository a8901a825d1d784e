"""Phases: what the phases of one fold leave behind, and how one more event is taken in there.

A late event is walked alone where nothing that was decided could depend on it:
it makes the times no others, and nobody knew it. Then only what is paid by the
same key, what it stands in for, and the challenge it answers are decided again.
"""

from __future__ import annotations

from copy import copy

from client_core.game.actions import (
    Answer,
    ChallengeOpened,
    CheckIn,
    Consented,
    Continued,
    Finish,
    Malformed,
    MessageRead,
    Photo,
    Retired,
    Said,
    Sos,
    Start,
    Unknown,
    Witnessed,
)
from client_core.game.answering import Answers
from client_core.game.clocking import clock
from client_core.game.entrants import Presence
from client_core.game.events import Decoded, Told
from client_core.game.evidence import told_wrongly
from client_core.game.growing import Growing, Grown
from client_core.game.openings import Openings
from client_core.game.paying import Purse, gather, pay, pay_course, pay_key
from client_core.game.play import NOTHING, Play, Visit, by_place
from client_core.game.results import Flag
from client_core.game.roles import Role
from client_core.game.timing import Doubt
from client_core.game.verdicts import Reason, Refused, Verdict
from client_core.game.walking import COURSE, Key, is_bare, walk

_ALONE = (
    *(CheckIn, Answer, ChallengeOpened, Photo, Start, Finish, Retired),
    *(Continued, Sos, Said, Consented, MessageRead, Witnessed, Unknown, Malformed),
)
"""What can be taken in by itself. All else may change anything: staff's word, who plays and with which device, what a
code of time proves, who looked at a hint first."""


class Phases:
    """One unit that is scored: its play, walked and paid."""

    def __init__(self, play: Play) -> None:
        self.play = play
        play.read(zip(play.told.places, play.told.events, strict=True))
        if play.rules.package.members.presence is Presence.LOWEST and play.members:
            _keep_one_member(play)
        self.times = clock(play)
        self.openings, self.answers = Openings(play, self.times), Answers(play, self.times)
        self._stood = walk(play, self.times, self.openings, self.answers, play.visits, play.asked)
        play.walked = dict(play.because)
        self._pays = pay(play, self.times, self.openings, self._stood)
        courses = [(number, COURSE) for number in sorted(play.rules.sport)]
        self._courses = {key: self._pays.pop(key) for key in courses if key in self._pays}
        self.answers.settle(self.openings, self.answers.given)
        self._closed = False

    def close(self) -> Purse:
        """What the team is paid by all events together; what that withholds is in the play's `closing`."""
        if self._closed:
            clock(self.play)
        self._closed = True
        return gather(self.play, self.times, (*self._pays.values(), *self._courses.values()))

    def verdict(self, grown: Grown) -> Verdict:
        """The verdict on an event that was taken in."""
        play = self.play
        if play.rules.package.groups:  # what a group pays at most is known when all is gathered
            self.close()
        return play.closing.verdicts.get(grown.place) or play.verdicts.get(grown.place, NOTHING)

    def detach(self, told: Told) -> None:
        """On a fresh copy: take copies of what this changes, so that the original stays as it is."""
        self.play = copy(self.play)
        self.play.detach(told)
        self.openings, self.answers = copy(self.openings), copy(self.answers)
        self.openings.detach(self.play)
        self.answers.detach(self.play)
        self._stood, self._pays, self._courses = self._stood.copy(), self._pays.copy(), self._courses.copy()

    def take(self, grown: Grown, growing: Growing) -> bool:
        """Take in an event at the end of its chain that nobody knew; False where all has to be folded anew."""
        place, event = grown
        play, action, bare = self.play, event.action, is_bare(self.play)
        news_from = play.evidence.news_from(action) if isinstance(action, Witnessed) else 0
        lowest = play.rules.package.members.presence is Presence.LOWEST and bool(play.members)
        if lowest or not isinstance(action, _ALONE) or not play.evidence.take(event):
            return False
        play.knowledge.take(play.told, event)
        visit = play.take(place, event)
        if is_bare(play) != bare or clock(play) != self.times:
            return False
        self._closed = False
        if isinstance(action, Witnessed) and event.role >= Role.KIOSK:
            return self._witness(
                [place for seq, place in growing.places_in.get(action.stream, ()) if news_from < seq <= action.seq]
            )
        if visit is not None:
            self._visit(visit)
            return True
        return not isinstance(action, Answer | Photo | ChallengeOpened) or self._ask(place, event, action)

    def _visit(self, visit: Visit) -> None:
        """Walk a visit, and pay anew what it may touch."""
        play = self.play
        for early in self.answers.too_early.get(visit.checkpoint, ()):
            play.because[early] = play.walked[early] = play.events_at(visit.checkpoint)
        self.openings.late, moved = True, False
        for key, visits in walk(play, self.times, self.openings, self.answers, [visit], ()).items():
            before, last = self._stood.get(key), next(reversed(self._stood.values()), [])
            same = self._stood[key] = sorted([*(before or ()), *visits], key=by_place)
            if same[0] is visit and (before or any(visit.place < other.place for other in last)):
                self._stood = dict(sorted(self._stood.items(), key=lambda row: min(map(by_place, row[1]))))
                moved = True
        if visit.event in play.because:
            play.walked[visit.event] = play.because[visit.event]
        self._pay(visit.checkpoint)
        if moved:
            self._pays = {key: self._pays[key] for key in self._stood if key in self._pays}

    def _pay(self, checkpoint: int) -> None:
        """Pay anew what is visited at a checkpoint, and at those that fill the same leg."""
        play, stood = self.play, self._stood
        groups = play.rules.package.groups
        alike = {checkpoint}.union(*(leg.any_of for group in groups for leg in group.legs if checkpoint in leg.any_of))
        courses = {seat.group for one in alike if (seat := play.seats.get(one)) is not None}
        again: list[Key] = [one for one in alike if one in stood]
        if courses:
            again += [
                key
                for key, visits in stood.items()
                if isinstance(key, tuple) and key[1] != COURSE and any(visit.checkpoint in alike for visit in visits)
            ]
        for key in again:
            self._reset(stood[key])
            self._pays[key] = pay_key(play, self.times, stood[key])
        for key in self._courses:
            if key[0] in courses:
                self._reset(stood.get(key, []))
                self._courses[key] = pay_course(play, self.times, self.openings, key[0], stood.get(key, []))

    def _reset(self, visits: list[Visit]) -> None:
        for visit in visits:
            self.play.reset(visit.event)

    def _ask(self, place: int, event: Decoded, action: Answer | Photo | ChallengeOpened) -> bool:
        """Take in an answer, a photo or the opening of a challenge."""
        play, openings, answers = self.play, self.openings, self.answers
        openings.late = True
        answers.consider(openings, place, event)
        if event.id in play.because:
            play.walked[event.id] = play.because[event.id]
        firsts = [play.place_of(ids[0]) for ids in openings.used.get(action.challenge, {}).values()]
        if firsts != sorted(firsts):
            return False
        if action.challenge in answers.given:
            for given in answers.given[action.challenge]:
                play.reset(given.event)
            answers.settle(openings, [action.challenge])
        return True

    def _witness(self, places: list[int]) -> bool:
        """See what a node's note says of the events at these places; False where it decides something."""
        play, compared = self.play, set()
        for place in places:
            event, interval = play.events[place], play.seen(place)
            at_ms = getattr(event.action, "at_ms", None)
            if at_ms is None or not play.is_timed(event):
                continue
            if told_wrongly(at_ms, interval):
                play.flags.add(Flag.TIME_CONTRADICTED)
            if type(event.action) is CheckIn:
                capped = interval.contradicted or (interval.high_ms is not None and at_ms > interval.high_ms)
                if capped or play.doubt is not Doubt.TEAM:
                    return False
                if event.action.checkpoint in play.rules.crossing:
                    compared.add(event.action.checkpoint)
        for checkpoint in compared:
            self._pay(checkpoint)
        return True


def _keep_one_member(play: Play) -> None:
    """Leave what one member did, and what was done for the whole team."""
    (only,) = play.members
    kept = []
    for visit in play.visits:
        if visit.who is None or only.member in visit.who:
            kept.append(visit)
        elif visit.who:
            play.refuse(visit.place, Refused(Reason.OTHER_MEMBER, (only.member,)))
        else:
            play.refuse(visit.place, Refused(Reason.MEMBER_UNKNOWN, (-1,)))
    play.visits = kept
