"""Pictures: what may be kept as a photo, without what a camera writes about its owner.

A photo is a blob, named by the hash of its bytes. Before it gets that name the
segments that tell where, when and with what it was taken are left out; the
picture itself is not decoded, so it loses nothing.
"""

from __future__ import annotations

import hashlib

import msgspec

PICTURE_BYTES_MAX = 4 * 1024 * 1024
"""A photo of 1600 pixels takes 0.3 to 0.8 MB as JPEG."""
NO_PICTURE = bytes(32)
"""What an erased photo names: that there was one counts on, which one it was is nobody's any more."""
BLOB_CONTEXT = b"wayfold/1/blob\x00"
JPEG, PNG = "image/jpeg", "image/png"

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"})
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length: TEM, the restarts, start of image."""
_JPEG_APPLICATION = range(0xE1, 0xF0)
_JPEG_COLOURS = 0xEE
"""Adobe's segment says how the colours are stored; without it they come out wrong."""
_JPEG_PROFILE = 0xE2
"""An ICC profile, where it says so: colours again."""
_JPEG_COMMENT = 0xFE
_JPEG_SCAN = 0xDA


class PictureFault(Exception):
    """Bytes that cannot be kept as a photo. `code` is `picture_too_big`, `picture_unknown` or `picture_damaged`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class BlobState(msgspec.Struct, frozen=True):
    """How much of a blob a node holds, from its beginning; `whole` means all of it, and that its hash was checked."""

    held: int
    whole: bool


def blob_hash(content: bytes) -> bytes:
    """The name of a blob: SHA-256 (32 bytes) over the context and its bytes."""
    return hashlib.sha256(BLOB_CONTEXT + content).digest()


def media_type_of(content: bytes) -> str:
    """`image/jpeg` or `image/png`, by how the bytes begin; raises `PictureFault`."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(_PNG_SIGNATURE):
        return PNG
    raise PictureFault("picture_unknown", "a photo is a JPEG or PNG file; this is neither")


def without_metadata(content: bytes) -> bytes:
    """The picture without position, time, camera, comments and thumbnails; raises `PictureFault`."""
    if len(content) > PICTURE_BYTES_MAX:
        raise PictureFault(
            "picture_too_big",
            f"{len(content)} bytes, at most {PICTURE_BYTES_MAX} are kept: scale it to 1600 pixels",
        )
    return _jpeg(content) if media_type_of(content) == JPEG else _png(content)


def _jpeg(content: bytes) -> bytes:
    """Every segment up to the first scan is looked at; what follows is the picture."""
    kept = [content[:2]]
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in _JPEG_ALONE:
            kept.append(content[at : at + 2])
            at += 2
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _JPEG_SCAN:
            return b"".join([*kept, _until_end(content[at:])])
        if end > len(content) or end < at + 4:
            break
        if not _tells(marker, content[at + 4 : end]):
            kept.append(content[at:end])
        at = end
    raise PictureFault("picture_damaged", "this JPEG file ends before its picture begins")


def _tells(marker: int, body: bytes) -> bool:
    """Whether a segment says something about the owner that the picture does not need."""
    if marker == _JPEG_COMMENT:
        return True
    if marker not in _JPEG_APPLICATION or marker == _JPEG_COLOURS:
        return False
    return not (marker == _JPEG_PROFILE and body.startswith(b"ICC_PROFILE\x00"))


def _until_end(scans: bytes) -> bytes:
    """Up to the end-of-image marker: telephones append videos and second pictures, with metadata of their own."""
    at = scans.find(b"\xff\xd9")
    if at >= 0:
        return scans[: at + 2]
    raise PictureFault("picture_damaged", "this JPEG file is cut short")


def _png(content: bytes) -> bytes:
    kept = [_PNG_SIGNATURE]
    at = len(_PNG_SIGNATURE)
    while at + 12 <= len(content):
        size, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(content):
            break
        if name in _PNG_KEPT:
            kept.append(content[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    raise PictureFault("picture_damaged", "this PNG file is cut short")
