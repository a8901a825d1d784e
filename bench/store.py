"""The device's file: which fences contain a position, and how long a durable check-in takes."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import secrets
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.table import Row, seconds
from client_core.game.content import Package
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.timing import StartList
from client_core.store.checkpoints import Checkpoints, write_package
from client_core.store.database import Database
from client_core.store.device import game_number
from client_core.store.event_log import SqliteLog
from sync.batch import Batch, OwnEvents
from sync.event import ORIGIN, seal
from sync.stream import GameKey, StreamKey, stream_id, team_audience

CHECKPOINTS = 100_000
POLYGON_EVERY = 5
QUERIES = 10_000
ROUNDS = 7
COMMITS = 1_000
SEED = 20220604
FENCES_RATIO_MIN = 0.7
CHECK_IN_RATIO_MAX = 1.5

JOIN = (
    "SELECT c.id, c.number, c.code, c.fence FROM idx_checkpoint_fence i CROSS JOIN checkpoint c ON c.id = i.id"
    " WHERE i.west_e7 <= ?1 AND i.east_e7 >= ?1 AND i.south_e7 <= ?2 AND i.north_e7 >= ?2"
)

Position = tuple[float, float]


def rows() -> list[Row]:
    """Fences among 100,000 real places, and commits; each against the bare SQLite it stands on."""
    with tempfile.TemporaryDirectory(prefix="wayfold-bench-") as folder:
        return [*_fences(Path(folder)), _check_in(Path(folder))]


def _fences(folder: Path) -> list[Row]:
    """Random positions near random checkpoints; the limit fetches the same candidates' rows and decides nothing."""
    data = os.environ.get("WAYFOLD_DATA")
    places = _places(Path(data) / "poi") if data else _drawn_places()
    with Database.open(folder / "fences.wayfold", spatialite="registered") as database:
        with database.transaction() as connection:
            write_package(connection, game_number(connection, bytes(16), bytes(16), bytes(32)), _package(*places))
        rolls = random.Random(SEED)
        queries = [_near(rolls, rolls.choice(places[0])) for _ in range(QUERIES)]
        checkpoints, execute = Checkpoints(database, 1), database.connection.execute

        def join() -> None:
            for query in queries:
                execute(JOIN, query).fetchall()

        def cold() -> None:
            fresh = Checkpoints(database, 1)
            for query in queries:
                fresh.containing(*query)

        def warm() -> None:
            for query in queries:
                checkpoints.containing(*query)

        limit, first, again = (QUERIES / duration for duration in _interleaved(join, cold, warm))
    where = "100,000 real places" if data else "100,000 drawn places"
    target = f"at least {FENCES_RATIO_MIN} of a direct R*Tree join"
    return [
        Row(
            f"which fences contain me, {where}",
            again,
            "1/s",
            limit,
            again / limit,
            target,
            again / limit >= FENCES_RATIO_MIN,
        ),
        Row("the same, each fence met for the first time", first, "1/s", limit, first / limit),
    ]


def _interleaved(*works: Callable[[], object]) -> list[float]:
    """The median duration of each work, in turns, so that a slow moment of the machine hits all."""
    durations: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for found, work in zip(durations, works, strict=True):
            found.append(seconds(work))
    return [statistics.median(found) for found in durations]


def _check_in(folder: Path) -> Row:
    """Seal one event and append it, against one row in a bare WAL file with `synchronous=FULL`."""
    game = GameKey(bytes(16), bytes(16))
    key = StreamKey(secrets.token_bytes(32), secrets.token_bytes(16), team_audience(secrets.token_bytes(16)))
    stream, seed, payload = stream_id(key), secrets.token_bytes(16), secrets.token_bytes(24)
    bare = sqlite3.connect(folder / "bare", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
    with Database.open(folder / "device.wayfold", spatialite="registered") as database:
        with database.transaction() as connection:
            game_number(connection, game.tenant, game.game, bytes(32))
        log, tip = SqliteLog(database, game), [(-1, ORIGIN)]

        def append() -> None:
            seq, previous = tip[0]
            event = seal(game, stream, seq + 1, previous, seed, payload)
            log.append(Batch(own=(OwnEvents(key, (event,)),)))
            tip[0] = (event.seq, event.id)

        def insert() -> None:
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO event (payload) VALUES (?)", (payload,))
            bare.execute("COMMIT")

        limits, values = [], []
        for _ in range(COMMITS):  # one by one in turns: the time of a flush drifts
            limits.append(seconds(insert))
            values.append(seconds(append))
    bare.close()
    limit, value = statistics.median(limits) * 1e6, statistics.median(values) * 1e6
    target, ratio = f"at most {CHECK_IN_RATIO_MAX} of a bare transaction", value / limit
    return Row(
        "an event sealed and durable on a device", value, "us", limit, ratio, target, ratio <= CHECK_IN_RATIO_MAX
    )


def _near(rolls: random.Random, place: Position) -> tuple[int, int]:
    """A position within about 80 m."""
    return round(place[0] * 1e7) + rolls.randrange(-8000, 8000), round(place[1] * 1e7) + rolls.randrange(-6000, 6000)


def _package(places: list[Position], shapes: list[list[Position]]) -> Package:
    """Circles of usual sizes, and every fifth place a real outline moved there."""
    rolls = random.Random(SEED)
    drafts = []
    for number, (lon, lat) in enumerate(places):
        if number % POLYGON_EVERY:
            drafts.append(DraftCheckpoint(str(number), at=(lon, lat), radius_m=rolls.choice((15, 25, 25, 50, 100))))
        else:
            shape = rolls.choice(shapes)
            east, north = lon - shape[0][0], lat - shape[0][1]
            drafts.append(DraftCheckpoint(str(number), rings=(tuple((x + east, y + north) for x, y in shape),)))
    draft = Draft(
        name="Everywhere",
        time_zone="UTC",
        opens_at_ms=0,
        closes_at_ms=3_600_000,
        start=StartList(),
        checkpoints=tuple(drafts),
    )
    return publish(draft)


def _places(folder: Path) -> tuple[list[Position], list[list[Position]]]:
    """Stations, airports, and places and outlines of Firenze and Helsinki."""
    found: list[Position] = []
    for name, delimiter, lon, lat in (
        ("eu_stations", ";", "longitude", "latitude"),
        ("airports", ",", "lon", "lat"),
    ):
        with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
            found += [(float(row[lon]), float(row[lat])) for row in csv.DictReader(file, delimiter=delimiter)]
    for name in ("firenze_pois", "helsinki_pois"):
        features = json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
        found += [tuple(feature["geometry"]["coordinates"][:2]) for feature in features]
    outlines = json.loads((folder / "firenze_polygons.geojson").read_text(encoding="utf-8"))["features"]
    shapes = [[(x, y) for x, y, *_ in f["geometry"]["coordinates"][0]] for f in outlines]
    usable = [(lon, lat) for lon, lat in found if abs(lat) < 84 and abs(lon) < 179.5]
    random.Random(SEED).shuffle(usable)
    return usable[:CHECKPOINTS], shapes


def _drawn_places() -> tuple[list[Position], list[list[Position]]]:
    """Where the recorded places are not at hand: places around a city, and one outline of 17 corners."""
    rolls = random.Random(SEED)
    places = [(11.25 + rolls.gauss(0, 0.5), 43.77 + rolls.gauss(0, 0.5)) for _ in range(CHECKPOINTS)]
    return places, [[(0.0, 0.0), *((x / 2e4, (8 - abs(8 - x)) / 2e4) for x in range(1, 16)), (1e-3, -1e-4), (0.0, 0.0)]]
