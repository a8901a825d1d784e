"""The ranges of the numbers and texts that a game is made of, each with its reason.

A value outside its range is refused where it is made and where it is decoded.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

CHECKPOINTS_MAX = 200_000
"""Every railway station of Europe three times over."""
CHALLENGES_MAX = 20_000
GROUPS_MAX = 5_000
KINDS_MAX = 1_000
"""Kinds of checkpoints in one game: rules that many checkpoints share."""
NAME_BYTES_MAX = 200
CODE_BYTES_MAX = 32
TEXT_BYTES_MAX = 4_000
"""A briefing, a riddle, a message: two printed pages."""
ANSWER_BYTES_MAX = 400
POINTS_MAX = 1_000_000
"""With 200,000 checkpoints a score stays an exact integer in every JSON reader."""
LIMIT_MS_MAX = 366 * 86_400_000
TIME_MS_MAX = 2**53 - 1
ACCURACY_MM_MAX = 10_000_000
TEAM_NUMBER_MAX = 1_000_000
MEMBERS_MAX = 64
"""Players of one team; a school class on one ticket."""
TRIES_MAX = 1_000
HINTS_MAX = 20

TimeMs = Annotated[int, Meta(ge=0, le=TIME_MS_MAX)]
SpanMs = Annotated[int, Meta(ge=0, le=LIMIT_MS_MAX)]
Points = Annotated[int, Meta(ge=0, le=POINTS_MAX)]
SignedPoints = Annotated[int, Meta(ge=-POINTS_MAX, le=POINTS_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_BYTES_MAX)]
Label = Annotated[str, Meta(max_length=NAME_BYTES_MAX)]
"""A name that may be empty."""
Text = Annotated[str, Meta(max_length=TEXT_BYTES_MAX)]
Code = Annotated[str, Meta(min_length=1, max_length=CODE_BYTES_MAX)]
Number = Annotated[int, Meta(ge=0, lt=CHECKPOINTS_MAX)]
"""A checkpoint, by its place in `Package.checkpoints`."""
ChallengeNumber = Annotated[int, Meta(ge=0, lt=CHALLENGES_MAX)]
GroupNumber = Annotated[int, Meta(ge=0, lt=GROUPS_MAX)]
MemberNumber = Annotated[int, Meta(ge=0, lt=MEMBERS_MAX)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
TeamId = Annotated[bytes, Meta(min_length=16, max_length=16)]
