"""Published tables of real events. They are no part of the project: `WAYFOLD_DATA` says where they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "agreement.md"


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder with the published data; skips where it is not told."""
    folder = os.environ.get("WAYFOLD_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("WAYFOLD_DATA names no folder with the published tables")
    return Path(folder)


@pytest.fixture(scope="session")
def says() -> Callable[[str], None]:
    """Holds that the page of published tables says what a test found, word for word."""
    text = " ".join(PAGE.read_text(encoding="utf-8").split())

    def check(figures: str) -> None:
        assert figures in text, f"{PAGE.name} does not say {figures!r}"

    return check
