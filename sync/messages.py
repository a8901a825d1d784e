"""The words on the wire. Every message is one MessagePack array that starts with its tag.

    tag  message     from        says
    1    Hello       initiator   who I am, which game and audiences, which versions I speak
    2    Welcome     responder   who I am, my store, epoch and clock, a nonce to sign, when to return
    3    Proof       initiator   my signature over your store, your nonce and all that follows
    4    Root        both        the root of what I hold in our audiences, and how many rows
    5    Buckets     responder   the 256 hashes under my root
    6    Rows        both        my rows in these buckets: streams and statement ids
    7    Want        both        what I lack: streams after these marks, bare events, statements
    8    Data        both        runs of events
    9    Statements  both        directory statements
    10   Verdicts    responder   what became of each event of a run
    11   Asking      initiator   of which own streams I have no receipt that says safe
    12   Receipts    responder   signed receipts, its own and those it holds
    13   Problem     responder   why I could not do it, and when to come back
    14   End         bundle      how many frames came before, and the hash over them

A message is frozen once published. A new need gets a new tag; a node that
meets a tag it does not know refuses the frame and names it.
"""

from __future__ import annotations

import msgspec

from sync.receipt import Receipt
from sync.segment import Run
from sync.statement import Statement
from sync.stream import Scope
from sync.summary import Mark, Row


class Hello(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Opens every request. `versions` are the lowest and highest the initiator speaks.

    `node` is its public key, `scope` the audiences it holds, `software` a
    16-byte digest of the code it runs (zeros where unknown).
    """

    versions: tuple[int, int]
    node: bytes
    tenant: bytes
    game: bytes
    scope: Scope
    software: bytes = b""


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Opens every answer. `scope` is what both hold, `nonce` what a Proof must sign.

    `retry_after_ms` is 0 or the time to stay away.
    """

    version: int
    node: bytes
    store: bytes
    epoch: bytes
    commit_seq: int
    time_ms: int
    retry_after_ms: int
    nonce: bytes
    scope: Scope


class Proof(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Shows that the initiator holds its key: needed to read, never to push."""

    nonce: bytes
    signature: bytes


class Root(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """The 32-byte root over both nodes' audiences, and its number of rows."""

    root: bytes
    count: int


class Buckets(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """256 bucket hashes of 16 bytes, joined."""

    hashes: bytes


class Rows(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """All my rows in `buckets` (each 0..255; empty means all of them).

    Several Rows in one body belong together: the buckets are those of all.
    """

    buckets: bytes
    streams: tuple[Row, ...]
    statements: tuple[bytes, ...]


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """A stream to send: from the furthest of `after` that the sender holds too, or from its start.

    `bare` are events whose payload is missing, `dangling` events whose whole
    past is.
    """

    stream: bytes
    after: tuple[Mark, ...]
    dangling: tuple[Mark, ...] = ()
    bare: tuple[Mark, ...] = ()


class Want(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """What the sender of this message lacks."""

    streams: tuple[Wanted, ...]
    statements: tuple[bytes, ...]


class Data(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """Runs of events."""

    runs: tuple[Run, ...]


class Statements(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """Directory statements, as they were made."""

    items: tuple[Statement, ...]


class Verdicts(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """One entry a run, in the order they came: stream, first number, spans `(count, verdict)`.

    Verdicts are numbered as in `sync.placement.VERDICT_NAMES`.
    """

    runs: tuple[tuple[bytes, int, tuple[tuple[int, int], ...]], ...]


class Asking(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """Own streams whose heads are not known to be safe."""

    streams: tuple[bytes, ...]


class Receipts(msgspec.Struct, frozen=True, array_like=True, tag=12):
    """Receipts, the responder's own and those of nodes further up."""

    items: tuple[Receipt, ...]


class Problem(msgspec.Struct, frozen=True, array_like=True, tag=13):
    """Why something was not done: a stable code, a sentence, and when to come back (0: as usual)."""

    code: str
    detail: str
    retry_after_ms: int = 0


class End(msgspec.Struct, frozen=True, array_like=True, tag=14):
    """Closes a bundle, so that a cut one is told from a whole one."""

    frames: int
    hashed: bytes


Message = (
    Hello
    | Welcome
    | Proof
    | Root
    | Buckets
    | Rows
    | Want
    | Data
    | Statements
    | Verdicts
    | Asking
    | Receipts
    | Problem
    | End
)
MESSAGES: tuple[type[Message], ...] = (
    Hello,
    Welcome,
    Proof,
    Root,
    Buckets,
    Rows,
    Want,
    Data,
    Statements,
    Verdicts,
    Asking,
    Receipts,
    Problem,
    End,
)
