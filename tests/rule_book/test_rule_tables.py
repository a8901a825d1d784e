"""The rule book, case by case; and that the page of rules shows these cases and no others."""

from __future__ import annotations

import pytest
from tables import PAGE, page, rule_book
from telling import Case

CASES = [(f"{rule.name}: {case.happens}", case) for _, rule in rule_book() for case in rule.cases]


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_what_happens_comes_out_as_told(case: Case) -> None:
    assert case.told() == case.comes_out


def test_no_two_cases_of_a_rule_say_the_same() -> None:
    names = [name for name, _ in CASES]
    assert len(set(names)) == len(names) > 200


def test_the_page_of_rules_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python tests/rule_book/tables.py"
