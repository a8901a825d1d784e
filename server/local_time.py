"""Times where the game is, for people: a package may name a zone unknown to this machine, a device any time at all."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> ZoneInfo:
    """A game's time zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def moment_of(at_ms: int, zone: ZoneInfo) -> datetime | None:
    """A time where the game is; None for one that no calendar has: a device may claim any."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return None


def clock_text(at_ms: int, zone: ZoneInfo, otherwise: str, form: str = "%H:%M") -> str:
    """The time of the day where the game is, and `otherwise` for one that no calendar has."""
    at = moment_of(at_ms, zone)
    return otherwise if at is None else at.strftime(form)
