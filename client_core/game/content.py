"""The package: the published, hashed, immutable content of one game.

A package is its bytes; `package_hash` names it. `publish.publish` makes one
from a draft and checks everything about it; `decode_package` checks again what
the rule book relies on, so that folding never fails on a package that decoded.
Names in it are public. Checkpoints, challenges and groups are known by their
number, the position in their list.

What its parts mean stands beside them: `checkpoints`, `timing`, `groups`,
`challenges`, `entrants`, `showing`, `media`. A later rule book has a new `rules` number;
the decoder refuses what it does not know instead of guessing.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.challenges import Challenge
from client_core.game.checkpoints import Checkpoint, Kind
from client_core.game.consistency import (
    challenge_fault,
    checkpoint_fault,
    entrant_fault,
    group_fault,
    text_fault,
    time_fault,
)
from client_core.game.entrants import Category, Format, MemberRule
from client_core.game.fences import Metric
from client_core.game.groups import Group
from client_core.game.media import MEDIA_MAX, Medium, media_fault
from client_core.game.ranges import (
    CHALLENGES_MAX,
    CHECKPOINTS_MAX,
    GROUPS_MAX,
    KINDS_MAX,
    LIMIT_MS_MAX,
    Name,
    TimeMs,
)
from client_core.game.showing import Briefing, Catalog, Showing
from client_core.game.timing import FinishRule, Ranking, Start, TimeLimit
from client_core.game.unreadable import UNREADABLE

FORMAT = 1
"""The layout of a package's bytes."""
RULES = 1
"""The rule book that judges and scores it; a change to any result is a new number."""
CONTEXT = b"wayfold/1/package\x00"
"""Stands before a package's bytes where they are hashed."""

PACKAGE_BYTES_MAX = 64 * 1024 * 1024
"""200,000 circles take 14 MB; a phone holds the bytes once."""
DWELL_MS_MAX = 3_600_000
EXIT_MM_MAX = 1_000_000
SPEED_MM_S_MAX = 1_000_000
SILENCE_MS_MAX = 3_600_000


class PackageError(Exception):
    """Bytes that are no package this rule book can play; `code` is stable, the text says what to do.

    Codes: `package_too_big`, `package_malformed`, `package_newer`, `package_inconsistent`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


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
    clock far outside is suspect. `time_zone` is an IANA name for showing times,
    `language` that of its texts. `visits` is advice to devices, `metric` holds
    around the middle of all checkpoints, for speeds. `one_category`: a team
    stands in the first category it meets instead of in each. Personal data is
    kept for `retention_days` after the game closed.
    """

    format: int
    rules: int
    name: Name
    time_zone: Annotated[str, Meta(max_length=64)]
    language: Annotated[str, Meta(min_length=2, max_length=16)]
    opens_at_ms: TimeMs
    closes_at_ms: TimeMs
    start: Start
    limit: TimeLimit | None
    finish: FinishRule
    ranking: Ranking
    members: MemberRule
    floor_at_zero: bool
    visits: VisitRule
    metric: Metric
    kinds: Annotated[tuple[Kind, ...], Meta(min_length=1, max_length=KINDS_MAX)]
    checkpoints: Annotated[tuple[Checkpoint, ...], Meta(min_length=1, max_length=CHECKPOINTS_MAX)]
    groups: Annotated[tuple[Group, ...], Meta(max_length=GROUPS_MAX)] = ()
    challenges: Annotated[tuple[Challenge, ...], Meta(max_length=CHALLENGES_MAX)] = ()
    categories: Annotated[tuple[Category, ...], Meta(max_length=200)] = ()
    one_category: bool = False
    formats: Annotated[tuple[Format, ...], Meta(max_length=50)] = ()
    showing: Showing = Showing()
    briefings: Annotated[tuple[Briefing, ...], Meta(max_length=20)] = ()
    catalogs: Annotated[tuple[Catalog, ...], Meta(max_length=50)] = ()
    emergency_number: Annotated[str, Meta(max_length=32)] = "112"
    retention_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    media: Annotated[tuple[Medium, ...], Meta(max_length=MEDIA_MAX)] = ()


class _Head(msgspec.Struct, array_like=True):
    """The two numbers every layout of a package starts with."""

    format: int
    rules: int


_ENCODER = msgspec.msgpack.Encoder()
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
        package = msgspec.msgpack.decode(data, type=Package)
    except UNREADABLE as error:
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
    count = len(package.checkpoints)
    if package.opens_at_ms >= package.closes_at_ms:
        return "the game closes before it opens: give a closing time after the opening time"
    if package.closes_at_ms - package.opens_at_ms > LIMIT_MS_MAX:
        return f"the game is open for longer than {LIMIT_MS_MAX // 86_400_000} days: split it"
    finish = package.finish.checkpoint
    if finish is not None and finish >= count:
        return f"the finish is checkpoint number {finish}, the last one is {count - 1}"
    times = [(package.start, package.limit)]
    times += [(one.start or package.start, one.limit or package.limit) for one in package.formats]
    window = package.opens_at_ms, package.closes_at_ms
    return (
        next(filter(None, (time_fault(start, limit, *window, count) for start, limit in times)), "")
        or checkpoint_fault(package.checkpoints, package.kinds)
        or group_fault(package.groups, count, len(package.challenges), [c.code for c in package.categories])
        or challenge_fault(package.challenges, count, len(package.media))
        or entrant_fault(package.categories, package.formats, count)
        or media_fault(package.media)
        or text_fault(package.showing, package.briefings, package.catalogs)
    )
