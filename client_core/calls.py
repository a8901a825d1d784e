"""What crosses the bridge: the calls a user interface makes, what they are asked with and what they answer.

Everything is a map in MessagePack, by the names below; positions, lengths and
times are integers (`lon_e7`, `radius_mm`, `at_ms`). Words for people are made
on the other side: here are codes with their values. The typings of the web app
(`server/web/player/bridge.d.ts`) are written from this table.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from client_core.game.challenges import Form
from client_core.game.fences import LatE7, LonE7
from client_core.game.joining import MemberOffered, PublicKey
from client_core.game.ranges import (
    ANSWER_BYTES_MAX,
    CODE_BYTES_MAX,
    MEMBERS_MAX,
    TEXT_BYTES_MAX,
    MemberNumber,
    TimeMs,
)
from client_core.game.showing import CheckInBy, StandingsShown
from client_core.status import Status
from client_core.transports.fetch import Fetch
from sync.effects import Sign, Verify

SCANNED_CHARS_MAX = 2_000
"""A QR code holds 2,953 bytes; an address with a code in it takes a tenth."""

Count = Annotated[int, Meta(ge=0)]
Members = Annotated[tuple[MemberNumber, ...], Meta(max_length=MEMBERS_MAX)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]


class Position(msgspec.Struct, frozen=True):
    """Where the device is; `accuracy_mm` is the radius at 95 %, None where the receiver does not say."""

    lon_e7: LonE7
    lat_e7: LatE7
    accuracy_mm: Annotated[int, Meta(ge=0)] | None
    at_ms: TimeMs


# --- Asked ---


class Open(msgspec.Struct, frozen=True):
    """Open the game that the store joined last."""


class Join(msgspec.Struct, frozen=True):
    """Join the game at an address by a code, with a key whose private half the platform keeps.

    `members` are those of the team whose phone this is; without them `Opened.offered` says who there is to choose.
    """

    url: Annotated[str, Meta(max_length=1_000)]
    code: Annotated[str, Meta(max_length=64)]
    public_key: PublicKey
    team_name: Annotated[str, Meta(max_length=200)] = ""
    members: Members = ()


class PlayFor(msgspec.Struct, frozen=True):
    """Report for these members of the team from here on; none: for nobody."""

    members: Members
    at_ms: TimeMs


class Now(msgspec.Struct, frozen=True):
    """How the game stands at this moment, here: `fix` decides what is near enough to be shown.

    `checkpoints_known` is the `checkpoints_version` of the answer at hand.
    """

    at_ms: TimeMs
    fix: Position | None = None
    checkpoints_known: int = 0


class NearTo(msgspec.Struct, frozen=True):
    """How far everything is from here: cheap enough for every fix."""

    fix: Position
    at_ms: TimeMs


class CheckInHere(msgspec.Struct, frozen=True):
    """Check in at a checkpoint by position, or by the `code` typed there."""

    checkpoint: Count
    at_ms: TimeMs
    fix: Position | None = None
    code: Annotated[str, Meta(max_length=CODE_BYTES_MAX)] | None = None


class Scanned(msgspec.Struct, frozen=True):
    """Check in by what a QR code said: the checkpoint is the one whose code it is."""

    text: Annotated[str, Meta(max_length=SCANNED_CHARS_MAX)]
    at_ms: TimeMs
    fix: Position | None = None


class At(msgspec.Struct, frozen=True):
    """Something done at a time: start, finish, retire."""

    at_ms: TimeMs


class AnswerTo(msgspec.Struct, frozen=True):
    """Answer a challenge; a list is joined by line feeds. `secret` is what the place's QR code said."""

    challenge: Count
    text: Annotated[str, Meta(max_length=ANSWER_BYTES_MAX)]
    at_ms: TimeMs
    secret: Annotated[str, Meta(max_length=CODE_BYTES_MAX)] | None = None


class HintOf(msgspec.Struct, frozen=True):
    """Take a hint, counted from 0; what it costs is charged."""

    challenge: Count
    hint: Count
    at_ms: TimeMs


class OpenChallenge(msgspec.Struct, frozen=True):
    """The player reads a challenge: its times run from here."""

    challenge: Count
    at_ms: TimeMs


class PhotoFor(msgspec.Struct, frozen=True):
    """Answer a challenge with a JPEG or PNG; what it tells of its owner is left out before it is kept."""

    challenge: Count
    content: bytes
    at_ms: TimeMs


class Words(msgspec.Struct, frozen=True):
    """Words to staff."""

    text: Annotated[str, Meta(max_length=TEXT_BYTES_MAX)]
    at_ms: TimeMs


class ReportPhoto(msgspec.Struct, frozen=True):
    """A photo of the gallery should not be there: `photo` is the id the gallery names it by."""

    photo: Annotated[bytes, Meta(min_length=32, max_length=32)]
    at_ms: TimeMs
    text: Annotated[str, Meta(max_length=TEXT_BYTES_MAX)] = ""


class CallForHelp(msgspec.Struct, frozen=True):
    """SOS, with the last position that is known."""

    at_ms: TimeMs
    text: Annotated[str, Meta(max_length=TEXT_BYTES_MAX)] = ""
    fix: Position | None = None
    battery_percent: Annotated[int, Meta(ge=0, le=100)] | None = None


class Consent(msgspec.Struct, frozen=True):
    """A briefing of this version was accepted, by a guardian where it says so."""

    version: str
    at_ms: TimeMs
    guardian: bool = False


class ReadMessage(msgspec.Struct, frozen=True):
    """A message of staff was shown."""

    message: bytes
    at_ms: TimeMs


class SyncWith(msgspec.Struct, frozen=True):
    """Hold a session with the node of this address; with the first upstream where it is empty."""

    url: Annotated[str, Meta(max_length=1_000)] = ""


class Nothing(msgspec.Struct, frozen=True):
    """No further words."""


class BundleBytes(msgspec.Struct, frozen=True):
    """A bundle: all that is held, as a file."""

    content: bytes


# --- Answered ---


class HolderView(msgspec.Struct, frozen=True):
    """Who holds a checkpoint since when, as far as is known here.

    `mine`: this team; else by number and, where it is known, by name. Nobody
    else can take it until `blocked_until_ms` (None: anybody can).
    """

    team_number: int
    team_name: str
    mine: bool
    since_ms: int
    blocked_until_ms: int | None


class CheckpointView(msgspec.Struct, frozen=True):
    """A checkpoint as players may know it. `rings` is its area where that is no circle: lines of (lon_e7, lat_e7).

    Not `plays`: it does not belong to the team's format or course. `hours` are
    the times (from, up to and with) in which check-ins count, empty: always.
    `first_points` are the extra points for the first teams there;
    `minute_points` what holding it pays a minute, 0 where it is not held.
    `dwell_ms`: so long one has to be there, 0 where it counts at once.
    """

    number: int
    code: str
    name: str
    text: str
    points: int
    methods: tuple[str, ...]
    lon_e7: int | None
    lat_e7: int | None
    radius_mm: int | None
    rings: tuple[tuple[tuple[int, int], ...], ...]
    finish: bool
    plays: bool
    hours: tuple[tuple[int, int], ...]
    first_points: tuple[int, ...]
    minute_points: int
    dwell_ms: int
    holder: HolderView | None


class HintView(msgspec.Struct, frozen=True):
    """A hint, counted from 0: `text` once it was taken; else what it costs and from when it may be had (None: now).

    `comes_later`: the one before has to be taken first.
    """

    number: int
    text: str | None
    points: int
    from_ms: int | None
    comes_later: bool


class ChallengeView(msgspec.Struct, frozen=True):
    """A challenge whose checkpoint was visited, as it stands for all that this device holds.

    `waiting`: an answer or photo waits for somebody to judge it. `tries_left`
    is None for any number; `wrong_points` is what another wrong answer costs
    now. A right one pays up to `speed_points` more, falling evenly over
    `par_ms` to none at `par_ends_ms` (None: there is none, or it does not run
    yet). `media` are numbers in `Home.media`.
    """

    number: int
    code: str
    name: str
    text: str
    checkpoint: int | None
    form: Form
    points: int
    choices: tuple[str, ...]
    unit: str
    sealed: bool
    answered: bool
    waiting: bool
    tries_left: int | None
    wrong_points: int
    speed_points: int
    par_ms: int
    par_ends_ms: int | None
    hints: tuple[HintView, ...]
    media: tuple[int, ...]


class BriefingView(msgspec.Struct, frozen=True):
    """A text to be read before playing; `accepted` once it was."""

    version: str
    text: str
    consent: bool
    accepted: bool


class MediumView(msgspec.Struct, frozen=True):
    """A file that travels beside the game (`game.media`): `hash` is its name at every node of the game, in hex."""

    name: str
    hash: str
    size: int
    media_type: str
    credit: str


class Home(msgspec.Struct, frozen=True):
    """The game and who plays it; does not change while it is played.

    `asks_members`: a phone counts only for the members it says it plays for.
    `photos`: something is answered with one, so there may be a gallery. `texts`
    are its translations: by language, by the text in the game's own language.
    """

    tenant: bytes
    game: bytes
    name: str
    language: str
    time_zone: str
    opens_at_ms: int
    closes_at_ms: int
    team_number: int
    team_name: str
    public_key: bytes
    upstreams: tuple[str, ...]
    emergency_number: str
    check_in: CheckInBy
    own_position: bool
    distances: bool
    standings: StandingsShown
    self_start: bool
    finish_action: bool
    asks_members: bool
    photos: bool
    checkpoints: int
    package_bytes: int
    media: tuple[MediumView, ...]
    texts: dict[str, dict[str, str]]


class Opened(msgspec.Struct, frozen=True):
    """What the store holds: `home` is None where no game was joined yet.

    `offered` are the team's members with their names, told by the node in
    answer to a joining and kept nowhere: after `open` it is empty.
    """

    home: Home | None
    offered: tuple[MemberOffered, ...] = ()


class Near(msgspec.Struct, frozen=True):
    """How far a checkpoint's fence is: from the centre of a circle, from the edge of a polygon, 0 inside it."""

    number: int
    distance_mm: int
    inside: bool


class Distances(msgspec.Struct, frozen=True):
    """How far the checkpoints are that may be seen."""

    near: tuple[Near, ...]


class MessageView(msgspec.Struct, frozen=True):
    """A message of staff."""

    id: bytes
    at_ms: int
    text: str
    urgent: bool
    read: bool


class AlarmView(msgspec.Struct, frozen=True):
    """A call for help; `seen` are the notes of staff who saw it, empty while nobody has.

    Not `sent`: nobody but this device is known to hold it.
    """

    at_ms: int
    sent: bool
    seen: tuple[str, ...]


class WordsView(msgspec.Struct, frozen=True):
    """What the team wrote to staff; not `sent`: nobody but this device is known to hold it; `seen`: staff said so."""

    at_ms: int
    text: str
    sent: bool
    seen: bool


class Standing(msgspec.Struct, frozen=True):
    """How the game stands for this team, folded from what this device holds.

    `left_ms` is the time left at the moment asked for, with everything that
    staff decided as far as it is known here; negative once late, None without a
    limit. `paused`: it stands still. `members` are the team's numbers as far as
    they are known here, `plays_for` those this device reports for; where
    `member_needed` it counts for nobody until it says whose it is (`play_for`).
    `categories` are those it stands in and `format` what it plays of the game,
    by name; empty where there are none. `checkpoints` are those that may be
    seen, and None where they are those of the version that is known.
    """

    team_number: int
    team_name: str
    members: tuple[int, ...]
    plays_for: tuple[int, ...]
    member_needed: bool
    status: str
    points: int
    penalties: int
    score: int
    start_ms: int | None
    left_ms: int | None
    paused: bool
    finish_ms: int | None
    time_ms: int | None
    categories: tuple[str, ...]
    format: str
    checkpoints: tuple[CheckpointView, ...] | None
    checkpoints_version: int
    visited: tuple[int, ...]
    near: tuple[Near, ...]
    challenges: tuple[ChallengeView, ...]
    briefings: tuple[BriefingView, ...]
    messages: tuple[MessageView, ...]
    alarms: tuple[AlarmView, ...]
    words: tuple[WordsView, ...]
    safety: Status
    photos_waiting: int


Named = Literal["accepted", "refused", "charged"]


class Outcome(msgspec.Struct, frozen=True):
    """What became of an action. `kept`: it stands in the log, so staff can rule otherwise.

    `reason` is a code of `verdicts.Reason` with its `values`; `near` are the
    fix's accuracy and the distance, where one was given.
    """

    verdict: Named
    points: int
    reason: str
    values: tuple[int, ...]
    kept: bool
    checkpoint: int | None = None
    accuracy_mm: int | None = None


class LineView(msgspec.Struct, frozen=True):
    """One line of the explanation; the points of all lines sum to the score."""

    code: str
    points: int
    values: tuple[int, ...]
    at_ms: int | None
    checkpoint: int | None
    challenge: int | None
    group: str | None
    checkpoint_code: str | None
    challenge_code: str | None


class Explained(msgspec.Struct, frozen=True):
    """Why the team has its score; `digest` is equal on every node that holds the same events."""

    score: int
    digest: bytes
    lines: tuple[LineView, ...]


class Synced(msgspec.Struct, frozen=True):
    """What a session did; not `converged`: the two do not hold the same yet."""

    url: str
    converged: bool
    sent: int
    received: int
    retry_after_ms: int
    problem: str


class Imported(msgspec.Struct, frozen=True):
    """What a bundle brought."""

    whole: bool
    received: int
    duplicates: int


class PhotosSent(msgspec.Struct, frozen=True):
    """How many photos the node holds whole, of how many there are here."""

    whole: int
    photos: int


# --- Steps: what a call comes to ---


class Done(msgspec.Struct, frozen=True, tag="done", tag_field="step"):
    """The call's answer."""

    answer: msgspec.Raw


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="step"):
    """The call failed, by a stable code and a sentence in English; what was durable before stays so."""

    code: str
    detail: str
    retry_after_ms: int = 0


class Asked(msgspec.Struct, frozen=True, tag="asked", tag_field="step"):
    """The call waits for one of these, fed back with `resume`: whichever is not None."""

    ticket: int
    sign: Sign | None = None
    verify: Verify | None = None
    fetch: Fetch | None = None


Step = Done | Failed | Asked
