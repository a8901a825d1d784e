"""Challenges: what is asked, how it is judged and what it pays.

Where the answer is known decides what can be judged where:

    open    the package carries what judges an answer; a stubborn player can guess it on the phone
    sealed  the same, encrypted with the secret that stands in the checkpoint's QR code
    later   the package carries nothing; a kiosk, edge or HQ judges (`decisions.AnswerJudged`)

Answers are compared after `answers.normalise`. What is charged follows from
what the team's device could know; what is paid from all events together.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.media import MEDIA_MAX, MediumNumber
from client_core.game.ranges import (
    ANSWER_BYTES_MAX,
    HINTS_MAX,
    TRIES_MAX,
    Code,
    Label,
    Number,
    Points,
    SpanMs,
    Text,
)

ALTERNATIVES_MAX = 1_000
CHOICES_MAX = 50
SALT_BYTES = 16
SEALED_BYTES_MAX = 64 * 1024
NUMBER_MAX = 10**15

Choice = Annotated[str, Meta(min_length=1, max_length=ANSWER_BYTES_MAX)]


class Hashed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=0):
    """Right is whatever, normalised and salted (`answers.answer_hash`), has one of these hashes."""

    salt: Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    hashes: Annotated[tuple[bytes, ...], Meta(min_length=1, max_length=ALTERNATIVES_MAX)]


class Interval(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=1):
    """Right is a number from `low` to `high`, in units of 10^-`decimals`; `right` is the best one, for estimates."""

    low: Annotated[int, Meta(ge=-NUMBER_MAX, le=NUMBER_MAX)]
    high: Annotated[int, Meta(ge=-NUMBER_MAX, le=NUMBER_MAX)]
    right: Annotated[int, Meta(ge=-NUMBER_MAX, le=NUMBER_MAX)]
    decimals: Annotated[int, Meta(ge=0, le=6)] = 0


class Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=2):
    """A `Hashed` or `Interval`, readable only with the secret of the checkpoint's QR code (`answers.unseal`)."""

    salt: Annotated[bytes, Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    box: Annotated[bytes, Meta(max_length=SEALED_BYTES_MAX)]
    check: Annotated[bytes, Meta(min_length=32, max_length=32)]


class Later(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=3):
    """Judged at a kiosk, an edge or HQ."""


class Judged(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=4):
    """Judged by people: photos and free text. `automatic`: counts at once, until somebody says otherwise."""

    automatic: bool = False


Key = Hashed | Interval | Sealed | Later | Judged


class Form(IntEnum):
    """What kind of answer is asked for; what the player's screen shows."""

    TEXT = 0
    NUMBER = 1
    CHOICE = 2
    """One of `choices`, answered by its text."""
    ORDER = 3
    """All of `choices` in the right order, joined by a line feed."""
    PHOTO = 4
    FREE_TEXT = 5


class Hint(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Help that costs `points`, to be had `delay_ms` after the challenge was opened, and in order where told."""

    text: Text
    points: Points = 0
    delay_ms: SpanMs = 0


class Challenge(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is asked at a checkpoint (None: anywhere).

    It may be answered once the checkpoint is visited. `points` are paid for a
    right answer; a right one pays if fewer than `tries` different wrong ones
    stand that are not causally after it (None: any number of tries). Each
    different wrong answer costs `wrong_points`, together never more than
    `wrong_points_max`. With `par_ms` a right answer within that time after
    opening pays `speed_points` more, falling evenly to none at the par time.
    `hints_in_order`: hint n only after hint n - 1. `media` are shown with the text.
    """

    code: Code
    name: Label
    text: Text
    checkpoint: Number | None
    form: Form
    key: Key
    points: Points
    choices: Annotated[tuple[Choice, ...], Meta(max_length=CHOICES_MAX)] = ()
    tries: Annotated[int, Meta(ge=1, le=TRIES_MAX)] | None = None
    wrong_points: Points = 0
    wrong_points_max: Points = 0
    par_ms: SpanMs = 0
    speed_points: Points = 0
    hints: Annotated[tuple[Hint, ...], Meta(max_length=HINTS_MAX)] = ()
    hints_in_order: bool = True
    unit: Annotated[str, Meta(max_length=32)] = ""
    media: Annotated[tuple[MediumNumber, ...], Meta(max_length=MEDIA_MAX)] = ()
