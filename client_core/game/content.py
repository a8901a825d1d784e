"""The package: the published, hashed, immutable content of one game.

A package is its bytes; `package_hash` names it. `publish.publish` makes one
from a draft and checks everything about it; `decode_package` checks again what
the rule book relies on, so that folding never fails on a package that decoded.
Names in it are public. Checkpoints are known by their number, the position in
`checkpoints`.

Later rule books add kinds of starts, challenges and hints: the union of starts
takes new tags, a new version takes a new `format` or `rules` number, and the
decoder refuses what it does not know instead of guessing.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.fences import Fence, Metric

FORMAT = 1
"""The layout of a package's bytes."""
RULES = 1
"""The rule book that judges and scores it; a change to any result is a new number."""
CONTEXT = b"wayfold/1/package\x00"
"""Stands before a package's bytes where they are hashed."""

CHECKPOINTS_MAX = 200_000
"""Every railway station of Europe three times over."""
PACKAGE_BYTES_MAX = 64 * 1024 * 1024
"""200,000 circles take 14 MB; a phone holds the bytes once."""
NAME_BYTES_MAX = 200
CODE_BYTES_MAX = 32
POINTS_MAX = 1_000_000
"""With 200,000 checkpoints a score stays an exact integer in every JSON reader."""
LIMIT_MS_MAX = 366 * 86_400_000
TIME_MS_MAX = 2**53 - 1
ACCURACY_MM_MAX = 10_000_000
DWELL_MS_MAX = 3_600_000
EXIT_MM_MAX = 1_000_000
SPEED_MM_S_MAX = 1_000_000
SILENCE_MS_MAX = 3_600_000

TimeMs = Annotated[int, Meta(ge=0, le=TIME_MS_MAX)]
SpanMs = Annotated[int, Meta(ge=0, le=LIMIT_MS_MAX)]
Points = Annotated[int, Meta(ge=0, le=POINTS_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_BYTES_MAX)]
Code = Annotated[str, Meta(min_length=1, max_length=CODE_BYTES_MAX)]
Number = Annotated[int, Meta(ge=0, lt=CHECKPOINTS_MAX)]


class Method(IntEnum):
    """By what a check-in says that somebody was there."""

    GPS = 0
    QR = 1
    CODE = 2
    KIOSK = 3
    STAFF = 4
    PAPER = 5


class PackageError(Exception):
    """Bytes that are no package this rule book can play; `code` is stable, the text says what to do.

    Codes: `package_too_big`, `package_malformed`, `package_newer`, `package_inconsistent`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Checkpoint(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A place worth visiting. `code` is what stands on it and what people call it; no two are equal."""

    code: Code
    name: Annotated[str, Meta(max_length=NAME_BYTES_MAX)]
    points: Points
    fence: Fence


class MassStart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0):
    """All teams start at one time, but for those with a time of their own in the start list."""

    at_ms: TimeMs


class StartList(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1):
    """Each team starts at the time it is registered with; a team without one starts itself."""


class SelfStart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=2):
    """A team's time runs from its start action, or else from its first check-in that counts."""


Start = MassStart | StartList | SelfStart


class TimeLimit(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """How long a team may play and what being late costs.

    `late_points` are taken for every started minute beyond `limit_ms`. Beyond
    `late_ms_max` more (None: never) check-ins pay nothing and the team is `over_time`.
    """

    limit_ms: SpanMs
    late_points: Points
    late_ms_max: SpanMs | None


class VisitRule(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """When a device checks in by itself, from its fixes (`visits`). Advice to devices; no verdict depends on it.

    `dwell_ms` is how long a player stays in a fence before it counts (never at
    the finish), `exit_mm` how far beyond the boundary a stay still lasts,
    `speed_mm_s_max` the speed at which a fix is no longer believed, and
    `silence_ms_max` the pause between fixes that ends a stay.
    """

    dwell_ms: Annotated[int, Meta(ge=0, le=DWELL_MS_MAX)]
    exit_mm: Annotated[int, Meta(ge=0, le=EXIT_MM_MAX)]
    speed_mm_s_max: Annotated[int, Meta(ge=1, le=SPEED_MM_S_MAX)]
    silence_ms_max: Annotated[int, Meta(ge=1_000, le=SILENCE_MS_MAX)]


class Package(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One game as published.

    `opens_at_ms` and `closes_at_ms` bound it: nothing counts outside, and a
    clock far outside is suspect. `time_zone` is an IANA name for showing times.
    `finish` is the number of the checkpoint that ends a team's game (None: a
    finish action does). `accuracy_mm_max` is the worst fix a check-in by GPS may
    rest on, `methods` what players may check in by. `metric` holds around the
    middle of all checkpoints, for speeds.
    """

    format: int
    rules: int
    name: Name
    time_zone: Annotated[str, Meta(max_length=64)]
    opens_at_ms: TimeMs
    closes_at_ms: TimeMs
    start: Start
    finish: Number | None
    limit: TimeLimit | None
    floor_at_zero: bool
    accuracy_mm_max: Annotated[int, Meta(ge=1, le=ACCURACY_MM_MAX)]
    methods: Annotated[tuple[Method, ...], Meta(min_length=1, max_length=16)]
    visits: VisitRule
    metric: Metric
    checkpoints: Annotated[tuple[Checkpoint, ...], Meta(min_length=1, max_length=CHECKPOINTS_MAX)]


class _Head(msgspec.Struct, array_like=True):
    """The two numbers every layout of a package starts with."""

    format: int
    rules: int


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Package)
_HEAD_DECODER = msgspec.msgpack.Decoder(_Head)


def encode_package(package: Package) -> bytes:
    """The package's bytes. The same package gives the same bytes everywhere."""
    return _ENCODER.encode(package)


def decode_package(data: bytes) -> Package:
    """The package of these bytes; raises `PackageError`."""
    if len(data) > PACKAGE_BYTES_MAX:
        raise PackageError("package_too_big", f"{len(data)} bytes, at most {PACKAGE_BYTES_MAX} are allowed")
    try:
        head = _HEAD_DECODER.decode(data)
        if (head.format, head.rules) != (FORMAT, RULES):
            raise PackageError(
                "package_newer",
                f"the game has format {head.format} and rules {head.rules}, this program knows format {FORMAT} "
                f"and rules {RULES}: update it",
            )
        package = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PackageError("package_malformed", f"these bytes are no package: {error}") from error
    check_consistent(package)
    return package


def package_hash(data: bytes) -> bytes:
    """The name of a package: SHA-256 (32 bytes) over the context and its bytes as they came."""
    return hashlib.sha256(CONTEXT + data).digest()


def check_consistent(package: Package) -> None:
    """Raise `PackageError("package_inconsistent")` where its parts do not fit each other."""
    fault = _first_fault(package)
    if fault:
        raise PackageError("package_inconsistent", fault)


def _first_fault(package: Package) -> str:
    checkpoints = package.checkpoints
    if package.opens_at_ms >= package.closes_at_ms:
        return "the game closes before it opens: give a closing time after the opening time"
    if package.closes_at_ms - package.opens_at_ms > LIMIT_MS_MAX:
        return f"the game is open for longer than {LIMIT_MS_MAX // 86_400_000} days: split it"
    if isinstance(package.start, MassStart) and not package.opens_at_ms <= package.start.at_ms <= package.closes_at_ms:
        return "the mass start lies outside the time the game is open"
    if package.finish is not None and package.finish >= len(checkpoints):
        return f"the finish is checkpoint number {package.finish}, the last one is {len(checkpoints) - 1}"
    number_by_code: dict[str, int] = {}
    for number, checkpoint in enumerate(checkpoints):
        other = number_by_code.setdefault(checkpoint.code, number)
        if other != number:
            return (
                f"checkpoints {other} and {number} have the same code {checkpoint.code!r}: codes are unique in a game"
            )
    return ""
