"""A planning program's courses become the groups of a line event, each for the classes that run it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from served import wayfold

COURSES = """<?xml version="1.0"?><CourseData xmlns="http://www.orienteering.org/datastandard/3.0" iofVersion="3.0">
<RaceCourseData>{controls}{courses}{classes}</RaceCourseData></CourseData>"""
CONTROL = '<Control><Id>{code}</Id><Position lng="17.{code}" lat="59.{code}"/></Control>'
COURSE = "<Course><Name>{name}</Name>{controls}</Course>"
ON_COURSE = '<CourseControl type="{kind}"><Control>{code}</Control></CourseControl>'
CLASS = "<ClassCourseAssignment><ClassName>{name}</ClassName><CourseName>{course}</CourseName></ClassCourseAssignment>"


def course_data(courses: list[tuple[str, str]], classes: dict[str, str]) -> str:
    codes = sorted({code for _, controls in courses for code in controls.split()})
    return COURSES.format(
        controls="".join(CONTROL.format(code=code) for code in codes),
        courses="".join(
            COURSE.format(
                name=name,
                controls=ON_COURSE.format(kind="Start", code="S")
                + "".join(ON_COURSE.format(kind="Control", code=code) for code in controls.split()),
            )
            for name, controls in courses
        ),
        classes="".join(CLASS.format(name=name, course=course) for name, course in classes.items()),
    )


def started(folder: Path, preset: str, courses: list[tuple[str, str]], classes: dict[str, str]) -> dict[str, Any]:
    """What `game new` writes; it can be published as it stands."""
    (folder / "courses.xml").write_text(course_data(courses, classes), encoding="utf-8")
    wayfold("game", "new", str(folder / "park"), "--preset", preset, "--from", str(folder / "courses.xml"))
    wayfold("game", "check", str(folder / "park"))
    return tomllib.loads((folder / "park" / "game.toml").read_text(encoding="utf-8"))


def test_courses_that_share_controls_are_groups_for_their_classes(tmp_path: Path) -> None:
    found = started(
        tmp_path,
        "line",
        [("Long", "31 32 33"), ("Short", "33 31")],
        {"Men 21": "Long", "Women 21": "Long", "Open": "Short"},
    )
    assert list(found["category"]) == ["Men 21", "Women 21", "Open"]
    assert {name: (group["checkpoints"], group["categories"]) for name, group in found["group"].items()} == {
        "Long": (["31", "32", "33"], ["Men 21", "Women 21"]),
        "Short": (["33", "31"], ["Open"]),
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("A", "B"), ["A", "B"]),
        (("A", "A"), ["A", "A 2"]),  # as variants of one course are called
        (("", ""), ["1", "2"]),
        (('Blue "long"', "Grün\\"), ['Blue "long"', "Grün\\"]),
    ],
)
def test_a_course_without_classes_is_its_own_category(
    names: tuple[str, str], expected: list[str], tmp_path: Path
) -> None:
    found = started(tmp_path, "line", [(name, "31 32") for name in names], {})
    assert list(found["category"]) == list(found["group"]) == expected


def test_only_a_line_event_has_courses(tmp_path: Path) -> None:
    assert "category" not in started(tmp_path, "score", [("Long", "31 32 33")], {})
