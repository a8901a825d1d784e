"""Recorded tracks: what is read, and how every unusable file is named."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from client_core.gpx import GpxError, read_track

DATA = os.environ.get("WAYFOLD_DATA")
needs_data = pytest.mark.skipif(DATA is None, reason="needs the recorded tracks in $WAYFOLD_DATA")
HEAD = '<?xml version="1.0"?>\n<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>\n'
TAIL = "</trkseg></trk></gpx>"


def point(lon: object, lat: object, inner: str = "<time>2022-06-04T10:00:00Z</time>") -> str:
    return f'<trkpt lon="{lon}" lat="{lat}">{inner}</trkpt>\n'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "t.gpx"
    path.write_text(text)
    return path


def test_points_come_by_time_with_integer_positions_and_their_own_accuracy(tmp_path: Path) -> None:
    text = HEAD + point(-1.5, 51.25, "<time>2022-06-04T10:00:02.5Z</time><hdop>1.2</hdop>")
    text += point(1, 2, "<time>2022-06-04T11:00:01+01:00</time><extensions><accuracy>4.2</accuracy></extensions>")
    text += point(1, 2, "<time>2022-06-04T10:00:03</time>") + point(3, 4, "") + TAIL
    fixes = read_track(write(tmp_path, text))
    assert [(f.lon_e7, f.lat_e7, f.accuracy_mm, f.at_ms - 1_654_336_800_000) for f in fixes] == [
        (10_000_000, 20_000_000, 4_200, 1_000),
        (-15_000_000, 512_500_000, 6_000, 2_500),
        (10_000_000, 20_000_000, None, 3_000),
    ]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (HEAD + point("undefined", 1) + TAIL, "gpx_bad_position", 3),
        (HEAD + point(181, 1) + TAIL, "gpx_bad_position", 3),
        (HEAD + point("nan", 1) + TAIL, "gpx_bad_position", 3),
        (HEAD + point(1, 1, "<time>yesterday</time>") + TAIL, "gpx_bad_time", 3),
        (HEAD + point(1, 1, "") + TAIL, "gpx_no_times", 0),
        (HEAD + TAIL, "gpx_no_points", 0),
        (HEAD + point(1, 1), "gpx_malformed", 4),
        ("", "gpx_malformed", 1),
        ("<kml></kml>", "gpx_malformed", 1),
        ('<!DOCTYPE gpx [<!ENTITY a "aaaa">]>\n' + HEAD + TAIL, "gpx_doctype", 1),
    ],
)
def test_every_unusable_file_is_named_with_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    with pytest.raises(GpxError) as told:
        read_track(write(tmp_path, text))
    assert (told.value.code, told.value.line) == (code, line)
    assert str(tmp_path / "t.gpx") in str(told.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GpxError) as told:
        read_track(tmp_path / "none.gpx")
    assert told.value.code == "gpx_missing"


@needs_data
def test_the_malformed_recording_is_refused_at_its_first_bad_point() -> None:
    with pytest.raises(GpxError) as told:
        read_track(Path(DATA or "", "gpx", "bad.gpx"))
    assert told.value.code == "gpx_bad_position"
    assert told.value.line == 5


@needs_data
def test_every_other_recording_is_read() -> None:
    tracks = [path for path in Path(DATA or "").glob("gpx/*.gpx") if path.name != "bad.gpx"]
    assert len(tracks) == 17
    codes = {}
    for path in tracks:
        try:
            fixes = read_track(path)
            assert all(a.at_ms < b.at_ms for a, b in pairwise(fixes))
        except GpxError as error:
            codes[path.name] = error.code
    assert set(codes.values()) <= {"gpx_no_times"}


@needs_data
def test_the_thirteen_tracks_of_highfield_have_11511_fixes() -> None:
    tracks = sorted(Path(DATA or "", "multi_gps", "highfield-2022", "tracks").glob("*.gpx"))
    assert sum(len(read_track(path)) for path in tracks) == 11_511
