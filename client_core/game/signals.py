"""Signals: what staff may want to look at, with its numbers. Never a verdict: nothing here changes a score.

A signal says what was seen and how much of it; what it means is for people. A
bus explains a speed, a good receiver under open sky an exact fix, a phone that
was never set a clock. Read from one team's events, each device by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from client_core.game.actions import CheckIn
from client_core.game.checkpoints import Method
from client_core.game.events import PLAYED, Decoded, Told
from client_core.game.evidence import Evidence, Interval, clocks_of_nodes, told_wrongly
from client_core.game.geometry import distance_mm, radius_mm, spacing_mm
from client_core.game.nonces import NonceTaken
from client_core.game.roles import Role
from client_core.game.rules import Rules
from client_core.game.teams import Register

SPEED_KMH_MIN = 36
"""Ten metres a second between two check-ins: no runner's."""
SPEED_MM_MIN = 200_000
"""Nearer than this two seconds of a clock make any speed."""
ACCURACY_DM_MIN = 5
"""Half a metre at 95 %: no phone's receiver says so in earnest."""
EXACT_MM = 300
"""So near its checkpoint's own point no receiver is, time after time."""
TIMES_MIN = 3
"""What may happen once or twice is chance."""
GRID_E7 = 1_000
"""A tenth of a thousandth of a degree, 11 m: real fixes lie between."""
CLOCK_BACK_MS = 120_000
SIGNALS_MAX = 50
"""Of one team; who needs more reads its events."""

_PLAYED = (*PLAYED, NonceTaken)


class Kind(StrEnum):
    """What was seen. What `values` holds stands beside each."""

    SPEED = "speed"  # metres at least, seconds, km/h
    ACCURACY = "accuracy"  # how many fixes, the best in centimetres
    EXACT = "exact"  # how many fixes at the very point of their checkpoints, of how many
    SAME_FIX = "same_fix"  # how many check-ins with one and the same fix, over how many seconds
    GRID = "grid"  # how many fixes on an exact grid, all there are
    TIME = "time"  # the time told, not before, not after, in ms (-1: unknown)
    CLOCK_BACK = "clock_back"  # how many seconds a device's clock went back between two events
    NODE_CLOCK = "node_clock"  # how many seconds a node's clock went back between two of its notes


class Signal(msgspec.Struct, frozen=True):
    """One thing seen: on which device (or node), by which events, with which numbers (`Kind`)."""

    kind: Kind
    author: bytes
    events: tuple[bytes, ...]
    values: tuple[int, ...]


def read_signals(rules: Rules, told: Told, register: Register) -> list[Signal]:
    """The signals of a team's events, the same whatever order they came in; at most `SIGNALS_MAX`."""
    by_chain: dict[int, list[Decoded]] = {}
    for event in told.events:
        if event.role < Role.KIOSK and isinstance(event.action, _PLAYED):
            by_chain.setdefault(told.by_id[event.id][0], []).append(event)
    evidence = Evidence(rules, told, register)
    found: list[Signal] = []
    for chain in by_chain.values():
        chain.sort(key=lambda event: event.seq)
        visits = [event for event in chain if type(event.action) is CheckIn]
        found += _speeds(rules, visits)
        found += _fixes(rules, visits)
        found += _times(evidence, chain)
    nodes = {event.stream: event.author for event in told.events if event.role >= Role.KIOSK}
    back = clocks_of_nodes(event for event in told.events if event.role >= Role.KIOSK)
    found += [Signal(Kind.NODE_CLOCK, nodes[stream], (), (ms // 1000,)) for stream, ms in sorted(back.items())]
    return sorted(found, key=lambda one: (one.kind, one.author, one.events))[:SIGNALS_MAX]


def signal_sentence(signal: Signal) -> str:
    """The signal in English."""
    a, b, c = (*signal.values, 0, 0, 0)[:3]
    if signal.kind is Kind.TIME:
        return _time_sentence(a, Interval(None if b < 0 else b, None if c < 0 else c))
    return {
        Kind.SPEED: f"at least {a} m in {b} s between two check-ins: {c} km/h",
        Kind.ACCURACY: f"{a} fixes claim to be impossibly good, the best to {b} cm",
        Kind.EXACT: f"{a} of {b} fixes lie at the very point of their checkpoints, without any noise",
        Kind.SAME_FIX: f"{a} check-ins over {b} s have one and the same fix",
        Kind.GRID: f"all {a} fixes lie on an exact grid",
        Kind.CLOCK_BACK: f"its clock went back by {a} s between two events",
        Kind.NODE_CLOCK: f"the clock of a node went back by {a} s between two of its notes",
    }[signal.kind]


def _time_sentence(told_ms: int, interval: Interval) -> str:
    low_ms, high_ms, _ = interval
    if low_ms is not None and told_ms < low_ms:
        return f"its clock said {(low_ms - told_ms) // 1000} s before the earliest moment that nodes' clocks allow"
    if high_ms is not None and told_ms > high_ms:
        return f"its clock said {(told_ms - high_ms) // 1000} s after a node held the event already"
    return "nodes contradict each other about when it was"


def _speeds(rules: Rules, visits: Iterable[Decoded]) -> list[Signal]:
    """Two check-ins one after the other, too far apart for the time between them."""
    found: list[Signal] = []
    before: Decoded | None = None
    for event in visits:
        action = event.action
        assert isinstance(action, CheckIn)
        if action.checkpoint >= len(rules.places) or rules.places[action.checkpoint].fence is None:
            continue
        if before is not None:
            assert isinstance(before.action, CheckIn)
            apart_mm = _apart_mm(rules, before.action, action)
            took_ms = max(1_000, action.at_ms - before.action.at_ms)
            speed_kmh = apart_mm * 36 // (took_ms * 10)
            if apart_mm >= SPEED_MM_MIN and speed_kmh >= SPEED_KMH_MIN and action.at_ms >= before.action.at_ms:
                values = (apart_mm // 1000, took_ms // 1000, speed_kmh)
                found.append(Signal(Kind.SPEED, event.author, (before.id, event.id), values))
        before = event
    return found


def _apart_mm(rules: Rules, one: CheckIn, other: CheckIn) -> int:
    """How far apart two check-ins were at least: by their fixes, else by their fences; less what either may err."""
    points, slack_mm = [], 0
    for action in (one, other):
        fence = rules.places[action.checkpoint].fence
        assert fence is not None
        if action.lon_e7 is not None and action.lat_e7 is not None:
            points.append((action.lon_e7, action.lat_e7))
            slack_mm += (action.accuracy_dm or 0) * 100
        else:
            points.append((fence.metric.lon_e7, fence.metric.lat_e7))
            slack_mm += radius_mm(fence)
    fence = rules.places[one.checkpoint].fence
    assert fence is not None
    return max(0, spacing_mm(fence.metric, points[0], points[1]) - slack_mm)


def _fixes(rules: Rules, visits: Iterable[Decoded]) -> list[Signal]:
    """What the fixes of one device have in common that a receiver's do not."""
    fixed: list[tuple[bytes, CheckIn, tuple[int, int]]] = []
    author = b""
    for event in visits:
        action = event.action
        assert isinstance(action, CheckIn)
        if action.method == Method.GPS and action.lon_e7 is not None and action.lat_e7 is not None:
            fixed.append((event.id, action, (action.lon_e7, action.lat_e7)))
            author = event.author
    found = []
    good = [(one, action.accuracy_dm) for one, action, _ in fixed if (action.accuracy_dm or 9_999) <= ACCURACY_DM_MIN]
    good += [(one, 0) for one, action, _ in fixed if action.accuracy_dm == 0]
    if good:
        best_cm = min(dm or 0 for _, dm in good) * 10
        found.append(Signal(Kind.ACCURACY, author, tuple(one for one, _ in good), (len(good), best_cm)))
    exact = [one for one, action, (lon, lat) in fixed if _is_exact(rules, action, lon, lat)]
    if len(exact) >= TIMES_MIN:
        found.append(Signal(Kind.EXACT, author, tuple(exact), (len(exact), len(fixed))))
    if len(fixed) >= TIMES_MIN and all(lon % GRID_E7 == 0 and lat % GRID_E7 == 0 for _, _, (lon, lat) in fixed):
        found.append(Signal(Kind.GRID, author, tuple(one for one, _, _ in fixed), (len(fixed),)))
    by_point: dict[tuple[int, int], list[tuple[bytes, int]]] = {}
    for one, action, point in fixed:
        by_point.setdefault(point, []).append((one, action.at_ms))
    for same in by_point.values():
        if len(same) >= TIMES_MIN:
            seconds = (max(at for _, at in same) - min(at for _, at in same)) // 1000
            found.append(Signal(Kind.SAME_FIX, author, tuple(one for one, _ in same), (len(same), seconds)))
    return found


def _is_exact(rules: Rules, action: CheckIn, lon_e7: int, lat_e7: int) -> bool:
    if action.checkpoint >= len(rules.places):
        return False
    fence = rules.places[action.checkpoint].fence
    return fence is not None and radius_mm(fence) > 0 and distance_mm(fence, lon_e7, lat_e7) <= EXACT_MM


def _times(evidence: Evidence, chain: Iterable[Decoded]) -> list[Signal]:
    """What one device says of time that cannot be: beside what nodes saw, and beside what it said before."""
    found = []
    latest_ms = -1
    for event in chain:
        told_ms: int = event.action.at_ms  # type: ignore[union-attr]  # everything played tells its time
        interval = evidence.of(event)
        if told_wrongly(told_ms, interval):
            low_ms, high_ms = (-1 if bound is None else bound for bound in interval[:2])
            found.append(Signal(Kind.TIME, event.author, (event.id,), (told_ms, low_ms, high_ms)))
        if told_ms < latest_ms - CLOCK_BACK_MS:
            found.append(Signal(Kind.CLOCK_BACK, event.author, (event.id,), ((latest_ms - told_ms) // 1000,)))
        latest_ms = told_ms
    return found
