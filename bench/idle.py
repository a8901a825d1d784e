"""An idle session between an edge and HQ that hold 2,000 streams and 200,000 events: bytes and SQL statements."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.highfield import check_in_payloads
from bench.ingest import Device, found_game, serving
from bench.table import Row
from client_core.signing import SigningKey, verify
from client_core.transports.http import HttpTransport
from server import tenancy, upstream
from server.db.event_log import GameLog
from server.db.tenants import TenantFiles
from server.games import find_game, game_log
from sync.batch import Batch
from sync.effects import Append, Effect, Exchange, Sign, Verify, run
from sync.event import ORIGIN, Event, head_message, seal
from sync.initiator import Initiating, Report, initiate
from sync.limits import RECEIPTS_IN_FRAME_MAX
from sync.receipt import SAFE
from sync.responder import Responding, respond
from sync.segment import Segment, check_run, make_run
from sync.statement import Enrolment, Statement
from sync.stream import GAME, GameKey, StreamKey, scope_of, stream_id, team_audience

STREAMS = 2_000
EVENTS = 100
BYTES_MAX = 400
STATEMENTS_MAX = 5
NONCE = secrets.token_bytes(16)
EDGE_KEY = SigningKey.generate()


def rows() -> list[Row]:
    """Frames both ways, and SQL statements on both sides together, of a session that has nothing to do."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path, game, _ = found_game(Path(folder) / "hq", 1)
        hq, hq_key = _open(stack, path.parent.parent)
        for first in range(0, STREAMS, 100):
            devices = [_device(game, hq_key, first + i) for i in range(100)]
            hq.append(Batch(statements=tuple(statement for statement, _ in devices)))
            hq.append(Batch(segments=tuple(segment for _, segment in devices)))
        for connection in (hq.writer, hq.reader):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copied = Path(folder) / "edge" / "tenants" / path.name
        copied.parent.mkdir(parents=True)
        shutil.copy(path, copied)
        edge, _ = _open(stack, copied.parent.parent)
        for _ in range(STREAMS // RECEIPTS_IN_FRAME_MAX + 2):  # until the edge holds a receipt for every stream
            _session(edge, hq, hq_key)
        report, statements = _counted(edge, hq, hq_key)
    assert report.converged
    assert report.rounds == 1
    size = report.bytes_sent + report.bytes_received
    name = f"idle session, edge and HQ, {STREAMS:,} streams"
    return [
        *_over_http(),
        Row(
            f"{name}: frames both ways",
            size,
            "bytes",
            BYTES_MAX,
            size / BYTES_MAX,
            f"at most {BYTES_MAX}",
            size <= BYTES_MAX,
        ),
        Row(
            f"{name}: SQL",
            statements,
            "statements",
            STATEMENTS_MAX,
            statements / STATEMENTS_MAX,
            f"at most {STATEMENTS_MAX}",
            statements <= STATEMENTS_MAX,
        ),
    ]


def _over_http() -> list[Row]:
    """An idle session of a device with a real server, and what HTTP adds: the bytes on the wire beside the frames."""
    with tempfile.TemporaryDirectory() as folder:
        _, game, (device,) = found_game(Path(folder), 1)
        with serving(Path(folder)) as port, _counting(port) as (between, carried):
            path = f"/sync/v1/bench/{game.game.hex()}"
            transport = HttpTransport(f"http://127.0.0.1:{between}{path}")
            bodies: list[bytes] = []

            def exchange(body: bytes) -> bytes:
                bodies.append(body)
                return transport.exchange(body)

            first = _device_session(device, b"", exchange)
            assert first.welcome is not None
            carried.clear()
            idle = _device_session(device, first.welcome.store, exchange)
            frames = idle.bytes_sent + idle.bytes_received
            by_device = sum(carried) - frames
            transport.close()
            carried.clear()
            answer = asyncio.run(_by_edge(f"http://127.0.0.1:{between}{path}", bodies[-1]))
            by_edge = sum(carried) - len(bodies[-1]) - len(answer)
    assert idle.converged
    assert idle.rounds == 1
    name = "idle session, device and HQ: frames both ways"
    return [
        Row(name, frames, "bytes", BYTES_MAX, frames / BYTES_MAX, f"at most {BYTES_MAX}", frames <= BYTES_MAX),
        Row("the same: HTTP headers both ways, a device", by_device, "bytes"),
        Row("the same: HTTP headers both ways, an edge", by_edge, "bytes"),
    ]


def _device_session(device: Device, store: bytes, exchange: Callable[[bytes], bytes]) -> Report:
    def answer(effect: Effect) -> object:
        if isinstance(effect, Sign):
            return device.key.sign(effect.message)
        if isinstance(effect, Verify):
            return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
        if isinstance(effect, Append):
            return device.log.append(effect.batch)
        assert isinstance(effect, Exchange)
        return exchange(effect.body)

    return run(initiate(device.log, Initiating(device.key.public_key, device.scope, store)), answer)


async def _by_edge(url: str, body: bytes) -> bytes:
    async with upstream.client() as http:
        return await upstream.exchange(http, url, body)


@contextmanager
def _counting(port: int) -> Iterator[tuple[int, list[int]]]:
    """A port that hands every byte on to `port` and back, and the sizes of what it carried."""
    carried: list[int] = []

    def carry(source: socket.socket, target: socket.socket) -> None:
        while part := source.recv(1 << 16):
            carried.append(len(part))
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        while True:
            try:
                here, _ = listening.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", port))
            for pair in ((here, there), (there, here)):
                threading.Thread(target=carry, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1], carried
        listening.shutdown(socket.SHUT_RDWR)


def _open(stack: ExitStack, folder: Path) -> tuple[GameLog, SigningKey]:
    """The log of the game in a data folder, and its node's key."""
    tenants = TenantFiles(folder)
    stack.callback(tenants.close)
    file = stack.enter_context(tenants.open("bench"))
    assert file.tenant is not None
    with file.reading() as session:
        row = find_game(session, "game")
        session.expunge(row)
    return game_log(file, file.tenant, row), SigningKey.from_seed(file.tenant.node_seed)


def _device(game: GameKey, authority: SigningKey, number: int) -> tuple[Statement, Segment]:
    """An enrolled device of a team of its own, and its stream of check-ins at recorded places."""
    key, team = SigningKey.generate(), team_audience(secrets.token_bytes(16))
    statement = tenancy.issue(game, team, authority, Enrolment(key.public_key, scope_of(GAME, team), number))
    stream = StreamKey(key.public_key, secrets.token_bytes(16), team)
    identity, seed, previous = stream_id(stream), secrets.token_bytes(16), ORIGIN
    events: list[Event] = []
    for seq, payload in enumerate(check_in_payloads(EVENTS)):
        events.append(seal(game, identity, seq, previous, seed, payload))
        previous = events[-1].id
    signature = key.sign(head_message(game, identity, events[-1].seq, previous))
    return statement, check_run(game, make_run(stream, events, signature))[0]


def _counted(edge: GameLog, hq: GameLog, hq_key: SigningKey) -> tuple[Report, int]:
    """A session, and the SQL statements of both sides together."""
    statements: list[str] = []
    for connection in {edge.reader, edge.writer, hq.reader, hq.writer}:
        connection.set_trace_callback(statements.append)
    return _session(edge, hq, hq_key), len(statements)


def _session(edge: GameLog, hq: GameLog, hq_key: SigningKey) -> Report:
    """One session as the nodes hold it, looking for other processes' commits first."""

    def at_hq(body: bytes) -> bytes:
        hq.refresh()
        me = Responding(hq_key.public_key, 0, (NONCE,), SAFE)
        return run(respond(body, hq, me), _answering(hq, hq_key, None))

    edge.refresh()
    me = Initiating(EDGE_KEY.public_key, peer_store=hq.state.store_id)
    return run(initiate(edge, me), _answering(edge, EDGE_KEY, at_hq))


def _answering(log: GameLog, key: SigningKey, exchange: Callable[[bytes], bytes] | None) -> Callable[[Effect], object]:
    def answer(effect: Effect) -> object:
        if isinstance(effect, Sign):
            return key.sign(effect.message)
        if isinstance(effect, Verify):
            return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
        if isinstance(effect, Append):
            return log.append(effect.batch)
        assert isinstance(effect, Exchange)
        assert exchange is not None
        return exchange(effect.body)

    return answer
