"""Events as the rule book reads them, and the order in which it does.

The caller says which events belong to a team; this module decodes them, drops
doubles and sorts them, so that every node folds the same sequence whatever
order the events came in. The canonical order goes on from every chain and from
every head an event has `seen`, so nothing stands before what it could know,
whatever the clocks said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, repeat
from operator import attrgetter
from typing import NamedTuple

import msgspec

from client_core.game.actions import (
    Action,
    Answer,
    ChallengeOpened,
    CheckIn,
    Finish,
    HintTaken,
    Photo,
    Retired,
    Start,
    Witnessed,
    decode_actions,
)
from client_core.game.rules import Rules

PLAYED = (CheckIn, Answer, ChallengeOpened, HintTaken, Photo, Start, Finish, Retired)
"""What the rules judge of what is done in play; their times make the order."""
_PLAYED = frozenset(PLAYED)
_STREAM = attrgetter("stream")
ROOM = (1 << 40) + 1
"""Between two places, for events that come late. An odd number, so that places are spread well in tables."""


class LoggedEvent(NamedTuple):
    """One event of the log: stream id (32 bytes), number in it, event id (32 bytes), author's key, payload.

    `role` is what the directory lets the author be, `team` the team whose
    audience the stream is (empty: the team that is folded). `previous` is the id
    of the event before, asked for only where a stream forked: at the first event
    of a branch. Sorted as they are, events stand in their chains' order.
    """

    stream: bytes
    seq: int
    id: bytes
    author: bytes
    payload: bytes
    role: int = 0
    team: bytes = b""
    previous: bytes = b""


class Decoded(msgspec.Struct, frozen=True, order=True, gc=False):
    """One event, decoded. Sorted as they are, events stand in canonical order: (order_ms, stream, seq, id)."""

    order_ms: int
    stream: bytes
    seq: int
    id: bytes
    action: Action
    author: bytes
    role: int
    team: bytes


class Told(NamedTuple):
    """What a team's log tells: its events in canonical order, and what each could know of the others.

    `known` is None where every event knows all before it (one phone, no fork);
    else see `knowing.Knowledge`.
    """

    events: list[Decoded]
    chains: list[Chain]
    by_id: dict[bytes, tuple[int, int]]
    """Where an event stands: its chain, and its number there."""
    only_played: bool
    """Whether nothing is in it but what is done in play: no note of a node, no decision."""
    places: list[int]
    """The places of the events, rising, with room between them for what comes late (`growing`)."""

    @property
    def alone(self) -> bool:
        """Whether every event of play stands after all before it: one phone, no fork."""
        return len(self.chains) <= 1


class Chain(NamedTuple):
    """A run of one stream's events in which each follows the one before; a fork makes several."""

    stream: bytes
    events: list[LoggedEvent]
    actions: list[Action]
    base: tuple[int, int] | None
    """The chain and number of the event that the first one follows, where it is held."""


def tell(rules: Rules, events: Iterable[LoggedEvent]) -> Told:
    """Decode, drop doubles and sort canonically: by (order_ms, stream, seq, id).

    `order_ms` is the running maximum of the time along a chain and above that of
    every head it has seen, so that neither a clock set back nor one that is slow
    moves an event before what it follows. A time far outside the game's hours
    is not believed and takes the maximum so far: one jump of a clock does not
    drag along what follows. Nor is a witness's time any event's of play: a
    node's clock that is wrong moves nobody who heard of it.
    """
    in_streams = sorted(events)
    actions = decode_actions([event.payload for event in in_streams])
    chains, by_id = _chains(in_streams, actions)
    played = [chain for chain in chains if any(type(action) in _PLAYED for action in chain.actions)]
    orders = _orders(rules, chains, by_id)
    arranged = [
        Decoded(order_ms, chain.stream, event.seq, event.id, action, event.author, event.role, event.team)
        for chain, times in zip(chains, orders, strict=True)
        for event, action, order_ms in zip(chain.events, chain.actions, times, strict=True)
    ]
    arranged.sort()
    return Told(
        arranged,
        chains if len(played) > 1 else played,
        by_id,
        _PLAYED.issuperset(map(type, actions)),
        list(range(0, len(arranged) * ROOM, ROOM)),
    )


def decode_events(rules: Rules, events: Iterable[LoggedEvent]) -> list[Decoded]:
    """The events in canonical order, without what each could know."""
    return tell(rules, events).events


def _chains(
    in_streams: Sequence[LoggedEvent], actions: Sequence[Action]
) -> tuple[list[Chain], dict[bytes, tuple[int, int]]]:
    """The chains of all streams, and where each event stands in them."""
    chains: list[Chain] = []
    by_id: dict[bytes, tuple[int, int]] = {}
    to = 0
    for stream, run in groupby(in_streams, _STREAM):
        events = list(run)
        since, to = to, to + len(events)
        _, seqs, ids, *_, previous = zip(*events, strict=True)
        if any(previous) or len({*seqs}) < len(seqs) or len({*ids}) < len(ids) or not by_id.keys().isdisjoint(ids):
            _branch(events, actions[since:to], chains, by_id)
        else:  # nearly every stream: no fork, no double
            by_id.update(zip(ids, zip(repeat(len(chains)), seqs), strict=False))
            chains.append(Chain(stream, events, list(actions[since:to]), None))
    return chains, by_id


def _branch(
    events: Sequence[LoggedEvent],
    actions: Sequence[Action],
    chains: list[Chain],
    by_id: dict[bytes, tuple[int, int]],
) -> None:
    """Add the chains of one stream, a fork's branches each by itself, and where its events stand in them."""
    first = len(chains)
    chain: Chain | None = None
    for event, action in zip(events, actions, strict=True):
        if event.id in by_id:
            continue
        following = chain if chain is not None and _follows(chain, event) else _chain_before(chains[first:], event)
        if following is None:
            following = Chain(event.stream, [], [], _base(chains[first:], first, event, by_id))
            chains.append(following)
        chain = following
        by_id[event.id] = (chains.index(chain, first), event.seq)
        chain.events.append(event)
        chain.actions.append(action)


def _follows(chain: Chain, event: LoggedEvent) -> bool:
    """Whether the event goes on from the chain's end; with a gap between them it is taken to."""
    tip = chain.events[-1]
    return event.seq > tip.seq and event.previous in {b"", tip.id}


def _chain_before(candidates: Sequence[Chain], event: LoggedEvent) -> Chain | None:
    return next((chain for chain in candidates if _follows(chain, event)), None)


def _base(
    candidates: Sequence[Chain], first: int, event: LoggedEvent, by_id: dict[bytes, tuple[int, int]]
) -> tuple[int, int] | None:
    """Where a branch leaves its stream: after `previous`, else after the numbers below its own."""
    if event.previous in by_id:
        return by_id[event.previous]
    for number, chain in enumerate(candidates, first):
        below = [other.seq for other in chain.events if other.seq < event.seq]
        if below:
            return number, below[-1]
    return None


def _orders(rules: Rules, chains: Sequence[Chain], by_id: dict[bytes, tuple[int, int]]) -> list[list[int]]:
    """The order times of all events, chain by chain; a chain waits where it has seen what is not computed yet."""
    orders: list[list[int]] = [[] for _ in chains]
    starts = [{event.seq: at for at, event in enumerate(chain.events)} for chain in chains] if len(chains) > 1 else []
    waiting = list(range(len(chains)))
    patient = True
    while waiting:
        before = sum(map(len, orders))
        waiting = [
            number for number in waiting if not _go_on(rules, chains, number, orders, starts, by_id, patient=patient)
        ]
        # Ids are hashes, so nothing can have seen what saw it; made-up ids could, and must not hang a node.
        patient = sum(map(len, orders)) > before
    return orders


def _go_on(
    rules: Rules,
    chains: Sequence[Chain],
    number: int,
    orders: list[list[int]],
    starts: Sequence[dict[int, int]],
    by_id: dict[bytes, tuple[int, int]],
    *,
    patient: bool,
) -> bool:
    """Order a chain's further events, up to the first that has to wait; True where it is done."""
    chain, times = chains[number], orders[number]
    from_ms, to_ms = rules.believed_from_ms, rules.believed_to_ms
    latest = times[-1] if times else -1
    own = (number, -1)
    if not times and chain.base is not None:
        found = _order_at(orders, starts, chain.base)
        if found is None and patient:
            return False
        latest = -1 if found is None else found
    for action in chain.actions[len(times) :]:
        seen = getattr(action, "seen", None) if starts else None
        if seen:
            heads = [_order_at(orders, starts, place) for head in seen if (place := by_id.get(head, own))[0] != number]
            if patient and None in heads:
                return False
            latest = max([latest, *(head + 1 for head in heads if head is not None)])
        at_ms: int = getattr(action, "at_ms", -1)
        if latest < at_ms <= to_ms and at_ms >= from_ms and type(action) is not Witnessed:
            latest = at_ms
        times.append(latest)
    return True


def _order_at(orders: Sequence[list[int]], starts: Sequence[dict[int, int]], place: tuple[int, int]) -> int | None:
    """The order time of the event there, or None where it is not computed yet."""
    chain, seq = place
    at = starts[chain][seq]
    return orders[chain][at] if at < len(orders[chain]) else None
