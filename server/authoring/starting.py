"""The folder an organiser starts from: a commented `game.toml` and tables with places to write over.

Or a whole game that is played as it is: `samples/` holds them, each a folder
whose `game.toml` leaves its dates to the day it is written.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS_AHEAD = 30
SAMPLES_FOLDER = Path(__file__).parent / "samples"
SAMPLES = tuple(sorted(path.name for path in SAMPLES_FOLDER.iterdir() if path.is_dir()))
SAMPLE_DAYS = 60
"""How long a sample can be played from the day it was written."""

_HEAD = """# {preset}: what is left out is as the preset says; `wayfold game check . --defaults` prints all of it.
preset = "{preset}"
name = "{name}"
time_zone = "Europe/Rome"        # times below are local to it
start = {day}T10:00:00
duration = "{duration}"
"""
_BODY = {
    "rogaine": 'finish = "F1"\n',
    "score": 'finish = "F1"\n',
    "line": 'finish = "F1"\n\n[group.course]\ncheckpoints = ["31", "32", "33", "F1"]\n'
    'order = "fixed"\nmode = "sport"\n',
    "city-hunt": 'finish = "F1"\n\n[group.tower]              # opens when the riddle is solved, or after an hour\n'
    'checkpoints = ["33"]\nopens = ["answered R31", "after 60 min"]\n',
    "treasure-hunt": '\n[group.hunt]\ncheckpoints = ["31", "32", "33"]\norder = "fixed"\nnext_after = "answer"\n',
    "team-rally": "\n[group.stations]                 # every team starts at another station\n"
    'checkpoints = ["31", "32", "33"]\norder = "rotated"\nbonus = 20\n',
}
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


def write_start(folder: Path, preset: str, now_ms: int) -> list[Path]:
    """Write the folder's files; raises `FileExistsError` where one is there, with nothing written over."""
    day = (datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(days=DAYS_AHEAD)).date()
    head = _HEAD.format(preset=preset, name=folder.name, day=day, duration=_DURATIONS.get(preset, "2 h"))
    texts = {"game.toml": head + _BODY[preset], "checkpoints.csv": _CHECKPOINTS}
    if preset in _WITH_CHALLENGES:
        texts["challenges.csv"] = _CHALLENGES
    return _write(folder, {name: text.encode() for name, text in texts.items()})


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
