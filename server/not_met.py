"""What a node says where it knows no team, or not the one that is meant: at an edge that may be known at HQ.

An edge knows what HQ knew when the two last met. Who asks it for a team that was
registered since is told so, and what to do, instead of being left to wonder.
"""

from __future__ import annotations

from server.open_game import OpenGame


def no_team_yet(game: OpenGame) -> str:
    """Why a list of teams is empty, and what to do, for the organiser and staff."""
    slug = game.row.slug
    if game.is_authority:
        return (
            f"No team is registered yet: `wayfold game teams {slug} TABLE` does it, or teams do it themselves with the"
            f" code of `wayfold game join-code {slug}`"
        )
    return f"This edge knows no team yet. {_how_to_meet(slug)}"


def perhaps_at_hq(game: OpenGame, detail: str) -> str:
    """The same detail, and at an edge what to do where HQ knows what is not known here."""
    return detail if game.is_authority else f"{detail}. {_how_to_meet(game.row.slug)}"


def perhaps_made_since(game: OpenGame, detail: str) -> str:
    """The same detail, and at an edge what a player can do where HQ knows what is not known here."""
    if game.is_authority:
        return detail
    return f"{detail}; or it is newer than what this server at the venue heard of headquarters: tell staff"


def _how_to_meet(slug: str) -> str:
    return (
        "An edge knows the teams and codes that headquarters had when the two last met:"
        f" `wayfold sync-now {slug} --upstream URL` here meets it now; without a network carry a file,"
        f" `wayfold bundle export {slug} FILE` there and `wayfold bundle import FILE` here"
    )
