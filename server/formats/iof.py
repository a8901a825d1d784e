"""IOF XML 3.0, reading: ResultList to cards, StartList to start times, CourseData to controls and courses.

Namespaces, unknown elements and extensions are passed over, as the standard
asks. Version 2 is refused with a sentence that says so.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from server.formats.cards import Card, Day, Findings, Punch, bib_of, fault, local_ms
from server.formats.xml_tree import Node, parse_xml


class Control(msgspec.Struct, frozen=True):
    """A control on the map: its code and where it is, in degrees (None: not told)."""

    code: str
    lon: float | None
    lat: float | None


class Course(msgspec.Struct, frozen=True):
    """A course as planned: its name and the codes of its controls in order, start and finish left out."""

    name: str
    controls: tuple[str, ...]


class CourseData(msgspec.Struct, frozen=True):
    """The controls, courses and which class runs which course."""

    controls: tuple[Control, ...]
    courses: tuple[Course, ...]
    course_by_class: dict[str, str]


def is_iof(data: bytes) -> bool:
    """Whether these bytes begin like XML."""
    return data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<ResultList", b"<StartList", b"<CourseData"))


def read_iof(data: bytes, file: str, day: Day) -> tuple[Card, ...]:
    """The cards of a ResultList, or of a StartList (without punches); raises `CardFileError`."""
    root = _root(data, file)
    if root.name not in {"ResultList", "StartList"}:
        raise fault(file, "file_unknown", f"this is a {root.name[:40]}: a ResultList or StartList is needed")
    found = Findings(file)
    cards: list[Card] = []
    results = root.name == "ResultList"
    for of_class in root.all("ClassResult" if results else "ClassStart"):
        category = of_class.said("Class/ShortName") or of_class.said("Class/Name")
        for person in of_class.all("PersonResult" if results else "PersonStart"):
            found_here = person.all("Result" if results else "Start")
            cards.extend(_card(person, result, category, None, "", found, day) for result in found_here)
        for team in of_class.all("TeamResult" if results else "TeamStart"):
            bib = bib_of(team.said("BibNumber"))
            for at, member in enumerate(team.all("TeamMemberResult" if results else "TeamMemberStart"), 1):
                for result in member.all("Result" if results else "Start"):
                    place = (bib[0], at) if bib else None
                    cards.append(_card(member, result, category, place, team.said("Name"), found, day))
    found.check()
    return tuple(cards)


def read_courses(data: bytes, file: str) -> CourseData:
    """The controls and courses of a CourseData file; raises `CardFileError`."""
    root = _root(data, file)
    if root.name != "CourseData":
        raise fault(file, "file_unknown", f"this is a {root.name[:40]}: a CourseData is needed")
    controls: dict[str, Control] = {}
    courses: list[Course] = []
    by_class: dict[str, str] = {}
    for race in root.all("RaceCourseData"):
        for control in race.all("Control"):
            code, position = control.said("Id"), control.first("Position")
            lon = _degrees(position, "lng", 180, file)
            controls[code] = Control(code, lon, _degrees(position, "lat", 90, file))
        for course in race.all("Course"):
            on_it = [c for c in course.all("CourseControl") if c.attributes.get("type", "Control") == "Control"]
            courses.append(Course(course.said("Name"), tuple(c.said("Control") for c in on_it)))
        for assigned in race.all("ClassCourseAssignment"):
            by_class[assigned.said("ClassName")] = assigned.said("CourseName")
    return CourseData(tuple(controls.values()), tuple(courses), by_class)


def _root(data: bytes, file: str) -> Node:
    root = parse_xml(data, file)
    if root.attributes.get("iofVersion", "3.0") != "3.0" or root.first("IOFVersion") is not None:
        raise fault(file, "file_unknown", "this is IOF XML of another version than 3.0: export it as version 3")
    return root


def _card(
    who: Node, result: Node, category: str, place: tuple[int, int | None] | None, team: str, found: Findings, day: Day
) -> Card:
    where = f"line {result.line}"
    bib = place or bib_of(result.said("BibNumber")) or (None, None)
    start_ms = _at_ms(result, "StartTime", found, day)
    begin_ms = day.start_ms if start_ms is None else start_ms
    punches = []
    for split in result.all("SplitTime"):
        text = split.said("Time")
        if split.attributes.get("status") == "Missing" or not text:
            continue
        if re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", text):
            punches.append(Punch(split.said("ControlCode"), begin_ms + int(text.partition(".")[0]) * 1000))
        else:
            found.add("cell_malformed", f"line {split.line}, SplitTime", f"{text[:40]!r} are no seconds")
    status = result.said("Status")
    name = who.first("Person/Name")
    return Card(
        where=f"{found.file}, {where}",
        punches=tuple(punches),
        number=bib[0],
        member=bib[1],
        card=result.said("ControlCard"),
        name=f"{name.said('Given')} {name.said('Family')}".strip() if name is not None else "",
        team_name=team,
        birth_year=_year(who.said("Person/BirthDate")),
        sex=(who.first("Person") or who).attributes.get("sex", ""),
        categories=(category,) if category else (),
        start_ms=start_ms,
        finish_ms=_at_ms(result, "FinishTime", found, day),
        competing=status != "NotCompeting",
        status=status,
    )


def _at_ms(result: Node, name: str, found: Findings, day: Day) -> int | None:
    text = result.said(name)
    if not text:
        return None
    try:
        return local_ms(datetime.fromisoformat(text), day.zone)
    except (ValueError, OverflowError):
        found.add("cell_malformed", f"line {result.line}, {name}", f"{text[:40]!r} is no date and time")
        return None


def _year(text: str) -> int | None:
    return int(text[:4]) if re.match(r"(19|20)[0-9]{2}-", text) else None


def _degrees(position: Node | None, name: str, most: int, file: str) -> float | None:
    if position is None:
        return None
    try:
        value = float(position.attributes.get(name, ""))
    except ValueError:
        value = 1e9
    if not abs(value) <= most:
        raise fault(file, "cell_malformed", f"{name} is no number of degrees", f"line {position.line}")
    return value
