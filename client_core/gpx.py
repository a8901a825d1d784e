"""Reading recorded tracks: GPX 1.0 and 1.1, the points of all tracks as fixes in the order of time.

Read with expat directly: it names lines, and a document type, the door to
entity bombs and foreign files, is refused where it stands. Times without a
zone are UTC, as GPX says. Where a point has no accuracy of its own
(`accuracy` in its extensions, or `hdop`), it is None and the caller decides.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from xml.parsers import expat

from client_core.game.fences import Fix

GPX_BYTES_MAX = 64 * 1024 * 1024
POINTS_MAX = 1_000_000
"""Eleven days at a point a second."""
HDOP_MM = 5_000
"""A dilution of 1 means about this radius at 95 %: a range error of 2.5 m (1 sigma), twice."""
ACCURACY_MM_MAX = 10_000_000
_TEXTS = frozenset({"time", "hdop", "accuracy"})
_TEXT_CHARS_MAX = 100


class GpxError(Exception):
    """A file that is no usable track; `code` is stable, `path` and `line` (0: the file as a whole) say where.

    Codes: `gpx_missing`, `gpx_unreadable`, `gpx_too_big`, `gpx_malformed`,
    `gpx_doctype`, `gpx_bad_position`, `gpx_bad_time`, `gpx_no_points`, `gpx_no_times`.
    """

    def __init__(self, code: str, path: Path, line: int, detail: str) -> None:
        super().__init__(f"{path}{f':{line}' if line else ''}: {detail}")
        self.code, self.path, self.line, self.detail = code, path, line, detail


def read_track(path: Path) -> list[Fix]:
    """All track points of a file as fixes, by time, one a millisecond. Raises `GpxError`."""
    try:
        if path.stat().st_size > GPX_BYTES_MAX:
            raise GpxError("gpx_too_big", path, 0, f"more than {GPX_BYTES_MAX // 2**20} MiB; split the recording")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise GpxError("gpx_missing", path, 0, "there is no such file") from error
    except OSError as error:
        raise GpxError("gpx_unreadable", path, 0, f"it cannot be read: {error.strerror or error}") from error
    reader = _Reader(path)
    reader.read(data)
    if not reader.fixes:
        if reader.untimed:
            detail = f"none of its {reader.untimed} points has a time, so nothing says when the player was where"
            raise GpxError("gpx_no_times", path, 0, detail)
        raise GpxError("gpx_no_points", path, 0, "it has no track points")
    by_time = {fix.at_ms: fix for fix in reversed(reader.fixes)}
    return [by_time[at_ms] for at_ms in sorted(by_time)]


class _Reader:
    """What expat calls; it holds the point that is open."""

    def __init__(self, path: Path) -> None:
        self.fixes: list[Fix] = []
        self.untimed = 0
        self._path = path
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        self._depth = 0
        self._position: tuple[int, int] | None = None
        self._texts: dict[str, str] = {}
        self._open = ""

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            raise GpxError("gpx_malformed", self._path, error.lineno, f"it is not well-formed XML: {said}") from error
        except (ValueError, LookupError) as error:
            raise self._error("gpx_malformed", f"it is not well-formed XML: {error}") from error

    def _error(self, code: str, detail: str) -> GpxError:
        return GpxError(code, self._path, self._parser.CurrentLineNumber, detail)

    def _doctype(self, *_: object) -> None:
        raise self._error("gpx_doctype", "it declares a document type, which GPX has no use for; remove that line")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if not self._depth and name != "gpx":
            raise self._error("gpx_malformed", f"it is <{name}>, not <gpx>")
        self._depth += 1
        if name == "trkpt":
            self._position = self._read_position(attributes)
            self._texts = {}
        self._open = name if self._position is not None and name in _TEXTS else ""

    def _text(self, text: str) -> None:
        if self._open:
            self._texts[self._open] = (self._texts.get(self._open, "") + text)[:_TEXT_CHARS_MAX]

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._open = ""
        if name.rpartition(" ")[2] != "trkpt" or self._position is None:
            return
        (lon_e7, lat_e7), self._position = self._position, None
        said = self._texts.get("time", "").strip()
        if not said:
            self.untimed += 1
            return
        if len(self.fixes) >= POINTS_MAX:
            raise self._error("gpx_too_big", f"more than {POINTS_MAX} points; split the recording")
        self.fixes.append(Fix(lon_e7, lat_e7, self._accuracy_mm(), self._read_time(said)))

    def _read_position(self, attributes: dict[str, str]) -> tuple[int, int]:
        said = attributes.get("lon", ""), attributes.get("lat", "")
        lon, lat = (_number(text) for text in said)
        if lon is None or lat is None:
            raise self._error("gpx_bad_position", f"a point at lon={said[0]!r}, lat={said[1]!r}: give two numbers")
        if abs(lon) > 180 or abs(lat) > 90:
            raise self._error("gpx_bad_position", f"a point at lon={lon}, lat={lat} is not on Earth")
        return round(lon * 1e7), round(lat * 1e7)

    def _accuracy_mm(self) -> int | None:
        for name, unit_mm in (("accuracy", 1000), ("hdop", HDOP_MM)):
            value = _number(self._texts.get(name, ""))
            if value is not None and value > 0:
                return min(ACCURACY_MM_MAX, math.ceil(value * unit_mm))
        return None

    def _read_time(self, said: str) -> int:
        try:
            moment = datetime.fromisoformat(said)
            at_ms = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError) as error:
            raise self._error("gpx_bad_time", f"a point's time {said!r} is not ISO 8601") from error
        if at_ms < 0:
            raise self._error("gpx_bad_time", f"a point's time {said!r} lies before 1970")
        return at_ms


def _number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
