"""The gallery: the photos that staff let everybody see. None is of a team in which a minor plays.

Who is on a photo nobody can know, so it is the team that counts: whoever is a minor stays out of public pictures,
also where the photo was let in before that was known.
"""

from __future__ import annotations

from collections.abc import Iterable

from client_core.game.decisions import REPORTS_MAX, PhotoShown
from client_core.game.desk import Picture
from client_core.game.pictures import NO_PICTURE
from server.open_game import OpenGame
from server.problems import Problem


def has_minor(game: OpenGame, team: bytes) -> bool:
    """Whether a minor is, or was, a member of a team or of one merged with it."""
    register = game.board.register
    return any(note.minor for one in register.merged(team) for note in register.members.get(one, ()))


def in_gallery(game: OpenGame, pictures: Iterable[Picture]) -> list[Picture]:
    """Those of a game's pictures that everybody may see, the latest first."""
    shown = [one for one in pictures if one.shown and one.photo.blob != NO_PICTURE and not has_minor(game, one.team)]
    return sorted(shown, key=lambda one: (-one.photo.at_ms, one.id))


def showing(game: OpenGame, picture: Picture, now_ms: int, *, shown: bool) -> PhotoShown:
    """What puts a photo into the gallery or takes it out, knowing its reports; raises `Problem("minor_on_photo")`."""
    if shown and has_minor(game, picture.team):
        said = "a member of its team is a minor: none of the team's photos can be shown to everybody"
        raise Problem("minor_on_photo", said)
    return PhotoShown(now_ms, picture.id, shown, picture.reports[:REPORTS_MAX])
