"""The recorded event through the rule book: what GPS finds of the electronic punches, and that the page says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.demo.rehearsal import Line, rehearse, table

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return rehearse()


def test_all_but_two_of_the_217_punches_end_as_credits(lines: list[Line]) -> None:
    assert sum(line.plain.expected for line in lines) == 217
    assert sum(line.plain.found for line in lines) >= 215


def test_no_credit_is_one_that_the_jury_would_not_give(lines: list[Line]) -> None:
    assert [line.plain.wrong for line in lines if line.plain.wrong] == []


def test_with_noise_ninety_five_percent_end_as_credits_and_none_is_wrong(lines: list[Line]) -> None:
    assert sum(line.noisy.found for line in lines) >= 0.95 * 217
    assert [line.noisy.wrong for line in lines if line.noisy.wrong] == []


def test_noise_at_a_start_beside_the_finish_does_not_end_a_run(lines: list[Line]) -> None:
    assert all(line.noisy.found > 0.8 * line.noisy.expected for line in lines)


def test_fences_on_the_way_are_listed_as_passed(lines: list[Line]) -> None:
    passed = next(line.plain.passed for line in lines if line.runner.result_id == 75)
    assert passed == ("107", "123", "120", "117", "106", "125")


def test_the_page_of_the_reference_is_the_table_of_today(lines: list[Line]) -> None:
    assert (ROOT / "docs" / "reference" / "highfield.md").read_text("utf-8") == table(lines)
