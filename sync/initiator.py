"""The opening side of a session: rounds of exchange until both roots are equal.

Round 1 greets, pushes what is urgent and what this node wrote since the peer's
last receipt (a guess that costs nothing when wrong) and compares roots. Further
rounds send rows, serve what the peer wants and take in what it gives. Done is
when the roots are equal; a session that moves nothing any more ends as stalled
and says why.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sync.batch import Batch
from sync.compare import rows_of, serve, shows
from sync.effects import Append, Exchange, Session, Sign
from sync.errors import RemoteError
from sync.frame import encode_body
from sync.intake import Intake
from sync.limits import (
    ANSWER_BYTES_MAX,
    BODY_BYTES_MAX,
    FRAME_BYTES_MAX,
    PROTOCOL_VERSION_MAX,
    PROTOCOL_VERSION_MIN,
    RECEIPTS_IN_FRAME_MAX,
    ROUNDS_MAX,
    ROWS_DIRECT_MAX,
    ROWS_IN_BODY_MAX,
    ROWS_IN_FRAME_MAX,
    STATEMENT_IDS_IN_FRAME_MAX,
)
from sync.log import EventLog
from sync.messages import (
    Asking,
    Buckets,
    Data,
    Hello,
    Message,
    Problem,
    Proof,
    Root,
    Rows,
    Statements,
    Verdicts,
    Want,
    Wanted,
    Welcome,
)
from sync.packing import pack, pack_data, row_bytes
from sync.placement import DUPLICATE, VERDICT_NAMES, StreamState, signed_heads
from sync.receipt import SAFE, Receipt
from sync.responder import give, read_body, read_message, wanted_of
from sync.runs import sign_tails
from sync.stream import ALL, Scope, meet
from sync.summary import BUCKET_COUNT, BUCKET_HASH_BYTES
from sync.transitions import State

_MOVED = tuple(number for number, name in enumerate(VERDICT_NAMES) if name in ("stored", "held", "fork"))
_STALLED_ROUNDS_MAX = 2
_GUESS_FRAMES_MAX = 4


class Initiating(msgspec.Struct, frozen=True):
    """What the opening node is.

    `peer_store` and `peer_epoch` are the store met at this address before and
    its restore epoch then, if any. A node that only brings, and is to be shown
    nothing, says so by `reads`: it shows no proof, and is asked all the same
    for what its rows show the peer lacks. `urgent` names streams, of anybody,
    whose news goes before everything else.
    """

    node: bytes
    scope: Scope = ALL
    peer_store: bytes = b""
    peer_epoch: bytes = b""
    software: bytes = b""
    reads: bool = True
    urgent: frozenset[bytes] = frozenset()


class Report(msgspec.Struct):
    """What a session did.

    `converged` means that both roots were equal at its end. `sent` and
    `received` count events that were new to the peer and to this log;
    `verdicts` counts the peer's verdicts by name; `retry_after_ms` is the
    peer's wish, 0 where it has none. `contradicted` says that the peer asked for
    what its own receipts say it holds: it lost something.
    """

    converged: bool = False
    contradicted: bool = False
    rounds: int = 0
    sent: int = 0
    received: int = 0
    statements_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    verdicts: dict[str, int] = msgspec.field(default_factory=dict)
    problems: list[Problem] = msgspec.field(default_factory=list)
    welcome: Welcome | None = None
    retry_after_ms: int = 0


def initiate(log: EventLog, me: Initiating) -> Session[Report]:
    """Hold one session. Raises `RemoteError` where the peer breaks the protocol.

    What was taken in before a failure stays; the next session goes on from there.
    """
    tails = yield from sign_tails(log, me.node)
    if tails:
        yield Append(Batch(signatures=tails))
    return (yield from _Rounds(log, me).run())


class _Rounds:
    """The state of one session between its exchanges."""

    def __init__(self, log: EventLog, me: Initiating) -> None:
        self.log, self.me = log, me
        self.report = Report()
        self.scope = me.scope
        self.peer_root = b""
        self.peer_count = 0
        self.peer_buckets: bytes | None = None
        self.wants: list[Want] = []
        self.stalled = 0
        self.statements_given = 0
        self.proven = False
        self.compared: frozenset[int] = frozenset()
        self.fruitless: frozenset[int] = frozenset()

    def run(self) -> Session[Report]:
        body = encode_body([*self._greeting(), *self._guess(), self._root(), *self._asking()])
        yield from self._exchange(body)
        while not self._settled():
            before = self._moved()
            body = yield from self._next_body()
            yield from self._exchange(body)
            self._note_progress(moved=self._moved() != before)
        return self.report

    def _moved(self) -> tuple[int, int, int, int]:
        """What has moved so far, no more of it than there is: a peer that claims to store for ever ends as stalled."""
        index = self.log.index
        held = sum(b.tip_seq - b.first_seq + 1 for state in index.streams.values() for b in state.branches)
        given = min(self.statements_given, len(index.statement_audiences))
        return min(self.report.sent, held), self.report.received, self.report.statements_received, given

    def _note_progress(self, *, moved: bool) -> None:
        """Where some buckets cannot be brought to agree, go on to the others before giving up."""
        self.stalled = 0 if moved else self.stalled + 1
        if self.stalled >= _STALLED_ROUNDS_MAX and self.compared:
            self.fruitless |= self.compared
            self.stalled = 0 if self._differing() else self.stalled

    def _differing(self) -> list[int]:
        """The buckets that differ from the peer's, but for those that led nowhere."""
        width, theirs = BUCKET_HASH_BYTES, self.peer_buckets or b""
        mine = enumerate(self.log.index.summary.buckets(self.scope))
        return [i for i, h in mine if h != theirs[i * width : (i + 1) * width] and i not in self.fruitless]

    def _settled(self) -> bool:
        self.report.converged = self.peer_root == self.log.index.summary.root(self.scope)
        if self.report.converged and self._must_prove():
            return False
        worn = self.stalled >= _STALLED_ROUNDS_MAX or self.report.rounds >= ROUNDS_MAX
        return self.report.converged or worn or self.report.retry_after_ms > 0 or self.report.welcome is None

    def _must_prove(self) -> bool:
        """Whether an edge is to show a peer that came back from a restore that both hold the same: once, signed."""
        welcome, me = self.report.welcome, self.me
        restored = welcome is not None and welcome.store == me.peer_store and welcome.epoch != me.peer_epoch != b""
        return restored and me.scope == ALL and not self.proven and self.report.retry_after_ms == 0

    def _greeting(self) -> list[Message]:
        game = self.log.index.game
        versions = (PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX)
        return [Hello(versions, self.me.node, game.tenant, game.game, self.me.scope, self.me.software)]

    def _root(self) -> Root:
        summary = self.log.index.summary
        return Root(summary.root(self.scope), summary.count(self.scope))

    def _own(self) -> list[StreamState]:
        return [s for s in self.log.index.streams.values() if s.key.public_key == self.me.node and signed_heads(s)]

    def _guess(self) -> list[Message]:
        """Urgent and own events after the last receipt of the store met here before, the urgent ones first."""
        streams = self.log.index.streams
        urgent = [s for i in sorted(self.me.urgent) if (s := streams.get(i)) and signed_heads(s)]
        likely = list({state.id: state for state in (*urgent, *self._own())}.values())
        held: dict[bytes, list[Receipt]] = {}
        for receipt in self.log.receipts([state.id for state in likely]) if likely else ():
            held.setdefault(receipt.stream, []).append(receipt)
        messages: list[Data] = []
        for state in likely:
            marks = tuple((r.seq, r.head) for r in held.get(state.id, ()) if r.store == self.me.peer_store)
            if len(messages) < _GUESS_FRAMES_MAX and max(signed_heads(state)) not in marks:
                messages += pack_data(serve(self.log, Wanted(state.id, marks)), ANSWER_BYTES_MAX // 2)
        return list(messages[:_GUESS_FRAMES_MAX])

    def _asking(self) -> list[Message]:
        """Streams with a head that no receipt of an authority calls safe, as many as one frame answers.

        A receipt of the peer's counts only from its present restore epoch. Own
        ones; a node that holds everything asks for the enrolled streams of
        others too, because their writers will ask it.
        """
        directory, streams = self.log.index.directory, self._own()
        if self.me.scope == ALL and self.me.node not in directory.authorities:
            others = (s for s in self.log.index.streams.values() if s.key.public_key != self.me.node)
            streams += [state for state in others if directory.may_write(state.key) and signed_heads(state)]
        receipts = self.log.receipts([state.id for state in streams]) if streams else []
        welcome, is_authority = self.report.welcome, directory.is_authority
        store, epoch = (welcome.store, welcome.epoch) if welcome else (self.me.peer_store, self.me.peer_epoch)
        current = [r for r in receipts if r.store != store or not epoch or r.epoch == epoch]
        safe = {(r.stream, r.seq, r.head) for r in current if r.level == SAFE and is_authority(r.signer)}
        waiting = [s.id for s in streams if any((s.id, *head) not in safe for head in signed_heads(s))]
        return [Asking(tuple(waiting[:RECEIPTS_IN_FRAME_MAX]))] if waiting else []

    def _next_body(self) -> Session[bytes]:
        summary = encode_body([*self._rows(), self._root(), *self._asking()])
        room = min(ANSWER_BYTES_MAX, BODY_BYTES_MAX - len(summary) - ANSWER_BYTES_MAX // 2)
        given = give(*wanted_of(self.log, self.scope, self.wants), max(room, FRAME_BYTES_MAX))
        self.statements_given += sum(len(m.items) for m in given if isinstance(m, Statements))
        self.wants = []
        rest = encode_body([*self._greeting(), *given]) + summary
        welcome = self.report.welcome
        assert welcome is not None
        if not self.me.reads:
            return rest
        self.proven = self.report.converged
        signature: bytes = yield Sign(read_message(welcome.store, welcome.nonce, rest))
        return encode_body([Proof(welcome.nonce, signature)]) + rest

    def _rows(self) -> list[Message]:
        """My rows in buckets that differ: all at once where there are few, else some a round."""
        mine = self.log.index.summary
        count = max(mine.count(self.scope), self.peer_count)
        buckets: frozenset[int] | None = None
        self.compared = frozenset()
        if count > ROWS_DIRECT_MAX:
            if self.peer_buckets is None:
                return []
            buckets = self.compared = frozenset(self._differing()[: buckets_in_body(count)])
            if not buckets:
                return []  # none named would mean all of them
        rows, statements = rows_of(self.log, self.scope, buckets)
        named = bytes(sorted(buckets)) if buckets is not None else b""
        row_groups = [*pack(rows, row_bytes, ROWS_IN_FRAME_MAX)] or [()]
        step = STATEMENT_IDS_IN_FRAME_MAX
        id_groups = [tuple(statements[i : i + step]) for i in range(0, len(statements), step)] or [()]
        few = len(row_groups) == len(id_groups) == 1 and sum(map(row_bytes, rows)) < FRAME_BYTES_MAX // 2
        if few:
            return [Rows(named, row_groups[0], id_groups[0])]
        parts: list[Message] = [Rows(named, group, ()) for group in row_groups]
        return parts + [Rows(named, (), group) for group in id_groups]

    def _exchange(self, body: bytes) -> Session[None]:
        """One round: carry the body over, take in the answer."""
        answer: bytes = yield Exchange(body)
        report = self.report
        report.rounds += 1
        report.bytes_sent += len(body)
        report.bytes_received += len(answer)
        messages, problems = read_body(answer, State.EXPECT_WELCOME)
        if not messages:
            first = problems[0] if problems else Problem("empty_answer", "the peer answered nothing")
            assert isinstance(first, Problem)
            raise RemoteError(first.code, first.detail)
        report.problems += [m for m in (*messages, *problems) if isinstance(m, Problem)]
        for message in messages:
            self._hear(message)
        intake = Intake(self.log, scope=self.me.scope)
        yield from intake.take(messages)
        report.received += intake.stored
        report.statements_received += intake.statements_stored
        report.problems += intake.problems

    def _hear(self, message: Message) -> None:
        if isinstance(message, Welcome):
            if not PROTOCOL_VERSION_MIN <= message.version <= PROTOCOL_VERSION_MAX:
                raise RemoteError("version", f"the peer answers in protocol version {message.version}")
            self.report.welcome = message
            self.report.retry_after_ms = message.retry_after_ms
            self.scope = meet(self.me.scope, message.scope)
        elif isinstance(message, Root):
            self.peer_root, self.peer_count = message.root, message.count
        elif isinstance(message, Buckets):
            self.peer_buckets = message.hashes
        elif isinstance(message, Want):
            self.wants.append(message)
            self.report.contradicted |= self._contradicts(message)
        elif isinstance(message, Problem):
            self.report.retry_after_ms = max(self.report.retry_after_ms, message.retry_after_ms)
        elif isinstance(message, Verdicts):
            self._count(message)

    def _contradicts(self, want: Want) -> bool:
        """Whether the peer lacks an event that a receipt of its own store names."""
        store = self.report.welcome.store if self.report.welcome else b""
        wanted = {w.stream: w for w in want.streams}
        given = [r for r in self.log.receipts(list(wanted)) if r.store == store] if store else []
        return any(not shows(self.log, wanted[r.stream], (r.seq, r.head)) for r in given)

    def _count(self, message: Verdicts) -> None:
        for _, _, counted in message.runs:
            for count, verdict in counted:
                name = VERDICT_NAMES[verdict] if 0 <= verdict < len(VERDICT_NAMES) else "unknown"
                self.report.verdicts[name] = self.report.verdicts.get(name, 0) + count
                self.report.sent += count if verdict in _MOVED else 0


def buckets_in_body(count: int) -> int:
    """How many of the 256 buckets one body compares where a scope has `count` rows, as they are spread evenly."""
    return max(1, min(BUCKET_COUNT, ROWS_IN_BODY_MAX * BUCKET_COUNT // max(1, count)))


def pushed_everything(report: Report) -> bool:
    """Whether the peer holds all this session offered it, new or not."""
    known: Sequence[str] = (*(VERDICT_NAMES[v] for v in _MOVED), VERDICT_NAMES[DUPLICATE])
    return all(name in known for name in report.verdicts)
