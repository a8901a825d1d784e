"""What people are shown of a game's scores: the order, how complete it is, and how old.

A view, made from results that were folded elsewhere. Completeness, age and
"may still change" are labels beside the results, never part of a digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from client_core.game.lines import FIRST
from client_core.game.results import TeamResult
from client_core.game.scoring import Status
from client_core.game.standings import Standing, standings
from client_core.game.timing import TimeLimit
from server.joining import enrolled_devices
from server.names import minors_as_teams
from server.open_game import OpenGame
from server.tables import Folded, Places
from sync.stream import team_audience

ShownAs = Literal["live", "frozen", "hidden"]
_TEAM_PREFIX = team_audience(b"")


class Ask(msgspec.Struct, frozen=True):
    """Which lines are asked for: of all, or of a category or format; of teams, or of members scored alone."""

    category: str | None = None
    format: str | None = None
    by_member: bool = False


EVERYBODY = Ask()


class TeamLine(msgspec.Struct, frozen=True):
    """A team's line, or a member's. `team` is its id in hex; `time_ms` is None where there is none.

    `place` is None for one that is out. `bib` is the number, of a member
    `7.2`. `provisional`: rules across teams gave it points that what is not
    heard yet may still change.
    """

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
    bib: str = ""
    member: int | None = None
    categories: tuple[str, ...] = ()
    format: str | None = None
    provisional: bool = False


class Leaderboard(msgspec.Struct, frozen=True):
    """A game's standings at `as_of_ms`, when this node last took something in; frozen ones at their own time.

    `devices_heard` of `devices` that were enrolled have sent at least one
    event; `oldest_heard_ms` is when, by its own clock, the one of a team still
    playing was last heard of that was not heard of for longest. `provisional`
    is true until the game is `final` (the number of its finalisation), while there
    is no team, a team still plays or a device is unheard. `shown`: `frozen` since
    `frozen_from_ms`, or `hidden` and without lines, until the game is final.
    `lines_moved` are others than pinned by what came in since; `as_pinned`:
    that is left out here.
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
    shown: ShownAs = "live"
    frozen_from_ms: int | None = None
    final: int | None = None
    as_pinned: bool = False
    lines_moved: int = 0
    oldest_heard_ms: int | None = None
    ask: Ask = EVERYBODY
    categories: tuple[tuple[str, str], ...] = ()
    formats: tuple[tuple[str, str], ...] = ()
    has_members: bool = False


class Completeness(msgspec.Struct, frozen=True):
    """How much of what devices have to say this node holds.

    `watermark_ms`: up to here every device was heard that can still say
    anything, by their own clocks; None where one was not heard at all.
    """

    devices: int
    heard: int
    oldest_ms: int | None
    watermark_ms: int | None


def completeness(game: OpenGame, results: Mapping[bytes, TeamResult]) -> Completeness:
    """Who was heard. Devices of teams that are done have nothing more to say."""
    devices = enrolled_devices(game)
    told = game.hearing.last_heard_ms()
    heard = devices & told.keys()
    playing = {team for team, one in results.items() if one.status in {Status.ACTIVE, Status.INACTIVE}}
    scopes = game.log.index.directory.scopes
    waited = {key for key in devices if any(a[1:] in playing for a in scopes.get(key, ()) if a[:1] == _TEAM_PREFIX)}
    times = [min(at, game.changed_at_ms or at) for key in waited & heard if (at := told[key]) is not None]
    oldest_ms = min(times, default=None)
    if not waited <= heard:
        return Completeness(len(devices), len(heard), oldest_ms, None)
    return Completeness(len(devices), len(heard), oldest_ms, game.rules.closes_ms if oldest_ms is None else oldest_ms)


def leaderboard(game: OpenGame, ask: Ask = EVERYBODY, folded: Folded | None = None) -> Leaderboard:
    """The game as this node knows it now: all of it, as staff see it.

    `folded` are results that were folded otherwise, by member or up to a time;
    without them those of the scoreboard are shown.
    """
    package, board = game.rules.package, game.board
    results = {result.team: result for result in board.results()}
    whole = completeness(game, results)
    if folded is None:
        places: Places = {team.id: (team.id, team.name, None) for team in board.teams.values()}
        folded = Folded(game.rules, board.register, results, places)
        everybody: Sequence[Standing] = board.standings()
    else:
        everybody = standings(folded.results.values(), folded.rules, folded.register)
    table = everybody
    if ask.category is not None or ask.format is not None:
        table = standings(
            folded.results.values(), folded.rules, folded.register, category=ask.category, format=ask.format
        )
    named = minors_as_teams(game)
    final = max((one.number for one in game.log.index.directory.finals().values()), default=None)
    settled = final is not None or game.changed_at_ms > game.rules.closes_ms
    playing = any(row.result.status == Status.ACTIVE for row in everybody)
    return Leaderboard(
        tenant=game.tenant.slug,
        game=game.row.slug,
        game_id=game.row.id.hex(),
        name=package.name,
        time_zone=package.time_zone,
        level="hq" if game.is_authority else "edge",
        version=version_of(game),
        as_of_ms=game.changed_at_ms,
        devices=whole.devices,
        devices_heard=whole.heard,
        events=sum(row.result.events for row in table),
        provisional=final is None and (playing or not everybody or whole.heard < whole.devices),
        teams=tuple(_line(folded, row, whole, named, settled=settled) for row in table),
        final=final,
        oldest_heard_ms=whole.oldest_ms,
        ask=ask,
        categories=tuple((one.code, one.name or one.code) for one in package.categories),
        formats=tuple((one.code, one.name or one.code) for one in package.formats),
        has_members=any(board.register.members.values()),
    )


def version_of(game: OpenGame) -> str:
    """What tells one view from the next: the store, its restore epoch and its count of commits."""
    state = game.log.state
    return f"{state.store_id.hex()[:8]}-{state.restore_epoch.hex()[:8]}-{state.commit_seq}"


def _line(folded: Folded, row: Standing, whole: Completeness, named: Mapping[bytes, str], *, settled: bool) -> TeamLine:
    result = row.result
    team, name, member = folded.places[result.team]
    return TeamLine(
        place=row.place,
        team=team.hex(),
        number=result.number,
        name=named.get(team, name),
        points=result.points + row.extra_points,
        penalties=result.penalties,
        score=row.score,
        time_ms=result.time_ms,
        status=result.status,
        checkpoints=len(result.visited),
        flags=tuple(result.flags),
        bib=str(result.number) if member is None else f"{result.number}.{member}",
        member=member,
        categories=result.categories,
        format=result.format,
        provisional=row.provisional and not settled and not _is_settled(folded, row, whole.watermark_ms),
    )


def _is_settled(folded: Folded, row: Standing, watermark_ms: int | None) -> bool:
    """Whether nothing that is not heard yet can change what rules across teams gave this line."""
    if watermark_ms is None:
        return False
    ends = [line.at_ms if line.code == FIRST else folded.rules.closes_ms for line in row.extras]
    return all(at_ms is not None and at_ms < watermark_ms for at_ms in ends)


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
