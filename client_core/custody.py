"""Who else holds what this device wrote, as signed receipts say.

Receipts are believed from the authority (*safe*) and from delegated edges
(*custody*) alone, and only where the named head stands in the chain held here.
A receipt of a store that came back from a restore counts again once a session
with it ended with equal roots (`doubted` names the stores where none did yet).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sync.compare import locate
from sync.limits import SEGMENT_EVENTS_MAX
from sync.log import EventLog
from sync.placement import Branch, StreamState
from sync.receipt import SAFE, Receipt

NOBODY, CUSTODY_LEVEL, SAFE_LEVEL = 0, 1, 2


class Counts(msgspec.Struct, frozen=True):
    """Own events by who else holds them: nobody, an edge or kiosk, the authority."""

    unsent: int = 0
    in_custody: int = 0
    safe: int = 0

    @property
    def events(self) -> int:
        """All own events."""
        return self.unsent + self.in_custody + self.safe


def count_own(log: EventLog, public_key: bytes, doubted: Sequence[bytes] = (), audience: bytes | None = None) -> Counts:
    """How many of a key's own events (of one audience, or all) are unsent, in custody and safe; each at its best."""
    totals = [0, 0, 0]
    for state, receipts in _own(log, public_key, doubted, audience):
        for level, count in enumerate(_count_stream(log, state, receipts)):
            totals[level] += count
    return Counts(*totals)


def unsent_ids(log: EventLog, public_key: bytes, doubted: Sequence[bytes] = ()) -> frozenset[bytes]:
    """The ids of a key's own events that nobody else is known to hold."""
    found: set[bytes] = set()
    for state, receipts in _own(log, public_key, doubted, None):
        held = _reach(log, state, receipts)[CUSTODY_LEVEL]
        for branch in state.branches:
            first = held.get(branch.number, branch.first_seq - 1) + 1
            for low in range(first, branch.tip_seq + 1, SEGMENT_EVENTS_MAX):
                high = min(low + SEGMENT_EVENTS_MAX - 1, branch.tip_seq)
                found.update(event.id for event in log.read(state.id, branch.number, low, high))
    return frozenset(found)


def _own(
    log: EventLog, public_key: bytes, doubted: Sequence[bytes], audience: bytes | None
) -> list[tuple[StreamState, list[Receipt]]]:
    """A key's own streams, each with the receipts that are believed."""
    states = [
        state
        for state in log.index.streams.values()
        if state.key.public_key == public_key and audience in {None, state.key.audience}
    ]
    by_stream: dict[bytes, list[Receipt]] = {state.id: [] for state in states}
    for receipt in log.receipts([state.id for state in states]) if states else ():
        if _believed_level(log, receipt) and receipt.store not in doubted:
            by_stream[receipt.stream].append(receipt)
    return [(state, by_stream[state.id]) for state in states]


def _believed_level(log: EventLog, receipt: Receipt) -> int:
    """What a receipt is worth: its signature was verified when it came in."""
    directory = log.index.directory
    if directory.is_authority(receipt.signer):
        return SAFE_LEVEL if receipt.level == SAFE else CUSTODY_LEVEL
    return CUSTODY_LEVEL if directory.vouches(receipt.signer) else NOBODY


def _reach(log: EventLog, state: StreamState, receipts: Iterable[Receipt]) -> list[dict[int, int]]:
    """By level and branch: the last number that somebody of that level holds."""
    reach: list[dict[int, int]] = [{}, {}, {}]
    for receipt in receipts:
        level = _believed_level(log, receipt)
        for number, seq in _ancestry(log, state, (receipt.seq, receipt.head)):
            for low in range(1, level + 1):
                reach[low][number] = max(seq, reach[low].get(number, -1))
    return reach


def _count_stream(log: EventLog, state: StreamState, receipts: Iterable[Receipt]) -> tuple[int, int, int]:
    reach = _reach(log, state, receipts)
    unsent = in_custody = safe = 0
    for branch in state.branches:
        before = branch.first_seq - 1
        to_safe = reach[SAFE_LEVEL].get(branch.number, before)
        to_custody = reach[CUSTODY_LEVEL].get(branch.number, before)
        safe += to_safe - before
        in_custody += to_custody - to_safe
        unsent += branch.tip_seq - to_custody
    return unsent, in_custody, safe


def _ancestry(log: EventLog, state: StreamState, mark: tuple[int, bytes]) -> list[tuple[int, int]]:
    """The (branch, last number) pieces that end at an event: its branch, the one that was forked, and so on."""
    pieces: list[tuple[int, int]] = []
    branch: Branch | None = locate(log, state, mark)
    seq = mark[0]
    while branch is not None and len(pieces) <= len(state.branches):
        pieces.append((branch.number, seq))
        seq = branch.first_seq - 1
        branch = locate(log, state, (seq, branch.base)) if seq >= 0 else None
    return pieces
