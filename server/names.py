"""Names of players, where staff know them: they stand in `staff` streams, so that they can be erased."""

from __future__ import annotations

import re

from client_core.game.actions import MemberNamed, decode_action
from client_core.game.entering import year_of
from client_core.game.roles import Role
from server.open_game import OpenGame
from server.scoreboard import audience_streams, stream_events
from sync.stream import STAFF

ADULT_YEARS = 18


def is_minor(birth_year: int | None, opens_at_ms: int) -> bool:
    """Whether a player of that birth year may be a minor when a game opens, as all are in the year they come of age."""
    return birth_year is not None and year_of(opens_at_ms) - birth_year <= ADULT_YEARS


def public_name(name: str, *, minor: bool) -> str:
    """A player's name as everybody may read it: of a minor the first name alone."""
    return name.split(" ", maxsplit=1)[0] if minor else name


def member_names(game: OpenGame) -> dict[tuple[bytes, int], str]:
    """By (team id, member) the name that staff noted last; nothing for whom none is known or it was erased."""
    noted: dict[tuple[bytes, int], tuple[int, bytes, str]] = {}
    for state in audience_streams(game.log, STAFF):
        for event in stream_events(game.log, state):
            action = decode_action(event.payload)
            if isinstance(action, MemberNamed) and event.role >= Role.KIOSK:
                key, stamp = (action.team, action.member), (action.at_ms, event.id, action.name)
                noted[key] = max(stamp, noted.get(key, stamp))
    return {key: name for key, (_, _, name) in noted.items()}


def minors_as_teams(game: OpenGame) -> dict[bytes, str]:
    """By id, the public name of each team that bears the name of a minor in it: the first name stands for the name."""
    register = game.board.register
    minors = [
        note for notes in register.members.values() for note in notes if note.minor and note.team in register.teams
    ]
    if not minors:
        return {}
    names = member_names(game)
    found: dict[bytes, str] = {}
    for note in minors:
        name = names.get((note.team, note.member), "")
        called = found.get(note.team, register.teams[note.team].name)
        shorter = _without_family_name(called, name)
        if shorter != called:
            found[note.team] = shorter
    return found


def _without_family_name(called: str, name: str) -> str:
    """What a team is called, with the first name where it bears a minor's whole name."""
    first = public_name(name, minor=True)
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: first, called) if name else called
