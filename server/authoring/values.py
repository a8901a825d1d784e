"""Values as people write them: "4 h 30 min", "25 m", local times, points by a rule."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from client_core.game.ranges import LIMIT_MS_MAX

MS_BY_UNIT = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
MM_BY_UNIT = {"m": 1_000, "km": 1_000_000}
FENCE_MM = {"open": 15_000, "forest": 20_000, "city": 25_000}
"""Open ground, under trees, between houses: what receivers of phones are good for there."""
POINT_RULES = ("code", "first digit of the code", "code rounded down to 10", "code rounded up to 10")
DIGITS_MAX = 9
YEAR_MIN, YEAR_MAX = 1971, 2199
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{0,20})?")
_GRID = re.compile(r"[+-]?[0-9]{4,9}(\.[0-9]*)?")
_PART = re.compile(r"\s*([0-9]{1,9}(?:[.,][0-9]{1,3})?)\s*([a-z]+)\s*")


class ValueFault(Exception):
    """A value that is not understood; the text says what would be."""


def span_ms(text: str) -> int:
    """A duration in milliseconds, such as "4 h", "90 min" or "1 h 30 min"."""
    length_ms = _sum(text, MS_BY_UNIT, 'a duration, such as "90 min", "4 h" or "30 s"')
    if length_ms > LIMIT_MS_MAX:
        raise ValueFault(f"{text!r} is more than {LIMIT_MS_MAX // MS_BY_UNIT['d']} days")
    return length_ms


def distance_mm(text: str, low_mm: int = 0, high_mm: int = 10**9) -> int:
    """A length in millimetres, such as "25 m" or "1.5 km", within bounds."""
    length_mm = _sum(text, MM_BY_UNIT, 'a length, such as "25 m"')
    if not low_mm <= length_mm <= high_mm:
        raise ValueFault(f"{text!r} is too {'short' if length_mm < low_mm else 'long'}: up to {high_mm // 10**6} km")
    return length_mm


def fence_mm(text: str) -> int:
    """The radius of a fence in millimetres: a length, or what is good for `open` ground, `forest` or `city`.

    A number alone is metres.
    """
    if text in FENCE_MM:
        return FENCE_MM[text]
    if re.fullmatch(r"[0-9]+([.,][0-9]+)?", text):
        text = f"{text} m"
    return _sum(text, MM_BY_UNIT, 'a fence: "open" (15 m), "forest" (20 m), "city" (25 m) or a length such as "30 m"')


def time_ms(at: datetime, zone: ZoneInfo) -> int:
    """A time in milliseconds since the Unix epoch; without an offset of its own it is local to the zone.

    A local time that the change of the clocks skips, or has twice, is refused.
    """
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        raise ValueFault(f"{at.isoformat()} is not between the years {YEAR_MIN} and {YEAR_MAX}")
    if at.tzinfo is not None:
        return int(at.timestamp() * 1000)
    early, late = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        there = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at
        word = "is there twice" if there else "does not exist"
        raise ValueFault(f"{at.isoformat()} {word} in {zone.key}, the clocks change: write it with its offset, +02:00")
    return int(early.timestamp() * 1000)


def time_of_text(text: str, zone: ZoneInfo) -> int:
    """The same from a text such as 2026-06-06T10:00."""
    try:
        return time_ms(datetime.fromisoformat(text.strip()), zone)
    except ValueError as error:
        raise ValueFault(f"{text!r} is no time, such as 2026-06-06T10:00") from error


def points_of(rule: int | str, code: str) -> int:
    """What a checkpoint pays: so much, or by its code."""
    if isinstance(rule, int):
        return rule
    if rule not in POINT_RULES:
        raise ValueFault(f"{rule!r} is no rule for points: use a number or one of {', '.join(map(repr, POINT_RULES))}")
    if not (code.isascii() and code.isdigit()):
        raise ValueFault(f"the code {code!r} is no number, so {rule!r} says nothing: give its points")
    number = int(code)
    by_rule = (number, int(code[0]), number // 10 * 10, -(-number // 10) * 10)
    return by_rule[POINT_RULES.index(rule)]


def whole(text: str, what: str) -> int:
    """A whole number as it is written in a table, such as -10; raises `ValueFault`."""
    digits = text.removeprefix("-").removeprefix("\u2212") if text[:1] in {"-", "\u2212"} else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > DIGITS_MAX:
        raise ValueFault(f"{what} is {text!r}: a whole number is needed")
    return -int(digits) if digits != text else int(digits)


def degrees(text: str, what: str) -> float:
    """Degrees such as 11.2558 or 11,2558; raises `ValueFault` and says what is meant by others."""
    plain = text.replace(",", ".").replace("\u2212", "-")
    if not _DEGREES.fullmatch(plain):
        hint = "degrees with decimals are needed, such as 11.2558"
        if _GRID.fullmatch(plain):
            hint = f"these are no degrees but metres of a grid: {hint}"
        elif any(sign in text for sign in "°'\"NSEWnsew"):
            hint = f"{hint}; 43° 46.5' is 43 + 46.5 / 60 = 43.775, and west and south are negative"
        raise ValueFault(f"{what} is {text!r}: {hint}")
    return float(plain)


def _sum(text: str, units: dict[str, int], what: str) -> int:
    total, at = 0, 0
    while at < len(text) or not text:
        part = _PART.match(text, at)
        if part is None or part[2] not in units:
            raise ValueFault(f"{text!r} is not {what}")
        whole, _, fraction = part[1].replace(",", ".").partition(".")
        total += int(whole + fraction.ljust(3, "0")) * units[part[2]] // 1000
        at = part.end()
    return total
