"""A device's own link, where something knows better than the socket when it is there.

`Gate` is what the HTTP transport asks; `RecordedLink` plays a recorded mobile
link in a loop, so that a rehearsal meets the outages that people met.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from client_core.clock import Clock
from client_core.transports.errors import TransportError

OFFLINE_KBPS = 50
"""Below it a link counts as down: a page, a handshake or a session takes longer than people wait."""
LINK_BYTES_MAX = 16 * 1024 * 1024
STEPS_MAX = 200_000


class Gate(Protocol):
    """Whether the device's link is there, and for how long."""

    def closes_in_s(self) -> float:
        """Seconds of the wall until the link goes down; 0 while it is down, infinite where nobody knows."""

    def carry(self, size: int) -> None:
        """Take the time that the link needs for `size` bytes, but never beyond its closing."""


class Step(msgspec.Struct, frozen=True):
    """One piece of a recording, as in `[{duration_ms, bandwidth_kbps, latency_ms}]`."""

    duration_ms: Annotated[int, Meta(gt=0)]
    bandwidth_kbps: Annotated[float, Meta(ge=0)]
    latency_ms: Annotated[float, Meta(ge=0)] = 0


class RecordedLink:
    """A recorded link, looped, from `starts_at_ms` on the given clock."""

    def __init__(self, steps: tuple[Step, ...], clock: Clock, starts_at_ms: int) -> None:
        if not steps:
            raise ValueError("a recorded link has at least one step")
        self._steps, self._clock, self._starts_at_ms = steps, clock, starts_at_ms
        self._ends = list(accumulate(step.duration_ms for step in steps))

    def is_online(self, at_ms: int) -> bool:
        """Whether the link carries anything at that time."""
        return self._steps[self._position(at_ms)[0]].bandwidth_kbps >= OFFLINE_KBPS

    def closes_in_s(self) -> float:
        """See `Gate`."""
        now_ms = self._clock.now_ms()
        return self._clock.wall_s(self.open_for_ms(now_ms))

    def open_for_ms(self, at_ms: int) -> float:
        """How long the link stays up from that time on; 0 while it is down, infinite where it never goes down."""
        number, into_ms = self._position(at_ms)
        open_ms = -into_ms
        for turned in range(len(self._steps) + 1):
            step = self._steps[(number + turned) % len(self._steps)]
            if step.bandwidth_kbps < OFFLINE_KBPS:
                return max(0, open_ms) if turned else 0
            open_ms += step.duration_ms
        return float("inf")

    def carry(self, size: int) -> None:
        """See `Gate`: the recorded latency once, and the bytes at the recorded rate."""
        now_ms = self._clock.now_ms()
        step = self._steps[self._position(now_ms)[0]]
        took_ms = step.latency_ms + size * 8 / max(step.bandwidth_kbps, 1)
        self._clock.wait_until(now_ms + int(min(took_ms, self.open_for_ms(now_ms))))

    def offline_ms(self, first_ms: int, last_ms: int) -> int:
        """How long the link is down between two times."""
        total, at_ms = 0, first_ms
        while at_ms < last_ms:
            number, into_ms = self._position(at_ms)
            step = self._steps[number]
            span_ms = min(step.duration_ms - into_ms, last_ms - at_ms)
            total += span_ms if step.bandwidth_kbps < OFFLINE_KBPS else 0
            at_ms += span_ms
        return total

    def outages(self) -> int:
        """How often the link goes down in one turn of the recording."""
        up = [step.bandwidth_kbps >= OFFLINE_KBPS for step in self._steps]
        return sum(before and not after for before, after in pairwise([*up, up[0]]))

    def _position(self, at_ms: int) -> tuple[int, int]:
        """The step at a time, and how far it has run."""
        into_ms = (at_ms - self._starts_at_ms) % self._ends[-1]
        number = bisect_right(self._ends, into_ms)
        return number, into_ms - (self._ends[number - 1] if number else 0)


def read_link(path: Path) -> tuple[Step, ...]:
    """The steps of a recording; raises `TransportError` (`file_missing`, `file_unreadable`, `file_too_big`)."""
    try:
        if path.stat().st_size > LINK_BYTES_MAX:
            raise TransportError("file_too_big", f"{path} has more than {LINK_BYTES_MAX} bytes: no link recording has")
        steps = msgspec.json.decode(path.read_bytes(), type=tuple[Step, ...])
    except FileNotFoundError as error:
        raise TransportError("file_missing", f"there is no file {path}") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TransportError("file_unreadable", f"{path} is not a recorded link: {error}") from error
    if not 0 < len(steps) <= STEPS_MAX:
        raise TransportError("file_unreadable", f"{path} has {len(steps)} steps, 1 to {STEPS_MAX} make a recording")
    return steps
