"""A forked stream in which payloads are missing is read alike by every node, however its runs came."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from event_logs import FACTORIES
from nodes import ROOT_KEY, authority_statement, enrolment_statement, key_of, run_of, segment_of

from client_core.game.events import LoggedEvent
from client_core.team_log import game_events as events_on_device
from server.db.event_log import GameLog
from server.scoreboard import game_events as events_on_server
from sync.batch import Batch
from sync.log import EventLog
from sync.segment import Run, make_run
from sync.stream import ALL


def without(run: Run, *positions: int) -> Run:
    """The run as a peer sends it that lacks some payloads."""
    segment = segment_of(run)
    events = [segment.event(i) for i in range(len(segment.ids))]
    kept = [msgspec.structs.replace(e, payload=None) if i in positions else e for i, e in enumerate(events)]
    return make_run(run.key, kept, run.signature)


def forked_runs(*missing: int) -> tuple[Run, Run, Run]:
    """Events 0 to 2, and two ways in which they go on; some payloads are missing in the first run and one branch."""
    first = run_of("phone", [b"zero", b"one", b"two"])
    at = segment_of(first).ids[2]
    return (
        without(first, *missing),
        without(run_of("phone", [b"a", b"b", b"c"], 3, at), 1),
        run_of("phone", [b"x"], 3, at),
    )


def read(log: EventLog, runs: tuple[Run, ...]) -> set[LoggedEvent]:
    """What is folded of a log that took in these runs, one after another."""
    log.append(Batch(statements=(authority_statement(ROOT_KEY), enrolment_statement(ROOT_KEY, key_of("phone"), ALL))))
    for run in runs:
        log.append(Batch(segments=(segment_of(run),)))
    return set(events_on_server(log) if isinstance(log, GameLog) else events_on_device(log))


@pytest.fixture
def orders(tmp_path: Path) -> list[tuple[str, Path, tuple[int, ...]]]:
    """Every kind of log, and every order in which three runs can come, with a folder for each."""
    found = []
    for name in FACTORIES:
        for number, order in enumerate(permutations(range(3))):
            folder = tmp_path / f"{name}{number}"
            folder.mkdir()
            found.append((name, folder, order))
    return found


@pytest.mark.parametrize("missing", [(), (1,), (2,), (1, 2)])
def test_who_holds_the_same_folds_the_same(
    missing: tuple[int, ...], orders: list[tuple[str, Path, tuple[int, ...]]]
) -> None:
    runs, told = forked_runs(*missing), []
    for name, folder, order in orders:
        log = FACTORIES[name].open(folder)
        told.append(read(log, tuple(runs[n] for n in order)))
        FACTORIES[name].close(log)
    assert all(one == told[0] for one in told)
    ids = [segment_of(run).ids for run in runs]
    before = {event.id: event.previous for event in told[0]}
    assert len(before) == 6 - len(missing)
    nearest = next(identity for n, identity in reversed(list(enumerate(ids[0]))) if n not in missing)
    assert (before[ids[1][0]], before[ids[2][0]]) == (nearest, nearest), "both go on from what is there before the fork"
    assert before[ids[1][2]] == ids[1][0], "over the one that is missing"
