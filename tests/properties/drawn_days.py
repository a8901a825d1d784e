"""Days drawn for a drawn game: phones of several teams, kiosks and staff, offline from each other most of the time.

What one event says of another (a view, an undoing, a judgement, what it has
seen) names events that are drawn before it, as on a real day.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import msgspec
from drawn_games import ANSWERS, CHECKPOINTS, FINISH, MINUTE_MS, SECRET, Dice, DrawnGame, at, draw_game, position

from client_core.game.actions import (
    Answer,
    ChallengeOpened,
    CheckIn,
    Continued,
    Finish,
    HintTaken,
    HolderShown,
    Known,
    Member,
    Photo,
    Retired,
    Start,
    TeamRegistered,
    Witnessed,
    encode_action,
)
from client_core.game.checkpoints import Method
from client_core.game.decisions import (
    AnswerAccepted,
    AnswerJudged,
    CategorySet,
    ChallengeVoided,
    CheckpointVoided,
    DeviceMoved,
    EndSet,
    GroupOpened,
    LotDrawn,
    Neutralised,
    PointsAdjusted,
    StartSet,
    StatusSet,
    Stopped,
    TeamsMerged,
    TimeCredited,
    Undone,
    VisitGranted,
    VisitTaken,
)
from client_core.game.entrants import PlaysFor, Sex
from client_core.game.events import LoggedEvent
from client_core.game.roles import Role

YEAR_MS = 365 * 86_400_000
DECISIONS = (
    *("void", "void challenge", "grant", "take", "points", "credit", "accept", "judge", "end", "stop", "neutral"),
    *("category", "status", "start", "open group", "undo", "lots", "merge", "move"),
)


WHOSE = 1 << 40
"""Sets apart what is drawn of whose phones are, so that all else stays what a seed drew before."""


class Drawn(NamedTuple):
    """A seed's game, its day, and the names of what was drawn. Events without a team stand in everybody's streams."""

    seed: int
    game: DrawnGame
    events: tuple[LoggedEvent, ...]
    names: frozenset[str]


class _Device(NamedTuple):
    stream: bytes
    key: bytes
    role: int
    team: int


class _Day:
    """What was written so far."""

    def __init__(self, dice: Dice, game: DrawnGame) -> None:
        self.dice, self.game = dice, game
        self.events: list[LoggedEvent] = []
        self.heads: dict[bytes, LoggedEvent] = {}
        self.told: dict[bytes, frozenset[bytes]] = {}
        self.decisions: list[bytes] = []
        self.answers: list[tuple[int, bytes]] = []
        self.views: list[bytes] = []

    def write(self, device: _Device, action: Known | bytes, minute: float) -> LoggedEvent:
        """One event, with what its device has seen of the team's others."""
        if not isinstance(action, bytes) and "seen" in action.__struct_fields__ and device.role == Role.PLAYER:
            heads = frozenset(
                e.id for e in self.heads.values() if e.team == team_id(device.team) and e.stream != device.stream
            )
            if heads and heads != self.told.get(device.stream) and self.dice.often(0.4, "phones met"):
                self.told[device.stream] = heads
                action = msgspec.structs.replace(action, seen=tuple(sorted(heads)))
        head = self.heads.get(device.stream)
        base, seq, previous = head, 0 if head is None else head.seq + 1, b"" if head is None else head.id
        if head is not None and head.seq > 1 and device.role == Role.PLAYER and self.dice.often(0.04, "fork"):
            base = next(e for e in self.events if e.stream == device.stream and e.seq == head.seq - 1)
            seq, previous = head.seq, base.id
        payload = action if isinstance(action, bytes) else encode_action(action)
        salt = len(self.events).to_bytes(4, "big")
        identity = hashlib.sha256(device.stream + salt + payload).digest()
        audience = team_id(device.team) if device.team else b""
        event = LoggedEvent(device.stream, seq, identity, device.key, payload, device.role, audience, previous)
        self.heads[device.stream] = event
        self.events.append(event)
        return event


def team_id(number: int) -> bytes:
    """The id of a team, by its number."""
    return bytes([number]) * 16


def draw(seed: int) -> Drawn:
    """The game and the day of a seed."""
    dice = Dice(seed)
    game = draw_game(dice)
    day = _Day(dice, game)
    office = _device("office", Role.ORGANISER, 0)
    phones: list[_Device] = []
    for number in range(1, game.teams + 1):
        phones += _enter(day, office, number)
    desks = [
        _device(f"desk {number}", dice.pick((Role.REFEREE, Role.ORGANISER)), number) for number in range(game.teams + 1)
    ]
    kiosks = [_device(f"kiosk {number}", Role.KIOSK, number) for number in range(1, game.teams + 1)]
    minute = 0.0
    for _ in range(dice.number(8, 28)):
        minute += dice.random.choice((0, 0.5, 1, 2, 4, 7))
        who = dice.random.random()
        if who < 0.74:
            _play(day, dice.pick(phones), minute)
        elif who < 0.82:
            _kiosk(day, dice.pick(kiosks), minute, phones)
        else:
            _decide(day, dice.pick(desks), minute, phones)
    said = _say_whose(Dice(seed ^ WHOSE), phones, dice)
    return Drawn(seed, game, (*day.events, *said), frozenset(dice.drawn))


def _say_whose(own: Dice, phones: list[_Device], dice: Dice) -> list[LoggedEvent]:
    """Phones that said whose they are, in a stream of an incarnation of theirs before; drawn apart from the rest."""
    events = []
    for number, phone in enumerate(phones if "members" in dice.drawn and own.often(0.4) else ()):
        stream = _hash(f"stream {number} before")
        for seq in range(own.number(0, 2)):
            dice.drawn.add("phone says whose")
            members = tuple(sorted({own.number(0, 2) for _ in range(own.number(0, 2))}))
            payload = encode_action(PlaysFor(at(own.number(-5, 60)), members))
            identity = hashlib.sha256(stream + bytes([seq]) + payload).digest()
            events.append(LoggedEvent(stream, seq, identity, phone.key, payload, phone.role, team_id(phone.team)))
    return events


def _device(name: str, role: int, team: int) -> _Device:
    return _Device(_hash(f"stream {name}"), _hash(f"key {name}"), role, team)


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _enter(day: _Day, office: _Device, number: int) -> list[_Device]:
    """Register a team, its members and phones."""
    dice = day.dice
    listed = at(dice.number(0, 6)) if dice.often(0.3, "time in the start list") else None
    entered = ("guests",) if day.game.rules.package.categories and dice.often(0.3, "entered for a category") else ()
    plays = (
        dice.pick(("long", "short"))
        if day.game.rules.package.formats and dice.often(0.5, "entered for a format")
        else None
    )
    day.write(office, TeamRegistered(at(-50), team_id(number), number, f"T{number}", listed, entered, plays), 0)
    phones = [_device(f"phone {number}.{phone}", Role.PLAYER, number) for phone in range(dice.number(1, 3))]
    if dice.often(0.55, "members"):
        for member in range(dice.number(1, 3)):
            device = phones[member % len(phones)].key if dice.often(0.9) else None
            sex = dice.pick((Sex.FEMALE, Sex.MALE))
            note = Member(at(-40), team_id(number), member, dice.pick((1960, 1990, None)), sex, device)
            day.write(office, note, 0)
    return phones


def _play(day: _Day, phone: _Device, minute: float) -> None:
    """Something a player does."""
    dice = day.dice
    at_ms = at(minute + dice.pick((0, 0, 0, 0.01)))
    if dice.often(0.02, "clock years off"):
        at_ms += dice.pick((YEAR_MS, -YEAR_MS))
    elif dice.often(0.05, "clock set back"):
        at_ms -= 9 * MINUTE_MS
    does = dice.random.random()
    challenges = day.game.rules.package.challenges
    if does < 0.56 or (does < 0.9 and not challenges):
        day.write(phone, _check_in(day, at_ms, Role.PLAYER), minute)
    elif does < 0.9:
        number = dice.number(0, len(challenges) - 1)
        day.answers.append((phone.team, day.write(phone, _ask(day, at_ms, number), minute).id))
    elif does < 0.93:
        day.write(phone, Start(at_ms), minute)
    elif does < 0.97:
        member = 0 if dice.often(0.3, "member finishes") else None
        done: Known = Finish(at_ms, member) if day.game.rules.finish < 0 else _visit(day, at_ms, FINISH, Method.GPS)
        day.write(phone, done, minute)
    elif dice.often(0.4, "gives up"):
        day.write(phone, Retired(at_ms, 0 if dice.often(0.5, "member gives up") else None), minute)
    elif dice.often(0.3):
        day.write(phone, Continued(phone.stream, 0, bytes(32)), minute)
    else:
        day.write(phone, dice.pick((b"\xc1", b"\x91\x0f", b"\x92\x00\x00")), minute)
        dice.drawn.add("damaged or unknown")


def _check_in(day: _Day, at_ms: int, role: int) -> CheckIn:
    dice = day.dice
    number = dice.pick((0, 1, 2, 3, 0, 1, 2, 4, 5, 6, 7, *range(CHECKPOINTS)))
    own = (Method.GPS, Method.GPS, Method.GPS, Method.QR, Method.CODE)
    return _visit(
        day, at_ms, number, dice.pick(own) if role == Role.PLAYER else dice.pick((Method.KIOSK, Method.PAPER))
    )


def _visit(day: _Day, at_ms: int, number: int, method: Method) -> CheckIn:
    dice = day.dice
    dice.drawn.add(f"check-in: {method.name.lower()}")
    more: dict[str, Any] = {}
    if dice.often(0.12, "member named"):
        more["member"] = dice.number(0, 3)
    if day.views and dice.often(0.5, "view named"):
        more["view"] = dice.pick(day.views)
    if method is Method.GPS:
        lon_e7, lat_e7 = position(number)
        away = 90 * 60 if dice.often(0.05, "outside the fence") else 0
        accuracy = None if dice.often(0.1, "fix without accuracy") else dice.pick((80, 80, 80, 600))
        stay = {"before_ms": 40_000} if dice.often(0.6) else {}
        return CheckIn(method, None, at_ms, number, lon_e7, lat_e7 + away, accuracy, **stay, **more)
    secret = day.game.secrets.get(number)
    code = secret or day.game.rules.codes[number]
    if dice.often(0.06, "wrong code"):
        code = "wrong"
    return CheckIn(method, code if method in {Method.QR, Method.CODE} else None, at_ms, number, **more)


def _ask(day: _Day, at_ms: int, number: int) -> Known:
    """Something about a challenge."""
    dice = day.dice
    challenge = day.game.rules.package.challenges[number]
    does = dice.random.random()
    if does < 0.14:
        dice.drawn.add("challenge opened")
        return ChallengeOpened(at_ms, number)
    if does < 0.34 and challenge.hints:
        dice.drawn.add("hint taken")
        return HintTaken(at_ms, number, dice.number(0, 1))
    if challenge.form.name == "PHOTO":
        return Photo(at_ms, number, bytes([dice.number(0, 3)]) * 32, 9)
    return Answer(at_ms, number, dice.pick(ANSWERS), SECRET if dice.often(0.7) else None)


def _kiosk(day: _Day, kiosk: _Device, minute: float, phones: list[_Device]) -> None:
    """A card read, a witness, a view, or an answer judged where only kiosks know it."""
    dice, at_ms = day.dice, at(minute)
    does = dice.random.random()
    if does < 0.4:
        card = _check_in(day, at(minute - dice.pick((0, 10))), Role.KIOSK)
        finish = _visit(day, at_ms, FINISH, Method.KIOSK)
        day.write(kiosk, finish if day.game.rules.finish >= 0 and dice.often(0.3, "finish by kiosk") else card, minute)
    elif does < 0.7:
        heads = [day.heads[p.stream] for p in phones if p.team == kiosk.team and p.stream in day.heads]
        if heads:
            dice.drawn.add("witnessed")
            head = dice.pick(heads)
            day.write(kiosk, Witnessed(at(minute - 1), head.stream, head.seq, head.id), minute)
    elif day.game.rules.crossing:
        dice.drawn.add("holder shown")
        number = dice.pick(sorted(day.game.rules.crossing))
        office = _device("views", Role.ORGANISER, 0)
        shown = HolderShown(at_ms, number, team_id(dice.number(1, day.game.teams)), at(minute - 2))
        day.views.append(day.write(office, shown, minute).id)
    elif day.answers:
        team, event = dice.pick(day.answers)
        judge = _device(f"kiosk {team}", Role.KIOSK, team)
        judged = AnswerJudged(at_ms, "", team_id(team), event, dice.often(0.6))
        day.decisions.append(day.write(judge, judged, minute).id)


def _decide(day: _Day, desk: _Device, minute: float, phones: list[_Device]) -> None:
    """A decision: for one team in its stream, or for all in everybody's."""
    dice = day.dice
    words = list(DECISIONS)
    word = dice.pick(words)
    team = desk.team or dice.number(1, day.game.teams)
    decision = _decision(day, word, minute, team, phones, for_all=not desk.team)
    if decision is None:
        return
    dice.drawn.add(f"staff: {word}")
    if not desk.team:
        dice.drawn.add("staff: for all")
    day.decisions.append(day.write(desk, decision, minute).id)


def _decision(
    day: _Day, word: str, minute: float, number: int, phones: list[_Device], *, for_all: bool
) -> Known | None:
    dice, at_ms, team = day.dice, at(minute), team_id(number)
    whose = None if for_all else team
    checkpoint = dice.number(0, CHECKPOINTS - 1)
    package = day.game.rules.package
    seen = (dice.pick(day.decisions),) if day.decisions and dice.often(0.4, "decision saw another") else ()
    member = 0 if dice.often(0.2, "decision on a member") else None
    category = (
        package.categories[0].code if for_all and package.categories and dice.often(0.3, "for a category") else None
    )
    other = team_id(1 + number % day.game.teams)
    simple: dict[str, Known] = {
        "void": CheckpointVoided(at_ms, "", checkpoint, whose),
        "grant": VisitGranted(at_ms, "", team, checkpoint, dice.pick((None, at(minute - 5))), dice.pick((None, 0, 1))),
        "take": VisitTaken(at_ms, "", team, checkpoint, member),
        "points": PointsAdjusted(at_ms, "", team, dice.pick((10, -10))),
        "credit": TimeCredited(at_ms, "", team, dice.pick((3, -3)) * MINUTE_MS),
        "end": EndSet(at_ms, "", at(dice.pick((20, 40, 70))), whose, category, seen),
        "stop": Stopped(at_ms, "", at(minute), dice.often(0.7), category, seen),
        "neutral": Neutralised(
            at_ms, "", at(minute - 10), dice.pick((None, at(minute))), whose, dice.pick((None, None, 0)), None, seen
        ),
        "status": StatusSet(at_ms, "", team, dice.pick((None, 3, 8, 12)), member, seen),
        "start": StartSet(at_ms, "", at(dice.pick((2, 6))), whose, category, seen),
        "lots": LotDrawn(at_ms, "", (team, other), seen),
    }
    if word in simple:
        return simple[word]
    return _of_what_there_is(day, word, at_ms, number, phones, whose=whose, seen=seen)


def _of_what_there_is(
    day: _Day,
    word: str,
    at_ms: int,
    number: int,
    phones: list[_Device],
    *,
    whose: bytes | None,
    seen: tuple[bytes, ...],
) -> Known | None:
    """A decision about something that this day may not have."""
    dice, team, package = day.dice, team_id(number), day.game.rules.package
    other = team_id(1 + number % day.game.teams)
    found: Known | None = None
    if word == "undo" and day.decisions:
        found = Undone(at_ms, "", dice.pick(day.decisions))
    elif word == "merge" and dice.often(0.45):
        found = TeamsMerged(at_ms, "", team, other)
    elif word == "move" and dice.often(0.5):
        found = DeviceMoved(at_ms, "", dice.pick(phones).stream, dice.number(0, 3), other)
    elif word == "category" and package.categories:
        codes = (dice.pick(package.categories).code,) if dice.often(0.8) else ()
        found = CategorySet(at_ms, "", team, codes, "short" if package.formats and dice.often(0.3) else None, seen)
    elif word == "open group" and package.groups:
        found = GroupOpened(at_ms, "", dice.number(0, len(package.groups) - 1), at_ms - 5 * MINUTE_MS, whose)
    elif word == "judge" and day.answers:
        whose_answer, event = dice.pick(day.answers)
        found = AnswerJudged(at_ms, "", team_id(whose_answer), event, dice.often(0.6), dice.pick((None, 12)), seen)
    elif word == "accept" and package.challenges:
        challenge = dice.number(0, len(package.challenges) - 1)
        found = AnswerAccepted(at_ms, "", challenge, dice.pick(("arno", "dante", "giotto")), dice.often(0.7), seen)
    elif word == "void challenge" and package.challenges:
        found = ChallengeVoided(at_ms, "", dice.number(0, len(package.challenges) - 1), whose)
    return found
