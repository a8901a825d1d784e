"""What must hold in every state, judged from the ledger and the logs' dictionaries, not by the code under test.

sound       what passed the envelope check can be stored
truthful    a verdict and a receipt speak only of what the speaker holds, whole and without a gap
exact       stored, duplicate, fork and held say what they mean; nothing genuine is refused or busy
growing     a COMMIT takes nothing away
private     no node holds an event of an audience that is not its own
summed      two nodes' roots are equal where, and only where, what they hold signed is equal
converging  from every state a session that nobody disturbs brings both to hold the same, and it ends
"""

from __future__ import annotations

from collections.abc import Iterable

from sync.batch import Batch, Outcome
from sync.memory_log import MemoryLog
from sync.messages import Data, Message, Receipts, Verdicts
from sync.placement import DUPLICATE, FORK, HELD, STORED, VERDICT_NAMES
from sync.receipt import CUSTODY, SAFE
from sync.stream import covers, meet, stream_id
from tests.model.world import Being, Ledger, Node, held_ids

ROUNDS_MAX = 12
"""A session of so small a world that takes more rounds than this is going in circles."""


Chains = dict[bytes, frozenset[bytes]]
"""By public key, the statements that together enrol it."""


class BrokenLaw(Exception):
    """A law does not hold: which, and why."""


def check_outcome(being: Being, log: MemoryLog, batch: Batch, outcome: Outcome, chains: Chains) -> None:
    """*exact*, at the COMMIT: the verdicts against the events held before."""
    held = held_ids(log)
    numbers = set(held.values())
    for segment, verdicts in zip(batch.segments, outcome.verdicts, strict=True):
        known_writer = chains[segment.key.public_key] <= log.index.statement_audiences.keys()
        for position, (identity, verdict) in enumerate(zip(segment.ids, verdicts, strict=True)):
            place = (segment.stream, segment.first_seq + position)
            if identity in held:
                expected = DUPLICATE
            elif place in numbers:
                expected = FORK
            else:
                expected = STORED if known_writer else HELD
            if verdict != expected:
                said, meant = VERDICT_NAMES[verdict], VERDICT_NAMES[expected]
                raise BrokenLaw(f"exact: {being.name} says {said} of number {place[1]}, which is {meant}")
            held[identity] = place
            numbers.add(place)


def check_growth(being: Being, before: MemoryLog, after: MemoryLog) -> None:
    """*growing* and *private*, at the COMMIT."""
    then, now = held_ids(before), held_ids(after)
    if not then.keys() <= now.keys():
        raise BrokenLaw(f"growing: {being.name} lost {len(then.keys() - now.keys())} events in a COMMIT")
    for state in after.index.streams.values():
        if not covers(being.scope, state.key.audience):
            raise BrokenLaw(f"private: {being.name} holds events of the audience {state.key.audience!r}")


def check_answer(
    being: Being, log: MemoryLog, asked: Iterable[Message], told: Iterable[Message], ledger: Ledger
) -> None:
    """*truthful*, before the answer leaves: what it says is held is held."""
    held = held_ids(log)
    runs = {(stream_id(run.key), run.first_seq): run for m in asked if isinstance(m, Data) for run in m.runs}
    for message in told:
        if isinstance(message, Verdicts):
            for stream, first_seq, spans in message.runs:
                payloads = runs[stream, first_seq].payloads
                _check_verdicts(being, held, [ledger.id_by_payload[p] for p in payloads if p is not None], spans)
        elif isinstance(message, Receipts):
            for receipt in (r for r in message.items if r.signer == being.key.public_key):
                missing = ledger.past_of(receipt.head) - held.keys()
                if missing or ledger.events[receipt.head].seq != receipt.seq:
                    raise BrokenLaw(f"truthful: {being.name} signs for number {receipt.seq} and lacks {len(missing)}")
                if receipt.level not in (CUSTODY, SAFE) or (receipt.level == SAFE and not being.is_authority):
                    raise BrokenLaw(f"truthful: {being.name} calls safe what only an authority may")


def _check_verdicts(
    being: Being, held: dict[bytes, tuple[bytes, int]], ids: list[bytes], spans: Iterable[tuple[int, int]]
) -> None:
    verdicts = [verdict for count, verdict in spans for _ in range(count)]
    for identity, verdict in zip(ids, verdicts, strict=True):
        if verdict not in (STORED, DUPLICATE, HELD, FORK):
            raise BrokenLaw(f"exact: {being.name} says {VERDICT_NAMES[verdict]} of a genuine event")
        if identity not in held:
            raise BrokenLaw(f"truthful: {being.name} says {VERDICT_NAMES[verdict]} of an event it does not hold")


def check_roots(beings: tuple[Being, ...], nodes: tuple[Node, ...]) -> None:
    """*summed*, for every pair of nodes."""
    for i, (being, node) in enumerate(zip(beings, nodes, strict=True)):
        for other, peer in zip(beings[:i], nodes[:i], strict=True):
            scope = meet(being.scope, other.scope)
            equal = node.log.index.summary.root(scope) == peer.log.index.summary.root(scope)
            if equal != (offered(node.log, scope) == offered(peer.log, scope)):
                said = "equal" if equal else "different"
                raise BrokenLaw(f"summed: the roots of {being.name} and {other.name} are {said}, what they hold is not")


def offered(log: MemoryLog, scope: tuple[bytes, ...]) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """What a node can offer in a scope: events up to a signed one, and statements, by id."""
    events: set[bytes] = set()
    for stream, branches in log._events.items():
        if not covers(scope, log.index.streams[stream].key.audience):
            continue
        for branch, rows in branches.items():
            signed = max(log._signatures.get(stream, {}).get(branch, ()), default=-1)
            events |= {event.id for seq, event in rows.items() if seq <= signed}
    statements = (i for i, audience in log.index.statement_audiences.items() if covers(scope, audience))
    return frozenset(events), frozenset(statements)
