"""IOF XML 3.0, writing: a ResultList of classes with their persons and teams.

Only values go in and bytes come out; `server.result_list` says what they are.
Positions stand with status OK alone, as the standard asks; start and finish are
no split times.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import msgspec

from client_core.game.statuses import Status

NAMESPACE = "http://www.orienteering.org/datastandard/3.0"
CREATOR = "Wayfold"
STATUS_WORDS = {
    Status.INACTIVE: "Inactive",
    Status.ACTIVE: "Active",
    Status.FINISHED: "Finished",
    Status.OK: "OK",
    Status.MISSING_CHECKPOINT: "MissingPunch",
    Status.OVER_TIME: "OverTime",
    Status.DID_NOT_FINISH: "DidNotFinish",
    Status.SPORTING_WITHDRAWAL: "SportingWithdrawal",
    Status.DISQUALIFIED: "Disqualified",
    Status.DID_NOT_START: "DidNotStart",
    Status.DID_NOT_ENTER: "DidNotEnter",
    Status.CANCELLED: "Cancelled",
    Status.NOT_COMPETING: "NotCompeting",
}
"""Each status by its word in the standard; only checkpoints are punches there."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold, however they are written."""


class Split(msgspec.Struct, frozen=True):
    """A control: `time_ms` after the start, None where it is not known; `missing`: of the course and not visited."""

    code: str
    time_ms: int | None = None
    missing: bool = False


class Result(msgspec.Struct, frozen=True):
    """What a person or team did. Times of the day are ms since the Unix epoch, the others spans in ms."""

    bib: str
    status: Status
    place: int | None = None
    start_ms: int | None = None
    finish_ms: int | None = None
    time_ms: int | None = None
    behind_ms: int | None = None
    score: int | None = None
    course: str = ""
    splits: tuple[Split, ...] = ()


class Runner(msgspec.Struct, frozen=True):
    """A person with a result. `sex` is M, F or empty."""

    name: str
    result: Result
    sex: str = ""


class Entrant(msgspec.Struct, frozen=True):
    """A line of a class: a team with its members and its overall result, or, without one, its only runner."""

    name: str
    runners: tuple[Runner, ...]
    overall: Result | None = None


class ClassResult(msgspec.Struct, frozen=True):
    """The lines of a class, in their order."""

    code: str
    name: str
    entrants: tuple[Entrant, ...]


class ResultList(msgspec.Struct, frozen=True):
    """A whole list: `complete` after the event, else a snapshot."""

    name: str
    zone: str
    starts_ms: int
    ends_ms: int
    created_ms: int
    complete: bool
    classes: tuple[ClassResult, ...]


def write_result_list(results: ResultList) -> bytes:
    """The document, UTF-8 with its declaration."""
    zone = ZoneInfo(results.zone)
    root = ET.Element(
        "ResultList",
        {
            "xmlns": NAMESPACE,
            "iofVersion": "3.0",
            "createTime": _moment(results.created_ms, zone),
            "creator": CREATOR,
            "status": "Complete" if results.complete else "Snapshot",
        },
    )
    event = ET.SubElement(root, "Event")
    _text(event, "Name", results.name)
    for name, at_ms in (("StartTime", results.starts_ms), ("EndTime", results.ends_ms)):
        day, _, time = _moment(at_ms, zone).partition("T")
        moment = ET.SubElement(event, name)
        _text(moment, "Date", day)
        _text(moment, "Time", time)
    for of_class in results.classes:
        node = ET.SubElement(root, "ClassResult")
        shown = ET.SubElement(node, "Class")
        _text(shown, "Id", of_class.code)
        _text(shown, "Name", of_class.name)
        _text(shown, "ShortName", of_class.code)
        # The standard wants persons before teams.
        for entrant in sorted(of_class.entrants, key=lambda one: one.overall is not None):
            _entrant(node, entrant, zone)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _entrant(node: ET.Element, entrant: Entrant, zone: ZoneInfo) -> None:
    if entrant.overall is None:
        for runner in entrant.runners:
            one = ET.SubElement(node, "PersonResult")
            _person(one, runner)
            if entrant.name != runner.name:
                _text(ET.SubElement(one, "Organisation"), "Name", entrant.name)
            _result(ET.SubElement(one, "Result"), runner.result, zone)
        return
    team = ET.SubElement(node, "TeamResult")
    _text(team, "Name", entrant.name)
    _text(team, "BibNumber", entrant.overall.bib)
    for runner in entrant.runners:
        member = ET.SubElement(team, "TeamMemberResult")
        _person(member, runner)
        _result(ET.SubElement(member, "Result"), runner.result, zone, entrant.overall)


def _person(node: ET.Element, runner: Runner) -> None:
    person = ET.SubElement(node, "Person", {"sex": runner.sex} if runner.sex else {})
    name = ET.SubElement(person, "Name")
    given, _, family = runner.name.strip().rpartition(" ")
    _text(name, "Family", family)
    _text(name, "Given", given)


def _result(node: ET.Element, result: Result, zone: ZoneInfo, overall: Result | None = None) -> None:
    """A person's result; that of a team's member says what a time behind is counted in, and the team's result."""
    kind: Literal["", "Course"] = "" if overall is None else "Course"
    _text(node, "BibNumber", result.bib)
    for name, at_ms in (("StartTime", result.start_ms), ("FinishTime", result.finish_ms)):
        if at_ms is not None:
            _text(node, name, _moment(at_ms, zone))
    _places(node, result, kind)
    if overall is not None:
        _places(ET.SubElement(node, "OverallResult"), overall, "")
    if result.course:
        _text(ET.SubElement(node, "Course"), "Name", result.course)
    for split in result.splits:
        punch = ET.SubElement(node, "SplitTime", {"status": "Missing"} if split.missing else {})
        _text(punch, "ControlCode", split.code)
        if split.time_ms is not None and not split.missing:
            _text(punch, "Time", _seconds(split.time_ms))


def _places(node: ET.Element, result: Result, kind: str) -> None:
    attributes = {"type": kind} if kind else {}
    if result.time_ms is not None:
        _text(node, "Time", _seconds(result.time_ms))
    placed = result.status is Status.OK and result.place is not None
    if placed and result.behind_ms is not None:
        _text(node, "TimeBehind", _seconds(result.behind_ms), attributes)
    if placed:
        _text(node, "Position", str(result.place), attributes)
    _text(node, "Status", STATUS_WORDS[result.status])
    if result.score is not None:
        _text(node, "Score", str(result.score), {"type": "Points"})


def _text(node: ET.Element, name: str, text: str, attributes: dict[str, str] | None = None) -> None:
    ET.SubElement(node, name, attributes or {}).text = _NO_XML.sub("\ufffd", text)


def _moment(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).isoformat(timespec="seconds")


def _seconds(span_ms: int) -> str:
    """Whole seconds without a point; thousandths where there are any."""
    whole, rest = divmod(span_ms, 1000)
    return str(whole) if not rest else f"{whole}.{rest:03d}".rstrip("0")
