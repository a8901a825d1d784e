"""The rules of `game.toml` as the package holds them: times, kinds, members, ranking, what is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from client_core.game import timing
from client_core.game.checkpoints import (
    DISTANCE_MM_MAX,
    ByTime,
    Capture,
    FirstFinders,
    Hours,
    Kind,
    Method,
    NoAccuracy,
    Pay,
    Plain,
    Shown,
)
from client_core.game.entrants import Category, Format, MemberRule, Presence, Sex, TeamTime
from client_core.game.ranges import ACCURACY_MM_MAX
from client_core.game.showing import CheckInBy, Showing, StandingsShown
from client_core.game.timing import Beyond, Ranking, Start, TieBreak, TimeLimit
from server.authoring import game_file
from server.authoring.game_file import GameFile, Limits
from server.authoring.reading import Report, meant
from server.authoring.toml_lines import Path
from server.authoring.values import ValueFault, distance_mm, fence_mm, span_ms, time_ms, time_of_text

METHODS = {
    "position": Method.GPS,
    "qr": Method.QR,
    "code": Method.CODE,
    "kiosk": Method.KIOSK,
    "staff": Method.STAFF,
    "paper": Method.PAPER,
}
TIES = {
    "earlier finish": TieBreak.EARLIER_FINISH,
    "elapsed time": TieBreak.ELAPSED_TIME,
    "earlier last points": TieBreak.EARLIER_LAST_POINTS,
    "fewer hints": TieBreak.FEWER_HINTS,
    "fewer wrong": TieBreak.FEWER_WRONG,
    "nearest estimate": TieBreak.NEAREST_ESTIMATE,
    "draw": TieBreak.STAFF_DRAW,
}
DOUBT = {"team": timing.Doubt.TEAM, "estimate": timing.Doubt.ESTIMATE, "proven": timing.Doubt.PROVEN}
BEYOND = {"not placed": Beyond.OVER_TIME, "zero": Beyond.ZERO, "disqualified": Beyond.DISQUALIFIED}
HOUR_MS = 3_600_000
SELF_START_OPEN_MS = 30 * 24 * HOUR_MS


def span(text: str, path: Path, report: Report) -> int:
    """A duration in milliseconds; 0 and a finding where it is none."""
    try:
        return span_ms(text)
    except ValueFault as fault:
        report.error("value_malformed", path, str(fault))
        return 0


def at(time: datetime | None, path: Path, zone: ZoneInfo, report: Report) -> int | None:
    """A time in milliseconds; None where none is given, or with a finding where it is none."""
    try:
        return None if time is None else time_ms(time, zone)
    except ValueFault as fault:
        report.error("time_unclear", path, str(fault))
        return None


def fence_m(text: str) -> float:
    """A fence's radius in metres; raises `ValueFault`."""
    return fence_mm(text) / 1000


def read_times(
    file: Limits, path: Path, numbers: Mapping[str, int], zone: ZoneInfo, report: Report
) -> tuple[Start, TimeLimit | None]:
    """Start and limit of the game or of a format."""
    first, until = (
        at(file.start, (*path, "start"), zone, report),
        at(file.start_until, (*path, "start_until"), zone, report),
    )
    by = file.start_by or ("clock" if file.start is not None else "self")
    start: Start = timing.SelfStart(until)
    if by in {"clock", "interval"} and file.start is None:
        report.error("key_missing", (*path, "start_by"), f'start_by = "{by}" needs a time: start = 2026-06-06T10:00:00')
    elif by == "clock":
        start = timing.MassStart(first or 0)
    elif by == "interval":
        start = timing.IntervalStart(first or 0, span(file.start_every, (*path, "start_every"), report))
    elif by == "start list":
        start = timing.StartList()
    elif by == "staff":
        start = timing.StaffStart()
    elif by == "check-in":
        if file.start_at not in numbers:
            named = (
                f"the start {file.start_at!r} is no checkpoint"
                if file.start_at
                else 'start_by = "check-in" needs start_at'
            )
            hint = meant(file.start_at, list(numbers)) if file.start_at else ": the code of the start checkpoint"
            report.error("start_unknown", (*path, "start_at" if file.start_at else "start_by"), named + hint)
        start = timing.CheckInStart(numbers.get(file.start_at or "", 0), until)
    length = None if file.duration is None else span(file.duration, (*path, "duration"), report)
    back_by = at(file.back_by, (*path, "back_by"), zone, report)
    if length is None and back_by is None:
        return start, None
    late = None if file.late_max is None else span(file.late_max, (*path, "late_max"), report)
    return start, TimeLimit(
        length, file.late_points, late, back_by, BEYOND[file.late_then], file.late_checkins, DOUBT[file.late_in_doubt]
    )


def read_window(
    game: GameFile, limits: Sequence[TimeLimit], zone: ZoneInfo, now_ms: int, report: Report
) -> tuple[int, int]:
    """When the game opens and closes: as written, or an hour before the start and 12 hours after the longest limit."""
    starts = [at(one.start, (), zone, Report({})) for one in (game, *game.format.values())]
    first = min((one for one in starts if one is not None), default=None)
    last = max((one for one in starts if one is not None), default=None)
    opens = at(game.opens, ("opens",), zone, report)
    closes = at(game.closes, ("closes",), zone, report)
    if opens is None:
        opens = now_ms if first is None else first - HOUR_MS
    if closes is None and last is not None:
        length = max((limit.limit_ms or 0 for limit in limits), default=0)
        back_by = max((limit.back_by_ms or 0 for limit in limits), default=0)
        closes = max(last + length, back_by) + 12 * HOUR_MS
    return opens, closes if closes is not None else opens + SELF_START_OPEN_MS


def read_kinds(game: GameFile, zone: ZoneInfo, report: Report) -> tuple[tuple[Kind, ...], dict[str, int]]:
    """The game's own kind first, then those of `[kind.NAME]`; and their numbers by name."""
    kinds = [_kind(game_file.Kind(), game, (), zone, report)]
    for name, kind in game.kind.items():
        kinds.append(_kind(kind, game, ("kind", name), zone, report))
    return tuple(kinds), {name: number for number, name in enumerate(game.kind, 1)}


def read_ranking(game: GameFile) -> Ranking:
    """How standings are ordered."""
    return Ranking(
        tuple(TIES[tie] for tie in game.ties), game.rank_by == "time", game.dense_places, game.share_uncertain
    )


def read_members(game: GameFile, report: Report) -> MemberRule:
    """What a visit of a team is."""
    words = {"any": Presence.UNION, "all": Presence.ALL, "lowest": Presence.LOWEST, "some": Presence.K_OF_N}
    within = span(game.within, ("within",), report)
    time = TeamTime.FIRST if game.team_time == "first" else TeamTime.LAST
    return MemberRule(words[game.presence], within, max(1, game.members_needed), time)


def read_categories(game: GameFile) -> tuple[Category, ...]:
    """Categories, known by their NAMEs."""
    sexes = {"female": Sex.FEMALE, "male": Sex.MALE, "other": Sex.OTHER}
    return tuple(
        Category(
            code=code,
            name=one.name or code,
            age_min=one.age_min,
            age_max=one.age_max,
            age_sum_min=one.age_sum_min,
            size_min=one.size_min,
            size_max=one.size_max,
            female_min=one.female_min,
            male_min=one.male_min,
            sex=None if one.sex is None else sexes[one.sex],
            assigned_only=one.assigned,
            format=one.format,
        )
        for code, one in game.category.items()
    )


def read_formats(game: GameFile, numbers: Mapping[str, int], zone: ZoneInfo, report: Report) -> tuple[Format, ...]:
    """Formats, known by their NAMEs; what they leave out is as in the game."""
    formats = []
    for code, one in game.format.items():
        path = "format", code
        start, limit = read_times(one, path, numbers, zone, report)
        own_start = start if one.start is not None or one.start_by is not None else None
        for name in one.checkpoints or []:
            if name not in numbers:
                detail = f"there is no checkpoint {name!r}{meant(name, list(numbers))}"
                report.error("checkpoint_unknown", (*path, "checkpoints"), detail)
        pays = None if one.checkpoints is None else tuple(numbers.get(name, 0) for name in one.checkpoints)
        formats.append(Format(code, one.name or code, own_start, limit, pays))
    return tuple(formats)


def read_showing(game: GameFile, zone: ZoneInfo, report: Report) -> Showing:
    """What players see."""
    words = {"live": StandingsShown.LIVE, "frozen": StandingsShown.FROZEN, "hidden": StandingsShown.HIDDEN}
    by = CheckInBy.AUTOMATIC if game.check_in == "automatic" else CheckInBy.TAP
    frozen = at(game.frozen_from, ("frozen_from",), zone, report)
    return Showing(by, game.own_position, game.distances, words[game.standings], frozen)


def hours_of(text: str, zone: ZoneInfo) -> Hours:
    """Opening hours such as 2026-06-06T10:00 to 2026-06-06T12:00; raises `ValueFault`."""
    first, to, last = text.partition(" to ")
    if not to:
        raise ValueFault(f'{text!r} are no hours: write "2026-06-06T10:00 to 2026-06-06T12:00"')
    hours = Hours(time_of_text(first, zone), time_of_text(last, zone))
    if hours.from_ms > hours.to_ms:
        raise ValueFault(f"{text!r} ends before it begins")
    return hours


def _kind(kind: game_file.Kind, game: GameFile, path: Path, zone: ZoneInfo, report: Report) -> Kind:
    words = {"count": NoAccuracy.COUNT, "assume limit": NoAccuracy.ASSUME_LIMIT, "refuse": NoAccuracy.REFUSE}
    shown = {"always": Shown.ALWAYS, "near": Shown.NEAR, "open": Shown.OPEN}
    hours: list[Hours] = []
    accuracy, near, pay = 50_000, 0, Plain()
    key = "accuracy"
    try:
        accuracy = distance_mm(kind.accuracy or game.accuracy, 1, ACCURACY_MM_MAX)
        key = "fence"
        fence_mm(kind.fence or game.fence)
        key = "near"
        near = distance_mm(kind.near, 0, DISTANCE_MM_MAX)
        key = "hours"
        hours += [hours_of(text, zone) for text in kind.hours]
    except ValueFault as fault:
        report.error("value_malformed", (*path, key), str(fault))
    return Kind(
        methods=tuple(sorted({METHODS[way] for way in kind.ways or game.ways})),
        accuracy_mm_max=accuracy,
        no_accuracy=words[game.no_accuracy],
        hours=tuple(hours),
        dwell_ms=span(kind.dwell, (*path, "dwell"), report),
        shown=shown[kind.shown],
        near_mm=near,
        pay=_pay(kind, path, zone, report) or pay,
        revisit_ms=None if kind.revisit is None else span(kind.revisit, (*path, "revisit"), report),
    )


def _pay(kind: game_file.Kind, path: Path, zone: ZoneInfo, report: Report) -> Pay | None:
    given = [bool(kind.first_finders), bool(kind.by_time), kind.capture is not None]
    if sum(given) > 1:
        report.error("value_malformed", path, "it has two of first_finders, by_time and capture: split the kind")
    if kind.first_finders:
        return FirstFinders(tuple(kind.first_finders))
    if kind.capture is not None:
        return Capture(kind.capture, span(kind.blocked, (*path, "blocked"), report))
    steps = []
    absolute = any(text.startswith("at ") for text in kind.by_time)
    for text in kind.by_time:
        word, _, rest = text.partition(" ")
        when, _, points = rest.rpartition(":")
        if word != ("at" if absolute else "after") or not re.fullmatch(r"\s*-?[0-9]{1,9}\s*", points):
            detail = f'{text!r} is not understood: write "after 30 min: 20", or all with "at TIME: 20"'
            report.error("value_malformed", (*path, "by_time"), detail)
            continue
        try:
            steps.append((time_of_text(when, zone) if absolute else span_ms(when), int(points)))
        except ValueFault as fault:
            report.error("value_malformed", (*path, "by_time"), str(fault))
    if len({when for when, _ in steps}) < len(steps):
        report.error("value_malformed", (*path, "by_time"), "two steps begin at the same time: leave one out")
    return ByTime(absolute, tuple(sorted(steps))) if steps else None
