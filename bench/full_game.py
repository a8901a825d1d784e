"""A game that uses every kind of rule, and a long day of one team in it: what a refold costs at its dearest.

Four phones, of which three must be at a place together, visit, answer, take
hints and are late; a kiosk reads their cards; staff void, grant, pause and
credit. Everything is computed from fixed numbers, so that every run folds the
same.
"""

from __future__ import annotations

import hashlib

from client_core.game.actions import (
    Answer,
    ChallengeOpened,
    CheckIn,
    Finish,
    HintTaken,
    Known,
    Member,
    Photo,
    Start,
    TeamRegistered,
    Witnessed,
    encode_action,
)
from client_core.game.answers import answer_hash, answer_key
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Judged
from client_core.game.checkpoints import ByTime, Capture, FirstFinders, Hours, Kind, Method
from client_core.game.decisions import (
    AnswerAccepted,
    AnswerJudged,
    ChallengeVoided,
    CheckpointVoided,
    EndSet,
    GroupOpened,
    Neutralised,
    PointsAdjusted,
    TimeCredited,
    Undone,
    VisitGranted,
    VisitTaken,
)
from client_core.game.entrants import Category, MemberRule, Presence, Sex
from client_core.game.events import LoggedEvent
from client_core.game.groups import Advance, Answered, Earned, Fixed, Group, Leg, Mode, Reached, Rotated, Visited
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.roles import Role
from client_core.game.rules import Rules, compile_rules
from client_core.game.teams import Register, Team, read_register
from client_core.game.timing import Ranking, SelfStart, TieBreak, TimeLimit

EVENTS = 1_000
CHECKPOINTS, CHALLENGES, PHONES = 160, 40, 4
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
OPENS_MS = 1_654_322_400_000
STARTS_MS = OPENS_MS + HOUR_MS
TEAM = bytes(15) + b"\x01"
_SALT = b"sixteen bytes ok"
_LON_E7, _LAT_E7 = 112_500_000, 437_700_000
_NOTES = 24
"""Events of staff at the end of the day."""


def full_rules() -> Rules:
    """The package: kinds, groups, challenges, members k of n, categories, limit and tie-breaks."""
    draft = Draft(
        name="Everything",
        time_zone="Europe/Rome",
        opens_at_ms=OPENS_MS,
        closes_at_ms=OPENS_MS + 12 * HOUR_MS,
        start=SelfStart(),
        limit=TimeLimit(7 * HOUR_MS, 5, 2 * HOUR_MS),
        checkpoints=tuple(_checkpoint(number) for number in range(CHECKPOINTS)),
        resume_ms=10 * MINUTE_MS,
        members=MemberRule(Presence.K_OF_N, 10 * MINUTE_MS, 3),
        ranking=Ranking((TieBreak.EARLIER_FINISH, TieBreak.FEWER_HINTS, TieBreak.FEWER_WRONG)),
        kinds=_kinds(),
        groups=_groups(),
        challenges=tuple(_challenge(number) for number in range(CHALLENGES)),
        categories=(Category("mixed", "", female_min=1, male_min=1), Category("all", "")),
    )
    return compile_rules(publish(draft))


def full_day(rules: Rules) -> tuple[Team, Register, list[LoggedEvent]]:
    """The team, what the game's streams say, and at least `EVENTS` events of its own streams."""
    day = _played(EVENTS)
    assert EVENTS <= len(day.events) < EVENTS + 20
    return Team(TEAM, 1, "Everybody"), read_register(rules, _game_stream(day)), day.events


def late_day(rules: Rules) -> tuple[Team, Register, list[LoggedEvent], list[LoggedEvent]]:
    """The same, where one phone is without a network from the middle of the day on: its events of then stand apart.

    The others know nothing of them, and it knows nothing of theirs. At least
    `EVENTS` are held.
    """
    day = _played(EVENTS * 8 // 7, apart_from=EVENTS // 2)
    held = [event for event in day.events if event.id not in day.unheard]
    late = [event for event in day.events if event.id in day.unheard]
    assert len(held) >= EVENTS
    return Team(TEAM, 1, "Everybody"), read_register(rules, _game_stream(day)), held, late


def _played(events: int, apart_from: int | None = None) -> _Day:
    """A day of so many events or a few more; from one of them on the last phone is without a network."""
    day = _Day()
    for phone in range(PHONES):
        day.add(phone, Start(STARTS_MS + phone))
    step = 0
    while len(day.events) < events - _NOTES - PHONES:
        _stop(day, step)
        step += 1
        if apart_from is not None and len(day.events) > apart_from:
            day.apart = PHONES - 1
    for phone in range(PHONES):
        day.add(phone, Finish(STARTS_MS + 3 * MINUTE_MS * step + phone))
    answered = next(event.id for event in day.events if event.id in day.photos)
    for action in _decisions(answered):
        day.note(action)
    return day


class _Day:
    """Events as they are written: each phone learns of the others' now and then."""

    def __init__(self) -> None:
        self.events: list[LoggedEvent] = []
        self.photos: set[bytes] = set()
        self.apart: int | None = None
        """The phone that is without a network."""
        self.unheard: set[bytes] = set()
        """What it wrote since."""
        self._next: dict[bytes, int] = {}
        self._heads: dict[bytes, bytes] = {}
        self._told: dict[bytes, tuple[bytes, ...]] = {}

    def add(self, phone: int, action: Known, role: int = Role.PLAYER) -> bytes:
        """Write what a phone (or the kiosk, number `PHONES`) does."""
        key = _device(phone)
        return self._write(key, encode_action(action), role)

    def seen(self, phone: int) -> tuple[bytes, ...] | None:
        """The heads of the others, where they changed since the phone wrote them last."""
        key = _device(phone)
        heads = tuple(head for other, head in sorted(self._heads.items()) if other != key)
        if self._told.get(key) == heads or phone == self.apart:
            return None
        self._told[key] = heads
        return heads

    def note(self, action: Known) -> bytes:
        """Write what staff decide about the team."""
        return self._write(hashlib.sha256(b"staff").digest(), encode_action(action), Role.REFEREE)

    def _write(self, key: bytes, payload: bytes, role: int) -> bytes:
        seq = self._next.get(key, 0)
        identity = hashlib.sha256(key + seq.to_bytes(4, "big") + payload).digest()
        self.events.append(LoggedEvent(key, seq, identity, key, payload, role, TEAM))
        self._next[key] = seq + 1
        if self.apart is None or key != _device(self.apart):
            self._heads[key] = identity
        else:
            self.unheard.add(identity)
        return identity


def _device(phone: int) -> bytes:
    """The key of a phone, and of its stream; `PHONES` is the kiosk's."""
    return hashlib.sha256(b"device %d" % phone).digest()


def _stop(day: _Day, step: int) -> None:
    """What the team does at its next checkpoint: all check in, some answer; a card is read at every tenth."""
    number, at_ms = step % CHECKPOINTS, STARTS_MS + step * 3 * MINUTE_MS
    lon_e7, lat_e7 = _at(number)
    for phone in range(PHONES):
        seen = day.seen(phone) if (step + phone) % 3 == 0 else None
        dx, dy = (step * 37 + phone * 11) % 250 - 125, (step * 53 + phone * 7) % 250 - 125
        there_ms = at_ms + phone * 5_000
        method = Method.QR if (step + phone) % 4 == 0 else Method.GPS
        code = f"C{number}" if method is Method.QR else None
        fix = (None, None, None) if method is Method.QR else (lon_e7 + dx, lat_e7 + dy, 40 + step % 60)
        day.add(phone, CheckIn(method, code, there_ms, number, *fix, 4_000, 9_000, None, None, seen))
    if step % 10 == 0:
        day.add(PHONES, CheckIn(Method.KIOSK, None, at_ms, number, member=step % PHONES), Role.KIOSK)
    if number % 4 == 0:
        _ask(day, number // 4, step, at_ms + 30_000)


def _ask(day: _Day, challenge: int, step: int, at_ms: int) -> None:
    reader, writer = step % PHONES, (step + 1) % PHONES
    day.add(reader, ChallengeOpened(at_ms, challenge, day.seen(reader)))
    if challenge % 8 == 7:
        photo = Photo(at_ms + 20_000, challenge, bytes(32), 200_000, day.seen(writer))
        day.photos.add(day.add(writer, photo))
        return
    for wrong in range(challenge % 3):
        day.add(writer, Answer(at_ms + 10_000 + wrong, challenge, f"wrong {wrong}", None, day.seen(writer)))
    if challenge % 2:
        day.add(reader, HintTaken(at_ms + 40_000, challenge, 0, day.seen(reader)))
    day.add(writer, Answer(at_ms + 60_000, challenge, "Brunelleschi", None, day.seen(writer)))


def _at(number: int) -> tuple[int, int]:
    return _LON_E7 + number % 20 * 10_000, _LAT_E7 + number // 20 * 10_000


def _checkpoint(number: int) -> DraftCheckpoint:
    lon_e7, lat_e7 = _at(number)
    kind = number % 6 if number >= 100 else 0
    return DraftCheckpoint(f"C{number}", points=10 + number % 5 * 5, at=(lon_e7 / 1e7, lat_e7 / 1e7), kind=kind)


def _kinds() -> tuple[Kind, ...]:
    everywhere = (Method.GPS, Method.QR, Method.KIOSK)
    hours = (Hours(OPENS_MS, OPENS_MS + 6 * HOUR_MS), Hours(OPENS_MS + 7 * HOUR_MS, OPENS_MS + 12 * HOUR_MS))
    return (
        Kind(everywhere, 20_000),
        Kind(everywhere, 20_000, hours=hours),
        Kind(everywhere, 20_000, dwell_ms=5_000),
        Kind(everywhere, 20_000, pay=ByTime(False, ((HOUR_MS, 20), (4 * HOUR_MS, 5)))),
        Kind(everywhere, 20_000, pay=FirstFinders((10, 5, 2))),
        Kind(everywhere, 20_000, pay=Capture(1, 10 * MINUTE_MS), revisit_ms=30 * MINUTE_MS),
    )


def _groups() -> tuple[Group, ...]:
    """A hunt, two free groups that open by what was done before, any 8 of 12, a line course, and one around two."""

    def legs(first: int, last: int) -> tuple[Leg, ...]:
        return tuple(Leg((number,)) for number in range(first, last))

    earned = ((Visited(0), Answered(0)), (Earned(50),))
    reached = ((Reached(False, 30 * MINUTE_MS), Visited(12)), (Answered(3),))
    return (
        Group("hunt", "", order=Rotated(), advance=Advance.ANSWER, legs=legs(0, 20), complete_points=40),
        Group("earned", "", legs=legs(20, 40), opening=earned, complete_points=30, complete_count=15),
        Group("reached", "", legs=legs(40, 60), opening=reached),
        Group("some", "", legs=legs(60, 72), count_max=8),
        Group("line", "", order=Fixed(), mode=Mode.SPORT, legs=legs(72, 90)),
        Group("first half", "", legs=legs(100, 110)),
        Group("second half", "", legs=legs(110, 120)),
        Group("halves", "", order=Fixed(), groups=(5, 6), complete_points=25),
    )


def _challenge(number: int) -> Challenge:
    """At every fourth checkpoint; every eighth asks for a photo."""
    asked = Hashed(_SALT, (answer_hash(_SALT, answer_key(Form.TEXT, "Brunelleschi")),))
    photo = number % 8 == 7
    return Challenge(
        f"Q{number}",
        "",
        "Who?",
        number * 4,
        Form.PHOTO if photo else Form.TEXT,
        Judged() if photo else asked,
        20,
        tries=3,
        wrong_points=2,
        wrong_points_max=6,
        par_ms=20 * MINUTE_MS,
        speed_points=10,
        hints=(Hint("B", 5), Hint("r", 5, 5 * MINUTE_MS)),
    )


def _decisions(photo: bytes) -> list[Known]:
    """What staff decide about the team, `_NOTES` in all; one is undone."""
    at_ms = OPENS_MS + 11 * HOUR_MS
    mistake = PointsAdjusted(at_ms, "a mistake", TEAM, 500)
    staff = hashlib.sha256(b"staff").digest()
    undone = hashlib.sha256(staff + bytes(4) + encode_action(mistake)).digest()
    found: list[Known] = [
        mistake,
        Undone(at_ms, "", undone),
        CheckpointVoided(at_ms, "the post was gone", 33, TEAM),
        ChallengeVoided(at_ms, "", 9, TEAM),
        VisitGranted(at_ms, "", TEAM, 90, STARTS_MS + 5 * HOUR_MS),
        VisitTaken(at_ms, "", TEAM, 61),
        TimeCredited(at_ms, "helped another team", TEAM, 5 * MINUTE_MS),
        EndSet(at_ms, "", STARTS_MS + 7 * HOUR_MS + 30 * MINUTE_MS, TEAM),
        Neutralised(at_ms, "thunder", STARTS_MS + 2 * HOUR_MS, STARTS_MS + 3 * HOUR_MS, TEAM),
        Neutralised(at_ms, "a queue", OPENS_MS, OPENS_MS + 12 * HOUR_MS, TEAM, 50),
        GroupOpened(at_ms, "", 2, STARTS_MS, TEAM),
        AnswerAccepted(at_ms, "", 5, "wrong0"),
        AnswerJudged(at_ms, "", TEAM, photo, right=True),
    ]
    return found + [PointsAdjusted(at_ms, "", TEAM, number % 3 - 1) for number in range(_NOTES - len(found))]


def _game_stream(day: _Day) -> list[LoggedEvent]:
    """Who plays, what is held, and two decisions about everybody."""
    key = hashlib.sha256(b"node").digest()
    actions: list[Known] = [TeamRegistered(OPENS_MS, TEAM, 1, "Everybody")]
    for phone in range(PHONES):
        device = _device(phone)
        actions.append(Member(OPENS_MS, TEAM, phone, 1980 + phone, Sex(1 + phone % 2), device))
        last = max((event for event in day.events if event.stream == device), key=lambda event: event.seq)
        actions.append(Witnessed(OPENS_MS + 10 * HOUR_MS, device, last.seq, last.id))
    actions.append(CheckpointVoided(OPENS_MS + 9 * HOUR_MS, "flooded", 95))
    actions.append(
        Neutralised(OPENS_MS + 9 * HOUR_MS, "", STARTS_MS + 4 * HOUR_MS, STARTS_MS + 4 * HOUR_MS + MINUTE_MS)
    )
    return [
        LoggedEvent(key, seq, hashlib.sha256(key + bytes([seq])).digest(), key, encode_action(one), Role.ORGANISER)
        for seq, one in enumerate(actions)
    ]
