"""Bundles that were cut, changed, converted, foreign or too much: what is sound counts, the rest is named."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from nodes import WORLD_GAME, Node, enrolled, memory_node, run_of

from sync.bundle import MAGIC, bundle_game, export_bundle, import_bundle
from sync.errors import FrameError, RemoteError
from sync.frame import encode_body, encode_frame
from sync.messages import Data, Hello
from sync.stream import ALL, GAME, GameKey, scope_of, team_audience

TEAM, OTHERS = team_audience(b"a" * 16), team_audience(b"b" * 16)
OTHER_GAME = GameKey(b"T" * 16, b"H" * 16)
DEVICE_HELLO = Hello((1, 1), b"k" * 32, WORLD_GAME.tenant, WORLD_GAME.game, ALL)


def hello(**changed: object) -> Hello:
    return msgspec.structs.replace(DEVICE_HELLO, **changed)


def bundle_of(device: Node) -> bytes:
    return device.drive(export_bundle(device.log, device.key.public_key, device.scope))


def full_device(hq: Node) -> Node:
    device = enrolled(hq, "device", scope_of(GAME))
    for i in range(40):
        device.write(*[hashlib.sha512(b"%d %d" % (i, j)).digest() * 2 for j in range(50)], seed=bytes((i,)) * 16)
    return device


def test_a_cut_bundle_gives_what_stood_before_the_cut(hq: Node) -> None:
    data = bundle_of(full_device(hq))
    report = hq.drive(import_bundle(data[: len(data) * 2 // 3], hq.log))
    assert not report.whole
    assert 0 < report.received < 2000
    assert {p.code for p in report.problems} == {"frame_short", "bundle_cut"}
    report = hq.drive(import_bundle(data, hq.log))
    assert report.whole
    assert report.problems == []


def test_a_bundle_with_a_flipped_bit_costs_one_frame(hq: Node) -> None:
    data = bytearray(bundle_of(full_device(hq)))
    data[len(data) // 2] ^= 1
    report = hq.drive(import_bundle(bytes(data), hq.log))
    assert {p.code for p in report.problems} == {"frame_damaged", "bundle_cut"}
    assert report.received >= 800


def test_a_bundle_converted_as_text_is_no_bundle(hq: Node) -> None:
    data = bundle_of(full_device(hq))
    for converted in (data.replace(b"\r\n", b"\n"), b"", b"PK\x03\x04", MAGIC[:-1], MAGIC):
        with pytest.raises(FrameError) as caught:
            hq.drive(import_bundle(converted, hq.log))
        assert caught.value.code == "not_a_bundle"


def test_a_bundle_of_another_game_or_version_stores_nothing(hq: Node) -> None:
    foreign = MAGIC + encode_body([hello(game=OTHER_GAME.game), Data((run_of("device", [b"x"]),))])
    newer = MAGIC + encode_body([hello(versions=(5, 6)), Data((run_of("device", [b"x"]),))])
    for data, code in ((foreign, "wrong_game"), (newer, "version")):
        with pytest.raises(RemoteError) as caught:
            hq.drive(import_bundle(data, hq.log))
        assert caught.value.code == code
    assert bundle_game(foreign) == OTHER_GAME
    assert hq.log.index.streams == {}


def test_what_follows_the_end_of_a_bundle_is_not_read(hq: Node) -> None:
    device = enrolled(hq, "device", scope_of(GAME))
    device.write(b"one")
    data = bundle_of(device) + encode_frame(Data((run_of("other", [b"smuggled"]),)))
    report = hq.drive(import_bundle(data, hq.log))
    assert not report.whole
    assert len(hq.log.index.streams) == 1


def test_a_bundle_of_everything_gives_a_phone_only_its_own_audiences() -> None:
    edge = memory_node("edge")
    edge.write(b"for all")
    edge.write(b"theirs", audience=OTHERS)
    phone = memory_node("phone", scope_of(GAME, TEAM))
    phone.drive(import_bundle(bundle_of(edge), phone.log, phone.scope))
    assert {state.key.audience for state in phone.log.index.streams.values()} == {GAME}
