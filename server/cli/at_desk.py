"""A game at the desk of its staff, for the commands of the day: what is known at one moment, and writing to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from client_core.game.actions import ActionError, Known
from client_core.game.text import TextFault
from server import own_stream
from server.cli.places import clock_of, open_published, settings_of
from server.desk import Desk, DeskView
from server.local_time import clock_text, zone_of
from server.open_game import OpenGame
from server.problems import Problem

ID_LETTERS = 12
"""So much of an event's id is shown and asked for; two alike are told apart by typing more."""


class _Listed(Protocol):
    @property
    def id(self) -> bytes: ...


T = TypeVar("T", bound=_Listed)


class AtDesk(NamedTuple):
    """A game with its desk, at one moment."""

    game: OpenGame
    view: DeskView
    zone: ZoneInfo
    now_ms: int

    def clock(self, at_ms: int | None) -> str:
        """A time of the day where the game is."""
        return "-" if at_ms is None else clock_text(at_ms, self.zone, str(at_ms))

    def number(self, team: bytes) -> str:
        """A team's number and name."""
        known = self.game.board.teams.get(team)
        return f"{known.number} {known.name}" if known else team.hex()[:8]

    def write(self, audience: bytes, action: Known) -> None:
        """Put it into this node's stream of the audience, durably; raises `Problem("bad_request")`."""
        try:
            batch = own_stream.write(self.game.log.index, self.game.key, audience, [action])
        except (ActionError, TextFault) as fault:
            raise Problem("bad_request", str(fault)) from fault
        self.game.log.append(batch)


@contextmanager
def at_desk(name: str, data_folder: str | None, settings_file: Path | None) -> Iterator[AtDesk]:
    """Open a game at its desk; raises `Problem`."""
    settings = settings_of(data_folder, settings_file)
    now_ms = clock_of(settings)()
    with open_published(settings, name) as game:
        yield AtDesk(game, Desk(game).view(now_ms), zone_of(game.rules.package.time_zone), now_ms)


def the_one(event: str, listed: Sequence[T], what: str) -> T:
    """The one thing of a list whose id begins so; raises `Problem("bad_request")`."""
    found = [one for one in listed if one.id.hex().startswith(event.lower())]
    if len(found) == 1:
        return found[0]
    wrong = "no" if not found else "more than one"
    raise Problem("bad_request", f"{wrong} {what} here has an id that begins with {event[:64]!r}: list them first")
