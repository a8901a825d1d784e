"""Server ingest over HTTP: whole sessions, from HELLO to verdict, durable and folded to scores.

The server is `wayfold serve` in a process of its own. Each device holds a real
session (`sync.initiator`) over one of 200 kept connections; what it wrote is
prepared and signed before the clock starts, its answer is taken in, the receipt
verified, inside. The clock stops when the standings show every check-in. The
client is one thread and waits without spinning, because it shares the server's
two cores. The limit is raw `sqlite3.executemany` of the very rows the server
stored, 50 a FULL transaction; both are run in turn and compared by their medians.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import selectors
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.highfield import check_in_payloads
from bench.table import Row
from client_core.game.actions import CheckIn, TeamRegistered, decode_action, encode_action
from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import SelfStart, TimeLimit
from client_core.signing import SigningKey, verify
from server import own_stream, tenancy
from server.db.event_log import GameLog
from server.db.tenants import TenantFiles
from server.games import game_log, publish_draft, save_draft
from sync.batch import Batch, OwnEvents
from sync.effects import Append, Effect, Exchange, Sign, Verify
from sync.event import ORIGIN, seal
from sync.initiator import Initiating, Report, initiate
from sync.limits import SEGMENT_EVENTS_MAX
from sync.memory_log import MemoryLog
from sync.placement import StreamState
from sync.statement import Enrolment, Statement
from sync.stream import GAME, ID_BYTES, GameKey, Scope, StreamKey, scope_of, stream_id, team_audience

CHECK_INS = 50
PLACES = 35
DEVICES = 200
ROUNDS = 7
CONNECTIONS = 200
RECEIVED_BYTES_MAX = 1 << 16
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")
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
        DraftCheckpoint(str(100 + i), points=10, at=(-0.3 + i / 1000, 51.74), radius_m=25.0) for i in range(PLACES)
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
    payloads = [_moved(payload, n % PLACES) for n, payload in enumerate(check_in_payloads(devices * check_ins))]
    with tenants.open("bench") as file:
        assert file.tenant is not None
        save_draft(file, "game", draft, OPENS_MS)
        row = publish_draft(file, file.tenant, "game", OPENS_MS)
        game, authority = GameKey(file.tenant.id, row.id), SigningKey.from_seed(file.tenant.node_seed)
        log = game_log(file, file.tenant, row)
        fleet = [(SigningKey.generate(), secrets.token_bytes(ID_BYTES)) for _ in range(devices)]
        for first in range(0, devices, SEGMENT_EVENTS_MAX):
            teams = enumerate(fleet[first : first + SEGMENT_EVENTS_MAX], first + 1)
            actions = [TeamRegistered(OPENS_MS, team, number, f"Team {number}") for number, (_, team) in teams]
            log.append(own_stream.write(log.index, authority, GAME, actions))
        above = tuple(s for i in log.index.statement_audiences if (s := log.statement(i)) is not None)
        enrolments = [
            tenancy.issue(game, team_audience(team), authority, Enrolment(key.public_key, _scope(team), number))
            for number, (key, team) in enumerate(fleet)
        ]
        known = list(log.index.streams.values())
        log.append(Batch(statements=tuple(enrolments)))
        devices_made = [
            _device(log, known, (*above, enrolment), *player, payloads[i * check_ins : (i + 1) * check_ins])
            for i, (player, enrolment) in enumerate(zip(fleet, enrolments, strict=True))
        ]
    tenants.close()
    return folder / "tenants" / "bench.sqlite", game, devices_made


def _moved(payload: bytes, checkpoint: int) -> bytes:
    """A recorded check-in, moved into the fence of a checkpoint, a few metres from the middle as its fix was."""
    action = decode_action(payload)
    assert isinstance(action, CheckIn)
    lon_e7 = -3_000_000 + checkpoint * 10_000 + action.lon_e7 % 1201 - 600
    lat_e7 = 517_400_000 + action.lat_e7 % 1201 - 600
    return encode_action(msgspec.structs.replace(action, checkpoint=checkpoint, lon_e7=lon_e7, lat_e7=lat_e7))


def _scope(team: bytes) -> Scope:
    return scope_of(GAME, team_audience(team))


def _device(
    hq: GameLog,
    known: list[StreamState],
    statements: tuple[Statement, ...],
    key: SigningKey,
    team: bytes,
    payloads: list[bytes],
) -> Device:
    """A device that joined and wrote its check-ins.

    It knows what every player of the game knows, by the index alone: nobody
    here asks a device for the organiser's events.
    """
    log = MemoryLog(hq.index.game, secrets.token_bytes(16), secrets.token_bytes(16), hq.root_key)
    log.index.load(known, statements)
    stream = StreamKey(key.public_key, secrets.token_bytes(16), team_audience(team))
    identity, seed, previous, events = stream_id(stream), secrets.token_bytes(16), ORIGIN, []
    for seq, payload in enumerate(payloads):
        event = seal(hq.index.game, identity, seq, previous, seed, payload)
        events.append(event)
        previous = event.id
    log.append(Batch(own=(OwnEvents(stream, tuple(events)),)))
    return Device(key, log, _scope(team))


def _push(port: int, game: GameKey, fleet: list[Device]) -> tuple[int, float, float]:
    """All devices' sessions; events stored, wall seconds, and this process's CPU seconds.

    What a device does before its first request (signing, packing) is done
    before the clock starts; its answer is taken in, receipt verified, inside.
    """
    head = f"POST /sync/v1/bench/{game.game.hex()} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    waiting = deque(_Session(device, head) for device in fleet)
    with selectors.DefaultSelector() as selector:
        for _ in range(min(CONNECTIONS, len(fleet))):
            connection = socket.create_connection(("127.0.0.1", port), 60)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
        wall, cpu = time.perf_counter(), time.process_time()
        stored = _hold_sessions(selector, waiting)
        _wait_for_scores(port, game, fleet)
        times = time.perf_counter() - wall, time.process_time() - cpu
        for key in list(selector.get_map().values()):
            key.fileobj.close()
    return stored, *times


def _wait_for_scores(port: int, game: GameKey, fleet: list[Device]) -> None:
    """Look at the standings, which are folded up to the last commit."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/api/v1/bench/games/{game.game.hex()}/standings")
    shown = json.loads(connection.getresponse().read())
    connection.close()
    assert shown["events"] >= CHECK_INS * len(fleet), f"the scores hold {shown['events']} events"


def _hold_sessions(selector: selectors.BaseSelector, waiting: deque[_Session]) -> int:
    """Hold these sessions over the selector's connections, one at a time on each; the events stored."""
    stored, open_sessions = 0, {}
    for key in selector.get_map().values():
        open_sessions[key.fd] = session = waiting.popleft()
        key.fileobj.sendall(session.request)
    while open_sessions:
        for key, _ in selector.select(60):
            session = open_sessions[key.fd]
            if not session.hear(key.fileobj.recv(RECEIVED_BYTES_MAX)):
                continue
            if session.report is not None:
                stored += session.report.verdicts.get("stored", 0)
                if not waiting:
                    del open_sessions[key.fd]
                    continue
                open_sessions[key.fd] = session = waiting.popleft()
            key.fileobj.sendall(session.request)
    return stored


class _Session:
    """A device's session up to its next request, which is ready to be sent."""

    def __init__(self, device: Device, head: str) -> None:
        self._device, self._head = device, head
        self._session = initiate(device.log, Initiating(device.key.public_key, device.scope))
        self._received = b""
        self.report: Report | None = None
        self._go_on(None)

    def hear(self, received: bytes) -> bool:
        """Take in bytes of an answer; whether it is whole, and the next request or the report there."""
        self._received += received
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < int(_LENGTH.search(head)[1]):
            assert received, "the server closed the connection"
            return False
        assert head.startswith(b"HTTP/1.1 200 "), head
        self._received = b""
        self._go_on(body)
        return True

    def _go_on(self, answer: object) -> None:
        try:
            effect: Effect = self._session.send(answer)
            while not isinstance(effect, Exchange):
                effect = self._session.send(self._answer(effect))
        except StopIteration as stop:
            self.report = stop.value
            return
        self.request = f"{self._head}Content-Length: {len(effect.body)}\r\n\r\n".encode() + effect.body

    def _answer(self, effect: Effect) -> object:
        if isinstance(effect, Sign):
            return self._device.key.sign(effect.message)
        if isinstance(effect, Verify):
            return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
        assert isinstance(effect, Append)
        return self._device.log.append(effect.batch)


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
        for _ in range(1200):
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
