"""Every test that the hard cases and the promise name is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path


def missing(root: Path, page: str) -> list[str]:
    """The tests a page names that are in no file."""
    named = re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", (root / page).read_text(encoding="utf-8"))
    assert named, page
    gone = []
    for path, test in named:
        file = root / path
        tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
        if not any(getattr(node, "name", "") == test for node in ast.walk(tree)):
            gone.append(f"{path}::{test}")
    return gone


def test_every_test_that_a_hard_case_names_exists(root: Path) -> None:
    assert missing(root, "docs/reference/hard-cases.md") == []


def test_each_sentence_of_the_promise_names_tests_that_exist(root: Path) -> None:
    page = "docs/reference/promise.md"
    assert missing(root, page) == []
    text = (root / page).read_text(encoding="utf-8")
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert [n for n in range(1, 6) if not re.search(rf"^## {n}\. ", text, flags=re.MULTILINE)] == []
    assert readme.count("docs/reference/promise.md#") == 5
