"""Fixtures of the replication tests."""

from __future__ import annotations

from conftest_sync import hq

__all__ = ["hq"]
