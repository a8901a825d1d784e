"""What may stand in `game.toml`: the structs that the schema and the reference page are made from.

Every field says what it means; what is left out is as the preset says, or else
as written here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from client_core.game.ranges import CODE_BYTES_MAX, MEMBERS_MAX, NAME_BYTES_MAX, POINTS_MAX, TEXT_BYTES_MAX

Way = Literal["position", "qr", "code", "kiosk", "staff", "paper"]
TieName = Literal[
    "earlier finish", "elapsed time", "earlier last points", "fewer hints", "fewer wrong", "nearest estimate", "draw"
]


def says(text: str) -> Meta:
    """What a key means."""
    return Meta(description=text)


POINTS = Meta(ge=0, le=POINTS_MAX)
COUNT = Meta(ge=1, le=100_000)
PLACES = Meta(ge=0, le=100)
AGE = Meta(ge=0, le=2_000)
NAMED = Meta(min_length=1, max_length=NAME_BYTES_MAX)
CODED = Meta(max_length=CODE_BYTES_MAX)


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Kind(_Section, frozen=True):
    """`[kind.NAME]`: rules that several checkpoints share; a checkpoint names its kind in the table's column `kind`."""

    ways: Annotated[
        Annotated[tuple[Way, ...], Meta(min_length=1)] | None,
        says("How one checks in there; as in the game where it is left out."),
    ] = None
    fence: Annotated[str | None, says('Radius: "open", "forest", "city" or a length.')] = None
    accuracy: Annotated[str | None, says("Worst accuracy of a position that counts, a length.")] = None
    hours: Annotated[
        list[str], Meta(max_length=200), says('When check-ins count: "2026-06-06T10:00 to 2026-06-06T12:00".')
    ] = []
    dwell: Annotated[str, says("How long a visit by position must last.")] = "0 s"
    shown: Annotated[Literal["always", "near", "open"], says("When players see it on the map.")] = "always"
    near: Annotated[str, says('How near, for shown = "near".')] = "50 m"
    first_finders: Annotated[
        list[Annotated[int, POINTS]],
        Meta(max_length=200),
        says("Extra points for the first teams there, such as [10, 5, 2]."),
    ] = []
    by_time: Annotated[
        list[str], Meta(max_length=200), says('Points by time: "after 30 min: 20", counted from the start.')
    ] = []
    capture: Annotated[
        Annotated[int, POINTS] | None, says("Points a minute for holding it until another team comes.")
    ] = None
    blocked: Annotated[str, says("How long nobody else can take it after a capture.")] = "0 s"
    revisit: Annotated[str | None, says("After this pause a visit pays again; left out: once a game.")] = None


class Group(_Section, frozen=True):
    """`[group.NAME]`: checkpoints that belong together."""

    name: Annotated[str, says("What players read; the NAME where it is left out.")] = ""
    checkpoints: Annotated[list[str], says('Codes in their order; "A or B" where either will do.')] = []
    groups: Annotated[list[str], says("Names of groups instead of checkpoints; they nest two deep.")] = []
    order: Annotated[
        Literal["free", "fixed", "rotated", "shuffled", "given"], says("In what order they are played.")
    ] = "free"
    orders: Annotated[list[str], says('For order = "given": "7: 33 31 32" for team 7; others play as listed.')] = []
    pinned_first: Annotated[int, PLACES, says("So many stay first in a shuffled order.")] = 0
    pinned_last: Annotated[int, PLACES, says("So many stay last in a shuffled order.")] = 0
    mode: Annotated[Literal["hunt", "sport"], says("Hunt: what is not open does not count. Sport: judged after.")] = (
        "hunt"
    )
    next_after: Annotated[Literal["visit", "answer"], says("What opens the next one of an order.")] = "visit"
    opens: Annotated[list[str], says('Any of these opens it: "visited 12 and answered R3", "after 30 min".')] = []
    count: Annotated[Annotated[int, COUNT] | None, says("Only so many visits pay, the earliest.")] = None
    bonus: Annotated[int, Meta(ge=-POINTS_MAX, le=POINTS_MAX), says("Points for completing it.")] = 0
    bonus_for: Annotated[Annotated[int, COUNT] | None, says("So many members complete it; left out: all.")] = None
    within: Annotated[str | None, says("The bonus needs all of them within this time.")] = None
    skippable: Annotated[bool, says("Members of an order may be left out.")] = False
    categories: Annotated[list[str], says("Only teams of these categories play it.")] = []


class Category(_Section, frozen=True):
    """`[category.NAME]`: teams by their members."""

    name: Annotated[str, says("What people read; the NAME where it is left out.")] = ""
    age_min: Annotated[Annotated[int, AGE] | None, says("Every member is at least so old in the year of the game.")] = (
        None
    )
    age_max: Annotated[Annotated[int, AGE] | None, says("Every member is at most so old in the year of the game.")] = (
        None
    )
    age_sum_min: Annotated[Annotated[int, AGE] | None, says("The members' ages sum to at least this.")] = None
    size_min: Annotated[Annotated[int, AGE] | None, says("At least so many members.")] = None
    size_max: Annotated[Annotated[int, AGE] | None, says("At most so many members.")] = None
    female_min: Annotated[Annotated[int, AGE] | None, says("At least so many women.")] = None
    male_min: Annotated[Annotated[int, AGE] | None, says("At least so many men.")] = None
    sex: Annotated[Literal["female", "male", "other"] | None, says("All members are.")] = None
    assigned: Annotated[bool, says("Only teams that were entered for it.")] = False
    format: Annotated[str | None, says("The format it plays.")] = None


class Limits(_Section, frozen=True):
    """What the game and each of its formats say of time."""

    start: Annotated[datetime | None, says("When all start, or the first of an interval start.")] = None
    start_by: Annotated[
        Literal["clock", "self", "start list", "interval", "check-in", "staff"] | None,
        says("How teams start; clock where a start is given, else self (with the first check-in)."),
    ] = None
    start_every: Annotated[str, says("The interval of an interval start.")] = "1 min"
    start_at: Annotated[str | None, says("The code of the start checkpoint of a check-in start.")] = None
    start_until: Annotated[datetime | None, says("Who has not started by then starts at that time.")] = None
    duration: Annotated[str | None, says("How long a team may play.")] = None
    back_by: Annotated[datetime | None, says("When everybody must be back; the earlier of the two limits holds.")] = (
        None
    )
    late_points: Annotated[int, POINTS, says("Points taken for every started minute over the limit.")] = 10
    late_max: Annotated[str | None, says("Later than this over the limit, late_then holds; left out: never.")] = None
    late_then: Annotated[Literal["not placed", "zero", "disqualified"], says("What then happens.")] = "not placed"
    late_checkins: Annotated[bool, says("Whether check-ins after the limit pay.")] = True
    late_in_doubt: Annotated[
        Literal["team", "estimate", "proven"],
        says("What a phone's clock is worth beside what nodes saw: docs/why/time.md."),
    ] = "team"


class Format(Limits, frozen=True):
    """`[format.NAME]`: another way to play the same game, such as 4 h and 8 h; what is left out is as in the game."""

    name: Annotated[str, says("What people read; the NAME where it is left out.")] = ""
    checkpoints: Annotated[list[str] | None, says("Codes that pay in it; left out: all.")] = None


class Briefing(_Section, frozen=True, kw_only=True):
    """`[[briefing]]`: a text that is read before playing."""

    version: Annotated[str, NAMED, says("Its version: a changed text is a new version.")]
    text: Annotated[str, Meta(min_length=1, max_length=TEXT_BYTES_MAX), says("What is read.")]
    consent: Annotated[bool, says("Whether it must be accepted, for minors by a guardian.")] = False


class GameFile(Limits, frozen=True, kw_only=True):
    """The whole of `game.toml`."""

    name: Annotated[str, NAMED, says("The game's name.")]
    preset: Annotated[str | None, says("Rules to start from: rogaine, score, line, city-hunt and so on.")] = None
    language: Annotated[str, Meta(min_length=2, max_length=16), says("The language of the texts.")] = "en"
    time_zone: Annotated[str, Meta(max_length=64), says("Times without an offset are local to it.")] = "UTC"
    opens: Annotated[datetime | None, says("Nothing counts before; an hour before the start if left out.")] = None
    closes: Annotated[datetime | None, says("Nothing counts after; 12 h after the limit if left out.")] = None
    finish: Annotated[str | None, says("The code of the finish; left out: teams say they are done.")] = None
    resume: Annotated[str, says("So long after a phone's finish a check-in withdraws it.")] = "0 s"
    floor_at_zero: Annotated[bool, says("No score falls below zero.")] = True
    rank_by: Annotated[Literal["points", "time"], says("What places go by.")] = "points"
    ties: Annotated[
        tuple[TieName, ...],
        says("What decides between equals, in this order."),
    ] = ("elapsed time",)
    dense_places: Annotated[bool, says("After a shared place the next number follows.")] = False
    share_uncertain: Annotated[bool, says("Times that cannot be told apart share the place.")] = False
    ways: Annotated[tuple[Way, ...], Meta(min_length=1), says("How one checks in.")] = ("position", "qr", "code")
    fence: Annotated[str, says('Radius of a fence: "open" 15 m, "forest" 20 m, "city" 25 m, or a length.')] = "25 m"
    accuracy: Annotated[str, says("Worse positions are refused.")] = "50 m"
    no_accuracy: Annotated[Literal["count", "assume limit", "refuse"], says("Positions that tell no accuracy.")] = (
        "assume limit"
    )
    points: Annotated[int | str, says("What a checkpoint pays: a number, or a rule by its code.")] = 10
    check_in: Annotated[Literal["tap", "automatic"], says("How a phone checks in by position.")] = "tap"
    own_position: Annotated[bool, says("Players see where they are.")] = True
    distances: Annotated[bool, says("Players see how far checkpoints are.")] = True
    standings: Annotated[Literal["live", "frozen", "hidden"], says("What players see of the standings.")] = "live"
    frozen_from: Annotated[datetime | None, says("From when the standings are frozen.")] = None
    presence: Annotated[Literal["any", "all", "lowest", "some"], says("Whose visits make a team's visit.")] = "any"
    within: Annotated[str, says("Members must be there within this time; 0 s: no bound.")] = "0 s"
    members_needed: Annotated[int, Meta(ge=1, le=MEMBERS_MAX), says('How many, for presence = "some".')] = 1
    team_time: Annotated[Literal["last", "first"], says("Whose finish ends the team's time.")] = "last"
    one_category: Annotated[bool, says("A team stands in the first category it meets, not in each.")] = False
    emergency_number: Annotated[str, Meta(min_length=1, max_length=32), says("What players call.")] = "112"
    retention_days: Annotated[int, Meta(ge=1, le=3_650), says("Personal data is kept so long after the game.")] = 90
    checkpoints: Annotated[str, says("The places: a table (.csv), or .geojson, .kml, .kmz, IOF .xml.")] = (
        "checkpoints.csv"
    )
    map: Annotated[str | None, says("The map that devices take along, a PMTiles file beside game.toml.")] = None
    challenges: Annotated[str | None, says("The table of challenges; challenges.csv is read where it is there.")] = None
    kind: dict[str, Kind] = {}
    group: dict[str, Group] = {}
    category: dict[str, Category] = {}
    format: dict[str, Format] = {}
    briefing: list[Briefing] = []
    credit: Annotated[
        dict[str, str], says("[credit]: whom to name for a file that is shown, such as the map's makers.")
    ] = {}
    text: Annotated[dict[str, dict[str, str]], says("[text.it]: texts and their translations.")] = {}


def schema() -> bytes:
    """The JSON Schema of `game.toml`, indented."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(GameFile)), indent=2) + b"\n"
