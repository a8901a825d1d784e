"""Erasing a person: which events go, and what is folded in their place.

The fact that stands for an event is a shorter action of the same kind, so that
every node comes to the same score as before: when, which checkpoint or
challenge, and whether it counted. No person, no text, no position: a check-in
by position becomes one at the checkpoint itself. What never scores leaves
nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from client_core.game.actions import (
    Action,
    CheckIn,
    Known,
    Member,
    MemberNamed,
    Said,
    Sos,
    decode_action,
    encode_action,
)
from client_core.game.events import LoggedEvent
from client_core.game.fences import Circle
from client_core.game.geometry import inside
from server import tenancy
from server.forgetting import scrub
from server.open_game import OpenGame
from server.problems import Problem
from server.revoking import check_authority
from server.scoreboard import stream_events
from sync.batch import Batch
from sync.erasing import due_erasures
from sync.limits import ERASED_IN_STATEMENT_MAX, FACT_BYTES_MAX
from sync.statement import Erased, Erasure
from sync.stream import GAME


def fact_of(game: OpenGame, action: Action) -> bytes:
    """What is folded in place of an event that said this; empty where nothing is, or where it was never understood."""
    if isinstance(action, MemberNamed | Said | Sos) or "at_ms" not in action.__struct_fields__:
        return b""  # no score rests on it
    changes: dict[str, object] = {"seen": None} if "seen" in action.__struct_fields__ else {}
    if isinstance(action, CheckIn):
        changes |= {"before_ms": None, "after_ms": None, **_at_checkpoint(game, action)}
    elif isinstance(action, Member):
        changes |= {"person": b"", "badge": None}
    shorter: Known = msgspec.structs.replace(action, **changes)  # type: ignore[assignment]  # the same kind
    encoded = encode_action(shorter)
    return encoded if len(encoded) <= FACT_BYTES_MAX else b""


def _at_checkpoint(game: OpenGame, action: CheckIn) -> dict[str, object]:
    """A place inside the fence, where the player was inside it; else no position, which refuses as before."""
    fences, lon_e7, lat_e7 = game.rules.fences, action.lon_e7, action.lat_e7
    fence = fences[action.checkpoint] if action.checkpoint < len(fences) else None
    if fence is None or lon_e7 is None or lat_e7 is None or not inside(fence, lon_e7, lat_e7):
        return {"lon_e7": None, "lat_e7": None, "accuracy_dm": None}
    if isinstance(fence, Circle):
        return {"lon_e7": fence.metric.lon_e7, "lat_e7": fence.metric.lat_e7, "accuracy_dm": 0}
    part: Any = getattr(fence, "parts", (fence,))[0]
    lon_e7, lat_e7 = part.exterior[0]  # the line itself counts as inside
    return {"lon_e7": lon_e7, "lat_e7": lat_e7, "accuracy_dm": 0}


def events_of_member(game: OpenGame, team: bytes, member: int) -> list[LoggedEvent]:
    """The events that hold what is known of a player: name, telephone, notes."""
    found = []
    for state in game.log.index.streams.values():
        for event in stream_events(game.log, state):
            action = decode_action(event.payload)
            if isinstance(action, MemberNamed | Member) and (action.team, action.member) == (team, member):
                found.append(event)
    return found


def events_of_key(game: OpenGame, key: bytes) -> list[LoggedEvent]:
    """Everything a device wrote that counts here."""
    own = (state for state in game.log.index.streams.values() if state.key.public_key == key)
    return [event for state in own for event in stream_events(game.log, state)]


def find_events(game: OpenGame, names: Sequence[str]) -> list[LoggedEvent]:
    """The events whose ids, in hex, begin like these; raises `Problem("bad_request")` where one is not found alone."""
    wanted: dict[str, list[LoggedEvent]] = {name.lower(): [] for name in names}
    for state in game.log.index.streams.values():
        for event in stream_events(game.log, state):
            for name, found in wanted.items():
                if event.id.hex().startswith(name):
                    found.append(event)
    for name, found in wanted.items():
        if len(name) < 8 or len({event.id for event in found}) != 1:
            raise Problem("bad_request", f"{len(found)} events here have an id that begins with {name!r}")
    return [found[0] for found in wanted.values()]


def erase(game: OpenGame, events: Iterable[LoggedEvent]) -> int:
    """State the erasure of these events and erase them here, at once and for good; returns how many.

    Every other node does the same as soon as the statement reaches it, and
    refuses the payloads from then on. Raises `Problem`.
    """
    check_authority(game)
    items = [Erased(e.stream, e.seq, e.id, fact_of(game, decode_action(e.payload))) for e in events]
    statements = [
        tenancy.issue(game.log.game, GAME, game.key, Erasure(tuple(items[i : i + ERASED_IN_STATEMENT_MAX])))
        for i in range(0, len(items), ERASED_IN_STATEMENT_MAX)
    ]
    game.log.append(Batch(statements=tuple(statements)))
    erase_due(game)
    return len(items)


def erase_due(game: OpenGame) -> None:
    """Erase what the directory says and this file still holds, and overwrite it."""
    due = due_erasures(game.log)
    if due:
        game.log.append(Batch(erased=due))
    scrub(game.file)
    game.refresh()
