"""GeoJSON (RFC 7946) to draft checkpoints.

    geometry     Point: a circle; Polygon or MultiPolygon: those areas; an altitude is dropped
    properties   `code` (text or a whole number), `name`, `points` (a whole number), `radius` (metres, points only)

Every fault of a file is reported at once, with the number of its feature,
counted from 0. Positions are longitude first; a feature that only fits the
others with its two numbers exchanged is reported as swapped. Texts are brought
to Normalization Form C, line breaks and runs of spaces in them to one space.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import msgspec

from client_core.game.publish import (
    FINDINGS_MAX,
    DraftCheckpoint,
    DraftError,
    Finding,
    PositionDeg,
    check_checkpoints,
)

GEOJSON_BYTES_MAX = 16 * 1024 * 1024
"""Some 100,000 points as they are usually written; parsed in a second and under 200 MB of memory."""
NUMBER_MAX = 10**15
"""Nothing here is counted or measured so far; longer integers are no floats."""
RADIUS_M_DEFAULT = 25.0
POINTS_DEFAULT = 10
SWAPPED_FROM_OTHERS_DEG = 5.0
"""So far from the rest of the file, and this near with its numbers exchanged, a position is swapped."""
SWAPPED_NEAR_OTHERS_DEG = 1.0

Rings = tuple[tuple[PositionDeg, ...], ...]
"""A polygon: exterior, then holes."""

_KINDS = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "null"}


class GeoJsonError(DraftError):
    """A file that cannot be imported, with everything that is wrong with it.

    Codes of findings, besides those of `publish.check_checkpoints`:
    `geojson_too_big`, `geojson_malformed`, `geojson_wrong_type`, `geometry_unsupported`,
    `geometry_malformed`, `code_missing`, `property_malformed`, `position_swapped`.
    """


class _Fault(Exception):
    """One fault inside a feature."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def read_checkpoints(
    data: bytes, *, points: Callable[[str], int] | None = None, radius_m: float = RADIUS_M_DEFAULT
) -> tuple[DraftCheckpoint, ...]:
    """The checkpoints of a FeatureCollection, in its order. Raises `GeoJsonError`.

    `points` says what the checkpoint of a code pays, and `radius_m` how wide a
    fence is, where a feature does not say.
    """
    findings: list[Finding] = []
    checkpoints: list[DraftCheckpoint] = []
    for index, feature in enumerate(_features(data)):
        try:
            checkpoints.append(_checkpoint(feature, f"feature {index}", points, radius_m))
        except _Fault as fault:
            findings.append(Finding(fault.code, f"feature {index}", fault.detail))
            if len(findings) >= FINDINGS_MAX:
                break
    if checkpoints:
        findings += check_checkpoints(checkpoints)
        findings += swapped_positions(checkpoints)
    if findings:
        raise GeoJsonError(sorted(findings, key=_feature_number)[:FINDINGS_MAX])
    return tuple(checkpoints)


def _features(data: bytes) -> list[Any]:
    if len(data) > GEOJSON_BYTES_MAX:
        size, most = len(data) / 2**20, GEOJSON_BYTES_MAX // 2**20
        raise _whole(
            "geojson_too_big", f"{size:.1f} MiB; at most {most} MiB are read: split the file into several games"
        )
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "; NaN and Infinity are no numbers in JSON" if b"NaN" in data or b"Infinity" in data else ""
        raise _whole("geojson_malformed", f"this is no JSON: {error}{hint}") from error
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Feature":
        return [document]
    if not isinstance(document, dict) or kind != "FeatureCollection":
        found = f'an object of type "{kind}"' if isinstance(kind, str) else _kind(document)
        raise _whole("geojson_wrong_type", f"this is {found}: a FeatureCollection is needed")
    features = document.get("features")
    if not isinstance(features, list):
        raise _whole("geojson_malformed", f'"features" is {_kind(features)}: an array is needed')
    if not features:
        raise _whole("checkpoints_count", "it has no features: a game has at least one checkpoint")
    return features


def _checkpoint(feature: Any, where: str, points: Callable[[str], int] | None, radius_m: float) -> DraftCheckpoint:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _Fault("geojson_wrong_type", 'this is no object of type "Feature"')
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise _Fault("property_malformed", f'"properties" is {_kind(properties)}: an object is needed')
    code = _code(properties)
    at, parts = _geometry(feature.get("geometry"))
    return DraftCheckpoint(
        code=code,
        name=_text(properties.get("name") or "", "name"),
        points=_points(properties["points"]) if "points" in properties else points(code) if points else POINTS_DEFAULT,
        at=at,
        radius_m=_radius_m(properties.get("radius", radius_m)),
        rings=parts[0] if parts else (),
        more=parts[1:],
        where=f"{where} ({code})",
    )


def _code(properties: dict[str, Any]) -> str:
    code = properties.get("code")
    if code is None or code == "":
        raise _Fault("code_missing", 'it has no property "code": give it what stands on the checkpoint, such as "101"')
    if isinstance(code, int) and not isinstance(code, bool):
        code = str(_number(code, "code"))
    return _text(code, "code")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise _Fault("property_malformed", f'"{what}" is {_kind(value)}: a text is needed')
    return unicodedata.normalize("NFC", " ".join(value.split()))


def _points(value: Any) -> int:
    number = _number(value, "points")
    if number != int(number):
        raise _Fault("property_malformed", f'"points" is {value}: a whole number is needed')
    return int(number)


def _radius_m(value: Any) -> float:
    return float(_number(value, "radius"))


def _number(value: Any, what: str, code: str = "property_malformed") -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Fault(code, f'"{what}" is {_kind(value)}: a number is needed')
    if not abs(value) <= NUMBER_MAX:
        raise _Fault(code, f'"{what}" is a number of more than 15 digits')
    return value


def _geometry(geometry: Any) -> tuple[PositionDeg | None, tuple[Rings, ...]]:
    """A point, or the rings of each polygon."""
    if not isinstance(geometry, dict):
        raise _Fault("geometry_malformed", f'"geometry" is {_kind(geometry)}: a Point or a Polygon is needed')
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        return _position(coordinates), ()
    if kind == "MultiPolygon":
        if not isinstance(coordinates, list) or not coordinates:
            raise _Fault("geometry_malformed", "its coordinates are no array of polygons")
        return None, tuple(map(_rings, coordinates))
    if kind != "Polygon":
        raise _Fault("geometry_unsupported", f"a {kind!s:.40} is no fence: use a Point or a Polygon, one a checkpoint")
    return None, (_rings(coordinates),)


def _rings(coordinates: Any) -> Rings:
    if not isinstance(coordinates, list) or not coordinates or not all(isinstance(ring, list) for ring in coordinates):
        raise _Fault("geometry_malformed", "its coordinates are no array of rings")
    return tuple(tuple(map(_position, ring)) for ring in coordinates)


def _position(value: Any) -> PositionDeg:
    """Longitude and latitude; what follows is altitude."""
    if not isinstance(value, list) or len(value) < 2:
        raise _Fault("geometry_malformed", f"a position is {_kind(value)}: [longitude, latitude] is needed")
    lon, lat = (_number(number, "coordinates", "geometry_malformed") for number in value[:2])
    return float(lon), float(lat)


def swapped_positions(checkpoints: Sequence[DraftCheckpoint]) -> list[Finding]:
    """Findings of positions in range that lie far from all others, and near them the other way round."""
    checkpoints = [one for one in checkpoints if one.at or (one.rings and one.rings[0])]
    firsts = [checkpoint.at or checkpoint.rings[0][0] for checkpoint in checkpoints]
    if len(firsts) < 3:
        return []
    lon_middle, lat_middle = median(lon for lon, _ in firsts), median(lat for _, lat in firsts)
    findings = []
    for checkpoint in checkpoints:
        lon, lat = checkpoint.at or checkpoint.rings[0][0]
        away = max(abs(lon - lon_middle), abs(lat - lat_middle))
        exchanged = max(abs(lat - lon_middle), abs(lon - lat_middle))
        if abs(lat) <= 90 and away > SWAPPED_FROM_OTHERS_DEG and exchanged < SWAPPED_NEAR_OTHERS_DEG:
            detail = f"longitude {lon}, latitude {lat} lies far from the others: the two are probably swapped"
            findings.append(Finding("position_swapped", checkpoint.where, f"{detail}; longitude comes first"))
    return findings


def _whole(code: str, detail: str) -> GeoJsonError:
    """A fault of the file as a whole."""
    return GeoJsonError([Finding(code, "file", detail)])


def _kind(value: Any) -> str:
    """What a JSON value is, in words."""
    return _KINDS.get(type(value), "a number")


def _feature_number(finding: Finding) -> int:
    """The number in `feature 12 (104)`; what concerns the whole comes first."""
    kind, _, number = finding.where.partition(" ")
    return int(number.split()[0]) if kind == "feature" else -1
