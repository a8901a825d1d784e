"""Roles: as whom a key speaks in a game. The directory says who has which; a higher one decides in doubt."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """What a key may do beyond what every enrolled device may."""

    PLAYER = 0
    KIOSK = 1
    """Reads badges and cards, sees people leave and come back."""
    SAFETY = 2
    """Sees positions and calls for help, keeps the count-out, writes messages."""
    REFEREE = 3
    """Decides on results."""
    ORGANISER = 4
    """Everything, and the nodes of the organiser themselves."""
