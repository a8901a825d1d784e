"""A rehearsal copy: the whole game moved in time, with its own teams and results, and the same secrets."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from served import opened, wayfold

from client_core.game.checkpoints import ByTime
from client_core.game.groups import Reached
from client_core.game.publish import publish
from client_core.game.timing import IntervalStart, MassStart
from server.authoring.building import read_game
from server.simulating.moving import begins_ms, moved

HOUR_MS = 3_600_000
GAME = """name = "Park"
start = 2026-06-06T10:00:00
duration = "2 h"
back_by = 2026-06-06T13:00:00
standings = "frozen"
frozen_from = 2026-06-06T11:30:00

[kind.water]
hours = ["2026-06-06T10:30 to 2026-06-06T12:00"]
by_time = ["at 2026-06-06T11:00: 5"]

[group.late]
checkpoints = ["32"]
opens = ["at 2026-06-06T11:00", "after 30 min"]

[format.waves]
start = 2026-06-06T11:00:00
start_by = "interval"
"""
TABLE = "code,lon,lat,kind,secret\n31,11.2558,43.7731,water,draw\n32,11.2531,43.7680,,\n"


def folder(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    (path / "game.toml").write_text(GAME)
    (path / "checkpoints.csv").write_text(TABLE)
    return path


def test_every_time_of_a_game_moves_along_and_every_span_stays(tmp_path: Path) -> None:
    draft, _, report = read_game(folder(tmp_path), 0)
    assert draft is not None, report.errors
    later = moved(draft, HOUR_MS)
    assert moved(later, -HOUR_MS) == draft
    before, after = publish(draft), publish(later)
    assert begins_ms(later) - begins_ms(draft) == HOUR_MS
    assert isinstance(before.start, MassStart)
    assert after.start == MassStart(before.start.at_ms + HOUR_MS)
    assert before.limit is not None
    assert after.limit is not None
    assert (after.limit.limit_ms, after.limit.back_by_ms) == (
        before.limit.limit_ms,
        (before.limit.back_by_ms or 0) + HOUR_MS,
    )
    assert (after.showing.frozen_from_ms or 0) - (before.showing.frozen_from_ms or 0) == HOUR_MS
    assert after.kinds[1].hours[0].from_ms - before.kinds[1].hours[0].from_ms == HOUR_MS
    old_pay, new_pay = before.kinds[1].pay, after.kinds[1].pay
    assert isinstance(old_pay, ByTime)
    assert isinstance(new_pay, ByTime)
    assert new_pay.steps[0][0] - old_pay.steps[0][0] == HOUR_MS
    at, since = after.groups[0].opening[0][0], after.groups[0].opening[1][0]
    old_at = before.groups[0].opening[0][0]
    assert isinstance(at, Reached)
    assert isinstance(old_at, Reached)
    assert at.at_ms - old_at.at_ms == HOUR_MS
    assert since == before.groups[0].opening[1][0]
    waves, old_waves = after.formats[0].start, before.formats[0].start
    assert isinstance(waves, IntervalStart)
    assert isinstance(old_waves, IntervalStart)
    assert waves.first_ms - old_waves.first_ms == HOUR_MS


def test_a_copy_starts_when_it_is_told_to_and_leaves_the_game_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "park")
    wayfold("tenant", "add", "acme", "--name", "Acme")
    wayfold("game", "import", "park")
    wayfold("game", "publish", "park")
    said = wayfold("game", "rehearse", "park", "--start", "2026-05-01T18:00").stdout
    assert "park-rehearsal published, it starts at 18:00 on 2026-05-01" in said
    games = {one["slug"]: one for one in json.loads(wayfold("game", "list", "--json").stdout)}
    assert games["park"]["id"] != games["park-rehearsal"]["id"]
    assert games["park-rehearsal"]["name"] == "Rehearsal: Park"
    data = tmp_path / "wayfold-data"
    with opened(data, name="park") as real, opened(data, name="park-rehearsal") as copy:
        first, second = real.rules.package, copy.rules.package
        assert second.start == MassStart(int(datetime.fromisoformat("2026-05-01T18:00+00:00").timestamp()) * 1000)
        assert first.start != second.start
        assert [one.secret for one in first.checkpoints] == [one.secret for one in second.checkpoints]
    assert "is no time" in wayfold("game", "rehearse", "park", "--start", "soon", code=6).stderr
    assert "no game 'lost'" in wayfold("game", "rehearse", "lost", code=3).stderr
