"""What trust costs: a herd after an outage, a restored HQ that its edges heal, and verification an event.

The herd: 2,000 devices whose network comes back at the same instant, each with
a connection of its own and 100 check-ins unsent. A device that is told `busy`
waits a random time below a bound that doubles (full jitter), never less than
the server asks for. Custody is when the answer with the verdicts is read.
"""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import random
import resource
import secrets
import shutil
import sqlite3
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from bench.ingest import CHECK_INS, Device, found_game, raw, serving
from bench.table import Row
from client_core.signing import SigningKey, verify
from server.db.tenants import TenantFiles
from server.games import find_game, game_log
from server.tenancy import issue
from sync.batch import Batch
from sync.compare import serve
from sync.effects import Append, Effect, Exchange, Session, Sign, Verify, run
from sync.initiator import Initiating, Report, initiate
from sync.memory_log import MemoryLog
from sync.messages import Wanted
from sync.segment import check_run
from sync.statement import Delegation
from sync.stream import ALL, GAME, GameKey

DEVICES, CHECK_INS_EACH = 2_000, 100
DRAINED_S_MAX, BUSY_MAX, MEMORY_MIB_MAX = 20.0, 3, 400.0
RETRY_S_MAX = 30.0
VERIFIED_RUNS = 400


class Drained(NamedTuple):
    """What the herd saw: seconds to custody by device, and how often each was told busy."""

    custody_s: list[float]
    busy: list[int]
    memory_mib: float


class Healed(NamedTuple):
    """How a restored HQ came to hold everything again."""

    seconds: float
    mib: float
    events: int


def rows() -> list[Row]:
    """The herd, the healing, and the cost of verification."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, game, fleet = found_game(folder, DEVICES, CHECK_INS_EACH)
        backup = path.with_name("backup")
        shutil.copy(path, backup)
        herd = _drain(folder, game, fleet)
        each_us, raw_us = _verification(path, game, fleet)
        del fleet
        gc.collect()
        healed = _heal(folder, path, backup, game)
    drained_s = max(herd.custody_s)
    cuts = statistics.quantiles(herd.custody_s, n=100)
    label = f"herd of {DEVICES:,} devices x {CHECK_INS_EACH}"
    met_busy = max(herd.busy) <= BUSY_MAX
    return [
        Row(
            f"{label}: drained",
            drained_s,
            "s",
            DRAINED_S_MAX,
            drained_s / DRAINED_S_MAX,
            "at most 20 s",
            drained_s <= DRAINED_S_MAX,
        ),
        Row(f"{label}: busy at most, a device", max(herd.busy), "times", BUSY_MAX, None, "at most 3", met_busy),
        Row(f"{label}: to custody, p50", cuts[49], "s"),
        Row(f"{label}: to custody, p99", cuts[98], "s"),
        Row(
            f"{label}: server's memory",
            herd.memory_mib,
            "MiB",
            MEMORY_MIB_MAX,
            herd.memory_mib / MEMORY_MIB_MAX,
            "at most 400 MiB",
            herd.memory_mib <= MEMORY_MIB_MAX,
        ),
        Row(f"HQ restored to nothing, healed by two edges: {healed.events:,} events", healed.seconds, "s"),
        Row("the same: sent and received by the edges", healed.mib, "MiB"),
        Row(
            "verification of an event, in runs of 100", each_us, "us", raw_us, each_us / raw_us, "stated, to raw SQLite"
        ),
    ]


def _drain(folder: Path, game: GameKey, fleet: list[Device]) -> Drained:
    # A connection a device, at either end; the server inherits the limit.
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (3 * DEVICES, max(3 * DEVICES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    )
    pids: list[int] = []
    with serving(folder, pids) as port:
        _ask(port, "GET", "/api/v1/bench/games/game/standings")  # the game is open before the network comes back
        drained = asyncio.run(_herd(port, game, fleet))
        memory = _memory_mib(pids[0])
    return Drained([s for s, _ in drained], [busy for _, busy in drained], memory)


async def _herd(port: int, game: GameKey, fleet: list[Device]) -> list[tuple[float, int]]:
    path = f"/sync/v1/bench/{game.game.hex()}"
    ready = [(device, *_begun(device)) for device in fleet]
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    try:
        return await asyncio.gather(*(_come_back(port, path, began, *one) for one in ready))
    finally:
        gc.enable()


def _begun(device: Device) -> tuple[Session[Report], bytes]:
    """A session up to its first request: a device prepares it while it is offline."""
    session = initiate(device.log, Initiating(device.key.public_key, device.scope))
    effect: Effect = next(session)
    while not isinstance(effect, Exchange):
        effect = session.send(_answer(device.key, device.log, effect))
    return session, effect.body


def _answer(key: SigningKey, log: MemoryLog, effect: Effect) -> object:
    if isinstance(effect, Sign):
        return key.sign(effect.message)
    if isinstance(effect, Verify):
        return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
    assert isinstance(effect, Append)
    return log.append(effect.batch)


async def _come_back(
    port: int, path: str, began: float, device: Device, session: Session[Report], body: bytes
) -> tuple[float, int]:
    """One device: its session, however often it is told to come again. Seconds to custody, and times told busy."""
    busy = 0
    while True:
        status, answer = await _post(port, path, body)
        if status == 200:
            break
        assert status in (429, 503), answer
        after_s = float(json.loads(answer).get("retry_after_s") or 1)
        busy += 1
        await asyncio.sleep(after_s + random.uniform(0, min(RETRY_S_MAX, after_s * 2**busy)))
    custody_s = time.perf_counter() - began
    try:
        effect: Effect = session.send(answer)
        while True:
            if isinstance(effect, Exchange):
                status, answer = await _post(port, path, effect.body)
                assert status == 200, answer
                effect = session.send(answer)
            else:
                effect = session.send(_answer(device.key, device.log, effect))
    except StopIteration as stop:
        report: Report = stop.value
    assert report.verdicts.get("stored", 0) + report.verdicts.get("duplicate", 0) == CHECK_INS_EACH, report
    return custody_s, busy


async def _post(port: int, path: str, body: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: hq\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.read()
    finally:
        writer.close()
    answered, _, content = answer.partition(b"\r\n\r\n")
    return int(answered.split(b" ", 2)[1]), content


def _heal(folder: Path, path: Path, backup: Path, game: GameKey) -> Healed:
    """Two edges hold half of the streams each; HQ comes back as it was before the first event."""
    tenants = TenantFiles(folder)
    with tenants.open("bench") as file:
        assert file.tenant is not None
        with file.reading() as session:
            row = find_game(session, "game")
            session.expunge(row)
        log = game_log(file, file.tenant, row)
        authority = SigningKey.from_seed(file.tenant.node_seed)
        keys = [SigningKey.generate() for _ in range(2)]
        delegations = tuple(issue(game, GAME, authority, Delegation(key.public_key, ALL, 1000)) for key in keys)
        statements = tuple(s for i in log.index.statement_audiences if (s := log.statement(i)) is not None)
        edges = [
            MemoryLog(game, secrets.token_bytes(16), secrets.token_bytes(16), file.tenant.root_public) for _ in keys
        ]
        for edge in edges:
            edge.append(Batch(statements=(*statements, *delegations)))
        for number, stream in enumerate(sorted(log.index.streams)):
            segments = tuple(check_run(game, r)[0] for r in serve(log, Wanted(stream, ())))
            edges[number % 2].append(Batch(segments=segments))
    tenants.close()
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    shutil.copy(backup, path)
    began = time.perf_counter()
    with serving(folder) as port, ThreadPoolExecutor(2) as pool:
        ready = time.perf_counter()
        reports = list(pool.map(lambda pair: _relay(port, game, *pair), zip(edges, keys, strict=True)))
        # What came in from the second edge while the first was done: one more turn, as the timer of an edge gives it.
        reports += list(pool.map(lambda pair: _relay(port, game, *pair), zip(edges, keys, strict=True)))
        seconds = time.perf_counter() - ready
    assert ready >= began
    assert all(report.converged for report in reports[-2:]), reports[-2:]
    held = sqlite3.connect(path).execute("SELECT count(*) FROM event").fetchone()[0]
    assert held >= DEVICES * CHECK_INS_EACH, held
    moved = sum(report.bytes_sent + report.bytes_received for report in reports)
    return Healed(seconds, moved / 2**20, held)


def _relay(port: int, game: GameKey, edge: MemoryLog, key: SigningKey) -> Report:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def answer(effect: Effect) -> object:
        if not isinstance(effect, Exchange):
            return _answer(key, edge, effect)
        connection.request("POST", f"/sync/v1/bench/{game.game.hex()}", effect.body)
        response = connection.getresponse()
        content = response.read()
        assert response.status == 200, content
        return content

    try:
        return run(initiate(edge, Initiating(key.public_key)), answer)
    finally:
        connection.close()


def _verification(path: Path, game: GameKey, fleet: list[Device]) -> tuple[float, float]:
    """Microseconds an event: the whole envelope check with its signature, and raw insertion of the same rows."""
    runs = [
        run
        for device in fleet[:VERIFIED_RUNS]
        for stream, state in device.log.index.streams.items()
        if state.key.public_key == device.key.public_key
        for run in serve(device.log, Wanted(stream, ()))
    ]
    began = time.perf_counter()
    for one in runs:
        _, check = check_run(game, one)
        assert verify(check.public_key, check.message, check.signature)
    each_s = (time.perf_counter() - began) / sum(len(one.payloads) for one in runs)
    return each_s * 1e6, 1e6 / raw(path, CHECK_INS)


def _ask(port: int, method: str, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path)
    connection.getresponse().read()
    connection.close()


def _memory_mib(pid: int) -> float:
    """The largest resident size the process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024
