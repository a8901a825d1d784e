"""The model: who wrote what, and who said that they hold it. Plain sets of ids, no hash, no signature.

An event's id is taken as a name, as the writer's file gives it. A node holds
an event, for the model, from the moment it said so: to its player ("done"), in
a verdict, or in a receipt. Restores and losses take that back, as they must.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from . import wire
from .files import Node, Row, held, ids_held, last_written
from .servers import STRANGER_BYTES_MAX, ServerNode


class Broken(Exception):
    """An oracle does not hold."""

    def __init__(self, oracle: str, detail: str) -> None:
        super().__init__(f"{oracle}: {detail}")
        self.oracle, self.detail = oracle, detail


NOTHING_LOST = "nothing acknowledged is lost"
CONVERGED = "replicas converge"
SAME_SCORES = "scores are equal"
RESUMES = "work resumes"
TENANTS = "no tenant sees another"
COVERED = "receipts are covered"
FORGED = "nothing is forged"
ERASED = "erasure is complete"
WAITS = "what waits for staff waits"
ORACLES = (NOTHING_LOST, CONVERGED, SAME_SCORES, RESUMES, TENANTS, COVERED, FORGED, ERASED, WAITS)


EVENT_BYTES = 300
"""More than an event takes beside its payload, in a run of its own."""
WAITING_BYTES_MAX = STRANGER_BYTES_MAX // 2
"""So much has room everywhere, however a node counts."""


class Written(NamedTuple):
    """An event somebody wrote, after `parent` (None: first of its stream)."""

    id: bytes
    tenant: str
    author: bytes
    stream: bytes
    seq: int
    payload: bytes
    parent: bytes | None
    writer: str


class Model:
    """Everything the world was told."""

    def __init__(self) -> None:
        self.written: dict[bytes, Written] = {}
        self.by_place: dict[tuple[bytes, int], list[Written]] = defaultdict(list)
        self.by_author: dict[bytes, set[bytes]] = defaultdict(set)
        self.holdings: dict[str, set[bytes]] = defaultdict(set)
        self.ever_held: dict[str, set[bytes]] = defaultdict(set)
        self.own: dict[str, set[bytes]] = defaultdict(set)
        self.unsent: dict[str, set[bytes]] = defaultdict(set)
        self.checked_receipts: set[tuple[str, int, bytes]] = set()
        self.name_by_key: dict[bytes, str] = {}
        self.strangers: set[bytes] = set()
        self.erased: set[bytes] = set()
        """Events whose payloads nobody may hold any more; each is held by its place in the chain."""
        self.erasures: list[tuple[str, set[bytes], set[bytes]]] = []
        """Tenant, the ids of an erasure's statements, and the events that it names."""
        self.revoked: dict[bytes, set[bytes]] = {}
        """By revoked key, what HQ held of it at that moment; whatever else it wrote waits for staff, within a quota."""
        self.let_count: set[bytes] = set()
        """What staff looked at after a revocation and let count."""
        self.revocations: dict[bytes, list[tuple[str, set[bytes], set[bytes]]]] = defaultdict(list)
        """By revoked key: tenant, the ids of a revocation's statements, what HQ held of the key when it was made."""
        self.full: set[str] = set()
        """Tenants of whose events so many wait for staff that a node may have no room for more."""

    def wrote(self, node: Node, tenant: str, author: bytes) -> list[Written]:
        """A node said "done": note what is new of this author in its file, and that it holds it."""
        rows = last_written(node, tenant, author)
        by_place = {(row.stream, row.branch, row.seq): row for row in rows}
        fresh = []
        for row in rows:
            if row.id in self.written or row.payload is None:
                continue
            before = by_place.get((row.stream, row.branch, row.seq - 1))
            parent = before.id if before is not None else self._base_of(row)
            event = Written(row.id, tenant, author, row.stream, row.seq, row.payload, parent, node.name)
            self.note(event)
            fresh.append(event)
        ids = {event.id for event in fresh}
        self.hold(node.name, ids)
        self.own[node.name] |= ids
        self.unsent[node.name] |= ids
        return fresh

    def forget_lost_erasures(self, tenant: str, statements: Container[bytes]) -> None:
        """An erasure that only HQ held, when it was put back from before it, is gone: nobody knows of it any more."""
        self.erasures = [e for e in self.erasures if e[0] != tenant or any(made in statements for made in e[1])]
        self.erased = {event for _, _, events in self.erasures for event in events}

    def revoked_by(self, tenant: str, key: bytes, made: set[bytes], there: set[bytes]) -> None:
        """HQ revoked a key by these statements, holding that of it: the rest waits until staff says otherwise.

        What comes before an event in its chain was written before it: it counts too, though HQ may lack it as yet.
        """
        there = there | {event.id for identity in there for event in self.ancestors(identity)}
        self.revoked[key] = self.revoked.get(key, set()) | there
        self.revocations[key].append((tenant, made, there))

    def forget_lost_revocations(self, tenant: str, statements: Container[bytes]) -> None:
        """The same of a revocation: what the key wrote counts, until staff revoke it once more."""
        for key, made in list(self.revocations.items()):
            kept = [one for one in made if one[0] != tenant or any(statement in statements for statement in one[1])]
            if len(kept) < len(made):
                self.revocations[key] = kept
                self.revoked[key] = set().union(*(there for _, _, there in kept))
            if not kept:
                del self.revocations[key], self.revoked[key]

    def waits(self, identity: bytes) -> bool:
        """Whether an event is held for staff: a stranger's, or a revoked key's of after the point."""
        event = self.written.get(identity)
        if event is None or identity in self.strangers:
            return identity in self.strangers
        return event.author in self.revoked and identity not in self.revoked[event.author]

    def count_waiting(self) -> None:
        """Find out of which tenants so much waits for staff that nodes may have no room for it all."""
        waiting: Counter[str] = Counter()
        for event in self.written.values():
            if self.waits(event.id):
                waiting[event.tenant] += len(event.payload) + EVENT_BYTES
        self.full = {tenant for tenant, size in waiting.items() if size > WAITING_BYTES_MAX}

    def may_wait(self, identity: bytes) -> bool:
        """Whether a node may answer busy for ever: what waits for staff, where there is much of it."""
        return self.waits(identity) and self.written[identity].tenant in self.full

    def counts_in_vain(self, identity: bytes, statements: Container[bytes]) -> bool:
        """Whether a node that holds these statements must not let an event count."""
        event = self.written.get(identity)
        known = self.revocations.get(event.author) if event is not None else None
        in_force = [there for _, made, there in known or () if any(one in statements for one in made)]
        return bool(in_force) and not any(identity in there for there in in_force)

    def held(self, node: Node, tenant: str) -> dict[bytes, Row]:
        """What stands in a node's file: events with their payloads, and erased ones without."""
        return held(node, tenant, self.erased)

    def held_of(self, node: Node, tenant: str, author: bytes) -> int:
        """How many events of an author stand in a node's file, as `held` counts them."""
        return len(ids_held(node, tenant, "s.public_key = ?", (author,), self.erased))

    def payload_of(self, identity: bytes) -> bytes | None:
        """What was written under an id, or None where nobody wrote it."""
        event = self.written.get(identity)
        return event.payload if event is not None else None

    def note(self, event: Written) -> None:
        """An event exists, whoever holds it."""
        self.written[event.id] = event
        self.by_place[event.stream, event.seq].append(event)
        self.by_author[event.author].add(event.id)

    def _base_of(self, row: Row) -> bytes | None:
        """A branch that begins above 0 goes on from an event of another; which, only its writer's chain says."""
        before = self.by_place.get((row.stream, row.seq - 1), [])
        return before[0].id if len(before) == 1 else None

    def hold(self, name: str, ids: Iterable[bytes]) -> None:
        """A node said that it holds these."""
        ids = set(ids)
        self.holdings[name] |= ids
        self.ever_held[name] |= ids
        for writer, unsent in self.unsent.items():
            if writer != name:
                unsent.difference_update(ids)

    def forked_streams(self, author: bytes) -> set[bytes]:
        """The streams in which somebody with this key wrote two events under one number."""
        return {stream for (stream, _), twins in self.by_place.items() if len(twins) > 1 and twins[0].author == author}

    def ancestors(self, identity: bytes) -> Iterator[Written]:
        """An event and all before it in its chain."""
        at: bytes | None = identity
        while at is not None and (event := self.written.get(at)) is not None:
            yield event
            at = event.parent

    def heard(self, opener: str, server: ServerNode, tenant: str, request: bytes, answer: bytes) -> None:
        """What a server said in one answer, as it left the server."""
        said = wire.messages(answer)
        runs = [run for m in wire.messages(request) if m[0] == wire.DATA for run in m[1]]
        verdicts = [entry for m in said if m[0] == wire.VERDICTS for entry in m[1]]
        if len(runs) == len(verdicts):
            self._verdicts(opener, server.name, runs, verdicts)
        welcome = next((m for m in said if m[0] == wire.WELCOME), None)
        for message in said:
            if message[0] == wire.RECEIPTS and welcome is not None:
                self._receipts(server, tenant, [r for r in message[1] if r[0] == welcome[2]])

    def _verdicts(self, opener: str, server: str, runs: list[wire.Message], verdicts: list[wire.Message]) -> None:
        for run, (stream, first_seq, spans) in zip(runs, verdicts, strict=True):
            said = [verdict for count, verdict in spans for _ in range(count)]
            for position, verdict in enumerate(said):
                payload = run[3][position] if position < len(run[3]) else None
                event = self._event(stream, first_seq + position, payload)
                if event is None:
                    continue
                if verdict in wire.ACKNOWLEDGED:
                    self.hold(server, (event.id,))
                elif verdict == wire.REFUSED and self._is_whole(run, stream):
                    raise Broken(RESUMES, f"{server} refused sound events of {event.writer} that {opener} pushed")

    def _event(self, stream: bytes, seq: int, payload: bytes | None) -> Written | None:
        """The event that was pushed; None where its payload did not travel or nobody wrote it so."""
        same = [e for e in self.by_place.get((stream, seq), ()) if payload is not None and e.payload == payload]
        return same[0] if len(same) == 1 else None

    def _is_whole(self, run: wire.Message, stream: bytes) -> bool:
        """Whether a run is, payload by payload, what its writer wrote."""
        events = [self._event(stream, run[1] + i, payload) for i, payload in enumerate(run[3])]
        return all(event is not None for event in events) and self.signatures_untouched

    signatures_untouched = True
    """Whether nobody in this exchange could have changed a signature or salt."""

    def _receipts(self, server: ServerNode, tenant: str, receipts: list[wire.Message]) -> None:
        for receipt in receipts:
            stream, head = receipt[3], receipt[5]
            key = (server.name, server.generation, head)
            if key in self.checked_receipts or head not in self.written:
                continue
            chain = list(self.ancestors(head))
            there = ids_held(server, tenant, "s.id = ?", (stream,), self.erased)
            missing = [event for event in chain if event.id not in there]
            if missing:
                what = f"number {missing[-1].seq} of {missing[-1].writer}"
                raise Broken(COVERED, f"{server.name} gave a receipt up to {receipt[4]} and does not hold {what}")
            self.checked_receipts.add(key)
            self.hold(server.name, (event.id for event in chain))

    def check_holds(self, node: Node, tenant: str) -> dict[bytes, Row]:
        """Whether a node's file holds what the node said it holds; returns what it holds."""
        there = self.held(node, tenant)
        for identity in self.holdings[node.name]:
            event = self.written[identity]
            if event.tenant == tenant and identity not in there:
                raise Broken(NOTHING_LOST, f"{node.name} said it holds {self.name(event)} and does not")
        return there

    def name(self, event: Written) -> str:
        """An event for people."""
        return f"number {event.seq} of {event.writer} (stream {event.stream.hex()[:8]}, id {event.id.hex()[:8]})"

    def took_back(self, node: Node, tenants: Iterable[str]) -> None:
        """A node's files are those of an earlier day, or gone: it holds what it held then, no more."""
        self.holdings[node.name] = {i for t in tenants for i in self.held(node, t) if i in self.written}
        self.unsent[node.name] = {
            i for i in self.own[node.name] & self.holdings[node.name] if self._held_here_alone(i, node.name)
        }

    def lost(self, name: str) -> None:
        """A node and its files are no more."""
        self.holdings.pop(name, None)
        self.own.pop(name, None)
        self.unsent.pop(name, None)

    def _held_here_alone(self, identity: bytes, name: str) -> bool:
        return not any(identity in ids for other, ids in self.holdings.items() if other != name)
