"""Decisions of staff, as they stand in payloads: signed, offline, each with a reason, each undoable.

A decision about one team is written to a stream of that team's audience, so
that its devices come to the same score; one about the whole game to a `game`
stream. `sees` are the ids of earlier decisions on the same thing that its
author knew: it wins over those. Among others that set the same single value the
higher role, then the stamp, then the id decides, and the losers are listed as
disputed. What the decisions in force add up to is `rulings`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import (
    ANSWER_BYTES_MAX,
    LIMIT_MS_MAX,
    MEMBERS_MAX,
    ChallengeNumber,
    Code,
    GroupNumber,
    Hash,
    MemberNumber,
    Number,
    Points,
    SignedPoints,
    TeamId,
    Text,
    TimeMs,
)

REASON_BYTES_MAX = 400
SEES_MAX = 16
REPORTS_MAX = 200
"""Of one photo; with more it stays hidden."""

Why = Annotated[str, Meta(max_length=REASON_BYTES_MAX)]
Sees = Annotated[tuple[Hash, ...], Meta(max_length=SEES_MAX)]
SignedSpanMs = Annotated[int, Meta(ge=-LIMIT_MS_MAX, le=LIMIT_MS_MAX)]


class Decision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What every decision starts with: when it was made, and why."""

    at_ms: TimeMs
    reason: Why


class CheckpointVoided(Decision, frozen=True, tag=32):
    """The checkpoint pays nobody (or not this team), and nobody misses it in a course."""

    checkpoint: Number
    team: TeamId | None = None


class ChallengeVoided(Decision, frozen=True, tag=33):
    """The challenge neither pays nor costs."""

    challenge: ChallengeNumber
    team: TeamId | None = None


class VisitGranted(Decision, frozen=True, tag=34):
    """The team was there, though no check-in says so.

    At `visit_ms`, or, in a course, after its visit of checkpoint `after`, or
    neither: then it counts where order and time do not matter.
    """

    team: TeamId
    checkpoint: Number
    visit_ms: TimeMs | None = None
    after: Number | None = None
    member: MemberNumber | None = None


class VisitTaken(Decision, frozen=True, tag=35):
    """The team's visits of this checkpoint do not count: of one member or of all."""

    team: TeamId
    checkpoint: Number
    member: MemberNumber | None = None


class PointsAdjusted(Decision, frozen=True, tag=36):
    """Points given, or taken where negative. Several add up.

    With `member`: where members are scored alone to that one only; where the
    team is scored as one, to the team.
    """

    team: TeamId
    points: SignedPoints
    member: MemberNumber | None = None


class TimeCredited(Decision, frozen=True, tag=37):
    """Time taken off the team's elapsed time, or added where negative. Several add up; `member` as for points."""

    team: TeamId
    credit_ms: SignedSpanMs
    member: MemberNumber | None = None


class AnswerAccepted(Decision, frozen=True, tag=38):
    """For every team this answer (normalised) is right, or, with `right` False, wrong."""

    challenge: ChallengeNumber
    answer: Annotated[str, Meta(max_length=ANSWER_BYTES_MAX)]
    right: bool = True
    sees: Sees = ()


class AnswerJudged(Decision, frozen=True, tag=39):
    """One answer or photo, named by its event, is right or not; with `points` worth that much instead.

    Written by people for photos and free text, and by a kiosk, edge or HQ for
    challenges whose answer only they know.
    """

    team: TeamId
    event: Hash
    right: bool
    points: Points | None = None
    sees: Sees = ()


class EndSet(Decision, frozen=True, tag=40):
    """Everybody, a category or a team is to be back by this time: a state, never a difference."""

    back_by_ms: TimeMs
    team: TeamId | None = None
    category: Code | None = None
    sees: Sees = ()


class Stopped(Decision, frozen=True, tag=41):
    """The game is stopped at `stop_ms`: what is later does not count. Not `ranked`: it closes without a result."""

    stop_ms: TimeMs
    ranked: bool = True
    category: Code | None = None
    sees: Sees = ()


class Neutralised(Decision, frozen=True, tag=42):
    """An interval that counts for no limit, penalty, par time, hint delay or holding.

    From `from_ms` to `to_ms` (None: not ended yet), for all or one team. With
    `checkpoint`: only while waiting there, from its visit to the next; with
    `leg_to` too: the whole way from the visit of `checkpoint` to that of
    `leg_to`. Intervals that overlap count once.
    """

    from_ms: TimeMs
    to_ms: TimeMs | None = None
    team: TeamId | None = None
    checkpoint: Number | None = None
    leg_to: Number | None = None
    sees: Sees = ()


class TeamsMerged(Decision, frozen=True, tag=43):
    """Two teams are one from now on and before, under `into`; what each did is judged as that team."""

    team: TeamId
    into: TeamId


class DeviceMoved(Decision, frozen=True, tag=44):
    """What this stream says from number `from_seq` on is about `team`, and about its `members`, where it names any."""

    stream: Hash
    from_seq: Annotated[int, Meta(ge=0)]
    team: TeamId
    members: Annotated[tuple[MemberNumber, ...], Meta(max_length=MEMBERS_MAX)] = ()


class CategorySet(Decision, frozen=True, tag=45):
    """The team stands in these categories and no others, and plays this format (None: as its categories say)."""

    team: TeamId
    categories: Annotated[tuple[Code, ...], Meta(max_length=50)]
    format: Code | None = None
    sees: Sees = ()


class StatusSet(Decision, frozen=True, tag=46):
    """Team or member has this status (`statuses.STATUS_NUMBERS`), whatever its events say; None: derived."""

    team: TeamId
    status: Annotated[int, Meta(ge=0, le=63)] | None
    member: MemberNumber | None = None
    sees: Sees = ()


class LotDrawn(Decision, frozen=True, tag=47):
    """Among equals these teams stand in this order."""

    teams: Annotated[tuple[TeamId, ...], Meta(min_length=2, max_length=1_000)]
    sees: Sees = ()


class StartSet(Decision, frozen=True, tag=48):
    """The team (None: everybody) starts at this time. Beats every other start."""

    start_ms: TimeMs
    team: TeamId | None = None
    category: Code | None = None
    sees: Sees = ()


class GroupOpened(Decision, frozen=True, tag=49):
    """The group is open for the team (None: everybody) from this time on."""

    group: GroupNumber
    open_ms: TimeMs
    team: TeamId | None = None


class Undone(Decision, frozen=True, tag=50):
    """The decision of this event id does not hold, wherever it is met. Undoing an undoing is a new decision."""

    decision: Hash


class Whereabouts(IntEnum):
    """Where a player is, as the count-out keeps it, apart from any result."""

    EXPECTED = 0
    BRIEFED = 1
    OUT = 2
    BACK = 3
    """Seen back by a kiosk or a person; a phone's finish never says so."""
    LEFT = 4
    """Gone home, and said so."""


class WhereaboutsMarked(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=51):
    """A kiosk or a person saw it; `member` None means all members of the team. `note`: intended way, battery."""

    at_ms: TimeMs
    team: TeamId
    where: Whereabouts
    member: MemberNumber | None = None
    note: Why = ""


class MessageSent(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=52):
    """Words of staff to everybody, to a category or to a team."""

    at_ms: TimeMs
    text: Text
    team: TeamId | None = None
    category: Code | None = None
    urgent: bool = False


class Acknowledged(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=53):
    """Staff saw this event: an SOS, a message of a team, a report."""

    at_ms: TimeMs
    event: Hash
    note: Why = ""


class PhotoShown(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=54):
    """The photo of this event is shown in the gallery, or, with `shown` False, hidden from it.

    `knows` are the reports of it that whoever decided had seen.
    """

    at_ms: TimeMs
    event: Hash
    shown: bool
    knows: Annotated[tuple[Hash, ...], Meta(max_length=REPORTS_MAX)] = ()


Ruling = (
    CheckpointVoided
    | ChallengeVoided
    | VisitGranted
    | VisitTaken
    | PointsAdjusted
    | TimeCredited
    | AnswerAccepted
    | AnswerJudged
    | EndSet
    | Stopped
    | Neutralised
    | TeamsMerged
    | DeviceMoved
    | CategorySet
    | StatusSet
    | LotDrawn
    | StartSet
    | GroupOpened
    | Undone
)
"""Decisions that change results."""
Desk = WhereaboutsMarked | MessageSent | Acknowledged | PhotoShown
"""What staff write that changes no result."""
