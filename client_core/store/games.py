"""The games in a store: their identity, their pinned root key, and their package."""

from __future__ import annotations

from client_core.game.content import Package, decode_package
from client_core.store.database import Database


def add_game(database: Database, tenant: bytes, game: bytes, root_key: bytes | None = None) -> int:
    """The number of a game in this file; it is added where it is new. Raises a `StoreError`.

    `tenant` and `game` are 16 bytes, `root_key` the tenant's 32-byte public key;
    a key that is pinned already stays.
    """
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO game (tenant, game, root_key) VALUES (?, ?, ?)"
            " ON CONFLICT (tenant, game) DO UPDATE SET root_key = coalesce(root_key, excluded.root_key)",
            (tenant, game, root_key),
        )
        (game_no,) = connection.execute(
            "SELECT game_no FROM game WHERE tenant = ? AND game = ?", (tenant, game)
        ).fetchone()
    return int(game_no)


def read_package(database: Database, game_no: int) -> Package | None:
    """The package that was written for a game, or None. Raises a `StoreError` or a `PackageError`."""
    row = database.row("SELECT bytes FROM package WHERE game_no = ?", (game_no,))
    return None if row is None else decode_package(row[0])
