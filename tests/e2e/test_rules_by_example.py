"""The guide of rules by example: what it shows is what comes out, and no rule an organiser can write is left out."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).with_name("rule_examples.py")


def load() -> ModuleType:
    """The module beside this one."""
    spec = importlib.util.spec_from_file_location("rule_examples", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLAYER = load()
BASE, EXAMPLES = PLAYER.examples(PLAYER.PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_what_the_page_shows_comes_out(example) -> None:
    assert PLAYER.play(BASE, example) == example.comes_out, "write it anew: python tests/e2e/rule_examples.py"


def test_every_example_has_a_late_phone_and_a_void() -> None:
    assert len(EXAMPLES) >= 25
    for example in EXAMPLES:
        assert any(line.endswith(", late") for line in example.day), example.title
        assert any(" void " in line for line in example.day), example.title


def test_the_examples_use_the_keys_that_decide_scores() -> None:
    written = {key for example in EXAMPLES for key in re.findall(r"^(\w+) =", example.rules, re.MULTILINE)}
    assert {
        *("start_by", "back_by", "late_points", "late_max", "late_checkins", "resume", "rank_by", "presence", "within"),
        *(
            "members_needed",
            "hours",
            "by_time",
            "revisit",
            "first_finders",
            "capture",
            "order",
            "mode",
            "opens",
            "count",
        ),
        *("bonus", "groups", "size_max", "format", "floor_at_zero"),
    } <= written
