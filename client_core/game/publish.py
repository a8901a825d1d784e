"""Publication: from a draft in degrees and metres to a package in integers.

The only module of the rule book that computes with floats, and it runs once,
at the publisher. What it computes stands in the package and is never computed
again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from client_core.game.challenges import Challenge, Hashed, Interval
from client_core.game.checkpoints import Checkpoint, Kind, Method
from client_core.game.content import (
    FORMAT,
    RULES,
    Package,
    PackageError,
    VisitRule,
    check_consistent,
    decode_package,
    encode_package,
)
from client_core.game.entrants import Category, Format, MemberRule
from client_core.game.fences import (
    FENCE_LAT_E7_MAX,
    LON_E7_MAX,
    POLYGON_HOLES_MAX,
    POLYGON_POINTS_MAX,
    RADIUS_MM_MAX,
    RADIUS_MM_MIN,
    SCALE_BITS,
    Circle,
    Fence,
    Metric,
    MultiPolygon,
    Polygon,
)
from client_core.game.geometry import ring_bounds
from client_core.game.groups import Group
from client_core.game.media import Medium
from client_core.game.ranges import CHECKPOINTS_MAX, CODE_BYTES_MAX, NAME_BYTES_MAX, POINTS_MAX
from client_core.game.rings import RingFault, check_rings
from client_core.game.showing import Briefing, Catalog, Showing
from client_core.game.text import TextFault, check_text
from client_core.game.timing import FinishRule, Ranking, Start, TimeLimit

WGS84_A_M = 6_378_137.0
WGS84_F = 1 / 298.257_223_563
_E2 = WGS84_F * (2 - WGS84_F)
_UNIT_RAD = math.pi / 180e7

FINDINGS_MAX = 1_000
"""More faults than anybody mends in one go."""

DEFAULT_VISITS = VisitRule(dwell_ms=3_000, exit_mm=5_000, speed_mm_s_max=12_000, silence_ms_max=30_000)
"""Three seconds, two fixes of most receivers, stop a passer-by's stray fix; 12 m/s is faster than people run."""
DEFAULT_ACCURACY_MM_MAX = 50_000
"""Twice the usual fence: beyond it a fix hardly says anything."""
DEFAULT_METHODS = (Method.GPS, Method.QR, Method.CODE)

PositionDeg = tuple[float, float]


class DraftCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint as people draw it: degrees (longitude, latitude) and metres.

    One of `at` with `radius_m` (a circle) or `rings` (a polygon: exterior, then
    holes; `more` are the other parts of a multipolygon), or neither where it is
    visited without a position. `where` names it in messages, `kind` is the
    number of its kind, `secret` the hash of what its QR code says.
    """

    code: str
    name: str = ""
    points: int = 0
    at: PositionDeg | None = None
    radius_m: float = 25.0
    rings: tuple[tuple[PositionDeg, ...], ...] = ()
    where: str = ""
    more: tuple[tuple[tuple[PositionDeg, ...], ...], ...] = ()
    kind: int = 0
    text: str = ""
    secret: bytes = b""


class Kept(msgspec.Struct, frozen=True):
    """What judges a `later` challenge, by its number, and its plain answers."""

    challenge: int
    key: Hashed | Interval
    plain: tuple[str, ...]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A game before publication; the fields are those of `content.Package`, the finish is named by its code.

    Without `kinds` there is one, of `methods` and `accuracy_mm_max`. What
    devices never get stands beside the package: `kept`, the answers that are
    judged later, and `secrets`, (code, secret) of checkpoints, for posters.
    """

    name: str
    time_zone: str
    opens_at_ms: int
    closes_at_ms: int
    start: Start
    checkpoints: tuple[DraftCheckpoint, ...]
    finish_code: str | None = None
    limit: TimeLimit | None = None
    floor_at_zero: bool = True
    accuracy_mm_max: int = DEFAULT_ACCURACY_MM_MAX
    methods: tuple[Method, ...] = DEFAULT_METHODS
    visits: VisitRule = DEFAULT_VISITS
    language: str = "en"
    resume_ms: int = 0
    ranking: Ranking = Ranking()
    members: MemberRule = MemberRule()
    kinds: tuple[Kind, ...] = ()
    groups: tuple[Group, ...] = ()
    challenges: tuple[Challenge, ...] = ()
    categories: tuple[Category, ...] = ()
    one_category: bool = False
    formats: tuple[Format, ...] = ()
    showing: Showing = Showing()
    briefings: tuple[Briefing, ...] = ()
    catalogs: tuple[Catalog, ...] = ()
    emergency_number: str = "112"
    retention_days: int = 90
    media: tuple[Medium, ...] = ()
    kept: tuple[Kept, ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One fault of a draft: a stable code, where it stands, and what is wrong and what to do."""

    code: str
    where: str
    detail: str


class DraftError(Exception):
    """A draft that cannot be published, with everything that is wrong with it (at most `FINDINGS_MAX`)."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        self.code = self.findings[0].code
        self.detail = "; ".join(f"{finding.where}: {finding.detail}" for finding in self.findings[:5])
        if len(self.findings) > 5:
            self.detail += f"; and {len(self.findings) - 5} more"
        super().__init__(self.detail)


def publish(draft: Draft) -> Package:
    """The package of a draft; raises `DraftError` with every finding."""
    kinds = draft.kinds or (Kind(tuple(sorted(set(draft.methods))), draft.accuracy_mm_max),)
    findings = check_checkpoints(draft.checkpoints, kinds)
    findings += _text_findings("game", ((draft.name, "its name", NAME_BYTES_MAX),))
    codes = [checkpoint.code for checkpoint in draft.checkpoints]
    if draft.finish_code is not None and draft.finish_code not in codes:
        detail = f"the finish {draft.finish_code!r} is no checkpoint: use the code of one"
        findings.append(Finding("finish_unknown", "game", detail))
    if findings:
        raise DraftError(findings)
    checkpoints = tuple(_checkpoint(checkpoint) for checkpoint in draft.checkpoints)
    package = Package(
        format=FORMAT,
        rules=RULES,
        name=draft.name,
        time_zone=draft.time_zone,
        opens_at_ms=draft.opens_at_ms,
        closes_at_ms=draft.closes_at_ms,
        start=draft.start,
        language=draft.language,
        limit=draft.limit,
        finish=FinishRule(None if draft.finish_code is None else codes.index(draft.finish_code), draft.resume_ms),
        ranking=draft.ranking,
        members=draft.members,
        floor_at_zero=draft.floor_at_zero,
        visits=draft.visits,
        metric=_metric_of_all(checkpoints),
        kinds=kinds,
        checkpoints=checkpoints,
        groups=draft.groups,
        challenges=draft.challenges,
        categories=draft.categories,
        one_category=draft.one_category,
        formats=draft.formats,
        showing=draft.showing,
        briefings=draft.briefings,
        catalogs=draft.catalogs,
        emergency_number=draft.emergency_number,
        retention_days=draft.retention_days,
        media=draft.media,
    )
    try:
        check_consistent(package)
        return decode_package(encode_package(package))
    except PackageError as error:
        raise DraftError([Finding(error.code, "game", error.detail)]) from error


def check_checkpoints(checkpoints: Sequence[DraftCheckpoint], kinds: Sequence[Kind] = ()) -> list[Finding]:
    """Everything that is wrong with these checkpoints, in their order; empty where they can be published.

    One without a position needs a kind by which it is visited otherwise.
    """
    findings: list[Finding] = []
    if not 0 < len(checkpoints) <= CHECKPOINTS_MAX:
        detail = f"{len(checkpoints)} checkpoints; a game has 1 to {CHECKPOINTS_MAX}"
        return [Finding("checkpoints_count", "game", detail)]
    first_by_code: dict[str, str] = {}
    for number, checkpoint in enumerate(checkpoints):
        where = checkpoint.where or f"checkpoint {number} ({checkpoint.code!r})"
        kind = kinds[checkpoint.kind] if checkpoint.kind < len(kinds) else None
        placeless = kind is not None and Method.GPS not in kind.methods
        findings += _checkpoint_findings(checkpoint, where, placeless=placeless)
        first = first_by_code.setdefault(checkpoint.code, where)
        if first != where:
            detail = f"code {checkpoint.code!r} is taken by {first}: codes are unique in a game"
            findings.append(Finding("code_duplicate", where, detail))
        if len(findings) >= FINDINGS_MAX:
            break
    return findings[:FINDINGS_MAX]


def metric_at(lon_deg: float, lat_deg: float) -> Metric:
    """The integer scale of the ground around a point of the WGS 84 ellipsoid.

    With s = sin(lat) and w = 1 - e^2 s^2: M = a (1 - e^2) / w^1.5 along the
    meridian, p = a cos(lat) / w^0.5 along the parallel; their derivatives by
    latitude are 3 M e^2 s cos(lat) / w and -M s. A slope is half a derivative
    (see `fences.Metric`).
    """
    lon_e7, lat_e7 = e7(lon_deg), e7(lat_deg)
    lat = lat_e7 * _UNIT_RAD
    s, c = math.sin(lat), math.cos(lat)
    w = 1 - _E2 * s * s
    meridian = WGS84_A_M * (1 - _E2) / w**1.5
    parallel = WGS84_A_M * c / math.sqrt(w)
    unit = _UNIT_RAD * 1000 * 2**SCALE_BITS
    half_step = _UNIT_RAD / 2
    return Metric(
        lon_e7=lon_e7,
        lat_e7=lat_e7,
        east_factor=round(parallel * unit),
        east_slope=round(-meridian * s * unit * half_step),
        north_factor=round(meridian * unit),
        north_slope=round(3 * meridian * _E2 * s * c / w * unit * half_step),
    )


def e7(degrees: float) -> int:
    """Degrees to units of 10^-7 degree, to the nearest."""
    return round(degrees * 1e7)


def circle(lon_deg: float, lat_deg: float, radius_m: float) -> Circle:
    """The circular fence around a point."""
    return Circle(metric_at(lon_deg, lat_deg), round(radius_m * 1000))


def polygon(rings: Iterable[Iterable[PositionDeg]]) -> Polygon:
    """The polygonal fence of these rings; raises `RingFault`."""
    exact = [_ring_e7(ring) for ring in rings]
    check_rings(exact)
    west, south, east, north = ring_bounds(exact[0])
    metric = metric_at((west + east) / 2e7, (south + north) / 2e7)
    return Polygon(metric, exact[0], tuple(exact[1:]))


def polygons(parts: Iterable[Iterable[Iterable[PositionDeg]]]) -> MultiPolygon:
    """The fence of several polygons; raises `RingFault`."""
    made = tuple(polygon(rings) for rings in parts)
    points = sum(len(ring) for part in made for ring in (part.exterior, *part.holes))
    if points > POLYGON_POINTS_MAX or len(made) > POLYGON_HOLES_MAX:
        detail = f"{points} points in {len(made)} polygons; at most {POLYGON_POINTS_MAX} points and"
        raise RingFault("ring_too_big", f"{detail} {POLYGON_HOLES_MAX} polygons are allowed: simplify them")
    return MultiPolygon(made[0].metric, made)


def _checkpoint_findings(checkpoint: DraftCheckpoint, where: str, *, placeless: bool) -> list[Finding]:
    texts = [(checkpoint.code, "its code", CODE_BYTES_MAX)]
    if checkpoint.name:
        texts.append((checkpoint.name, "its name", NAME_BYTES_MAX))
    findings = _text_findings(where, texts)
    if abs(checkpoint.points) > POINTS_MAX:
        detail = f"{checkpoint.points} points; a checkpoint is worth {-POINTS_MAX} to {POINTS_MAX}"
        findings.append(Finding("points_out_of_range", where, detail))
    if checkpoint.at is None and not checkpoint.rings:
        if not placeless:
            findings.append(Finding("fence_missing", where, "it has neither a position nor a polygon"))
        return findings
    positions = (
        [checkpoint.at]
        if checkpoint.at is not None
        else [position for rings in (checkpoint.rings, *checkpoint.more) for ring in rings for position in ring]
    )
    bad = next((position for position in positions if not _on_earth(position)), None)
    if bad is not None:
        findings.append(_position_finding(bad, where))
    elif checkpoint.rings:
        try:
            polygons((checkpoint.rings, *checkpoint.more))
        except RingFault as fault:
            findings.append(Finding(fault.code, where, fault.detail))
    if checkpoint.at is not None and not RADIUS_MM_MIN <= checkpoint.radius_m * 1000 <= RADIUS_MM_MAX:
        low, high = RADIUS_MM_MIN // 1000, RADIUS_MM_MAX // 1000
        detail = f"a radius of {checkpoint.radius_m} m; a fence has {low} to {high} m"
        findings.append(Finding("radius_out_of_range", where, detail))
    return findings


def _position_finding(position: PositionDeg, where: str) -> Finding:
    lon, lat = position
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return Finding("position_not_a_number", where, f"its position is ({lon}, {lat}): give two numbers in degrees")
    if abs(lon) <= 90 < abs(lat) <= 180:
        detail = f"longitude {lon}, latitude {lat}: the two are probably swapped; longitude comes first"
        return Finding("position_swapped", where, detail)
    limit = FENCE_LAT_E7_MAX // 10**7
    detail = f"longitude {lon}, latitude {lat}: longitude is -180 to 180 and latitude -{limit} to {limit} degrees"
    return Finding("position_out_of_range", where, detail)


def _text_findings(where: str, texts: Iterable[tuple[str, str, int]]) -> list[Finding]:
    findings = []
    for text, what, bytes_max in texts:
        try:
            check_text(text, what, bytes_max)
        except TextFault as fault:
            findings.append(Finding(fault.code, where, fault.detail))
    return findings


def _on_earth(position: PositionDeg) -> bool:
    lon, lat = position
    return (
        math.isfinite(lon)
        and math.isfinite(lat)
        and abs(lon) * 1e7 <= LON_E7_MAX
        and abs(lat) * 1e7 <= FENCE_LAT_E7_MAX
    )


def _checkpoint(draft: DraftCheckpoint) -> Checkpoint:
    fence: Fence | None = None
    if draft.at is not None:
        fence = circle(*draft.at, draft.radius_m)
    elif draft.rings:
        fence = polygons((draft.rings, *draft.more)) if draft.more else polygon(draft.rings)
    return Checkpoint(draft.code, draft.name, draft.points, fence, draft.kind, draft.text, draft.secret)


def _ring_e7(ring: Iterable[PositionDeg]) -> tuple[tuple[int, int], ...]:
    return tuple((e7(lon), e7(lat)) for lon, lat in ring)


def _metric_of_all(checkpoints: Sequence[Checkpoint]) -> Metric:
    """The scale at the middle latitude of all checkpoints, beside the first one's longitude."""
    metrics = [checkpoint.fence.metric for checkpoint in checkpoints if checkpoint.fence is not None]
    if not metrics:
        return metric_at(0.0, 0.0)
    lats = [metric.lat_e7 for metric in metrics]
    return metric_at(metrics[0].lon_e7 / 1e7, (min(lats) + max(lats)) / 2e7)
