"""Crowding: how many teams stand at a checkpoint at once, and when most come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from client_core.game.rules import Rules
from server.simulating.walking import Stay

MINUTE_MS = 60_000


class Crowd(msgspec.Struct, frozen=True):
    """One checkpoint: how many teams came, as a share in percent, how many stood there at once, the busiest minute.

    `busiest_ms` is when that minute began, None where nobody came.
    """

    code: str
    name: str
    teams: int
    percent: int
    at_once: int
    busiest: int
    busiest_ms: int | None


def crowding(rules: Rules, stays: Iterable[Stay], teams: int) -> tuple[Crowd, ...]:
    """The crowds at all checkpoints, in the game's order; each team stays once at a checkpoint."""
    found: list[list[Stay]] = [[] for _ in rules.codes]
    for stay in stays:
        found[stay.checkpoint].append(stay)
    return tuple(_crowd(rules, number, there, teams) for number, there in enumerate(found))


def _crowd(rules: Rules, number: int, stays: list[Stay], teams: int) -> Crowd:
    arrivals = Counter(stay.from_ms // MINUTE_MS for stay in stays)
    minute, busiest = max(arrivals.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    checkpoint = rules.checkpoints[number]
    return Crowd(
        code=checkpoint.code,
        name=checkpoint.name,
        teams=len(stays),
        percent=100 * len(stays) // max(1, teams),
        at_once=_at_once(stays),
        busiest=busiest,
        busiest_ms=minute * MINUTE_MS if busiest else None,
    )


def _at_once(stays: list[Stay]) -> int:
    """The most that overlap; who leaves makes room for who comes at that moment."""
    changes = sorted([(stay.from_ms, 1) for stay in stays] + [(stay.to_ms, -1) for stay in stays])
    here = most = 0
    for _, change in changes:
        here += change
        most = max(most, here)
    return most
