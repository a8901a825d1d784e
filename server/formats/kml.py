"""KML 2.2 and KMZ to draft checkpoints: placemarks with a point or an area.

As MapRun, OpenOrienteeringMap and My Maps write them. Names that are short and
all different become the codes; otherwise the placemarks are numbered from 1.
Lines and tracks are passed over.
"""

from __future__ import annotations

import html
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator

from client_core.game.publish import DraftCheckpoint, PositionDeg
from server.formats.cards import Findings, fault
from server.formats.xml_tree import Node, parse_xml

KML_BYTES_MAX = 16 * 1024 * 1024
COORDINATES_CHARS_MAX = 200_000
"""A polygon of a thousand points has some 40,000."""
CODE_CHARACTERS_MAX = 8
"""What stands on a control: S1, 31, F1. Longer names are names."""
_TAG = re.compile(r"<[^>]{0,2000}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/li)[^>]{0,200}>", re.IGNORECASE)

Rings = tuple[tuple[PositionDeg, ...], ...]


def is_kml(data: bytes) -> bool:
    """Whether these bytes are a KML document, or a KMZ."""
    return data[:4] == b"PK\x03\x04" or b"<kml" in data[:2_000]


def read_kml(data: bytes, file: str, points: Callable[[str], int], radius_m: float) -> tuple[DraftCheckpoint, ...]:
    """The checkpoints of a KML or KMZ file, in its order; `points` says what a code pays. Raises `CardFileError`."""
    root = parse_xml(_unpacked(data, file), file, COORDINATES_CHARS_MAX)
    if root.name != "kml":
        raise fault(file, "file_unknown", f"this is a {root.name[:40]}: a KML file is needed")
    found = Findings(file)
    placed = [one for one in _placemarks(root) if _shape(one) is not None]
    if not placed:
        raise fault(file, "checkpoints_count", "it has no placemark with a point or an area")
    names = [_plain(one.said("name")) for one in placed]
    as_codes = len(set(names)) == len(names) and all(_is_code(name) for name in names)
    checkpoints = []
    for number, (placemark, name) in enumerate(zip(placed, names, strict=True), 1):
        code = name if as_codes else str(number)
        shape = _shape(placemark)
        assert shape is not None
        at, parts = _fence(shape, found)
        checkpoints.append(
            DraftCheckpoint(
                code=code,
                name="" if as_codes else name,
                points=points(code),
                at=at,
                radius_m=radius_m,
                rings=parts[0] if parts else (),
                more=parts[1:],
                where=f"{file}:{placemark.line} ({code})",
                text=_plain(_without_tags(placemark.said("description")), lines=True),
            )
        )
    found.check()
    return tuple(checkpoints)


def _unpacked(data: bytes, file: str) -> bytes:
    """The document: of a KMZ its first .kml, at most so much of it as a document may have."""
    if data[:4] != b"PK\x03\x04":
        if len(data) > KML_BYTES_MAX:
            raise fault(file, "file_too_big", f"more than {KML_BYTES_MAX // 2**20} MiB: split it")
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next((one for one in archive.namelist() if one.lower().endswith(".kml")), None)
            if name is None:
                raise fault(file, "file_malformed", "this KMZ holds no .kml")
            with archive.open(name) as packed:
                content = packed.read(KML_BYTES_MAX + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise fault(file, "file_malformed", f"this KMZ cannot be unpacked: {error}") from error
    if len(content) > KML_BYTES_MAX:
        raise fault(file, "file_too_big", f"unpacked it has more than {KML_BYTES_MAX // 2**20} MiB")
    return content


def _placemarks(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.name == "Placemark":
            yield one
        else:
            waiting += reversed(one.children)


def _shape(placemark: Node) -> Node | None:
    """The point, polygon or polygons of a placemark; a point without coordinates is none."""
    for name in ("Point", "Polygon"):
        shape = placemark.first(name) or placemark.first(f"MultiGeometry/{name}")
        if shape is not None:
            whole = placemark.first("MultiGeometry") if shape not in placemark.children else shape
            return whole if name == "Polygon" or shape.said("coordinates") else None
    return None


def _fence(shape: Node, found: Findings) -> tuple[PositionDeg | None, tuple[Rings, ...]]:
    point = shape if shape.name == "Point" else shape.first("Point")
    if point is not None:
        at = _positions(point, found)
        return (at[0] if at else None), ()
    areas = [shape] if shape.name == "Polygon" else list(shape.all("Polygon"))
    return None, tuple(tuple(_rings(area, found)) for area in areas)


def _rings(area: Node, found: Findings) -> Iterator[tuple[PositionDeg, ...]]:
    for side in ("outerBoundaryIs", "innerBoundaryIs"):
        for boundary in area.all(side):
            ring = boundary.first("LinearRing")
            if ring is not None:
                yield tuple(_positions(ring, found))


def _positions(node: Node, found: Findings) -> list[PositionDeg]:
    """The positions of an element's coordinates: longitude, latitude and a height that is dropped."""
    positions = []
    for triple in node.said("coordinates").split():
        parts = triple.split(",")
        try:
            positions.append((float(parts[0]), float(parts[1])))
        except (ValueError, IndexError):
            found.add("cell_malformed", f"line {node.line}", f"{triple[:40]!r} is no longitude,latitude")
    return positions


def _is_code(name: str) -> bool:
    return 0 < len(name) <= CODE_CHARACTERS_MAX and " " not in name


def _without_tags(text: str) -> str:
    return html.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))


def _plain(text: str, *, lines: bool = False) -> str:
    """In Normalization Form C, runs of spaces to one; line breaks kept where `lines`."""
    kept = text.splitlines() if lines else [text]
    joined = "\n".join(line for line in (" ".join(one.split()) for one in kept) if line)
    return unicodedata.normalize("NFC", joined)
