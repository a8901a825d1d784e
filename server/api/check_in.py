"""Check-ins at a kiosk, by hand or by a badge reader that types: a page behind the staff door, without JavaScript.

    GET  /{tenant}/{game}/staff/check-in?checkpoint=31     the form
    POST /{tenant}/{game}/staff/check-in                   a check-in, or the question whose it is

What was written is answered with a redirect, and the page then says from the
log what it came to; the question writes nothing.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from client_core.game.actions import ActionError, StaffCode
from client_core.game.text import TextFault
from server.api.staff import HEADERS, MAY_MARK, MAY_SEE, Form, Pass, Site, allowed
from server.deciding.naming import Names
from server.kiosk_check_in import FINISH, NO_CHECKPOINT, Asked, Unsaid, note_check_in, what_it_came_to
from server.names import member_names
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.web.check_in_page import Told, render
from sync.stream import team_audience

_MEMBER = re.compile(r"member-([0-9]{1,4})")
_SAID_WRONGLY = {"bad_request", "team_unknown"}


@get("/{tenant:str}/{game:str}/staff/check-in", sync_to_thread=False, include_in_schema=False)
def page(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    checkpoint: FromQuery[str] = "",
    team: FromQuery[str | None] = None,
    at_ms: FromQuery[int | None] = None,
    staff_pass: Pass = None,
    site: Site = None,
) -> Response[bytes]:
    """The form; with `team` and `at_ms` what its check-in there came to."""
    with node.game(tenant, game) as found:
        code = allowed(found, staff_pass, site, MAY_MARK)
        told = None
        if team is not None and at_ms is not None:
            names = Names(found, node.clock())
            whose = names.team(team)
            number = NO_CHECKPOINT if checkpoint == FINISH else names.checkpoint(checkpoint)
            told = Told(whose, checkpoint, what_it_came_to(found, whose, number, at_ms))
        return _shown(found, code, Asked("", checkpoint, ""), told=told)


@post("/{tenant:str}/{game:str}/staff/check-in", include_in_schema=False)
async def check_in(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    data: Form,
    staff_pass: Pass = None,
    site: Site = None,
) -> Response[Any]:
    """Write a check-in of a team or of members of it; where the game looks at members, ask whose it is."""
    with node.game(tenant, game) as found:
        code = allowed(found, staff_pass, site, MAY_MARK)
        ticked = tuple(match[1] for key in data if (match := _MEMBER.fullmatch(key)))
        asked = Asked(
            data.get("who", ""),
            data.get("checkpoint", ""),
            data.get("at", ""),
            ticked,
            everybody=data.get("everybody") == "on",
            back=data.get("back") == "on",
        )
        try:
            noted = note_check_in(Names(found, node.clock()), asked, code.role)
            if isinstance(noted, Unsaid):
                return _shown(found, code, asked, unsaid=noted)
            await node.writer.write_own(found, team_audience(noted.team.id), noted.actions)
        except (ActionError, TextFault) as fault:
            return _shown(found, code, asked, wrong=str(fault), status=400)
        except Problem as problem:
            if problem.code not in _SAID_WRONGLY:
                raise
            return _shown(found, code, asked, wrong=problem.detail, status=problem.status)
        done = {"checkpoint": asked.checkpoint.strip(), "team": noted.team.id.hex(), "at_ms": noted.at_ms}
        return Redirect(f"/{tenant}/{game}/staff/check-in?{urlencode(done)}", status_code=303)


def _shown(
    game: OpenGame,
    code: StaffCode,
    asked: Asked,
    *,
    unsaid: Unsaid | None = None,
    told: Told | None = None,
    wrong: str = "",
    status: int = 200,
) -> Response[bytes]:
    names = member_names(game) if unsaid is not None and code.role >= MAY_SEE else None
    label = f"{code.label} ({code.role.name.lower()})"
    body = render(game.rules.package, label, asked, unsaid=unsaid, names=names, told=told, wrong=wrong)
    return Response(body.encode(), media_type="text/html", headers=HEADERS, status_code=status)


ROUTES: list[Any] = [page, check_in]
