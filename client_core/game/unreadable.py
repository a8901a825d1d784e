"""What decoding bytes of others may raise, on every platform."""

from __future__ import annotations

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, SystemError)
"""Beside msgspec's own: text that is none, nesting without end, and where numbers are of 32 bits (in browsers) a
map that claims 2^30 entries and more, which is skipped with no error set."""
