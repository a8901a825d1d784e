"""What scoring costs: one team of 1,000 events, judged and explained, beside a bare loop over the same events."""

from __future__ import annotations

import secrets
import statistics

from bench.highfield import check_in_payloads
from bench.table import Row, seconds
from client_core.game.events import LoggedEvent, tell
from client_core.game.explaining import explain
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold_told
from client_core.game.teams import Team
from client_core.game.timing import SelfStart, TimeLimit

EVENTS = 1_000
ROUNDS = 60
FOLD_MS_MAX = 1.0
OPENS_MS = 1654326000000


def rows() -> list[Row]:
    """The median fold of a team of 1,000 decoded events, with every line of its explanation."""
    rules, team = _rules(), Team(secrets.token_bytes(16), 1, "Bench")
    stream, author = secrets.token_bytes(32), secrets.token_bytes(32)
    events = [
        LoggedEvent(stream, seq, secrets.token_bytes(32), author, payload)
        for seq, payload in enumerate(check_in_payloads(EVENTS))
    ]
    told = tell(rules, events)
    explained = explain(fold_told(rules, team, told))
    assert len(explained) >= EVENTS
    folds, loops = [], []
    for _ in range(ROUNDS):
        folds.append(seconds(lambda: explain(fold_told(rules, team, told))))
        loops.append(seconds(lambda: [item[4] for item in told.events]))
    fold_ms, loop_ms = statistics.median(folds) * 1000, statistics.median(loops) * 1000
    name = f"fold of {EVENTS:,} decoded events, judged and explained"
    met = fold_ms <= FOLD_MS_MAX
    return [
        Row(name, fold_ms, "ms", FOLD_MS_MAX, fold_ms / FOLD_MS_MAX, f"at most {FOLD_MS_MAX:g} ms", met),
        Row("a bare loop over the same events", loop_ms, "ms"),
    ]


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
