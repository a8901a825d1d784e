"""What scoring costs: one team of 1,000 events, judged and explained, beside a bare loop over the same events.

Once in a plain game, and once in one that uses every kind of rule.
"""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Callable

from bench.full_game import full_day, full_rules
from bench.highfield import check_in_payloads
from bench.table import Row
from client_core.game.events import LoggedEvent, Told, tell
from client_core.game.explaining import explain
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold_told
from client_core.game.teams import Register, Team
from client_core.game.timing import SelfStart, TimeLimit

EVENTS = 1_000
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
        *_measured(" of a game with every rule", FULL_MS_MAX, full, full_team, tell(full, full_events), register),
        Row("the same: decoding and ordering them first", _median_ms(lambda: tell(full, full_events)), "ms"),
    ]


def _measured(what: str, limit_ms: float, rules: Rules, team: Team, told: Told, register: Register) -> list[Row]:
    assert len(explain(fold_told(rules, team, told, register))) >= EVENTS
    folds, loops = [], []
    for _ in range(ROUNDS):
        folds.append(cpu_ms(lambda: explain(fold_told(rules, team, told, register))))
        loops.append(cpu_ms(lambda: [event.action for event in told.events]))
    fold_ms, loop_ms = statistics.median(folds), statistics.median(loops)
    met = fold_ms <= limit_ms
    return [
        Row(
            f"fold of {EVENTS:,} decoded events{what}, judged and explained",
            fold_ms,
            "ms",
            limit_ms,
            fold_ms / limit_ms,
            f"at most {limit_ms:g} ms",
            met,
        ),
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
