"""The final result of a game, in the form that finalising pins: numbers and no names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from client_core.game.standings import Standing
from client_core.game.statuses import STATUS_NUMBERS

RESULT_CONTEXT = b"wayfold/1/final-result\x00"


class FinalRow(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One team's line: its number and id, place, score, points, penalties, time and the status' number."""

    number: int
    team: bytes
    place: int | None
    score: int
    points: int
    penalties: int
    time_ms: int | None
    status: int


class Moved(msgspec.Struct, frozen=True):
    """A team whose line would be another one: as it was finalised, and with what came in since (None: not there)."""

    team: bytes
    number: int
    final: FinalRow | None
    now: FinalRow | None


def final_rows(table: Iterable[Standing]) -> tuple[FinalRow, ...]:
    """The lines of standings, by team number; points across teams are among the points."""
    return tuple(
        sorted(
            FinalRow(
                row.result.number,
                row.result.team,
                row.place,
                row.score,
                row.result.points + row.extra_points,
                row.result.penalties,
                row.result.time_ms,
                STATUS_NUMBERS[row.result.status],
            )
            for row in table
        )
    )


def result_hash(rows: Iterable[FinalRow]) -> bytes:
    """32 bytes that are equal where two nodes came to the same final result."""
    return hashlib.sha256(RESULT_CONTEXT + msgspec.msgpack.encode(sorted(rows))).digest()


def moved(final: Iterable[FinalRow], now: Iterable[FinalRow]) -> list[Moved]:
    """The teams whose line would change, by their numbers."""
    before, after = {row.team: row for row in final}, {row.team: row for row in now}
    found = [
        Moved(team, (after.get(team) or before[team]).number, before.get(team), after.get(team))
        for team in before.keys() | after.keys()
        if before.get(team) != after.get(team)
    ]
    return sorted(found, key=lambda one: (one.number, one.team))
