"""Fixtures of the replication tests."""

from __future__ import annotations

import pytest
from nodes import Node, authority


@pytest.fixture
def hq() -> Node:
    """An authority that knows itself."""
    return authority()
