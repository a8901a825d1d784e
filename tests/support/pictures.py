"""Pictures made by hand, as a camera would give them: of some size, with words about their owner in them."""

from __future__ import annotations

import struct
import zlib

OWNER = b"Exif\x00\x00a name, a place and a time"
"""What must not leave the phone that took the picture."""


def png(width: int, height: int, colour: tuple[int, int, int] = (180, 60, 40), *, owner: bytes = b"") -> bytes:
    """A picture of one colour; `owner` goes into its eXIf chunk."""
    parts = [(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))]
    if owner:
        parts.append((b"eXIf", owner))
    parts += [(b"IDAT", zlib.compress(height * (b"\0" + bytes(colour) * width))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def jpeg_size(content: bytes) -> tuple[int, int]:
    """Width and height of a JPEG, from its frame header."""
    at = 2
    while content[at] == 0xFF:
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xC2:
            height, width = struct.unpack(">2H", content[at + 5 : at + 9])
            return width, height
        at += 2 + size
    raise AssertionError("no frame header")
