"""One exchange: over links that may be down, through what strikes it, to the node that answers; the model listens."""

from __future__ import annotations

from client_core.game.joining import SYNC_MEDIA_TYPE
from client_core.transports.errors import TransportError

from . import plan, wire
from .devices import DeviceNode
from .disks import Killed
from .files import Node
from .network import Answered, Down, Exchange, place_of
from .oracles import check_answer
from .wire import Change
from .world import World

BUSY = b'{"code":"busy","detail":"many push at once","retry_after_s":7}'


def carry(world: World, initiator: Node, url: str, body: bytes) -> Answered:
    """Carry one request there and its answer back.

    Raises `TransportError` (devices) or `Down` (relays) where nothing comes
    back, `Killed` where the initiator died.
    """
    server_name, tenant, path = place_of(url)
    exchange = Exchange(initiator, world.servers[server_name], tenant, path)
    world.in_session[server_name, plan.RESPONDER] += 1
    try:
        return _carry(world, exchange, body)
    except Down as down:
        if isinstance(initiator, DeviceNode):
            raise TransportError(down.code, f"{server_name} does not answer") from down
        raise
    finally:
        world.in_session[server_name, plan.RESPONDER] -= 1


def _carry(world: World, exchange: Exchange, body: bytes) -> Answered:
    initiator, responder = exchange.initiator, exchange.responder
    generation = initiator.generation
    if not (world.is_online(initiator.name) and world.is_online(responder.name)):
        raise Down("link_down")
    if responder.is_up:
        world.strike(responder)
    world.strike(initiator)
    if initiator.generation == generation:
        answered = _through_faults(world, exchange, body)
    if initiator.generation != generation:
        raise Killed(initiator.name)
    return answered


def _through_faults(world: World, exchange: Exchange, body: bytes) -> Answered:
    for armed in world.armed:
        states = world.meets(armed, "exchange", exchange.initiator, exchange.responder)
        if states:
            world.fire(armed, exchange.initiator, states)
            carried: Answered = armed.fault.strike(world, exchange, armed.dice, body)
            return carried
    return deliver(world, exchange, body)


def deliver(world: World, exchange: Exchange, body: bytes, crowd: tuple[bytes, ...] = ()) -> Answered:
    """The request arrives, with others perhaps, and its answer leaves. Raises `Down` where the node is away."""
    responder = exchange.responder
    if not responder.is_up:
        raise Down("upstream_down")
    if world.busy_until_ms.get(responder.name, 0) > world.now_ms:
        return Answered(503, "application/problem+json", BUSY)
    until_ms, change = world.liars.get(exchange.initiator.name, (0, None))
    lies = change if change is not None and until_ms > world.now_ms and not world.is_calm else None
    bodies = (wire.rewritten(body, lies) if lies else body, *crowd)
    try:
        answers = responder.handle(exchange.tenant, exchange.path, bodies, in_crowd=bool(crowd))
    except Killed:
        world.crashed(responder)
        raise Down("link_cut") from None
    for asked, answered in zip(bodies, answers, strict=True):
        check_answer(world, exchange, answered)
        if answered.status == 200:
            world.model.heard(exchange.initiator.name, responder, exchange.tenant, asked, answered.body)
    return rewrite(answers[0], lies) if lies else answers[0]


def rewrite(answered: Answered, change: Change) -> Answered:
    """An answer after somebody on the way had it in hand."""
    if answered.media_type != SYNC_MEDIA_TYPE:
        return answered
    return answered._replace(body=wire.rewritten(answered.body, change))
