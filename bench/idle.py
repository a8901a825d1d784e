"""An idle session between an edge and HQ that hold 2,000 streams and 200,000 events: bytes and SQL statements."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.highfield import check_in_payloads
from bench.ingest import found_game
from bench.table import Row
from client_core.signing import SigningKey, verify
from server import tenancy
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
