"""What a node's files really hold, read by plain SQL on a connection of its own: only what was committed counts.

A file's connection is kept as long as its process lives, for it has to read the whole schema; between two
questions it holds no lock, so it keeps nobody from writing or from folding the write-ahead log in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .devices import DeviceNode
from .servers import ServerNode

Node = DeviceNode | ServerNode


class Row(NamedTuple):
    """One event as it stands in a file."""

    stream: bytes
    author: bytes
    incarnation: bytes
    audience: bytes
    branch: int
    seq: int
    id: bytes
    payload: bytes | None


_ROW = partial(tuple.__new__, Row)
"""As `Row._make` without the count: some ten thousand rows a world."""
_COLUMNS = "s.id, s.public_key, s.incarnation, s.audience, e.branch, e.seq, e.id, e.payload"


def path_of(node: Node, tenant: str) -> Path:
    """The file that holds a tenant's game at a node."""
    return node.path if isinstance(node, DeviceNode) else node.folder / "tenants" / f"{tenant}.sqlite"


def connection(node: Node, tenant: str) -> sqlite3.Connection:
    """Another program's view of the file."""
    path = path_of(node, tenant)
    if path not in node.readers:
        node.readers[path] = sqlite3.connect(path, isolation_level=None)
    return node.readers[path]


def read_rows(node: Node, tenant: str, where: str = "1", parameters: tuple[object, ...] = ()) -> list[Row]:
    """The events a node holds of a tenant's game."""
    key = "stream_no" if isinstance(node, DeviceNode) else "no"
    sql = f"SELECT {_COLUMNS} FROM event e JOIN stream s ON s.{key} = e.stream_no WHERE {where}"
    return list(map(_ROW, connection(node, tenant).execute(sql, parameters)))


def ids_held(
    node: Node, tenant: str, where: str, parameters: tuple[object, ...], erased: Container[bytes]
) -> set[bytes]:
    """The ids alone of events held, with their payloads or erased: what is asked after every session."""
    key = "stream_no" if isinstance(node, DeviceNode) else "no"
    sql = f"SELECT e.id, e.payload IS NOT NULL FROM event e JOIN stream s ON s.{key} = e.stream_no WHERE {where}"
    rows = connection(node, tenant).execute(sql, parameters)
    return {identity for identity, is_there in rows if is_there or identity in erased}


def held(node: Node, tenant: str, erased: Container[bytes] = ()) -> dict[bytes, Row]:
    """The events held, by id: with their payloads, or erased."""
    return {row.id: row for row in read_rows(node, tenant) if row.payload is not None or row.id in erased}


def last_written(node: Node, tenant: str, author: bytes) -> list[Row]:
    """The newest events of an author, a few of each stream, the lower number first."""
    rows = read_rows(node, tenant, "s.public_key = ?", (author,))
    return sorted(rows, key=lambda row: row.seq)


def statements(node: Node, tenant: str) -> dict[bytes, bytes]:
    """The directory statements held, by id: their bodies."""
    return dict(connection(node, tenant).execute("SELECT id, body FROM statement"))


def raw_bytes(node: Node, tenant: str) -> Iterator[bytes]:
    """Everything in the file, in its write-ahead log, and in the copy that a restore leaves beside it."""
    path = path_of(node, tenant)
    for suffix in ("", "-wal", ".before", ".before-wal"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            yield part.read_bytes()
