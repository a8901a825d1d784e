"""Taking in: from messages that carry runs and statements to a batch fit to store.

Everything is checked (pure), then every signature is verified in one effect,
then one batch is appended. One bad run never costs another: it is refused by
name and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.batch import Batch, Outcome
from sync.compare import locate
from sync.ed25519 import SignatureCheck
from sync.effects import Append, Session, Verify
from sync.erasing import erase_due
from sync.errors import EnvelopeError
from sync.limits import PROBLEMS_IN_BODY_MAX, RUNS_IN_FRAME_MAX, SEGMENT_EVENTS_MAX, SIGNATURES_IN_BODY_MAX
from sync.log import EventLog
from sync.messages import Data, Message, Problem, Receipts, Statements, Verdicts
from sync.packing import pack
from sync.placement import BUSY, DUPLICATE, REFUSED
from sync.receipt import SAFE, Receipt, check_receipt
from sync.segment import Run, Segment, check_run
from sync.statement import Statement, check_statement, statement_id
from sync.stream import ALL, Scope, covers, stream_id

RunVerdict = tuple[bytes, int, tuple[tuple[int, int], ...]]

STRANGER_EVENT_BYTES = 256
"""What an event of a stranger counts as beside its payload: its row, hashes and salt, rounded up."""
STRANGER_STATEMENT_BYTES = 512
"""What a statement of nobody known counts as, likewise."""


class Quota:
    """What streams that are not enrolled and issuers not known may still bring. A node that serves many shares one."""

    def __init__(self, bytes_left: int) -> None:
        self.bytes_left = bytes_left

    def take(self, size: int) -> bool:
        """Whether so many bytes more may be stored; they are taken off then."""
        fits = size <= self.bytes_left
        self.bytes_left -= size if fits else 0
        return fits


class Intake:
    """What a body brought: `verdicts` by run, in their order, and what was new.

    `quota` bounds what streams that are not enrolled may still push; what
    exceeds it is answered busy, never refused. What lies outside `scope`, this
    node's own, is not held here and answered busy too.
    """

    def __init__(self, log: EventLog, quota: Quota | None = None, scope: Scope = ALL) -> None:
        self._log = log
        self._scope = scope
        self._signatures_left = SIGNATURES_IN_BODY_MAX
        self._quota = quota
        self.problems: list[Problem] = []
        self.verdicts: list[RunVerdict] = []
        self.stored = 0
        self.statements_stored = 0
        self.streams: list[bytes] = []

    def take(self, messages: Iterable[Message]) -> Session[None]:
        """Check, verify and append what these messages carry."""
        messages = list(messages)
        statements = [s for m in messages if isinstance(m, Statements) for s in m.items]
        receipts = [r for m in messages if isinstance(m, Receipts) for r in m.items]
        runs = [run for m in messages if isinstance(m, Data) for run in m.runs]
        if statements or receipts:
            yield from self._take_statements(statements, receipts)
        if runs:
            yield from self._take_runs(runs)

    def _take_statements(self, statements: list[Statement], receipts: list[Receipt]) -> Session[None]:
        """Statements come first: they may enrol the streams that follow."""
        game = self._log.index.game
        checked: list[tuple[Statement | Receipt, SignatureCheck]] = []
        items: list[Statement | Receipt] = [*statements, *receipts]
        for item in items:
            try:
                if isinstance(item, Receipt):
                    check = check_receipt(game, item)
                    wanted = self._believable(item)
                else:
                    claim, check = check_statement(game, item)
                    wanted = covers(self._scope, claim.audience) and self._admit_statement(item, claim.issuer)
            except EnvelopeError as error:
                self._complain(error.code, error.detail)
                continue
            self._signatures_left -= wanted
            if wanted and self._signatures_left >= 0:
                checked.append((item, check))
        good: Sequence[bool] = yield Verify(tuple(check for _, check in checked))
        sound = [item for (item, _), ok in zip(checked, good, strict=True) if ok]
        if len(sound) < len(checked):
            self._complain("bad_signature", f"{len(checked) - len(sound)} statements or receipts")
        batch = Batch(
            statements=tuple(item for item in sound if isinstance(item, Statement)),
            receipts=tuple(item for item in sound if isinstance(item, Receipt)),
        )
        if batch.statements or batch.receipts:
            outcome: Outcome = yield Append(batch)
            self.statements_stored += outcome.statements_stored
            if outcome.statements_stored:
                yield from erase_due(self._log)

    def _take_runs(self, runs: list[Run]) -> Session[None]:
        checked: list[tuple[int, Segment, SignatureCheck]] = []
        verdict_by_run: dict[int, tuple[int, ...]] = {}
        for number, run in enumerate(runs):
            try:
                if self._signatures_left <= 0:
                    verdict_by_run[number] = _verdict_of_all(BUSY, run)
                    continue
                segment, check = check_run(self._log.index.game, run)
                if covers(self._scope, run.key.audience):
                    self._signatures_left -= 1
                    checked.append((number, segment, check))
                else:
                    verdict_by_run[number] = _verdict_of_all(BUSY, run)
            except EnvelopeError as error:
                verdict_by_run[number] = _verdict_of_all(REFUSED, run)
                self._complain(error.code, error.detail)
        good: Sequence[bool] = yield Verify(tuple(check for _, _, check in checked))
        sound: list[tuple[int, Segment]] = []
        for (number, segment, _), ok in zip(checked, good, strict=True):
            if not ok:
                verdict_by_run[number] = (REFUSED,) * len(segment.ids)
                where = f"events {segment.first_seq} to {segment.last_seq} of stream {segment.stream.hex()[:12]}"
                self._complain("bad_signature", f"the signature over {where} does not verify")
            elif not self._admit(segment):
                verdict_by_run[number] = (BUSY,) * len(segment.ids)
            else:
                sound.append((number, segment))
        if sound:
            outcome: Outcome = yield Append(Batch(segments=tuple(segment for _, segment in sound)))
            for (number, segment), verdicts in zip(sound, outcome.verdicts, strict=True):
                verdict_by_run[number] = verdicts
                self.stored += sum(verdict not in (DUPLICATE, BUSY) for verdict in verdicts)
                self.streams.append(segment.stream)
            yield from erase_due(self._log, filter(self._log.index.directory.erased, self.streams))
        for number, run in enumerate(runs):
            self.verdicts.append((stream_id(run.key), run.first_seq, spans(verdict_by_run[number])))

    def _admit(self, segment: Segment) -> bool:
        directory = self._log.index.directory
        if self._quota is None or directory.may_write(segment.key):
            return True
        if directory.is_enrolled(segment.key) and self._is_pinned(segment):
            return True
        return self._quota.take(segment_cost(segment))

    def _is_pinned(self, segment: Segment) -> bool:
        """Whether a revoked key's segment reaches an event that its revocations leave it."""
        bounds = self._log.index.directory.bounds_of(segment.key.public_key)
        return all(any(pin.head in segment.ids for pin in bound.pins) for bound in bounds)

    def _admit_statement(self, statement: Statement, issuer: bytes) -> bool:
        """Statements of nobody known share the quota: anybody can sign one."""
        if self._quota is None or self._log.index.directory.is_issuer(issuer):
            return True
        if self._log.statement(statement_id(statement.body)) is not None:
            return False
        admitted = self._quota.take(STRANGER_STATEMENT_BYTES)
        if not admitted:
            self._complain("busy", "statements of issuers not known here exceed what may wait for them")
        return admitted

    def _believable(self, receipt: Receipt) -> bool:
        """A receipt is about an event that is held here, by an edge or authority, and only an authority says safe."""
        state = self._log.index.streams.get(receipt.stream)
        held = state is not None and locate(self._log, state, (receipt.seq, receipt.head)) is not None
        directory = self._log.index.directory
        entitled = directory.is_authority if receipt.level == SAFE else directory.vouches
        return held and entitled(receipt.signer)

    def _complain(self, code: str, detail: str) -> None:
        if len(self.problems) < PROBLEMS_IN_BODY_MAX:
            self.problems.append(Problem(code, detail))


def segment_cost(segment: Segment) -> int:
    """What a stranger's segment counts as, in bytes."""
    return sum(STRANGER_EVENT_BYTES + len(payload or b"") for payload in segment.payloads)


def spans(verdicts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Verdicts one an event, as spans `(count, verdict)`."""
    found: list[tuple[int, int]] = []
    for verdict in verdicts:
        if found and found[-1][1] == verdict:
            found[-1] = (found[-1][0] + 1, verdict)
        else:
            found.append((1, verdict))
    return tuple(found)


def pack_verdicts(verdicts: list[RunVerdict]) -> list[Verdicts]:
    """Verdicts in as few messages as hold them."""
    groups = pack(verdicts, lambda verdict: 48 + 4 * len(verdict[2]), RUNS_IN_FRAME_MAX)
    return [Verdicts(group) for group in groups]


def _verdict_of_all(verdict: int, run: Run) -> tuple[int, ...]:
    """One verdict for all events of a run that was not looked into, at most a segment's number of them."""
    return (verdict,) * min(max(1, len(run.payloads)), SEGMENT_EVENTS_MAX)
