"""Photos lose what a camera wrote about their owner, and nothing of the picture."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_core.game.pictures import (
    JPEG,
    PICTURE_BYTES_MAX,
    PNG,
    PictureFault,
    blob_hash,
    media_type_of,
    without_metadata,
)


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


EXIF = segment(0xE1, b"Exif\x00\x00GPS 43.77 11.25")
PROFILE = segment(0xE2, b"ICC_PROFILE\x00colours")
TABLES = segment(0xDB, b"\x00" * 65)
SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"picture\xff\x00more\xff\xd0rest"
END = b"\xff\xd9"


@pytest.mark.parametrize(
    ("told", "left"),
    [
        (EXIF, b""),
        (segment(0xED, b"Photoshop 3.0 by Ada"), b""),
        (segment(0xFE, b"taken by Ada"), b""),
        (segment(0xE2, b"MPF\x00second picture"), b""),
        (PROFILE, PROFILE),
        (segment(0xEE, b"Adobe\x00d"), segment(0xEE, b"Adobe\x00d")),
        (segment(0xE0, b"JFIF\x00"), segment(0xE0, b"JFIF\x00")),
        (b"\xff" + EXIF, b""),
    ],
)
def test_a_jpeg_keeps_its_picture_and_colours_and_tells_nothing_else(told: bytes, left: bytes) -> None:
    content = b"\xff\xd8" + told + TABLES + EXIF + SCAN + END
    assert without_metadata(content) == b"\xff\xd8" + left + TABLES + SCAN + END


def test_what_a_telephone_appends_to_a_jpeg_is_left_out() -> None:
    picture = b"\xff\xd8" + TABLES + SCAN + END
    assert without_metadata(picture + b"ftypmp42 GPS 43.77") == picture


def test_a_png_keeps_its_picture_and_tells_nothing_else() -> None:
    head, data, end = chunk(b"IHDR", b"\x00" * 13), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")
    told = chunk(b"eXIf", b"GPS") + chunk(b"tEXt", b"Author\x00Ada") + chunk(b"tIME", b"\x00" * 7)
    start = b"\x89PNG\r\n\x1a\n"
    assert without_metadata(start + head + told + data + end + b"trailer") == start + head + data + end


def test_cleaning_twice_is_cleaning_once() -> None:
    once = without_metadata(b"\xff\xd8" + EXIF + TABLES + SCAN + END)
    assert without_metadata(once) == once
    assert blob_hash(once) == blob_hash(without_metadata(once))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "picture_unknown"),
        (b"GIF89a", "picture_unknown"),
        (b"<svg onload=alert(1)>", "picture_unknown"),
        (b"\xff\xd8\xff", "picture_damaged"),
        (b"\xff\xd8" + TABLES, "picture_damaged"),
        (b"\xff\xd8" + TABLES[:20], "picture_damaged"),
        (b"\xff\xd8" + segment(0xDB, b"")[:2] + b"\x00\x00" + SCAN, "picture_damaged"),
        (b"\xff\xd8" + TABLES + SCAN, "picture_damaged"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\x00" * 13), "picture_damaged"),
        (b"\xff\xd8\xff" + b"\x00" * PICTURE_BYTES_MAX, "picture_too_big"),
    ],
)
def test_what_is_no_photo_is_told_by_name(content: bytes, code: str) -> None:
    with pytest.raises(PictureFault) as told:
        without_metadata(content)
    assert told.value.code == code


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_cleaned_or_told_and_never_crash(content: bytes, start: bytes) -> None:
    try:
        cleaned = without_metadata(start + content)
    except PictureFault:
        return
    assert media_type_of(cleaned) in {JPEG, PNG}
    assert len(cleaned) <= len(start + content)
