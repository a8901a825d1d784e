"""Every rule of the list of rules can be written as it says, and is shown by a test or a table that is there."""

from __future__ import annotations

import re
from pathlib import Path

from named_tests import missing

PAGE = "docs/reference/clauses.md"
ROWS = re.compile(r"^\| (?!rule |---)(.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def anchor(heading: str) -> str:
    """What a link calls a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_rule_is_shown_by_a_test_or_a_table_of_cases(root: Path) -> None:
    assert missing(root, PAGE) == []
    rules = (root / "docs/reference/rules.md").read_text("utf-8")
    tables = {anchor(heading) for heading in re.findall(r"^### (.+)$", rules, re.MULTILINE)}
    rows = ROWS.findall((root / PAGE).read_text("utf-8"))
    shown = [re.fullmatch(r"\[.+\]\(rules\.md#(.+)\)|`tests/.+::test_\w+`", row[2]) for row in rows]
    assert [row[0] for row, by in zip(rows, shown, strict=True) if by is None] == []
    assert {by[1] for by in shown if by and by[1]} - tables == set()


def test_every_table_of_cases_is_a_rule_of_the_list(root: Path) -> None:
    """But those of the field, which stand under names of their own."""
    rules = (root / "docs/reference/rules.md").read_text("utf-8").split("\n## Rules of the field")[0]
    linked = set(re.findall(r"\(rules\.md#(.+?)\)", (root / PAGE).read_text("utf-8")))
    assert {anchor(heading) for heading in re.findall(r"^### (.+)$", rules, re.MULTILINE)} - linked == set()


def test_every_key_and_command_of_the_list_is_there(root: Path) -> None:
    commands = set(re.findall(r"^## (.+)$", (root / "docs/reference/commands.md").read_text("utf-8"), re.MULTILINE))
    keys = set(
        re.findall(r"^\| (?:\*\*)?`(\w+)`", (root / "docs/reference/game-toml.md").read_text("utf-8"), re.MULTILINE)
    )
    named = {name for row in ROWS.findall((root / PAGE).read_text("utf-8")) for name in re.findall(r"`(.+?)`", row[1])}
    assert named - commands - keys == set()
