"""How an edge stands with the nodes toward HQ."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["ok", "waiting", "down", "slow", "not_wayfold", "refused", "busy"]


class UpstreamState(msgspec.Struct, frozen=True):
    """One game's way up: what the last try found, and when the next comes.

    `waiting` is before the first try. `detail` is a sentence for people.
    """

    tenant: str
    game: str
    url: str
    state: State
    detail: str
    ok_at_ms: int | None = None
    next_at_ms: int | None = None
