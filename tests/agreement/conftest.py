"""Published tables of real events. They are no part of the project: `WAYFOLD_DATA` says where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder with the published data; skips where it is not told."""
    folder = os.environ.get("WAYFOLD_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("WAYFOLD_DATA names no folder with the published tables")
    return Path(folder)
