"""Make the golden vectors again: `python tests/golden/generate.py` writes `vectors.json` beside this file.

They are made from fixed keys, ids and seeds, so every run gives the same but
for what another zlib deflates differently. A change of any other value is a
change of the protocol: old vectors are then kept beside the new ones.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from pathlib import Path
from typing import Any

sys.path += [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "support")]

import msgspec
from nodes import (
    NONCE,
    ROOT_KEY,
    WORLD_GAME,
    authority,
    enrolled,
    enrolment_statement,
    key_of,
    memory_node,
    run_of,
    segment_of,
    state_of,
)

from sync.batch import Batch
from sync.bundle import export_bundle, import_bundle
from sync.digest import payload_hash_of, salt_of
from sync.event import ORIGIN, encode_header, head_message, seal
from sync.frame import encode_frame
from sync.messages import (
    Asking,
    Data,
    End,
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
from sync.receipt import CUSTODY, SAFE, Receipt, receipt_message
from sync.responder import read_message
from sync.segment import check_run
from sync.statement import Authority, Delegation, Enrolment, encode_claim, statement_id
from sync.stream import ALL, GAME, STAFF, StreamKey, scope_of, stream_id, team_audience
from sync.summary import row_hash

FILE = Path(__file__).parent / "vectors.json"
DEFLATED_FROM_BYTES = 96
TEAM = team_audience(bytes(range(16)))
PAYLOADS = (b"", b"one", bytes(range(256)))


def plain(value: Any) -> Any:
    """Anything of a message as JSON: bytes as hex, structs as arrays, keys of maps as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, msgspec.Struct):
        return [plain(getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def keys() -> list[dict[str, str]]:
    return [
        {"name": name, "seed": key_of(name).seed.hex(), "public_key": key_of(name).public_key.hex()}
        for name in ("hq", "edge", "device")
    ]


def streams() -> list[dict[str, str]]:
    public = key_of("device").public_key
    found = [StreamKey(public, b"i" * 16, audience) for audience in (GAME, STAFF, TEAM)]
    return [{"key": plain(key), "id": stream_id(key).hex()} for key in found]


def events() -> list[dict[str, Any]]:
    """A chain of three events under one seed, with every value on the way to its ids."""
    key = key_of("device")
    stream = stream_id(StreamKey(key.public_key, b"i" * 16, TEAM))
    previous, seed, found = ORIGIN, bytes(range(16)), []
    for seq, payload in enumerate(PAYLOADS):
        event = seal(WORLD_GAME, stream, seq, previous, seed, payload)
        message = head_message(WORLD_GAME, stream, seq, event.id)
        salt = salt_of(seed, seq)
        assert event.payload_hash == payload_hash_of(salt, payload)
        found.append(
            {
                "stream": stream.hex(),
                "seq": seq,
                "seed": seed.hex(),
                "salt": salt.hex(),
                "payload": payload.hex(),
                "payload_hash": event.payload_hash.hex(),
                "header": encode_header(WORLD_GAME, stream, seq, previous, event.payload_hash).hex(),
                "id": event.id.hex(),
                "segment_message": message.hex(),
                "signature": key.sign(message).hex(),
            }
        )
        previous = event.id
    return found


def runs() -> list[dict[str, Any]]:
    run = run_of("device", PAYLOADS, audience=TEAM, seed=bytes(range(16)))
    bare = msgspec.structs.replace(
        run,
        payloads=(run.payloads[0], None, run.payloads[2]),
        hashes={1: segment_of(run).payload_hashes[1]},
        salts=((2, bytes(range(16))), (-1, salt_of(bytes(range(16)), 2))),
    )
    found = []
    for one in (run, bare):
        segment, check = check_run(WORLD_GAME, one)
        ids = [identity.hex() for identity in segment.ids]
        encoded = msgspec.msgpack.encode(one).hex()
        found.append({"run": plain(one), "msgpack": encoded, "ids": ids, "signed_message": check.message.hex()})
    return found


def statements() -> list[dict[str, Any]]:
    hq, edge, device = key_of("hq"), key_of("edge"), key_of("device")
    bodies = [
        (ROOT_KEY, encode_claim(WORLD_GAME, GAME, ROOT_KEY.public_key, Authority(hq.public_key, 1))),
        (hq, encode_claim(WORLD_GAME, GAME, hq.public_key, Delegation(edge.public_key, ALL, 50))),
        (edge, encode_claim(WORLD_GAME, TEAM, edge.public_key, Enrolment(device.public_key, scope_of(GAME, TEAM), 0))),
    ]
    return [
        {
            "issuer": key.public_key.hex(),
            "body": body.hex(),
            "id": statement_id(body).hex(),
            "signature": state_of(body, key).signature.hex(),
        }
        for key, body in bodies
    ]


def receipts() -> list[dict[str, Any]]:
    hq, event = key_of("hq"), events()[-1]
    found = []
    for level in (CUSTODY, SAFE):
        stream, head = bytes.fromhex(event["stream"]), bytes.fromhex(event["id"])
        draft = Receipt(hq.public_key, b"s" * 16, b"e" * 16, stream, 2, head, level, 1_654_340_400_000)
        message = receipt_message(WORLD_GAME, draft)
        signed = msgspec.structs.replace(draft, signature=hq.sign(message))
        encoded = msgspec.msgpack.encode(signed).hex()
        found.append({"receipt": plain(signed), "message": message.hex(), "msgpack": encoded})
    return found


def messages() -> list[Message]:
    """One of every message, as far as it stays plain, and long ones."""
    public = key_of("device").public_key
    head = bytes.fromhex(events()[-1]["id"])
    row = segment_of(run_of("device", PAYLOADS, audience=TEAM, seed=bytes(range(16))))
    log = memory_node("x").log
    log.append(Batch(segments=(row,)))
    held = log.index.row(row.stream)
    assert held is not None
    return [
        Hello((1, 1), public, WORLD_GAME.tenant, WORLD_GAME.game, scope_of(GAME, TEAM)),
        Welcome(1, key_of("hq").public_key, b"s" * 16, b"e" * 16, 7, 1_654_340_400_000, 0, NONCE, ALL),
        Proof(NONCE, key_of("device").sign(read_message(b"s" * 16, NONCE, b"the rest"))),
        Root(hashlib.sha256(b"root").digest(), 300),
        Rows(bytes((0, 7, 255)), (held,), (head,)),
        Want((Wanted(row.stream, ((2, head),), (), ((1, row.ids[1]),)),), (head,)),
        Data((run_of("device", [b"one", b"two"], audience=TEAM),)),
        Statements((enrolment_statement(key_of("hq"), key_of("device"), scope_of(GAME)),)),
        Verdicts(((row.stream, 0, ((2, 0), (1, 1))),)),
        Asking((row.stream,)),
        Receipts(()),
        Problem("busy", "come back later", 30_000),
        End(3, hashlib.sha256(b"frames").digest()),
        Data((run_of("device", [b"the same words again, " * 20] * 5, audience=TEAM),)),
    ]


def frames() -> dict[str, list[dict[str, Any]]]:
    """Plain frames, to be encoded and decoded, and deflated ones, to be decoded.

    When to deflate is up to the sender: a reader takes both forms of any message.
    """
    found: dict[str, list[dict[str, Any]]] = {"frames_plain": [], "frames_deflated": []}
    for message in messages():
        frame, encoded = encode_frame(message), msgspec.msgpack.encode(message)
        forms = {"frames_deflated": deflated_frame(encoded)} if len(encoded) >= DEFLATED_FROM_BYTES else {}
        forms |= {} if frame[4] else {"frames_plain": frame}
        for form, made in forms.items():
            found[form].append({"message": type(message).__name__, "msgpack": encoded.hex(), "frame": made.hex()})
    return found


def deflated_frame(encoded: bytes) -> bytes:
    """The frame of an encoded message in form 1, whatever this library's own choice would be."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = b"\x01" + deflater.compress(encoded) + deflater.flush()
    return (4 + len(body)).to_bytes(4, "big") + body[:1] + zlib.crc32(body).to_bytes(4, "big") + body[1:]


def summaries() -> dict[str, Any]:
    """Rows of a plain stream, a fork, a gap and a missing past; the buckets and roots over them."""
    log = memory_node("x").log
    first = run_of("device", [b"one", b"two"], audience=TEAM)
    fork = run_of("device", [b"TWO"], 1, segment_of(first).ids[0], audience=TEAM)
    piece = run_of("edge", [b"later"], 7, b"p" * 32)
    gap = msgspec.structs.replace(
        run_of("hq", [b"gone"]), payloads=(None,), hashes={0: segment_of(run_of("hq", [b"gone"])).payload_hashes[0]}
    )
    log.append(Batch(segments=tuple(map(segment_of, (first, fork, piece, gap)))))
    rows = [(identity, log.index.row(identity)) for identity in log.index.summary.ids(ALL)]
    scopes = (ALL, scope_of(GAME), scope_of(GAME, TEAM), scope_of(STAFF))
    return {
        "rows": [
            {
                "id": identity.hex(),
                "row": plain(row),
                "msgpack": msgspec.msgpack.encode(row).hex(),
                "hash": row_hash(row).hex(),
            }
            for identity, row in rows
            if row is not None
        ],
        "buckets": {str(i): b.hex() for i, b in enumerate(log.index.summary.buckets(ALL)) if any(b)},
        "roots": [{"scope": plain(scope), "root": log.index.summary.root(scope).hex()} for scope in scopes],
    }


def bundle() -> dict[str, str]:
    """A small bundle, and the root of a log that took it in."""
    hq = authority()
    device = enrolled(hq, "device", scope_of(GAME, TEAM))
    device.write(b"one", b"two", audience=TEAM)
    data = device.drive(export_bundle(device.log, device.key.public_key, device.scope))
    empty = memory_node("reader")
    empty.drive(import_bundle(data, empty.log))
    return {"bytes": data.hex(), "root": empty.root().hex()}


def vectors() -> dict[str, Any]:
    """All of them, as they stand in the file."""
    return {
        "game": {"tenant": WORLD_GAME.tenant.hex(), "game": WORLD_GAME.game.hex()},
        "keys": keys(),
        "streams": streams(),
        "events": events(),
        "runs": runs(),
        "statements": statements(),
        "receipts": receipts(),
        "summary": summaries(),
        **frames(),
        "bundle": bundle(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=1) + "\n", encoding="utf-8")
    print(f"{FILE.name}: {FILE.stat().st_size} bytes")
