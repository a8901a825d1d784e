"""Highfield Park, 4 June 2022: the recorded event, as it stands in `data/`.

Reads the shipped files and says what the game is: every control a checkpoint of
ten points, a start list of the published starts, the finish at FIN1. Sources
and licences are in `data/README.md`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from client_core.game.fences import Fix
from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import StartList, TimeLimit

TIME_ZONE = "Europe/London"
RADIUS_M = 25.0
POINTS = 10
FINISH = "FIN1"
START = "STA1"
LIMIT_MS = 45 * 60_000
LATE_POINTS = 10
OPENS_AT = "2022-06-04T07:00:00"
CLOSES_AT = "2022-06-04T13:00:00"

RECORDED_AS = 50_000
"""A track's number in the source is its result's plus this."""

_GPX = "{http://www.topografix.com/GPX/1/1}"


class Control(NamedTuple):
    """A site on the ground: its code and where it is, in degrees."""

    code: str
    lon: float
    lat: float


class Punch(NamedTuple):
    """One electronic punch: the control's code and when, in ms since the Unix epoch."""

    code: str
    at_ms: int


class Runner(NamedTuple):
    """One recorded run: its published result, its punches and the file of its track."""

    result_id: int
    start_ms: int
    finish_ms: int
    punches: tuple[Punch, ...]
    track: Path

    @property
    def team(self) -> str:
        """The team's name: teams are named by their result."""
        return str(self.result_id)


def folder() -> Path:
    """Where the shipped files are. They are plain files in every installed wheel."""
    with as_file(files("server.demo") / "data") as path:
        return Path(path)


def local_ms(text: str) -> int:
    """A local time of the event, such as `2022-06-04T10:40:08`, in ms since the Unix epoch."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(TIME_ZONE)).timestamp() * 1000)


def controls() -> list[Control]:
    """All 37 sites: 35 controls, the start and the finish."""
    found = json.loads((folder() / "highfield-2022" / "controls.geojson").read_text("utf-8"))
    return [
        Control(feature["properties"]["code"], *map(float, feature["geometry"]["coordinates"]))
        for feature in found["features"]
    ]


def runners() -> list[Runner]:
    """The 13 recorded runs, in the order of their tracks' files."""
    with (folder() / "highfield-2022" / "results.csv").open(encoding="utf-8", newline="") as lines:
        row_by_id = {int(row["result_id"]): row for row in csv.DictReader(lines)}
    found = []
    for track in sorted((folder() / "highfield-2022" / "tracks").glob("*.gpx")):
        result_id = int(track.stem.split("_")[1]) - RECORDED_AS
        row = row_by_id[result_id]
        start_ms = local_ms(row["start_local"])
        at_ms = [start_ms + int(split) * 1000 for split in row["splits_s"].split(";")]
        punches = tuple(Punch(code, ms) for code, ms in zip(row["controls"].split(";"), at_ms[:-1], strict=True))
        found.append(Runner(result_id, start_ms, at_ms[-1], punches, track))
    return found


def fixes(track: Path) -> list[Fix]:
    """The recorded fixes of a track that is shipped here; receivers said nothing of their accuracy."""
    return list(_fixes(track))


def draft() -> Draft:
    """The game as it is imported: the controls and the finish, no checkpoint at the start."""
    return Draft(
        name="Highfield Park",
        time_zone=TIME_ZONE,
        opens_at_ms=local_ms(OPENS_AT),
        closes_at_ms=local_ms(CLOSES_AT),
        start=StartList(),
        checkpoints=tuple(
            DraftCheckpoint(
                code=control.code,
                name="Finish" if control.code == FINISH else f"Control {control.code}",
                points=0 if control.code == FINISH else POINTS,
                at=(control.lon, control.lat),
                radius_m=RADIUS_M,
            )
            for control in controls()
            if control.code != START
        ),
        finish_code=FINISH,
        limit=TimeLimit(LIMIT_MS, LATE_POINTS, None),
    )


def expected(runner: Runner, recorded: list[Fix]) -> list[Punch]:
    """The punches whose time lies inside the recording."""
    return [punch for punch in runner.punches if recorded[0].at_ms <= punch.at_ms <= recorded[-1].at_ms]


def _fixes(track: Path) -> Iterator[Fix]:
    # Our own shipped file, no stranger's: the standard parser may read it.
    for point in ET.parse(track).getroot().iter(f"{_GPX}trkpt"):  # noqa: S314 - shipped in the wheel
        time = point.findtext(f"{_GPX}time", "")
        at_ms = int(datetime.fromisoformat(re.sub("Z$", "+00:00", time)).timestamp() * 1000)
        yield Fix(round(float(point.attrib["lon"]) * 1e7), round(float(point.attrib["lat"]) * 1e7), None, at_ms)
