"""The folder an organiser starts from: a commented `game.toml` and tables with places to write over.

Or a whole game that is played as it is: `samples/` holds them, each a folder
whose `game.toml` leaves its dates to the day it is written.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from client_core.game.publish import DraftCheckpoint
from server.formats.iof import CourseData

DAYS_AHEAD = 30
SAMPLES_FOLDER = Path(__file__).parent / "samples"
SAMPLES = tuple(sorted(path.name for path in SAMPLES_FOLDER.iterdir() if path.is_dir()))
SAMPLE_DAYS = 60
"""How long a sample can be played from the day it was written."""

_HEAD = """# {preset}: what is left out is as the preset says; `wayfold game check . --defaults` prints all of it.
preset = "{preset}"
name = {name}
time_zone = "Europe/Rome"        # times below are local to it
start = {day}T10:00:00
duration = "{duration}"
"""
_FINISH = 'finish = "{finish}"\n'
_COURSE = """
[group.course]
checkpoints = [{codes}]
order = "fixed"
mode = "sport"                   # nothing is enforced on the way; judged afterwards
"""
_COURSES = """
# Courses may share controls: each is run by the categories it names.
"""
_ONE_COURSE = """
[group.{course}]
checkpoints = [{codes}]
order = "fixed"
mode = "sport"                   # nothing is enforced on the way; judged afterwards
categories = [{categories}]
"""
_CATEGORY = """
[category.{category}]
assigned = true                  # who was entered for it
"""
_TOWER = """
[group.tower]                    # opens when the riddle is solved, or after an hour
checkpoints = ["33"]
opens = ["answered R31", "after 60 min"]
"""
_HUNT = """
[group.hunt]                     # each place opens when the riddle of the one before is solved
checkpoints = [{codes}]
order = "fixed"
next_after = "answer"
"""
_STATIONS = """
[group.stations]                 # every team starts at another station
checkpoints = [{codes}]
order = "rotated"
bonus = 20                       # for all of them
"""
_BODY = {"line": _COURSE, "city-hunt": _TOWER, "treasure-hunt": _HUNT, "team-rally": _STATIONS}
_DURATIONS = {"rogaine": "4 h", "score": "60 min", "line": "3 h"}
_CHECKPOINTS = """code,name,lon,lat,secret
31,Oak,11.2558,43.7731,draw
32,Bridge,11.2531,43.7680,draw
33,Tower,11.2650,43.7629,draw
F1,Finish,11.2487,43.7764,
"""
_CHALLENGES = """code,checkpoint,text,form,answer,points,tries,wrong,hints,judged
R31,31,Who planted the oak?,text,The gardener|Gardener,20,3,5,Look at the plate (5),sealed
R32,32,How many arches does the bridge have?,number,3,10,,,,open
"""
_WITH_CHALLENGES = ("city-hunt", "treasure-hunt", "team-rally")
_STARTS_AND_ENDS = re.compile(r"(START|STA|S|FINISH|FIN|F)[0-9]{0,2}")
"""How starts and finishes are called on maps."""
_COLUMNS = ("code", "name", "lon", "lat", "radius", "points", "text", "secret")


def write_start(
    folder: Path,
    preset: str,
    now_ms: int,
    places: Sequence[DraftCheckpoint] = (),
    planned: CourseData | None = None,
) -> list[Path]:
    """Write the folder's files; raises `FileExistsError` where one is there, with nothing written over.

    `places` are points of another program's file; they go into a table to
    complete. `planned` are its courses: those of a line event become groups,
    each for the classes that run it.
    """
    day = (datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(days=DAYS_AHEAD)).date()
    name = json.dumps(folder.resolve().name or "game", ensure_ascii=False)
    codes = [one.code for one in places] or ["31", "32", "33", "F1"]
    finish = next((code for code in codes if re.fullmatch(r"(FINISH|FIN|F)[0-9]{0,2}", code)), None)
    if finish is None:
        finish = next((code for code in codes if _STARTS_AND_ENDS.fullmatch(code)), None)
    listed = ", ".join(json.dumps(code) for code in codes if not _STARTS_AND_ENDS.fullmatch(code))
    text = _HEAD.format(preset=preset, name=name, day=day, duration=_DURATIONS.get(preset, "2 h"))
    text += _FINISH.format(finish=finish) if finish else ""
    if planned is not None and planned.courses and preset == "line":
        text += _courses(planned)
    elif not places or preset in {"line", "treasure-hunt", "team-rally"}:
        text += _BODY.get(preset, "").format(codes=listed)
    checkpoints = _table(places, finish) if places else _CHECKPOINTS
    contents = {"game.toml": text.encode(), "checkpoints.csv": checkpoints.encode()}
    if preset in _WITH_CHALLENGES and not places:
        contents["challenges.csv"] = _CHALLENGES.encode()
    return _write(folder, contents)


def _courses(planned: CourseData) -> str:
    """A category for each class and a group for each course; a course without classes is its own category."""
    text, taken = _COURSES, set[str]()
    for number, course in enumerate(planned.courses, 1):
        name = course.name if course.name and course.name not in taken else f"{course.name} {number}".strip()
        taken.add(name)
        classes = [one for one, runs in planned.course_by_class.items() if runs == course.name and name == runs]
        listed, named = (", ".join(map(_quoted, names)) for names in (course.controls, classes or [name]))
        text += "".join(_CATEGORY.format(category=_quoted(one)) for one in classes or [name])
        text += _ONE_COURSE.format(course=_quoted(name), codes=listed, categories=named)
    return text


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _table(places: Sequence[DraftCheckpoint], finish: str | None) -> str:
    """The places as a table to complete: without points, which follow from the rule, and with secrets to be drawn."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in places:
        assert one.at is not None
        passed = one.code == finish or _STARTS_AND_ENDS.fullmatch(one.code) is not None
        row = (one.code, one.name, f"{one.at[0]:.7f}", f"{one.at[1]:.7f}", "", "0" if passed else "", one.text)
        writer.writerow((*row, "" if passed else "draw"))
    return lines.getvalue()


def write_sample(folder: Path, sample: str, now_ms: int) -> list[Path]:
    """Write a game of `SAMPLES` that opens today; raises `FileExistsError` where one of its files is there."""
    contents = {path.name: path.read_bytes() for path in sorted((SAMPLES_FOLDER / sample).iterdir())}
    today = datetime.fromtimestamp(now_ms / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    dates = {"opens": today, "closes": today + timedelta(days=SAMPLE_DAYS)}
    for name, date in dates.items():
        contents["game.toml"] = contents["game.toml"].replace(f"{{{name}}}".encode(), date.isoformat().encode())
    return _write(folder, contents)


def _write(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    taken = [name for name in contents if (folder / name).exists()]
    if taken:
        raise FileExistsError(f"{folder / taken[0]} is there already: choose another folder")
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]
