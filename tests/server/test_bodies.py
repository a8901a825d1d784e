"""Reading bodies: in one piece, in pieces, too big, too slow, too many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from server.bodies import BodyRoom, read_body
from server.problems import Problem

POST: Any = {"type": "http", "method": "POST"}


class Client:
    """What a client sends, piece by piece; a None never comes."""

    def __init__(self, *pieces: bytes | None, whole: bool = True) -> None:
        self.pieces = list(pieces)
        self.whole = whole

    async def receive(self) -> Any:
        piece = self.pieces.pop(0) if self.pieces else None
        if piece is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces) or not self.whole}


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


@pytest.mark.parametrize("pieces", [(b"",), (b"abc",), (b"a", b"bc"), (b"", b"a", b"", b"bc")])
def test_a_body_is_its_pieces_together_and_leaves_no_room_taken(pieces: tuple[bytes, ...]) -> None:
    async def test() -> None:
        room = BodyRoom()
        assert await read_body(POST, Client(*pieces).receive, 3, room) == b"".join(pieces)
        assert room.bytes_held == 0

    run(test())


@pytest.mark.parametrize("pieces", [(b"abcd",), (b"ab", b"cd"), (b"abc", b"", b"d", b"e")])
def test_a_body_is_refused_as_soon_as_it_is_too_big(pieces: tuple[bytes, ...]) -> None:
    async def test() -> None:
        room = BodyRoom()
        with pytest.raises(Problem) as refused:
            await read_body(POST, Client(*pieces, whole=False).receive, 3, room)
        assert refused.value.code == "body_too_big"
        assert room.bytes_held == 0

    run(test())


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def test() -> None:
        room = BodyRoom()
        with pytest.raises(Problem) as refused:
            await read_body(POST, Client(b"abc", whole=False).receive, 10, room, within_s=0.01)
        assert (refused.value.code, refused.value.retry_after_s) == ("busy", 2)
        assert room.bytes_held == 0

    run(test())


def test_where_there_is_no_room_the_body_that_began_first_gives_way() -> None:
    async def test() -> None:
        room = BodyRoom(bytes_max=10)
        stalled = [Client(b"123", whole=False) for _ in range(3)]
        waiting = [asyncio.create_task(read_body(POST, client.receive, 10, room)) for client in stalled]
        await asyncio.sleep(0)
        assert room.bytes_held == 9
        assert await read_body(POST, Client(b"45", b"67").receive, 10, room) == b"4567"
        done, going_on = await asyncio.wait(waiting, timeout=0.2)
        assert waiting[0] in done
        assert isinstance(waiting[0].exception(), Problem)
        assert waiting[2] in going_on
        assert room.bytes_held <= 6
        for task in going_on:
            task.cancel()
        await asyncio.gather(*going_on, return_exceptions=True)
        assert room.bytes_held == 0

    run(test())


def test_a_body_larger_than_all_the_room_still_comes_where_it_is_alone() -> None:
    async def test() -> None:
        room = BodyRoom(bytes_max=4)
        assert await read_body(POST, Client(b"123", b"456").receive, 10, room) == b"123456"

    run(test())


def test_what_a_body_was_told_to_give_back_counts_until_it_is_given_back() -> None:
    async def test() -> None:
        room = BodyRoom(bytes_max=10)
        stalled = asyncio.create_task(read_body(POST, Client(b"12345678", whole=False).receive, 10, room))
        await asyncio.sleep(0)
        newcomer = Client(b"12345", b"6", b"7")
        taken = asyncio.create_task(read_body(POST, newcomer.receive, 10, room))
        await asyncio.sleep(0)
        assert len(newcomer.pieces) == 2, "nothing more is read while there is no room for it"
        assert await taken == b"1234567"
        with pytest.raises(Problem):
            await stalled
        assert room.bytes_held == 0

    run(test())
