"""How deep a MessagePack value nests, found without recursion.

Decoders that skip what they do not know recurse, and give up where their
reader's stack ends: elsewhere in one program, and elsewhere again in a browser.
What a payload is worth must not depend on that, so nesting has a limit of its
own, which is part of the rules.
"""

from __future__ import annotations

LEVELS_MAX = 32
"""No action nests deeper than four; room for what later versions add behind it."""
SHORT_BYTES = 96
"""So short a value cannot nest beyond what every reader's stack holds; it is not looked at."""

_AFTER = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4}
"""Bytes of the length that follows: binary, text, extensions."""
_FIXED = {
    0xCA: 4,
    0xCB: 8,
    0xCC: 1,
    0xCD: 2,
    0xCE: 4,
    0xCF: 8,
    0xD0: 1,
    0xD1: 2,
    0xD2: 4,
    0xD3: 8,
    0xD4: 2,
    0xD5: 3,
    0xD6: 5,
    0xD7: 9,
    0xD8: 17,
}
"""Bytes that follow: numbers and extensions of one length."""
_COUNTED = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
"""Arrays and maps: bytes of the count, and values an entry."""
_OPENERS = bytes([*range(0x80, 0xA0), *_COUNTED])
"""Every byte that may begin an array or a map: where few stand, whatever they are, nothing nests deep."""


def nests_too_deep(value: bytes) -> bool:
    """Whether arrays and maps stand more than `LEVELS_MAX` deep in each other; False where the bytes end before."""
    if len(value) <= SHORT_BYTES or len(value) - len(value.translate(None, _OPENERS)) <= LEVELS_MAX:
        return False
    at, left = 0, [1]
    while left:
        if not left[-1]:
            left.pop()
            continue
        if at >= len(value):
            return False
        left[-1] -= 1
        first = value[at]
        at += 1
        entries = -1
        if first in _COUNTED:
            width, values = _COUNTED[first]
            entries = int.from_bytes(value[at : at + width], "big") * values
            at += width
        elif 0x80 <= first <= 0x9F:
            entries = (first & 15) * (2 if first < 0x90 else 1)
        elif 0xA0 <= first <= 0xBF:
            at += first & 31
        elif first in _FIXED:
            at += _FIXED[first]
        elif first in _AFTER:
            width = _AFTER[first]
            at += width + int.from_bytes(value[at : at + width], "big") + (0xC7 <= first <= 0xC9)
        if entries > 0:
            left.append(entries)
            if len(left) - 1 > LEVELS_MAX:
                return True
    return False
