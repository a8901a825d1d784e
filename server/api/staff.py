"""The staff page of a game: behind a code, served by the node at hand, useful with no uplink and without JavaScript.

Every form is answered with a redirect to the page, so that going back or
reloading repeats nothing. The pass is a `SameSite=Strict` cookie for this
game's addresses alone, and a form sent from another site is refused.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, CookieParameter, FromPath, HeaderParameter
from litestar.response import Redirect

from client_core.game.actions import ActionError, Known, StaffCode
from client_core.game.decisions import Acknowledged, MessageSent, Whereabouts, WhereaboutsMarked
from client_core.game.roles import Role
from client_core.game.text import TextFault
from server.api import staff_standings
from server.api.pages import FORM_HEADERS
from server.codes import hash_code
from server.deciding.naming import Names
from server.deciding.standing import find_decisions, undoing
from server.node import Node
from server.not_met import perhaps_at_hq
from server.open_game import OpenGame
from server.problems import Problem
from server.staff import COOKIE, find_staff_code, make_pass, read_pass
from server.team_names import find_team
from server.web.decisions_section import render_decisions
from server.web.staff_page import render, render_door
from sync.stream import GAME, team_audience

PASS_S = 7 * 86_400
"""How long a browser keeps its pass; the code itself may be taken back any time."""
MAY_MARK = Role.KIOSK
MAY_SEE = Role.SAFETY
"""Names, telephones and positions; calls for help; messages."""
MAY_DECIDE = Role.REFEREE

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Pass = Annotated[str | None, CookieParameter(name=COOKIE)]
Site = Annotated[str | None, HeaderParameter(name="Sec-Fetch-Site")]
HEADERS = {**FORM_HEADERS, "Cache-Control": "no-store"}


@get("/{tenant:str}/{game:str}/staff", sync_to_thread=False, include_in_schema=False)
def page(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], staff_pass: Pass = None
) -> Response[bytes]:
    """The page, or the door where no pass is shown."""
    with node.game(tenant, game) as found:
        code = read_pass(found, staff_pass)
        if code is None:
            body = render_door(found.rules.package.name)
        else:
            view = node.desk_of(found).view(node.clock())
            may_see = code.role >= MAY_SEE
            look = node.signals_of(found).look() if may_see else None
            decisions = _decisions(node, found, code) if may_see else ""
            body = render(found, view, code, look, decisions)
    return Response(body.encode(), media_type="text/html", headers=HEADERS)


@post("/{tenant:str}/{game:str}/staff/enter", include_in_schema=False)
async def enter(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], data: Form, site: Site = None
) -> Response[Any]:
    """Show a code, get a pass."""
    check_site(site)
    with node.game(tenant, game) as found:
        hashed = await asyncio.to_thread(hash_code, found.row.id, data.get("code", "")[:64])
        try:
            code = find_staff_code(found.log, hashed)
        except Problem as problem:
            body = render_door(found.rules.package.name, perhaps_at_hq(found, problem.detail)).encode()
            return Response(body, media_type="text/html", headers=HEADERS, status_code=problem.status)
        path = f"/{tenant}/{game}/staff"
        cookie = Cookie(
            key=COOKIE,
            value=make_pass(found, code),
            path=path,
            httponly=True,
            samesite="strict",
            max_age=PASS_S,
        )
        return Redirect(path, status_code=303, cookies=[cookie])


@post("/{tenant:str}/{game:str}/staff/mark", include_in_schema=False)
async def mark(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    data: Form,
    staff_pass: Pass = None,
    site: Site = None,
) -> Redirect:
    """Say where a player is."""
    with node.game(tenant, game) as found:
        code = allowed(found, staff_pass, site, MAY_MARK)
        team = find_team(found, data.get("team", ""))
        where = next((one for one in Whereabouts if one.name.lower() == data.get("where")), None)
        member = data.get("member", "")
        if where is None or not (member == "" or member.isdecimal()):
            raise Problem("bad_request", "where: expected, briefed, out, back or left; member: a number or nothing")
        note = signed(code, data.get("note", ""))
        marked = WhereaboutsMarked(node.clock(), team.id, where, int(member) if member else None, note)
        await _write(node, found, team_audience(team.id), marked)
    return _back(tenant, game)


@post("/{tenant:str}/{game:str}/staff/seen", include_in_schema=False)
async def seen(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    data: Form,
    staff_pass: Pass = None,
    site: Site = None,
) -> Redirect:
    """Say that staff know of a call for help or of a team's words."""
    with node.game(tenant, game) as found:
        code = allowed(found, staff_pass, site, MAY_SEE)
        team = find_team(found, data.get("team", ""))
        try:
            event = bytes.fromhex(data.get("event", ""))
        except ValueError as error:
            raise Problem("bad_request", "event: 64 hexadecimal digits") from error
        note = signed(code, data.get("note", ""))
        await _write(node, found, team_audience(team.id), Acknowledged(node.clock(), event, note))
    return _back(tenant, game)


@post("/{tenant:str}/{game:str}/staff/say", include_in_schema=False)
async def say(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    data: Form,
    staff_pass: Pass = None,
    site: Site = None,
) -> Redirect:
    """Send a message to everybody or to a team."""
    with node.game(tenant, game) as found:
        allowed(found, staff_pass, site, MAY_SEE)
        text = data.get("text", "").strip()
        if not text:
            raise Problem("bad_request", "text: a message needs words")
        team = find_team(found, data["team"]) if data.get("team") else None
        sent = MessageSent(node.clock(), text, team.id if team else None, None, data.get("urgent") == "on")
        await _write(node, found, team_audience(team.id) if team else GAME, sent)
    return _back(tenant, game)


@post("/{tenant:str}/{game:str}/staff/undo", include_in_schema=False)
async def undo(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    data: Form,
    staff_pass: Pass = None,
    site: Site = None,
) -> Redirect:
    """Take a decision back, with a reason."""
    with node.game(tenant, game) as found:
        code = allowed(found, staff_pass, site, MAY_DECIDE)
        reason = data.get("reason", "").strip()
        if not reason:
            raise Problem("bad_request", "reason: say why the decision is undone")
        one = find_decisions(node.shown_of(found).decisions(), [data.get("decision", "")])
        for audience, actions in undoing(one, node.clock(), signed(code, reason)).items():
            for action in actions:
                await _write(node, found, audience, action)
    return _back(tenant, game)


def _decisions(node: Node, game: OpenGame, code: StaffCode) -> str:
    """The section of decisions, as a role sees it."""
    names = Names(game, node.clock())
    return render_decisions(names, node.shown_of(game).decisions(), may_decide=code.role >= MAY_DECIDE)


def allowed(game: OpenGame, value: str | None, site: str | None, least: Role) -> StaffCode:
    """The code of a pass that may do this; raises `Problem("staff_only")`."""
    check_site(site)
    code = read_pass(game, value)
    if code is None or code.role < least:
        raise Problem("staff_only", f"this is for {least.name.lower()} and above: open the staff page and enter a code")
    return code


def check_site(site: str | None) -> None:
    """Browsers say where a form came from; one from elsewhere is somebody else's trick: raises `Problem`."""
    if site not in {None, "same-origin", "none"}:
        raise Problem("staff_only", "this form was sent from another site")


def signed(code: StaffCode, note: str) -> str:
    """A note with whose pass it was written under."""
    return f"{code.label}: {note}" if note else code.label


async def _write(node: Node, game: OpenGame, audience: bytes, action: Known) -> None:
    try:
        await node.writer.write_own(game, audience, [action])
    except (ActionError, TextFault) as fault:
        raise Problem("bad_request", str(fault)) from fault


def _back(tenant: str, game: str) -> Redirect:
    return Redirect(f"/{tenant}/{game}/staff", status_code=303)


ROUTES: list[Any] = [page, enter, mark, seen, say, undo, *staff_standings.ROUTES]
