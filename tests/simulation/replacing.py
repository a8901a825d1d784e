"""Putting something of the world in the place of a module's or class's own, for as long as the world lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(place: Any, name: str, instead: Any) -> Iterator[None]:
    """Until the end of the block, `place.name` is something else."""
    kept = vars(place)[name]
    setattr(place, name, instead)
    try:
        yield
    finally:
        setattr(place, name, kept)
