"""Values as people write them, and the lines on which keys stand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from server.authoring.toml_lines import line_of, lines_of_keys
from server.authoring.values import ValueFault, distance_mm, fence_mm, points_of, span_ms, time_ms

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    ("text", "ms"),
    [("90 s", 90_000), ("30 min", 1_800_000), ("4 h", 14_400_000), ("1 h 30 min", 5_400_000), ("1.5h", 5_400_000)],
)
def test_a_duration_is_read_as_it_is_written(text: str, ms: int) -> None:
    assert span_ms(text) == ms


@pytest.mark.parametrize("text", ["", "4", "h", "4 hours ago", "-4 h", "4 h soon", "4 m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueFault, match="duration"):
        span_ms(text)


def test_lengths_and_fences_are_read_in_millimetres() -> None:
    assert distance_mm("1,5 km") == 1_500_000
    assert [fence_mm(word) for word in ("open", "forest", "city", "30 m")] == [15_000, 20_000, 25_000, 30_000]


@pytest.mark.parametrize(
    ("rule", "points"),
    [
        (7, 7),
        ("code", 57),
        ("first digit of the code", 5),
        ("code rounded down to 10", 50),
        ("code rounded up to 10", 60),
    ],
)
def test_points_follow_from_the_code_by_rule(rule: int | str, points: int) -> None:
    assert points_of(rule, "57") == points


def test_a_rule_for_points_that_says_nothing_of_a_code_is_refused() -> None:
    with pytest.raises(ValueFault, match="give its points"):
        points_of("code", "F1")
    with pytest.raises(ValueFault, match="no rule"):
        points_of("code / 10", "57")


def test_a_local_time_is_that_of_its_zone_and_an_offset_wins() -> None:
    assert time_ms(datetime.fromisoformat("2026-06-06T10:00"), ROME) == 1_780_732_800_000
    assert time_ms(datetime.fromisoformat("2026-06-06T10:00+00:00"), ROME) == 1_780_740_000_000


@pytest.mark.parametrize(
    ("text", "says"), [("2026-03-29T02:30", "does not exist"), ("2026-10-25T02:30", "there twice")]
)
def test_a_time_that_the_change_of_clocks_skips_or_doubles_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueFault, match=says):
        time_ms(datetime.fromisoformat(text), ROME)


def test_every_key_is_found_on_its_line_whatever_stands_around_it() -> None:
    text = '''# name = "no"
name = "Park"  # [not.a.table]
note = """
name = "still the text"
"""
ways = [
  "qr", # ]
  "code",
]
inline = { a = 1, b = [2, 3] }
a."b c".d = 1

[group.one]
checkpoints = ["]", "[x]"]
[[briefing]]
version = "1"
[[briefing]]
version = "2"
'''
    lines = lines_of_keys(text)
    assert lines["name",] == 2
    assert lines["note",] == 3
    assert lines["ways",] == 6
    assert lines["inline",] == 10
    assert lines["a", "b c", "d"] == 11
    assert lines["group", "one"] == 13
    assert lines["group", "one", "checkpoints"] == 14
    assert (lines["briefing", 0, "version"], lines["briefing", 1, "version"]) == (16, 18)
    assert line_of(lines, ("group", "one", "opens")) == 13
    assert line_of(lines, ("nowhere",)) == 1
