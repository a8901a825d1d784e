"""Pages that name tests: which of those are not there."""

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
