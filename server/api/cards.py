"""Cards over HTTP: what a card reader's program read is handed in at the kiosk and is safe when it is answered.

    POST /{tenant}/{game}/staff/cards     body: a file of any format that `wayfold results import` takes

Behind the staff door. A kiosk's pass takes visits, starts and finishes of teams
that are known; what registers, decides or gives points asks for a referee's.
Handing a card in again adds nothing, so whoever got no answer simply repeats.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from client_core.game.actions import CheckIn, Finish, Start
from client_core.game.publish import DraftError
from client_core.game.roles import Role
from client_core.game.statuses import Status
from server.api.staff import MAY_MARK, Pass, Site, allowed
from server.bodies import read_body
from server.card_import import Plan, batch_of, day_of, plan_cards
from server.formats.readers import READERS, read_cards
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.scoreboard import fold_team
from sync.errors import LocalError
from sync.stream import team_audience

CARDS_BYTES_MAX = 1024 * 1024
"""Some thousand cards; a whole event goes in by `wayfold results import`."""
TRIES_MAX = 3
"""A command beside the server may write in the same stream between two looks."""
FINDINGS_TOLD = 3
_KIOSK = (CheckIn, Start, Finish)


class CardLine(msgspec.Struct, frozen=True):
    """What a team stands at with its cards, for a slip of paper: provisional, places come when all are in."""

    number: int
    name: str
    points: int
    penalties: int
    score: int
    time_ms: int | None
    status: Status
    visited: int
    missing: tuple[str, ...]


class CardsTaken(msgspec.Struct, frozen=True):
    """What a hand-in came to; everything in it is safe at this node. `known_already`: was there before."""

    cards: int
    check_ins: int
    others: int
    known_already: int
    unknown_codes: dict[str, int]
    teams: tuple[CardLine, ...]


@post("/{tenant:str}/{game:str}/staff/cards", status_code=200, request_max_body_size=None)
async def hand_in(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    request: Request[Any, Any, Any],
    file_format: FromQuery[str | None] = None,
    team: FromQuery[str | None] = None,
    staff_pass: Pass = None,
    site: Site = None,
) -> CardsTaken:
    """Take in read-out cards, the file's bytes being the body; answered when they are durable.

    `file_format` and `team` say what the file does not: how it is written, and whose track it is.
    """
    if file_format is not None and file_format not in READERS:
        raise Problem("bad_request", f"file_format: {', '.join(READERS)}, or nothing to go by the look of it")
    with node.game(tenant, game) as found:
        allowed(found, staff_pass, site, MAY_MARK)
    body = await read_body(request.scope, request.receive, CARDS_BYTES_MAX, node.bodies)
    async with node.card_lock:
        for _ in range(TRIES_MAX):
            with node.game(tenant, game) as found:
                code = allowed(found, staff_pass, site, MAY_MARK)
                plan = _plan(found, body, file_format, team, node.clock())
                if code.role < Role.REFEREE and not _is_play(plan):
                    detail = "it registers teams, or says more than visits: import it as a referee or at headquarters"
                    raise Problem("staff_only", detail)
                batch = batch_of(found, plan.actions)
                try:
                    if batch.own:
                        await node.writer.submit(found, batch)
                except LocalError:
                    continue
                return _taken(found, plan)
    raise Problem("busy", "another program writes in this game's log", retry_after_s=1)


def _plan(game: OpenGame, body: bytes, file_format: str | None, team: str | None, now_ms: int) -> Plan:
    day = msgspec.structs.replace(day_of(game), team=team)
    try:
        return plan_cards(game, read_cards(body, "body", day, file_format), now_ms)
    except DraftError as error:
        told = [f"{one.where}: {one.detail}" for one in error.findings]
        more = f" (and {len(told) - FINDINGS_TOLD} more)" if len(told) > FINDINGS_TOLD else ""
        raise Problem("bad_request", "; ".join(told[:FINDINGS_TOLD]) + more) from error


def _is_play(plan: Plan) -> bool:
    """Whether it holds nothing but what teams did."""
    return all(
        audience[:1] == team_audience(b"") and isinstance(action, _KIOSK)
        for audience, actions in plan.actions.items()
        for action in actions
    )


def _taken(game: OpenGame, plan: Plan) -> CardsTaken:
    codes = game.rules.codes
    lines = []
    for team_id in plan.touched:
        team = game.board.teams.get(team_id)
        if team is None:
            continue
        result = fold_team(game.log, game.rules, team)
        lines.append(
            CardLine(
                number=team.number,
                name=team.name,
                points=result.points,
                penalties=result.penalties,
                score=result.score,
                time_ms=result.time_ms,
                status=result.status,
                visited=len(result.visited),
                missing=tuple(codes[number] for number in result.missing),
            )
        )
    return CardsTaken(plan.cards, plan.check_ins, plan.others, plan.known, plan.unknown_codes, tuple(lines))


ROUTES: list[Any] = [hand_in]
