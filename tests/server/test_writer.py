"""The one writer: groups, savepoints, and what happens when a group cannot be stored."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from nodes import key_of
from served import found_tenant, opened

from client_core.game.actions import GamePublished
from server import own_stream
from server.db import tenant_file
from server.node import Node
from server.open_game import OpenGame
from server.problems import Problem
from server.settings import Limits, Settings
from sync.batch import Batch, HeadSignature, Outcome
from sync.errors import LocalError
from sync.stream import GAME

BAD = Batch(signatures=(HeadSignature(b"?" * 32, 0, 0, b"?" * 32, b"?" * 64),))


@asynccontextmanager
async def writing(folder: Path, **limits: int) -> AsyncIterator[tuple[Node, OpenGame]]:
    found_tenant(folder)
    node = Node(Settings(data_folder=str(folder), limits=Limits(**limits)))
    await node.start()
    try:
        with node.game("acme", "park") as game:
            yield node, game
    finally:
        await node.stop()


def write_of(game: OpenGame, name: str, size: int = 1) -> Batch:
    """A batch of a key of its own, so that any number of them fit side by side."""
    actions = [GamePublished(n, b"p" * 32) for n in range(size)]
    return own_stream.write(game.log.index, key_of(name), GAME, actions)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_pushes_that_come_together_are_committed_together(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            before = game.log.state.commit_seq
            batches = [write_of(game, str(number)) for number in range(50)]
            outcomes = await asyncio.gather(*(node.writer.submit(game, batch) for batch in batches))
            assert outcomes == [Outcome(())] * 50
            assert game.log.state.commit_seq == before + 1
            assert len(game.log.index.streams) >= 50

    run(test())


def test_one_bad_push_costs_nobody_else(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            batches = [write_of(game, "a"), BAD, write_of(game, "b")]
            found = await asyncio.gather(*(node.writer.submit(game, b) for b in batches), return_exceptions=True)
            assert [type(one) for one in found] == [Outcome, LocalError, Outcome]
        with opened(tmp_path) as reopened:
            keys = {state.key.public_key for state in reopened.log.index.streams.values()}
            assert {key_of("a").public_key, key_of("b").public_key} <= keys

    run(test())


def test_rows_that_do_not_fit_the_file_cost_their_own_push_alone(tmp_path: Path) -> None:
    """A damaged file may hold rows that nobody knows of: the group is written again push by push."""

    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            ((last,),) = game.file.writer.execute("SELECT max(no) FROM stream").fetchall()
            alien = (last + 2, 0, 0, b"?" * 32, b"?" * 32, b"", None, None)
            game.file.writer.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", alien)
            batches = [write_of(game, name) for name in ("a", "b", "c")]
            found = await asyncio.gather(*(node.writer.submit(game, b) for b in batches), return_exceptions=True)
            assert [type(one) for one in found] == [Outcome, sqlite3.IntegrityError, Outcome]
        with opened(tmp_path) as reopened:
            keys = {state.key.public_key for state in reopened.log.index.streams.values()}
            assert {key_of("a").public_key, key_of("c").public_key} <= keys
            assert key_of("b").public_key not in keys

    run(test())


def test_a_full_disk_answers_busy_acknowledges_nothing_and_recovers(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            pages = game.file.writer.execute("PRAGMA page_count").fetchone()[0]
            game.file.writer.execute(f"PRAGMA max_page_count = {pages}")
            before = (dict(game.log.index.streams), game.log.state)
            batches = [write_of(game, str(n), 100) for n in range(30)]
            found = await asyncio.gather(*(node.writer.submit(game, b) for b in batches), return_exceptions=True)
            assert {(type(one), one.code) for one in found if isinstance(one, Problem)} == {(Problem, "busy")}
            assert len([one for one in found if isinstance(one, Problem)]) == 30
            assert "disk is full" in str(found[0])
            assert (dict(game.log.index.streams), game.log.state) == before
            game.file.writer.execute("PRAGMA max_page_count = 1000000")
            assert await node.writer.submit(game, batches[0]) == Outcome(())

    run(test())


def test_a_locked_file_answers_busy_and_says_who_can_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant_file, "BUSY_TIMEOUT_MS", 50)

    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            other = sqlite3.connect(game.file.path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Problem, match="another program holds it locked") as caught:
                await node.writer.submit(game, write_of(game, "a"))
            assert (caught.value.code, caught.value.retry_after_s) == ("busy", 2)
            other.execute("ROLLBACK")
            other.close()
            assert await node.writer.submit(game, write_of(game, "a")) == Outcome(())

    run(test())


def test_more_waiting_pushes_than_allowed_are_answered_busy_at_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path, pushes_waiting_max=3) as (node, game):
            batches = [write_of(game, str(n)) for n in range(10)]
            found = await asyncio.gather(*(node.writer.submit(game, b) for b in batches), return_exceptions=True)
            assert sum(isinstance(one, Outcome) for one in found) == 3
            assert {one.code for one in found if isinstance(one, Problem)} == {"busy"}

    run(test())


def test_what_belongs_to_a_batch_stands_or_falls_with_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (node, game):

            def refuse(_connection: sqlite3.Connection) -> None:
                raise Problem("slug_taken", "changed my mind")

            with pytest.raises(Problem, match="changed my mind"):
                await node.writer.submit(game, write_of(game, "a"), refuse)
            assert key_of("a").public_key not in {s.key.public_key for s in game.log.index.streams.values()}

    run(test())


def test_what_another_process_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            with opened(tmp_path) as beside:
                beside.log.append(write_of(beside, "beside"))
            await node.writer.submit(game, write_of(game, "a"))
            keys = {state.key.public_key for state in game.log.index.streams.values()}
            assert {key_of("a").public_key, key_of("beside").public_key} <= keys

    run(test())


def test_whoever_gives_up_waiting_disturbs_nobody(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            waiting = asyncio.create_task(node.writer.submit(game, write_of(game, "gone")))
            await asyncio.sleep(0)
            waiting.cancel()
            assert await node.writer.submit(game, write_of(game, "a")) == Outcome(())
            assert key_of("gone").public_key in {s.key.public_key for s in game.log.index.streams.values()}

    run(test())


def test_a_look_between_a_commit_and_its_taking_over_hides_nothing_that_others_write_next(tmp_path: Path) -> None:
    """Once a node counted such a commit twice: what a command wrote beside it then went unseen, and was not relayed."""

    async def test() -> None:
        async with writing(tmp_path) as (node, game):
            for number in range(20):
                own = asyncio.create_task(node.writer.submit(game, write_of(game, f"own {number}")))
                while not own.done() and not game.log.refresh():  # noqa: ASYNC110 - a look at every turn of the loop
                    await asyncio.sleep(0)
                await own
                with opened(tmp_path) as beside:
                    beside.log.append(write_of(beside, f"beside {number}"))
                game.refresh()
                keys = {state.key.public_key for state in game.log.index.streams.values()}
                assert key_of(f"beside {number}").public_key in keys
                assert game.log.state.commit_seq == game.log._load(game.log.reader)[1].commit_seq

    run(test())
