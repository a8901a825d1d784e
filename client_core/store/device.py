"""What a device knows of itself: its keys, the games it joined, and the nodes it met.

Everything here is small and written rarely; the log itself is in `event_log`.
"""

from __future__ import annotations

import sqlite3

import msgspec

from client_core.store.database import Database


class Membership(msgspec.Struct, frozen=True):
    """One game as this device plays it: its key, its team and its present incarnation (16 bytes).

    `seed` (32 bytes) is the whole key, `public_key` is empty beside it. In a
    browser the key is kept where nothing can read it: there `seed` is empty.
    """

    game_no: int
    tenant: bytes
    game: bytes
    root_key: bytes
    seed: bytes
    team: bytes
    team_number: int
    team_name: str
    incarnation: bytes
    public_key: bytes = b""


class Key(msgspec.Struct, frozen=True):
    """A device's key as a file knows it: its `seed`, or the `public_key` alone where it is kept elsewhere."""

    seed: bytes = b""
    public_key: bytes = b""


class Peer(msgspec.Struct, frozen=True):
    """A node met, or to be met, at an address.

    `position` orders the upstreams to try (None: met, but none of them).
    `store` and `epoch` are the store met there last; `doubted` says that it
    came back from a restore and no session has ended with equal roots since.
    `clock_ahead_ms` is how far this device's clock was ahead of it.
    """

    url: str
    position: int | None = None
    store: bytes = b""
    epoch: bytes = b""
    doubted: bool = False
    clock_ahead_ms: int | None = None
    synced_at_ms: int | None = None
    failed_at_ms: int | None = None
    failed_code: str = ""
    failed_detail: str = ""


_MEMBERSHIP = (
    "SELECT m.game_no, g.tenant, g.game, g.root_key, ifnull(m.seed, x''), m.team, m.team_number, m.team_name,"
    " m.incarnation, ifnull(m.public_key, x'')"
    " FROM membership m JOIN game g USING (game_no) ORDER BY m.joined_at_ms DESC, m.game_no DESC LIMIT 1"
)
_PEERS = (
    "SELECT url, position, store, epoch, doubted, clock_ahead_ms, synced_at_ms, failed_at_ms, failed_code,"
    " failed_detail FROM peer WHERE game_no = ? ORDER BY position IS NULL, position, url"
)
_KEEP_PEER = (
    "INSERT OR REPLACE INTO peer (game_no, url, position, store, epoch, doubted, clock_ahead_ms, synced_at_ms,"
    " failed_at_ms, failed_code, failed_detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def latest_membership(database: Database) -> Membership | None:
    """The game joined last, or None. Raises a `StoreError`."""
    row = database.row(_MEMBERSHIP)
    return Membership(*row) if row is not None else None


def key_seed(database: Database, place: str, fresh: bytes) -> bytes:
    """The seed of the key used at a place (an origin and tenant), `fresh` where there was none.

    It is durable before anybody is told the public key. Raises a `StoreError`.
    """
    with database.transaction() as connection:
        connection.execute("INSERT OR IGNORE INTO device_key (place, seed) VALUES (?, ?)", (place, fresh))
        (seed,) = connection.execute("SELECT seed FROM device_key WHERE place = ?", (place,)).fetchone()
    return bytes(seed)


def game_number(connection: sqlite3.Connection, tenant: bytes, game: bytes, root_key: bytes) -> int:
    """The row of a game, made where it is missing; inside a transaction of the caller.

    A root key once pinned stays.
    """
    sql = "INSERT INTO game (tenant, game, root_key) VALUES (?, ?, ?) ON CONFLICT (tenant, game) DO NOTHING"
    connection.execute(sql, (tenant, game, root_key))
    row = connection.execute("SELECT game_no FROM game WHERE tenant = ? AND game = ?", (tenant, game)).fetchone()
    return int(row[0])


def other_key(connection: sqlite3.Connection, game_no: int, key: Key) -> bool:
    """Whether this game is played here already under another key; inside a transaction of the caller."""
    sql = "SELECT ifnull(seed, x''), ifnull(public_key, x'') FROM membership WHERE game_no = ?"
    known = connection.execute(sql, (game_no,)).fetchone()
    return known is not None and known != (key.seed, key.public_key)


def write_membership(connection: sqlite3.Connection, membership: Membership, joined_at_ms: int) -> None:
    """Note that this device plays; one that joined before keeps its incarnation. Inside a caller's transaction."""
    connection.execute(
        "INSERT INTO membership (game_no, seed, public_key, team, team_number, team_name, incarnation, joined_at_ms)"
        " VALUES (?, nullif(?, x''), nullif(?, x''), ?, ?, ?, ?, ?) ON CONFLICT (game_no) DO UPDATE SET"
        " team = excluded.team, team_number = excluded.team_number, team_name = excluded.team_name,"
        " joined_at_ms = excluded.joined_at_ms",
        (
            membership.game_no,
            membership.seed,
            membership.public_key,
            membership.team,
            membership.team_number,
            membership.team_name,
            membership.incarnation,
            joined_at_ms,
        ),
    )


def write_upstreams(connection: sqlite3.Connection, game_no: int, urls: tuple[str, ...]) -> None:
    """Set the upstreams and their order; what is known of them stays. Inside a caller's transaction."""
    connection.execute("UPDATE peer SET position = NULL WHERE game_no = ?", (game_no,))
    for position, url in enumerate(urls):
        connection.execute(
            "INSERT INTO peer (game_no, url, position) VALUES (?, ?, ?)"
            " ON CONFLICT (game_no, url) DO UPDATE SET position = excluded.position",
            (game_no, url, position),
        )


def begin_incarnation(database: Database, game_no: int, incarnation: bytes) -> None:
    """From now on this device writes in a new stream. Raises a `StoreError`."""
    with database.transaction() as connection:
        connection.execute("UPDATE membership SET incarnation = ? WHERE game_no = ?", (incarnation, game_no))


def read_peers(database: Database, game_no: int) -> list[Peer]:
    """The nodes met or to be met, upstreams first and in their order. Raises a `StoreError`."""
    return [msgspec.convert(tuple_as_map(row), Peer) for row in database.rows(_PEERS, (game_no,))]


def tuple_as_map(row: tuple[object, ...]) -> dict[str, object]:
    """A row of the peer table by its fields' names; SQLite has no booleans."""
    values = dict(zip(Peer.__struct_fields__, row, strict=True))
    values["doubted"] = bool(values["doubted"])
    return values


def write_peer(database: Database, game_no: int, peer: Peer) -> None:
    """Keep what is now known of a node. Raises a `StoreError`."""
    with database.transaction() as connection:
        connection.execute(_KEEP_PEER, (game_no, *msgspec.structs.astuple(peer)))
