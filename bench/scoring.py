"""What scoring costs: one team of 1,000 events, judged and explained, beside a bare loop over the same events.

Once in a plain game, and once in one that uses every kind of rule: from nothing, and where a phone that was
without a network since the middle of the day brings what it wrote, one event at a time.
"""

from __future__ import annotations

import gc
import secrets
import statistics
import time
import tracemalloc
from collections.abc import Callable

from bench.full_game import full_day, full_rules, late_day
from bench.highfield import check_in_payloads
from bench.table import Row
from client_core.game.events import LoggedEvent, Told, decode_events, tell
from client_core.game.explaining import explain
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.reckoning import Reckoning
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold, fold_told
from client_core.game.teams import Register, Team
from client_core.game.timing import SelfStart, TimeLimit

EVENTS = 1_000
LATE = 40
ROUNDS = 60
FOLD_MS_MAX = 1.0
FULL_MS_MAX = 2.0
OPENS_MS = 1654326000000


def rows() -> list[Row]:
    """The median fold of a team of 1,000 decoded events with every line explained: plain, and with all rules."""
    plain, team = _rules(), Team(secrets.token_bytes(16), 1, "Bench")
    stream, author = secrets.token_bytes(32), secrets.token_bytes(32)
    events = [
        LoggedEvent(stream, seq, secrets.token_bytes(32), author, payload)
        for seq, payload in enumerate(check_in_payloads(EVENTS))
    ]
    full = full_rules()
    full_team, register, full_events = full_day(full)
    return [
        *_measured("", FOLD_MS_MAX, plain, team, tell(plain, events), Register()),
        *_measured(
            " of a game with every rule, from nothing", None, full, full_team, tell(full, full_events), register
        ),
        Row("the same: decoding and ordering them first", _median_ms(lambda: tell(full, full_events)), "ms"),
        *_late(full),
    ]


def _late(rules: Rules) -> list[Row]:
    """Through what servers and phones keep (`reckoning`): all events are offered, decoded are those that are new."""
    team, register, held, late = late_day(rules)
    reckoning = Reckoning(rules)
    reckoning.fold(team, held, register)
    actions = decode_events(rules, held)
    folds, loops = [], []
    for event in late[:LATE]:
        held.append(event)
        folds.append(cpu_ms(lambda: explain(reckoning.fold(team, held, register))))
        loops.append(cpu_ms(lambda: [event.action for event in actions]))
    assert reckoning.anew == 1, "every late event was folded on from what was kept"
    assert reckoning.fold(team, held, register) == fold(rules, team, held, register)
    fold_ms, loop_ms = statistics.median(folds), statistics.median(loops)
    name = f"refold of {len(actions):,} events of a game with every rule after one that comes late, explained"
    met = fold_ms <= FULL_MS_MAX
    return [
        Row(name, fold_ms, "ms", FULL_MS_MAX, fold_ms / FULL_MS_MAX, f"at most {FULL_MS_MAX:g} ms", met),
        Row("a bare loop over those events", loop_ms, "ms", fold_ms, loop_ms / fold_ms),
        Row("what is kept for it, an event", _kept_bytes(rules, team, held, register) / len(held), "bytes"),
    ]


def _kept_bytes(rules: Rules, team: Team, events: list[LoggedEvent], register: Register) -> int:
    """The memory that keeping a team's fold takes, its events' own bytes apart."""
    gc.collect()
    tracemalloc.start()
    reckoning = Reckoning(rules)
    reckoning.fold(team, events[:-1], register, keep_judged=False)
    reckoning.fold(team, events, register, keep_judged=False)
    gc.collect()
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(reckoning) == len(events)
    return kept_bytes


def _measured(what: str, limit_ms: float | None, rules: Rules, team: Team, told: Told, register: Register) -> list[Row]:
    assert len(explain(fold_told(rules, team, told, register))) >= EVENTS
    folds, loops = [], []
    for _ in range(ROUNDS):
        folds.append(cpu_ms(lambda: explain(fold_told(rules, team, told, register))))
        loops.append(cpu_ms(lambda: [event.action for event in told.events]))
    fold_ms, loop_ms = statistics.median(folds), statistics.median(loops)
    name = f"fold of {EVENTS:,} decoded events{what}, judged and explained"
    judged = Row(name, fold_ms, "ms")
    if limit_ms is not None:
        met = fold_ms <= limit_ms
        judged = Row(name, fold_ms, "ms", limit_ms, fold_ms / limit_ms, f"at most {limit_ms:g} ms", met)
    return [
        judged,
        Row(f"a bare loop over the same events{what}", loop_ms, "ms", fold_ms, loop_ms / fold_ms),
    ]


def _median_ms(work: Callable[[], object]) -> float:
    return statistics.median(cpu_ms(work) for _ in range(ROUNDS // 2))


def cpu_ms(work: Callable[[], object]) -> float:
    """The time that the process computed: what else the machine does is not the fold's."""
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1e6


def _rules() -> Rules:
    checkpoints = tuple(
        DraftCheckpoint(str(100 + i), points=10, at=(-0.3 + i / 1000, 51.74), radius_m=2000.0) for i in range(35)
    )
    draft = Draft(
        name="Bench",
        time_zone="Europe/London",
        opens_at_ms=OPENS_MS,
        closes_at_ms=OPENS_MS + 12 * 3_600_000,
        start=SelfStart(),
        checkpoints=checkpoints,
        limit=TimeLimit(2_700_000, 10, None),
    )
    return compile_rules(publish(draft))
