"""Checkpoints as they stand in a package: where they are, how they are visited and what they pay.

What many checkpoints of a game share (ways to check in, opening hours, what a
visit pays beside the points) stands once, as a `Kind`; a checkpoint names its
kind by number. Points that follow from the code were computed at publication.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.fences import Fence
from client_core.game.ranges import ACCURACY_MM_MAX, KINDS_MAX, Code, Label, Points, SignedPoints, SpanMs, Text, TimeMs

HOURS_MAX = 200
STEPS_MAX = 200
DISTANCE_MM_MAX = 100_000_000


class Method(IntEnum):
    """By what a check-in says that somebody was there."""

    GPS = 0
    QR = 1
    CODE = 2
    KIOSK = 3
    STAFF = 4
    PAPER = 5


class Shown(IntEnum):
    """When players see a checkpoint on their map."""

    ALWAYS = 0
    NEAR = 1
    """Within `Kind.near_mm` of it."""
    OPEN = 2
    """As soon as its group is open for the team."""


class NoAccuracy(IntEnum):
    """What a fix is worth whose receiver does not say how good it is. It is flagged in any case."""

    COUNT = 0
    """Taken as good."""
    ASSUME_LIMIT = 1
    """Taken as just good enough: counts inside the fence."""
    REFUSE = 2


class Hours(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A time in which check-ins count: from `from_ms` up to and with `to_ms`."""

    from_ms: TimeMs
    to_ms: TimeMs


class Plain(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0):
    """The first visit of a round pays the checkpoint's points."""


class ByTime(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1):
    """What a visit pays depends on when it is.

    `steps` are (from, points), ascending: the last one whose `from` has come
    holds; before the first one the checkpoint's own points. Times are
    milliseconds after the team's start, or since the Unix epoch where
    `absolute`.
    """

    absolute: bool
    steps: Annotated[tuple[tuple[TimeMs, SignedPoints], ...], Meta(min_length=1, max_length=STEPS_MAX)]


class FirstFinders(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=2):
    """The checkpoint's points for everybody, and these extra points for the first teams there, in their order.

    A rule across teams: provisional until all are heard. Teams whose times
    cannot be told apart share by `Ties`.
    """

    points: Annotated[tuple[Points, ...], Meta(min_length=1, max_length=STEPS_MAX)]


class Capture(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=3):
    """Holding the checkpoint pays `points_a_minute` for each whole minute, from the visit until another team's.

    After a capture nobody else can take it for `blocked_ms`. That binds only a
    team that knew: one whose check-in names a signed view that shows it.
    A rule across teams.
    """

    points_a_minute: Points
    blocked_ms: SpanMs


Pay = Plain | ByTime | FirstFinders | Capture


class Kind(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The rules that a checkpoint shares with others of its kind.

    `methods` are the ways to check in there. `hours` bound when check-ins count
    (empty: whenever the game is open). `dwell_ms` is how long a visit by
    position must last. `revisit_ms`: a visit that long after the last paid one
    is a new round and pays again; None: once a game.
    """

    methods: Annotated[tuple[Method, ...], Meta(min_length=1, max_length=16)]
    accuracy_mm_max: Annotated[int, Meta(ge=1, le=ACCURACY_MM_MAX)]
    no_accuracy: NoAccuracy = NoAccuracy.ASSUME_LIMIT
    hours: Annotated[tuple[Hours, ...], Meta(max_length=HOURS_MAX)] = ()
    dwell_ms: SpanMs = 0
    shown: Shown = Shown.ALWAYS
    near_mm: Annotated[int, Meta(ge=0, le=DISTANCE_MM_MAX)] = 0
    pay: Pay = Plain()
    revisit_ms: SpanMs | None = None


class Checkpoint(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A place worth visiting.

    `code` stands on it and is what people call it; no two are equal. `secret`
    is what its QR code or its typed code must show, where that is not the
    `code` itself: the SHA-256 of `codes.secret_message`, so that the package
    does not tell it. `fence` is None for a place without a position, which is
    visited by QR, code, kiosk, staff or paper only.
    """

    code: Code
    name: Label
    points: SignedPoints
    fence: Fence | None
    kind: Annotated[int, Meta(ge=0, lt=KINDS_MAX)] = 0
    text: Text = ""
    secret: Annotated[bytes, Meta(max_length=32)] = b""
