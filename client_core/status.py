"""A device's status: how safe its events are, what failed, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from client_core.custody import Counts
from client_core.game.scoring import TeamResult
from client_core.store.device import Peer
from sync.placement import StreamState

CLOCK_SUSPECT_MS = 5 * 60_000
"""A phone set by its network is within seconds; five minutes cost a team points."""
CLOCK_DIFFERS = "clock_differs"
"""The flag of a device whose clock is that far from the node's it met last; the others are `scoring.Flag`."""


class Failure(msgspec.Struct, frozen=True):
    """The last failure at an address since it last worked."""

    url: str
    code: str
    detail: str
    at_ms: int


class Status(msgspec.Struct, frozen=True):
    """Own events by who else holds them; the last failures; flags for staff and owner.

    `incarnations` counts the streams this device wrote under; `forked` says
    that two copies of it wrote. `clock_ahead_ms` is measured against the node
    met last.
    """

    unsent: int
    in_custody: int
    safe: int
    failures: tuple[Failure, ...]
    flags: tuple[str, ...]
    clock_ahead_ms: int | None
    incarnations: int
    forked: bool
    upstreams: tuple[str, ...]


def read_status(peers: Sequence[Peer], counts: Counts, result: TeamResult, own_states: Sequence[StreamState]) -> Status:
    """Put together what is known."""
    met = max((p for p in peers if p.synced_at_ms is not None), key=lambda p: p.synced_at_ms or 0, default=None)
    ahead_ms = met.clock_ahead_ms if met is not None else None
    flags = [str(flag) for flag in result.flags]
    if ahead_ms is not None and abs(ahead_ms) > CLOCK_SUSPECT_MS:
        flags.append(CLOCK_DIFFERS)
    return Status(
        unsent=counts.unsent,
        in_custody=counts.in_custody,
        safe=counts.safe,
        failures=tuple(
            Failure(peer.url, peer.failed_code, peer.failed_detail, peer.failed_at_ms)
            for peer in peers
            if peer.failed_at_ms is not None
        ),
        flags=tuple(flags),
        clock_ahead_ms=ahead_ms,
        incarnations=len({state.key.incarnation for state in own_states}),
        forked=any(state.forked for state in own_states),
        upstreams=tuple(peer.url for peer in peers if peer.position is not None),
    )
