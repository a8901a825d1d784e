"""Small games and days told in a line each, and what comes out of them in words.

A case is what happens and what comes out, as text: the test compares the text,
the page of rules shows it. Minutes count from the start at 10:00.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from client_core.game.actions import CheckIn, Known, Member, encode_action
from client_core.game.checkpoints import Kind, Method
from client_core.game.events import LoggedEvent
from client_core.game.explaining import explain, sentence
from client_core.game.lines import COUNTED, Line
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.results import TeamResult
from client_core.game.roles import Role
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold
from client_core.game.standings import standings
from client_core.game.statuses import Status
from client_core.game.teams import Register, Team, read_register
from client_core.game.timing import MassStart, TimeLimit

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
START_MS = 1_780_732_800_000
"""Saturday, 6 June 2026, 10:00 in Florence."""
OPENS_MS = START_MS - HOUR_MS
CLOSES_MS = START_MS + 6 * HOUR_MS
WAYS = tuple(Method)
KIND = Kind(WAYS, 50_000)
CODES = ("31", "32", "33", "34", "F")
POINTS = {"31": 30, "32": 20, "33": 10, "34": 10, "F": 0}
NUMBERS = {code: number for number, code in enumerate(CODES)}
TEAM_NAMES = ("", "Foxes", "Owls", "Hares", "Bears")
ROLES = {"kiosk": Role.KIOSK, "safety": Role.SAFETY, "referee": Role.REFEREE, "organiser": Role.ORGANISER}

Told = Known | bytes | Callable[[Mapping[str, bytes]], Known]
"""An action, or what makes one of the ids of earlier events by their names."""


class Case(NamedTuple):
    """What happens, what comes out, how that is computed, and who says so."""

    happens: str
    comes_out: str
    told: Callable[[], str]
    source: str = ""


class Rule(NamedTuple):
    """A rule in words, and its cases."""

    name: str
    says: str
    cases: tuple[Case, ...]


class By(NamedTuple):
    """Something that a device writes: phones are numbers, staff are named by their roles.

    `knows`: it had met every other device before. `name`: what others call the event.
    """

    device: int | str
    action: Told
    knows: bool = False
    name: str = ""
    of: int = 1
    """The number of the team whose stream it is; 0: everybody's."""


def at(minute: float) -> int:
    """The time so many minutes after the start."""
    return START_MS + round(minute * MINUTE_MS)


def there(code: str, minute: float, method: Method = Method.GPS, /, **more: Any) -> CheckIn:
    """A check-in; by position it stands on the spot."""
    number = NUMBERS.get(code, 99)
    if method is not Method.GPS:
        read = more.pop("code", code if method in {Method.QR, Method.CODE} else None)
        return CheckIn(method, read, at(minute), number, **more)
    lon_e7, lat_e7 = _position(number)
    place = {"lon_e7": lon_e7, "lat_e7": lat_e7 + 90 * more.pop("away_m", 0), "accuracy_dm": 80} | more
    return CheckIn(method, None, at(minute), number, **place)


def rules(kinds: Mapping[str, Kind] | None = None, **changes: Any) -> Rules:
    """Checkpoints 31 (30 points), 32 (20), 33 and 34 (10 each), a finish; an hour, 5 points a started minute late."""
    kinds = kinds or {}
    listed = (changes.pop("kind", KIND), *kinds.values())
    of_kind = {code: number for number, code in enumerate(kinds, 1)}
    points = POINTS | changes.pop("worth", {})
    if "presence" in changes:
        changes["members"] = changes.pop("presence")
    settings: dict[str, Any] = {
        "name": "Saturday",
        "time_zone": "Europe/Rome",
        "opens_at_ms": OPENS_MS,
        "closes_at_ms": CLOSES_MS,
        "start": MassStart(START_MS),
        "checkpoints": tuple(
            DraftCheckpoint(
                code,
                points=points[code],
                at=(_position(number)[0] / 1e7, _position(number)[1] / 1e7),
                kind=of_kind.get(code, 0),
            )
            for number, code in enumerate(CODES)
        ),
        "finish_code": "F",
        "limit": TimeLimit(HOUR_MS, 5, None),
        "kinds": listed,
    }
    return compile_rules(publish(Draft(**settings | changes)))


def team(number: int = 1, **changes: Any) -> Team:
    """A team of the game."""
    known = Team(team_id(number), number, TEAM_NAMES[number])
    return msgspec.structs.replace(known, **changes)


def team_id(number: int) -> bytes:
    return bytes([number]) * 16


def device_key(device: int | str) -> bytes:
    return hashlib.sha256(f"key {device}".encode()).digest()


def stream_id(device: int | str, of: int = 1) -> bytes:
    return hashlib.sha256(f"stream {device} {of}".encode()).digest()


def crew(count: int, *, of: int = 1, **changes: Any) -> tuple[Member, ...]:
    """Members 0, 1, ... of a team, each with the phone of the next number."""
    return tuple(
        Member(at(-30), team_id(of), number, device=device_key(number + 1), **changes) for number in range(count)
    )


def write_down(*story: By | Told) -> list[LoggedEvent]:
    """The events of a story; what is no `By` was done on the first phone."""
    written: list[LoggedEvent] = []
    heads: dict[bytes, LoggedEvent] = {}
    ids: dict[str, bytes] = {}
    for entry in story:
        by = entry if isinstance(entry, By) else By(1, entry)
        stream = stream_id(by.device, by.of)
        action = by.action(ids) if callable(by.action) else by.action
        if by.knows and not isinstance(action, bytes):
            seen = tuple(sorted(event.id for one, event in heads.items() if one != stream))
            action = msgspec.structs.replace(action, seen=seen)
        payload = action if isinstance(action, bytes) else encode_action(action)
        seq = heads[stream].seq + 1 if stream in heads else 0
        identity = hashlib.sha256(b"%b %d" % (stream, seq) + payload).digest()
        role = int(ROLES.get(str(by.device), Role.PLAYER))
        audience = team_id(by.of) if by.of else b""
        heads[stream] = LoggedEvent(stream, seq, identity, device_key(by.device), payload, role, audience)
        written.append(heads[stream])
        if by.name:
            ids[by.name] = identity
    return written


def words(game: Rules, result: TeamResult, extra: Sequence[Line] = ()) -> str:
    """A result and every line of it, but for what counts and pays nothing itself."""
    lines = [line for line in [*explain(result), *extra] if line.code != COUNTED or line.text]
    lines = [line for line in lines if not (line.checkpoint == NUMBERS["F"] and line.code == "paid")]
    said = "; ".join(sentence(game, line) + (f" {line.points:+}" if line.points else "") for line in lines)
    return f"{result.points} - {result.penalties} = {result.score}, {_status(result.status)}" + (
        f": {said}" if said else ""
    )


def one(
    happens: str,
    comes_out: str,
    *story: By | Told,
    members: tuple[Member, ...] = (),
    number: int = 1,
    source: str = "",
    told: Callable[[Rules, TeamResult], str] = words,
    entered: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Case:
    """A case of one team."""

    def told_now() -> str:
        game = rules(**changes)
        register = Register(members={team_id(number): members} if members else {})
        one_team = team(number, **(entered or {}))
        return told(game, fold(game, one_team, write_down(*story), register))

    return Case(happens, comes_out, told_now, source)


def several(
    happens: str,
    comes_out: str,
    *story: By | Told,
    teams: int = 2,
    source: str = "",
    lines: bool = False,
    **changes: Any,
) -> Case:
    """A case of several teams: their places; with `lines` what each is paid for too."""

    def told_now() -> str:
        game = rules(**changes)
        events = write_down(*story)
        everybodys = [event for event in events if not event.team]
        known = {team_id(number): team(number) for number in range(1, teams + 1)}
        register = msgspec.structs.replace(read_register(game, everybodys), teams=known)
        results = []
        for one_team in known.values():
            mine = register.merged(one_team.id)
            own = [event for event in events if event.team and register.home(event, one_team.id) in mine]
            results.append(fold(game, one_team, own, register))
        rows = []
        for row in standings(results, game, register):
            place = "-" if row.place is None else f"{row.place}."
            text = f"{place} {TEAM_NAMES[row.result.number]} {row.score}"
            if row.result.status not in {Status.OK, Status.FINISHED}:
                text += f" ({_status(row.result.status)})"
            told = [sentence(game, line) + (f" {line.points:+}" if line.points else "") for line in row.extras]
            rows.append(text + (f" [{', '.join(told)}]" if lines and told else ""))
        return "; ".join(rows)

    return Case(happens, comes_out, told_now, source)


def pure(happens: str, comes_out: str, value: Callable[[], object], source: str = "") -> Case:
    """A case of a single function: its value, as text."""
    return Case(happens, comes_out, lambda: str(value()), source)


def clock_words(game: Rules, result: TeamResult) -> str:
    """When the team started and finished, and its time; the clock starts at 10:00."""
    start, finish = _clock(result.start_ms), _clock(result.finish_ms)
    lasted = "no time" if result.time_ms is None else _span(result.time_ms)
    text = f"start {start}, finish {finish}, time {lasted}, {_status(result.status)}"
    return text + "".join(f"; {sentence(game, line)}" for line in explain(result) if line.code not in {COUNTED, "paid"})


def _clock(at_ms: int | None) -> str:
    if at_ms is None:
        return "none"
    minutes, ms = divmod(at_ms - START_MS + 10 * HOUR_MS, MINUTE_MS)
    return f"{minutes // 60}:{minutes % 60:02}" + (f":{ms // 1000:02}" if ms else "")


def _span(span_ms: int) -> str:
    minutes, ms = divmod(span_ms, MINUTE_MS)
    return f"{minutes} min" + (f" {ms // 1000} s" if ms else "")


def _status(status: Status) -> str:
    return str(status).replace("_", " ")


def _position(number: int) -> tuple[int, int]:
    """Checkpoints stand 160 m apart, from west to east."""
    return 112_500_000 + 20_000 * min(number, len(CODES)), 437_700_000
