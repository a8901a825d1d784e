"""Teams, as the registrations in the log say."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from client_core.game.actions import TeamRegistered, decode_action
from client_core.game.events import LoggedEvent


class Team(msgspec.Struct, frozen=True):
    """Who scores: 16-byte id, number on the bib, name, the start list's time (None: none given).

    `categories` and `format` are codes, as it was entered.
    """

    id: bytes
    number: int
    name: str
    start_at_ms: int | None = None
    categories: tuple[str, ...] = ()
    format: str | None = None


def read_teams(events: Iterable[LoggedEvent]) -> dict[bytes, Team]:
    """The teams by id, from events the caller lets register teams, in any order.

    Of several registrations of one team the one written last holds; the event
    id settles equal times. Other actions are passed over.
    """
    latest: dict[bytes, tuple[int, bytes, Team]] = {}
    for event in events:
        action = decode_action(event.payload)
        if isinstance(action, TeamRegistered):
            team = Team(action.team, action.number, action.name, action.start_at_ms, action.categories, action.format)
            known = latest.get(team.id)
            if known is None or (action.at_ms, event.id) > known[:2]:
                latest[team.id] = (action.at_ms, event.id, team)
    return {team_id: team for team_id, (_, _, team) in sorted(latest.items())}
