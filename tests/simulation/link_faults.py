"""Faults of the way between two nodes: what happens to one request and its answer."""

from __future__ import annotations

from contextlib import suppress
from random import Random

from client_core.signing import SigningKey

from . import wire
from .carrying import deliver, rewrite
from .devices import DeviceNode
from .network import Answered, Down, Exchange
from .plan import SESSION
from .striking import fault
from .world import World

MEDIA_TYPE = "application/x-wayfold"
HOURS_LATE_MS = 20 * 60_000


@fault("exchange", "any", SESSION)
def cut(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """The connection breaks: the request is lost or arrives in part, or the answer is."""
    way = dice.randrange(4)
    if way == 0:
        raise Down("link_cut")
    if way == 1:
        deliver(world, exchange, body[: dice.randrange(len(body))])
        raise Down("link_cut")
    answered = deliver(world, exchange, body)
    if way == 2:
        raise Down("link_cut")
    return answered._replace(body=answered.body[: dice.randrange(len(answered.body))])


@fault("exchange", "any", SESSION)
def duplicate(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """The request arrives twice, at once or again much later."""
    answered = deliver(world, exchange, body)
    if dice.random() < 0.5:
        return deliver(world, exchange, body)

    def again() -> None:
        with suppress(Down):
            deliver(world, exchange, body)

    world.later(dice.randrange(1_000, HOURS_LATE_MS), again)
    return answered


@fault("exchange", "any", SESSION)
def reorder(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """The frames behind the greeting arrive in another order, both ways."""

    def shuffled(carried: bytes, kept: int) -> bytes:
        frames = wire.frames(carried)
        rest = frames[kept:]
        dice.shuffle(rest)
        return b"".join(frames[:kept] + rest)

    first = wire.messages(body)[0][0]
    answered = deliver(world, exchange, shuffled(body, 1) if first == wire.HELLO else body)
    return answered._replace(body=shuffled(answered.body, 1))


@fault("exchange", "any", SESSION)
def delay(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """The exchange takes long, and others act before the request arrives and before the answer does."""
    world.meanwhile(dice.randrange(1, 12))
    answered = deliver(world, exchange, body)
    world.meanwhile(dice.randrange(1, 12))
    return answered


@fault("exchange", "any", SESSION)
def half_open(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """The connection stands and carries nothing any more: the request arrived or not, no answer ever does."""
    if dice.random() < 0.7:
        deliver(world, exchange, body)
    world.meanwhile(3)
    raise Down("upstream_slow")


@fault("exchange", "any", SESSION)
def drop_frames(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """Whole frames are missing, of the request or of the answer."""

    def thinned(carried: bytes) -> bytes:
        frames = wire.frames(carried)
        return b"".join(frames[:1] + [frame for frame in frames[1:] if dice.random() < 0.6])

    if dice.random() < 0.5:
        return deliver(world, exchange, thinned(body))
    answered = deliver(world, exchange, body)
    return answered._replace(body=thinned(answered.body))


@fault("exchange", "any", SESSION)
def flip_bits(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """Bits flip on the way, as a bad cable would do it."""

    def flipped(carried: bytes) -> bytes:
        changed = bytearray(carried)
        for _ in range(dice.randrange(1, 4)):
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        return bytes(changed)

    if dice.random() < 0.5:
        return deliver(world, exchange, flipped(body))
    answered = deliver(world, exchange, body)
    return answered._replace(body=flipped(answered.body)) if answered.body else answered


def _lying(world: World, exchange: Exchange, body: bytes, change: wire.Change) -> Answered:
    """Somebody on the way rewrites both directions of one exchange, in sound frames."""
    return rewrite(deliver(world, exchange, wire.rewritten(body, change)), change)


@fault("exchange", "any", SESSION)
def withhold_payloads(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """A relay, for minutes, passes runs on without some payloads: hashes in their place, so that the chain holds."""

    def change(message: wire.Message) -> wire.Message:
        if message[0] != wire.DATA:
            return message
        for run in message[1]:
            for position, payload in enumerate(run[3]):
                hashed = wire.payload_hash(run, position) if payload is not None else None
                if hashed is not None and dice.random() < 0.6:
                    run[3][position] = None
                    run[4][position] = hashed
        return message

    world.liars[exchange.initiator.name] = (world.now_ms + dice.randrange(20_000, 200_000), change)
    return deliver(world, exchange, body)


@fault("exchange", "any", SESSION)
def withhold_runs(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """A relay, for minutes, leaves out runs, in the middle of a stream too, and some of the statements."""

    def change(message: wire.Message) -> wire.Message:
        if message[0] == wire.DATA:
            return [wire.DATA, [run for run in message[1] if dice.random() < 0.5]]
        if message[0] == wire.STATEMENTS:
            return [wire.STATEMENTS, [item for item in message[1] if dice.random() < 0.7]]
        return message

    world.liars[exchange.initiator.name] = (world.now_ms + dice.randrange(20_000, 200_000), change)
    return deliver(world, exchange, body)


@fault("exchange", "any", SESSION)
def change_bytes(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """A relay changes payloads, signatures, receipts and statements, and makes the frames sound again."""

    def touched(carried: bytes) -> bytes:
        at = dice.randrange(len(carried))
        return carried[:at] + bytes((carried[at] ^ (1 << dice.randrange(8)),)) + carried[at + 1 :]

    def change(message: wire.Message) -> wire.Message:
        if message[0] == wire.DATA:
            for run in message[1]:
                if dice.random() < 0.5:
                    run[6] = touched(run[6])
                else:
                    run[3] = [touched(p) if p and dice.random() < 0.5 else p for p in run[3]]
        elif message[0] == wire.RECEIPTS:
            for receipt in message[1]:
                if dice.random() < 0.6:
                    receipt[4] += dice.choice((-1, 1, 5)) if receipt[4] else 1
                else:
                    receipt[6] = 3 - receipt[6]
        elif message[0] == wire.STATEMENTS:
            message[1] = [[touched(item[0]), item[1]] if dice.random() < 0.5 else item for item in message[1]]
        return message

    world.model.signatures_untouched = False
    try:
        return _lying(world, exchange, body, change)
    finally:
        world.model.signatures_untouched = True


@fault("exchange", "any", SESSION)
def forge_receipts(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """A relay keeps the events to itself, and says in the node's name that they are safe there."""
    answered = deliver(world, exchange, wire.rewritten(body, lambda m: None if m[0] == wire.DATA else m))
    welcome = next((m for m in wire.messages(answered.body) if m[0] == wire.WELCOME), None)
    initiator = exchange.initiator
    if welcome is None or not isinstance(initiator, DeviceNode):
        return answered
    signature = SigningKey(dice.randbytes(32)).sign(b"anything")
    own = (s for s in initiator.replica.log.index.streams.values() if s.key.public_key == initiator.replica.public_key)
    forged = [
        [*welcome[2:5], state.id, branch.head_seq, branch.head, 2, welcome[6], signature]
        for state in own
        for branch in state.branches
        if branch.head_seq >= branch.first_seq
    ]
    return answered._replace(body=answered.body + wire.framed([wire.RECEIPTS, forged]))


@fault("exchange", "any", SESSION)
def busy_storm(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """A herd is at the node: it answers busy, and when to come back, for a while."""
    world.busy_until_ms[exchange.responder.name] = world.now_ms + dice.randrange(20_000, 240_000)
    return deliver(world, exchange, body)


@fault("exchange", "any", SESSION)
def wrong_answers(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """The node is not there: a portal answers, a gateway does, or nothing comes but an empty body."""
    return dice.choice(
        (
            Answered(200, "text/html", b"<html>Welcome to the station's Wi-Fi</html>"),
            Answered(500, "text/html", b"<h1>Internal error</h1>"),
            Answered(502, "text/html", b"<h1>Bad gateway</h1>"),
            Answered(200, MEDIA_TYPE, b""),
            Answered(200, MEDIA_TYPE, b"SSH-2.0-OpenSSH_9.2"),
            Answered(200, "application/json", b"{}"),
        )
    )


@fault("exchange", "any", SESSION)
def mixed_versions(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """One side speaks another protocol: later only, later too, or it sends messages this one does not know."""
    way = dice.randrange(4)

    def change(message: wire.Message) -> wire.Message:
        if message[0] == wire.HELLO and way < 2:
            message[1] = [2, 3] if way == 0 else [1, 9]
        elif message[0] == wire.WELCOME and way == 2:
            message[1] = 2
        elif message[0] == wire.ROOT and way == 3:
            return [99, b"from a later version", 7]
        return message

    return _lying(world, exchange, body, change)


@fault("exchange", "any", SESSION)
def crowd(world: World, exchange: Exchange, dice: Random, body: bytes) -> Answered:
    """Others push at the same moment, into the same group commit, and some of them what cannot be stored."""
    others = tuple(body for _ in range(dice.randrange(1, 4)))
    return deliver(world, exchange, body, others)
