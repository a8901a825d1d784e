"""Server ingest over HTTP: whole sessions, from HELLO to verdict, durable and folded to scores.

The server is `wayfold serve` in a process of its own. Each device
holds a real session (`sync.initiator`) over a connection of its own; what it
wrote is prepared before the clock starts, its answers are read inside. The
limit is raw `sqlite3.executemany` of the very rows the server stored, 50 a FULL
transaction; both are run in turn and compared by their medians.
"""

from __future__ import annotations

import http.client
import os
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.highfield import check_in_payloads
from bench.table import Row
from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import SelfStart, TimeLimit
from client_core.signing import SigningKey, verify
from server import tenancy
from server.db.tenants import TenantFiles
from server.games import game_log, publish_draft, save_draft
from sync.batch import Batch, OwnEvents
from sync.compare import serve
from sync.effects import Append, Effect, Exchange, Sign, Verify, run
from sync.event import ORIGIN, seal
from sync.initiator import Initiating, Report, initiate
from sync.memory_log import MemoryLog
from sync.messages import Wanted
from sync.segment import check_run
from sync.statement import Enrolment, Statement
from sync.stream import GAME, GameKey, StreamKey, scope_of, stream_id, team_audience

CHECK_INS = 50
DEVICES = 200
ROUNDS = 7
THREADS = 8
RATIO_MIN = 0.5
SCALE_RATIO_MIN = 0.9
OPENS_MS = 1654333200000
SETTINGS = {"WAYFOLD_LIMITS_REQUESTS_PER_S_MAX": "0", "WAYFOLD_LIMITS_DEVICES_PER_GAME_MAX": "100000"}
"""All devices come from one address here, so the limit of one address is off."""


@dataclass
class Device:
    """One device with its unsent check-ins."""

    key: SigningKey
    log: MemoryLog
    scope: tuple[bytes, ...]
    rounds: int = 0


def rows() -> list[Row]:
    """Events a second at 200 devices, and at ten times that, against raw SQLite."""
    plain, raw, cpu = _series(DEVICES, ROUNDS)
    many, _, _ = _series(DEVICES * 10, 3)
    ratio, scaled = plain / raw, many / plain
    return [
        Row(
            "ingest over HTTP, 200 devices x 50",
            plain,
            "events/s",
            raw,
            ratio,
            f"at least {RATIO_MIN} of raw SQLite",
            ratio >= RATIO_MIN,
        ),
        Row(
            "ingest over HTTP, 2,000 devices x 50",
            many,
            "events/s",
            plain,
            scaled,
            f"at least {SCALE_RATIO_MIN} of the rate",
            scaled >= SCALE_RATIO_MIN,
        ),
        Row("load client's CPU, share of one core", cpu, "cores"),
    ]


def _series(devices: int, rounds: int) -> tuple[float, float, float]:
    """Medians of events a second over HTTP and raw, and the client's CPU share."""
    found, limits, shares = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            path, game, (first, *fleet) = found_game(Path(folder), devices + 1)
            with serving(Path(folder)) as port:
                _push(port, game, [first])  # the game is open before the clock starts
                events, seconds, cpu_seconds = _push(port, game, fleet)
            found.append(events / seconds)
            shares.append(cpu_seconds / seconds)
            limits.append(raw(path))
    return statistics.median(found), statistics.median(limits), statistics.median(shares)


def found_game(folder: Path, devices: int, check_ins: int = CHECK_INS) -> tuple[Path, GameKey, list[Device]]:
    """A tenant, a game and enrolled devices whose statements the server has."""
    tenants = TenantFiles(folder)
    tenants.add(tenancy.new_tenant("bench", "Bench", OPENS_MS))
    checkpoints = tuple(
        DraftCheckpoint(str(100 + i), points=10, at=(-0.3 + i / 1000, 51.74), radius_m=25.0) for i in range(35)
    )
    draft = Draft(
        name="Bench",
        time_zone="Europe/London",
        opens_at_ms=OPENS_MS - 3_600_000,
        closes_at_ms=OPENS_MS + 12 * 3_600_000,
        start=SelfStart(),
        checkpoints=checkpoints,
        limit=TimeLimit(2_700_000, 10, None),
    )
    payloads = check_in_payloads(devices * check_ins)
    with tenants.open("bench") as file:
        assert file.tenant is not None
        save_draft(file, "game", draft, OPENS_MS)
        row = publish_draft(file, file.tenant, "game", OPENS_MS)
        game, authority = GameKey(file.tenant.id, row.id), SigningKey.from_seed(file.tenant.node_seed)
        log = game_log(file, file.tenant, row)
        known = tuple(s for i in log.index.statement_audiences if (s := log.statement(i)) is not None)
        runs = (run for stream in log.index.streams for run in serve(log, Wanted(stream, ())))
        before = Batch(segments=tuple(check_run(game, run)[0] for run in runs), statements=known)
        fleet, statements = [], []
        for number in range(devices):
            device, statement = _device(
                game, authority, number, before, payloads[number * check_ins : (number + 1) * check_ins]
            )
            fleet.append(device)
            statements.append(statement)
        log.append(Batch(statements=tuple(statements)))
    tenants.close()
    return folder / "tenants" / "bench.sqlite", game, fleet


def _device(
    game: GameKey, authority: SigningKey, number: int, before: Batch, payloads: list[bytes]
) -> tuple[Device, Statement]:
    key, team = SigningKey.generate(), team_audience(secrets.token_bytes(16))
    scope = scope_of(GAME, team)
    statement = tenancy.issue(game, team, authority, Enrolment(key.public_key, scope, number))
    log = MemoryLog(game, secrets.token_bytes(16), secrets.token_bytes(16))
    log.append(before)
    log.append(Batch(statements=(statement,)))
    stream = StreamKey(key.public_key, secrets.token_bytes(16), team)
    identity, seed, previous, events = stream_id(stream), secrets.token_bytes(16), ORIGIN, []
    for seq, payload in enumerate(payloads):
        event = seal(game, identity, seq, previous, seed, payload)
        events.append(event)
        previous = event.id
    log.append(Batch(own=(OwnEvents(stream, tuple(events)),)))
    return Device(key, log, scope), statement


def _push(port: int, game: GameKey, fleet: list[Device]) -> tuple[int, float, float]:
    """All devices' sessions; events stored, wall seconds, and this process's CPU seconds."""
    path = f"/sync/v1/bench/{game.game.hex()}"
    parts = [fleet[i::THREADS] for i in range(THREADS)]
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        stored = sum(pool.map(lambda part: _hold_sessions(port, path, part), parts))
    return stored, time.perf_counter() - wall, time.process_time() - cpu


def _hold_sessions(port: int, path: str, fleet: list[Device]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stored = 0
    for device in fleet:
        report = _session(device, connection, path)
        stored += report.verdicts.get("stored", 0)
    connection.close()
    return stored


def _session(device: Device, connection: http.client.HTTPConnection, path: str) -> Report:
    def answer(effect: Effect) -> object:
        if isinstance(effect, Exchange):
            connection.request("POST", path, effect.body)
            return connection.getresponse().read()
        if isinstance(effect, Sign):
            return device.key.sign(effect.message)
        if isinstance(effect, Verify):
            return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
        assert isinstance(effect, Append)
        return device.log.append(effect.batch)

    return run(initiate(device.log, Initiating(device.key.public_key, device.scope)), answer)


@contextmanager
def serving(folder: Path, pids: list[int] | None = None) -> Iterator[int]:
    """`wayfold serve` on a folder, for as long as the context lasts; gives its port, and its process id to `pids`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("wayfold")), "serve", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, **SETTINGS}, stdout=subprocess.DEVNULL)
    if pids is not None:
        pids.append(process.pid)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def raw(path: Path, rows_each: int = CHECK_INS) -> float:
    """Rows a second of raw `executemany` into a fresh file with the same table."""
    source = sqlite3.connect(path)
    (schema,) = source.execute("SELECT sql FROM sqlite_schema WHERE name = 'event'").fetchone()
    stored = source.execute("SELECT * FROM event").fetchall()
    source.close()
    target = path.with_name("raw.sqlite")
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(schema)
    insert = f"INSERT INTO event VALUES ({', '.join('?' * len(stored[0]))})"
    start = time.perf_counter()
    for i in range(0, len(stored), rows_each):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, stored[i : i + rows_each])
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    target.unlink()
    return len(stored) / seconds
