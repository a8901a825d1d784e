"""The code of time on a kiosk's screen: a page behind the staff door that keeps itself current without JavaScript."""

from __future__ import annotations

from typing import Any

import segno
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.api.staff import HEADERS, MAY_MARK, Pass, Site, allowed
from server.kiosk_time import code_now
from server.node import Node
from server.web.kiosk_page import render


@get("/{tenant:str}/{game:str}/staff/time", include_in_schema=False)
async def page(
    node: NamedDependency[Node], tenant: FromPath[str], game: FromPath[str], staff_pass: Pass = None, site: Site = None
) -> Response[bytes]:
    """The code of this moment as a QR code and as letters."""
    with node.game(tenant, game) as found:
        allowed(found, staff_pass, site, MAY_MARK)
        now_ms = node.clock()
        shown, batch = code_now(found, now_ms)
        if batch is not None:
            await node.writer.submit(found, batch)
        picture = segno.make_qr(shown.code).svg_data_uri(scale=8)
        body = render(found.rules.package.name, shown, picture, now_ms)
    return Response(body.encode(), media_type="text/html", headers=HEADERS)


ROUTES: list[Any] = [page]
