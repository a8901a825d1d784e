"""The two stores whose files are broken off: a device's, and a tenant's on a server.

Each is made, opened and written by the product's own code; the ids of events
are the proof of what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Protocol

from nodes import ROOT_KEY, WORLD_GAME, authority_statement, enrolment_statement, key_of, run_of, segment_of
from served import found_tenant, opened

from client_core.store.database import Database
from client_core.store.device import game_number
from client_core.store.event_log import SqliteLog
from server.node import Node as ServerNode
from server.settings import Settings
from sync.batch import Batch, OwnEvents
from sync.event import ORIGIN, head_message, seal
from sync.log import EventLog
from sync.runs import sign_tails
from sync.segment import Segment, check_run, make_run
from sync.stream import GAME, StreamKey, scope_of, stream_id, team_audience

Report = Callable[[int, list[bytes]], None]
"""Told, after each acknowledgement, the commit's number and the ids it holds since."""

TEAM = team_audience(b"R" * 16)


class Store(Protocol):
    """One kind of store. `file` is its database's name below the folder it lives in."""

    file: str

    def make(self, folder: Path) -> None:
        """Make an empty store, ready to be written."""

    def write(self, folder: Path, report: Report, seed: int, checkpoint_pages: int) -> None:
        """Write for ever."""

    def opened(self, folder: Path) -> Any:
        """Open it as the product does, for as long as the context lasts; gives its log."""


class DeviceStore:
    """A device's file: own events one at a time, signatures, and segments of others, as sessions bring them."""

    file = "device.wayfold"

    def make(self, folder: Path) -> None:
        with closing(self._open(folder)):
            pass

    def write(self, folder: Path, report: Report, seed: int, checkpoint_pages: int) -> None:
        draw = Random(seed)
        database = self._open(folder)
        database.connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
        log = SqliteLog(database, WORLD_GAME)
        log.append(Batch(statements=enrolments()))
        report(log.state.commit_seq, [])
        others: dict[int, tuple[int, bytes]] = {}
        turn = 0
        while True:
            turn += 1
            ids: list[bytes] = []
            if draw.random() < 0.6:
                batch, ids = own_events(log, [draw.randbytes(draw.randint(1, 900)) for _ in range(draw.randint(1, 4))])
            elif draw.random() < 0.5:
                batch = Batch(signatures=signatures(log))
            else:
                segments = [_grown(others, draw.randrange(6), draw) for _ in range(draw.randint(1, 3))]
                batch, ids = Batch(segments=tuple(segments)), [i for s in segments for i in s.ids]
            log.append(batch)
            report(log.state.commit_seq, ids)

    @contextmanager
    def opened(self, folder: Path) -> Iterator[EventLog]:
        with closing(self._open(folder)) as database:
            yield SqliteLog(database, WORLD_GAME)

    def _open(self, folder: Path) -> Database:
        database = Database.open(folder / self.file, spatialite="registered")
        with database.transaction() as connection:
            game_number(connection, WORLD_GAME.tenant, WORLD_GAME.game, ROOT_KEY.public_key)
        return database


class ServerStore:
    """A tenant's file under the server's writer: pushes that arrive together share a COMMIT."""

    file = "tenants/acme.sqlite"

    def make(self, folder: Path) -> None:
        found_tenant(folder)

    def write(self, folder: Path, report: Report, seed: int, checkpoint_pages: int) -> None:
        asyncio.run(self._write(folder, report, Random(seed), checkpoint_pages))

    async def _write(self, folder: Path, report: Report, draw: Random, checkpoint_pages: int) -> None:
        node = ServerNode(Settings(data_folder=str(folder)))
        await node.start()
        with node.tenants.open("acme") as file:
            file.writer.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
        with node.game("acme", "park") as game:
            report(game.log.state.commit_seq, [])

            async def push(number: int) -> None:
                seq, previous = 0, ORIGIN
                while True:
                    payloads = [draw.randbytes(draw.randint(1, 900)) for _ in range(draw.randint(1, 8))]
                    segment = game_segment(game.log.index.game, f"device {number}", payloads, seq, previous)
                    await node.writer.submit(game, Batch(segments=(segment,)))
                    report(game.log.state.commit_seq, segment.ids)
                    seq, previous = segment.last_seq + 1, segment.ids[-1]
                    await asyncio.sleep(draw.random() / 200)

            await asyncio.gather(*map(push, range(6)))

    @contextmanager
    def opened(self, folder: Path) -> Iterator[EventLog]:
        with opened(folder) as game:
            yield game.log


STORES: dict[str, Store] = {"device": DeviceStore(), "server": ServerStore()}


def enrolments() -> tuple[Any, ...]:
    """The chain that enrols the device."""
    hq = key_of("hq")
    return (authority_statement(hq), enrolment_statement(hq, key_of("device"), scope_of(GAME, TEAM)))


def own_events(log: EventLog, payloads: list[bytes]) -> tuple[Batch, list[bytes]]:
    """The device's next own events, and their ids."""
    key = StreamKey(key_of("device").public_key, b"i" * 16, TEAM)
    identity = stream_id(key)
    state = log.index.streams.get(identity)
    seq, previous = (state.branches[0].tip_seq, state.branches[0].tip) if state else (-1, ORIGIN)
    events = []
    for payload in payloads:
        event = seal(WORLD_GAME, identity, seq + 1, previous, b"s" * 16, payload)
        events.append(event)
        seq, previous = event.seq, event.id
    return Batch(own=(OwnEvents(key, tuple(events)),)), [event.id for event in events]


def signatures(log: EventLog) -> tuple[Any, ...]:
    """Signatures over the device's unsigned tail."""
    key, tails = key_of("device"), sign_tails(log, key_of("device").public_key)
    try:
        effect = next(tails)
        while True:
            effect = tails.send(key.sign(effect.message))  # type: ignore[union-attr]
    except StopIteration as stop:
        found: tuple[Any, ...] = stop.value
        return found


def _grown(others: dict[int, tuple[int, bytes]], number: int, draw: Random) -> Segment:
    """The next segment of somebody else's stream."""
    seq, previous = others.get(number, (0, ORIGIN))
    segment = segment_of(
        run_of(f"other {number}", [draw.randbytes(draw.randint(1, 400)) for _ in range(3)], seq, previous)
    )
    others[number] = (segment.last_seq + 1, segment.ids[-1])
    return segment


def game_segment(game: Any, name: str, payloads: list[bytes], seq: int, previous: bytes) -> Segment:
    """A segment of a key of its own, of any game, checked as every push is."""
    key = key_of(name)
    stream = StreamKey(key.public_key, b"i" * 16, GAME)
    events = []
    for payload in payloads:
        event = seal(game, stream_id(stream), seq + len(events), previous, b"s" * 16, payload)
        events.append(event)
        previous = event.id
    last = events[-1]
    signature = key.sign(head_message(game, last.stream, last.seq, last.id))
    return check_run(game, make_run(stream, events, signature))[0]
