"""Widths and counts of every message, checked on both sides of the wire.

What a type cannot say is said here: how wide an id is, how many entries a
frame may hold. The reader refuses the frame that breaks a rule, the writer
finds its own bug before anything is sent. Runs, statements and receipts are
checked again, one by one, where they are taken in; here they are only counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from sync.digest import HASH_BYTES
from sync.ed25519 import PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from sync.errors import FrameError
from sync.limits import (
    BRANCHES_MAX,
    GAPS_MAX,
    LOCATOR_ENTRIES_MAX,
    NONCE_BYTES_MAX,
    NONCE_BYTES_MIN,
    RECEIPTS_IN_FRAME_MAX,
    ROWS_IN_FRAME_MAX,
    RUNS_IN_FRAME_MAX,
    SCOPE_AUDIENCES_MAX,
    SEGMENT_EVENTS_MAX,
    SEQ_MAX,
    STATEMENT_IDS_IN_FRAME_MAX,
    STATEMENTS_IN_FRAME_MAX,
    TEXT_BYTES_MAX,
    WANTS_IN_FRAME_MAX,
)
from sync.messages import (
    Asking,
    Buckets,
    Data,
    End,
    Hello,
    Message,
    Problem,
    Proof,
    Receipts,
    Root,
    Rows,
    Statements,
    Verdicts,
    Want,
    Wanted,
    Welcome,
)
from sync.stream import ID_BYTES, is_scope, is_stream_key
from sync.summary import BUCKET_COUNT, BUCKET_HASH_BYTES, Mark, Row


def check_message(message: Message) -> None:
    """Raise `FrameError` (`message_malformed`, `message_too_big`) where a message breaks a width or a count."""
    check = _CHECKS.get(type(message))
    if check is not None:
        check(message)


def _sound(condition: bool, what: str) -> None:  # noqa: FBT001  # reads like an assert
    if not condition:
        raise FrameError("message_malformed", f"{what} is not well-formed")


def _count(items: Sequence[Any], count_max: int, what: str) -> None:
    if len(items) > count_max:
        raise FrameError("message_too_big", f"{len(items)} {what}, at most {count_max} are allowed")


def _whole(number: int) -> bool:
    return 0 <= number <= SEQ_MAX


def _hello(message: Hello) -> None:
    _count(message.scope, SCOPE_AUDIENCES_MAX, "audiences in a scope")
    _sound(len(message.node) == PUBLIC_KEY_BYTES, "a Hello's node")
    _sound((len(message.tenant), len(message.game)) == (ID_BYTES, ID_BYTES), "a Hello's tenant or game")
    _sound(len(message.software) in (0, ID_BYTES), "a Hello's software")


def _welcome(message: Welcome) -> None:
    _count(message.scope, SCOPE_AUDIENCES_MAX, "audiences in a scope")
    widths = (len(message.node), len(message.store), len(message.epoch))
    _sound(widths == (PUBLIC_KEY_BYTES, ID_BYTES, ID_BYTES), "a Welcome's node, store or epoch")
    _sound(NONCE_BYTES_MIN <= len(message.nonce) <= NONCE_BYTES_MAX, "a Welcome's nonce")
    _sound(all(map(_whole, (message.commit_seq, message.time_ms, message.retry_after_ms))), "a Welcome's number")
    _sound(is_scope(message.scope), "a Welcome's scope")


def _proof(message: Proof) -> None:
    _sound(NONCE_BYTES_MIN <= len(message.nonce) <= NONCE_BYTES_MAX, "a Proof's nonce")
    _sound(len(message.signature) == SIGNATURE_BYTES, "a Proof's signature")


def _root(message: Root) -> None:
    _sound(len(message.root) == HASH_BYTES and _whole(message.count), "a Root")


def _buckets(message: Buckets) -> None:
    _sound(len(message.hashes) == BUCKET_COUNT * BUCKET_HASH_BYTES, "a list of bucket hashes")


def _rows(message: Rows) -> None:
    _count(message.streams, ROWS_IN_FRAME_MAX, "rows in a frame")
    _count(message.statements, STATEMENT_IDS_IN_FRAME_MAX, "statement ids in a frame")
    _sound(all(a < b for a, b in pairwise(message.buckets)), "a list of buckets")
    _hashes(message.statements)
    for row in message.streams:
        _row(row)


def _row(row: Row) -> None:
    _count(row.heads, BRANCHES_MAX, "heads in a row")
    _count((*row.dangling, *row.bare), GAPS_MAX, "gaps in a row")
    _sound(is_stream_key(row.key), "a row's stream key")
    _marks((*row.heads, *row.dangling, *row.bare))


def _want(message: Want) -> None:
    _count(message.streams, WANTS_IN_FRAME_MAX, "wants in a frame")
    _count(message.statements, WANTS_IN_FRAME_MAX, "wants in a frame")
    _hashes(message.statements)
    for wanted in message.streams:
        _wanted(wanted)


def _wanted(wanted: Wanted) -> None:
    _count(wanted.after, BRANCHES_MAX + LOCATOR_ENTRIES_MAX, "marks in a want")
    _count((*wanted.dangling, *wanted.bare), GAPS_MAX, "gaps in a want")
    _hashes((wanted.stream,))
    _marks((*wanted.after, *wanted.dangling, *wanted.bare))


def _data(message: Data) -> None:
    _count(message.runs, RUNS_IN_FRAME_MAX, "runs in a frame")


def _statements(message: Statements) -> None:
    _count(message.items, STATEMENTS_IN_FRAME_MAX, "statements in a frame")


def _verdicts(message: Verdicts) -> None:
    _count(message.runs, RUNS_IN_FRAME_MAX, "verdicts in a frame")
    for stream, first_seq, spans in message.runs:
        _count(spans, SEGMENT_EVENTS_MAX, "verdict spans of a run")
        _hashes((stream,))
        _sound(all(0 < count <= SEGMENT_EVENTS_MAX and verdict >= 0 for count, verdict in spans), "a verdict")
        _sound(first_seq >= -SEQ_MAX, "a verdict's number")


def _asking(message: Asking) -> None:
    _count(message.streams, RECEIPTS_IN_FRAME_MAX, "streams asked about")
    _hashes(message.streams)


def _receipts(message: Receipts) -> None:
    _count(message.items, RECEIPTS_IN_FRAME_MAX, "receipts in a frame")


def _problem(message: Problem) -> None:
    _count(message.code.encode(), TEXT_BYTES_MAX, "bytes of a problem's code")
    _count(message.detail.encode(), TEXT_BYTES_MAX, "bytes of a problem's text")
    _sound(_whole(message.retry_after_ms), "a problem's time to stay away")


def _end(message: End) -> None:
    _sound(_whole(message.frames) and len(message.hashed) == HASH_BYTES, "an End")


def _hashes(items: Sequence[bytes]) -> None:
    _sound(all(len(item) == HASH_BYTES for item in items), "an id")


def _marks(marks: Sequence[Mark]) -> None:
    _sound(all(_whole(seq) and len(identity) == HASH_BYTES for seq, identity in marks), "an event's number and id")


_CHECKS: dict[type[Message], Callable[[Any], None]] = {
    Hello: _hello,
    Welcome: _welcome,
    Proof: _proof,
    Root: _root,
    Buckets: _buckets,
    Rows: _rows,
    Want: _want,
    Data: _data,
    Statements: _statements,
    Verdicts: _verdicts,
    Asking: _asking,
    Receipts: _receipts,
    Problem: _problem,
    End: _end,
}
