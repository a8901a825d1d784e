"""Bundles as files: written whole or not at all, read whole or refused."""

from __future__ import annotations

import os
from pathlib import Path

from client_core.transports.errors import TransportError

BUNDLE_BYTES_MAX = 256 * 1024 * 1024
"""A million check-ins twice over; the bytes are held in memory once."""


def write_bundle(path: Path, data: bytes) -> None:
    """Write a bundle and return once the disk has it; an older file of that name is replaced in one step.

    Raises `TransportError` (`file_unwritable`), the older file being as it was.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise TransportError("file_unwritable", f"{path} cannot be written: {error.strerror or error}") from error


def read_bundle(path: Path) -> bytes:
    """A bundle's bytes. Raises `TransportError` (`file_missing`, `file_unreadable`, `file_too_big`)."""
    try:
        if path.stat().st_size > BUNDLE_BYTES_MAX:
            raise TransportError("file_too_big", f"{path} has more than {BUNDLE_BYTES_MAX} bytes: no bundle has")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise TransportError("file_missing", f"there is no file {path}") from error
    except OSError as error:
        raise TransportError("file_unreadable", f"{path} cannot be read: {error.strerror or error}") from error
