"""Which keys and signatures pass, proven by arithmetic on the curve and not by any library's word."""

from __future__ import annotations

import pytest
from nodes import key_of

from client_core.signing import verify
from sync.ed25519 import FIELD_PRIME as P
from sync.ed25519 import GROUP_ORDER as L
from sync.ed25519 import SMALL_ORDER_YS, is_point, is_public_key, is_signature

D = -121665 * pow(121666, -1, P) % P
"""The curve: -x^2 + y^2 = 1 + D x^2 y^2 (RFC 8032, section 5.1)."""

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    """The sum of two points (RFC 8032, section 5.1.4, affine)."""
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x3, y3


def times(factor: int, point: Point) -> Point:
    total = NEUTRAL
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def xs_of(y: int) -> set[int]:
    """The x coordinates over a y: none, one (0) or two."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    return {root, -root % P} if root * root % P == square else set()


def test_the_small_order_points_are_the_eight_whose_order_divides_eight() -> None:
    points = {(x, y) for y in SMALL_ORDER_YS for x in xs_of(y)}
    assert len(points) == 8
    assert all(times(8, point) == NEUTRAL for point in points)
    orders = sorted(next(n for n in (1, 2, 4, 8) if times(n, point) == NEUTRAL) for point in points)
    assert orders == [1, 2, 4, 4, 8, 8, 8, 8]


def test_those_eight_are_all_there_are() -> None:
    candidates = (y for y in range(2, 400) if xs_of(y))
    found = {NEUTRAL}
    for y in candidates:
        found.add(times(L, (min(xs_of(y)), y)))
        if len(found) == 8:
            break
    assert {y for _, y in found} == SMALL_ORDER_YS


@pytest.mark.parametrize("y", sorted(SMALL_ORDER_YS))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_small_order_point_is_no_key_and_no_commitment(y: int, sign: int) -> None:
    encoded = (y | sign << 255).to_bytes(32, "little")
    assert not is_public_key(encoded)
    assert not is_signature(encoded + bytes(32))


@pytest.mark.parametrize("y", range(P, 2**255))
def test_a_coordinate_that_is_not_reduced_is_no_point(y: int) -> None:
    assert not is_point(y.to_bytes(32, "little"))
    assert not is_point((y | 1 << 255).to_bytes(32, "little"))


def test_real_keys_and_signatures_pass() -> None:
    for number in range(20):
        key = key_of(f"k{number}")
        signature = key.sign(b"message")
        assert is_public_key(key.public_key)
        assert is_signature(signature)
        assert verify(key.public_key, b"message", signature)


def test_the_same_signature_with_s_plus_the_group_order_is_refused() -> None:
    signature = key_of("a").sign(b"message")
    s = int.from_bytes(signature[32:], "little")
    assert not is_signature(signature[:32] + (s + L).to_bytes(32, "little"))


@pytest.mark.parametrize(("s", "passes"), [(L - 1, True), (L, False), (L + 1, False), (2**256 - 1, False)])
def test_s_is_canonical_below_the_group_order_alone(s: int, passes: bool) -> None:
    commitment = key_of("a").sign(b"message")[:32]
    assert is_signature(commitment + s.to_bytes(32, "little")) is passes


@pytest.mark.parametrize("width", [0, 31, 33, 64])
def test_a_key_has_32_bytes(width: int) -> None:
    assert not is_public_key(b"\x09" * width)


@pytest.mark.parametrize("width", [0, 63, 65])
def test_a_signature_has_64_bytes(width: int) -> None:
    assert not is_signature((key_of("a").sign(b"m") * 2)[:width])
