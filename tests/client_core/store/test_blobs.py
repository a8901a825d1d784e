"""The photos on a device: what is here is told in the order it came, without a look at any picture."""

from __future__ import annotations

from client_core.store.blobs import Blobs
from client_core.store.database import Database
from client_core.store.device import game_number


def test_what_is_here_is_told_in_its_order_from_the_index_alone(database: Database) -> None:
    with database.transaction() as connection:
        game_no, other_no = (game_number(connection, bytes(16), bytes([n]) * 16, bytes(32)) for n in (1, 2))
    blobs, others = Blobs(database, game_no), Blobs(database, other_no)
    late, early = blobs.keep(b"a" * 9_000, 2_000), blobs.keep(b"b" * 9_000, 1_000)
    others.keep(b"c" * 9_000, 0)
    read: list[str] = []
    database.connection.set_trace_callback(read.append)
    assert blobs.names() == [early, late]
    database.connection.set_trace_callback(None)
    (plan,) = database.rows(f"EXPLAIN QUERY PLAN {read[0]}")
    assert "COVERING INDEX blob_by_time" in plan[3]
