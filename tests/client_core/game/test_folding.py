"""The table by which answers are compared: generated from Unicode's data, the same under every Python.

python tests/client_core/game/test_folding.py     writes client_core/game/folding.py's tables anew
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from pathlib import Path

from client_core.game.folding import fold
from client_core.game.text import is_unassigned

FILE = Path(__file__).resolve().parents[3] / "client_core" / "game" / "folding.py"
SCRIPTS = (
    "LATIN ",
    "GREEK ",
    "CYRILLIC ",
    "ARMENIAN ",
    "GEORGIAN ",
    "MODIFIER LETTER ",
    "FULLWIDTH ",
    "KELVIN",
    "ANGSTROM",
)
MARK_BLOCKS = ((0x300, 0x36F), (0x483, 0x487), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F))
MARK_BLOCKS += ((0x2B9, 0x2C1), (0x2C8, 0x2D1), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF))
"""Marks on letters, modifier letters that stand for apostrophes, selectors of variants.

The vowel signs of other scripts are letters there, and stay.
"""
STROKES = {"đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "ĸ": "k", "ł": "l", "ø": "o", "œ": "oe", "æ": "ae", "þ": "th"}
STROKES |= {"ŧ": "t", "ŋ": "n", "ƀ": "b", "ɨ": "i", "ʉ": "u", "ƶ": "z", "ɉ": "j", "ȼ": "c", "ɇ": "e", "ǥ": "g"}
"""Letters that Unicode does not take apart and people write without the stroke."""

DROPPED = {"Zs", "Zl", "Zp", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Cc", "Cf", "Sk"}
"""Categories of characters that no answer is told apart by: spaces, punctuation, controls, loose accents."""


def is_mark(point: int) -> bool:
    return any(low <= point <= high for low, high in MARK_BLOCKS)


def bare(text: str) -> str:
    """Compatibility forms, case, marks and strokes away."""
    for _ in range(3):
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(STROKES.get(c, c) for c in text if not is_mark(ord(c)))
    return text


def fold_of(point: int) -> str:
    """What a character becomes; itself where nothing is known of it, empty where it is dropped."""
    character = chr(point)
    if is_unassigned(point) or 0xD800 <= point <= 0xDFFF or 0xE000 <= point <= 0xF8FF or point >= 0xF0000:
        return character
    if is_mark(point) or unicodedata.category(character) in DROPPED:
        return ""
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    if point >= 0x1D400 and unicodedata.decomposition(character):
        return character
    folded = "".join(c for c in bare(character) if unicodedata.category(c) not in DROPPED)
    known = all(c.isascii() or unicodedata.name(c, "").startswith(SCRIPTS) for c in folded)
    return folded if folded and known else character


def tables() -> tuple[str, str, str]:
    """The dropped code points as steps between edges, the zeros of all digits, and the folds."""
    folds = {point: fold_of(point) for point in range(0x110000)}
    dropped = [point for point, folded in folds.items() if folded == ""]
    taken = set(dropped)
    edges = sorted([p for p in dropped if p - 1 not in taken] + [p + 1 for p in dropped if p + 1 not in taken])
    steps = " ".join(f"{b - a:x}" for a, b in pairwise([0, *edges]))
    digits = [point for point in folds if unicodedata.category(chr(point)) == "Nd" and not is_unassigned(point)]
    zeros = [point for point in digits if folds[point] == "0"]
    assert sorted(z + d for z in zeros for d in range(10)) == digits
    known = taken | set(digits)
    changed = {point: folded for point, folded in folds.items() if point not in known and folded != chr(point)}
    rows: list[str] = []
    last = -2
    for point, folded in changed.items():
        if point != last + 1 or len(rows[-1]) > 90:
            rows.append(f"{point:X}:")
        rows[-1] += folded if len(folded) == 1 else f"({folded})"
        last = point
    return steps, " ".join(f"{zero:x}" for zero in zeros), " ".join(rows)


def literal(name: str, text: str) -> str:
    """An assignment whose string is cut into lines at spaces."""
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 108:
            lines.append(line)
            line = ""
        line += f"{word} "
    lines.append(line.rstrip(" "))
    return f"{name} = (\n" + "".join(f'    "{line}"\n' for line in lines) + ")\n"


def generated() -> str:
    steps, zeros, folds = tables()
    return literal("_DROPPED", steps) + literal("_ZEROS", zeros) + literal("_FOLDS", folds)


def test_the_tables_are_what_unicode_says_of_every_character_it_knew_in_version_14() -> None:
    assert generated() in FILE.read_text(encoding="utf-8"), f"write them anew: python {Path(__file__).name}"


def test_every_character_folds_as_generated_and_folding_twice_changes_nothing() -> None:
    for point in range(0x110000):
        folded = fold(chr(point))
        assert folded == fold_of(point), f"U+{point:04X}"
        assert fold(folded) == folded, f"U+{point:04X}"


def test_composed_and_decomposed_text_folds_to_the_same() -> None:
    for text in ("Ågård Čížek Ñandú Đà Nẵng", "Ἀθῆναι ΌΧΙ", "Ёлка Їжак Щёткин", "Ærøskøbing Łódź"):
        assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


if __name__ == "__main__":
    source = FILE.read_text(encoding="utf-8")
    start, end = source.index("_DROPPED = ("), source.index("# End of the tables.")
    FILE.write_text(source[:start] + generated() + source[end:], encoding="utf-8")
