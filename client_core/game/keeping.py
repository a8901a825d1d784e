"""What a game keeps from its players: answers that only headquarters and edges may know."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.challenges import Hashed, Interval
from client_core.game.ranges import ANSWER_BYTES_MAX, ChallengeNumber, Hash, TimeMs


class AnswerKept(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=24):
    """What judges a challenge whose answer no device may hold, and the plain answers for staff.

    Written by the authority in its `staff` stream, so that edges have it and
    devices never do. It holds for games played by the package of this hash.
    """

    at_ms: TimeMs
    package: Hash
    challenge: ChallengeNumber
    key: Hashed | Interval
    plain: Annotated[tuple[Annotated[str, Meta(max_length=ANSWER_BYTES_MAX)], ...], Meta(max_length=20)] = ()
