"""Photos for staff: a page behind the code on which they are looked at, judged and put into the gallery.

GET  /{tenant}/{game}/staff/photos     every photo, those that wait for a decision first
POST /{tenant}/{game}/staff/photos     `photo` (an event's id) and `do`: show, hide, right or wrong
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from client_core.game.actions import Known
from client_core.game.decisions import AnswerJudged
from server.api.staff import HEADERS, MAY_DECIDE, MAY_SEE, Form, Pass, Site, allowed, signed
from server.deciding.making import make
from server.deciding.naming import Names
from server.deciding.standing import Ruled, by_audience, with_sees
from server.gallery import has_minor, showing
from server.node import Node
from server.problems import Problem
from server.web.photos_page import Standing, render
from sync.stream import GAME


@get("/{tenant:str}/{game:str}/staff/photos", sync_to_thread=False, include_in_schema=False)
def page(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    staff_pass: Pass = None,
    site: Site = None,
) -> Response[bytes]:
    """The photos of all teams."""
    with node.game(tenant, game) as found:
        code = allowed(found, staff_pass, site, MAY_SEE)
        pictures = node.desk_of(found).view(node.clock()).pictures
        right = _judged(node.shown_of(found).decisions())
        standings = {one.id: Standing(right.get(one.id), has_minor(found, one.team)) for one in pictures}
        body = render(found.rules.package, pictures, standings, code, judges=code.role >= MAY_DECIDE)
    return Response(body.encode(), media_type="text/html", headers=HEADERS)


@post("/{tenant:str}/{game:str}/staff/photos", include_in_schema=False)
async def decide(
    node: NamedDependency[Node],
    tenant: FromPath[str],
    game: FromPath[str],
    data: Form,
    staff_pass: Pass = None,
    site: Site = None,
) -> Redirect:
    """Show a photo in the gallery or hide it; judge it, which takes a referee."""
    with node.game(tenant, game) as found:
        do = data.get("do", "")
        code = allowed(found, staff_pass, site, MAY_DECIDE if do in {"right", "wrong"} else MAY_SEE)
        pictures = node.desk_of(found).view(node.clock()).pictures
        one = next((one for one in pictures if one.id.hex() == data.get("photo")), None)
        if one is None or do not in {"show", "hide", "right", "wrong"}:
            raise Problem("bad_request", "photo: the id of one that is here; do: show, hide, right or wrong")
        if do in {"show", "hide"}:
            written: dict[bytes, list[Known]] = {GAME: [showing(found, one, node.clock(), shown=do == "show")]}
        else:
            cells = {"event": one.id.hex(), "verdict": do}
            made = make(Names(found, node.clock()), "judge", cells, signed(code, "on the page of photos"))
            ruled = node.shown_of(found).decisions()
            written = by_audience(with_sees(ruled, judged) for judged in made)
        for audience, actions in written.items():
            await node.writer.write_own(found, audience, actions)
    return Redirect(f"/{tenant}/{game}/staff/photos#{one.id.hex()}", status_code=303)


def _judged(ruled: list[Ruled]) -> dict[bytes, bool]:
    """By the id of an answer or photo, whether it was judged right, as it stands."""
    return {
        one.action.event: one.action.right
        for one in ruled
        if one.state == "stands" and isinstance(one.action, AnswerJudged)
    }


ROUTES: list[Any] = [page, decide]
