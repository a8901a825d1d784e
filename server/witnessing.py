"""Witnessing: a node notes in the log which streams of players it held, up to which event, and when.

A note (`actions.Witnessed`) stands in this node's own stream of the same
audience, so whoever folds the team folds the evidence too. A stream is noted at
most once in `WITNESS_EVERY_MS`, the latest state of it; where a team's finish
has no witness yet, at once. Streams of strangers and of the organiser's own
nodes are not noted, nor what another node's note covers already, nor anything
once the game is final or while HQ's key is one that was replaced as stolen.

Pushes pay nothing for it: a commit names the streams it changed, and notes are
written in batches beside, a few seconds later, with the time of the commit.
What a crash loses of these seconds is noted at the stream's next push, or
further up: a later note is a weaker one and never a wrong one.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import msgspec

from client_core.game.actions import Known, Witnessed, decode_action
from client_core.game.results import Flag
from server import own_stream
from server.clock import Clock
from server.open_game import OpenGame
from server.problems import Problem
from server.writer import OWN_TRIES_MAX, Writer
from sync.batch import Batch
from sync.errors import LocalError
from sync.placement import StreamState, signed_heads
from sync.stream import team_audience

WITNESS_EVERY_MS = 5 * 60_000
"""By the node's clock. A phone's check-ins lie within minutes then, for one event more in a hundred."""
WITNESS_AFTER_S = 2.0
"""What comes in meanwhile is noted together, and a note of another node has time to come."""
WITNESS_PAUSE_S = 0.2
NOTES_MAX = 32
"""In one batch: signing them takes a few milliseconds of the event loop; a herd of 2,000 is noted in twelve seconds."""
PATIENCE_S = 10.0
"""So long notes let pushes that wait go first."""
NOTES_READ_MAX = 8
"""Of another node's stream: its latest notes."""

_TEAM_PREFIX = team_audience(b"")

log = logging.getLogger("wayfold.witnessing")


class Witnessing:
    """Every game's notes, written beside the pushes. Belongs to the event loop."""

    def __init__(
        self, open_game: Callable[[str, str], AbstractContextManager[OpenGame]], writer: Writer, clock: Clock
    ) -> None:
        self._open, self._writer, self._clock = open_game, writer, clock
        self._witnesses: dict[bytes, Witness] = {}
        self._tasks: dict[bytes, asyncio.Task[None]] = {}

    def hear(self, game: OpenGame) -> None:
        """The game's log has just grown by a commit."""
        witness = self._witnesses.get(game.row.id)
        if witness is None or witness.game is not game:
            witness = self._witnesses[game.row.id] = Witness(game)
        fresh, game.fresh = game.fresh, set()
        witness.hear(fresh, self._clock())
        if witness.waiting and game.row.id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._note(game.tenant.slug, game.row.id))
            self._tasks[game.row.id] = task

    def forget(self, game: OpenGame) -> None:
        """The game's file closes; its streams are noted when they grow again."""
        self._witnesses.pop(game.row.id, None)

    async def stop(self) -> None:
        """End; what waits is noted when its streams grow again."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _note(self, tenant: str, identity: bytes) -> None:
        """Write what is due until nothing waits any more."""
        pause_s, waited_s = WITNESS_AFTER_S, 0.0
        try:
            while identity in self._witnesses:
                await asyncio.sleep(pause_s)
                if self._writer.waiting and waited_s < PATIENCE_S:
                    waited_s += pause_s
                    continue
                waited_s = 0.0
                with self._open(tenant, identity.hex()) as game:
                    witness = self._witnesses.get(identity)
                    if witness is None or witness.game is not game or not witness.waiting:
                        return
                    due = witness.due(self._clock())
                    await self._write(game, witness, witness.batch(due))
                pause_s = WITNESS_PAUSE_S if len(due) == NOTES_MAX else WITNESS_AFTER_S
        except Problem as problem:
            log.warning("%s is not witnessed now: %s", identity.hex(), problem.detail)
        except Exception:
            log.exception("%s could not be witnessed", identity.hex())
        finally:
            del self._tasks[identity]

    async def _write(self, game: OpenGame, witness: Witness, batch: Batch) -> None:
        if not batch.own:
            return
        try:
            await self._writer.submit(game, batch)
        except (Problem, LocalError, sqlite3.Error) as error:
            witness.again(batch)
            log.warning("%s: notes wait: %s", game.row.slug, error)


def witness_now(game: OpenGame, streams: Iterable[bytes], now_ms: int) -> None:
    """Note these streams at once, from a command, which no timer follows; raises `sqlite3.Error`.

    Where a server beside it writes in the same stream each time, the notes are
    left to whoever holds the streams next.
    """
    witness = Witness(game)
    witness.hear(streams, now_ms)
    tries = 0
    while witness.waiting and tries < OWN_TRIES_MAX:
        batch = witness.batch(witness.due(now_ms))
        if not batch.own:
            continue
        try:
            game.log.append(batch)
        except LocalError:
            witness.again(batch)
            game.refresh()
            tries += 1


class Witness:
    """What this node has still to note in one game. Belongs to the event loop."""

    def __init__(self, game: OpenGame) -> None:
        self.game = game
        self._held_at: dict[bytes, int] = {}
        """By stream, when it last grew here."""
        self._noted: dict[bytes, tuple[int, bytes]] = {}
        """By stream, when it was noted last, and the head that was."""

    @property
    def waiting(self) -> bool:
        """Whether any stream has grown since it was noted."""
        return bool(self._held_at)

    def hear(self, streams: Iterable[bytes], now_ms: int) -> None:
        """These streams were committed at `now_ms` (or a moment before it)."""
        states, directory = self.game.log.index.streams, self.game.log.index.directory
        if directory.finals() or self.game.key_is_replaced:
            return
        for stream in streams:
            key = states[stream].key
            players = key.audience[:1] == _TEAM_PREFIX and not directory.speaks_for_all(key.public_key)
            if players and directory.is_enrolled(key):
                self._held_at[stream] = now_ms

    def due(self, now_ms: int) -> list[bytes]:
        """The streams to note now, at most `NOTES_MAX`."""
        unproven = set() if self.game.cannot_score else self.game.board.teams_flagged(Flag.UNWITNESSED)
        states = self.game.log.index.streams
        found: list[bytes] = []
        for stream in self._held_at:
            noted = self._noted.get(stream)
            late = noted is None or not 0 <= now_ms - noted[0] < WITNESS_EVERY_MS
            if late or states[stream].key.audience[1:] in unproven:
                found.append(stream)
                if len(found) == NOTES_MAX:
                    break
        return found

    def batch(self, streams: Iterable[bytes]) -> Batch:
        """The notes on these streams, and that they wait no longer."""
        index, batch = self.game.log.index, Batch()
        notes: dict[bytes, list[Known]] = {}
        for stream in streams:
            state, at_ms = index.streams[stream], self._held_at.pop(stream)
            seq, head = max(signed_heads(state), default=(-1, b""))
            if seq < 0 or head == self._noted.get(stream, (0, b""))[1]:
                continue
            self._noted[stream] = (at_ms, head)
            if not self._covered(state, seq):
                notes.setdefault(state.key.audience, []).append(Witnessed(at_ms, stream, seq, head))
        for audience, actions in notes.items():
            part = own_stream.write(index, self.game.key, audience, actions)
            batch = msgspec.structs.replace(
                batch, own=(*batch.own, *part.own), signatures=(*batch.signatures, *part.signatures)
            )
        return batch

    def again(self, batch: Batch) -> None:
        """The batch was not stored: what it noted waits again."""
        for own in batch.own:
            for event in own.events:
                note = decode_action(event.payload or b"")
                if isinstance(note, Witnessed):
                    self._noted.pop(note.stream, None)
                    self._held_at.setdefault(note.stream, note.at_ms)

    def _covered(self, state: StreamState, seq: int) -> bool:
        """Whether another node's latest notes say that it held the stream so far, in a log without forks of it."""
        if len(state.branches) > 1:
            return False
        log, own = self.game.log, self.game.key.public_key
        for other in log.index.streams_of(state.key.audience):
            author = other.key.public_key
            if author == own or not log.index.directory.speaks_for_all(author):
                continue
            tip = other.branches[0].tip_seq
            for _, _, payload in log.payloads(other.id, other.branches[0].number, max(0, tip - NOTES_READ_MAX), tip):
                note = decode_action(payload)
                if isinstance(note, Witnessed) and note.stream == state.id and note.seq >= seq:
                    return True
        return False
