"""Segments: a contiguous run of one stream's events under one signature.

A `Run` is how a segment travels. The receiver computes every payload hash and
every event id again, from the payloads as they came, and checks one signature
over the last id. Headers do not travel: they follow from the run.

An event whose payload the sender lacks (erased, damaged at rest, never
received) travels as its bare payload hash. The chain stays whole, so every
other event of the run is still accepted and that one becomes a gap. (The hash
and not the event's id: an id alone would break the proof of the events before
it.)

The envelope check is a pure function of the run's bytes and the game's key:
what one node accepts, every node accepts. It says nothing of who may write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence

import msgspec

from sync import digest, ed25519
from sync.ed25519 import SignatureCheck
from sync.errors import EnvelopeError, LocalError
from sync.event import ORIGIN, Event, head_message, header_prefix
from sync.limits import PAYLOAD_BYTES_MAX, SEGMENT_BYTES_MAX, SEGMENT_EVENTS_MAX, SEQ_MAX
from sync.stream import GameKey, StreamKey, is_stream_key, stream_id

RUN_FIXED_BYTES = 256
"""More than key, number, previous id, signature and one seed take."""

EVENT_FIXED_BYTES = 3
"""The width of a payload's length."""


class Run(msgspec.Struct, frozen=True, array_like=True):
    """A segment on the wire.

    `payloads` holds one entry an event, None where only the hash travels;
    `hashes` gives those hashes by position. `salts` are spans `(count, bytes)`
    that cover the events in order: 16 bytes are the seed of `count` events, no
    bytes mean no salt is known, and a negative count carries 16 bytes of salt
    for each of its events, where a seed was withdrawn.
    """

    key: StreamKey
    first_seq: int
    previous: bytes
    payloads: tuple[bytes | None, ...]
    hashes: dict[int, bytes]
    salts: tuple[tuple[int, bytes], ...]
    signature: bytes


class Segment(msgspec.Struct, frozen=True):
    """A run that passed the envelope check, as columns with one entry an event."""

    key: StreamKey
    stream: bytes
    first_seq: int
    previous: bytes
    ids: list[bytes]
    payload_hashes: list[bytes]
    payloads: Sequence[bytes | None]
    seeds: list[bytes | None]
    salts: list[bytes | None]
    signature: bytes

    @property
    def last_seq(self) -> int:
        """The number of the signed head."""
        return self.first_seq + len(self.ids) - 1

    def event(self, position: int) -> Event:
        """One event of the segment, by its position."""
        return Event(
            self.stream,
            self.first_seq + position,
            self.ids[position - 1] if position else self.previous,
            self.ids[position],
            self.payload_hashes[position],
            self.payloads[position],
            self.seeds[position],
            self.salts[position],
        )


def segment_bytes(payloads: Sequence[bytes | None]) -> int:
    """The figure `SEGMENT_BYTES_MAX` limits: a bound of the inflated bytes of a run that is whole.

    A missing payload counts nothing, and neither do single salts: a run must
    still fit when payloads of it are erased or damaged.
    """
    return RUN_FIXED_BYTES + sum(map(len, filter(None, payloads))) + EVENT_FIXED_BYTES * len(payloads)


def check_run(game: GameKey, run: Run) -> tuple[Segment, SignatureCheck]:
    """Check a run's sizes and chain; hand out the signature that is left to verify.

    Raises `EnvelopeError` with the code `run_malformed` (widths, numbers,
    spans), `run_too_big` or `signature_malformed`. The run is authentic once
    the returned check is answered with True.
    """
    _check_shape(run)
    stream = stream_id(run.key)
    seeds, salts = _spread_salts(run)
    hashes = _payload_hashes(run, seeds, salts)
    ids = _chain(header_prefix(game, stream), run.first_seq, run.previous, hashes)
    segment = Segment(
        run.key, stream, run.first_seq, run.previous, ids, hashes, run.payloads, seeds, salts, run.signature
    )
    message = head_message(game, stream, segment.last_seq, ids[-1])
    return segment, SignatureCheck(run.key.public_key, message, run.signature)


def cleared(segment: Segment, erased: Container[tuple[int, bytes]]) -> Segment:
    """The segment without the payloads of erased events.

    No seed is kept either, not even of others' runs: a salt that follows from
    one would let an erased payload be guessed from its hash. The other events
    keep their own salts.
    """
    marks = [(segment.first_seq + i, identity) for i, identity in enumerate(segment.ids)]
    gone = [mark in erased for mark in marks]
    salts = [
        None if is_gone else (salt if seed is None else digest.salt_of(seed, seq))
        for (seq, _), seed, salt, is_gone in zip(marks, segment.seeds, segment.salts, gone, strict=True)
    ]
    payloads = [None if is_gone else payload for payload, is_gone in zip(segment.payloads, gone, strict=True)]
    seeds: list[bytes | None] = [None] * len(marks)
    return msgspec.structs.replace(segment, payloads=payloads, seeds=seeds, salts=salts)


def make_run(key: StreamKey, events: Sequence[Event], signature: bytes) -> Run:
    """The run of these contiguous events; `signature` is over the last one's head message.

    Raises `LocalError` where they are not contiguous or exceed a segment.
    """
    first = events[0]
    if any(event.seq != first.seq + i for i, event in enumerate(events)):
        raise LocalError("not_contiguous", f"events after number {first.seq} do not follow each other")
    payloads = tuple(event.payload for event in events)
    size = segment_bytes(payloads)
    if len(events) > SEGMENT_EVENTS_MAX or size > SEGMENT_BYTES_MAX:
        raise LocalError("segment_too_big", f"{len(events)} events in {size} bytes exceed one segment")
    hashes = {i: event.payload_hash for i, event in enumerate(events) if event.payload is None}
    return Run(key, first.seq, first.previous, payloads, hashes, _gather_salts(events), signature)


def _check_shape(run: Run) -> None:
    count = len(run.payloads)
    if not 0 < count <= SEGMENT_EVENTS_MAX:
        raise EnvelopeError("run_too_big", f"{count} events in a run, 1 to {SEGMENT_EVENTS_MAX} are allowed")
    if not is_stream_key(run.key) or not ed25519.is_public_key(run.key.public_key):
        raise EnvelopeError("run_malformed", "the stream's key is not a public key, incarnation and audience")
    if not 0 <= run.first_seq <= SEQ_MAX + 1 - count:
        raise EnvelopeError("run_malformed", f"first event number {run.first_seq} is out of range")
    if len(run.previous) != digest.HASH_BYTES or (run.first_seq == 0) != (run.previous == ORIGIN):
        raise EnvelopeError("run_malformed", "the id before the first event has the wrong width or place")
    if not ed25519.is_signature(run.signature):
        raise EnvelopeError("signature_malformed", "the signature is not canonical Ed25519")
    longest, size = max(len(payload or b"") for payload in run.payloads), segment_bytes(run.payloads)
    if longest > PAYLOAD_BYTES_MAX or size > SEGMENT_BYTES_MAX:
        raise EnvelopeError("run_too_big", f"a payload of {longest} bytes or a run of {size} exceeds its limit")


def _spread_salts(run: Run) -> tuple[list[bytes | None], list[bytes | None]]:
    """Spans to columns: the seed and the explicit salt of each event."""
    seeds: list[bytes | None] = []
    salts: list[bytes | None] = []
    width = digest.SALT_BYTES
    for count, value in run.salts:
        if 0 < count <= SEGMENT_EVENTS_MAX and len(value) in (0, digest.SEED_BYTES):
            seeds += [value or None] * count
            salts += [None] * count
        elif -SEGMENT_EVENTS_MAX <= count < 0 and len(value) == -count * width:
            seeds += [None] * -count
            salts += [value[i : i + width] for i in range(0, len(value), width)]
        else:
            raise EnvelopeError("run_malformed", f"a salt span of {count} events has {len(value)} bytes")
        if len(seeds) > len(run.payloads):
            break
    if len(seeds) != len(run.payloads):
        raise EnvelopeError("run_malformed", f"salts for {len(seeds)} of {len(run.payloads)} events")
    return seeds, salts


def _payload_hashes(run: Run, seeds: list[bytes | None], salts: list[bytes | None]) -> list[bytes]:
    """Hash what came; take the sender's word, under the signature, only for what did not.

    To copy a hash that was begun takes less time than to begin one, and half of a run's work is here.
    """
    begun, seq = hashlib.sha256(digest.PAYLOAD), run.first_seq
    seed_before, begun_salt = None, begun
    hashes: list[bytes] = []
    for position, payload in enumerate(run.payloads):
        if payload is None:
            bare = run.hashes.get(position, b"")
            if len(bare) != digest.HASH_BYTES:
                raise EnvelopeError("run_malformed", f"event {seq + position} has neither payload nor hash")
            hashes.append(bare)
            continue
        seed = seeds[position]
        if seed is not None:
            if seed is not seed_before:
                seed_before, begun_salt = seed, hashlib.sha256(digest.SALT + seed)
            salting = begun_salt.copy()
            salting.update((seq + position).to_bytes(8, "big"))
            salt = salting.digest()[: digest.SALT_BYTES]
        elif (explicit := salts[position]) is not None:
            salt = explicit
        else:
            raise EnvelopeError("run_malformed", f"event {seq + position} came with its payload and no salt")
        hashing = begun.copy()
        hashing.update(salt + payload)
        hashes.append(hashing.digest())
    if len(run.hashes) != run.payloads.count(None):
        raise EnvelopeError("run_malformed", "a payload hash stands where the payload stands")
    return hashes


def _chain(prefix: bytes, seq: int, previous: bytes, hashes: list[bytes]) -> list[bytes]:
    """The ids of a run, each over the one before."""
    begun = hashlib.sha256(prefix)
    ids: list[bytes] = []
    for number, payload_hash in enumerate(hashes, seq):
        hashing = begun.copy()
        hashing.update(number.to_bytes(8, "big") + previous + payload_hash)
        previous = hashing.digest()
        ids.append(previous)
    return ids


def _gather_salts(events: Sequence[Event]) -> tuple[tuple[int, bytes], ...]:
    """Columns to spans: equal neighbouring seeds share one."""
    spans: list[tuple[int, bytes]] = []
    for event in events:
        count, value = spans[-1] if spans else (0, b"")
        if event.seed is None and event.salt is not None:
            if count < 0:
                spans[-1] = (count - 1, value + event.salt)
            else:
                spans.append((-1, event.salt))
        elif count > 0 and value == (event.seed or b""):
            spans[-1] = (count + 1, value)
        else:
            spans.append((1, event.seed or b""))
    return tuple(spans)
