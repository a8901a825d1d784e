"""Standings: results in order, with places; and the digests by which nodes compare what they computed.

A digest is SHA-256 over MessagePack of integers and ids, so it is equal to the
byte on every platform that folded the same events. Names are not in it: they
stand in payloads that can be erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from client_core.game.lines import Line
from client_core.game.results import TeamResult
from client_core.game.statuses import PLACED, RANKS, STATUS_NUMBERS
from client_core.game.verdicts import REASON_NUMBERS, Accepted, Charged

TEAM_CONTEXT = b"wayfold/1/team-digest\x00"
GAME_CONTEXT = b"wayfold/1/game-digest\x00"

_NO_TIME = 1 << 62

_ENCODER = msgspec.msgpack.Encoder()


class Standing(msgspec.Struct, frozen=True):
    """A team's result and place; `place` is None for a team whose status has none.

    `extra_points` are what rules across teams gave it (first finders, captures),
    `extras` their lines; `score` is the result's with them. `provisional`: those
    may still change with what is not heard yet. That is a label, in no digest.
    """

    place: int | None
    result: TeamResult
    score: int = 0
    extra_points: int = 0
    extras: tuple[Line, ...] = ()
    provisional: bool = False


def standings(results: Iterable[TeamResult]) -> list[Standing]:
    """The results in order: finished teams first, then by score, the higher first, then by time, the shorter first.

    Equal score and time share a place and the next place is skipped. The
    order among equals is that of number and id, and says nothing.
    """
    ordered = sorted(results, key=lambda result: (*_rank(result), result.number, result.team))
    table: list[Standing] = []
    for row, result in enumerate(ordered):
        place = row + 1 if result.status in PLACED else None
        if row and _rank(ordered[row - 1]) == _rank(result):
            place = table[-1].place
        table.append(Standing(place, result, result.score))
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
        else (
            identity,
            checkpoint,
            at_ms,
            REASON_NUMBERS[verdict.reason],
            -verdict.points if isinstance(verdict, Charged) else 0,
        )
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
    return RANKS[result.status], -result.score, time_ms
