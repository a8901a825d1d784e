"""Healing: an authority that came back from a backup signs nothing that cannot be taken back.

It lost what came in since, and does not know what. It takes and serves events
as ever; but an enrolment, a revocation, an erasure or a finalisation made from
half of what there was would have to be made up for. So it waits until each of
its edges has shown that both hold the same, or until the organiser, who knows
whether anybody else is out there, says go (`wayfold tenant heal --go`).
"""

from __future__ import annotations

import sqlite3

from server.open_game import OpenGame
from server.problems import Problem
from server.replaced_key import check_own_key
from server.writer import Writer
from sync.batch import Batch

RETRY_AFTER_S = 60


def check_may_sign(game: OpenGame) -> None:
    """Raise `Problem("healing")` at an authority that does not know yet what it lost, or whose key was replaced."""
    check_own_key(game.log.index.directory, game.key.public_key)
    if game.log.healing and game.is_authority:
        raise Problem(
            "healing",
            "HQ was set back and waits for its edges; devices may join at an edge,"
            " or the organiser says: wayfold tenant heal --go",
            retry_after_s=RETRY_AFTER_S,
        )


def why_healing(game: OpenGame) -> str:
    """What keeps this node from signing and what to do about it, in a sentence; nothing where it may sign."""
    try:
        check_may_sign(game)
    except Problem as problem:
        return problem.detail
    return ""


def waited_for(game: OpenGame) -> list[bytes]:
    """The keys of the edges that have not offered what they hold yet."""
    directory = game.log.index.directory
    return sorted(key for key in directory.edges if key not in game.offered_by and directory.vouches(key))


async def note_offer(game: OpenGame, writer: Writer, node: bytes) -> None:
    """An edge has shown that it holds what this store holds; after the last one it is whole again."""
    if not game.log.healing or node not in game.log.index.directory.edges:
        return
    game.offered_by.add(node)
    if not waited_for(game):
        await writer.submit(game, Batch(), lambda connection: end(connection, game.row.no))
        game.log.healing = False
        game.offered_by.clear()


def end(connection: sqlite3.Connection, game_no: int) -> None:
    """From now on the store is whole; inside a transaction of the caller."""
    connection.execute("UPDATE log SET healing = 0 WHERE game_no = ?", (game_no,))
