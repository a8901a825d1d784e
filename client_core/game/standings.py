"""Standings: results in order, with places; and the digests by which nodes compare what they computed.

A digest is SHA-256 over MessagePack of integers and ids, so it is equal to the
byte on every platform that folded the same events. Names are not in it: they
stand in payloads that can be erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from client_core.game.scoring import STATUS_NUMBERS, Status, TeamResult
from client_core.game.verdicts import REASON_NUMBERS, Accepted

TEAM_CONTEXT = b"wayfold/1/team-digest\x00"
GAME_CONTEXT = b"wayfold/1/game-digest\x00"

_GROUP = {Status.OK: 0, Status.ACTIVE: 1, Status.OVER_TIME: 2, Status.DID_NOT_START: 3}
"""Who finished stands before who still plays; who is out of time or never came has no place."""
_PLACED = frozenset({Status.OK, Status.ACTIVE})
_NO_TIME = 1 << 62

_ENCODER = msgspec.msgpack.Encoder()


class Standing(msgspec.Struct, frozen=True):
    """A team's result and place; `place` is None for a team that is out of time or did not start."""

    place: int | None
    result: TeamResult


def standings(results: Iterable[TeamResult]) -> list[Standing]:
    """The results in order: finished teams first, then by score, the higher first, then by time, the shorter first.

    Equal score and time share a place and the next place is skipped. The
    order among equals is that of number and id, and says nothing.
    """
    ordered = sorted(results, key=lambda result: (*_rank(result), result.number, result.team))
    table: list[Standing] = []
    for row, result in enumerate(ordered):
        place = row + 1 if result.status in _PLACED else None
        if row and _rank(ordered[row - 1]) == _rank(result):
            place = table[-1].place
        table.append(Standing(place, result))
    return table


def team_digest(result: TeamResult) -> bytes:
    """32 bytes that are equal where two nodes judged the same events to the same result.

    Covers the result and the verdict on every event, so a node that lacks even
    an event that paid nothing differs. Asks for a result whose fold kept what
    it judged.
    """
    assert len(result.judged) == result.events, "folded with keep_judged=False"
    facts = [
        (identity, checkpoint, at_ms, 0, verdict.points)
        if isinstance(verdict, Accepted)
        else (identity, checkpoint, at_ms, REASON_NUMBERS[verdict.reason], 0)
        for identity, checkpoint, at_ms, verdict in result.judged
    ]
    columns = (
        result.team,
        result.number,
        result.points,
        result.penalties,
        result.score,
        STATUS_NUMBERS[result.status],
        result.start_ms,
        result.finish_ms,
        result.time_ms,
        facts,
    )
    return hashlib.sha256(TEAM_CONTEXT + _ENCODER.encode(columns)).digest()


def game_digest(results: Iterable[TeamResult]) -> bytes:
    """32 bytes over all teams' digests and places, whatever order the results come in."""
    rows = sorted((row.result.team, row.place, team_digest(row.result)) for row in standings(results))
    return hashlib.sha256(GAME_CONTEXT + _ENCODER.encode(rows)).digest()


def _rank(result: TeamResult) -> tuple[int, int, int]:
    time_ms = _NO_TIME if result.time_ms is None else result.time_ms
    return _GROUP[result.status], -result.score, time_ms
