"""Standings after one late event: what a big game's board costs when it changes by a little.

Through the class that the server uses, from the store: the event is committed,
the board is told, the standings are asked for. In a plain game, and in one
whose rules look across teams (first finders, captures). The peer walks over all
results that the standings are made of.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
from pathlib import Path

from bench.scoring import cpu_ms
from bench.table import Row
from client_core.game.actions import CheckIn, TeamRegistered
from client_core.game.checkpoints import Capture, FirstFinders, Kind, Method
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.rules import Rules, compile_rules
from client_core.game.standings import game_digest, standings
from client_core.game.teams import read_register
from client_core.game.timing import SelfStart, TimeLimit
from client_core.signing import SigningKey
from server import own_stream, tenancy
from server.db.event_log import GameLog
from server.db.tenants import TenantFiles
from server.games import game_log, publish_draft, save_draft
from server.scoreboard import Scoreboard, fold_game, game_events
from sync.batch import Batch
from sync.limits import SEGMENT_EVENTS_MAX
from sync.statement import Enrolment
from sync.stream import GAME, ID_BYTES, GameKey, scope_of, stream_id, team_audience

TEAMS, EVENTS, PLACES = 500, 200, 100
LATE = 30
MS_MAX = 20.0
OPENS_MS = 1_654_322_400_000


def rows() -> list[Row]:
    """The median of some late events, each of another team; afterwards all is folded anew."""
    found: list[Row] = []
    for what, crossing in (("", False), (", first finders and captures", True)):
        late_ms, loop_ms = _measured(crossing=crossing)
        name = f"standings after a late event, {TEAMS} teams x {EVENTS} events{what}"
        target = f"at most {MS_MAX:g} ms"
        found.append(Row(name, late_ms, "ms", MS_MAX, late_ms / MS_MAX, target, late_ms <= MS_MAX))
        found.append(Row(f"a bare loop over those results{what}", loop_ms, "ms", late_ms, loop_ms / late_ms))
    return found


def _measured(*, crossing: bool) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="wayfold-bench-") as folder:
        tenants = TenantFiles(Path(folder))
        tenants.add(tenancy.new_tenant("bench", "Bench", OPENS_MS))
        with tenants.open("bench") as file:
            assert file.tenant is not None
            save_draft(file, "game", _draft(crossing=crossing), OPENS_MS)
            row = publish_draft(file, file.tenant, "game", OPENS_MS)
            authority = SigningKey.from_seed(file.tenant.node_seed)
            log = game_log(file, file.tenant, row)
            fleet = _fill(log, GameKey(file.tenant.id, row.id), authority)
            rules = compile_rules(publish(_draft(crossing=crossing)))
            board = Scoreboard(log, rules)
            board.standings()
            late = [_late(log, board, *fleet[number * 7]) for number in range(LATE)]
            loop = [cpu_ms(lambda: [result.score for result in board.results()]) for _ in range(LATE)]
            _check(log, board, rules)
        tenants.close()
    return statistics.median(late), statistics.median(loop)


def _late(log: GameLog, board: Scoreboard, key: SigningKey, team: bytes) -> float:
    """Commit one more check-in; the milliseconds from there to the standings."""
    batch = own_stream.write(log.index, key, team_audience(team), [_check_in(8, OPENS_MS + 5 * 3_600_000)])
    log.append(batch)
    touched = [stream_id(own.key) for own in batch.own]

    def ask() -> None:
        board.catch_up(touched)
        board.standings()

    return cpu_ms(ask)


def _check(log: GameLog, board: Scoreboard, rules: Rules) -> None:
    """The board's table is that of everything folded from nothing."""
    register, anew = read_register(rules, game_events(log)), fold_game(log, rules)
    assert [(one.place, one.score, one.result.team) for one in board.standings()] == [
        (one.place, one.score, one.result.team) for one in standings(anew, rules, register)
    ]
    assert game_digest(anew, rules, register)


def _draft(*, crossing: bool) -> Draft:
    methods = (Method.GPS, Method.QR)
    kinds = (
        Kind(methods, 50_000),
        Kind(methods, 50_000, pay=FirstFinders((10, 5, 2))),
        Kind(methods, 50_000, pay=Capture(1, 600_000), revisit_ms=1_800_000),
    )
    return Draft(
        name="Bench",
        time_zone="Europe/Rome",
        opens_at_ms=OPENS_MS,
        closes_at_ms=OPENS_MS + 12 * 3_600_000,
        start=SelfStart(),
        limit=TimeLimit(6 * 3_600_000, 5, None),
        kinds=kinds,
        checkpoints=tuple(
            DraftCheckpoint(str(number), points=10, at=(11.25 + number / 1_000, 43.77), kind=number % 3 * crossing)
            for number in range(PLACES)
        ),
    )


def _check_in(number: int, at_ms: int) -> CheckIn:
    return CheckIn(Method.GPS, None, at_ms, number, 112_500_000 + number * 10_000, 437_700_000, 50)


def _fill(log: GameLog, game: GameKey, authority: SigningKey) -> list[tuple[SigningKey, bytes]]:
    """Teams with a phone each, and their check-ins: each goes round in an order of its own, two times."""
    fleet = [(SigningKey.generate(), secrets.token_bytes(ID_BYTES)) for _ in range(TEAMS)]
    teams = [TeamRegistered(OPENS_MS, team, n, f"Team {n}") for n, (_, team) in enumerate(fleet, 1)]
    for first in range(0, TEAMS, SEGMENT_EVENTS_MAX):
        log.append(own_stream.write(log.index, authority, GAME, teams[first : first + SEGMENT_EVENTS_MAX]))
    for number, (key, team) in enumerate(fleet):
        enrolment = Enrolment(key.public_key, scope_of(GAME, team_audience(team)), number)
        log.append(Batch(statements=(tenancy.issue(game, team_audience(team), authority, enrolment),)))
        actions = [
            _check_in((number * 13 + step * 7) % PLACES, OPENS_MS + 600_000 + step * 90_000 + number * 1_000)
            for step in range(EVENTS)
        ]
        for first in range(0, EVENTS, SEGMENT_EVENTS_MAX):
            part = actions[first : first + SEGMENT_EVENTS_MAX]
            log.append(own_stream.write(log.index, key, team_audience(team), part))
    return fleet
