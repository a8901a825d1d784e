"""SQLite's write-ahead log as bytes (sqlite.org/fileformat2.html#walformat): where its commits end.

Independent of SQLite: the checksums are computed here. With it a test knows,
for every length a log may be cut to, which commits have to be there.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

HEADER_BYTES = 32
FRAME_HEAD_BYTES = 24
_BIG_ENDIAN_MAGIC = 0x377F0683
_BACKFILL_ATTEMPTED_AT = 128


class Wal(NamedTuple):
    """The valid part of a log: the page size, its frames as (page, end), and where each commit's last frame ends."""

    page_bytes: int
    frames: tuple[tuple[int, int], ...]
    commit_ends: tuple[int, ...]

    def end_of_frame(self, number: int) -> int:
        """Where a frame, counted from 1, ends; 0 where there is none."""
        return HEADER_BYTES + number * (FRAME_HEAD_BYTES + self.page_bytes) if number else 0


def read_wal(data: bytes) -> Wal:
    """Read a log up to the first frame that is not valid: of an older turn, torn, or not there."""
    if len(data) < HEADER_BYTES:
        return Wal(0, (), ())
    magic, _, page_bytes, _, salt_1, salt_2, sum_1, sum_2 = struct.unpack(">8I", data[:HEADER_BYTES])
    order = ">" if magic == _BIG_ENDIAN_MAGIC else "<"
    sums = _checksum(order, data[:24], (0, 0))
    if sums != (sum_1, sum_2):
        return Wal(page_bytes, (), ())
    frames: list[tuple[int, int]] = []
    ends: list[int] = []
    start, width = HEADER_BYTES, FRAME_HEAD_BYTES + page_bytes
    while start + width <= len(data):
        head = data[start : start + FRAME_HEAD_BYTES]
        page, pages_after, salt_a, salt_b, frame_1, frame_2 = struct.unpack(">6I", head)
        sums = _checksum(order, head[:8], sums)
        sums = _checksum(order, data[start + FRAME_HEAD_BYTES : start + width], sums)
        if (salt_a, salt_b) != (salt_1, salt_2) or sums != (frame_1, frame_2):
            break
        start += width
        frames.append((page, start))
        if pages_after:
            ends.append(start)
    return Wal(page_bytes, tuple(frames), tuple(ends))


def replayed(database: bytes, log: bytes, wal: Wal, length: int) -> bytes:
    """The database with every commit that the first `length` bytes of its log hold whole."""
    last = max((end for end in wal.commit_ends if end <= length), default=0)
    pages = bytearray(database)
    for page, end in wal.frames:
        if end <= last:
            at = (page - 1) * wal.page_bytes
            pages.extend(bytes(max(0, at + wal.page_bytes - len(pages))))
            pages[at : at + wal.page_bytes] = log[end - wal.page_bytes : end]
    return bytes(pages)


def frames_checkpointed(shm: Path) -> int:
    """How many frames of the log a checkpoint may have copied into the database; they were synced first."""
    data = shm.read_bytes()
    return int.from_bytes(data[_BACKFILL_ATTEMPTED_AT : _BACKFILL_ATTEMPTED_AT + 4], "little")


def _checksum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for i in range(0, len(words), 2):
        first = (first + words[i] + second) & 0xFFFFFFFF
        second = (second + words[i + 1] + first) & 0xFFFFFFFF
    return first, second
