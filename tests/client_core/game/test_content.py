"""Packages: published, encoded, named by their hash, and refused where they do not hold together."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_core.game import content
from client_core.game.checkpoints import Checkpoint
from client_core.game.content import Package, PackageError, decode_package, encode_package, package_hash
from client_core.game.fences import FENCE_LAT_E7_MAX, RADIUS_MM_MAX, RADIUS_MM_MIN
from client_core.game.publish import Draft, DraftCheckpoint, DraftError, circle, metric_at, polygon, publish
from client_core.game.timing import FinishRule, MassStart, SelfStart, StartList, TimeLimit

SQUARE = ((11.0, 43.0), (11.001, 43.0), (11.001, 43.001), (11.0, 43.001), (11.0, 43.0))


def draft(**changes: object) -> Draft:
    plain = Draft(
        name="Firenze",
        time_zone="Europe/Rome",
        opens_at_ms=1_000_000_000_000,
        closes_at_ms=1_000_000_000_000 + 6 * 3_600_000,
        start=StartList(),
        checkpoints=(
            DraftCheckpoint("A", "Duomo", 30, (11.256, 43.773), 40.0),
            DraftCheckpoint("B", "Boboli", 10, rings=(SQUARE,)),
            DraftCheckpoint("Z", "Finish", 0, (11.25, 43.77)),
        ),
        finish_code="Z",
        limit=TimeLimit(2_700_000, 10, None),
    )
    return msgspec.structs.replace(plain, **changes)


PACKAGE = publish(draft())


def test_a_published_package_is_the_same_again_after_encoding() -> None:
    data = encode_package(PACKAGE)
    assert decode_package(data) == PACKAGE
    assert encode_package(decode_package(data)) == data


def test_the_finish_is_found_by_its_code_and_checkpoints_by_their_number() -> None:
    assert PACKAGE.finish.checkpoint == 2
    assert [checkpoint.code for checkpoint in PACKAGE.checkpoints] == ["A", "B", "Z"]


def test_a_package_is_named_by_the_hash_of_its_context_and_bytes() -> None:
    assert package_hash(b"") == hashlib.sha256(b"wayfold/1/package\x00").digest()
    assert package_hash(b"a").hex() == "6ed61c8ce53c5da077f545c504d6ff4e1fc0ef012492a81701e0df3b80aa3ac2"


def test_the_metric_of_a_place_moves_with_no_library_by_more_than_its_last_bits() -> None:
    metric = metric_at(11.256, 43.773)
    assert (metric.lon_e7, metric.lat_e7) == (112_560_000, 437_730_000)
    assert metric.east_factor == pytest.approx(2_266_193_266_627_450, abs=4)
    assert metric.north_factor == pytest.approx(3_127_406_845_135_380, abs=4)
    assert metric.east_slope == pytest.approx(-1_888_053, abs=1)
    assert metric.north_slope == pytest.approx(27_468, abs=1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"closes_at_ms": PACKAGE.opens_at_ms}, "closes before it opens"),
        ({"closes_at_ms": PACKAGE.opens_at_ms + 367 * 86_400_000}, "longer than 366 days"),
        ({"start": MassStart(PACKAGE.opens_at_ms - 1)}, "mass start"),
        ({"finish": FinishRule(3)}, "number 3"),
        ({"checkpoints": (*PACKAGE.checkpoints, PACKAGE.checkpoints[0])}, "same code 'A'"),
    ],
)
def test_a_package_whose_parts_do_not_fit_is_refused(changes: dict[str, object], says: str) -> None:
    data = encode_package(msgspec.structs.replace(PACKAGE, **changes))
    with pytest.raises(PackageError, match=says) as caught:
        decode_package(data)
    assert caught.value.code == "package_inconsistent"


@pytest.mark.parametrize(("format_", "rules"), [(2, 1), (1, 2), (99, 99)])
def test_a_newer_package_asks_for_an_update(format_: int, rules: int) -> None:
    newer = msgspec.msgpack.encode([format_, rules, {"unheard": "of"}])
    with pytest.raises(PackageError, match="update it") as caught:
        decode_package(newer)
    assert caught.value.code == "package_newer"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        encode_package(PACKAGE).replace(b"Firenze", b"Firenz\x80"),
        b"\x91" * 5_000,
        encode_package(PACKAGE)[:-1],
        encode_package(PACKAGE) + b"\x00",
        b"\x90",
    ],
)
def test_bytes_that_are_no_package_are_refused(data: bytes) -> None:
    with pytest.raises(PackageError) as caught:
        decode_package(data)
    assert caught.value.code == "package_malformed"


def test_a_package_is_read_up_to_its_limit_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode_package(PACKAGE)
    monkeypatch.setattr(content, "PACKAGE_BYTES_MAX", len(data))
    assert decode_package(data) == PACKAGE
    monkeypatch.setattr(content, "PACKAGE_BYTES_MAX", len(data) - 1)
    with pytest.raises(PackageError) as caught:
        decode_package(data)
    assert caught.value.code == "package_too_big"


@given(data=st.binary(max_size=60), cut=st.integers(0, 200))
def test_damaged_bytes_are_a_package_or_are_refused_by_name(data: bytes, cut: int) -> None:
    whole = encode_package(PACKAGE)
    at = cut % len(whole)
    try:
        outcome: object = decode_package(whole[:at] + data + whole[at + len(data) :])
    except PackageError as error:
        outcome = error.code
    assert isinstance(outcome, Package) or outcome in {
        "package_malformed",
        "package_newer",
        "package_inconsistent",
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "text_empty"),
        ({"name": "x" * 201}, "text_too_long"),
        ({"finish_code": "nowhere"}, "finish_unknown"),
        ({"checkpoints": (), "finish_code": None}, "checkpoints_count"),
        ({"checkpoints": (DraftCheckpoint("A"),), "finish_code": None}, "fence_missing"),
        ({"checkpoints": (DraftCheckpoint("Z", at=(float("nan"), 1.0)),)}, "position_not_a_number"),
        ({"checkpoints": (DraftCheckpoint("Z", at=(1.0, float("inf"))),)}, "position_not_a_number"),
        ({"checkpoints": (DraftCheckpoint("Z", at=(1.0, 85.1)),)}, "position_out_of_range"),
        ({"checkpoints": (DraftCheckpoint("Z", at=(45.0, 120.0)),)}, "position_swapped"),
        ({"checkpoints": (DraftCheckpoint("Z", at=(1.0, 1.0), radius_m=float("nan")),)}, "radius_out_of_range"),
        ({"opens_at_ms": -1, "closes_at_ms": 10**9}, "package_malformed"),
        ({"methods": ()}, "package_malformed"),
        ({"closes_at_ms": 5}, "package_inconsistent"),
        ({"limit": TimeLimit(-1, 0, None)}, "package_malformed"),
    ],
)
def test_a_draft_that_cannot_be_published_says_why(changes: dict[str, object], code: str) -> None:
    with pytest.raises(DraftError) as caught:
        publish(draft(**changes))
    assert [finding.code for finding in caught.value.findings] == [code]
    assert caught.value.detail


@pytest.mark.parametrize("start", [StartList(), SelfStart(), MassStart(1_000_000_000_000)])
def test_every_kind_of_start_is_published(start: StartList | SelfStart | MassStart) -> None:
    package = publish(draft(start=start))
    assert decode_package(encode_package(package)).start == start


@pytest.mark.parametrize(
    ("radius_mm", "lat_e7", "fits"),
    [
        (RADIUS_MM_MIN, FENCE_LAT_E7_MAX, True),
        (RADIUS_MM_MAX, -FENCE_LAT_E7_MAX, True),
        (RADIUS_MM_MIN - 1, 0, False),
        (RADIUS_MM_MAX + 1, 0, False),
        (RADIUS_MM_MIN, FENCE_LAT_E7_MAX + 1, False),
    ],
)
def test_fences_are_held_to_their_limits_on_decoding(radius_mm: int, lat_e7: int, fits: bool) -> None:
    fence = circle(11, lat_e7 / 1e7, radius_mm / 1000)
    checkpoints = (Checkpoint("Z", "", 0, fence),)
    data = encode_package(msgspec.structs.replace(PACKAGE, checkpoints=checkpoints, finish=FinishRule(0)))
    if fits:
        assert decode_package(data).checkpoints == checkpoints
    else:
        with pytest.raises(PackageError):
            decode_package(data)


def test_a_polygon_is_published_in_integers_around_its_middle() -> None:
    fence = polygon([SQUARE])
    assert fence.exterior[2] == (110_010_000, 430_010_000)
    assert (fence.metric.lon_e7, fence.metric.lat_e7) == (110_005_000, 430_005_000)
