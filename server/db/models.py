"""The tables of a tenant's file, as SQLModel classes.

They are for persistence only: nothing validates here (`table=True` models do
not), nothing of this goes over the wire, and events are written by the raw
driver. `server/db/sql` is the truth about the schema; a test holds these
classes against it. Times are milliseconds since the Unix epoch, ids 16 bytes,
keys, seeds and hashes 32.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

STRICT: dict[str, Any] = {"sqlite_strict": True}
STRICT_WITHOUT_ROWID: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _blob(*, key: bool = False, nullable: bool = False, unique: bool = False) -> Any:
    return Field(sa_column=Column(LargeBinary, primary_key=key, nullable=nullable, unique=unique or None))


def _text(*, key: bool = False, index: bool = False) -> Any:
    return Field(sa_column=Column(Text, primary_key=key, nullable=False, index=index))


def _integer(*, key: bool = False, of: str | None = None) -> Any:
    # SQLite counts up a lone INTEGER PRIMARY KEY by itself; a part of a longer key is given.
    parts = [ForeignKey(of)] if of else []
    return Field(default=None, sa_column=Column(Integer, *parts, primary_key=key, nullable=False))


class TenantRow(SQLModel, table=True):
    """The one tenant of this file, and this node's keys for it.

    `root_seed` stands at HQ only; `node_seed` is the one key pair this node has
    in this tenant: at HQ the authority's, of `authority_epoch`.
    """

    __tablename__: ClassVar[str] = "tenant"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    id: bytes = _blob(key=True)
    slug: str = _text()
    name: str = _text()
    root_public: bytes = _blob()
    root_seed: bytes | None = _blob(nullable=True)
    authority_epoch: int = _integer()
    node_seed: bytes = _blob()
    created_at_ms: int = _integer()


class DraftRow(SQLModel, table=True):
    """A game as imported: editable, not yet playable. `source` is `server.drafts.Draft` as JSON."""

    __tablename__: ClassVar[str] = "draft"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    slug: str = _text(key=True)
    name: str = _text()
    source: bytes = _blob()
    imported_at_ms: int = _integer()


class PackageRow(SQLModel, table=True):
    """A published package, by its SHA-256; immutable."""

    __tablename__: ClassVar[str] = "package"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    hash: bytes = _blob(key=True)
    content: bytes = _blob()


class GameRow(SQLModel, table=True):
    """A published game. Of several with a slug, the slug means the latest.

    This node numbers the teams it registers from `team_number_first`: each edge
    has a thousand of its own, so bibs differ although nodes did not talk.
    """

    __tablename__: ClassVar[str] = "game"
    __table_args__: ClassVar[dict[str, Any]] = STRICT
    no: int = _integer(key=True)
    id: bytes = _blob(unique=True)
    slug: str = _text(index=True)
    name: str = _text()
    package_hash: bytes = _blob()
    published_at_ms: int = _integer()
    team_number_first: int = _integer()


class EdgeCodeRow(SQLModel, table=True):
    """A code that makes one node an edge of a game; `edge_key` is the node that used it."""

    __tablename__: ClassVar[str] = "edge_code"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    game_no: int = _integer(key=True, of="game.no")
    hash: bytes = _blob(key=True)
    hint: str = _text()
    enrolments_max: int = _integer()
    team_number_first: int = _integer()
    edge_key: bytes | None = _blob(nullable=True)
    created_at_ms: int = _integer()


class JoinUseRow(SQLModel, table=True):
    """A device that joined here, by which code and into which team."""

    __tablename__: ClassVar[str] = "join_use"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    game_no: int = _integer(key=True, of="game.no")
    public_key: bytes = _blob(key=True)
    code_hash: bytes = _blob()
    team: bytes = _blob()
    joined_at_ms: int = _integer()


class LogRow(SQLModel, table=True):
    """This store's identity for one game's log, and its count of commits."""

    __tablename__: ClassVar[str] = "log"
    __table_args__: ClassVar[dict[str, Any]] = STRICT
    game_no: int = _integer(key=True, of="game.no")
    store_id: bytes = _blob()
    restore_epoch: bytes = _blob()
    commit_seq: int = _integer()
    healing: int = _integer()


class StreamRow(SQLModel, table=True):
    """A stream; `state` is its branches and gaps (`server.db.event_log`)."""

    __tablename__: ClassVar[str] = "stream"
    __table_args__: ClassVar[Any] = (UniqueConstraint("game_no", "id"), STRICT)
    no: int = _integer(key=True)
    game_no: int = _integer(of="log.game_no")
    id: bytes = _blob()
    public_key: bytes = _blob()
    incarnation: bytes = _blob()
    audience: bytes = _blob()
    state: bytes = _blob()


class EventRow(SQLModel, table=True):
    """An event; the id before it is the row before it, or its branch's base."""

    __tablename__: ClassVar[str] = "event"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    stream_no: int = _integer(key=True)
    branch: int = _integer(key=True)
    seq: int = _integer(key=True)
    id: bytes = _blob()
    payload_hash: bytes = _blob()
    payload: bytes | None = _blob(nullable=True)
    seed: bytes | None = _blob(nullable=True)
    salt: bytes | None = _blob(nullable=True)


class SignatureRow(SQLModel, table=True):
    """The signature over a signed head."""

    __tablename__: ClassVar[str] = "signature"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    stream_no: int = _integer(key=True)
    branch: int = _integer(key=True)
    seq: int = _integer(key=True)
    signature: bytes = _blob()


class StatementRow(SQLModel, table=True):
    """A statement of a game's directory, as it came."""

    __tablename__: ClassVar[str] = "statement"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    game_no: int = _integer(key=True, of="log.game_no")
    id: bytes = _blob(key=True)
    body: bytes = _blob()
    signature: bytes = _blob()


class ScrubRow(SQLModel, table=True):
    """What an erasure still has to do: a photo whose file goes, or (empty) this file's own old bytes."""

    __tablename__: ClassVar[str] = "scrub_due"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    blob: bytes = _blob(key=True)


class ReceiptRow(SQLModel, table=True):
    """The furthest receipt of a store and level for each branch of a stream; `body` is `sync.receipt.Receipt`."""

    __tablename__: ClassVar[str] = "receipt"
    __table_args__: ClassVar[dict[str, Any]] = STRICT_WITHOUT_ROWID
    game_no: int = _integer(key=True, of="log.game_no")
    stream: bytes = _blob(key=True)
    store: bytes = _blob(key=True)
    level: int = _integer(key=True)
    head: bytes = _blob(key=True)
    body: bytes = _blob()
