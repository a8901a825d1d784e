"""Erasing a person: which events go, and the statements that say so.

What is folded in their place is in `facts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from client_core.game.actions import Answer, Member, MemberNamed, decode_action
from client_core.game.answers import answer_key
from client_core.game.events import LoggedEvent
from server import tenancy
from server.facts import Facts
from server.forgetting import scrub
from server.open_game import OpenGame
from server.problems import Problem
from server.revoking import check_authority
from server.scoreboard import stream_events
from sync.batch import Batch
from sync.erasing import due_erasures
from sync.limits import ERASED_IN_STATEMENT_MAX
from sync.statement import Erased, Erasure, Statement
from sync.stream import GAME


def _answers_kept(game: OpenGame, erased: set[bytes]) -> dict[bytes, set[tuple[int, str]]]:
    """The answers of each team (by audience) that stand in events which are not erased."""
    challenges = game.rules.package.challenges
    found: dict[bytes, set[tuple[int, str]]] = {}
    for state in game.log.index.streams.values():
        for event in stream_events(game.log, state):
            action = decode_action(event.payload)
            if isinstance(action, Answer) and event.id not in erased and action.challenge < len(challenges):
                key = answer_key(challenges[action.challenge].form, action.text)
                found.setdefault(state.key.audience, set()).add((action.challenge, key))
    return found


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
    events = list(events)
    game.log.append(Batch(statements=tuple(statements_of(game, events, {event.id for event in events}))))
    erase_due(game)
    return len(events)


def statements_of(game: OpenGame, events: Sequence[LoggedEvent], going: set[bytes]) -> list[Statement]:
    """What states that these events are erased, with what is folded in their place; raises `Problem`.

    `going` are all that are erased in these days: no answer keeps its words for the sake of one of them.
    """
    check_authority(game)
    kept = _answers_kept(game, going)
    streams, facts = game.log.index.streams, facts_of(game)
    items = [
        Erased(e.stream, e.seq, e.id, facts.of(decode_action(e.payload), kept.get(streams[e.stream].key.audience, ())))
        for e in events
    ]
    return [
        tenancy.issue(game.log.game, GAME, game.key, Erasure(tuple(items[i : i + ERASED_IN_STATEMENT_MAX])))
        for i in range(0, len(items), ERASED_IN_STATEMENT_MAX)
    ]


def facts_of(game: OpenGame) -> Facts:
    """The facts of a game's events, as this node makes them."""
    return Facts(game.rules, game.tenant.node_seed, (event.action for event in game.board.register.decisions))


def erase_due(game: OpenGame) -> None:
    """Erase what the directory says and this file still holds, and overwrite it."""
    due = due_erasures(game.log)
    if due:
        game.log.append(Batch(erased=due))
    scrub(game.file)
    game.refresh()
