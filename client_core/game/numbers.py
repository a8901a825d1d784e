"""Numbers as people type them: 1 234,5 and 1,234.5 and -7 m.

A number is (digits, decimals): an integer and by how many places its point
stands left of the end. Either sign may be the decimal one; where a text can be
read in two ways, as 1,234 can, both readings are given.
"""

from __future__ import annotations

from client_core.game.folding import fold

DIGITS_MAX = 15
"""Like the challenges' own bounds; longer ones are no answer people give."""
DECIMALS_MAX = 15

Number = tuple[int, int]

_MINUS = frozenset("-\u2212\u2012\u2013\u2010\u2011\ufe63\uff0d")
_SPACES = frozenset(" '\u2019\u00a0\u2009\u202f_")
_POINTS = {".": ".", ",": ",", "\uff0e": ".", "\uff0c": ",", "\u066b": ",", "\u066c": "."}


def parse_numbers(text: str) -> tuple[Number, ...]:
    """What number the text is: one reading, or two, the decimal one first; empty where it is none.

    A sign stands before it, a unit or other word after it. Spaces and
    apostrophes between digits separate groups.
    """
    text = text.strip(" \t\n\r\u00a0")
    sign = 1
    if text and (text[0] in _MINUS or text[0] in "+\uff0b"):
        sign = -1 if text[0] in _MINUS else 1
        text = text[1:].lstrip(" ")
    body = _plain(text)
    if not any("0" <= character <= "9" for character in body):
        return ()
    readings = []
    for whole, fraction in _split(body):
        digits = (whole + fraction).lstrip("0") or "0"
        if len(digits) <= DIGITS_MAX and len(fraction) <= DECIMALS_MAX:
            readings.append(_shortest(sign * int(digits), len(fraction)))
    return tuple(dict.fromkeys(readings))


def scaled(number: Number) -> int:
    """The number in units of 10^-`DECIMALS_MAX`."""
    unit: int = 10 ** (DECIMALS_MAX - number[1])
    return number[0] * unit


def written(number: Number) -> str:
    """The one way a number is written: sign, digits, a point where there are decimals."""
    digits, decimals = number
    text = str(abs(digits)).rjust(decimals + 1, "0")
    text = f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
    return f"-{text}" if digits < 0 else text


def _plain(text: str) -> str:
    """Digits, points and commas up to the unit; spaces between digits left out."""
    kept: list[str] = []
    for place, character in enumerate(text):
        folded = fold(character)
        if len(folded) == 1 and "0" <= folded <= "9":
            kept.append(folded)
        elif character in _POINTS:
            kept.append(_POINTS[character])
        elif character not in _SPACES:
            # A unit such as m² may follow, but no more digits: "3 or 4" is two answers.
            rest = (fold(other) for other in text[place + 1 :] if other not in "²³")
            return "" if any(len(other) == 1 and "0" <= other <= "9" for other in rest) else "".join(kept)
    return "".join(kept)


def _split(body: str) -> list[tuple[str, str]]:
    """The readings of digits with points and commas, as (digits before, digits behind the decimal sign)."""
    body = body.rstrip(".,")
    last = max(body.rfind("."), body.rfind(","))
    if last < 0:
        return [(body, "")]
    mark, before, behind = body[last], body[:last], body[last + 1 :]
    other = "," if mark == "." else "."
    if mark in before:
        # Several of the same sign only group: 1.234.567
        grouped = _ungrouped(body, mark)
        return [] if grouped is None else [(grouped, "")]
    if other in before:
        # The last sign of two is the decimal one: 1.234,5
        grouped = _ungrouped(before, other)
        return [] if grouped is None else [(grouped, behind)]
    readings = [(before, behind)]
    if len(behind) == 3 and 1 <= len(before) <= 3 and before[0] != "0":
        readings.append((before + behind, ""))
    return readings


def _ungrouped(text: str, mark: str) -> str | None:
    first, *groups = text.split(mark)
    return first + "".join(groups) if 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups) else None


def _shortest(digits: int, decimals: int) -> Number:
    while decimals and digits % 10 == 0:
        digits, decimals = digits // 10, decimals - 1
    return digits, decimals
