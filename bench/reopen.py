"""A game of a million events made again from its event rows, every hash computed anew: time and memory.

`wayfold game verify` runs in a process of its own, as anybody would run it. The
peer reads the same rows and hashes them, and does nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.highfield import check_in_payloads
from bench.ingest import found_game
from bench.table import Row, seconds
from client_core.signing import SigningKey
from server import tenancy
from server.db.event_log import GameLog
from server.db.tenants import TenantFiles
from server.games import find_game, game_log
from sync.batch import Batch, HeadSignature, OwnEvents
from sync.digest import PAYLOAD, SALT
from sync.event import ORIGIN, Event, head_message, seal
from sync.statement import Enrolment, Statement
from sync.stream import GAME, GameKey, StreamKey, scope_of, stream_id, team_audience

STREAMS, EVENTS = 2_000, 500
STREAMS_IN_BATCH = 20
RUNS = 3
SECONDS_MAX = 5.0
MEBIBYTES_MAX = 200.0
HEADER_BYTES = 150
"""About what is hashed for an id: the context, and a header of 137 bytes."""


def rows() -> list[Row]:
    """Seconds and peak memory of the command, and the bare loop beside."""
    with tempfile.TemporaryDirectory(prefix="wayfold-bench-") as folder:
        path, game, _ = found_game(Path(folder), 1)
        events = _fill(Path(folder), game)
        loop_s = seconds(lambda: _bare(path))
        told, memory_mib, process_s = sorted(
            (_verified(folder) for _ in range(RUNS)), key=lambda run: run[0]["seconds"]
        )[RUNS // 2]
    assert told["sound"]
    assert told["events"] >= events
    taken_s = told["seconds"]
    name = f"a game of {told['events']:,} events reopened from them, hashed again"
    return [
        Row(
            name,
            taken_s,
            "s",
            SECONDS_MAX,
            taken_s / SECONDS_MAX,
            f"at most {SECONDS_MAX:g} s",
            taken_s <= SECONDS_MAX,
        ),
        Row(
            "the same: peak memory of the process",
            memory_mib,
            "MiB",
            MEBIBYTES_MAX,
            memory_mib / MEBIBYTES_MAX,
            f"at most {MEBIBYTES_MAX:g} MiB",
            memory_mib <= MEBIBYTES_MAX,
        ),
        Row("the same: the whole process, its start included", process_s, "s"),
        Row("a bare SELECT and three SHA-256 a row over the same rows", loop_s, "s", taken_s, loop_s / taken_s),
    ]


def _fill(folder: Path, game: GameKey) -> int:
    """Enrolled devices of teams of their own with check-ins at recorded places, stored as a node stores them."""
    payloads = check_in_payloads(EVENTS)
    tenants = TenantFiles(folder)
    with tenants.open("bench") as file:
        assert file.tenant is not None
        with file.reading() as session:
            row = find_game(session, "game")
            session.expunge(row)
        log, authority = game_log(file, file.tenant, row), SigningKey.from_seed(file.tenant.node_seed)
        for first in range(0, STREAMS, STREAMS_IN_BATCH):
            made = [_device(game, authority, first + i, payloads) for i in range(STREAMS_IN_BATCH)]
            _append(log, made)
    tenants.close()
    return STREAMS * EVENTS


def _append(log: GameLog, made: list[tuple[Statement, OwnEvents, HeadSignature]]) -> None:
    statements, own, signatures = zip(*made, strict=True)
    log.append(Batch(statements=statements, own=own, signatures=signatures))


def _device(
    game: GameKey, authority: SigningKey, number: int, payloads: list[bytes]
) -> tuple[Statement, OwnEvents, HeadSignature]:
    key, team = SigningKey.generate(), team_audience(secrets.token_bytes(16))
    statement = tenancy.issue(game, team, authority, Enrolment(key.public_key, scope_of(GAME, team), number))
    stream = StreamKey(key.public_key, secrets.token_bytes(16), team)
    identity, seed, previous = stream_id(stream), secrets.token_bytes(16), ORIGIN
    events: list[Event] = []
    for seq, payload in enumerate(payloads):
        events.append(seal(game, identity, seq, previous, seed, payload))
        previous = events[-1].id
    signature = key.sign(head_message(game, identity, events[-1].seq, previous))
    return statement, OwnEvents(stream, tuple(events)), HeadSignature(identity, 0, events[-1].seq, previous, signature)


def _verified(folder: str) -> tuple[dict[str, float], float, float]:
    """What the command told, its peak memory in MiB, and how long its process lived."""
    command = [str(Path(sys.executable).with_name("wayfold")), "game", "verify", "game", "--json", "--data", folder]
    start = time.perf_counter()
    peak_kib = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        # Not `getrusage`: a child's peak there begins with that of the process it was forked from.
        while process.poll() is None:
            peak_kib = max(peak_kib, _peak_kib(process.pid))
            time.sleep(0.005)
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
    assert process.returncode == 0
    return told, peak_kib / 1024, time.perf_counter() - start


def _peak_kib(process: int) -> int:
    """The most memory a process has held since it began its program; 0 where it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


def _bare(path: Path) -> None:
    connection, sha256, header = sqlite3.connect(path), hashlib.sha256, bytes(HEADER_BYTES)
    rows = "SELECT branch, seq, id, payload_hash, payload, seed, salt FROM event"
    for _, seq, _, _, payload, seed, _ in connection.execute(rows):
        salt = sha256(SALT + seed + seq.to_bytes(8, "big")).digest()[:16]
        sha256(PAYLOAD + salt + payload).digest()
        sha256(header).digest()
    connection.close()
