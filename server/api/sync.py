"""`POST /sync/v1/{tenant}/{game}`: one exchange of a session.

The hot path: a bare ASGI function, no injection, no log line a request. The
session itself is `sync.responder.respond`; this drives it, with signatures
answered at once and batches by the writer.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache, partial

from litestar import asgi
from litestar.types import Receive, Scope, Send

from client_core.game.joining import SYNC_MEDIA_TYPE
from server.bodies import read_body
from server.clock import wall_clock
from server.driving import drive
from server.healing import note_offer
from server.node import Node
from server.open_game import OpenGame
from server.problems import MEDIA_TYPE, Problem, from_exception
from sync.digest import NONCE
from sync.intake import Quota
from sync.responder import Heard, Responding, respond

NONCE_LIFE_MS = 120_000
"""A nonce is good in its own and the next span: long enough for one round on the slowest link.

By the wall's clock, not the node's: how long a link takes does not depend on
what time a demonstration plays. Where the wall is set, a session greets again.
"""


@asgi("/sync/v1", is_mount=True, copy_scope=False)
async def exchange(scope: Scope, receive: Receive, send: Send) -> None:
    """One request body in, one answer body out; nothing is answered before it is durable."""
    node: Node = scope["litestar_app"].state.node
    whole = False
    try:
        body = await read_body(scope, receive, node.settings.limits.body_bytes_max, node.bodies)
        whole = True
        async with node.turns:
            answer = await _answer(node, scope["path"], body)
    except Exception as error:  # noqa: BLE001 - every failure is answered as a problem
        await _send_problem(send, from_exception(error), close=not whole)
        return
    headers = [(b"content-type", SYNC_MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer, "more_body": False})


async def _answer(node: Node, path: str, body: bytes) -> bytes:
    """Hold one exchange of a session in the game that a path names; raises `Problem`."""
    with node.game(*game_names(path)) as game:
        heard = Heard()
        with game.strangers.lease(node.settings.limits.stranger_bytes_max) as lease:
            session = respond(body, game.log, responding(node, game, lease), heard)
            append = lease.through(partial(node.writer.submit, game))
            answer = await drive(session, game.key, append, verifier=node.verifier)
        if heard.agreed and game.log.healing:
            await note_offer(game, node.writer, heard.agreed)
        return answer


def game_names(path: str) -> tuple[str, str]:
    """Tenant and game of `[/sync/v1]/{tenant}/{game}` (bare ASGI routes get no path parameters)."""
    names = path.strip("/").split("/")[-2:]
    if len(names) != 2:
        raise Problem("not_found", "a session's address is /sync/v1/TENANT/GAME")
    return names[0], names[1]


def responding(node: Node, game: OpenGame, quota: Quota) -> Responding:
    """What this node is in this game at this moment."""
    span = wall_clock() // NONCE_LIFE_MS
    seed, store = game.tenant.node_seed, game.log.state.store_id
    return Responding(
        node=game.key.public_key,
        now_ms=node.clock(),
        nonces=(nonce(seed, store, span), nonce(seed, store, span - 1)),
        level=game.level,
        quota=quota,
    )


@lru_cache(maxsize=1024)
def nonce(seed: bytes, store: bytes, span: int) -> bytes:
    """A nonce that any worker of this node can make again: a keyed hash of the store and the span of time."""
    return hmac.digest(seed, NONCE + store + span.to_bytes(8, "big"), hashlib.sha256)[:16]


async def _send_problem(send: Send, problem: Problem, *, close: bool) -> None:
    """Answer a problem; `close` ends the connection, so that the rest of a body is not read."""
    body = problem.encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers().items()]
    headers += [(b"connection", b"close")] if close else []
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
