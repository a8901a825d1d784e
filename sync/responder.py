"""The answering side of a session: one request body in, one answer body out.

It keeps nothing between requests, so any worker of any process can answer any
of them. Nothing is answered before what it took in is durable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from sync import ed25519
from sync.compare import Difference, serve
from sync.digest import READ, digest
from sync.ed25519 import SignatureCheck
from sync.effects import Session, Sign, Verify
from sync.errors import FrameError, RemoteError
from sync.frame import PREFIX_BYTES, decode_frame, encode_body, split_frames
from sync.intake import Intake, Quota, pack_verdicts
from sync.limits import (
    ANSWER_BYTES_MAX,
    PROBLEMS_IN_BODY_MAX,
    PROTOCOL_VERSION_MAX,
    PROTOCOL_VERSION_MIN,
    RECEIPTS_IN_FRAME_MAX,
    ROWS_DIRECT_MAX,
    STATEMENTS_IN_ANSWER_MAX,
    TEXT_BYTES_MAX,
)
from sync.log import EventLog
from sync.messages import (
    Asking,
    Buckets,
    Hello,
    Message,
    Problem,
    Proof,
    Receipts,
    Root,
    Rows,
    Want,
    Welcome,
)
from sync.packing import pack_data, pack_statements, round_robin, statement_bytes, within_bytes
from sync.placement import signed_heads
from sync.receipt import CUSTODY, Receipt, receipt_message
from sync.segment import Run
from sync.standing import stands
from sync.statement import Statement
from sync.stream import ALL, Scope, is_scope, meet
from sync.transitions import State, step


class Responding(msgspec.Struct, frozen=True):
    """What the answering node is, at this moment.

    `nonces` are those a Proof may sign, the newest first (the caller derives
    them, so that no state is kept); `level` is the receipt it may give to
    enrolled streams; `quota` what streams not enrolled may still push.
    """

    node: bytes
    now_ms: int
    nonces: tuple[bytes, ...]
    level: int = CUSTODY
    scope: Scope = ALL
    quota: Quota | None = None
    retry_after_ms: int = 0


class Heard(msgspec.Struct):
    """What an answering node learnt beside: who has proven its key and holds all that this log holds (or nobody)."""

    agreed: bytes = b""


def respond(body: bytes, log: EventLog, me: Responding, heard: Heard | None = None) -> Session[bytes]:
    """Answer one request. Bad frames are named in the answer and never raise."""
    messages, problems = read_body(body, State.EXPECT_HELLO)
    hello = next((m for m in messages if isinstance(m, Hello)), None)
    if hello is None:
        return encode_body(problems[:1] or [Problem("no_hello", "the request has no Hello")])
    scope = meet(me.scope, hello.scope)
    refusal = _refusal(hello, log, scope)
    if refusal is not None:
        return encode_body([refusal])
    intake = Intake(log, me.quota, me.scope)
    yield from intake.take(messages)
    may_read = yield from _proven(body, messages, hello, log, me, scope)
    theirs = next((m.root for m in messages if isinstance(m, Root)), b"")
    if heard is not None and may_read and scope == ALL and theirs == log.index.summary.root(scope):
        heard.agreed = hello.node
    told = [*problems, *intake.problems][:PROBLEMS_IN_BODY_MAX]
    answer: list[Message] = [_welcome(log, me, scope), *told, *pack_verdicts(intake.verdicts)]
    answer += yield from _receipts(log, me, intake.streams, messages)
    answer += _differences(log, scope, messages, may_read=may_read)
    return encode_body(answer)


def read_body(body: bytes, state: State) -> tuple[list[Message], list[Message]]:
    """The sound messages of a body, in order, and a Problem for each frame that was not.

    Not more than `PROBLEMS_IN_BODY_MAX` problems are told.
    """
    messages: list[Message] = []
    problems: list[Message] = []
    try:
        for frame in split_frames(body):
            try:
                message = decode_frame(frame)
            except FrameError as error:
                problems.append(problem_of(error))
                continue
            state = step(state, message)
            messages.append(message)
    except RemoteError as error:
        problems.insert(PROBLEMS_IN_BODY_MAX - 1, problem_of(error))
    return messages, problems[:PROBLEMS_IN_BODY_MAX]


def problem_of(error: RemoteError) -> Problem:
    """An error as it is told to the peer."""
    return Problem(error.code, error.detail.encode()[:TEXT_BYTES_MAX].decode(errors="ignore"))


def read_message(store: bytes, nonce: bytes, rest: bytes) -> bytes:
    """What a Proof signs: the responder's store, its nonce, and all frames after the Proof."""
    return digest(READ, store, nonce, digest(READ, rest))


def _refusal(hello: Hello, log: EventLog, scope: Scope) -> Problem | None:
    low, high = hello.versions
    if low > PROTOCOL_VERSION_MAX or high < PROTOCOL_VERSION_MIN:
        spoken = f"{PROTOCOL_VERSION_MIN} to {PROTOCOL_VERSION_MAX}"
        return Problem("version", f"you speak protocol versions {low} to {high}, this node speaks {spoken}")
    if (hello.tenant, hello.game) != (log.index.game.tenant, log.index.game.game):
        return Problem("wrong_game", "this address serves another tenant or game")
    if not is_scope(hello.scope):
        return Problem("scope_malformed", "a scope is sorted, distinct audiences, or everything")
    if not scope:
        return Problem("scope_disjoint", "this node holds none of your audiences")
    return None


def _welcome(log: EventLog, me: Responding, scope: Scope) -> Welcome:
    state = log.state
    epoch, commit_seq = state.restore_epoch, state.commit_seq
    nonce, version = me.nonces[0], PROTOCOL_VERSION_MAX
    return Welcome(version, me.node, state.store_id, epoch, commit_seq, me.now_ms, me.retry_after_ms, nonce, scope)


def _proven(
    body: bytes, messages: Sequence[Message], hello: Hello, log: EventLog, me: Responding, scope: Scope
) -> Session[bool]:
    """Whether the initiator showed its key and is enrolled for everything in the scope."""
    proof = next((m for m in messages if isinstance(m, Proof)), None)
    if proof is None or proof.nonce not in me.nonces or not log.index.directory.may_read(hello.node, scope):
        return False
    first = PREFIX_BYTES + int.from_bytes(body[:PREFIX_BYTES], "big")
    if not (ed25519.is_public_key(hello.node) and ed25519.is_signature(proof.signature)):
        return False
    message = read_message(log.state.store_id, proof.nonce, body[first:])
    good: Sequence[bool] = yield Verify((SignatureCheck(hello.node, message, proof.signature),))
    return good[0]


def _receipts(
    log: EventLog, me: Responding, pushed: list[bytes], messages: Sequence[Message]
) -> Session[list[Message]]:
    """Receipts for what was just pushed and for what was asked, and those held from further up.

    A node that was revoked gives none of its own: nobody would believe them.
    """
    asked = [stream for m in messages if isinstance(m, Asking) for stream in m.streams]
    silent = log.index.directory.is_revoked(me.node)
    streams = [] if silent else list(dict.fromkeys([*pushed, *asked]))[:RECEIPTS_IN_FRAME_MAX]
    receipts: list[Receipt] = []
    for stream in streams:
        state = log.index.streams.get(stream)
        if state is None or state.dangling or state.bare:
            continue
        directory, store = log.index.directory, log.state
        for seq, head in signed_heads(state)[: RECEIPTS_IN_FRAME_MAX - len(receipts)]:
            level = me.level if stands(directory, state, (seq, head), log.find) else CUSTODY
            draft = Receipt(me.node, store.store_id, store.restore_epoch, stream, seq, head, level, me.now_ms)
            signature: bytes = yield Sign(receipt_message(log.index.game, draft))
            receipts.append(msgspec.structs.replace(draft, signature=signature))
    if asked:
        receipts += log.receipts(asked)
    return [Receipts(tuple(receipts[:RECEIPTS_IN_FRAME_MAX]))] if receipts else []


def _differences(log: EventLog, scope: Scope, messages: Sequence[Message], *, may_read: bool) -> list[Message]:
    """My root, and what the initiator's rows and wants call for."""
    summary = log.index.summary
    mine = Root(summary.root(scope), summary.count(scope))
    answer: list[Message] = [mine]
    theirs = next((m for m in messages if isinstance(m, Root)), None)
    rows = [m for m in messages if isinstance(m, Rows)]
    wants = [m for m in messages if isinstance(m, Want)]
    if theirs is None or theirs.root == mine.root:
        return answer
    if max(theirs.count, mine.count) > ROWS_DIRECT_MAX:
        answer.append(Buckets(b"".join(summary.buckets(scope))))
    statements: list[Statement] = []
    runs: list[Iterator[Run]] = []
    if rows:
        difference = Difference(log, scope, rows)
        want = difference.want()
        if want.streams or want.statements:
            answer.append(want)
        if may_read:
            statements += difference.statements()
            runs.append(difference.offers())
    if wants and may_read:
        found, wanted = wanted_of(log, scope, wants)
        statements += found
        runs.append(wanted)
    if (rows or wants) and not may_read:
        answer.append(Problem("not_enrolled", "to read, a node must be enrolled here and sign the nonce"))
    return answer + give(statements, chain.from_iterable(runs), ANSWER_BYTES_MAX)


def wanted_of(log: EventLog, scope: Scope, wants: Sequence[Want]) -> tuple[list[Statement], Iterator[Run]]:
    """The statements and runs somebody asked for, within a scope."""
    allowed = set(log.index.summary.ids(scope))
    asked = dict.fromkeys(i for want in wants for i in want.statements if i in allowed)
    found = (log.statement(identity) for identity in asked)
    runs = round_robin(serve(log, w) for want in wants for w in want.streams if w.stream in allowed)
    return [statement for statement in found if statement is not None], runs


def give(statements: Sequence[Statement], runs: Iterator[Run], bytes_max: int) -> list[Message]:
    """Statements and runs in frames, up to about `bytes_max`; the next round brings the rest."""
    some = within_bytes(statements[:STATEMENTS_IN_ANSWER_MAX], statement_bytes, ANSWER_BYTES_MAX // 2)
    packed = pack_statements(list(some))
    return [*packed, *pack_data(runs, bytes_max)]
