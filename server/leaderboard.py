"""What people are shown of a game's scores: the order, how complete it is, and how old.

A view, made from the scoreboard. Completeness and age are labels beside the
results, never part of a digest.
"""

from __future__ import annotations

import msgspec

from client_core.game.scoring import Status
from client_core.game.standings import Standing
from client_core.game.timing import TimeLimit
from server.joining import enrolled_devices
from server.open_game import OpenGame


class TeamLine(msgspec.Struct, frozen=True):
    """A team's line. `team` is its id in hex; `time_ms` is None where there is none; `place` for a team that is out."""

    place: int | None
    team: str
    number: int
    name: str
    points: int
    penalties: int
    score: int
    time_ms: int | None
    status: Status
    checkpoints: int
    flags: tuple[str, ...]


class Leaderboard(msgspec.Struct, frozen=True):
    """A game's standings at `as_of_ms`, when this node last took something in.

    `devices_heard` of `devices` that were enrolled have sent at least one
    event. `provisional` is true while a team still plays or a device is unheard.
    """

    tenant: str
    game: str
    game_id: str
    name: str
    time_zone: str
    level: str
    version: str
    as_of_ms: int
    devices: int
    devices_heard: int
    events: int
    provisional: bool
    teams: tuple[TeamLine, ...]


def leaderboard(game: OpenGame) -> Leaderboard:
    """The game as this node knows it now."""
    index, package = game.log.index, game.rules.package
    devices = enrolled_devices(game)
    heard = devices & {state.key.public_key for state in index.streams.values()}
    table = game.board.standings()
    playing = any(row.result.status == Status.ACTIVE for row in table)
    return Leaderboard(
        tenant=game.tenant.slug,
        game=game.row.slug,
        game_id=game.row.id.hex(),
        name=package.name,
        time_zone=package.time_zone,
        level="hq" if game.is_authority else "edge",
        version=version_of(game),
        as_of_ms=game.changed_at_ms,
        devices=len(devices),
        devices_heard=len(heard),
        events=sum(row.result.events for row in table),
        provisional=playing or len(heard) < len(devices),
        teams=tuple(_line(game, row) for row in table),
    )


def version_of(game: OpenGame) -> str:
    """What tells one view from the next: the store, its restore epoch and its count of commits."""
    state = game.log.state
    return f"{state.store_id.hex()[:8]}-{state.restore_epoch.hex()[:8]}-{state.commit_seq}"


def _line(game: OpenGame, row: Standing) -> TeamLine:
    result = row.result
    return TeamLine(
        place=row.place,
        team=result.team.hex(),
        number=result.number,
        name=game.board.teams[result.team].name,
        points=result.points + row.extra_points,
        penalties=result.penalties,
        score=row.score,
        time_ms=result.time_ms,
        status=result.status,
        checkpoints=len(result.visited),
        flags=tuple(result.flags),
    )


def limit_text(limit: TimeLimit | None) -> str:
    """The time limit in words, for pages."""
    if limit is None:
        return "no time limit"
    length = f"{limit.limit_ms // 60_000} min" if limit.limit_ms is not None else "the time to be back by"
    return f"limit {length}, -{limit.late_points} a started minute over it"


def span_text(span_ms: int) -> str:
    """A span as people say it: minutes below two hours, hours below two days, else days."""
    minutes = max(0, span_ms) // 60_000
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2_880 else f"{minutes // 1_440} days"


def elapsed_text(time_ms: int | None) -> str:
    """An elapsed time as people read it, `h:mm:ss` or `m:ss`."""
    if time_ms is None:
        return "-"
    minutes, seconds = divmod(time_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
