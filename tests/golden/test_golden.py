"""The golden vectors still come out as they were committed, and still read as they did."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from nodes import memory_node

from client_core.signing import verify
from sync.bundle import import_bundle
from sync.frame import decode_frame, encode_frame
from sync.messages import MESSAGES, Buckets

HERE = Path(__file__).parent
DECODED_ONLY = ("frames_deflated", "bundle")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return json.loads((HERE / "vectors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return json.loads(json.dumps(load(HERE / "generate.py").vectors()))


def test_the_vectors_are_made_again_as_they_were_committed(committed, made) -> None:
    assert set(committed) == set(made)
    for name in sorted(set(made) - set(DECODED_ONLY)):
        assert made[name] == committed[name], name
    assert made["bundle"]["root"] == committed["bundle"]["root"]


@pytest.mark.parametrize("form", ["frames_plain", "frames_deflated"])
def test_committed_frames_decode_to_their_messages(committed, form: str) -> None:
    assert committed[form]
    for vector in committed[form]:
        message = decode_frame(bytes.fromhex(vector["frame"])[4:])
        assert type(message).__name__ == vector["message"]
        assert msgspec.msgpack.encode(message).hex() == vector["msgpack"]
        if form == "frames_plain":
            assert encode_frame(message).hex() == vector["frame"]


def test_every_message_has_a_frame(committed) -> None:
    named = {vector["message"] for form in ("frames_plain", "frames_deflated") for vector in committed[form]}
    assert named == {message.__name__ for message in MESSAGES if message is not Buckets}


def test_a_committed_bundle_is_still_read(committed) -> None:
    node = memory_node("reader")
    report = node.drive(import_bundle(bytes.fromhex(committed["bundle"]["bytes"]), node.log))
    assert (report.whole, report.received, report.problems) == (True, 2, [])
    assert node.root().hex() == committed["bundle"]["root"]


def test_the_vectors_follow_from_sha256_alone_as_the_readme_says(committed) -> None:
    """The arithmetic of another implementation, written out without this one."""

    def sha(context: str, *parts: bytes) -> bytes:
        return hashlib.sha256(b"wayfold/1/" + context.encode() + b"\x00" + b"".join(parts)).digest()

    game = bytes.fromhex(committed["game"]["tenant"]) + bytes.fromhex(committed["game"]["game"])
    for stream in committed["streams"]:
        assert sha("stream", *map(bytes.fromhex, stream["key"])).hex() == stream["id"]
    previous = bytes(32)
    public_key = bytes.fromhex(committed["keys"][2]["public_key"])
    for event in committed["events"]:
        stream, seq = bytes.fromhex(event["stream"]), event["seq"].to_bytes(8, "big")
        salt = sha("salt", bytes.fromhex(event["seed"]), seq)[:16]
        payload_hash = sha("payload", salt, bytes.fromhex(event["payload"]))
        header = b"\x01" + game + stream + seq + previous + payload_hash
        previous = sha("event", header)
        message = sha("segment", game, stream, seq, previous)
        found = (salt.hex(), payload_hash.hex(), header.hex(), previous.hex(), message.hex())
        named = ("salt", "payload_hash", "header", "id", "segment_message")
        assert found == tuple(event[name] for name in named)
        assert verify(public_key, message, bytes.fromhex(event["signature"]))
    for row in committed["summary"]["rows"]:
        assert sha("row", bytes.fromhex(row["msgpack"])).hex() == row["hash"]
    by_bucket: dict[int, list[tuple[str, str]]] = {}
    for row in sorted(committed["summary"]["rows"], key=lambda r: r["id"]):
        by_bucket.setdefault(int(row["id"][:2], 16), []).append((row["id"], row["hash"]))
    buckets = [bytes(16)] * 256
    for number, rows in by_bucket.items():
        buckets[number] = sha("bucket", *(bytes.fromhex(part) for row in rows for part in row))[:16]
        assert buckets[number].hex() == committed["summary"]["buckets"][str(number)]
    assert sha("root", *buckets).hex() == committed["summary"]["roots"][0]["root"]
    for statement in committed["statements"]:
        identity = sha("statement", bytes.fromhex(statement["body"]))
        assert identity.hex() == statement["id"]
        assert verify(bytes.fromhex(statement["issuer"]), identity, bytes.fromhex(statement["signature"]))
