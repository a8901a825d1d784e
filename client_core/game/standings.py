"""Standings: results in order, with places; and the digests by which nodes compare what they computed.

A digest is SHA-256 over MessagePack of integers and ids, so it is equal to the
byte on every platform that folded the same events. Names are not in it: they
stand in payloads that can be erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from client_core.game.crossing import Crossed, LinesByTeam, cross
from client_core.game.decisions import LotDrawn, Neutralised, Stopped
from client_core.game.lines import Line
from client_core.game.results import TeamResult
from client_core.game.rules import Rules
from client_core.game.rulings import Docket
from client_core.game.statuses import PLACED, RANKS, STATUS_NUMBERS
from client_core.game.teams import Register
from client_core.game.timeline import merged_spans
from client_core.game.timing import Ranking, TieBreak
from client_core.game.verdicts import REASON_NUMBERS, Accepted, Charged

TEAM_CONTEXT = b"wayfold/1/team-digest\x00"
GAME_CONTEXT = b"wayfold/1/game-digest\x00"

_NO_TIME = 1 << 62
_NO_REGISTER = Register()

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


def standings(
    results: Iterable[TeamResult],
    rules: Rules | None = None,
    register: Register = _NO_REGISTER,
    *,
    category: str | None = None,
    format: str | None = None,  # noqa: A002 - the field's word
    before: Crossed | None = None,
) -> list[Standing]:
    """The results in order with places: of all, or of one category or format.

    `before` is kept by who asks again and again (`crossing.Crossed`); it changes no answer.

    By the game's ranking (without `rules`: by score, then by time): statuses by
    `statuses.RANKS`, then score or time, then the declared tie-breaks. Equals
    share a place; the next one is skipped, or not where the game says so. The
    order among equals is that of number and id, and says nothing. Rules across
    teams look at all results, also where one category is asked for.
    """
    everybody = [result for result in results if result.merged_into is None]
    extra = _extra(rules, everybody, register, before) if rules is not None and rules.crossing else {}
    ranking = Ranking() if rules is None else rules.package.ranking
    lots = _lots(register)
    rows: list[tuple[tuple[Any, ...], int, bytes, TeamResult]] = []
    for result in everybody:
        if category is not None and category not in result.categories:
            continue
        if format is not None and format != result.format:
            continue
        score = result.score + sum(line.points for line in extra.get(result.team, ()))
        rows.append((rank_key(ranking, result, score, lots.get(result.team, 0)), result.number, result.team, result))
    rows.sort(key=lambda row: row[:3])
    table: list[Standing] = []
    distinct = 0
    for row, (key, _, team, result) in enumerate(rows):
        same = row > 0 and key == rows[row - 1][0]
        distinct += not same
        place: int | None = (distinct if ranking.dense else row + 1) if result.status in PLACED else None
        if same:
            place = table[-1].place
        lines = tuple(extra.get(team, ()))
        given = sum(line.points for line in lines)
        table.append(Standing(place, result, result.score + given, given, lines, bool(lines)))
    return table


def rank_key(ranking: Ranking, result: TeamResult, score: int, lot: int = 0) -> tuple[Any, ...]:
    """What results are compared by, the smaller first: status, score or time, then the tie-breaks in their order."""
    time_ms = _NO_TIME if result.time_ms is None else result.time_ms
    first = time_ms if ranking.by_time else -score
    ties = tuple(_tie(tie, result, time_ms, lot) for tie in ranking.ties)
    return (RANKS[result.status], first, *ties)


def _tie(tie: TieBreak, result: TeamResult, time_ms: int, lot: int) -> int:
    """The value that a tie-break compares, the smaller first."""
    if tie is TieBreak.EARLIER_FINISH:
        return _NO_TIME if result.finish_ms is None else result.finish_ms
    if tie is TieBreak.ELAPSED_TIME:
        return time_ms
    if tie is TieBreak.EARLIER_LAST_POINTS:
        return _NO_TIME if result.last_points_ms is None else result.last_points_ms
    if tie is TieBreak.NEAREST_ESTIMATE:
        return _NO_TIME if result.estimate is None else result.estimate
    return {TieBreak.FEWER_HINTS: result.hints, TieBreak.FEWER_WRONG: result.wrong}.get(tie, lot)


def _extra(rules: Rules, results: list[TeamResult], register: Register, before: Crossed | None) -> LinesByTeam:
    """What the rules across teams pay, up to the close or the stop, without the time that counts for nobody."""
    docket = Docket(register.decisions, frozenset())
    stop = docket.nearest(Stopped, frozenset())
    end_ms = rules.closes_ms
    if stop is not None and isinstance(stop[0].action, Stopped):
        end_ms = min(end_ms, stop[0].action.stop_ms)
    spans = [
        (note.from_ms, end_ms if note.to_ms is None else note.to_ms)
        for event in docket.about(Neutralised)
        if isinstance(note := event.action, Neutralised) and note.checkpoint is None and note.team is None
    ]
    return cross(rules, results, register.shown, end_ms, merged_spans(spans), before)


def _lots(register: Register) -> dict[bytes, int]:
    """Each team's place in the lots that staff drew; of several lots with one team the one that holds."""
    if not register.decisions:
        return {}
    docket = Docket(register.decisions, frozenset())
    drawn = docket.one(docket.about(LotDrawn))
    teams = drawn.action.teams if drawn is not None and isinstance(drawn.action, LotDrawn) else ()
    return {team: number for number, team in enumerate(teams, 1)}


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
        result.format,
        result.categories,
        [(line.code, line.points, line.event, line.checkpoint, line.group) for line in result.extras],
    )
    return hashlib.sha256(TEAM_CONTEXT + _ENCODER.encode(columns)).digest()


def game_digest(results: Iterable[TeamResult], rules: Rules | None = None, register: Register = _NO_REGISTER) -> bytes:
    """32 bytes over all teams' digests, places and scores, whatever order the results come in."""
    table = standings(results, rules, register)
    rows = sorted((row.result.team, row.place, row.score, team_digest(row.result)) for row in table)
    return hashlib.sha256(GAME_CONTEXT + _ENCODER.encode(rows)).digest()
