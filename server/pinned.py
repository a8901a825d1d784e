"""What was pinned is what is shown: the events of the one final result in force, without those that came in since.

Where two finalisations stand beside each other, or a part of what was pinned is
not held here, nothing is left out: there is no one result to show then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from client_core.game.content import RULES
from client_core.game.events import LoggedEvent
from server.finalising import HeadsByStream, all_held
from server.open_game import OpenGame
from sync.standing import ancestry, standing

Keep = Callable[[Iterable[LoggedEvent]], list[LoggedEvent]]
"""Chooses the events that something is folded from; `list` chooses all."""


class Pinned(NamedTuple):
    """A final result by its statement's id, and the ids of the events that came in since."""

    final: bytes
    later: frozenset[bytes]

    def keep(self, events: Iterable[LoggedEvent]) -> list[LoggedEvent]:
        """Those of these events that the result was pinned with."""
        return [event for event in events if event.id not in self.later]


def pinned(game: OpenGame) -> Pinned | None:
    """The final result that this node can show; None where the game is not final, or this node cannot say."""
    directory = game.log.index.directory
    finals = directory.finals()
    if len(finals) != 1:
        return None
    ((identity, final),) = finals.items()
    named = directory.final_heads(final.heads)
    if final.rule_set != RULES or final.package != game.row.package_hash:
        return None
    if not named.whole or not all_held(game, named.by_stream):
        return None
    return Pinned(identity, _beyond(game, named.by_stream))


def kept(game: OpenGame, *, now: bool = False) -> Keep:
    """What an organiser's lists are folded from: what was pinned, or with `now` and before that all there is."""
    found = None if now else pinned(game)
    return list if found is None else found.keep


def _beyond(game: OpenGame, heads: HeadsByStream) -> frozenset[bytes]:
    directory, log = game.log.index.directory, game.log
    found: set[bytes] = set()
    for state in log.index.streams.values():
        within = ancestry(state, heads.get(state.id, ()), log.find)
        for branch, first_seq, last_seq in standing(directory, state, log.find):
            since = max(first_seq, within[branch].last_seq + 1) if branch in within else first_seq
            if since <= last_seq:
                found.update(identity for _, identity, _ in log.payloads(state.id, branch, since, last_seq))
    return frozenset(found)
