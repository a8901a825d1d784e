"""Games drawn from a seed, with teams, a register and events of every kind: what folds are compared on.

Integers only and no library that draws differently elsewhere, so a seed means
the same game on every platform. What is drawn is not played sensibly; that is
the point.
"""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any, NamedTuple

import msgspec
from seeded_packages import CLOSES_MS, HOUR_MS, LAT_E7, LON_E7, MINUTE_MS, OPENS_MS, WORDS, draw_package

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
from client_core.game.content import Package
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
from client_core.game.entrants import Sex
from client_core.game.events import LoggedEvent
from client_core.game.explaining import explain
from client_core.game.lines import Line
from client_core.game.results import TeamResult
from client_core.game.roles import Role
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold
from client_core.game.standings import game_digest, standings
from client_core.game.teams import Register, read_register

TEAMS = 3
_DEVICES = 3
_TEAM_IDS = tuple(number.to_bytes(16, "big") for number in range(1, TEAMS + 1))


class Drawn(NamedTuple):
    """One game with everything that happened in it; `events` are those of the teams' streams, `said` the game's own."""

    rules: Rules
    register: Register
    events: list[LoggedEvent]
    said: list[LoggedEvent]


def draw_game(seed: int) -> Drawn:
    """The game of a seed."""
    rng = Random(seed)
    package = draw_package(rng)
    rules = compile_rules(package)
    events: list[LoggedEvent] = []
    for team in _TEAM_IDS:
        for device in range(rng.choice([1, 1, 2, _DEVICES])):
            events += _phone(rng, package, events, team, device)
        if rng.random() < 0.6:
            events += _staff(rng, package, events, team)
    said = list(_game_stream(rng, package, events))
    return Drawn(rules, read_register(rules, said), events, said)


def _phone(rng: Random, package: Package, before: list[LoggedEvent], team: bytes, device: int) -> list[LoggedEvent]:
    """What one phone, or a kiosk, writes; now and then in two branches."""
    role = Role.KIOSK if rng.random() < 0.15 else Role.PLAYER
    key = hashlib.sha256(b"phone" + team + bytes([device])).digest()
    stream = hashlib.sha256(b"stream" + key).digest()
    at_ms = OPENS_MS + HOUR_MS + rng.randrange(20 * MINUTE_MS)
    heads = [event for event in before if event.team == team]
    events: list[LoggedEvent] = []
    for seq in range(rng.randrange(3, 26)):
        at_ms += rng.randrange(6 * MINUTE_MS)
        said_ms = at_ms + rng.choice([0] * 12 + [-10 * MINUTE_MS, 90 * HOUR_MS, -90 * HOUR_MS])
        seen = (rng.choice(heads).id,) if heads and rng.random() < 0.25 else None
        payload = _played(rng, package, said_ms, seen)
        events.append(_event(stream, seq, 0, key, payload, role, team))
    if rng.random() < 0.15:
        fork = rng.randrange(len(events))
        for seq in range(fork, fork + 4):
            previous = events[fork - 1].id if seq == fork and fork else b""
            payload = _played(rng, package, at_ms + seq * MINUTE_MS, None)
            events.append(_event(stream, seq, 1, key, payload, role, team, previous))
    return events


def _event(
    stream: bytes, seq: int, branch: int, key: bytes, payload: bytes, role: int, team: bytes, previous: bytes = b""
) -> LoggedEvent:
    identity = hashlib.sha256(b"%b %d %d" % (stream, seq, branch) + payload).digest()
    return LoggedEvent(stream, seq, identity, key, payload, role, team, previous)


def _played(rng: Random, package: Package, at_ms: int, seen: tuple[bytes, ...] | None) -> bytes:
    """The payload of something done in play."""
    action: Known
    challenges = len(package.challenges)
    dice = rng.random()
    if challenges and dice > 0.65:
        number = rng.randrange(challenges + (rng.random() < 0.05))
        action = rng.choice(
            [
                Answer(at_ms, number, rng.choice(WORDS), rng.choice([None, "rose", "thorn"]), seen),
                Answer(at_ms, number, str(rng.randrange(40)), None, seen),
                ChallengeOpened(at_ms, number, seen),
                HintTaken(at_ms, number, rng.randrange(3), seen),
                Photo(at_ms, number, bytes(32), 1_000, seen),
            ]
        )
    elif dice < 0.03:
        action = Start(at_ms, seen)
    elif dice < 0.06:
        action = Finish(at_ms, _member(rng), seen)
    elif dice < 0.07:
        action = Retired(at_ms, _member(rng), seen)
    elif dice < 0.08:
        action = Continued(bytes(32), 0, bytes(32))
    elif dice < 0.09:
        return rng.choice([b"", b"\x91\x0f", b"\x92\x00\x63", b"\xc1"])
    else:
        return encode_action(_check_in(rng, package, at_ms, seen))
    return encode_action(action)


def _check_in(rng: Random, package: Package, at_ms: int, seen: tuple[bytes, ...] | None) -> CheckIn:
    """A check-in, mostly near its checkpoint, at times far off or half round the earth."""
    number = rng.randrange(len(package.checkpoints) + (rng.random() < 0.03))
    method = rng.choice([Method.GPS] * 14 + list(Method))
    fence = package.checkpoints[number].fence if number < len(package.checkpoints) else None
    lon_e7, lat_e7 = (LON_E7, LAT_E7) if fence is None else (fence.metric.lon_e7, fence.metric.lat_e7)
    reach = rng.choice([30, 400, 900, 900, 1_700, 2_300, 3_000, 20_000])
    lon_e7 += rng.randrange(-reach, reach + 1) + rng.choice([0] * 20 + [-3_600_000_000, 3_600_000_000])
    lat_e7 += rng.randrange(-reach, reach + 1)
    code = rng.choice(["rose", "thorn", package.checkpoints[min(number, len(package.checkpoints) - 1)].code])
    placed = method is Method.GPS and rng.random() < 0.97
    return CheckIn(
        method,
        None if method is Method.GPS else code,
        at_ms,
        number,
        max(-1_800_000_000, min(1_800_000_000, lon_e7)) if placed else None,
        lat_e7 if placed else None,
        rng.choice([None, 30, 30, 100, 100, 150, 200, 501, 9_000]),
        rng.choice([None, 0, 2_000, 60_000]),
        rng.choice([None, 3_000]),
        _member(rng),
        rng.choice([None, None, _view(number)]),
        seen,
    )


def _member(rng: Random) -> int | None:
    return rng.choice([None, None, None, 0, 1, 2, 9])


def _view(number: int) -> bytes:
    """The payload of the view that `_game_stream` shows of a checkpoint; its id is a hash of it."""
    return hashlib.sha256(b"view %d" % number).digest()


def _staff(rng: Random, package: Package, events: list[LoggedEvent], team: bytes) -> list[LoggedEvent]:
    """Decisions about one team, in a stream of its audience."""
    key = hashlib.sha256(b"staff" + team).digest()
    stream = hashlib.sha256(b"stream" + key).digest()
    mine = [event for event in events if event.team == team]
    found: list[LoggedEvent] = []
    for seq in range(rng.randrange(1, 7)):
        role = rng.choice([Role.ORGANISER, Role.REFEREE, Role.REFEREE, Role.KIOSK])
        action = _decision(rng, package, mine, found, team)
        found.append(_event(stream, seq, 0, key, encode_action(action), role, team))
    return found


def _decision(
    rng: Random, package: Package, mine: list[LoggedEvent], before: list[LoggedEvent], team: bytes | None
) -> Known:
    """Any decision; about the team, or, where that is None, about everybody."""
    at_ms = OPENS_MS + 3 * HOUR_MS + rng.randrange(HOUR_MS)
    when_ms = OPENS_MS + HOUR_MS + rng.randrange(3 * HOUR_MS)
    place, of_team = rng.randrange(len(package.checkpoints)), team or rng.choice(_TEAM_IDS)
    challenge = rng.randrange(max(1, len(package.challenges)))
    sees = tuple(event.id for event in before[-1:]) if rng.random() < 0.3 else ()
    event = rng.choice(mine).id if mine else bytes(32)
    category = rng.choice([None, "women", "open"])
    found: list[Known] = [
        CheckpointVoided(at_ms, "", place, team),
        ChallengeVoided(at_ms, "", challenge, team),
        VisitGranted(at_ms, "", of_team, place, rng.choice([None, when_ms]), rng.choice([None, 0, 1])),
        VisitTaken(at_ms, "", of_team, place, rng.choice([None, 0, 1])),
        PointsAdjusted(at_ms, "", of_team, rng.randrange(-40, 41)),
        TimeCredited(at_ms, "", of_team, rng.randrange(-5, 20) * MINUTE_MS),
        AnswerAccepted(at_ms, "", challenge, rng.choice(WORDS).lower(), rng.random() < 0.7, sees),
        AnswerJudged(at_ms, "", of_team, event, rng.random() < 0.6, rng.choice([None, 7]), sees),
        EndSet(at_ms, "", when_ms + HOUR_MS, team, None if team else category, sees),
        Stopped(at_ms, "", when_ms, rng.random() < 0.8, category, sees),
        Neutralised(at_ms, "", when_ms, rng.choice([None, when_ms + 9 * MINUTE_MS]), team, None, None, sees),
        Neutralised(at_ms, "", OPENS_MS, CLOSES_MS, team, place, rng.choice([None, 0]), sees),
        CategorySet(at_ms, "", of_team, (rng.choice(["women", "open"]),), rng.choice([None, "short"]), sees),
        StatusSet(at_ms, "", of_team, rng.randrange(13), rng.choice([None, 0, 1]), sees),
        StartSet(at_ms, "", when_ms - HOUR_MS, team, None, sees),
        GroupOpened(at_ms, "", rng.randrange(max(1, len(package.groups))), when_ms, team),
    ]
    if before:
        found += [Undone(at_ms, "", rng.choice(before).id)] * 3
    return rng.choice(found)


def _game_stream(rng: Random, package: Package, events: list[LoggedEvent]) -> list[LoggedEvent]:
    """What the organiser's node tells everybody: teams, members, who holds what, what it held when, decisions."""
    key = hashlib.sha256(b"node").digest()
    stream = hashlib.sha256(b"stream" + key).digest()
    actions: list[Known] = []
    for number, team in enumerate(_TEAM_IDS, 1):
        start_ms = rng.choice([None, OPENS_MS + HOUR_MS])
        categories = rng.choice([(), ("women",), ("open",)]) if package.categories else ()
        form = rng.choice([None, "short"]) if package.formats else None
        actions.append(TeamRegistered(OPENS_MS, team, number, f"Team {number}", start_ms, categories, form))
        for member in range(rng.choice([0, 0, 2, 3])):
            device = hashlib.sha256(b"phone" + team + bytes([member])).digest()
            sex = rng.choice(list(Sex))
            actions.append(Member(OPENS_MS, team, member, 1_950 + rng.randrange(65), sex, device))
    for _ in range(rng.choice([0, 0, 3])):
        held = rng.choice(events)
        actions.append(Witnessed(OPENS_MS + HOUR_MS + rng.randrange(4 * HOUR_MS), held.stream, held.seq, held.id))
    told: list[LoggedEvent] = []
    for number in range(rng.choice([0, 4])):
        shown = HolderShown(OPENS_MS + HOUR_MS, number, rng.choice(_TEAM_IDS), OPENS_MS + rng.randrange(2 * HOUR_MS))
        event = _event(stream, 10_000 + number, 0, key, encode_action(shown), Role.ORGANISER, b"")
        told.append(event._replace(id=_view(number)))
    if rng.random() < 0.1:
        actions.append(TeamsMerged(OPENS_MS, "", _TEAM_IDS[0], _TEAM_IDS[1]))
    if rng.random() < 0.1:
        moved = rng.choice(events)
        actions.append(DeviceMoved(OPENS_MS, "", moved.stream, moved.seq, rng.choice(_TEAM_IDS)))
    if rng.random() < 0.2:
        actions.append(LotDrawn(OPENS_MS, "", tuple(rng.sample(_TEAM_IDS, 2))))
    for seq, action in enumerate(actions):
        told.append(_event(stream, seq, 0, key, encode_action(action), Role.ORGANISER, b""))
    decided: list[LoggedEvent] = []
    for seq in range(len(actions), len(actions) + rng.choice([0, 0, 1, 3])):
        action = _decision(rng, package, events, decided, None)
        decided.append(_event(stream, seq, 0, key, encode_action(action), Role.REFEREE, b""))
    return told + decided


SAID = (
    "team",
    "number",
    "points",
    "penalties",
    "score",
    "status",
    "start_ms",
    "finish_ms",
    "time_ms",
    "visited",
    "late_minutes",
    "late_points",
    "flags",
    "events",
    "judged",
    "categories",
    "format",
    "missing",
    "answered",
    "hints",
    "wrong",
    "last_points_ms",
    "estimate",
    "members",
    "disputed",
    "claims",
    "merged_into",
)
"""The fields of a result, but for what stands in the lines of its explanation."""


def results_of(drawn: Drawn) -> list[TeamResult]:
    """Every team's result."""
    moved = drawn.register.roots or drawn.register.homes
    return [
        fold(
            drawn.rules,
            team,
            [event for event in drawn.events if moved or event.team == team.id],
            drawn.register,
        )
        for team in drawn.register.teams.values()
    ]


def _said(line: Line) -> tuple[Any, ...]:
    return line.code, line.points, line.values, line.event, line.checkpoint, line.at_ms, line.because


def digest_of(drawn: Drawn) -> str:
    """One short hash of all that is said of a game: results, every line of their explanations, standings, digest."""
    results = results_of(drawn)
    said: list[Any] = [drawn.rules.package.rules]
    for result in results:
        said.append([getattr(result, name) for name in SAID])
        said.append(sorted(result.because.items()))
        said.append([_said(line) for line in explain(result)])
    for row in standings(results, drawn.rules, drawn.register):
        said.append([row.place, row.score, row.extra_points, row.provisional, *map(_said, row.extras)])  # noqa: PERF401
    said.append(game_digest(results, drawn.rules, drawn.register))
    return hashlib.sha256(msgspec.msgpack.encode(said)).hexdigest()[:16]
