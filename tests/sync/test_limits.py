"""Every limit, at it and one beyond it; a limit without a case fails."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import msgspec
import pytest
from nodes import (
    NONCE,
    WORLD_GAME,
    Node,
    authority,
    enrolled,
    enrolment_statement,
    key_of,
    memory_node,
    run_of,
    segment_of,
    state_of,
)

from sync import limits
from sync.batch import Batch
from sync.errors import SyncError
from sync.event import ORIGIN, seal
from sync.frame import PREFIX_BYTES, decode_frame, encode_body, encode_frame, split_frames
from sync.initiator import Initiating, buckets_in_body, initiate
from sync.intake import Intake
from sync.messages import (
    Asking,
    Buckets,
    Data,
    Hello,
    Message,
    Problem,
    Proof,
    Receipts,
    Root,
    Rows,
    Statements,
    Want,
    Wanted,
)
from sync.packing import pack_data, run_bytes
from sync.placement import BUSY
from sync.receipt import Receipt
from sync.responder import give, read_body
from sync.runs import cut_runs
from sync.segment import EVENT_FIXED_BYTES, RUN_FIXED_BYTES, Run, check_run
from sync.statement import (
    Claim,
    Content,
    Erased,
    Erasure,
    Heads,
    Leaving,
    Pin,
    Revocation,
    Role,
    Statement,
    check_statement,
    encode_claim,
    read_known,
)
from sync.stream import GAME, StreamKey, is_audience, is_scope, scope_of
from sync.summary import Row
from sync.transitions import State

OK = "ok"
HASH = b"h" * 32
MARK = (1, HASH)
PIN = Pin(HASH, limits.SEQ_MAX, HASH)
KEY = StreamKey(key_of("a").public_key, b"i" * 16, GAME)
RECEIPT = Receipt(KEY.public_key, b"s" * 16, b"e" * 16, HASH, 1, HASH, 1, 1, b"s" * 64)


def code_of(action: Callable[[], object]) -> str:
    """The stable code an action fails with, or OK."""
    try:
        action()
    except SyncError as error:
        return error.code
    return OK


def framed(plain: bytes) -> bytes:
    """A plain frame of these bytes, whatever a writer would refuse."""
    return b"\x00" + zlib.crc32(plain, zlib.crc32(b"\x00")).to_bytes(4, "big") + plain


def received(message: Message) -> str:
    """What a reader says of a message that its writer did not check."""
    return code_of(lambda: decode_frame(framed(msgspec.msgpack.encode(message))))


def payload(size: int) -> str:
    run = Run(KEY, 0, ORIGIN, (bytes(size),), {}, ((1, b"s" * 16),), key_of("a").sign(b""))
    sealed = code_of(lambda: seal(WORLD_GAME, HASH, 0, ORIGIN, b"s" * 16, bytes(size)))
    assert (sealed == OK) == (code_of(lambda: check_run(WORLD_GAME, run)) == OK)
    return sealed


def run_of_sizes(*sizes: int, first_seq: int = 0) -> str:
    signature, previous = key_of("a").sign(b""), HASH if first_seq else ORIGIN
    payloads = tuple(map(bytes, sizes))
    salts = ((1, b"s" * 16),) * len(sizes)
    return code_of(lambda: check_run(WORLD_GAME, Run(KEY, first_seq, previous, payloads, {}, salts, signature)))


def segment_bytes(size: int) -> str:
    return run_of_sizes(8000, 8000, 8000, 8000, size - RUN_FIXED_BYTES - 5 * EVENT_FIXED_BYTES - 32_000)


def frame_bytes(size: int) -> str:
    fixed = len(msgspec.msgpack.encode(Statements((Statement(bytes(60_000), b""),)))) - 60_000
    message = Statements((Statement(bytes(size - fixed), b""),))
    assert len(msgspec.msgpack.encode(message)) == size
    written, read = code_of(lambda: encode_frame(message)), received(message)
    assert written == read
    assert code_of(lambda: decode_frame(deflated(bytes(size)))) == ("frame_unknown" if read == OK else read)
    return read


def deflated(plain: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflater.compress(plain) + deflater.flush()
    return b"\x01" + zlib.crc32(body, zlib.crc32(b"\x01")).to_bytes(4, "big") + body


def split(body: bytes) -> str:
    return code_of(lambda: list(split_frames(body)))


def frame_overhead(size: int) -> str:
    length = limits.FRAME_BYTES_MAX + size
    return split(length.to_bytes(4, "big") + bytes(length))


def body_bytes(size: int) -> str:
    whole, rest = divmod(size, 65_536)
    sizes = [65_536] * whole
    sizes[-1] += rest
    return split(b"".join((s - PREFIX_BYTES).to_bytes(4, "big") + bytes(s - PREFIX_BYTES) for s in sizes))


def answer_bytes(size: int) -> str:
    large = run_of("a", [bytes(7_900)] * 4)
    runs = [large] * (size // run_bytes(large))
    fixed = run_bytes(run_of("a", [b""]))
    rest = size - sum(map(run_bytes, runs)) - fixed
    last = run_of("a", [bytes(rest // 4 + (rest % 4 if i == 3 else 0)) for i in range(4)])
    short = run_bytes(last) - (rest + fixed)  # each further event has a length of its own
    last = run_of("a", [*[bytes(rest // 4)] * 3, bytes(rest // 4 + rest % 4 - short)])
    runs.append(last)
    assert sum(map(run_bytes, runs)) == size
    packed = sum(len(data.runs) for data in pack_data(runs, limits.ANSWER_BYTES_MAX))
    return OK if packed == len(runs) else f"{len(runs) - packed} for the next round"


def branches(count: int) -> str:
    node = memory_node("x")
    segments = tuple(segment_of(run_of("a", [b"%d" % i])) for i in range(count))
    verdicts = node.log.append(Batch(segments=segments)).verdicts
    return "busy" if verdicts[-1] == (BUSY,) else OK


def gaps(count: int) -> str:
    node = memory_node("x")
    verdict = -1
    previous, first_seq = ORIGIN, 0
    while first_seq < count:
        step = min(100, count - first_seq)
        hashes = {i: (first_seq + i).to_bytes(32, "big") for i in range(step)}
        run = Run(KEY, first_seq, previous, (None,) * step, hashes, ((step, b""),), key_of("a").sign(b""))
        segment = segment_of(run)
        verdict = node.log.append(Batch(segments=(segment,))).verdicts[0][-1]
        first_seq, previous = first_seq + step, segment.ids[-1]
    assert received(Rows(b"", (Row(KEY, (MARK,), (), (MARK,) * count),), ())) in (OK, "message_too_big")
    return "busy" if verdict == BUSY else OK


def scope(count: int) -> str:
    audiences = scope_of(*(b"t%03d" % i for i in range(count)))
    told = received(Hello((1, 1), KEY.public_key, b"t" * 16, b"g" * 16, audiences))
    assert (told == OK) == is_scope(audiences)
    return told


def statement(size: int) -> str:
    hq = key_of("hq")
    fixed = len(msgspec.msgpack.encode(Claim(99, b"T" * 16, b"G" * 16, GAME, hq.public_key, bytes(1_000)))) - 1_000
    body = msgspec.msgpack.encode(Claim(99, b"T" * 16, b"G" * 16, GAME, hq.public_key, bytes(size - fixed)))
    assert len(body) == size
    return code_of(lambda: check_statement(WORLD_GAME, state_of(body, hq)))


def record(content: Content) -> str:
    """Whether a statement with this record is understood, or only kept and passed on."""
    hq = key_of("hq")
    made = state_of(encode_claim(WORLD_GAME, GAME, hq.public_key, content), hq)
    check_statement(WORLD_GAME, made)
    return "not understood" if read_known(made) is None else OK


def locator(count: int) -> str:
    return received(Want((Wanted(HASH, (MARK,) * (limits.BRANCHES_MAX + count)),), ()))


def signatures(count: int) -> str:
    node = memory_node("x")
    run = run_of("a", [b"x"])
    intake = Intake(node.log)
    node.drive(intake.take([Data((run,) * count)]))
    return "busy" if intake.verdicts[-1][2] == ((1, BUSY),) else OK


def rows_direct(count: int) -> str:
    hq = authority()
    hello = Hello((1, 1), KEY.public_key, WORLD_GAME.tenant, WORLD_GAME.game, scope_of(GAME))
    answer, _ = read_body(hq.respond(encode_body([hello, Root(HASH, count)])), State.EXPECT_WELCOME)
    return "buckets" if any(isinstance(m, Buckets) for m in answer) else OK


def statements_in_answer(count: int) -> str:
    chain = [enrolment_statement(key_of("hq"), key_of("a"), scope_of(GAME), i) for i in range(count)]
    told = sum(len(m.items) for m in give(chain, iter(()), 1) if isinstance(m, Statements))
    return OK if told == count else f"{count - told} for the next round"


def problems(count: int) -> str:
    bad = (5).to_bytes(4, "big") + bytes(4) + b"x"
    told = len(read_body(bad * count, State.EXPECT_HELLO)[1])
    return OK if told == count else f"{count - told} untold"


def rounds(count: int) -> str:
    """A peer that always has one event more and never agrees keeps a session busy for so many rounds."""
    hq = authority()
    edge = enrolled(hq, "edge", scope_of(GAME))

    def exchange(body: bytes) -> bytes:
        hq.write(b"x")
        ends = edge_rounds() >= count
        return hq.respond(body) + (b"" if ends else encode_frame(Root(HASH, 9)))

    def edge_rounds() -> int:
        return len(edge.sent)

    def counted(body: bytes) -> bytes:
        edge.sent.append(body)
        return exchange(body)

    report = Node.drive(edge, initiate(edge.log, Initiating(edge.key.public_key, edge.scope)), counted)
    assert report.rounds <= limits.ROUNDS_MAX
    return OK if report.converged else "stopped"


CASES: dict[str, tuple[Callable[[int], str], str]] = {
    "PAYLOAD_BYTES_MAX": (payload, "payload_too_big"),
    "SEGMENT_EVENTS_MAX": (lambda n: run_of_sizes(*[1] * n), "run_too_big"),
    "SEGMENT_BYTES_MAX": (segment_bytes, "run_too_big"),
    "FRAME_BYTES_MAX": (frame_bytes, "frame_too_big"),
    "FRAME_OVERHEAD_BYTES_MAX": (frame_overhead, "frame_too_big"),
    "BODY_BYTES_MAX": (body_bytes, "body_too_big"),
    "BODY_FRAMES_MAX": (lambda n: split(((1).to_bytes(4, "big") + b"x") * n), "body_too_big"),
    "ANSWER_BYTES_MAX": (answer_bytes, "1 for the next round"),
    "SEQ_MAX": (lambda n: run_of_sizes(1, first_seq=n), "run_malformed"),
    "BRANCHES_MAX": (branches, "busy"),
    "GAPS_MAX": (gaps, "busy"),
    "SCOPE_AUDIENCES_MAX": (scope, "message_too_big"),
    "AUDIENCE_BYTES_MAX": (lambda n: OK if is_audience(bytes(n)) else "no audience", "no audience"),
    "STATEMENT_BYTES_MAX": (statement, "statement_malformed"),
    "PINS_IN_STATEMENT_MAX": (lambda n: record(Revocation(KEY.public_key, (PIN,) * n)), "not understood"),
    "KEPT_IN_STATEMENT_MAX": (lambda n: record(Revocation(KEY.public_key, (), (HASH,) * n)), "not understood"),
    "AMENDS_MAX": (lambda n: record(Revocation(KEY.public_key, (), (), (HASH,) * n)), "not understood"),
    "LEFT_IN_STATEMENT_MAX": (lambda n: record(Leaving(KEY.public_key, (HASH,) * n)), "not understood"),
    "ERASED_IN_STATEMENT_MAX": (lambda n: record(Erasure((Erased(HASH, 1, HASH, b""),) * n)), "not understood"),
    "FACT_BYTES_MAX": (lambda n: record(Erasure((Erased(HASH, 1, HASH, bytes(n)),))), "not understood"),
    "HEADS_IN_STATEMENT_MAX": (lambda n: record(Heads(HASH, (PIN,) * n)), "not understood"),
    "ROLE_MAX": (lambda n: record(Role(KEY.public_key, n)), "not understood"),
    "STATEMENTS_IN_FRAME_MAX": (lambda n: received(Statements((Statement(b"", b""),) * n)), "message_too_big"),
    "STATEMENTS_IN_ANSWER_MAX": (statements_in_answer, "1 for the next round"),
    "STATEMENT_IDS_IN_FRAME_MAX": (lambda n: received(Rows(b"", (), (HASH,) * n)), "message_too_big"),
    "RUNS_IN_FRAME_MAX": (lambda n: received(Data((run_of("a", [b""]),) * n)), "message_too_big"),
    "SIGNATURES_IN_BODY_MAX": (signatures, "busy"),
    "PROBLEMS_IN_BODY_MAX": (problems, "1 untold"),
    "NONCE_BYTES_MAX": (lambda n: received(Proof(bytes(n), b"s" * 64)), "message_malformed"),
    "ROWS_IN_FRAME_MAX": (lambda n: received(Rows(b"", (Row(KEY, (MARK,), (), ()),) * n, ())), "message_too_big"),
    "ROWS_IN_BODY_MAX": (lambda n: OK if buckets_in_body(n) == 256 else "some buckets", "some buckets"),
    "ROWS_DIRECT_MAX": (rows_direct, "buckets"),
    "LOCATOR_ENTRIES_MAX": (locator, "message_too_big"),
    "WANTS_IN_FRAME_MAX": (lambda n: received(Want((Wanted(HASH, ()),) * n, (HASH,) * n)), "message_too_big"),
    "RECEIPTS_IN_FRAME_MAX": (lambda n: received(Receipts((RECEIPT,) * n)), "message_too_big"),
    "TEXT_BYTES_MAX": (lambda n: received(Problem("code", "x" * n)), "message_too_big"),
    "ROUNDS_MAX": (rounds, "stopped"),
}
"""By limit: what a size leads to, and what it must lead to one beyond. (A least value is walked below.)"""
LEAST = {"NONCE_BYTES_MIN": (lambda n: received(Proof(bytes(n), b"s" * 64)), "message_malformed")}


@pytest.mark.parametrize("limit", [row for row in limits.LIMITS if row.name in CASES], ids=lambda row: row.name)
def test_a_limit_holds_at_its_value_and_not_one_beyond(limit: limits.Limit) -> None:
    attempt, code = CASES[limit.name]
    assert attempt(limit.value) == OK
    assert attempt(limit.value + 1) == code


@pytest.mark.parametrize("name", LEAST)
def test_a_least_value_holds_at_it_and_not_one_below(name: str) -> None:
    attempt, code = LEAST[name]
    value = getattr(limits, name)
    assert attempt(value) == OK
    assert attempt(value - 1) == code


def test_every_limit_stands_in_the_table_with_its_reason_and_has_a_case() -> None:
    constants = {name for name in vars(limits) if name.endswith(("_MAX", "_MIN")) and not name.startswith("PROTOCOL")}
    assert {row.name for row in limits.LIMITS} == constants == {*CASES, *LEAST}
    assert all(row.value == getattr(limits, row.name) and row.reason and row.unit for row in limits.LIMITS)


def test_a_run_still_fits_when_payloads_of_it_are_missing() -> None:
    node = memory_node("x")
    full = run_of("a", [bytes(8000)] * 4 + [bytes(1)] * 49 + [bytes(32_768 - 256 - 54 * 3 - 32_000 - 49)])
    segment = segment_of(full)
    events = [segment.event(i) for i in range(len(segment.ids))]
    bare = [msgspec.structs.replace(e, payload=None) if len(e.payload or b"") == 1 else e for e in events]
    hashes = {i: e.payload_hash for i, e in enumerate(bare) if e.payload is None}
    held = Run(full.key, 0, ORIGIN, tuple(e.payload for e in bare), hashes, full.salts, full.signature)
    node.log.append(Batch(segments=(segment_of(held),)))
    state = node.log.index.streams[segment.stream]
    assert sum(len(run.payloads) for run in cut_runs(node.log, state, state.branches[0], 0, 53)) == 54


def test_what_a_writer_builds_beyond_a_limit_is_its_own_error() -> None:
    assert code_of(lambda: encode_frame(Proof(NONCE, b""))) == "message_malformed"
    assert code_of(lambda: encode_frame(Asking((HASH,) * (limits.RECEIPTS_IN_FRAME_MAX + 1)))) == "message_too_big"
