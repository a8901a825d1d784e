"""Checking a log at rest: name every event that a disk, a cable or a hand has changed.

Each event is hashed again: payload to payload hash, payload hash to id, id to
the next event's header, the last one under its signature. Which of these still
agree tells what was damaged. A payload can be had again from any peer, so it is
turned into a gap (`gaps_of`); the rest of its run travels on, with that one bare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sync import ed25519
from sync.batch import DamagedPayload
from sync.digest import payload_hash_of
from sync.ed25519 import SignatureCheck
from sync.effects import Session, Verify
from sync.event import Event, event_id, head_message, header_prefix, salt_for
from sync.limits import SEGMENT_EVENTS_MAX
from sync.log import EventLog
from sync.placement import Branch, StreamState
from sync.stream import GameKey

PAYLOAD = "payload"
"""The payload, its seed or its salt no longer gives the payload hash."""
PAYLOAD_HASH = "payload hash"
"""The stored hash is wrong; payload and id agree, so reading repairs it."""
ID = "id"
"""The stored id is wrong; it follows from the header, so runs are not affected."""
HEADER = "header"
"""Payload hash, id and predecessor do not agree, and nothing says which is right."""
SIGNATURE = "signature"
"""The head's signature is missing or does not verify: nobody will accept the run it ends."""
MISSING = "missing"
"""The event is not there."""


class Damage(msgspec.Struct, frozen=True):
    """One thing wrong: `what` is one of the words above; `id` is the event's id, as far as it is known."""

    stream: bytes
    branch: int
    seq: int
    what: str
    id: bytes = b""


class Checked(msgspec.Struct, frozen=True):
    """The damages of one branch, and by event number the signatures that are left to verify."""

    damages: list[Damage]
    signatures: list[tuple[int, SignatureCheck]]


def check_log(log: EventLog) -> Session[list[Damage]]:
    """Check every event and signature a log holds, as `read` and `signatures` give them."""
    damages: list[Damage] = []
    for _, state in sorted(log.index.streams.items()):
        for branch in state.branches:
            step = SEGMENT_EVENTS_MAX
            starts = range(branch.first_seq, branch.tip_seq + 1, step)
            events = (
                e for s in starts for e in log.read(state.id, branch.number, s, min(s + step - 1, branch.tip_seq))
            )
            signatures = log.signatures(state.id, branch.number, branch.first_seq, branch.tip_seq)
            checked = check_events(log.index.game, state, branch, events, signatures)
            good: Sequence[bool] = yield Verify(tuple(check for _, check in checked.signatures))
            damages += checked.damages
            bad = [seq for (seq, _), ok in zip(checked.signatures, good, strict=True) if not ok]
            damages += [Damage(state.id, branch.number, seq, SIGNATURE) for seq in bad]
    return damages


def check_events(
    game: GameKey,
    state: StreamState,
    branch: Branch,
    events: Iterable[Event],
    signatures: Sequence[tuple[int, bytes]],
) -> Checked:
    """Check one branch: all its events in order, raw or as `read` gives them, and its signatures. Pure.

    Payloads that the state lists as gaps are no damage.
    """
    found: list[Damage] = []
    ids: dict[int, bytes] = {}
    bare, prefix = frozenset(state.bare), header_prefix(game, state.id)
    previous, expected = branch.base, branch.first_seq
    for event in events:
        if event.seq != expected:
            found += [Damage(state.id, branch.number, seq, MISSING) for seq in range(expected, event.seq)]
            previous = event.previous
        what, identity = _check_event(prefix, previous, event, is_gap=(event.seq, event.id) in bare)
        if what is not None:
            found.append(Damage(state.id, branch.number, event.seq, what, identity))
        ids[event.seq] = previous = identity
        expected = event.seq + 1
    found += [Damage(state.id, branch.number, seq, MISSING) for seq in range(expected, branch.tip_seq + 1)]
    checks, unsound = _signature_checks(game, state, branch, ids, signatures)
    return Checked(found + unsound, checks)


def gaps_of(damages: Iterable[Damage]) -> tuple[DamagedPayload, ...]:
    """The damaged payloads, ready for `Batch.damaged`."""
    return tuple(DamagedPayload(d.stream, d.branch, d.seq, d.id) for d in damages if d.what == PAYLOAD)


def _check_event(prefix: bytes, previous: bytes, event: Event, *, is_gap: bool) -> tuple[str | None, bytes]:
    """What is wrong with an event, and its id as the sound parts give it."""
    salt = salt_for(event)
    has_both = event.payload is not None and salt is not None
    derived = payload_hash_of(salt, event.payload) if has_both else None  # type: ignore[arg-type]  # both are held
    by_hash = event_id(prefix, event.seq, previous, event.payload_hash)
    if by_hash == event.id:
        payload_sound = derived == event.payload_hash or (event.payload is None and is_gap)
        return (None if payload_sound else PAYLOAD), event.id
    if derived is None:
        return HEADER, event.id
    if event_id(prefix, event.seq, previous, derived) == event.id:
        return PAYLOAD_HASH, event.id
    return (ID, by_hash) if derived == event.payload_hash else (HEADER, event.id)


def _signature_checks(
    game: GameKey,
    state: StreamState,
    branch: Branch,
    ids: dict[int, bytes],
    signatures: Sequence[tuple[int, bytes]],
) -> tuple[list[tuple[int, SignatureCheck]], list[Damage]]:
    checks: list[tuple[int, SignatureCheck]] = []
    unsound: list[int] = []
    for seq, signature in signatures:
        if seq in ids and ed25519.is_signature(signature):
            message = head_message(game, state.id, seq, ids[seq])
            checks.append((seq, SignatureCheck(state.key.public_key, message, signature)))
        else:
            unsound.append(seq)
    if branch.head_seq >= branch.first_seq and branch.head_seq not in {seq for seq, _ in signatures}:
        unsound.append(branch.head_seq)
    return checks, [Damage(state.id, branch.number, seq, SIGNATURE) for seq in unsound]
