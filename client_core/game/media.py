"""Media: pictures, sounds, films and the map of a game, which travel beside its package.

The package names them by hash, so they are as immutable as it is, and a node
that lacks one plays on without it. Every node that serves the game serves its
media; devices fetch them before they go offline. Nothing here changes a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import Hash, Label, Name

MEDIA_MAX = 200
MEDIUM_BYTES_MAX = 256 * 1024 * 1024
"""A vector map of a country region; a phone shows what it would take before it loads anything."""

MAP = "application/vnd.pmtiles"
"""A map as one PMTiles file, of vector or picture tiles."""
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
MP3, MP4_SOUND, MP4_FILM = "audio/mpeg", "audio/mp4", "video/mp4"

MediumNumber = Annotated[int, Meta(ge=0, lt=MEDIA_MAX)]
"""A medium, by its place in `Package.media`."""


class Medium(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One file: its name in the game's folder, its `pictures.blob_hash`, size in bytes, type, and whom to credit.

    A type that a device does not know is not shown; the game is played all the same.
    """

    name: Name
    hash: Hash
    size: Annotated[int, Meta(ge=1, le=MEDIUM_BYTES_MAX)]
    media_type: Label
    credit: Label = ""


def media_type_of(content: bytes) -> str:
    """The type that a file's first 16 bytes tell, empty for one that is no medium of a game."""
    if content.startswith(b"PMTiles\x03"):
        return MAP
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"ID3") or (content[:1] == b"\xff" and content[1:2] in {b"\xfb", b"\xf3", b"\xf2"}):
        return MP3
    if content[4:8] == b"ftyp":
        return MP4_SOUND if content[8:12] in {b"M4A ", b"M4B "} else MP4_FILM
    return ""


def media_fault(media: Sequence[Medium]) -> str:
    """What is wrong with the media of a game; empty where nothing is."""
    names = [medium.name for medium in media]
    if len(set(names)) < len(names):
        return f"two media are named {next(name for name in names if names.count(name) > 1)!r}"
    if sum(medium.media_type == MAP for medium in media) > 1:
        return "a game has one map"
    return ""
