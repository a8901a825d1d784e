"""What the world may hand us: each refused by name, nothing lost, nothing else harmed."""

from __future__ import annotations

import zlib

import msgspec
import pytest
from nodes import (
    NONCE,
    WORLD_GAME,
    Node,
    authority,
    delegation_statement,
    enrolled,
    enrolment_statement,
    key_of,
    memory_node,
    run_of,
    segment_of,
    state_of,
)

from sync.batch import Batch
from sync.errors import EnvelopeError, FrameError, RemoteError
from sync.event import ORIGIN, seal
from sync.frame import decode_body, decode_frame, encode_body
from sync.intake import Intake
from sync.memory_log import MemoryLog
from sync.messages import (
    Data,
    Hello,
    Message,
    Problem,
    Proof,
    Receipts,
    Root,
    Rows,
    Statements,
    Verdicts,
    Want,
    Wanted,
    Welcome,
)
from sync.placement import BUSY, REFUSED, STORED
from sync.receipt import CUSTODY, SAFE, Receipt, receipt_message
from sync.responder import read_message
from sync.segment import Run, check_run, make_run
from sync.statement import ENROLMENT, Enrolment, Statement, encode_claim
from sync.stream import ALL, GAME, GameKey, StreamKey, scope_of, stream_id, team_audience

TEAM, OTHERS = team_audience(b"a" * 16), team_audience(b"b" * 16)
OTHER_GAME = GameKey(b"T" * 16, b"H" * 16)


def hello(node: bytes = key_of("device").public_key, **changed: object) -> Hello:
    return msgspec.structs.replace(Hello((1, 1), node, WORLD_GAME.tenant, WORLD_GAME.game, ALL), **changed)


def codes(answer: bytes) -> list[str]:
    return [m.code for m in decode_body(answer) if isinstance(m, Problem)]


def verdicts(answer: bytes) -> list[int]:
    spans = [s for m in decode_body(answer) if isinstance(m, Verdicts) for _, _, run in m.runs for s in run]
    return [verdict for count, verdict in spans for _ in range(count)]


def plain_frame(body: bytes, form: int = 0) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(bytes((form,))))
    return (5 + len(body)).to_bytes(4, "big") + bytes((form,)) + checksum.to_bytes(4, "big") + body


def frame_code(frame: bytes) -> str:
    with pytest.raises(FrameError) as caught:
        decode_frame(frame[4:])
    return caught.value.code


def test_a_zip_bomb_is_inflated_no_further_than_a_frame(hq: Node) -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflater.compress(bytes(50_000_000)) + deflater.flush()
    frame = plain_frame(bomb, form=1)
    assert len(bomb) < 65_536
    assert frame_code(frame) == "frame_too_big"
    run = run_of("device", [b"kept"])
    answer = hq.respond(encode_body([hello()]) + frame + encode_body([Data((run,))]))
    assert codes(answer) == ["frame_too_big"]
    assert stream_id(run.key) in hq.log.index.streams


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (plain_frame(b""), "frame_unknown"),
        (plain_frame(b"\xc1"), "frame_unknown"),
        (plain_frame(b"not messagepack"), "frame_unknown"),
        (plain_frame(msgspec.msgpack.encode([99, 1, 2])), "frame_unknown"),
        (plain_frame(msgspec.msgpack.encode([4, b"short", 0])), "message_malformed"),
        (plain_frame(msgspec.msgpack.encode([4, b"r" * 32, -1])), "message_malformed"),
        (plain_frame(msgspec.msgpack.encode([4, b"r" * 32, 2**60])), "message_malformed"),
        (plain_frame(msgspec.msgpack.encode([4, "text", 0])), "frame_unknown"),
        (plain_frame(msgspec.msgpack.encode([4])), "frame_unknown"),
        (plain_frame(msgspec.msgpack.encode([5, b"x"])), "message_malformed"),
        (plain_frame(b"\x93\x0d\xa1\xff\xa1x"), "frame_unknown"),
        (plain_frame(b"\x91" * 60_000), "frame_unknown"),
        (plain_frame(b"x", form=1), "frame_damaged"),
        (plain_frame(b"x", form=7), "frame_unknown"),
        (plain_frame(msgspec.msgpack.encode(Root(b"r" * 32, 0)) + b"trailing"), "frame_unknown"),
        (b"\x00\x00\x00\x02\x00\x00", "frame_short"),
        (b"\x00\x00\x00\x00", "frame_short"),
        (plain_frame(b"\x80")[:-1] + b"\x81", "frame_damaged"),
    ],
)
def test_a_frame_that_is_none_is_named_and_costs_only_itself(hq: Node, frame: bytes, code: str) -> None:
    assert frame_code(frame) == code
    run = run_of("device", [b"kept"])
    answer = hq.respond(encode_body([hello()]) + frame + encode_body([Data((run,))]))
    assert codes(answer) == [code]
    assert stream_id(run.key) in hq.log.index.streams


@pytest.mark.parametrize("body", [b"", b"\x00", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, bytes(100)])
def test_a_request_that_is_no_body_is_answered_with_a_problem(hq: Node, body: bytes) -> None:
    root = hq.root()
    assert len(codes(hq.respond(body))) == 1
    assert hq.root() == root


def test_a_cut_request_keeps_the_frames_before_the_cut(hq: Node) -> None:
    first, second = run_of("device", [b"kept"]), run_of("other", [b"lost"])
    body = encode_body([hello(), Data((first,)), Data((second,))])
    answer = hq.respond(body[:-7])
    assert codes(answer) == ["frame_short"]
    assert stream_id(first.key) in hq.log.index.streams
    assert stream_id(second.key) not in hq.log.index.streams


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"versions": (2, 9)}, "version"),
        ({"versions": (-3, 0)}, "version"),
        ({"tenant": b"U" * 16}, "wrong_game"),
        ({"game": b"H" * 16}, "wrong_game"),
        ({"scope": (b"z", b"a")}, "scope_malformed"),
        ({"scope": ()}, "scope_malformed"),
        ({"scope": (b"*", b"a")}, "scope_malformed"),
    ],
)
def test_a_greeting_that_cannot_be_met_is_refused_before_anything_is_stored(hq: Node, changed, code) -> None:
    run = run_of("device", [b"x"])
    answer = hq.respond(encode_body([hello(**changed), Data((run,))]))
    assert codes(answer) == [code]
    assert stream_id(run.key) not in hq.log.index.streams


def test_an_initiator_names_what_the_peer_refused() -> None:
    device, other = memory_node("device"), authority()
    other.log = MemoryLog(OTHER_GAME, b"o" * 16, b"e" * 16)
    report = device.sync(other)
    assert (report.converged, [p.code for p in report.problems]) == (False, ["wrong_game"])


def spoiled(run: Run) -> list[tuple[str, Run, str]]:
    """Runs that are wrong in one way each, with the code they must be refused with."""
    change = msgspec.structs.replace
    other = GameKey(b"T" * 16, b"H" * 16)
    event = seal(other, stream_id(run.key), 0, ORIGIN, b"s" * 16, b"x")
    foreign = make_run(run.key, [event], key_of("device").sign(event.id))
    signature = run.signature
    high = (int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493) % 2**256
    return [
        ("other game", foreign, "bad_signature"),
        ("payload", change(run, payloads=(b"changed", *run.payloads[1:])), "bad_signature"),
        ("order", change(run, payloads=run.payloads[::-1]), "bad_signature"),
        (
            "signature",
            change(run, signature=signature[:5] + bytes((signature[5] ^ 1,)) + signature[6:]),
            "bad_signature",
        ),
        ("S + L", change(run, signature=signature[:32] + high.to_bytes(32, "little")), "signature_malformed"),
        ("width", change(run, signature=b"short"), "signature_malformed"),
        ("no events", change(run, payloads=(), salts=()), "run_too_big"),
        ("salts", change(run, salts=()), "run_malformed"),
        ("many salts", change(run, salts=((100, b"s" * 16),)), "run_malformed"),
        ("zero span", change(run, salts=((0, b""), *run.salts)), "run_malformed"),
        ("hash beside payload", change(run, hashes={0: b"h" * 32}), "run_malformed"),
        ("no hash", change(run, payloads=(None, *run.payloads[1:])), "run_malformed"),
        ("negative", change(run, first_seq=-1), "run_malformed"),
        ("origin", change(run, first_seq=1), "run_malformed"),
        ("previous", change(run, previous=b"p" * 31), "run_malformed"),
        ("small key", change(run, key=StreamKey(bytes(32), b"i" * 16, GAME)), "run_malformed"),
        ("audience", change(run, key=StreamKey(run.key.public_key, b"i" * 16, b"*")), "run_malformed"),
        ("incarnation", change(run, key=StreamKey(run.key.public_key, b"i" * 15, GAME)), "run_malformed"),
        ("other stream", change(run, key=StreamKey(run.key.public_key, b"j" * 16, GAME)), "bad_signature"),
    ]


SPOILED = spoiled(run_of("device", [b"one", b"two"]))


@pytest.mark.parametrize(("run", "code"), [(r, c) for _, r, c in SPOILED], ids=[name for name, _, _ in SPOILED])
def test_a_bad_run_is_refused_by_name_and_its_neighbours_are_stored(hq: Node, run: Run, code: str) -> None:
    good = run_of("other", [b"good"])
    answer = hq.respond(encode_body([hello(), Data((run, good))]))
    assert codes(answer) == [code]
    assert verdicts(answer) == [REFUSED] * max(1, len(run.payloads)) + [2]
    assert list(hq.log.index.streams) == [stream_id(good.key)]


def test_events_of_another_game_do_not_pass_the_envelope() -> None:
    run = run_of("device", [b"one"])
    segment, check = check_run(WORLD_GAME, run)
    elsewhere, other_check = check_run(OTHER_GAME, run)
    assert segment.ids != elsewhere.ids
    assert check.message != other_check.message


def test_a_statement_of_another_game_or_with_a_bad_signature_is_not_kept(hq: Node) -> None:
    count = hq.log.index.summary.count(ALL)
    key = hq.key
    foreign = encode_claim(OTHER_GAME, GAME, key.public_key, Enrolment(key_of("d").public_key, ALL, 0))
    ours = enrolment_statement(key, key_of("d"), ALL)
    forged = Statement(ours.body, key_of("d").sign(b"something else"))
    answer = hq.respond(
        encode_body([hello(), Statements((state_of(foreign, key), forged, Statement(b"\xc1", b"s" * 64)))])
    )
    assert sorted(codes(answer)) == ["bad_signature", "statement_malformed", "wrong_game"]
    assert hq.log.index.summary.count(ALL) == count


@pytest.mark.parametrize("depth", [100, 1_100, 1_900])
def test_a_strangers_statement_that_nests_without_end_harms_nothing(hq: Node, depth: int) -> None:
    """What is too deep to decode is kept like any record of an unknown kind, and the log goes on."""
    stranger, honest = key_of("stranger"), enrolment_statement(hq.key, key_of("device"), scope_of(GAME))
    record = msgspec.msgpack.encode(Enrolment(key_of("d").public_key, ALL, 0))
    nest = b"\x91" * depth + b"\xc0"
    head = (ENROLMENT, WORLD_GAME.tenant, WORLD_GAME.game, GAME, stranger.public_key)
    in_record = msgspec.msgpack.encode((*head, bytes((record[0] + 1,)) + record[1:] + nest))
    body = msgspec.msgpack.encode((*head, record))
    in_body = bytes((body[0] + 1,)) + body[1:] + nest
    statements = (state_of(in_record, stranger), state_of(in_body, stranger), honest)
    hq.respond(encode_body([hello(), Statements(statements)]))
    assert hq.log.index.directory.scope_of(key_of("device").public_key) == scope_of(GAME)
    assert hq.log.index.directory.scope_of(key_of("d").public_key) == ()


def test_a_flood_of_bad_runs_and_frames_is_answered_within_bounds(hq: Node) -> None:
    bad = msgspec.structs.replace(run_of("device", [b"x"]), signature=b"short")
    answer = hq.respond(encode_body([hello(), *[Data((bad,) * 256)] * 60]))
    assert len(answer) < 1_000_000
    assert len(codes(answer)) == 32
    assert len(verdicts(answer)) == 60 * 256


def test_statements_and_streams_of_nobody_known_share_a_quota() -> None:
    hq = authority()
    hq.quota_bytes = 1_000
    strangers = [enrolment_statement(key_of(f"k{i}"), key_of("d"), ALL) for i in range(40)]
    before = hq.log.index.summary.count(ALL)
    answer = hq.respond(encode_body([hello(), Statements(tuple(strangers))]))
    assert "busy" in codes(answer)
    assert 0 < hq.log.index.summary.count(ALL) - before < 10
    real = enrolment_statement(hq.key, key_of("device"), scope_of(GAME))
    answer = hq.respond(encode_body([hello(), Statements((*strangers[20:], real)), Data((run_of("device", [b"x"]),))]))
    assert verdicts(answer) == [STORED]


def test_a_proof_that_is_stale_forged_or_misplaced_opens_nothing(hq: Node) -> None:
    edge = enrolled(hq, "edge", ALL)
    hq.write(b"secret")
    edge.sync(hq)
    hq.write(b"more")
    rest = encode_body([hello(edge.key.public_key), Rows(b"", (), ()), Root(b"r" * 32, 0)])
    store = hq.log.state.store_id
    good = Proof(NONCE, edge.key.sign(read_message(store, NONCE, rest)))
    for proof in (
        Proof(b"o" * 16, edge.key.sign(read_message(store, b"o" * 16, rest))),
        Proof(NONCE, edge.key.sign(read_message(b"x" * 16, NONCE, rest))),
        Proof(NONCE, key_of("thief").sign(read_message(store, NONCE, rest))),
        Proof(NONCE, bytes(64)),
    ):
        answer = hq.respond(encode_body([proof]) + rest)
        assert codes(answer) == ["not_enrolled"]
        assert not any(isinstance(m, Data) for m in decode_body(answer))
    assert codes(hq.respond(rest + encode_body([good]))) == ["out_of_order", "not_enrolled"]
    assert any(isinstance(m, Data) for m in decode_body(hq.respond(encode_body([good]) + rest)))


def test_rows_and_wants_outside_the_scope_show_nothing_of_other_teams(hq: Node) -> None:
    writer = enrolled(hq, "writer", scope_of(GAME, OTHERS), 0)
    stream = writer.write(b"their secret", b"and another", audience=OTHERS)
    writer.sync(hq)
    spy = enrolled(hq, "spy", scope_of(GAME, TEAM), 1)
    spy.sync(hq)
    known = hq.log.read(stream, 0, 0, 0)[0]
    row = msgspec.structs.replace(hq.log.index.row(stream), heads=((0, known.id),))
    want = Want((Wanted(stream, ()),), ())
    greeting = hello(spy.key.public_key, scope=spy.scope)
    rest = encode_body([greeting, Rows(b"", (row,), ()), want, Root(b"r" * 32, 0)])
    proof = Proof(NONCE, spy.key.sign(read_message(hq.log.state.store_id, NONCE, rest)))
    messages = decode_body(hq.respond(encode_body([proof]) + rest))
    assert "not_enrolled" not in [m.code for m in messages if isinstance(m, Problem)]
    assert all(run.key.audience != OTHERS for m in messages if isinstance(m, Data) for run in m.runs)
    assert all(not m.streams for m in messages if isinstance(m, Want))


def answering(messages: list[Message]):
    """A hostile peer: the same answer to whatever comes."""
    welcome = Welcome(1, key_of("evil").public_key, b"v" * 16, b"e" * 16, 1, 1, 0, NONCE, ALL)
    body = encode_body([welcome, *messages])
    return lambda request, peer: body


def test_a_peer_that_claims_to_store_for_ever_ends_as_stalled() -> None:
    device = memory_node("device")
    stream = device.write(b"one", b"two")
    claims = Verdicts(((stream, 0, ((2, STORED),)),) * 10)
    report = device.sync(authority(), answering([Root(b"x" * 32, 5), claims, Want((Wanted(stream, ()),), ())]))
    assert not report.converged
    assert report.rounds < 20


def test_an_answer_outside_my_scope_is_not_stored() -> None:
    device = memory_node("device", scope_of(GAME, TEAM))
    run = run_of("x", [b"theirs"], audience=OTHERS)
    statement = enrolment_statement(key_of("hq"), key_of("d"), scope_of(OTHERS))
    device.sync(authority(), answering([Root(b"x" * 32, 5), Data((run,)), Statements((statement,))]))
    assert device.log.index.streams == {}
    assert device.log.index.summary.count(ALL) == 0


@pytest.mark.parametrize("version", [0, 2, 99])
def test_an_answer_in_a_version_i_do_not_speak_ends_the_session(version: int) -> None:
    welcome = Welcome(version, key_of("evil").public_key, b"v" * 16, b"e" * 16, 1, 1, 0, NONCE, ALL)
    with pytest.raises(RemoteError) as caught:
        memory_node("device").sync(authority(), lambda request, peer: encode_body([welcome]))
    assert caught.value.code == "version"


@pytest.mark.parametrize("answer", [b"", b"<html>502 Bad Gateway</html>", b"\x00" * 64])
def test_an_upstream_that_is_not_wayfold_is_said_so(answer: bytes) -> None:
    with pytest.raises(RemoteError):
        memory_node("device").sync(authority(), lambda request, peer: answer)


def receipt_by(name: str, stream: bytes, seq: int, head: bytes, level: int) -> Receipt:
    draft = Receipt(key_of(name).public_key, b"h" * 16, b"e" * 16, stream, seq, head, level, 5)
    return msgspec.structs.replace(draft, signature=key_of(name).sign(receipt_message(WORLD_GAME, draft)))


def test_only_an_authority_says_safe_and_only_edges_custody_and_only_of_what_is_held(hq: Node) -> None:
    device = enrolled(hq, "device", scope_of(GAME, TEAM))
    stream = device.write(b"one")
    head = device.log.index.streams[stream].branches[0].tip
    lies = (receipt_by("evil", stream, 0, head, SAFE), receipt_by("hq", stream, 9, b"x" * 32, SAFE))
    device.sync(hq, answering([Receipts(lies)]))
    assert device.log.receipts([stream]) == []
    device.sync(hq, answering([Receipts((receipt_by("edge", stream, 0, head, CUSTODY),))]))
    assert device.log.receipts([stream]) == []
    device.log.append(Batch(statements=(delegation_statement(hq.key, key_of("edge")),)))
    true = (receipt_by("hq", stream, 0, head, SAFE), receipt_by("edge", stream, 0, head, CUSTODY))
    device.sync(hq, answering([Receipts(true)]))
    assert {r.level for r in device.log.receipts([stream])} == {SAFE, CUSTODY}


def test_one_stream_that_cannot_be_taken_in_does_not_keep_others_waiting(hq: Node) -> None:
    """More strangers than a quota admits, in buckets of their own, before an enrolled device's stream."""
    hq.quota_bytes = 0
    edge = enrolled(hq, "edge", ALL)
    for i in range(200):
        edge.log.append(Batch(segments=(segment_of(run_of(f"stranger {i}", [b"x"])),)))
    edge.log.append(Batch(statements=(enrolment_statement(hq.key, key_of("device"), scope_of(GAME), 1),)))
    edge.log.append(Batch(segments=(segment_of(run_of("device", [b"counts"])),)))
    report = edge.sync(hq)
    assert not report.converged
    assert list(hq.log.index.streams) == [stream_id(run_of("device", [b""]).key)]
    assert report.verdicts["busy"] >= 200


def test_a_run_with_more_events_than_a_segment_is_refused_in_a_segments_worth_of_verdicts(hq: Node) -> None:
    run = run_of("device", [b"x"])
    intake = Intake(hq.log)
    hq.drive(intake.take([Data((msgspec.structs.replace(run, payloads=(b"x",) * 5_000),))]))
    assert intake.verdicts[0][2] == ((100, REFUSED),)
    assert BUSY not in [v for _, v in intake.verdicts[0][2]]
    with pytest.raises(EnvelopeError):
        check_run(WORLD_GAME, msgspec.structs.replace(run, payloads=(b"x",) * 5_000))


def test_edges_that_enrol_hundreds_while_away_bring_all_enrolments_in_one_session(hq: Node) -> None:
    edge = enrolled(hq, "edge", ALL)
    edge.log.append(
        Batch(statements=tuple(enrolment_statement(hq.key, key_of(f"d{i}"), scope_of(GAME), i) for i in range(700)))
    )
    assert edge.sync(hq).converged
