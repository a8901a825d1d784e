"""Every test that the hard cases and the promise name is there."""

from __future__ import annotations

import re
from pathlib import Path

from named_tests import missing


def test_every_test_that_a_hard_case_names_exists(root: Path) -> None:
    assert missing(root, "docs/reference/hard-cases.md") == []


def test_each_sentence_of_the_promise_names_tests_that_exist(root: Path) -> None:
    page = "docs/reference/promise.md"
    assert missing(root, page) == []
    text = (root / page).read_text(encoding="utf-8")
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert [n for n in range(1, 6) if not re.search(rf"^## {n}\. ", text, flags=re.MULTILINE)] == []
    assert readme.count("docs/reference/promise.md#") == 5
