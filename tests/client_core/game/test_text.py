"""Text at the door: what may enter a game."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from client_core.game.text import TextFault, check_text, is_unassigned


@pytest.mark.parametrize(
    "text", ["101", "Piazza del Duomo", "Caf\u00e9", "\u6771\u4eac", "\U0001f3c1 finish", "a" * 200]
)
def test_text_that_people_write_is_given_back_unchanged(text: str) -> None:
    assert check_text(text, "its name", 200) == text


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "text_empty", "its name is empty"),
        ("   ", "text_empty", "its name is empty"),
        ("a\x00b", "text_character", "U\\+0000.*position 2"),
        ("a\nb", "text_character", "U\\+000A"),
        ("\x7f", "text_character", "U\\+007F"),
        ("\x9f", "text_character", "U\\+009F"),
        ("ab\ud800", "text_character", "half a character.*position 3"),
        ("\udfff", "text_character", "half a character"),
        ("\u0378", "text_character", "Unicode 14"),
        ("\U0001fae8", "text_character", "Unicode 14"),  # a face that came with Unicode 15
        ("a" * 201, "text_too_long", "201 bytes"),
        ("\u6771" * 67, "text_too_long", "201 bytes"),
    ],
)
def test_text_that_may_not_enter_is_refused_with_its_place(text: str, code: str, says: str) -> None:
    with pytest.raises(TextFault, match=says) as caught:
        check_text(text, "its name", 200)
    assert caught.value.code == code


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="this Python's own table is of another Unicode")
def test_the_pinned_table_is_that_of_unicode_14() -> None:
    wrong = [c for c in range(sys.maxunicode + 1) if is_unassigned(c) != (unicodedata.category(chr(c)) == "Cn")]
    assert wrong == []


def test_what_this_pythons_unicode_does_not_assign_unicode_14_did_not_either() -> None:
    unassigned = [c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Cn"]
    assert all(map(is_unassigned, unassigned))
