"""Action payloads: compact, bounded, and never an error on receipt."""

from __future__ import annotations

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.actions import (
    KINDS,
    ActionError,
    CheckIn,
    Continued,
    Finish,
    GamePublished,
    JoinCode,
    Malformed,
    Start,
    TeamRegistered,
    Unknown,
    accuracy_dm,
    decode_action,
    encode_action,
)
from client_core.game.checkpoints import Method
from client_core.game.fences import Fix
from client_core.game.ranges import TIME_MS_MAX
from client_core.game.text import TextFault
from server.demo import highfield
from sync.limits import PAYLOAD_BYTES_MAX

times = st.integers(0, TIME_MS_MAX)
ids = st.binary(min_size=16, max_size=16)
hashes = st.binary(min_size=32, max_size=32)
names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=32)
actions = st.one_of(
    st.builds(
        CheckIn,
        method=st.sampled_from(Method),
        code=st.none() | names,
        at_ms=times,
        checkpoint=st.integers(0, 199_999),
        lon_e7=st.none() | st.integers(-1_800_000_000, 1_800_000_000),
        lat_e7=st.none() | st.integers(-900_000_000, 900_000_000),
        accuracy_dm=st.none() | st.integers(0, 100_000),
    ),
    st.builds(Start, at_ms=times),
    st.builds(Finish, at_ms=times),
    st.builds(Continued, stream=hashes, seq=st.integers(0, 2**53), head=hashes),
    st.builds(
        TeamRegistered,
        at_ms=times,
        team=ids,
        number=st.integers(0, 1_000_000),
        name=names,
        start_at_ms=st.none() | times,
    ),
    st.builds(GamePublished, at_ms=times, package=hashes),
    st.builds(JoinCode, at_ms=times, code_hash=hashes, team=st.none() | ids, uses_max=st.integers(1, 1_000_000)),
)


@given(action=actions)
def test_every_action_is_the_same_again_after_encoding(action: CheckIn) -> None:
    payload = encode_action(action)
    assert decode_action(payload) == action
    assert len(payload) <= PAYLOAD_BYTES_MAX
    assert payload[1] in KINDS


@given(payload=st.binary(max_size=80))
def test_any_bytes_are_an_action_unknown_or_malformed_and_never_an_error(payload: bytes) -> None:
    assert decode_action(payload) is not None


@given(action=actions, more=st.lists(st.integers() | st.binary(max_size=9) | st.none(), max_size=3))
def test_elements_behind_the_known_ones_are_left_for_later_versions(action: CheckIn, more: list[object]) -> None:
    longer = msgspec.msgpack.decode(encode_action(action)) + [m for m in more if not isinstance(m, int)]
    assert decode_action(msgspec.msgpack.encode(longer)) == action


@pytest.mark.parametrize(
    ("payload", "action"),
    [
        (b"\x92\x0f\x05", Unknown(15)),
        (b"\x91\xcc\xc8", Unknown(200)),
        (b"\x91\xcd\x01\x00", Unknown(256)),
        (b"\x91\xce\x00\x01\x00\x00", Unknown(65_536)),
        (b"\xdc\x00\x01\x64", Unknown(100)),
        (b"\xdd\x00\x00\x00\x01\x64", Unknown(100)),
        (b"\x92\x64", Unknown(100)),  # cut short, but of a kind we would not read anyway
    ],
)
def test_a_kind_from_a_newer_program_is_unknown(payload: bytes, action: Unknown) -> None:
    assert decode_action(payload) == action


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc0",
        b"\x90",
        b"\x91",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 8_000,
        b"\x91\xcd\x01",
        b"\x91\xff",
        b"\x81\x01\x02",
        b"\x92\x01\xa1x",
        b"\x95\x10\x01\xc4\x10tttttttttttttttt\x01\xa1\x80",  # a name that is no UTF-8
        msgspec.msgpack.encode([1, -1]),
        msgspec.msgpack.encode([1, TIME_MS_MAX + 1]),
        msgspec.msgpack.encode([0, 0, None, 1, 200_000]),
        msgspec.msgpack.encode([0, 9, None, 1, 1]),
        msgspec.msgpack.encode([0, 0, "x" * 33, 1, 1]),
        msgspec.msgpack.encode([0, 0, None, 1, 1, 1_800_000_001, 0]),
        msgspec.msgpack.encode([0, 0, None, 1, 1, 0, -900_000_001]),
        msgspec.msgpack.encode([0, 0, None, 1, 1, 0.5, 0]),
        msgspec.msgpack.encode([0, 0, None, 1, 1, 0, 0, 100_001]),
        msgspec.msgpack.encode([16, 1, b"short", 1, "name"]),
        msgspec.msgpack.encode([1, 5]) + b"\x00",
    ],
)
def test_a_known_kind_that_does_not_fit_is_malformed_with_a_reason(payload: bytes) -> None:
    action = decode_action(payload)
    assert isinstance(action, Malformed)
    assert action.reason


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (TeamRegistered(1, b"t" * 16, 1, "a\x00"), TextFault),
        (TeamRegistered(1, b"t" * 16, 1, "\ud800"), TextFault),
        (TeamRegistered(1, b"t" * 16, 1, ""), TextFault),
        (TeamRegistered(1, b"t" * 16, 1, "n" * 201), TextFault),
        (CheckIn(Method.CODE, "\x07", 1, 1), TextFault),
        (CheckIn(Method.CODE, "c" * 33, 1, 1), TextFault),
        (TeamRegistered(1, b"t" * 15, 1, "name"), ActionError),
        (Start(-1), ActionError),
        (CheckIn(Method.GPS, None, 1, 1, 1_800_000_001, 0), ActionError),
        (GamePublished(1, b"h" * 31), ActionError),
    ],
)
def test_what_may_not_enter_a_game_is_refused_where_it_is_made(
    action: TeamRegistered | CheckIn | Start | GamePublished, error: type[Exception]
) -> None:
    with pytest.raises(error):
        encode_action(action)


@pytest.mark.parametrize(
    ("accuracy_mm", "expected"),
    [(None, None), (0, 0), (1, 1), (100, 1), (101, 2), (12_300, 123), (10**9, 100_000), (-5, 0)],
)
def test_accuracy_travels_in_decimetres_rounded_up(accuracy_mm: int | None, expected: int | None) -> None:
    assert accuracy_dm(accuracy_mm) == expected


def test_a_hundred_recorded_check_ins_deflate_to_under_fifteen_bytes_each() -> None:
    """Payloads alone; keys, signature and salts of a run of 100 add about two bytes to each."""

    def payload(number: int, fix: Fix) -> bytes:
        # Milliseconds and a seventh decimal, which these recordings lack and phones have.
        lon_e7, lat_e7 = fix.lon_e7 + number * 7 % 10, fix.lat_e7 + number * 3 % 10
        at_ms = fix.at_ms + number * 337 % 1_000
        return encode_action(CheckIn(Method.GPS, None, at_ms, number * 13 % 35, lon_e7, lat_e7, 30 + number * 29 % 90))

    fixes = highfield.fixes(highfield.runners()[0].track)[::7][:100]
    joined = b"".join(b"\xc4\x18" + payload(number, fix) for number, fix in enumerate(fixes))
    assert len(zlib.compress(joined)) / len(fixes) < 15
