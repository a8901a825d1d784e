"""Places of other programs become checkpoints; what cannot is refused with its line, and no archive swells up."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from served import wayfold

from client_core.game.publish import DraftError, check_checkpoints
from server.formats.course_files import read_course_file

POINT = (
    "<Placemark><name>{name}</name><description>{text}</description>"
    "<Point><coordinates>{at}</coordinates></Point></Placemark>"
)
DATA = pytest.mark.skipif("WAYFOLD_DATA" not in os.environ, reason="the files are read from WAYFOLD_DATA")


def kml(*places: tuple[str, str, str], more: str = "") -> bytes:
    marks = "".join(POINT.format(name=name, at=at, text=text) for name, at, text in places)
    head = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>'
    return f"{head}{marks}{more}</Folder></Document></kml>".encode()


def test_short_names_are_codes_and_points_are_longitude_first() -> None:
    found = read_course_file(kml(("S1", "-1.37,50.98,0", ""), ("31", " -1.376,50.984 ", "")), "a.kml", int_or_none, 30)
    assert [(one.code, one.name, one.at, one.points, one.radius_m) for one in found] == [
        ("S1", "", (-1.37, 50.98), 0, 30),
        ("31", "", (-1.376, 50.984), 31, 30),
    ]


def int_or_none(code: str) -> int:
    return int(code) if code.isdigit() else 0


def test_long_or_equal_names_are_names_and_the_places_are_numbered() -> None:
    text = "&lt;b&gt;Count&lt;/b&gt; the&lt;br&gt;windows &amp;amp; doors"
    found = read_course_file(kml(("Old town hall", "11,43", text), ("Old  town hall", "11.1,43", "")), "a.kml")
    assert [(one.code, one.name, one.points) for one in found] == [
        ("1", "Old town hall", 10),
        ("2", "Old town hall", 10),
    ]
    assert found[0].text == "Count the\nwindows & doors"


def test_areas_with_holes_and_several_parts_are_fences_and_lines_are_passed_over() -> None:
    ring = "<LinearRing><coordinates>{}</coordinates></LinearRing>"
    outer = ring.format("11,43 11.1,43 11.1,43.1 11,43.1 11,43")
    hole = ring.format("11.04,43.04 11.06,43.04 11.06,43.06 11.04,43.06 11.04,43.04")
    other = ring.format("11.2,43 11.3,43 11.3,43.1 11.2,43.1 11.2,43")
    area = f"<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs><innerBoundaryIs>{hole}</innerBoundaryIs></Polygon>"
    two = f"{area}<Polygon><outerBoundaryIs>{other}</outerBoundaryIs></Polygon>"
    marks = f"<Placemark><name>Z1</name>{area}</Placemark>"
    marks += f"<Placemark><name>Z2</name><MultiGeometry>{two}</MultiGeometry></Placemark>"
    line = "<Placemark><name>way</name><LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark>"
    found = read_course_file(kml(more=marks + line), "a.kml")
    assert [one.code for one in found] == ["Z1", "Z2"]
    assert [len(one.rings) for one in found] == [2, 2]
    assert len(found[1].more) == 1
    assert check_checkpoints(found[:1]) == []


def test_a_long_polygon_keeps_all_its_corners() -> None:
    corners = [f"{11 + n / 1e6:.14f},{43 + (n % 2) / 1e6:.14f},0" for n in range(900)]
    ring = f"<LinearRing><coordinates>{' '.join([*corners, corners[0]])}</coordinates></LinearRing>"
    area = f"<Placemark><name>Z</name><Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon></Placemark>"
    (found,) = read_course_file(kml(more=area), "a.kml")
    assert len(found.rings[0]) == 901


def packed(content: bytes, name: str = "doc.kml") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def test_a_kmz_is_read_and_one_that_swells_is_not() -> None:
    assert len(read_course_file(packed(kml(("31", "11,43", ""))), "a.kmz")) == 1
    with pytest.raises(DraftError, match="unpacked it has more than 16 MiB"):
        read_course_file(packed(b" " * 100_000_000), "a.kmz")
    with pytest.raises(DraftError, match="holds no"):
        read_course_file(packed(b"x", "readme.txt"), "a.kmz")
    with pytest.raises(DraftError, match="cannot be unpacked"):
        read_course_file(b"PK\x03\x04 broken", "a.kmz")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "neither GeoJSON, KML nor IOF"),
        (b"code,lon,lat\n", "neither GeoJSON, KML nor IOF"),
        (b"<?xml version='1.0'?><gpx/>", "a CourseData is needed"),
        (kml(), "no placemark"),
        (kml(("31", "11;43", "")), "no longitude,latitude"),
        (kml(("31", "11,43", ""))[:-20], "this is no XML"),
        (b'<!DOCTYPE kml [<!ENTITY a "b">]><kml/>', "document type"),
        (b"<kml>" * 100 + b"</kml>" * 100, "nested too deep"),
        (b'{"type": "FeatureCollection", "features": [{}]}', "a.kml, feature 0"),
        (b"{" + b" " * 20_000_000, "more than 16 MiB"),
    ],
)
def test_what_is_no_file_of_places_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(DraftError) as caught:
        read_course_file(data, "a.kml")
    assert says in " ".join(f"{one.where}: {one.detail}" for one in caught.value.findings)


@DATA
@pytest.mark.parametrize(
    ("file", "count", "first"),
    [
        ("kml/maprun_score_course.kml", 32, "S1"),
        ("kml/oom_636ca9e43ca63.kml", 6, "S1"),
        ("hunts/yeti_alba_iulia_puncte.kml", 28, "1"),
        ("hunts/yeti_alba_iulia_zone_normal.kml", 20, "Z1"),
        ("iof/score-o_race_230907.Courses.xml", 27, "S1"),
        ("iof/standard/CourseData_Individual_Step2.xml", 8, "S"),
    ],
)
def test_files_that_programs_and_people_wrote_become_checkpoints(file: str, count: int, first: str) -> None:
    found = read_course_file((Path(os.environ["WAYFOLD_DATA"]) / file).read_bytes(), file)
    assert (len(found), found[0].code) == (count, first)
    assert check_checkpoints(found) == []


@DATA
@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("iof/rg2_ellenbrookIOFV3courses.xml", "lng is no number of degrees"),
        ("iof/rg2_Highfield-2022-06-04-v7.xml", "export it as version 3"),
        ("kml/togeojson_addresses.kml", "no placemark"),
    ],
)
def test_files_that_hold_no_places_are_refused_with_the_reason(file: str, says: str) -> None:
    with pytest.raises(DraftError, match=says):
        read_course_file((Path(os.environ["WAYFOLD_DATA"]) / file).read_bytes(), file)


@DATA
def test_the_best_round_of_a_real_score_race_comes_out_of_the_commands(tmp_path: Path) -> None:
    """The race of 7 September 2023: 335 points within 5,016 m are the best known."""
    data, game = Path(os.environ["WAYFOLD_DATA"]) / "iof", tmp_path / "race"
    wayfold("game", "new", str(game), "--preset", "score", "--from", str(data / "score-o_race_230907.Courses.xml"))
    points = dict(
        line.split(", ") for line in (data / "score-o_race_230907.sco").read_text().split("\n") if ", " in line
    )
    head, *rows = (game / "checkpoints.csv").read_text().splitlines()
    columns = head.split(",")
    table = []
    for row in rows:
        cells = row.split(",")
        cells[columns.index("points")] = points.get(cells[0], "0")
        table.append(",".join(cells))
    (game / "checkpoints.csv").write_text("\n".join([head, *table]) + "\n")
    asked = ("--length", "5016 m", "--detour", "1", "--teams", "10", "--json")
    told = json.loads(wayfold("game", "simulate", str(game), *asked).stdout)
    best = told["reachable"]
    assert best["score"] == best["points"] >= 318
    assert best["length_m"] <= 5_016
    assert len(set(best["codes"])) == len(best["codes"])
