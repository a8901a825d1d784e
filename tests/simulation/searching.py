"""Looking for many byte strings in whole files: one pass for each beginning that some of them share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

START_BYTES = 8
"""What events of one kind and day have in common."""


class Needles:
    """Byte strings of at least `START_BYTES`, put in order for a search."""

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._by_start: dict[bytes, dict[int, set[bytes]]] = defaultdict(lambda: defaultdict(set))
        for needle in needles:
            assert len(needle) >= START_BYTES
            self._by_start[needle[:START_BYTES]][len(needle)].add(needle)

    def first_in(self, whole: bytes) -> bytes | None:
        """One of them that stands in these bytes, or None where none does."""
        for start, by_length in self._by_start.items():
            at = whole.find(start)
            while at >= 0:
                for length, needles in by_length.items():
                    if whole[at : at + length] in needles:
                        return whole[at : at + length]
                at = whole.find(start, at + 1)
        return None
