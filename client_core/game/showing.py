"""What players are shown, and when. Nothing here changes a score."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import Label, Text, TimeMs


class CheckInBy(IntEnum):
    """How a phone checks in by position."""

    TAP = 0
    AUTOMATIC = 1


class StandingsShown(IntEnum):
    """What players see of the standings while they play."""

    LIVE = 0
    FROZEN = 1
    """As they were at `Showing.frozen_from_ms`, until they are published."""
    HIDDEN = 2


class Showing(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the player's screen may show: the own position, distances to checkpoints, the standings."""

    check_in: CheckInBy = CheckInBy.TAP
    own_position: bool = True
    distances: bool = True
    standings: StandingsShown = StandingsShown.LIVE
    frozen_from_ms: TimeMs | None = None

    def tells_holders(self, at_ms: int) -> bool:
        """Whether players are told at that time who holds a checkpoint: as long as they see the standings live."""
        if self.standings is StandingsShown.FROZEN:
            return self.frozen_from_ms is not None and at_ms < self.frozen_from_ms
        return self.standings is StandingsShown.LIVE


class Briefing(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A text with a version that is read before playing: rules and safety, or the consent to process positions.

    `consent`: it has to be accepted, by an adult or for a minor by a guardian.
    """

    version: Label
    text: Text
    consent: bool = False


class Catalog(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The game's texts in another language: (text in the main language, its translation), sorted.

    A text without a translation is shown in the main language.
    """

    language: Annotated[str, Meta(min_length=2, max_length=16)]
    entries: tuple[tuple[Text, Text], ...]
